import InkCrypto
import InkPrimitives

/// A part of the space of (lamport, name) in which a Merkle tree has at most one node.
package struct Block: Hashable, Sendable {
    /// n ≥ 0: lamport numbers that agree but for their last n hex digits. n < 0: one lamport number, names that agree in their first -n.
    package var level: Int
    package var lamport: UInt64
    /// Digits beyond the first -`level` are zero.
    package var prefix: TransactionName

    package init(level: Int, lamport: UInt64, prefix: TransactionName) {
        (self.level, self.lamport, self.prefix) = (level, lamport, prefix)
    }

    /// Covers lamport numbers below 2^32, `Limits.lamport`.
    static let levelMax = 8
    static let levelMin = -64

    /// The block of all.
    package static let all = Block(level: levelMax, lamport: 0, prefix: .zero)

    package func contains(_ entry: MerkleTree.Entry) -> Bool {
        if level >= 0 { return entry.lamport >> UInt64(level * 4) == lamport >> UInt64(level * 4) }
        guard entry.lamport == lamport else { return false }
        return (0..<(-level)).allSatisfy { entry.name.nibble($0) == prefix.nibble($0) }
    }

    /// Which child the entry, one of this block, is in.
    package func childIndex(of entry: MerkleTree.Entry) -> Int {
        level > 0 ? Int(entry.lamport >> UInt64((level - 1) * 4) & 15) : entry.name.nibble(-level)
    }

    /// The child with this index, 0...15; nil for a block that has none.
    package func child(_ index: Int) -> Block? {
        if level > 0 { return Block(level: level - 1, lamport: lamport | UInt64(index) << UInt64((level - 1) * 4), prefix: prefix) }
        guard level > Self.levelMin else { return nil }
        var bytes = prefix.bytes
        bytes[-level / 2] |= UInt8(-level % 2 == 0 ? index << 4 : index)
        return TransactionName(bytes).map { Block(level: level - 1, lamport: lamport, prefix: $0) }
    }
}

