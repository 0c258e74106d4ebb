// The level pieces of links between two layers, each in a track of its own where others would lie on it, and so the places along.
extension LayerGraph {
    /// Gives tracks, and then places along to layers and ways.
    mutating func placeAlong() {
        var tracks: [Int] = []
        for rank in pieces.indices { tracks.append(assignTracks(rank)) }
        var place = 0
        var trackStart = Array(repeating: 0, count: pieces.count)
        for rank in layers.indices {
            let height = layers[rank].reduce(0) { max($0, items[$1].along) }
            for item in layers[rank] {
                items[item].y = items[item].isPass ? place : place + (height - items[item].along) / 2
                if items[item].isPass { items[item].along = max(items[item].along, height) }
            }
            place += height
            guard rank < pieces.count else { break }
            let between = pieces[rank]
            let startsWithHead = between.contains { $0.isFirst && links[$0.link].fromHead > 0 }
            let endsWithHead = between.contains { $0.isLast && links[$0.link].toHead > 0 }
            // At a frame that the links pass there is nothing to be kept away from.
            let isEntry = layers[rank].allSatisfy { items[$0].role == .entry }
            let hasBoxes = layers[rank + 1].contains { !items[$0].isPass && items[$0].role != .exit }
            let start = isEntry && tracks[rank] == 0 ? 0 : max(spacing.start, startsWithHead ? spacing.end : 0)
            let end = endsWithHead ? spacing.end : hasBoxes ? spacing.start : 0
            let needed = start + (tracks[rank] > 0 ? (tracks[rank] - 1) * spacing.track + 1 : 0) + end
            let size = max(needed, !isEntry && (endsWithHead || startsWithHead || hasBoxes) ? spacing.least : 1)
            trackStart[rank] = place + start + (size - needed) / 2
            place += size
        }
        along = place
        for index in links.indices where !links[index].chain.isEmpty { links[index].points = [] }
        findWays(trackStart)
    }

    private mutating func findWays(_ trackStart: [Int]) {
        var ways = Array(repeating: [(rank: Int, piece: Int)](), count: links.count)
        for rank in pieces.indices { for (index, piece) in pieces[rank].enumerated() { ways[piece.link].append((rank, index)) } }
        for (index, way) in ways.enumerated() where !way.isEmpty {
            var points: [Spot] = []
            for (rank, at) in way {
                let piece = pieces[rank][at]
                let (upper, lower) = (items[piece.upper], items[piece.lower])
                if piece.isFirst { points.append(Spot(across: piece.upperSpot, along: upper.y + max(0, upper.along - 1))) }
                if piece.upperSpot != piece.lowerSpot {
                    let track = trackStart[rank] + piece.track * spacing.track
                    points += [Spot(across: piece.upperSpot, along: track), Spot(across: piece.lowerSpot, along: track)]
                }
                if piece.isLast { points.append(Spot(across: piece.lowerSpot, along: lower.y)) }
            }
            links[index].points = points
            if let label = links[index].labelIndex {
                let item = items[links[index].chain[label]]
                links[index].labelSpot = Spot(across: item.x + item.middle, along: item.y + (item.along - 1) / 2)
            }
        }
    }

    private struct Net {
        var tops: [Int] = []
        var bottoms: [Int] = []
        var pieces: [Int] = []
        var low: Int { min(tops.min() ?? 0, bottoms.min() ?? 0) }
        var high: Int { max(tops.max() ?? 0, bottoms.max() ?? 0) }
    }

