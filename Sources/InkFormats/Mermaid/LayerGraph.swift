/// One level of a flowchart, laid out by layers (Sugiyama, Tagawa and Toda 1981): what lies in one subgraph and in none within it.
///
///     orient ─▶ rank ─▶ chain ─▶ order ─▶ place across ─▶ ways and places along
///
/// Lengths are cells. *Along* is the way that links lead, *across* is the other.
struct LayerGraph: Sendable {
    /// A node, a subgraph, or a place on a link.
    struct Item: Sendable {
        enum Role: Sendable {
            case box
            /// Narrower where links end: a diamond, an ellipse.
            case round
            /// Where a link comes in from around the subgraph, or leaves it.
            case entry, exit
            /// Where a link passes a layer.
            case pass
            case label
        }

        var role: Role
        var across: Int
        var along: Int
        var rank = 0
        /// Index in its layer.
        var order = 0
        /// Its first cell across and along.
        var x = 0
        var y = 0
        /// Cells across behind it that are its own and hold no end: room for links to itself.
        var margin = 0

        var isPass: Bool { role == .pass || role == .label }
        var middle: Int { (across - margin - 1) / 2 }
    }

    /// What leads from item to item.
    struct Link: Sendable {
        var from: Int
        var to: Int
        /// Cells from the beginning of the item at which it must end; nil for any.
        var fromPort: Int?
        var toPort: Int?
        var length = 1
        /// Extent of the label; nil for none.
        var label: (across: Int, along: Int)?
        /// Which head stands at either end; 0 for none.
        var fromHead = 0
        var toHead = 0
        /// Links that look the same have the same.
        var look = 0
        /// True where it was turned so that all lead one way.
        var isReversed = false
        /// The items that it passes, with its ends.
        var chain: [Int] = []
        /// Index in the chain of its label.
        var labelIndex: Int?
        /// Where it leads, from `from` on.
        var points: [Spot] = []
        var labelSpot: Spot?
    }

    struct Spot: Hashable, Sendable {
        var across: Int
        var along: Int
    }

    /// A piece of a link between neighbouring layers.
    struct Piece: Sendable {
        var link: Int
        var upper: Int
        var lower: Int
        var upperPort: Int?
        var lowerPort: Int?
        var isFirst: Bool
        var isLast: Bool
        /// Columns at which it ends.
        var upperSpot = 0
        var lowerSpot = 0
        /// Pieces with one number share an end and a way.
        var net = 0
        var track = 0
    }

    /// Distances, which differ for upright and level layers.
    struct Spacing: Sendable {
        var box: Int
        var pass: Int
        var port: Int
        var track: Int
        /// Before the first track, and after the last.
        var start: Int
        var end: Int
        var least: Int

        static let upright = Spacing(box: 4, pass: 2, port: 2, track: 1, start: 1, end: 1, least: 2)
        static let level = Spacing(box: 1, pass: 1, port: 1, track: 2, start: 1, end: 2, least: 4)
    }

    var items: [Item] = []
    var links: [Link] = []
    let spacing: Spacing
    var layers: [[Int]] = []
    /// Between each layer and the next.
    var pieces: [[Piece]] = []
    /// Cells along.
    var along = 0
    var across = 0
    /// Links that pass more layers than there is room for (FM-268).
    private(set) var unlaid: [Int] = []

    init(spacing: Spacing) { self.spacing = spacing }

    // MARK: Orient

    /// Turns links so that none leads back: those that a walk in depth meets on its own way.
    mutating func orient() {
        var out = Array(repeating: [Int](), count: items.count)
        for (index, link) in links.enumerated() { out[link.from].append(index) }
        // 0 not met, 1 on the way, 2 done.
        var state = Array(repeating: 0, count: items.count)
        // In the order of the text: what is written first is where a circle begins (FM-205).
        for start in items.indices where state[start] == 0 {
            var way: [(item: Int, next: Int)] = [(start, 0)]
            state[start] = 1
            while let (item, next) = way.last {
                guard next < out[item].count else {
                    state[item] = 2
                    way.removeLast()
                    continue
                }
                way[way.count - 1].next += 1
                let link = out[item][next]
                let to = links[link].to
                if state[to] == 1 {
                    links[link].isReversed = true
                } else if state[to] == 0 {
                    state[to] = 1
                    way.append((to, 0))
                }
            }
        }
        for index in links.indices where links[index].isReversed {
            let link = links[index]
            (links[index].from, links[index].to) = (link.to, link.from)
            (links[index].fromHead, links[index].toHead) = (link.toHead, link.fromHead)
        }
    }

    // MARK: Rank

