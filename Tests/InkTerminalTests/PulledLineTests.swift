import InkBoard
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// Lines in the hands of others.
@Suite struct PulledLineTests {
    private func rows(_ desk: Desk) -> [Int] {
        (0..<22).filter { row in desk.terminal.rowsOfText[row].contains { "─╴╶".contains($0) && $0 != "" } }
    }

    @Test func `TM-216: a line that somebody else pulls is seen where he pulls it, and nowhere else`() throws {
        var desk = try Desk()
        let line = ShapeDraft(kind: .line, position: middle(10, 5), points: [.zero, middle(40, 5) - middle(10, 5)])
        desk.elsewhere(.draw(line))
        let bob = desk.join("bob")
        let id = try #require(desk.session?.shapes.first?.id)
        #expect(rows(desk) == [5])
        var pulled = line
        pulled.points = [middle(10, 12) - middle(10, 5), middle(40, 12) - middle(10, 5)]
        desk.act(.begin(.pull(id, line)), by: bob, then: .milliseconds(50))
        desk.act(.update(.pull(id, pulled)), by: bob, then: .seconds(1))
        #expect(rows(desk) == [12], "\(desk.text)")
        #expect(desk.points(0) == [middle(10, 5), middle(40, 5)])
        desk.act(.cancel, by: bob, then: .seconds(1))
        #expect(rows(desk) == [5])
        desk.act(.begin(.pull(id, pulled)), by: bob, then: .milliseconds(50))
        desk.act(.commit, by: bob, then: .seconds(1))
        #expect(rows(desk) == [12] && desk.points(0) == [middle(10, 12), middle(40, 12)])
    }

    @Test func `TM-216: a shape that somebody else draws has its style from the first`() throws {
        var desk = try Desk()
        let bob = desk.join("bob")
        var box = ShapeDraft(kind: .rectangle, position: middle(10, 5), size: Size(width: 64 * 20, height: 128 * 6))
        box.lineStyle = .double
        desk.act(.begin(.shape(box)), by: bob, then: .seconds(1))
        #expect(desk.text.contains("╔") && desk.standing.isEmpty, "\(desk.text)")
    }

    @Test func `TM-361: who pulls a line tells the others how it is pulled, by the mouse and by keys`() throws {
        var desk = try Desk()
        desk.type("l")
        desk.drag([(10, 5), (40, 5)])
        desk.wait(.seconds(1))
        func pulls(_ desk: Desk) -> Int {
            desk.intents.count { intent in
                switch intent {
                case .begin(.pull), .update(.pull): true
                default: false
                }
            }
        }
        desk.press(40, 5)
        for row in 6...9 { desk.move(40, row, button: 32) }
        #expect(pulls(desk) == 4 && desk.isGestureLive)
        desk.release(40, 9)
        #expect(!desk.isGestureLive && desk.points(0) == [middle(10, 5), middle(40, 9)])
        desk.press(40, 9)
        desk.move(44, 9, button: 32)
        desk.escape()
        #expect(!desk.isGestureLive && desk.points(0) == [middle(10, 5), middle(40, 9)])
        desk.release(44, 9)
        let before = pulls(desk)
        desk.type("z")
        desk.arrows("B", 2)
        #expect(pulls(desk) > before && desk.isGestureLive)
        desk.wait(.seconds(1))
        #expect(!desk.isGestureLive && desk.points(0) == [middle(10, 5), middle(40, 11)])
    }
}