    /// Gives the pieces after a layer their tracks; how many there are.
    private mutating func assignTracks(_ rank: Int) -> Int {
        var byNumber: [Int: Net] = [:]
        for (index, piece) in pieces[rank].enumerated() {
            byNumber[piece.net, default: Net()].tops.append(piece.upperSpot)
            byNumber[piece.net, default: Net()].bottoms.append(piece.lowerSpot)
            byNumber[piece.net, default: Net()].pieces.append(index)
        }
        let all = byNumber.sorted { $0.key < $1.key }.map(\.value)
        let bent = all.filter { $0.low < $0.high }.map { (low: $0.low, high: $0.high, net: $0) }.sorted {
            ($0.low, $0.high) < ($1.low, $1.high)
        }
        guard !bent.isEmpty else { return 0 }
        // Which of two that overlap goes first.
        var after = Array(repeating: [Int](), count: bent.count)
        var waiting = Array(repeating: 0, count: bent.count)
        // Those before which it would lie on another.
        var mustWait = Array(repeating: Set<Int>(), count: bent.count)
        if bent.count <= Self.comparedMax {
            for one in bent.indices {
                for two in (one + 1)..<max(one + 1, bent.count) {
                    guard bent[two].low <= bent[one].high + 1 else { break }
                    let (straight, turned) = (cost(bent[one].net, bent[two].net), cost(bent[two].net, bent[one].net))
                    let isFirst = straight <= turned
                    if max(straight, turned) >= Self.overlap { mustWait[isFirst ? two : one].insert(isFirst ? one : two) }
                    after[isFirst ? one : two].append(isFirst ? two : one)
                    waiting[isFirst ? two : one] += 1
                }
            }
        }
        var track = Array(repeating: 0, count: bent.count)
        var isDone = Array(repeating: false, count: bent.count)
        var ready = bent.indices.filter { waiting[$0] == 0 }
        var (next, done, count) = (0, 0, 0)
        while done < bent.count {
            if next == ready.count {
                // Each waits for another: the one that waits for fewest goes.
                let free = bent.indices.filter { !isDone[$0] }.min {
                    (mustWait[$0].count, waiting[$0], $0) < (mustWait[$1].count, waiting[$1], $1)
                }
                ready.append(free ?? 0)
            }
            let net = ready[next]
            next += 1
            guard !isDone[net] else { continue }
            isDone[net] = true
            done += 1
            count = max(count, track[net] + 1)
            for other in after[net] where !isDone[other] {
                track[other] = max(track[other], track[net] + 1)
                mustWait[other].remove(net)
                waiting[other] -= 1
                if waiting[other] == 0 { ready.append(other) }
            }
        }
        if bent.count > Self.comparedMax {
            // The first free track, from the left.
            var ends: [Int] = []
            for index in bent.indices {
                let free = ends.firstIndex { $0 + 1 < bent[index].low } ?? ends.count
                if free == ends.count { ends.append(0) }
                (ends[free], track[index]) = (bent[index].high, free)
            }
            count = ends.count
        } else {
            separate(&track, &count, bent.map { ($0.low, $0.high) })
        }
        for index in bent.indices { for piece in bent[index].net.pieces { pieces[rank][piece].track = track[index] } }
        return count
    }

    /// What was let go before its turn may lie on another: it moves on (FM-204).
    private func separate(_ track: inout [Int], _ count: inout Int, _ extents: [(low: Int, high: Int)]) {
        for index in extents.indices.sorted(by: { (track[$0], $0) < (track[$1], $1) }) {
            var isFree = false
            while !isFree {
                isFree = true
                for other in extents.indices where other != index && track[other] == track[index] {
                    guard extents[other].low <= extents[index].high + 1, extents[index].low <= extents[other].high + 1 else { continue }
                    isFree = false
                    break
                }
                if !isFree { track[index] += 1 }
            }
            count = max(count, track[index] + 1)
        }
    }

    private static let comparedMax = 400
    /// What it costs that upright pieces lie on each other: more than any crossings.
    private static let overlap = 10_000

    /// How bad it is that one net lies before another: crossings, and much worse upright pieces that lie on each other.
    private func cost(_ one: Net, _ two: Net) -> Int {
        let (oneLow, oneHigh, twoLow, twoHigh) = (one.low, one.high, two.low, two.high)
        var cost = 0
        for top in two.tops where oneLow < top && top < oneHigh { cost += 1 }
        for bottom in one.bottoms where twoLow < bottom && bottom < twoHigh { cost += 1 }
        let tops = Set(two.tops)
        for bottom in one.bottoms where tops.contains(bottom) && !one.tops.contains(bottom) { cost += Self.overlap }
        return cost
    }
}