    /// Gives each item its layer: as early as its links let it, and sources as late.
    mutating func rank() {
        // Where labels have layers of their own.
        let factor = links.contains { $0.label != nil } ? 2 : 1
        var (out, into) = (Array(repeating: [Int](), count: items.count), Array(repeating: [Int](), count: items.count))
        for (index, link) in links.enumerated() {
            out[link.from].append(index)
            into[link.to].append(index)
        }
        let hasEntries = items.contains { $0.role == .entry }
        var waiting = into.map(\.count)
        var sorted = items.indices.filter { waiting[$0] == 0 }
        for item in items.indices { items[item].rank = hasEntries && items[item].role != .entry ? 1 : 0 }
        var next = 0
        while next < sorted.count {
            let item = sorted[next]
            next += 1
            for index in out[item] {
                let to = links[index].to
                let length = items[item].role == .entry || items[to].role == .exit ? 1 : links[index].length * factor
                items[to].rank = max(items[to].rank, items[item].rank + length)
                waiting[to] -= 1
                if waiting[to] == 0 { sorted.append(to) }
            }
        }
        for item in sorted.reversed() where items[item].role != .entry && out[item].count > into[item].count {
            let latest = out[item].reduce(Int.max) { least, index in
                let to = items[links[index].to]
                return min(least, to.role == .exit ? Int.max : to.rank - links[index].length * factor)
            }
            if latest < Int.max { items[item].rank = max(items[item].rank, latest) }
        }
        spread(items.indices.filter { out[$0].isEmpty && into[$0].isEmpty }, hasEntries ? 1 : 0)
        let last = items.reduce(0) { $1.role == .exit ? $0 : max($0, $1.rank) }
        for item in items.indices where items[item].role == .exit { items[item].rank = last + 1 }
        if factor > 1 { dropEmptyRanks() }
    }

    /// What has no links stands in rows of a few.
    private mutating func spread(_ alone: [Int], _ first: Int) {
        guard alone.count > 4 else { return }
        var columns = 1
        while columns * columns < alone.count * 2 { columns += 1 }
        for (index, item) in alone.enumerated() { items[item].rank = first + index / columns }
    }

    /// A layer for labels in which there are none is left out.
    private mutating func dropEmptyRanks() {
        var used: Set<Int> = []
        for item in items { used.insert(item.rank) }
        for link in links where link.label != nil { used.insert(labelRank(of: link)) }
        let sorted = used.sorted()
        let ranks = Dictionary(uniqueKeysWithValues: zip(sorted, sorted.indices))
        for item in items.indices { items[item].rank = ranks[items[item].rank] ?? 0 }
    }

    /// Labels stand where their link begins.
    private func labelRank(of link: Link) -> Int {
        let (from, to) = (items[link.from].rank, items[link.to].rank)
        return link.isReversed ? max(from + 1, to - 1) : min(from + 1, max(from, to - 1))
    }

    // MARK: Chain

    /// Puts items where links pass layers. The longest links are left out where there would be too many.
    mutating func chain() {
        var spans = links.indices.map { (link: $0, span: items[links[$0].to].rank - items[links[$0].from].rank) }
        var total = spans.reduce(0) { $0 + max(0, $1.span - 1) }
        if total > Self.passesMax {
            spans.sort { ($0.span, $0.link) < ($1.span, $1.link) }
            while total > Self.passesMax, let longest = spans.popLast() {
                total -= longest.span - 1
                unlaid.append(longest.link)
            }
            spans.sort { $0.link < $1.link }
        }
        let last = items.reduce(0) { max($0, $1.rank) }
        pieces = Array(repeating: [], count: last)
        for (index, span) in spans {
            let link = links[index]
            var chain = [link.from]
            let labelRank = link.label == nil ? nil : labelRank(of: link)
            let first = items[link.from].rank
            for rank in (first + 1)..<max(first + 1, first + span) {
                var item = Item(role: .pass, across: 1, along: 0, rank: rank)
                if rank == labelRank, let label = link.label {
                    item = Item(role: .label, across: label.across, along: label.along, rank: rank)
                    links[index].labelIndex = chain.count
                }
                chain.append(items.count)
                items.append(item)
            }
            chain.append(link.to)
            links[index].chain = chain
            for step in 1..<chain.count {
                let (isFirst, isLast) = (step == 1, step == chain.count - 1)
                pieces[items[chain[step - 1]].rank].append(
                    Piece(
                        link: index, upper: chain[step - 1], lower: chain[step], upperPort: isFirst ? link.fromPort : nil,
                        lowerPort: isLast ? link.toPort : nil, isFirst: isFirst, isLast: isLast))
            }
        }
        layers = Array(repeating: [], count: last + 1)
        for item in items.indices { layers[items[item].rank].append(item) }
    }

    /// Items on links in all: some hundred bytes each.
    private static let passesMax = 15_000
}
