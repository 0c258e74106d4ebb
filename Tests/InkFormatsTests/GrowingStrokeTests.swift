import InkBoard
import InkFormats
import InkPrimitives
import Testing

@Suite struct GrowingStrokeTests {
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `FM-13: a stroke that grows leaves the dots of the whole, however it grew`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let grid = random.chance(0.8) ? Grid.standard : Grid(dotUnits: 20 + random.below(60))
        let region = CellRegion(column: random.below(9) - 4, row: random.below(9) - 4, columns: 20 + random.below(20), rows: 10)
        var draft = ShapeDraft(
            kind: .freehand, position: Point(x: Int32(random.below(2000)), y: Int32(random.below(1200))), points: [.zero],
            strokeWidth: [16, 32, 64, 128][random.below(4)])
        var place = Point.zero
        for _ in 0..<random.below(300) {
            // Rests, small steps of a hand, and leaps of a script.
            let reach = [1, 40, 200, 3000][random.below(4)]
            place = place + Point(x: Int32(random.below(reach) - reach / 2), y: Int32(random.below(reach) - reach / 2))
            draft.points.append(place)
        }
        var (stroke, count) = (GrowingStroke(draft, in: region, on: grid), 0)
        while count < draft.points.count {
            count = max(1, min(draft.points.count, count + random.below(30) - 8))
            if !stroke.canBecome(draft, count: count, in: region, on: grid) { stroke = GrowingStroke(draft, in: region, on: grid) }
            let tip: Point? = random.chance(0.5) ? draft.points[count - 1] + Point(x: Int32(random.below(90)), y: -7) : nil
            stroke.become(draft, count: count, tip: tip)
            var shown = draft
            shown.points = Array(draft.points.prefix(count)) + (tip.map { [$0] } ?? [])
            let under = ShapeDraft(kind: .rectangle, position: draft.position, size: Size(width: 900, height: 500))
            var whole = CellRaster(region: region, grid: grid)
            whole.draw(under)
            var grown = whole
            whole.draw(shown)
            grown.draw(stroke, color: draft.stroke)
            #expect(grown.cells(style: .unicode) == whole.cells(style: .unicode), "seed \(seed), \(count) samples")
        }
    }

    @Test func `FM-13: what is taken back by a few samples goes on, another stroke or window does not`() {
        let region = CellRegion(column: 0, row: 0, columns: 30, rows: 10)
        let draft = path(.freehand, (0..<200).map { ($0 % 30, $0 % 9) })
        var stroke = GrowingStroke(draft, in: region, on: .standard)
        stroke.become(draft, count: 200)
        #expect(stroke.canBecome(draft, count: 180, in: region, on: .standard))
        #expect(!stroke.canBecome(draft, count: 100, in: region, on: .standard))
        var other = draft
        other.position = Point(x: 1, y: 0)
        #expect(!stroke.canBecome(other, count: 200, in: region, on: .standard))
        other = draft
        other.strokeWidth = 64
        #expect(!stroke.canBecome(other, count: 200, in: region, on: .standard))
        #expect(!stroke.canBecome(draft, count: 200, in: CellRegion(column: 1, row: 0, columns: 30, rows: 10), on: .standard))
        #expect(!stroke.canBecome(draft, count: 200, in: region, on: Grid(dotUnits: 16)))
    }
}
