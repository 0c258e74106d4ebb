// The order of items in their layers, so that few links cross: barycentres by turns from above and from below, then exchanges of neighbours.
extension LayerGraph {
    mutating func order() {
        startOrder()
        guard layers.count > 1 else { return }
        let links = Neighbours(self)
        var best = layers
        var least = crossings()
        var (sweep, stale) = (0, 0)
        let sweeps = max(4, min(24, Self.workMax / (items.count + 1)))
        while sweep < sweeps, stale < 6, least > 0 {
            let isDown = sweep % 2 == 0
            for rank in isDown ? Array(1..<layers.count) : Array((0..<layers.count - 1).reversed()) { sort(rank, links, isDown: isDown) }
            exchange(links)
            let now = crossings()
            if now < least {
                (least, best, stale) = (now, layers, 0)
            } else {
                stale += 1
            }
            sweep += 1
        }
        layers = best
        renumber()
    }

    /// Items times sweeps.
    private static let workMax = 100_000

    /// What an item is linked to, with the pieces that lead there.
    struct Neighbours {
        var above: [[(item: Int, own: Double, other: Double)]]
        var below: [[(item: Int, own: Double, other: Double)]]

        /// Ports are parts of the item's width.
        init(_ graph: LayerGraph) {
            above = Array(repeating: [], count: graph.items.count)
            below = above
            func part(_ item: Int, _ port: Int?) -> Double {
                port.map { (Double($0) + 0.5) / Double(max(1, graph.items[item].across)) - 0.5 } ?? 0
            }
            for piece in graph.pieces.joined() {
                let (upper, lower) = (part(piece.upper, piece.upperPort), part(piece.lower, piece.lowerPort))
                above[piece.lower].append((piece.upper, lower, upper))
                below[piece.upper].append((piece.lower, upper, lower))
            }
        }
    }

    /// As a walk in depth meets them.
    private mutating func startOrder() {
        var below = Array(repeating: [Int](), count: items.count)
        for piece in pieces.joined() { below[piece.upper].append(piece.lower) }
        var isMet = Array(repeating: false, count: items.count)
        var ordered = Array(repeating: [Int](), count: layers.count)
        for start in layers.joined() where !isMet[start] {
            var stack = [start]
            while let item = stack.popLast() {
                guard !isMet[item] else { continue }
                isMet[item] = true
                ordered[items[item].rank].append(item)
                stack += below[item].reversed()
            }
        }
        layers = ordered
        renumber()
    }

    private mutating func renumber() {
        for layer in layers { for (index, item) in layer.enumerated() { items[item].order = index } }
    }

    private mutating func sort(_ rank: Int, _ links: Neighbours, isDown: Bool) {
        let layer = layers[rank]
        let keys = layer.map { item -> (item: Int, key: Double, order: Int) in
            let near = isDown ? links.above[item] : links.below[item]
            guard !near.isEmpty else { return (item, Double(items[item].order), items[item].order) }
            let sum = near.reduce(0) { $0 + Double(items[$1.item].order) + $1.other }
            return (item, sum / Double(near.count), items[item].order)
        }
        layers[rank] = keys.sorted { ($0.key, $0.order) < ($1.key, $1.order) }.map(\.item)
        for (index, item) in layers[rank].enumerated() { items[item].order = index }
    }

    /// Neighbours change places where fewer links cross then.
    private mutating func exchange(_ links: Neighbours) {
        guard items.count <= Self.exchangedMax else { return }
        for rank in layers.indices {
            for index in layers[rank].indices.dropFirst() {
                let (left, right) = (layers[rank][index - 1], layers[rank][index])
                let now = crossings(left, right, links)
                guard now > 0, crossings(right, left, links) < now else { continue }
                layers[rank].swapAt(index - 1, index)
                (items[left].order, items[right].order) = (index, index - 1)
            }
        }
    }

    private static let exchangedMax = 4000

    private func crossings(_ left: Int, _ right: Int, _ links: Neighbours) -> Int {
        func count(_ one: [(item: Int, own: Double, other: Double)], _ two: [(item: Int, own: Double, other: Double)]) -> Int {
            guard one.count * two.count <= 1024 else { return 0 }
            var count = 0
            for first in one {
                let place = Double(items[first.item].order) + first.other
                for second in two where Double(items[second.item].order) + second.other < place { count += 1 }
            }
            return count
        }
        return count(links.above[left], links.above[right]) + count(links.below[left], links.below[right])
    }

    /// How often links cross between layers (Barth, Mutzel and Jünger 2004).
    func crossings() -> Int {
        var all = 0
        for (rank, between) in pieces.enumerated() {
            func place(_ item: Int, _ port: Int?) -> (Int, Int) { (items[item].order, port ?? items[item].middle) }
            let sorted = between.map { (upper: place($0.upper, $0.upperPort), lower: place($0.lower, $0.lowerPort)) }
                .sorted { ($0.upper.0, $0.upper.1, $0.lower.0, $0.lower.1) < ($1.upper.0, $1.upper.1, $1.lower.0, $1.lower.1) }
            // Places below by their order.
            let size = layers[rank + 1].count + 1
            var tree = Array(repeating: 0, count: size + 1)
            for (count, piece) in sorted.enumerated() {
                var (index, before) = (piece.lower.0 + 1, 0)
                while index > 0 { (before, index) = (before + tree[index], index & (index - 1)) }
                all += count - before
                index = piece.lower.0 + 1
                while index <= size {
                    tree[index] += 1
                    index += index & -index
                }
            }
        }
        return all
    }
}
