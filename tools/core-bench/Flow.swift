import InkPrimitives
import InkTransport

/// Messages of one kind between two ends, and what they took.
struct Flow: CustomStringConvertible {
    let name: String
    let messages: Int
    /// Messages that came back.
    let answers: Int
    /// Packets with messages, and those that came back.
    let packets: Int
    let returned: Int
    /// Of the end that sends: the calls of `send`, making packets, taking acknowledgements. Of the one that receives: taking packets, and drawing
    /// messages and acknowledgements out.
    let sending: Cost
    let making: Cost
    let acknowledged: Cost
    let receiving: Cost
    let handing: Cost
    /// All of it, and what this program does besides.
    let all: Cost

    /// Beyond the messages that it brings, which are arrays of the caller, a packet that is received costs nothing (TR-90); and nothing costs what is
    /// acknowledged (TR-91): but for one in so many packets, where a queue grows.
    static let allocationsMax = 0.02
    /// What a packet with one message of its size costs in all.
    static let receivedMax = 2.0

    var allocationsReceived: Double { Double(receiving.allocations) / Double(max(packets, 1)) }
    var allocationsBeyondMessages: Double { Double(receiving.allocations - Int64(messages)) / Double(max(packets, 1)) }
    var allocationsAcknowledged: Double { Double(acknowledged.allocations - Int64(answers)) / Double(max(packets, 1)) }
    /// Which of its bounds it is over.
    var complaints: [String] {
        var found: [String] = []
        if messages <= 2 * packets, allocationsReceived > Self.receivedMax {
            found.append("\(allocationsReceived) allocations a received packet")
        }
        if allocationsBeyondMessages > Self.allocationsMax {
            found.append("\(allocationsBeyondMessages) allocations a received packet beyond messages")
        }
        if allocationsAcknowledged > Self.allocationsMax { found.append("\(allocationsAcknowledged) allocations an acknowledged packet") }
        return found
    }

    private init(_ name: String, _ pair: Pair, all: Cost) {
        let (one, other) = (pair.ends[0], pair.ends[1])
        self.all = all
        (self.name, messages, answers, packets, returned) = (name, other.messages, one.messages, one.packets, other.packets)
        (sending, making, acknowledged) = (one.sending, one.draining, one.receiving)
        (receiving, handing) = (other.receiving, other.draining)
    }

    /// As many as the path takes, kept filled with 256 KiB.
    static func stream(_ name: String, bytes: Int, count: Int, lane: Lane) -> Flow {
        var pair = Pair(isTimed: true)
        let message = [UInt8](repeating: 7, count: bytes)
        func run(_ pair: inout Pair, _ count: Int) {
            var left = count
            let goal = pair.ends[1].messages + count
            while pair.ends[1].messages < goal {
                let pending = pair.ends[0].id.map { pair.ends[0].endpoint.pendingBytes(on: $0) } ?? 0
                let batch = min(left, max(0, (256 << 10) - pending) / bytes)
                if batch > 0 { pair.send(message, count: batch, lane: lane, from: 0) }
                left -= batch
                pair.turn()
            }
        }
        return measured(name, &pair, count: count, run)
    }

    /// One of 64 bytes back and forth.
    static func pingPong(_ name: String, count: Int) -> Flow {
        var pair = Pair(isTimed: false)
        let message = [UInt8](repeating: 7, count: 64)
        func run(_ pair: inout Pair, _ count: Int) {
            for _ in 0..<count {
                for (from, to) in [(0, 1), (1, 0)] {
                    let goal = pair.ends[to].messages + 1
                    pair.send(message, count: 1, lane: .ops, from: from)
                    while pair.ends[to].messages < goal { pair.turn() }
                }
            }
        }
        return measured(name, &pair, count: count, run)
    }

    private static func measured(_ name: String, _ pair: inout Pair, count: Int, _ run: (inout Pair, Int) -> Void) -> Flow {
        // Until the window is open and rings have their size.
        run(&pair, count / 4)
        pair.reset()
        var all = Cost()
        let mark = Cost.Mark(isTimed: true)
        run(&pair, count)
        all.add(since: mark)
        return Flow(name, pair, all: all)
    }

    var description: String {
        func per(_ cost: Cost, _ count: Int) -> String {
            let count = Double(max(count, 1))
            return "\(Int((Double(cost.nanoseconds) / count).rounded())) ns \(hundredths(Double(cost.allocations) / count))"
        }
        return """
            \(name): \(all.nanoseconds / Int64(max(messages, 1))) ns a message in all; ns and allocations each: send \(per(sending, messages)); \
            make \(per(making, packets)); receive \(per(receiving, packets)); hand out \(per(handing, messages)); \
            acknowledged packet \(per(acknowledged, packets)), acknowledgement \(per(acknowledged, returned)); \
            \(messages) messages, \(packets) packets, \(returned) back; \
            beyond messages: received \(hundredths(allocationsBeyondMessages)), acknowledged \(hundredths(allocationsAcknowledged))
            """
    }

    private func hundredths(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}
