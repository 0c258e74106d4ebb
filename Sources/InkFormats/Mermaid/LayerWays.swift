// Where links end at items, and the level pieces between layers.
extension LayerGraph {
    // MARK: Nets

    /// Says which links share an end: those that look alike and leave one item, or come to one item from items that they alone leave. So what is joined
    /// can be read in one way only. Items grow to have room for all their ends (FM-204).
    mutating func joinEnds() {
        var outs = Array(repeating: 0, count: items.count)
        for piece in pieces.joined() { outs[piece.upper] += 1 }
        var net = 0
        for rank in pieces.indices {
            var into: [Key: [Int]] = [:]
            for (index, piece) in pieces[rank].enumerated()
            where piece.lowerPort == nil && outs[piece.upper] == 1 && !items[piece.lower].isPass {
                into[key(piece, piece.lower, piece.isLast ? links[piece.link].toHead : 0), default: []].append(index)
            }
            var out: [Key: Int] = [:]
            let joined = into.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
            var isJoined = Set<Int>()
            for group in joined {
                for index in group {
                    pieces[rank][index].net = net
                    isJoined.insert(index)
                }
                net += 1
            }
            for (index, piece) in pieces[rank].enumerated() where !isJoined.contains(index) {
                let key = key(piece, piece.upper, piece.isFirst ? links[piece.link].fromHead : 0)
                if piece.upperPort == nil, let known = out[key] {
                    pieces[rank][index].net = known
                } else {
                    pieces[rank][index].net = net
                    if piece.upperPort == nil { out[key] = net }
                    net += 1
                }
            }
        }
        for (item, ends) in counts() {
            let room = (ends - 1) * spacing.port + 1
            guard items[item].role == .box || items[item].role == .round else { continue }
            let needed = items[item].role == .round && ends > 1 ? 2 * room + 3 : room + 2
            let margin = items[item].margin
            items[item].across = max(items[item].across, margin + needed)
        }
    }

    private struct Key: Hashable {
        var item: Int
        var look: Int
        var head: Int
    }

    private func key(_ piece: Piece, _ item: Int, _ head: Int) -> Key {
        Key(item: item, look: items[item].isPass ? -1 : links[piece.link].look, head: head)
    }

    /// Ends that items have on the side that has more.
    private func counts() -> [(item: Int, ends: Int)] {
        var (above, below): ([Int: Set<Int>], [Int: Set<Int>]) = ([:], [:])
        for piece in pieces.joined() {
            if piece.upperPort == nil { below[piece.upper, default: []].insert(piece.net) }
            if piece.lowerPort == nil { above[piece.lower, default: []].insert(piece.net) }
        }
        return items.indices.compactMap { item in
            let ends = max(above[item]?.count ?? 0, below[item]?.count ?? 0)
            return ends > 0 ? (item, ends) : nil
        }
    }

    // MARK: Ends

    /// Places across, twice: the second time links go straight to where they were found to end.
    mutating func placeAcrossByEnds() {
        placeAcross()
        placeEnds()
        let given = pieces
        for rank in pieces.indices {
            for index in pieces[rank].indices {
                let piece = pieces[rank][index]
                pieces[rank][index].upperPort = piece.upperSpot - items[piece.upper].x
                pieces[rank][index].lowerPort = piece.lowerSpot - items[piece.lower].x
            }
        }
        placeAcross()
        pieces = given
        placeEnds()
    }

