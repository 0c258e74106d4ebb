// Places across (Brandes and Köpf 2001): items are put below each other in columns from four sides, and the middle of what comes of it is taken.
// Blocks are packed as in a graph of blocks, since the packing by classes of the paper lets some overlap.
extension LayerGraph {
    mutating func placeAcross() {
        guard !items.isEmpty else { return }
        let crossed = crossedPieces()
        var results: [[Int]] = []
        for isUp in [false, true] {
            for isRight in [false, true] { results.append(aligned(isUp: isUp, isRight: isRight, crossed)) }
        }
        func width(_ places: [Int]) -> (low: Int, high: Int) {
            var (low, high) = (Int.max, Int.min)
            for item in items.indices {
                low = min(low, places[item])
                high = max(high, places[item] + items[item].across)
            }
            return (low, high)
        }
        let widths = results.map { width($0) }
        let narrow = widths.indices.min { (widths[$0].high - widths[$0].low, $0) < (widths[$1].high - widths[$1].low, $1) } ?? 0
        for index in results.indices {
            let shift = index % 2 == 0 ? widths[narrow].low - widths[index].low : widths[narrow].high - widths[index].high
            for item in items.indices { results[index][item] += shift }
        }
        for item in items.indices {
            let four = results.map { $0[item] }.sorted()
            items[item].x = (four[1] + four[2]) >> 1
        }
        straighten()
        let low = items.reduce(Int.max) { min($0, $1.x) }
        for item in items.indices { items[item].x -= low }
        across = items.reduce(0) { max($0, $1.x + $1.across) }
    }

    /// Cells that lie between neighbours of a layer.
    func gap(_ left: Int, _ right: Int) -> Int {
        let isWide = { (item: Item) in item.role == .box || item.role == .round }
        if isWide(items[left]), isWide(items[right]) { return spacing.box }
        if items[left].role == .label, items[right].role == .label { return spacing.box / 2 + 1 }
        return spacing.pass
    }

    /// Pieces that cross one between two passes: they do not go straight.
    private func crossedPieces() -> [[Bool]] {
        pieces.indices.map { rank in
            let between = pieces[rank]
            var isCrossed = Array(repeating: false, count: between.count)
            let inner = between.filter { items[$0.upper].isPass && items[$0.lower].isPass }
                .map { (upper: items[$0.upper].order, lower: items[$0.lower].order) }
                .sorted { $0.upper < $1.upper }
            guard !inner.isEmpty else { return isCrossed }
            // Of the inner ones to the left of a place the greatest below, and to the right the least.
            var greatest = Array(repeating: -1, count: inner.count + 1)
            var least = Array(repeating: Int.max, count: inner.count + 1)
            for index in inner.indices { greatest[index + 1] = max(greatest[index], inner[index].lower) }
            for index in inner.indices.reversed() { least[index] = min(least[index + 1], inner[index].lower) }
            for (index, piece) in between.enumerated() where !(items[piece.upper].isPass && items[piece.lower].isPass) {
                let (upper, lower) = (items[piece.upper].order, items[piece.lower].order)
                let left = Self.first(inner.count) { inner[$0].upper >= upper }
                let right = Self.first(inner.count) { inner[$0].upper > upper }
                isCrossed[index] = greatest[left] > lower || least[right] < lower
            }
            return isCrossed
        }
    }

