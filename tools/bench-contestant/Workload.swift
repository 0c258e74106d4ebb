import Glibc
import InkPrimitives

/// One end of the bench's workloads, as a value that an engine drives: it hands over what came, and asks for the next turn.
///
///     client   connect ──▶ work ──▶ E ──▶ e came ──▶ 20 ms for what is still to leave ──▶ over
///     server   ready ──▶ answers P with p, H with h, E with e ──▶ 400 ms after E, or when e has arrived ──▶ over
struct Workload {
    private enum Phase {
        case connecting
        case working
        /// E was sent last at this time; 0 before the first.
        case ending(sentAt: UInt64)
        /// Over at this time, if what was sent has arrived.
        case lingering(until: UInt64)
    }

    /// Whether what is sent arrives. What does not is said again each 100 ms, where an end or a beginning hangs on it.
    var isReliable = true

    private let options: Options
    private let start: UInt64
    private var phase: Phase
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Message.bytesMax, alignment: 8)
    private var replies: [Message] = []

    // What came.
    private var figures = Figures()
    private var expected: UInt32 = 0
    private var received = 0
    private var receivedBytes = 0
    private var outOfOrder = 0
    private var firstAt: UInt64 = 0
    private var lastAt: UInt64 = 0
    private var isEnded = false

    // What is done.
    private var connectedAt: UInt64 = 0
    /// When the work was done.
    private var endsFrom: UInt64 = 0
    private var finishedAt: UInt64 = 0
    private var sent = 0
    /// Round trips that are over, the first ones that are not counted included; and whether the next is to begin.
    private var pongs = 0
    private var mayPing = true
    private var pingAt: UInt64 = 0
    private var helloAt: UInt64?
    private var helloBackAt: UInt64?
    private var idleProcessor = 0.0
    private var processorBefore = 0.0

    private static let warmUp = 500
    private static let repeatAfter: UInt64 = 100_000_000
    private static let connectMax: UInt64 = 30_000_000_000
    private static let lingerMax: UInt64 = 2_000_000_000
    private static let endMax: UInt64 = 120_000_000_000
    /// So much is sent in a turn.
    private static let turnMessages = 1024
    private static let turnBytes = 64 << 10

    init(_ options: Options, start: UInt64) {
        (self.options, self.start) = (options, start)
        phase = options.isServer ? .working : .connecting
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
    }

    private(set) var isOver = false
    /// No connection came about, or no end.
    private(set) var failure: String?

    // MARK: What came

    /// - Returns: true if a turn is due at once, so that an answer leaves with what else is to leave.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let message = Message(bytes) else { return false }
        switch message.kind {
        case .data, .timed:
            let now = Clock.now
            if received == 0 { (firstAt, processorBefore) = (now, Figures.processorSeconds) }
            if message.sequence != expected { outOfOrder += 1 }
            (expected, lastAt) = (message.sequence &+ 1, now)
            received += 1
            receivedBytes += bytes.count
            if message.kind == .timed { figures.add(now - message.time) }
            return false
        case .ping: replies.append(Message(.pong, sequence: message.sequence, time: message.time, size: message.size))
        case .pong:
            pongs += 1
            if pongs > Self.warmUp { figures.add(Clock.now - pingAt) }
            mayPing = true
        case .hello:
            if options.isServer, figures.isEmpty { figures.add(Clock.now - message.time) }
            replies.append(Message(.helloBack))
        case .helloBack: helloBackAt = helloBackAt ?? Clock.now
        case .end:
            replies.append(Message(.ended))
            isEnded = true
        case .ended: isEnded = true
        }
        return true
    }

    // MARK: What is done

    /// Does what there is to do.
    ///
    /// - Returns: when to be asked again, if nothing comes before; nil if that is up to what comes.
    mutating func turn(_ link: inout some Link, now: UInt64) -> UInt64? {
        while let reply = replies.first {
            guard send(reply, link: &link) else { return now + 1_000_000 }
            replies.removeFirst()
        }
        switch phase {
        case .connecting:
            guard link.isConnected else {
                if now - start > Self.connectMax { fail("connect timeout") }
                return now + 1_000_000_000
            }
            (connectedAt, processorBefore) = (now, Figures.processorSeconds)
            phase = .working
            return now
        case .working: return options.isServer ? serve(now) : work(&link, now: now)
        case .ending(let sentAt):
            if isEnded {
                finishedAt = now
                phase = .lingering(until: now + 20_000_000)
                return now
            }
            if endsFrom == 0 { endsFrom = now }
            if now - endsFrom > Self.endMax { fail("end timeout") }
            guard sentAt == 0 || !isReliable && now >= sentAt + Self.repeatAfter else {
                return isReliable ? nil : sentAt + Self.repeatAfter
            }
            if send(Message(.end), link: &link) { phase = .ending(sentAt: now) }
            return now + 1_000_000
        case .lingering(let until):
            guard now >= until else { return until }
            isOver = link.isDelivered || now >= until + Self.lingerMax
            return now + 20_000_000
        }
    }

    private mutating func serve(_ now: UInt64) -> UInt64? {
        guard isEnded else { return nil }
        phase = .lingering(until: now + 400_000_000)
        return now + 400_000_000
    }

    private mutating func work(_ link: inout some Link, now: UInt64) -> UInt64? {
        switch options.work {
        case .pingpong:
            guard pongs < options.count + Self.warmUp else { return end(now) }
            if mayPing {
                mayPing = false
                pingAt = Clock.now
                if !send(Message(.ping, time: pingAt, size: options.size), link: &link) { mayPing = true }
            }
            return nil
        case .stream:
            var (messages, bytes) = (0, 0)
            while sent < options.count, messages < Self.turnMessages, bytes < Self.turnBytes {
                // Where there is no room, what comes makes some.
                guard send(Message(.data, sequence: UInt32(truncatingIfNeeded: sent), size: options.size), link: &link) else {
                    return now + 1_000_000
                }
                sent += 1
                messages += 1
                bytes += options.size
            }
            return sent < options.count ? now : end(now)
        case .ops:
            guard sent < Int(options.rate * options.seconds) else { return end(now) }
            let due = connectedAt + UInt64(Double(sent) * 1e9 / options.rate)
            guard now >= due else { return due }
            guard send(Message(.timed, sequence: UInt32(truncatingIfNeeded: sent), time: Clock.now, size: options.size), link: &link) else {
                return now + 1_000_000
            }
            sent += 1
            return now
        case .handshake:
            if let helloBackAt {
                print(JSONLine([("hs_rtt_done_ms", .number(Double(helloBackAt - start) / 1e6)), ("t_ns", .count(Int(helloBackAt)))]))
                return end(now)
            }
            return sayHello(&link, now: now)
        case .idle:
            guard now < connectedAt + UInt64(options.seconds * 1e9) else {
                idleProcessor = Figures.processorSeconds - processorBefore
                return end(now)
            }
            _ = sayHello(&link, now: now)
            return connectedAt + UInt64(options.seconds * 1e9)
        }
    }

    private mutating func sayHello(_ link: inout some Link, now: UInt64) -> UInt64? {
        if let helloAt {
            guard !isReliable, helloBackAt == nil else { return nil }
            guard now >= helloAt + Self.repeatAfter else { return helloAt + Self.repeatAfter }
        }
        guard send(Message(.hello, time: start), link: &link) else { return now + 1_000_000 }
        helloAt = now
        return isReliable ? nil : now + Self.repeatAfter
    }

    private mutating func end(_ now: UInt64) -> UInt64 {
        phase = .ending(sentAt: 0)
        return now
    }

    private func send(_ message: Message, link: inout some Link) -> Bool { link.send(message.write(to: buffer)) }

    private mutating func fail(_ reason: String) { (failure, isOver) = (reason, true) }

    // MARK: The report

    /// The line that an end prints when it is over; `rss_kb` counts the process as it is now.
    func report(residentBefore: Int) -> JSONLine {
        var line = JSONLine([("role", .text(options.isServer ? "server" : "client"))])
        let resident: [(String, JSONLine.Value)] = [("rss_kb", .count(Figures.residentKilobytes)), ("rss0_kb", .count(residentBefore))]
        if let failure { line.add([("error", .text(failure))]) }
        if options.isServer {
            line.add([
                ("rx", .count(received)), ("rx_bytes", .count(receivedBytes)), ("disorder", .count(outOfOrder)),
                ("rx_secs", .number(Double(lastAt - firstAt) / 1e9)), ("cpu_s", .number(Figures.processorSeconds - processorBefore)),
            ])
            line.add(resident)
            line.add(figures.fields("lat_us"))
        } else {
            line.add([
                ("work", .text(options.work.rawValue)), ("sent", .count(sent)),
                ("secs", .number(finishedAt > connectedAt ? Double(finishedAt - connectedAt) / 1e9 : 0)),
                ("connect_ms", .number(connectedAt > start ? Double(connectedAt - start) / 1e6 : 0)),
                ("cpu_s", .number(Figures.processorSeconds - processorBefore)),
            ])
            if options.work == .idle { line.add([("idle_cpu_s", .number(idleProcessor))]) }
            line.add(resident)
            line.add(figures.fields("rtt_us"))
        }
        return line
    }
}

/// What moves messages from one end to the other.
protocol Link {
    var isConnected: Bool { get }
    /// Whether all that was sent has arrived, as far as that can be known.
    var isDelivered: Bool { get }
    /// Takes a message; false if there is no room now.
    mutating func send(_ message: UnsafeRawBufferPointer) -> Bool
}
