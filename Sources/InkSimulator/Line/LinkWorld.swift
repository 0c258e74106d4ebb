import InkCrypto
import InkPrimitives
import InkTransport

/// Two endpoints on a wild way, with clocks and sleeps of their own, and what they owe each other whatever happens (SM-88): each reliable message
/// once and in order, a deadline that is worth waking for, and no more memory than they say.
///
/// At the end the weather is fair, and all that was given arrives, unless the connection was ended for a reason that both were told.
package struct LinkWorld {
    /// One end.
    struct End {
        var endpoint: Endpoint
        var connection: ConnectionID?
        var closed: CloseReason?
        /// What its clock shows beyond the world's.
        var clockAhead: Duration = .zero
        /// It does nothing until then; what comes meanwhile waits, as much as a socket holds.
        var sleepsUntil: Instant?
        var socket: [[UInt8]] = []
        /// What it gave the other.
        var gifts = Ledger()
        var bulkLeft = 0
        var nextGift: Instant = .zero
        /// Wakes and packets in this second of the world: a busy loop shows here (SM-74).
        var wakes = 0
        var packets = 0
        /// Wakes one behind the other that gave nothing and left a deadline that had come already.
        var idleWakes = 0
        /// When something authentic came last, by the world's clock; and until when its clock is no measure, since it jumped or it slept.
        var heardAt: Instant = .zero
        var accepted: UInt64 = 0
        var disturbedUntil: Instant = .distantPast
        /// It says what is not true of what it got.
        var lies = false
        var random: SplitMix64
    }

    private enum Happening {
        case datagram([UInt8], to: Int)
        case weather
        case trouble
        case second
        case wake(Int)
    }

    package let seed: UInt64
    private(set) package var now = Instant(nanoseconds: 1_000_000_000)
    private var ends: [End] = []
    private var ways: [WildWay]
    private var queue = EventQueue<Happening>()
    private var random: SplitMix64
    private var trace: Trace
    private let stormEnds: Instant

    private static let socketMax = 200
    private static let stormTime: Duration = .seconds(30)
    /// In fair weather all is there by then: what a probe that backed off waits, and the bytes on 2 Mbit/s.
    private static let patience: Duration = .seconds(90)
    private static let disturbance: Duration = .seconds(20)
    private static let wakesMax = 4000
    private static let packetsMax = 40_000

    package init(seed: UInt64, detail: Trace.Detail = .hashOnly) {
        self.seed = seed
        // SM-72
        random = SplitMix64(seed: seed).split("link")
        trace = Trace(detail: detail)
        ways = ["there", "back"].map { [random] in WildWay(random: random.split($0)) }
        stormEnds = now + Self.stormTime.scaled(by: 0.2 + 0.8 * random.unit())
        for index in 0...1 {
            ends.append(End(endpoint: Self.endpoint(index), random: random.split("end \(index)")))
            (ends[index].nextGift, ends[index].heardAt) = (now, now)
            ends[index].bulkLeft = random.chance(0.5) ? random.below(4 << 20) : 0
            // Clocks begin anywhere.
            ends[index].clockAhead = random.jitter(.seconds(1000))
        }
        if random.chance(0.15) { ends[1].lies = true }
    }

    private static let room = RoomKeys(roomSecret: secret(9))
    private static func secret(_ byte: UInt8) -> Secret32 { Secret32([UInt8](repeating: byte, count: 32)) ?? .random() }
    private static func address(_ index: Int) -> SocketAddress { SocketAddress(ip: .v4(0x0A00_0001 + UInt32(index)), port: 4000) }

    private static func endpoint(_ index: Int) -> Endpoint {
        let signing = SigningKey(seed: secret(UInt8(60 + index)))
        let staticKey = StaticKey(secret: secret(UInt8(70 + index)))
        guard let salt = PeerSalt([UInt8](repeating: UInt8(index + 1), count: 16)) else { preconditionFailure("a salt has 16 bytes") }
        return Endpoint(
            Endpoint.Configuration(
                salt: salt, keys: room, staticKey: staticKey, certificate: .make(signing: signing, staticKey: staticKey),
                seed: secret(UInt8(80 + index))))
    }

    // MARK: Going on

    /// One line on how it ended.
    package var summary: String {
        "seed \(seed): \(trace.count) events, \(String(ledgerBytes >> 10)) KiB, \(ending), hash \(String(trace.hash, radix: 16))"
    }

    /// How it ended for the first end.
    package var ending: String { ends[0].closed.map { "\($0)" } ?? "open" }

    private var ledgerBytes: Int { ends.reduce(0) { $0 + $1.gifts.bytesGiven } }

    package mutating func run() throws(LinkFailure) {
        let attempt = [UInt8](repeating: 5, count: Endpoint.attemptCount)
        // They meet in fair weather: how they meet in a storm is another matter.
        ways[0].weather = .fair
        ways[1].weather = .fair
        ends[0].endpoint.dial(attempt: attempt, remote: nil, addresses: [Self.address(1)], now: clock(0))
        try drain(0)
        queue.schedule(.weather, at: now + .seconds(2))
        queue.schedule(.trouble, at: now + .seconds(3))
        queue.schedule(.second, at: now + .seconds(1))
        let end = stormEnds + Self.patience
        while now < end {
            if now >= stormEnds, isAtRest { break }
            try step(until: end)
        }
        try checkEnd()
    }

    /// What the clock of an end shows.
    private func clock(_ index: Int) -> Instant { now + ends[index].clockAhead }

    private mutating func step(until end: Instant) throws(LinkFailure) {
        var next = queue.nextTime
        for index in ends.indices where ends[index].sleepsUntil == nil {
            if let deadline = ends[index].endpoint.deadline { next = earliest(next, deadline - ends[index].clockAhead) }
            if ends[index].connection != nil, now < stormEnds { next = earliest(next, ends[index].nextGift) }
        }
        now = min(end, max(now, next ?? end))
        for index in ends.indices where ends[index].sleepsUntil == nil {
            try wakeIfDue(index)
            try give(index)
        }
        while let at = queue.nextTime, at <= now, let (_, happening) = queue.next() { try happen(happening) }
    }

    private mutating func wakeIfDue(_ index: Int) throws(LinkFailure) {
        guard isDue(index) else { return }
        ends[index].wakes += 1
        try check(ends[index].wakes < Self.wakesMax, "end \(index) woke \(Self.wakesMax) times in a second")
        ends[index].endpoint.handleTimeout(now: clock(index))
        trace.note(now, node: index, .timeout, hash: 0, "wakes")
        let given = try drain(index)
        ends[index].idleWakes = given == 0 && isDue(index) ? ends[index].idleWakes + 1 : 0
        try check(ends[index].idleWakes < 2, "end \(index) wants to be woken again and again, and does nothing")
    }

    private func isDue(_ index: Int) -> Bool { ends[index].endpoint.deadline.map { $0 <= clock(index) } ?? false }

    private mutating func happen(_ happening: Happening) throws(LinkFailure) {
        switch happening {
        case .datagram(let bytes, let index):
            if ends[index].sleepsUntil != nil {
                if ends[index].socket.count < Self.socketMax { ends[index].socket.append(bytes) }
                return
            }
            try receive(bytes, at: index)
        case .weather:
            guard now < stormEnds else {
                ways[0].weather = .fair
                ways[1].weather = .fair
                return
            }
            for way in ways.indices { ways[way].weather = .any(&random) }
            trace.note(now, node: -1, .fault, hash: 0, "weather \(ways[0].weather) and back \(ways[1].weather)")
            let changes = now + .milliseconds(300 + random.below(7700))
            queue.schedule(.weather, at: min(changes, stormEnds))
        case .trouble:
            guard now < stormEnds else { return }
            makeTrouble()
            queue.schedule(.trouble, at: now + .milliseconds(500 + random.below(5000)))
        case .second:
            for index in ends.indices { (ends[index].wakes, ends[index].packets) = (0, 0) }
            queue.schedule(.second, at: now + .seconds(1))
        case .wake(let index):
            let waited = ends[index].socket
            (ends[index].sleepsUntil, ends[index].socket) = (nil, [])
            trace.note(now, node: index, .fault, hash: 0, "is awake again")
            for bytes in waited { try receive(bytes, at: index) }
        }
    }

    /// A clock that jumps, a machine that sleeps, an end that lies.
    private mutating func makeTrouble() {
        let index = random.below(2)
        switch random.below(6) {
        case 0:
            let span = random.jitter(.seconds(random.chance(0.1) ? 100 : 2))
            ends[index].clockAhead = ends[index].clockAhead + span
            if span > .seconds(2) { ends[index].disturbedUntil = now + Self.disturbance }
            trace.note(now, node: index, .fault, hash: 0, "its clock jumps")
        case 1 where ends[index].sleepsUntil == nil:
            let span = random.jitter(.seconds(random.chance(0.1) ? 40 : 3))
            ends[index].sleepsUntil = now + span
            if span > .seconds(3) { ends[index].disturbedUntil = now + span + Self.disturbance }
            // Some clocks stand still meanwhile.
            if random.chance(0.5) { ends[index].clockAhead = ends[index].clockAhead - span }
            queue.schedule(.wake(index), at: now + span)
            trace.note(now, node: index, .fault, hash: 0, "sleeps for \(span)")
        case 2 where ends[index].sleepsUntil == nil: ends[index].endpoint.networkChanged(now: clock(index))
        default: if ends[1].lies { lie() }
        }
    }

    private mutating func lie() {
        guard let id = ends[1].connection, ends[1].sleepsUntil == nil else { return }
        var frames: [UInt8] = []
        switch random.below(6) {
        // What was sent is all there, or what never was.
        case 0: frames = acknowledgement(largest: random.below(4000), first: random.below(64))
        case 1: frames = acknowledgement(largest: (1 << 30) - 1, first: 0)
        // Many at once; and one with many older runs, or with more than there may be.
        case 2: for _ in 0..<20 { frames += acknowledgement(largest: 60, first: 1) }
        case 3: frames = acknowledgement(largest: 200 + random.below(4000), first: 0, older: 20 + random.below(20))
        // Credit for everything.
        case 4: frames = [0x07, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        default: frames = (0..<random.below(600)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
        if frames.isEmpty { frames = [0x01] }
        ends[1].endpoint.transmit(frames: frames, on: id, now: clock(1))
        trace.note(now, node: 1, .fault, hash: Trace.hash(frames), "lies")
    }

    /// - Parameter older: runs of one packet behind the first, with one missing before each.
    private func acknowledgement(largest: Int, first: Int, older: Int = 0) -> [UInt8] {
        var frame: [UInt8] = [0x02]
        frame.appendVarint(UInt64(largest))
        frame.appendVarint(0)
        frame.appendVarint(UInt64(older))
        frame.appendVarint(UInt64(min(first, largest)))
        for _ in 0..<older {
            frame.appendVarint(0)
            frame.appendVarint(0)
        }
        return frame
    }

    // MARK: Gifts

    private mutating func give(_ index: Int) throws(LinkFailure) {
        guard now < stormEnds, let id = ends[index].connection, now >= ends[index].nextGift, ends[index].sleepsUntil == nil else { return }
        ends[index].nextGift = now + .milliseconds(2 + ends[index].random.below(ends[index].random.chance(0.1) ? 2000 : 60))
        var lane = Lane.ops
        var byteCount = 20 + ends[index].random.below(ends[index].random.chance(0.05) ? 20_000 : 100)
        switch ends[index].random.below(10) {
        case 0: lane = .control
        case 1...3 where ends[index].bulkLeft > 0:
            (lane, byteCount) = (.bulk, 1 + ends[index].random.below(min(60_000, ends[index].bulkLeft)))
            ends[index].bulkLeft -= byteCount
        case 4...5:
            let bytes = ends[index].gifts.givePresence()
            ends[index].endpoint.sendPresence(bytes, on: id, now: clock(index))
            try drain(index)
            return
        default: break
        }
        // Who would give more than the way carries waits.
        guard ends[index].endpoint.pendingBytes(on: id) < Self.pendingMax else { return }
        let name = Ledger.Name(lane: lane, stream: UInt64(ends[index].random.below(3)))
        let message = ends[index].gifts.give(name, byteCount: byteCount)
        ends[index].endpoint.send(message, lane: lane, stream: name.stream, on: id, now: clock(index))
        try drain(index)
    }

    private mutating func receive(_ bytes: [UInt8], at index: Int) throws(LinkFailure) {
        ends[index].packets += 1
        ends[index].endpoint.receive(bytes, from: Self.address(1 - index), now: clock(index))
        trace.note(now, node: index, .datagram, hash: Trace.hash(bytes), "\(bytes.count) bytes come")
        let accepted = ends[index].endpoint.counters.accepted
        if accepted > ends[index].accepted { (ends[index].accepted, ends[index].heardAt) = (accepted, now) }
        try drain(index)
    }

    /// How many outputs there were.
    @discardableResult
    private mutating func drain(_ index: Int) throws(LinkFailure) -> Int {
        var count = 0
        while let output = ends[index].endpoint.nextOutput() {
            count += 1
            switch output {
            case .transmit(let bytes, _, _):
                ends[index].packets += 1
                try check(ends[index].packets < Self.packetsMax, "end \(index) sent and got \(Self.packetsMax) packets in a second")
                trace.note(now, node: index, .transmit, hash: Trace.hash(bytes), "\(bytes.count) bytes leave")
                for (at, bytes) in ways[index].take(bytes, now: now) { queue.schedule(.datagram(bytes, to: 1 - index), at: max(at, now)) }
            case .established(let id, _): ends[index].connection = id
            case .message(let bytes, let lane, let stream, _):
                let wrong = ends[1 - index].gifts.take(bytes, Ledger.Name(lane: lane, stream: stream))
                try check(wrong == nil || ends[1 - index].lies, "at end \(index): \(wrong ?? "")")
            case .presence(let bytes, _):
                let wrong = ends[1 - index].gifts.takePresence(bytes)
                try check(wrong == nil || ends[1 - index].lies, "at end \(index): \(wrong ?? "")")
            case .closed(let id, let reason) where id == ends[index].connection:
                (ends[index].connection, ends[index].closed) = (nil, reason)
                trace.note(now, node: index, .stopped, hash: 0, "closed: \(reason)")
                try checkClose(reason, of: index)
            default: break
            }
        }
        try checkMemory(of: index)
        return count
    }

    // MARK: Promises

    private func check(_ holds: Bool, _ text: @autoclosure () -> String) throws(LinkFailure) {
        if !holds { throw LinkFailure(seed: seed, at: now, text: text(), lines: trace.lines, again: "--link \(seed) --trace") }
    }

    private func checkMemory(of index: Int) throws(LinkFailure) {
        guard let id = ends[index].connection else { return }
        let held = ends[index].endpoint.heldBytes(on: id)
        try check(held <= Self.heldMax, "end \(index) keeps \(held) bytes of messages that are not whole")
        let remembered = ends[index].endpoint.statistics(id)?.packetsRemembered ?? 0
        try check(remembered <= Self.rememberedMax, "end \(index) remembers \(remembered) packets")
    }

    /// A connection ends only because nothing came for long, or because of one who lies (SM-74).
    private func checkClose(_ reason: CloseReason, of index: Int) throws(LinkFailure) {
        guard !ends[1].lies else { return }
        try check(reason == .timedOut, "end \(index) was closed: \(reason)")
        let isExcused = ends.contains { $0.disturbedUntil > now || now - $0.heardAt > Self.silenceMin }
        try check(isExcused, "end \(index) was closed though both were heard a moment ago")
    }

    private var isAtRest: Bool {
        ends.allSatisfy { $0.connection == nil } || (0...1).allSatisfy { ends[$0].gifts.isSettled && ends[$0].sleepsUntil == nil }
    }

    private func checkEnd() throws(LinkFailure) {
        guard ends.allSatisfy({ $0.closed == nil }), !ends[1].lies else { return }
        for index in 0...1 {
            try check(ends[index].connection != nil, "end \(index) never met the other")
            try check(ends[index].gifts.isSettled, "what end \(index) gave did not come: \(ends[index].gifts.missing)")
        }
    }

    private static let pendingMax = 512 << 10
    private static let heldMax = 2 << 20
    private static let rememberedMax = 40_000
    /// Probes are unanswered for 15 s before a connection is given up.
    private static let silenceMin: Duration = .seconds(10)
}