    /// The first index of so many for which something holds that holds for all after it.
    private static func first(_ count: Int, _ holds: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// One of the four: first cells of all items.
    private func aligned(isUp: Bool, isRight: Bool, _ crossed: [[Bool]]) -> [Int] {
        // For the right all is mirrored.
        func anchor(_ item: Int, _ port: Int?) -> Int {
            let place = port ?? items[item].middle
            return isRight ? items[item].across - 1 - place : place
        }
        func place(_ item: Int) -> Int { isRight ? layers[items[item].rank].count - 1 - items[item].order : items[item].order }
        var near = Array(repeating: [(item: Int, port: Int, own: Int, isCrossed: Bool)](), count: items.count)
        for (rank, between) in pieces.enumerated() {
            for (index, piece) in between.enumerated() {
                let (upper, lower) = (anchor(piece.upper, piece.upperPort), anchor(piece.lower, piece.lowerPort))
                if isUp {
                    near[piece.upper].append((piece.lower, lower, upper, crossed[rank][index]))
                } else {
                    near[piece.lower].append((piece.upper, upper, lower, crossed[rank][index]))
                }
            }
        }
        var root = Array(items.indices)
        var below = root
        // Cells from the first of the root to the first of the item.
        var shift = Array(repeating: 0, count: items.count)
        let ranks = isUp ? Array(layers.indices.reversed()) : Array(layers.indices)
        for rank in ranks {
            var last = -1
            for item in isRight ? layers[rank].reversed() : layers[rank] where !near[item].isEmpty {
                let sorted = near[item].sorted { (place($0.item), $0.port) < (place($1.item), $1.port) }
                for middle in Set([(sorted.count - 1) / 2, sorted.count / 2]).sorted() where below[item] == item {
                    let other = sorted[middle]
                    guard !other.isCrossed, last < place(other.item), below[other.item] == root[other.item] else { continue }
                    below[other.item] = item
                    root[item] = root[other.item]
                    below[item] = root[item]
                    shift[item] = shift[other.item] + other.port - other.own
                    last = place(other.item)
                }
            }
        }
        let places = packed(root, shift, isRight)
        return items.indices.map { isRight ? -(places[$0] + items[$0].across) : places[$0] }
    }

    /// Blocks as far left as they can be, then as near to what is right of them.
    private func packed(_ root: [Int], _ shift: [Int], _ isRight: Bool) -> [Int] {
        var after = Array(repeating: [(block: Int, distance: Int)](), count: items.count)
        var waiting = Array(repeating: 0, count: items.count)
        for layer in layers {
            let row = isRight ? layer.reversed() : layer
            for (left, right) in zip(row, row.dropFirst()) {
                let between = isRight ? gap(right, left) : gap(left, right)
                after[root[left]].append((root[right], shift[left] + items[left].across + between - shift[right]))
                waiting[root[right]] += 1
            }
        }
        var sorted = items.indices.filter { root[$0] == $0 && waiting[$0] == 0 }
        var block = Array(repeating: 0, count: items.count)
        var next = 0
        while next < sorted.count {
            let here = sorted[next]
            next += 1
            for (other, distance) in after[here] {
                block[other] = max(block[other], block[here] + distance)
                waiting[other] -= 1
                if waiting[other] == 0 { sorted.append(other) }
            }
        }
        for here in sorted.reversed() where !after[here].isEmpty {
            let most = after[here].reduce(Int.max) { min($0, block[$1.block] - $1.distance) }
            block[here] = max(block[here], most)
        }
        return items.indices.map { block[root[$0]] + shift[$0] }
    }

    /// An item with one link on a side goes straight where there is room for it: rounding to cells leaves steps of one.
    private mutating func straighten() {
        for isDown in [true, false] {
            for between in isDown ? pieces : pieces.reversed() {
                for piece in between {
                    let (fixed, moved) = isDown ? (piece.upper, piece.lower) : (piece.lower, piece.upper)
                    let (fixedPort, movedPort) = isDown ? (piece.upperPort, piece.lowerPort) : (piece.lowerPort, piece.upperPort)
                    let wanted = items[fixed].x + (fixedPort ?? items[fixed].middle) - (movedPort ?? items[moved].middle)
                    guard abs(wanted - items[moved].x) == 1 else { continue }
                    let layer = layers[items[moved].rank]
                    let order = items[moved].order
                    if order > 0, items[layer[order - 1]].x + items[layer[order - 1]].across + gap(layer[order - 1], moved) > wanted {
                        continue
                    }
                    if order + 1 < layer.count, wanted + items[moved].across + gap(moved, layer[order + 1]) > items[layer[order + 1]].x {
                        continue
                    }
                    items[moved].x = wanted
                }
            }
        }
    }
}
