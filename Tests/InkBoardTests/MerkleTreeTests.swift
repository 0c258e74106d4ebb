import InkPrimitives
import Testing

@testable import InkBoard

@Suite struct MerkleTreeTests {
    /// Lamport numbers that are dense, far apart, or many names at one.
    private static func entries(_ seed: UInt64) -> [MerkleTree.Entry] {
        var random = SplitMix64(seed: seed)
        let spread = [1, 300, 1 << 30][random.below(3)]
        return (0..<(1 + random.below(400))).map { _ in
            MerkleTree.Entry(lamport: UInt64(1 + random.below(spread)), name: TransactionName(using: &random))
        }
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `BD-14: the root depends on the set alone`(seed: UInt64) {
        let entries = Self.entries(seed)
        var random = SplitMix64(seed: seed)
        var (ordered, shuffled) = (MerkleTree(), MerkleTree())
        for entry in entries {
            ordered.insert(entry)
            if random.chance(0.1) { ordered.refresh() }
        }
        for entry in entries.shuffled(using: &random) { shuffled.insert(entry) }
        ordered.refresh()
        shuffled.refresh()
        #expect(ordered.root == shuffled.root)
        #expect(ordered.count == entries.count)
        var less = MerkleTree()
        for entry in entries.dropLast() { less.insert(entry) }
        less.refresh()
        #expect(less.root != ordered.root)
    }

    @Test(arguments: seeds(60))
    func `BD-14: what is taken out leaves a tree of the rest`(seed: UInt64) {
        let entries = Self.entries(seed)
        var random = SplitMix64(seed: seed)
        var tree = MerkleTree()
        for entry in entries { tree.insert(entry) }
        tree.refresh()
        let (whole, places) = (tree.root, tree.placeCount)
        for share in [0.05, 0.5, 0.95, 1] {
            let gone = entries.filter { _ in random.chance(share) }
            for entry in gone.shuffled(using: &random) { tree.remove(entry) }
            // Of what is not there nothing is taken.
            for entry in gone.prefix(3) { tree.remove(entry) }
            tree.refresh()
            let rest = Set(entries).subtracting(gone).sorted()
            var other = MerkleTree()
            for entry in rest { other.insert(entry) }
            other.refresh()
            #expect(tree.root == other.root && tree.count == rest.count && tree.entries(in: .all) == rest)
            for entry in gone.shuffled(using: &random) { tree.insert(entry) }
            tree.refresh()
            #expect(tree.root == whole && tree.entries(in: .all) == entries.sorted())
            // It takes no more than it did, however often names come and go.
            #expect(tree.placeCount == places)
        }
    }

    @Test(arguments: seeds(60))
    func `BD-14: a part of a tree has the hash of a tree of that part`(seed: UInt64) throws {
        let entries = Self.entries(seed)
        var random = SplitMix64(seed: seed)
        var tree = MerkleTree()
        for entry in entries { tree.insert(entry) }
        tree.refresh()
        for _ in 0..<20 {
            let chosen = entries[random.below(entries.count)]
            var block = Block.all
            for _ in 0..<random.below(12) { block = try #require(block.child(block.childIndex(of: chosen))) }
            let inside = entries.filter(block.contains).sorted()
            var part = MerkleTree()
            for entry in inside { part.insert(entry) }
            part.refresh()
            #expect(tree.entries(in: block) == inside)
            #expect(tree.count(in: block) == inside.count)
            #expect(tree.hash(of: block) == part.root)
            let floor = UInt64(random.below(Int(chosen.lamport) + 2))
            let newest = entries.filter { $0.lamport >= floor }.sorted()
            #expect(tree.entries(from: floor) == newest)
            #expect(tree.count(from: floor) == newest.count)
        }
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `BD-15: the newest names are as many whole lamport numbers as fit`(seed: UInt64) {
        let entries = Self.entries(seed)
        var tree = MerkleTree()
        for entry in entries { tree.insert(entry) }
        for limit in [1, 10, 100, 1000] {
            let floor = tree.floor(ofNewest: limit)
            #expect(entries.count { $0.lamport >= floor } <= limit)
            if floor > 0 { #expect(entries.count { $0.lamport >= floor - 1 } > limit) }
        }
    }

    @Test(arguments: [(0, 0), (0, 1), (0, 17), (5, 300), (0, 4096), (1 << 20, 1 << 32)] as [(UInt64, UInt64)])
    func `a range is covered by few blocks without gap or overlap`(lower: UInt64, upper: UInt64) {
        var next = lower
        let blocks = Block.covering(lower..<upper)
        for block in blocks {
            #expect(block.lamport == next)
            next += 1 << UInt64(block.level * 4)
        }
        #expect(next == upper)
        #expect(blocks.count <= 30 * 8)
    }
}
