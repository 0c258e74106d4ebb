import InkBoard
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// How few keys the loop takes: draw a box, label it, join it to another, move it.
@Suite struct FewKeysTests {
    /// A hand that counts its keys.
    private struct Hand {
        var desk: Desk
        var keys = 0

        mutating func press(_ keys: [String]) {
            for key in keys {
                desk.bytes(Array(key.utf8))
                if key == "\u{1B}" { desk.wait(.milliseconds(60)) }
                self.keys += 1
            }
        }
    }

    @Test func `TM-234: two boxes with letters, an arrow between them, and both moved take thirty keys at most`() throws {
        var hand = Hand(desk: try Desk(columns: 120, rows: 40))
        let (right, left, up, down) = ("\u{1B}[1;2C", "\u{1B}[1;2D", "\u{1B}[1;2A", "\u{1B}[1;2B")
        // The first box where the pointer is, eight cells each way, and its letter; the second to its right.
        hand.press(["r", "\r", right, down, "\r", "a", "\u{1B}"])
        hand.press(["r", right, right, "\r", right, up, "\r", "b", "\u{1B}"])
        // From its corner, where the pointer stands, to the first.
        hand.press(["a", "\r", left, left, left, "\r", "\u{1B}"])
        let before = hand.desk.standing.map(\.position)
        #expect(hand.desk.standing.map(\.kind) == [.rectangle, .rectangle, .arrow], "\(hand.desk.text)")
        // The newest is selected; the one below it, and the one below that.
        hand.press(["]", "J", "]", "K"])
        hand.desk.wait(.seconds(1))
        #expect(hand.keys <= 30, "\(hand.keys) keys")
        let shapes = hand.desk.standing
        #expect(shapes.map(\.text) == ["a", "b", ""])
        for (index, by) in [(0, -8), (1, 8)] {
            #expect(shapes[index].position == before[index] + Point(x: 0, y: Int32(by) * 128), "\(hand.desk.text)")
        }
        // Both ends lie on the borders of the boxes as these stand now.
        let standing = hand.desk.session?.shapes ?? []
        let arrow = shapes[2].drawn { id in standing.first { $0.id == id }?.content }
        let ends = [arrow.points.first, arrow.points.last].compactMap { $0 }.map { arrow.position + $0 }
        for (box, end) in zip([shapes[1], shapes[0]], ends) {
            let (far, isWithin) = (
                box.position + Point(x: box.size.width, y: box.size.height),
                { (low: Int32, place: Int32, high: Int32) in (low...high).contains(place) }
            )
            #expect(isWithin(box.position.x, end.x, far.x) && isWithin(box.position.y, end.y, far.y), "\(hand.desk.text)")
            #expect([box.position.x, far.x].contains(end.x) || [box.position.y, far.y].contains(end.y), "\(hand.desk.text)")
        }
    }
}
