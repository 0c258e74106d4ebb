import InkBoard
import InkSession
import Testing

@testable import terminal_storm

/// Random events at two terminals; tools/terminal-storm has as many as wanted.
@Suite struct StormTests {
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `TM-16, TM-230: whatever happens, a screen shows what a full repaint shows, and all boards are equal`(seed: UInt64) throws {
        let storm = try Storm.play(seed: seed, events: 400, stride: 200)
        #expect(storm.count == 400)
    }

    @Test func `TM-230: a storm is the same each time`() throws {
        let hashes = try (0..<2).map { _ in try Storm.play(seed: 9, events: 150, stride: 50).hash }
        let others = try Storm.play(seed: 9, events: 150, stride: 150).hash
        #expect(Set(hashes + [others]).count == 1, "looking changes nothing of what happens")
    }

    @Test func `TM-38: what lies beside the middles of cells is seen in the cell to which another drags it`() throws {
        // Seed 104: less than a dot was taken for nothing, whatever it was added to.
        var desk = try Desk()
        let bob = desk.join("bob")
        desk.act(.draw(ShapeDraft(kind: .text, position: Point(x: 702, y: 640), text: "abc")), by: bob, then: .seconds(1))
        let id = try #require(desk.session?.shapes.first?.id)
        let before = try #require(desk.place(of: "abc"))
        desk.act(.begin(.move([id], by: .zero)), by: bob, then: .seconds(1))
        desk.act(.update(.move([id], by: Point(x: 20, y: 0))), by: bob, then: .seconds(1))
        #expect(desk.place(of: "abc")?.column == before.column + 1)
        // A box has two sides, and each a cell.
        desk.act(
            .begin(.shape(ShapeDraft(kind: .rectangle, position: Point(x: 1342, y: 900), size: Size(width: 640, height: 256)))), by: bob,
            then: .seconds(1))
        let corner = try #require(desk.place(of: "┐"))
        desk.act(
            .update(.shape(ShapeDraft(kind: .rectangle, position: Point(x: 1342, y: 900), size: Size(width: 654, height: 256)))), by: bob,
            then: .seconds(1))
        #expect(desk.place(of: "┐")?.column == corner.column + 1)
    }
}
