import CBench
import Glibc
import InkPrimitives
import InkSimulator

/// A bad line between one client and one server, both on this machine.
///
///     bench-contestant line --listen PORT --to PORT [--delay MS] [--loss %] [--model independent|bursts|gilbert] [--rate KBIT/S]
///         [--queue MS] [--seed N]
///
/// Lost are, of 100 datagrams in the long run, those of `--loss`: each for itself, three in a row, or in rows of three in the mean (Gilbert, 1960, with
/// h = 0). A datagram that would wait longer than `--queue` for its turn is dropped; without a rate none waits.
///
/// Prints `{"ready":1}`; for each line on its input a line of JSON with what it has carried, and at the end of the input the last one.
struct Proxy {
    private enum Side: Int {
        /// The client's datagrams, and the server's.
        case client, server
    }

    /// One way: the line, and what came to it.
    private struct Direction {
        var line: Bottleneck
        var packets = 0
        var bytes = 0
        var arrived = 0

        /// Of those that came, what radio lost.
        var lost: Int { packets - line.dropped - arrived }

        /// When a datagram is at the other end; nil if it never is.
        mutating func take(_ byteCount: Int, now: Instant) -> Instant? {
            (packets, bytes) = (packets + 1, bytes + byteCount)
            let at = line.take(byteCount, now: now)
            if at != nil { arrived += 1 }
            return at
        }
    }

    private struct Held {
        var at: Instant
        var bytes: [UInt8]
    }

    private var sockets: [bench_socket]
    private var directions: [Direction]
    /// On their way, in the order in which they arrive.
    private var held: [[Held]] = [[], []]
    private var begin: [Int] = [0, 0]
    private let server: (ip: UInt32, port: UInt16)
    private var client: (ip: UInt32, port: UInt16)?
    /// The first ones that came: when, of which side, how long.
    private var first: [(time: UInt64, side: Int, count: Int)] = []

    private static let burst = 3
    private static let firstMax = 64
    private static let loopback: UInt32 = 0x7F00_0001

    init(_ words: ArraySlice<String>) throws {
        var values: [String: String] = [:]
        for index in stride(from: words.startIndex, to: words.endIndex - 1, by: 2) { values[words[index]] = words[index + 1] }
        func number(_ name: String, _ fallback: Double) throws(Options.UsageError) -> Double {
            guard let text = values.removeValue(forKey: name) else { return fallback }
            guard let value = Double(text), value >= 0 else { throw Options.UsageError("\(name) does not take this value") }
            return value
        }
        let listen = UInt16(try number("--listen", 0)), to = UInt16(try number("--to", 0))
        let (delay, share, rate) = (try number("--delay", 0), try number("--loss", 0) / 100, try number("--rate", 0))
        let (queue, seed) = (try number("--queue", 100), UInt64(try number("--seed", 1)))
        let model = values.removeValue(forKey: "--model") ?? "independent"
        guard ["independent", "bursts", "gilbert"].contains(model), values.isEmpty, words.count % 2 == 0, share < 1 else {
            throw Options.UsageError("a line has options that this one has not")
        }
        directions = ["up", "down"].map { name in
            var line = Bottleneck(
                rate: rate > 0 ? rate * 1000 : .infinity, queue: .microseconds(Int64(queue * 1000)),
                delay: .microseconds(Int64(delay * 1000)),
                loss: share, random: SplitMix64(seed: seed).split(name))
            (line.burst, line.isGilbert) = (model == "independent" ? 1 : Self.burst, model == "gilbert")
            return Direction(line: line)
        }
        server = (Self.loopback, to)
        sockets = [bench_socket(), bench_socket()]
        for (side, port) in [listen, 0].enumerated() {
            let reason = bench_open(&sockets[side], bench_many, Self.loopback, port)
            guard reason == 0 else { throw Failure(String(cString: strerror(reason))) }
        }
    }

    mutating func run() throws {
        announceReady()
        while true {
            let now = LeanLoop.now
            for side in 0..<2 { release(side, now: now) }
            let wait = earliest(next(0), next(1)).map { max(0, ($0 - now).nanoseconds) } ?? -1
            let ready = bench_wait([sockets[0].fd, sockets[1].fd, STDIN_FILENO], 3, wait)
            for side in 0..<2 where ready & 1 << side != 0 { take(side) }
            if ready & 4 != 0 {
                let line = readLine()
                print(report)
                fflush(nil)
                if line == nil { return }
            }
        }
    }

    private func next(_ side: Int) -> Instant? { begin[side] < held[side].count ? held[side][begin[side]].at : nil }

    private mutating func take(_ side: Int) {
        var taken: UnsafePointer<bench_datagram>?
        let count = bench_take(&sockets[side], 0, &taken)
        let now = LeanLoop.now
        for datagram in UnsafeBufferPointer(start: taken, count: Int(count)) {
            if side == Side.client.rawValue { client = (datagram.ip, datagram.port) }
            let bytes = [UInt8](UnsafeBufferPointer(start: datagram.bytes, count: Int(datagram.count)))
            if first.count < Self.firstMax { first.append((UInt64(now.nanoseconds), side, bytes.count)) }
            if let at = directions[side].take(bytes.count, now: now) { held[side].append(Held(at: at, bytes: bytes)) }
        }
    }

    /// Lets go what has arrived.
    private mutating func release(_ side: Int, now: Instant) {
        let other = 1 - side
        while begin[side] < held[side].count, held[side][begin[side]].at <= now {
            let datagram = held[side][begin[side]]
            begin[side] += 1
            guard let to = side == Side.client.rawValue ? server : client, let slot = bench_slot(&sockets[other]) else { continue }
            datagram.bytes.withUnsafeBufferPointer { slot.update(from: $0.baseAddress ?? UnsafePointer(slot), count: $0.count) }
            bench_put(&sockets[other], UInt32(datagram.bytes.count), to.ip, to.port)
        }
        bench_flush(&sockets[other])
        // Half of it gone, the rest moves up: a constant cost for each.
        if begin[side] > 1024, begin[side] > held[side].count / 2 {
            held[side].removeFirst(begin[side])
            begin[side] = 0
        }
    }

    private var report: JSONLine {
        var line = JSONLine()
        for (name, direction) in zip(["c2s", "s2c"], directions) {
            line.add([
                ("\(name)_packets", .count(direction.packets)), ("\(name)_bytes", .count(direction.bytes)),
                ("\(name)_lost", .count(direction.lost)), ("\(name)_dropped", .count(direction.line.dropped)),
            ])
        }
        line.add([("first", .json("[" + first.map { "[\($0.time),\($0.side),\($0.count)]" }.joined(separator: ",") + "]"))])
        return line
    }
}