    /// Chooses the cells at which links end: straight on where both ends can have it, and else in the order of what they lead to.
    mutating func placeEnds() {
        var (above, below) = ([Int: [Place]](), [Int: [Place]]())
        var netsBelow = Array(repeating: Set<Int>(), count: items.count)
        var netsAbove = netsBelow
        for piece in pieces.joined() {
            netsBelow[piece.upper].insert(piece.net)
            netsAbove[piece.lower].insert(piece.net)
        }
        for (rank, between) in pieces.enumerated() {
            var count: [Int: Int] = [:]
            for piece in between { count[piece.net, default: 0] += 1 }
            for (index, piece) in between.enumerated() {
                let (upper, lower) = (range(piece.upper, piece.upperPort), range(piece.lower, piece.lowerPort))
                let (upperMiddle, lowerMiddle) = (
                    items[piece.upper].x + items[piece.upper].middle, items[piece.lower].x + items[piece.lower].middle
                )
                var (wantsUpper, wantsLower) = (upperMiddle, lowerMiddle)
                let (low, high) = (max(upper.lowerBound, lower.lowerBound), min(upper.upperBound, lower.upperBound))
                if low <= high, count[piece.net] == 1 {
                    let preferred =
                        upper.count == 1
                        ? upper.lowerBound
                        : lower.count == 1
                            ? lower.lowerBound
                            : netsAbove[piece.lower].count == 1
                                ? lowerMiddle : netsBelow[piece.upper].count == 1 ? upperMiddle : (low + high) / 2
                    wantsUpper = max(low, min(high, preferred))
                    wantsLower = wantsUpper
                } else if count[piece.net] == 1 {
                    (wantsUpper, wantsLower) = (
                        max(upper.lowerBound, min(upper.upperBound, lowerMiddle)), max(lower.lowerBound, min(lower.upperBound, upperMiddle))
                    )
                    if netsBelow[piece.upper].count == 1 { wantsUpper = upperMiddle }
                    if netsAbove[piece.lower].count == 1 { wantsLower = lowerMiddle }
                }
                below[piece.upper, default: []].append(
                    Place(rank: rank, index: index, net: piece.net, wanted: wantsUpper, other: lowerMiddle))
                above[piece.lower, default: []].append(
                    Place(rank: rank, index: index, net: piece.net, wanted: wantsLower, other: upperMiddle))
            }
        }
        for (item, places) in below {
            for (place, spot) in spots(places, of: item) { pieces[place.rank][place.index].upperSpot = spot }
        }
        for (item, places) in above {
            for (place, spot) in spots(places, of: item) { pieces[place.rank][place.index].lowerSpot = spot }
        }
        for rank in pieces.indices {
            for index in pieces[rank].indices {
                let piece = pieces[rank][index]
                if let port = piece.upperPort { pieces[rank][index].upperSpot = items[piece.upper].x + port }
                if let port = piece.lowerPort { pieces[rank][index].lowerSpot = items[piece.lower].x + port }
            }
        }
    }

    private struct Place {
        var rank: Int
        var index: Int
        var net: Int
        var wanted: Int
        var other: Int
    }

    /// Cells at which links can end.
    private func range(_ item: Int, _ port: Int?) -> ClosedRange<Int> {
        let it = items[item]
        if let port { return it.x + port...it.x + port }
        switch it.role {
        case .box where it.across - it.margin > 2: return it.x + 1...it.x + it.across - it.margin - 2
        case .round:
            let reach = (it.across - it.margin - 1) / 4
            return it.x + it.middle - reach...it.x + it.middle + reach
        default: return it.x + it.middle...it.x + it.middle
        }
    }

    /// Cells for the ends on one side: those of one net in one, others apart.
    private func spots(_ places: [Place], of item: Int) -> [(place: Place, spot: Int)] {
        var nets: [Int: (sum: Int, other: Int, count: Int)] = [:]
        for place in places {
            let before = nets[place.net] ?? (0, 0, 0)
            nets[place.net] = (before.sum + place.wanted, before.other + place.other, before.count + 1)
        }
        let sorted = nets.map {
            (net: $0.key, wanted: Double($0.value.sum) / Double($0.value.count), other: Double($0.value.other) / Double($0.value.count))
        }
        .sorted { ($0.wanted, $0.other, $0.net) < ($1.wanted, $1.other, $1.net) }
        let range = range(item, nil)
        guard sorted.count > 1 else {
            return places.map { ($0, max(range.lowerBound, min(range.upperBound, Int(sorted[0].wanted.rounded())))) }
        }
        let step = min(spacing.port, max(1, (range.count - 1) / (sorted.count - 1)))
        // The nearest ascending places: runs that would overlap share their mean.
        var runs: [(sum: Double, count: Int)] = []
        for (index, net) in sorted.enumerated() {
            runs.append((net.wanted - Double(index * step), 1))
            while runs.count > 1 {
                let (one, two) = (runs[runs.count - 2], runs[runs.count - 1])
                guard one.sum / Double(one.count) > two.sum / Double(two.count) else { break }
                runs.removeLast()
                runs[runs.count - 1] = (one.sum + two.sum, one.count + two.count)
            }
        }
        var spots: [Int: Int] = [:]
        var index = 0
        let most = range.upperBound - (sorted.count - 1) * step
        for run in runs {
            let base = max(range.lowerBound, min(max(range.lowerBound, most), Int((run.sum / Double(run.count)).rounded())))
            for _ in 0..<run.count {
                spots[sorted[index].net] = min(range.upperBound, base + index * step)
                index += 1
            }
        }
        return places.map { ($0, spots[$0.net] ?? range.lowerBound) }
    }
}
