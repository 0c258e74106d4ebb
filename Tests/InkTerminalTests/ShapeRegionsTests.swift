import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@testable import InkTerminal

@Suite struct ShapeRegionsTests {
    @Test func `TM-70: a long text that is moved is not measured again for its box`() {
        let id = ShapeID(author: .zero, number: 1)
        let text = ShapeDraft(kind: .text, position: Point(x: 64, y: 128), text: String(repeating: "漢字e\u{301} \n", count: 1500))
        var regions = ShapeRegions(grid: .standard)
        regions.apply(ShapeChange(kind: .added, id: id, author: .zero, shape: Shape(id: id, content: text, depth: .first)))
        var moved = text
        moved.position = Point(x: -6400, y: 12_800)
        #expect(regions.box(of: id, as: moved) == moved.cellRegion(on: .standard))
        #expect(text.outline(on: .standard, box: regions[id]) == text.outline(on: .standard))
        // Other words would have to be.
        moved.text += "x"
        #expect(regions.box(of: id, as: moved) == nil)
        var sized = text
        (sized.kind, sized.size) = (.rectangle, Size(width: 640, height: 1280))
        #expect(regions.box(of: id, as: sized) == sized.cellRegion(on: .standard))
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `TM-134: the shapes in a window are those that a walk over all finds, whatever was changed`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var board = BoardView()
        var regions = ShapeRegions(grid: .standard)
        func place(_ extent: Int) -> Point {
            Point(x: Int32(random.below(2 * extent) - extent), y: Int32(random.below(2 * extent) - extent))
        }
        func draft() -> ShapeDraft {
            let kind = ShapeKind.allCases[random.below(ShapeKind.allCases.count)]
            let extent = [100, 3000, 20_000, 4_000_000][random.below(4)]
            let size =
                kind.isPath || kind == .text ? Size.zero : Size(width: Int32(random.below(extent)), height: Int32(random.below(extent)))
            let points = kind.isPath ? (0..<2 + random.below(12)).map { _ in place(extent) } : []
            let text = random.chance(0.4) ? String(repeating: "word ", count: 1 + random.below(9)) : kind == .text ? "x" : ""
            return ShapeDraft(kind: kind, position: place(60_000), size: size, points: points, text: text)
        }
        func change(_ kind: ShapeChange.Kind, _ number: Int, _ content: ShapeDraft, _ depth: DepthKey) {
            let id = ShapeID(author: .zero, number: UInt64(number))
            let change = ShapeChange(kind: kind, id: id, author: .zero, shape: Shape(id: id, content: content, depth: depth))
            board.apply(change)
            regions.apply(change)
        }
        for number in 1...200 { change(.added, number, draft(), .first) }
        for step in 0..<30 {
            let number = 1 + random.below(200)
            switch random.below(3) {
            case 0: change(.removed, number, draft(), .first)
            case 1: change(.changed, number, draft(), random.chance(0.5) ? .first : .between(nil, .first))
            default: break
            }
            regions.grid = Grid.zooms[random.below(Grid.zooms.count)]
            let window = CellRegion(
                column: random.below(2000) - 1000, row: random.below(1000) - 500, columns: 1 + random.below(200), rows: 1 + random.below(60)
            )
            let wanted = board.shapes.indices.filter { board.shapes[$0].content.reach(on: regions.grid).overlaps(window) }
            #expect(regions.indices(on: board, reaching: window) == wanted, "step \(step)")
            let all = board.shapes.map { $0.content.cellRegion(on: regions.grid) }
            #expect(regions.content() == all.dropFirst().reduce(all.first) { $0?.union($1) }, "step \(step)")
        }
    }

    @Test func `TM-134: a look at a window passes over what lies far from it`() {
        var index = ShapeIndex<ShapeID>()
        for number in 0..<10_000 {
            let (x, y) = (number % 100 * 4000, number / 100 * 4000)
            index.insert(ShapeID(author: .zero, number: UInt64(number)), (x, y, x + 1500, y + 1500))
        }
        index.insert(ShapeID(author: .zero, number: 10_000), (-1_000_000, -1_000_000, 1_000_000, 1_000_000))
        var looked = 0
        index.forEach(near: (100_000, 100_000, 107_000, 104_000)) { _ in looked += 1 }
        #expect(looked > 2 && looked < 40)
    }

    @Test func `TM-134: lines that all begin at one place are moved without a look at each other`() {
        let counter = Counter()
        var index = ShapeIndex<Counted>()
        for number in 0..<2000 { index.insert(Counted(number: number, counter: counter), (0, 0, 1500, 1500)) }
        counter.count = 0
        for number in 0..<2000 {
            let line = Counted(number: number, counter: counter)
            index.remove(line, (0, 0, 1500, 1500))
            index.insert(line, (9, 9, 1509, 1509))
        }
        // Each with all others, that is two million.
        #expect(counter.count < 40_000, "\(counter.count)")
        var left = 0
        index.forEach(near: (0, 0, 100, 100)) { _ in left += 1 }
        #expect(left == 2000)
    }

    /// How often names were compared.
    private final class Counter: @unchecked Sendable {
        /// Of the one test that holds it.
        var count = 0
    }

    private struct Counted: Hashable, Sendable {
        let number: Int
        let counter: Counter

        static func == (left: Counted, right: Counted) -> Bool {
            left.counter.count += 1
            return left.number == right.number
        }

        func hash(into hasher: inout Hasher) { hasher.combine(number) }
    }
}
