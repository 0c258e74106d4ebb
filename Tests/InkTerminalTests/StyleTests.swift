import InkBoard
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// Borders, heads and ways of lines, picked at a terminal.
@Suite struct StyleTests {
    @Test func `TM-190, TM-385: a border is picked by key, by press and by word, for what is selected and for what is drawn next`() throws {
        let looks: [(digit: String, word: String, isSo: (ShapeDraft) -> Bool, corner: String)] = [
            ("1", "light", { $0.lineStyle == .solid && $0.strokeWidth == 16 }, "┌"),
            ("2", "heavy", { $0.lineStyle == .solid && $0.strokeWidth == 32 }, "┏"),
            ("3", "double", { $0.lineStyle == .double }, "╔"), ("4", "dashed", { $0.lineStyle == .dashed }, "┌╌"),
            ("5", "dotted", { $0.lineStyle == .dotted }, "┌┈"), ("6", "rounded", { $0.corners == .round }, "╭"),
            ("7", "sharp", { $0.corners == .sharp }, "┌"),
        ]
        for look in looks {
            for way in ["key", "press", "word"] {
                var desk = try Desk()
                desk.box(at: 10)
                desk.type("]")
                switch way {
                case "key": desk.type("b" + look.digit)
                case "press":
                    desk.type("b")
                    try desk.click(on: "\(look.digit) \(look.word)")
                default: desk.run("border " + look.word.uppercased())
                }
                #expect(look.isSo(desk.standing[0]), "\(look.word) by \(way): \(desk.text)")
                desk.type("u")
                #expect(desk.standing[0].lineStyle == .solid && desk.standing[0].corners == .usual, "one step: \(look.word)")
                desk.type("r")
                desk.drag([(40, 5), (50, 9)])
                desk.escape()
                #expect(look.isSo(desk.standing[1]) && desk.text.contains(look.corner), "\(look.word) by \(way): \(desk.text)")
            }
        }
    }

    @Test func `TM-190, TM-385: what is rounded can be seen to be so, and of several shapes only those change that have a border`() throws {
        var desk = try Desk()
        desk.box(at: 10)
        desk.type("]b2b6")
        #expect(desk.text.contains("╭") && desk.standing[0].strokeWidth == 16)
        desk.type("b3b6")
        #expect(desk.text.contains("╭") && desk.standing[0].lineStyle == .solid)
        desk.elsewhere(.draw(ShapeDraft(kind: .text, position: middle(40, 12), text: "words")))
        desk.bytes([1])
        desk.type("b4")
        #expect(desk.standing.map(\.lineStyle) == [.dashed, .solid])
        desk.escape()
        desk.type("]b3")
        #expect(desk.standing.map(\.lineStyle) == [.dashed, .solid] && desk.text.contains("nothing that is selected has a border"))
    }

    @Test func `TM-190, TM-385: heads stand at either end, both or none, in the form that was picked`() throws {
        func ends(_ desk: Desk) -> [LineHead] { desk.standing.last.map { [$0.heads.start, $0.heads.end] } ?? [] }
        var desk = try Desk()
        desk.type("a")
        desk.drag([(10, 5), (30, 5)])
        #expect(ends(desk) == [.none, .arrow])
        for (keys, expected) in [
            ("A4", [LineHead.arrow, .arrow]), ("A3", [.arrow, .none]), ("A1", [.none, .none]), ("A2", [.none, .arrow]),
            (">4", [.none, .dot]), ("A4", [.dot, .dot]), ("<3", [.triangle, .dot]), ("<1", [.none, .dot]),
        ] {
            desk.type(keys)
            #expect(ends(desk) == expected, "\(keys)")
        }
        desk.run("heads both")
        desk.run("start-head bar")
        desk.run("end-head arrow")
        #expect(ends(desk) == [.bar, .arrow])
        // The next arrow has them, too, and a line has none.
        desk.type("a")
        desk.drag([(10, 8), (30, 8)])
        #expect(ends(desk) == [.bar, .arrow])
        desk.type("l")
        desk.drag([(10, 12), (30, 12)])
        #expect(ends(desk) == [.none, .none])
        desk.escape()
        desk.box(at: 50)
        desk.type("]A4")
        #expect(desk.text.contains("no line or arrow is selected"))
    }