/// A hash tree over the names of transactions, by hex digits of the lamport number and then of the name (BD-14), so that equal sets have equal
/// roots whatever the order of insertion, and a difference is found by descending.
///
/// A node with at most `leafMax` names is a leaf; one whose names are all in one child has that child's hash, so that the height does
/// not show. Both follow from the set alone.
///
///     leaf:  BLAKE2b-256(0 ‖ names, ascending by (lamport, name))          empty set: 32 zero bytes
///     node:  BLAKE2b-256(1 ‖ level as a signed byte ‖ for each child that is not empty: its index, its hash)
package struct MerkleTree: Sendable {
    package struct Entry: Hashable, Comparable, Sendable {
        package let lamport: UInt64
        package let name: TransactionName

        package init(lamport: UInt64, name: TransactionName) { (self.lamport, self.name) = (lamport, name) }

        package static func < (left: Entry, right: Entry) -> Bool {
            left.lamport == right.lamport ? left.name < right.name : left.lamport < right.lamport
        }
    }

    private struct Node {
        var block: Block
        var count = 0
        /// Of a leaf, ascending.
        var entries: [Entry] = []
        /// Of an inner node: 16 indices, -1 for none. Empty in a leaf.
        var children: [Int32] = []
        var hash = Fingerprint.zero
        var isStale = true
    }

    package static let leafMax = 32

    private var nodes = [Node(block: .all)]
    /// Places in `nodes` that no node is in.
    private var free: [Int] = []

    package init() {}

    /// How many names are in the tree.
    package var count: Int { nodes[0].count }

    /// The hash of the whole set. `refresh` must have run since the last insertion.
    package var root: Fingerprint { nodes[0].hash }

    /// Adds a name that is not in the tree. The hashes on its path are stale until `refresh`.
    package mutating func insert(_ entry: Entry) {
        var index = 0
        while true {
            nodes[index].count += 1
            nodes[index].isStale = true
            if nodes[index].children.isEmpty {
                if nodes[index].count <= Self.leafMax {
                    nodes[index].entries.insert(entry, at: nodes[index].entries.partitioningIndex { entry < $0 })
                    return
                }
                split(index)
            }
            guard let next = child(of: index, for: entry) else { return }
            index = next
        }
    }

    /// Takes a name out; of one that is not in the tree nothing happens. The hashes on its path are stale until `refresh`.
    package mutating func remove(_ entry: Entry) {
        var path = [0]
        while let last = path.last, !nodes[last].children.isEmpty {
            let next = nodes[last].children[nodes[last].block.childIndex(of: entry)]
            guard next >= 0 else { return }
            path.append(Int(next))
        }
        let leaf = path[path.count - 1]
        let index = nodes[leaf].entries.partitioningIndex { !($0 < entry) }
        guard index < nodes[leaf].entries.count, nodes[leaf].entries[index] == entry else { return }
        nodes[leaf].entries.remove(at: index)
        for index in path {
            nodes[index].count -= 1
            nodes[index].isStale = true
        }
        // What has come down to a leaf is one, as if the others had never been.
        if let inner = path.first(where: { !nodes[$0].children.isEmpty && nodes[$0].count <= Self.leafMax }) {
            var entries: [Entry] = []
            collect(inner, into: &entries)
            release(below: inner)
            (nodes[inner].entries, nodes[inner].children) = (entries, [])
        } else if nodes[leaf].count == 0, path.count > 1 {
            let parent = path[path.count - 2]
            nodes[parent].children[nodes[parent].block.childIndex(of: entry)] = -1
            free.append(leaf)
        }
    }

    private mutating func release(below index: Int) {
        for child in nodes[index].children where child >= 0 {
            release(below: Int(child))
            (nodes[Int(child)].entries, nodes[Int(child)].children) = ([], [])
            free.append(Int(child))
        }
    }

    /// How many places of nodes there are, used or not: what the tree takes of memory.
    var placeCount: Int { nodes.count }

    /// Brings all hashes up to date; costs one hash for each node that is stale.
    package mutating func refresh() { refresh(0) }

    /// The hash of the part of the set that lies in `block`.
    package func hash(of block: Block) -> Fingerprint {
        switch locate(block) {
        case .none: .zero
        case .node(let index): nodes[index].hash
        case .entries(let entries): Self.leafHash(entries)
        }
    }

    /// How many names lie in `block`.
    package func count(in block: Block) -> Int {
        switch locate(block) {
        case .none: 0
        case .node(let index): nodes[index].count
        case .entries(let entries): entries.count
        }
    }

    /// The names in `block`, ascending by (lamport, name).
    package func entries(in block: Block) -> [Entry] {
        switch locate(block) {
        case .none: return []
        case .entries(let entries): return entries
        case .node(let index):
            var entries: [Entry] = []
            entries.reserveCapacity(nodes[index].count)
            collect(index, into: &entries)
            return entries
        }
    }

    /// The names with this lamport number or a greater one, ascending.
    package func entries(from lamport: UInt64) -> [Entry] {
        var entries: [Entry] = []
        collect(0, from: lamport, into: &entries)
        return entries
    }

    /// How many names have this lamport number or a greater one.
    package func count(from lamport: UInt64) -> Int { count(0, from: lamport) }

    /// The least lamport number from which on there are at most `limit` names; one beyond the greatest if its names are more.
    package func floor(ofNewest limit: Int) -> UInt64 {
        var newest: [Entry] = []
        collectNewest(0, limit: limit + 1, into: &newest)
        // `newest` descends. What is beyond the limit, and all of its lamport number, is out.
        guard newest.count > limit, let excluded = newest.last else { return 0 }
        return excluded.lamport + 1
    }

    private enum Location {
        case none
        /// The node of exactly that block.
        case node(Int)
        /// The block lies inside a leaf.
        case entries([Entry])
    }

    private func locate(_ block: Block) -> Location {
        var index = 0
        while nodes[index].block.level > block.level {
            if nodes[index].children.isEmpty {
                let entries = nodes[index].entries.filter(block.contains)
                return entries.isEmpty ? .none : .entries(entries)
            }
            let path = Entry(lamport: block.lamport, name: block.prefix)
            let next = nodes[index].children[nodes[index].block.childIndex(of: path)]
            guard next >= 0 else { return .none }
            index = Int(next)
        }
        return .node(index)
    }

    private mutating func split(_ index: Int) {
        let entries = nodes[index].entries
        nodes[index].entries = []
        nodes[index].children = Array(repeating: -1, count: 16)
        for entry in entries {
            guard let next = child(of: index, for: entry) else { continue }
            nodes[next].entries.append(entry)
            nodes[next].count += 1
        }
    }

    /// The child that `entry` belongs in, made if need be; nil below the last digit of a name, where no two names meet.
    private mutating func child(of index: Int, for entry: Entry) -> Int? {
        let digit = nodes[index].block.childIndex(of: entry)
        let known = nodes[index].children[digit]
        if known >= 0 { return Int(known) }
        guard let block = nodes[index].block.child(digit) else { return nil }
        let place = free.popLast() ?? nodes.count
        nodes[index].children[digit] = Int32(place)
        if place == nodes.count { nodes.append(Node(block: block)) } else { nodes[place] = Node(block: block) }
        return place
    }

    private mutating func refresh(_ index: Int) {
        guard nodes[index].isStale else { return }
        nodes[index].isStale = false
        if nodes[index].children.isEmpty {
            nodes[index].hash = Self.leafHash(nodes[index].entries)
            return
        }
        var input: [UInt8] = [1, UInt8(bitPattern: Int8(nodes[index].block.level))]
        input.reserveCapacity(2 + 16 * 33)
        var only: Int?
        var childCount = 0
        for digit in 0..<16 {
            let child = Int(nodes[index].children[digit])
            guard child >= 0 else { continue }
            refresh(child)
            only = child
            childCount += 1
            input.append(UInt8(digit))
            nodes[child].hash.append(to: &input)
        }
        if childCount == 1, let only {
            nodes[index].hash = nodes[only].hash
        } else {
            nodes[index].hash = Fingerprint(Blake2b.hash256(input)) ?? .zero
        }
    }

    private static func leafHash(_ entries: [Entry]) -> Fingerprint {
        guard !entries.isEmpty else { return .zero }
        var input: [UInt8] = [0]
        input.reserveCapacity(1 + entries.count * 32)
        for entry in entries { entry.name.append(to: &input) }
        return Fingerprint(Blake2b.hash256(input)) ?? .zero
    }

    private func collect(_ index: Int, into entries: inout [Entry]) {
        entries.append(contentsOf: nodes[index].entries)
        for child in nodes[index].children where child >= 0 { collect(Int(child), into: &entries) }
    }

    private func collect(_ index: Int, from lamport: UInt64, into entries: inout [Entry]) {
        let block = nodes[index].block
        let width: UInt64 = 1 << UInt64(max(0, block.level) * 4)
        guard block.lamport + width > lamport else { return }
        entries.append(contentsOf: nodes[index].entries.lazy.filter { $0.lamport >= lamport })
        for child in nodes[index].children where child >= 0 { collect(Int(child), from: lamport, into: &entries) }
    }

    private func count(_ index: Int, from lamport: UInt64) -> Int {
        let block = nodes[index].block
        if block.lamport >= lamport { return nodes[index].count }
        guard block.lamport + 1 << UInt64(max(0, block.level) * 4) > lamport else { return 0 }
        let children = nodes[index].children.lazy.filter { $0 >= 0 }
        return nodes[index].entries.count { $0.lamport >= lamport } + children.reduce(0) { $0 + count(Int($1), from: lamport) }
    }

    private func collectNewest(_ index: Int, limit: Int, into entries: inout [Entry]) {
        for entry in nodes[index].entries.reversed() where entries.count < limit { entries.append(entry) }
        for child in nodes[index].children.reversed() where child >= 0 && entries.count < limit {
            collectNewest(Int(child), limit: limit, into: &entries)
        }
    }
}
