import InkPrimitives

/// Two simple ways to show a pointer, by which the score is held against figures of others: each packet carries the position at which it left,
/// thirty times a second.
struct Controls {
    private struct Packet {
        var arrival: Double
        var sent: Double
        var position: Trace.Position
    }

    private let trace: Trace
    private var packets: [Packet] = []

    init(_ trace: Trace, over line: Line, seed: UInt64) {
        self.trace = trace
        var random = SplitMix64(seed: seed).split("controls \(line.name)")
        for index in 0..<Int(trace.end * 30 / 1000) {
            let sent = Double(index) * 1000 / 30
            guard let way = line.way(using: &random) else { continue }
            packets.append(Packet(arrival: sent + way, sent: sent, position: trace.position(at: sent)))
        }
        packets.sort { $0.arrival < $1.arrival }
    }

    /// The newest position that has come.
    func snapped() -> [Trace.Position] {
        var (next, newest) = (0, Packet(arrival: 0, sent: -1, position: trace.position(at: 0)))
        return frames { now in
            while next < packets.count, packets[next].arrival <= now {
                if packets[next].sent > newest.sent { newest = packets[next] }
                next += 1
            }
            return newest.position
        }
    }

    /// Straight lines between positions, as late as 95 packets of 100 need, and an interval and 4 ms.
    func linear() -> [Trace.Position] {
        var next = 0
        var heard: [(arrival: Double, way: Double)] = []
        var known: [Packet] = []
        var lag = 0.0
        return frames { now in
            while next < packets.count, packets[next].arrival <= now {
                let packet = packets[next]
                next += 1
                heard.append((packet.arrival, packet.arrival - packet.sent))
                heard.removeAll { $0.arrival < packet.arrival - 10_000 }
                known.insert(packet, at: known.firstIndex { $0.sent > packet.sent } ?? known.count)
                if known.count > 64 { known.removeFirst() }
                let ways = heard.map(\.way).sorted()
                let rank = 0.95 * Double(ways.count - 1)
                let (low, part) = (Int(rank), rank - rank.rounded(.down))
                let quantile = ways[low] + (low + 1 < ways.count ? (ways[low + 1] - ways[low]) * part : 0)
                lag = ways[0] + max(20, min(250, quantile - ways[0] + 1000 / 30 + 4))
            }
            let time = now - lag
            guard let after = known.firstIndex(where: { $0.sent > time }) else { return known.last?.position ?? trace.position(at: 0) }
            guard after > 0 else { return known[0].position }
            let (from, to) = (known[after - 1], known[after])
            return from.position + (to.position - from.position) * ((time - from.sent) / (to.sent - from.sent))
        }
    }

    private func frames(_ show: (Double) -> Trace.Position) -> [Trace.Position] {
        (0..<Score.frames(in: trace.end)).map { show(Score.time(of: $0)) }
    }
}