    @Test func `TM-190, TM-191: a line goes around corners, and its end that is pulled finds its way anew`() throws {
        var desk = try Desk()
        desk.type("l")
        desk.drag([(10, 5), (30, 12)])
        desk.type("E2")
        #expect(desk.standing[0].route == .elbow && desk.text.contains("┐"))
        desk.run("elbow off")
        #expect(desk.standing[0].route == .straight && !desk.text.contains("┐"))
        desk.run("elbow on")
        // What is drawn next does so while it is drawn; with Alt, too.
        desk.escape()
        desk.type("l")
        desk.press(40, 5)
        desk.move(60, 12, button: 32)
        #expect(desk.text.count { $0 == "┐" } == 2)
        desk.move(60, 12, button: 40)
        #expect(desk.text.count { $0 == "┐" } == 2)
        desk.release(60, 12)
        try #require(desk.standing.map(\.route) == [.elbow, .elbow])
        // By keys, and by the mouse.
        desk.type("z")
        desk.arrows("B", 3)
        desk.wait(.seconds(1))
        desk.arrows("C", 2)
        desk.wait(.seconds(1))
        let isSquare = { (line: ShapeDraft) in zip(line.points, line.points.dropFirst()).allSatisfy { $0.x == $1.x || $0.y == $1.y } }
        let end = { (line: ShapeDraft) in line.position + (line.points.last ?? .zero) }
        #expect(end(desk.standing[1]) == middle(62, 15) && isSquare(desk.standing[1]), "\(desk.standing[1].points)")
        desk.type("zz")
        desk.drag([(62, 15), (66, 18)])
        #expect(end(desk.standing[1]) == middle(66, 18) && isSquare(desk.standing[1]), "\(desk.standing[1].points)")
    }

    @Test func `TM-378, TM-386: a word that means no look is told`() throws {
        for (line, words) in [
            ("border wavy", "there is no border “wavy”: light, heavy, double"), ("heads left", "there is no place for heads “left”"),
            ("start-head club", "there is no head “club”: none, arrow, triangle, dot, bar"), ("elbow yes", "“yes” is neither on nor off"),
            ("border \(Int.min)", "there is no border"), ("heads 5", "there is no place"), ("end-head 0", "there is no head"),
        ] {
            var desk = try Desk(columns: 120)
            desk.box(at: 10)
            desk.type("]")
            let before = desk.standing
            desk.run(line)
            #expect(desk.standing == before && desk.text.contains(words), "\(line): \(desk.text)")
        }
    }

    @Test func `TM-175: order has keys, and so has ungrouping`() throws {
        func columns(_ desk: Desk) -> [Int] { desk.standing.map { Int($0.position.x) / 64 } }
        for (key, order) in [("}", [30, 60, 10]), (")", [30, 10, 60]), ("{", [10, 30, 60]), ("(", [10, 30, 60])] {
            var desk = try Desk(columns: 120)
            for column in [10, 30, 60] { desk.box(at: column) }
            desk.click(10, 6)
            desk.type(key)
            #expect(columns(desk) == order, "\(key)")
        }
        for key in ["\u{1B}g", "\u{15}"] {
            var desk = try Desk(columns: 120)
            for column in [10, 30] { desk.box(at: column) }
            desk.bytes([1])
            desk.bytes([7])
            #expect(desk.standing.allSatisfy { $0.groups.count == 1 })
            desk.bytes(Array(key.utf8))
            #expect(desk.standing.allSatisfy { $0.groups.isEmpty }, "\(key.debugDescription)")
        }
    }
}
