import InkBoard
import InkCrypto
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

@Suite struct TerminalAppTests {
    @Test func `TM-6: a drag with the pen is one gesture and one stroke`() throws {
        var desk = try Desk()
        desk.drag([(10, 5), (12, 6), (14, 7)])
        let start = middle(10, 5)
        let kinds = desk.intents.filter { intent in
            switch intent {
            case .cursor, .view: false
            default: true
            }
        }
        #expect(
            kinds == [
                .begin(.stroke(ShapeDraft(kind: .freehand, position: start, points: [.zero]))),
                .extend([middle(12, 6)]),
                .extend([middle(14, 7)]), .commit,
            ])
        #expect(desk.standing.map(\.points.count) == [3])
        #expect(desk.text.unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })
    }

    @Test func `TM-7: own ink is in the next frame and costs at most 150 bytes an event`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        desk.isSlow = true
        desk.press(10, 10)
        for step in 1..<60 {
            let before = desk.frames.count
            desk.move(10 + step, 10 + step % 7, button: 32)
            #expect(desk.frames.count == before + 1)
            #expect((desk.frames.last ?? []).count <= 150)
        }
    }

    @Test func `TM-6: what was drawn stays in sight while the session is slow, and once it answers`() throws {
        var desk = try Desk()
        desk.isSlow = true
        desk.type("r")
        desk.drag([(10, 5), (20, 9)])
        #expect(desk.terminal.contains("┌─────────┐"))
        desk.answer()
        #expect(desk.terminal.contains("┌─────────┐"))
        #expect(desk.standing.count == 1)
    }

    @Test func `TM-8: each tool draws its shape`() throws {
        for (key, kind) in [
            ("r", ShapeKind.rectangle), ("d", .diamond), ("o", .ellipse), ("a", .arrow), ("l", .line), ("2", .rectangle), ("4", .ellipse),
        ] {
            var desk = try Desk()
            desk.type(key)
            desk.drag([(10, 5), (20, 9)])
            #expect(desk.standing.map(\.kind) == [kind])
            // The tool makes way for selecting.
            #expect(desk.text.contains("SELECT"))
        }
    }

    @Test func `TM-8: everything a drag does the keyboard does alone`() throws {
        var mouse = try Desk()
        mouse.type("r")
        mouse.drag([(40, 11), (46, 13)])
        var keys = try Desk()
        keys.type("r")
        keys.bytes([0x0D])
        for _ in 0..<6 { keys.bytes(Array("\u{1B}[C".utf8)) }
        for _ in 0..<2 { keys.bytes(Array("\u{1B}[B".utf8)) }
        keys.bytes([0x0D])
        #expect(keys.standing == mouse.standing)
        #expect(keys.standing.count == 1)
    }

    @Test func `TM-9: escape and the right button cancel a drag here and at the others`() throws {
        for isEscape in [true, false] {
            for key in ["p", "r", "a"] {
                var desk = try Desk()
                desk.type(key)
                desk.press(10, 5)
                desk.move(15, 8, button: 32)
                if isEscape { desk.escape() } else { desk.press(15, 8, button: 2) }
                desk.release(15, 8)
                #expect(desk.intents.contains(.cancel) && !desk.intents.contains(.commit))
                #expect(desk.standing.isEmpty && !desk.isGestureLive)
            }
        }
    }

    @Test func `TM-8: a shape is selected, moved, resized, edited and deleted`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.drag([(10, 5), (20, 9)])
        desk.drag([(15, 5), (18, 7)])
        #expect(desk.standing[0].position == middle(13, 7))
        // The corner pulls.
        desk.drag([(23, 11), (25, 13)])
        #expect(desk.standing[0].cellRegion(on: .standard) == CellRegion(column: 13, row: 7, columns: 13, rows: 7))
        desk.bytes([0x0D])
        desk.type("api")
        desk.escape()
        #expect(desk.standing[0].text == "api" && desk.terminal.contains("api"))
        desk.type("l")
        desk.wait(.seconds(1))
        #expect(desk.standing[0].position == middle(14, 7))
        desk.type("x")
        #expect(desk.standing.isEmpty)
        #expect(!desk.terminal.contains("┌"))
    }

    @Test func `TM-6, TM-8, TM-334: a burst of moving keys is one gesture, seen at once, and one step of undo`() throws {
        for ending in ["pause", "key", "escape", "back"] {
            var desk = try Desk()
            desk.type("r")
            desk.drag([(10, 5), (20, 9)])
            desk.type("]llj")
            desk.bytes(Array("\u{1B}[C".utf8))
            #expect(desk.terminal.lines[6].contains("┌─────────┐"), "\(ending)")
            #expect(desk.standing[0].position == middle(10, 5))
            #expect(desk.intents.count { if case .update(.move) = $0 { true } else { false } } == 3)
            let commits = desk.intents.count { $0 == .commit }
            switch ending {
            case "pause": desk.wait(.seconds(1))
            case "key": desk.type("c")
            case "escape": desk.escape()
            default:
                desk.type("hhhk")
                desk.wait(.seconds(1))
            }
            let isMoved = ending != "back"
            #expect(desk.intents.count { $0 == .commit } == commits + (isMoved ? 1 : 0), "\(ending)")
            #expect(desk.intents.contains(.cancel) != isMoved, "\(ending)")
            #expect(desk.standing[0].position == middle(isMoved ? 13 : 10, isMoved ? 6 : 5), "\(ending)")
        }
    }

    @Test func `TM-16: what is selected may lie off every side of the screen, and so may a frame`() throws {
        for (kind, key, by) in [(0, "H", (-160, 0)), (1, "L", (160, 0)), (2, "K", (0, -160)), (3, "J", (0, 160))] {
            var desk = try Desk()
            desk.type("p")
            desk.drag([(30, 10), (50, 12)])
            desk.type("]" + String(repeating: key, count: 20))
            desk.wait(.seconds(1))
            #expect(desk.standing.map(\.position) == [middle(30 + by.0, 10 + by.1)], "\(key)")
            // As if the window had moved, there and back past it.
            for turn in 0..<36 {
                desk.bytes(Array("\u{1B}[<\(64 + (turn < 12 ? kind : kind ^ 1));5;5M".utf8))
                let (text, styles) = (desk.text, desk.terminal.styles)
                desk.resize(columns: 80, rows: 24)
                #expect(desk.text == text && desk.terminal.styles == styles, "\(key) \(turn)")
            }
            // Found again, it is marked: its corners are reversed and its box is underlined.
            desk.type("f")
            let marks = desk.terminal.styles.dropLast(2).joined()
            #expect(marks.count { $0.contains("7") } == 4 && marks.count { $0.contains("4") } == 21, "\(key)")
        }
        // A frame from a cell that is seen to one that is not any more, in a window that shrinks under it.
        var desk = try Desk()
        desk.type("r")
        desk.drag([(2, 1), (6, 3)])
        desk.escape()
        desk.type("v")
        desk.press(70, 20)
        desk.resize(columns: 20, rows: 5)
        desk.move(78, 22, button: 32)
        #expect(desk.terminal.unknown == [])
        desk.move(0, 0, button: 32)
        desk.release(300, 300)
        // Released at the window's last cell: from there to where it was pressed the box does not lie.
        #expect(desk.text.contains("SELECT"))
        desk.press(19, 3)
        desk.move(0, 0, button: 32)
        desk.release(0, 0)
        #expect(desk.text.contains("MOVE"))
    }

    @Test func `TM-8: a style for several shapes, and copies of several, are one step each`() throws {
        var desk = try Desk()
        for column in [5, 20, 35] {
            desk.type("r")
            desk.drag([(column, 3), (column + 8, 6)])
        }
        desk.bytes([0x01])
        desk.type("c2")
        #expect(desk.standing.allSatisfy { $0.stroke != nil })
        #expect(desk.intents.count { if case .setAll(let ids, _) = $0 { ids.count == 3 } else { false } } == 1)
        desk.type("D")
        #expect(desk.standing.count == 6)
        #expect(desk.intents.count { if case .drawAll(let drafts) = $0 { drafts.count == 3 } else { false } } == 1)
    }

    @Test func `a message being typed survives a click, and its end is seen when it is long`() throws {
        var desk = try Desk(columns: 40, rows: 12)
        desk.type("/hello there ")
        desk.click(10, 3)
        desk.type(String(repeating: "abcdefghij", count: 8) + "END")
        #expect(desk.terminal.contains("END"))
        desk.bytes([0x0D])
        #expect(desk.intents.contains { if case .say(let text) = $0 { text.hasPrefix("hello there abc") } else { false } })
    }

    @Test func `TM-334: keys resize a box as one gesture`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.drag([(10, 5), (20, 9)])
        desk.type("]zll")
        desk.bytes(Array("\u{1B}[B".utf8))
        #expect(desk.terminal.lines[10].contains("└───────────┘"))
        desk.wait(.seconds(1))
        #expect(desk.standing[0].cellRegion(on: .standard) == CellRegion(column: 10, row: 5, columns: 13, rows: 6))
        #expect(desk.intents.count { $0 == .commit } == 2)
    }

    @Test(arguments: [0, 100, 300, 800])
    func `TM-57: Escape ends a move or a resize by keys and keeps it, however soon it comes`(milliseconds: Int) throws {
        var desk = try Desk()
        desk.type("r")
        desk.drag([(10, 5), (20, 9)])
        desk.type("]llj")
        #expect(desk.text.contains("drawing") && !desk.text.contains("saved"))
        desk.wait(.milliseconds(milliseconds))
        desk.escape()
        #expect(desk.standing.map(\.position) == [middle(12, 6)] && desk.text.contains(milliseconds == 800 ? "SELECT" : "MOVE"))
        // One step of undo brings it back.
        desk.type("u")
        #expect(desk.standing.map(\.position) == [middle(10, 5)])
        desk.type("]zlj")
        desk.wait(.milliseconds(milliseconds))
        desk.escape()
        #expect(desk.standing.map { $0.cellRegion(on: .standard) } == [CellRegion(column: 10, row: 5, columns: 12, rows: 6)])
        // With the keys that a terminal without Escape has, too.
        desk.escape()
        desk.type("]ll")
        desk.bytes([0x1B, 0x1B])
        desk.wait(.milliseconds(30))
        #expect(desk.standing.map(\.position) == [middle(12, 5)])
    }

    @Test func `TM-19: who leaves or is cut off loses no stroke, no text and no move`() throws {
        var desk = try Desk()
        desk.press(10, 5)
        desk.move(14, 7, button: 32)
        desk.finish()
        #expect(desk.standing.map(\.kind) == [.freehand])
        desk.type("t")
        desk.click(30, 5)
        desk.type("half a sent")
        desk.finish()
        #expect(desk.standing.map(\.text) == ["", "half a sent"])
        desk.type("[l")
        desk.finish()
        #expect(desk.intents.last == .commit)
        desk.finish()
        #expect(desk.standing.count == 2)
    }

    @Test func `TM-20: a text is on the board after a pause, and goes on in the same shape`() throws {
        var desk = try Desk()
        desk.type("t")
        desk.click(10, 5)
        desk.type("one")
        #expect(desk.standing.isEmpty && desk.text.contains("typing") && !desk.text.contains("saved"))
        desk.wait(.milliseconds(2100))
        #expect(desk.standing.map(\.text) == ["one"] && desk.text.contains("saved"))
        desk.type(" two")
        #expect(desk.terminal.contains("one two") && desk.isGestureLive)
        desk.wait(.milliseconds(2100))
        #expect(desk.standing.map(\.text) == ["one two"])
        // Without a pause, too.
        for _ in 0..<12 {
            desk.type("x")
            desk.wait(.seconds(1))
        }
        #expect(desk.standing.count == 1 && desk.standing[0].text.count > 12)
        desk.type(" end")
        desk.escape()
        #expect(desk.standing.map(\.text) == ["one two" + String(repeating: "x", count: 12) + " end"])
        #expect(!desk.isGestureLive)
        let steps = desk.intents.filter {
            switch $0 {
            case .commit, .type: true
            default: false
            }
        }
        #expect(
            steps.first == .commit
                && steps.dropFirst().allSatisfy { if case .type(_, _, _, continues: true, _) = $0 { true } else { false } })
        // The text of a standing shape: one new step, then parts of it.
        desk.bytes([0x5D, 0x0D])
        desk.type("!")
        desk.wait(.seconds(3))
        desk.type("?")
        desk.escape()
        #expect(desk.standing[0].text.hasSuffix("end!?"))
        let last = desk.intents.compactMap { if case .type(_, _, _, let continues, _) = $0 { continues } else { nil } }.suffix(2)
        #expect(last == [false, true])
    }

    @Test func `TM-20: a text finished before its first part was answered is whole`() throws {
        var desk = try Desk()
        desk.type("t")
        desk.click(10, 5)
        desk.type("one")
        desk.isSlow = true
        desk.wait(.milliseconds(2100))
        desk.type(" two")
        desk.escape()
        desk.answer()
        desk.isSlow = false
        desk.wait(.seconds(1))
        desk.answer()
        #expect(desk.standing.map(\.text) == ["one two"])
    }

    @Test func `TM-19: a text whose shape is deleted meanwhile goes on as a shape of its own`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.drag([(10, 5), (30, 9)])
        desk.type("]\r")
        desk.type("cach")
        desk.deleteAll()
        desk.type("e")
        desk.escape()
        #expect(desk.standing.map(\.text) == ["cache"])
        #expect(desk.terminal.contains("cache"))
        // Also where nothing more is typed.
        desk.type("]\r")
        desk.type("d")
        desk.deleteAll()
        desk.escape()
        #expect(desk.standing.map(\.text) == ["cached"])
    }

    @Test func `TM-8: a moved box leaves the other whole`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.drag([(10, 3), (20, 7)])
        let alone = desk.terminal.lines[7]
        desk.type("r")
        desk.drag([(15, 5), (30, 9)])
        #expect(desk.terminal.contains("└────┼────┘"))
        desk.drag([(30, 7), (60, 12)])
        #expect(desk.terminal.lines[7] == alone)
    }

    @Test func `TM-8: the eraser takes what it touches, and undo is asked for by u and Ctrl+Z`() throws {
        var desk = try Desk()
        desk.type("p")
        desk.drag([(10, 5), (30, 5)])
        desk.type("e")
        desk.drag([(20, 2), (20, 8)])
        #expect(desk.standing.isEmpty)
        desk.type("p")
        desk.drag([(10, 5), (30, 5)])
        desk.type("u")
        #expect(desk.standing.isEmpty)
        // The gesture before it was the eraser's.
        desk.bytes([0x1A])
        #expect(desk.standing.count == 1)
        desk.type("u")
        #expect(desk.standing.isEmpty)
        desk.type("u")
        #expect(desk.text.contains("nothing to undo"))
        desk.type("UUU")
        #expect(desk.standing.count == 1 && !desk.text.contains("nothing to redo"))
        desk.type("U")
        #expect(desk.text.contains("nothing to redo"))
    }

    @Test func `TM-10: text is typed with clusters and wide characters, and the caret stands behind them`() throws {
        var desk = try Desk()
        desk.type("t")
        desk.click(10, 5)
        desk.type("漢e\u{301}")
        #expect(desk.terminal.cursor == (13, 5) && desk.terminal.isCursorShown)
        desk.bytes([0x7F])
        desk.type("x\ry")
        desk.escape()
        #expect(desk.standing.map(\.text) == ["漢x\ny"])
        #expect(desk.terminal.lines[5].contains("漢x") && desk.terminal.lines[6].contains("y"))
        #expect(!desk.terminal.isCursorShown)
    }

    @Test func `TM-3, TM-10: a paste into a text keeps its lines and brings no escapes`() throws {
        var desk = try Desk()
        desk.type("t")
        desk.click(2, 2)
        desk.bytes(Array("\u{1B}[200~one\r\n\u{1B}[2Jtwo\u{1B}[201~".utf8))
        desk.escape()
        #expect(desk.standing.map(\.text) == ["one\n[2Jtwo"])
    }

    @Test func `TM-11, TM-337: others' cursors, names and growing strokes are seen`() throws {
        var desk = try Desk()
        let bob = peer("bob")
        desk.hear(.peer(bob))
        #expect(desk.text.contains("bob joined"))
        desk.hear(.cursor(LiveSource(peer: bob.peer), [CursorSample(at: .zero, position: middle(30, 10))]))
        desk.wait(.milliseconds(300))
        #expect(desk.terminal.lines[11].contains(" bob"))
        let draft = ShapeDraft(kind: .freehand, position: middle(40, 4), points: [.zero, Point(x: 640, y: 0)])
        let stroke = GestureID(source: LiveSource(peer: bob.peer), number: 1)
        desk.hear(.gesture(stroke, .began(.stroke(draft), at: .zero)))
        desk.wait(.milliseconds(300))
        let grown = desk.terminal.lines[4]
        #expect(grown.unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })
        let end = TimedPoint(at: .milliseconds(8), position: draft.position + Point(x: 1280, y: 0))
        desk.hear(.gesture(stroke, .appended([end])))
        desk.wait(.milliseconds(300))
        #expect(desk.terminal.lines[4].count > grown.count)
        desk.hear(.gesture(stroke, .ended(.cancelled)))
        desk.wait(.milliseconds(300))
        #expect(!desk.terminal.lines[4].unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })
        // The chip goes, the marker stays, and after a minute that goes, too.
        desk.wait(.seconds(10))
        #expect(!desk.terminal.lines[11].contains("bob"))
        #expect(desk.terminal.rowsOfText[10][30] != " ")
        desk.wait(.seconds(60))
        #expect(desk.terminal.rowsOfText[10][30] == " ")
        var gone = bob
        gone.state = .left
        desk.hear(.peer(gone))
        #expect(desk.text.contains("bob left") && desk.text.contains("Only you."))
    }

    @Test func `TM-11: another's drag of a shape is seen before it ends`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.drag([(10, 5), (20, 9)])
        let bob = peer("bob")
        desk.hear(.peer(bob))
        let id = try #require(desk.session?.shapes.first?.id)
        let drag = GestureID(source: LiveSource(peer: bob.peer), number: 1)
        desk.hear(.gesture(drag, .began(.move([id], by: Point(x: Int32(20 * Grid.standard.columnUnits), y: 0)), at: .zero)))
        desk.wait(.milliseconds(300))
        #expect(desk.terminal.rowsOfText[5][30] == "┌" && desk.terminal.rowsOfText[5][10] == " ")
        desk.hear(.gesture(drag, .ended(.cancelled)))
        desk.wait(.milliseconds(300))
        #expect(desk.terminal.rowsOfText[5][10] == "┌")
    }

    @Test func `TM-12: no name, text or message of a peer brings an escape to the terminal`() throws {
        var desk = try Desk()
        let evil = "a\u{1B}]52;c;QQ==\u{07}\u{9B}31m\u{202E}b\u{200B}\r\n\u{1B}[2J"
        desk.hear(.peer(peer(evil)))
        desk.hear(.cursor(LiveSource(peer: peer(evil).peer), [CursorSample(at: .zero, position: middle(30, 10))]))
        let draft = ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 2000, height: 800), text: evil)
        desk.elsewhere(.draw(draft))
        desk.hear(.chat(ChatMessage(id: .zero, author: .zero, text: evil), ref: nil))
        desk.hear(.rejected(author: nil, rule: evil))
        desk.hear(.rendezvous(.unreachable(reason: evil)))
        desk.wait(.seconds(3))
        desk.type("P")
        #expect(desk.terminal.unknown == [])
        let text = String(decoding: desk.bytes, as: UTF8.self)
        #expect(!text.contains("]52;") || !text.contains("\u{1B}]52;"))
        #expect(text.unicodeScalars.allSatisfy { ![0x07, 0x9B, 0x202E, 0x200B].contains($0.value) })
        // Colour off: not even a colour of ours.
        var plain = try Desk(depth: .none, style: .ascii)
        plain.hear(.peer(peer(evil)))
        #expect(plain.bytes.allSatisfy { $0 < 0x80 })
    }

    @Test func `TM-13: ASCII mode writes only bytes below 0x80`() throws {
        var desk = try Desk(style: .ascii)
        desk.hear(.peer(peer("ñandú漢")))
        desk.hear(.cursor(LiveSource(peer: peer("ñandú漢").peer), [CursorSample(at: .zero, position: middle(30, 10))]))
        for key in ["r", "o", "d", "a", "l"] {
            desk.type(key)
            desk.drag([(10, 5), (40, 15)])
        }
        desk.type("p")
        desk.drag([(5, 5), (9, 9), (22, 3)])
        desk.type("?")
        desk.escape()
        #expect(desk.text.contains("+--"))
        desk.type("i")
        #expect(desk.bytes.allSatisfy { $0 < 0x80 })
    }

    @Test func `TM-14: an idle board writes nothing, whatever the round trip does`() throws {
        var desk = try Desk()
        var bob = peer("bob")
        bob.roundTrip = .milliseconds(24)
        desk.hear(.peer(bob))
        desk.wait(.seconds(10))
        let before = desk.bytes.count
        for step in 0..<50 {
            bob.roundTrip = .milliseconds(22 + step % 9)
            desk.hear(.peer(bob))
            desk.wait(.milliseconds(200))
        }
        #expect(desk.bytes.count == before)
        #expect(desk.text.contains("direct ~35 ms"))
    }

    @Test func `TM-21: nothing is called saved that was asked a moment ago or is not on the disk`() throws {
        var desk = try Desk(columns: 120, rows: 30)
        desk.wait(.seconds(1))
        #expect(desk.text.contains("saved"))
        desk.isSlow = true
        desk.drag([(10, 5), (20, 8)])
        #expect(desk.text.contains("saving"))
        // What is told before the answer knows nothing of it.
        desk.hear(.sync(SyncStatus(state: .synced, missing: 0, unsent: 0, isSaved: true, fingerprint: .zero)))
        #expect(desk.text.contains("saving"))
        desk.isSlow = false
        desk.answer()
        desk.wait(.seconds(1))
        #expect(desk.text.contains("saved") && !desk.text.contains("saving"))
        // What was done through another program, too.
        desk.disk(refuses: "full")
        desk.elsewhere(.draw(ShapeDraft(kind: .rectangle, position: .zero)))
        desk.wait(.milliseconds(200))
        #expect(desk.text.contains("saving"))
        desk.wait(.seconds(1))
        #expect(desk.text.contains("NOT SAVED YET"))
        var bob = peer("bob")
        desk.hear(.peer(bob))
        desk.wait(.seconds(1))
        bob.state = .left
        desk.hear(.peer(bob))
        #expect(desk.text.contains("Only you.") && !desk.text.contains("Everything is saved"))
        desk.disk(refuses: nil)
        desk.wait(.seconds(2))
        #expect(desk.text.contains("saved") && !desk.text.contains("SAVED"))
    }

    @Test func `TM-15: a lost peer, unsaved work and a lost rendezvous are told in words`() throws {
        var desk = try Desk(columns: 120, rows: 30)
        desk.wait(.seconds(1))
        var bob = peer("bob")
        desk.hear(.peer(bob))
        bob.silentSeconds = 3
        desk.hear(.peer(bob))
        #expect(desk.text.contains("bob ... 3s"))
        bob.silentSeconds = 7
        desk.hear(.sync(SyncStatus(state: .ahead, missing: 0, unsent: 12, isSaved: true, fingerprint: .zero)))
        desk.hear(.peer(bob))
        #expect(desk.text.contains("Connection to bob lost 7 s ago - trying again. You can go on drawing. 12 changes will be sent later."))
        bob.silentSeconds = nil
        desk.hear(.peer(bob))
        #expect(desk.text.contains("bob is back") && !desk.text.contains("Connection to bob"))
        desk.hear(.rendezvous(.unreachable(reason: "refused")))
        desk.wait(.seconds(3))
        #expect(desk.text.contains("Invites unavailable (refused). Peers already here are unaffected."))
        desk.hear(.sync(SyncStatus(state: .ahead, missing: 0, unsent: 12, isSaved: false, fingerprint: .zero)))
        desk.wait(.seconds(1))
        #expect(desk.text.contains("NOT SAVED YET") && desk.text.contains("12 unsent"))
        desk.hear(.outcome(ref: .max, .refused(.diskRefuses("disk full"))))
        #expect(desk.text.contains("disk full"))
    }

    @Test(arguments: [(20, 5), (1, 1), (3, 2), (40, 12), (80, 24), (120, 40), (300, 3)])
    func `TM-16: every size shows the canvas, and no key or event traps`(columns: Int, rows: Int) throws {
        var desk = try Desk(columns: columns, rows: rows)
        desk.hear(.peer(peer("bob")))
        desk.hear(.cursor(LiveSource(peer: peer("bob").peer), [CursorSample(at: .zero, position: .zero)]))
        for key in ["p", "r", "o", "t", "?", "i", "P", "c", "w", "B", "/"] {
            desk.type(key)
            desk.drag([(0, 0), (columns - 1, max(0, rows - 2))])
            desk.type("abc")
            desk.escape()
            desk.escape()
        }
        desk.resize(columns: 20, rows: 5)
        #expect(desk.terminal.lines.last?.contains("SELECT") == true || desk.terminal.lines.last?.contains("MOVE") == true)
        #expect(desk.terminal.unknown == [])
    }

    #if DEBUG
        /// Code that is not optimised takes ten times as long.
        private static let seeds: Range<UInt64> = 0..<16
    #else
        private static let seeds: Range<UInt64> = 0..<200
    #endif

    @Test(arguments: seeds)
    func `TM-16, TM-40: random input on random sizes neither traps nor tears the screen`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var desk = try Desk(columns: 20 + random.below(60), rows: 5 + random.below(20))
        let keys = Array("vvhrdoalptneqQuUxD][]mz fcwBiP?/Y0123HJKL\r\r\t\u{7F}\u{1A}\u{01}abc漢".unicodeScalars)
        let sequences = ["A", "B", "C", "D", "1;2A", "1;2B", "1;2C", "1;2D", "5~", "6~", "H", "I", "O"]
        let bob = desk.join("bob")
        for _ in 0..<220 {
            switch random.below(18) {
            case 0, 1: desk.press(random.below(100), random.below(40), button: random.below(3))
            case 2, 3: desk.move(random.below(100), random.below(40), button: 32)
            case 4: desk.release(random.below(100), random.below(40))
            case 5: desk.press(random.below(80), random.below(24), button: 64 + random.below(4))
            case 6, 7, 8: desk.bytes(Array("\u{1B}[\(sequences[random.below(sequences.count)])".utf8))
            case 9: desk.escape()
            case 10: desk.wait(.milliseconds(random.below(3000)))
            case 11 where random.chance(0.3): desk.resize(columns: 1 + random.below(110), rows: 1 + random.below(45))
            case 12 where random.chance(0.3):
                // Another moves things about, near and far.
                let by = Point(x: Int32(random.below(40_000)) - 20_000, y: Int32(random.below(40_000)) - 20_000)
                desk.moveAll(by)
            case 16, 17: desk.act(intent(desk, using: &random), by: bob, then: .milliseconds(random.below(60)))
            default: desk.type(String(Character(keys[random.below(keys.count)])))
            }
        }
        // What bob moves has come to rest.
        desk.wait(.seconds(1))
        let shown = desk.text
        // A full repaint shows the same as all the differences did.
        desk.resize(columns: desk.terminal.columns, rows: desk.terminal.rows)
        #expect(desk.text == shown, "seed \(seed)")
    }

    /// Something that another does, by hand or at once.
    private func intent(_ desk: Desk, using random: inout SplitMix64) -> Intent {
        let place = Point(x: Int32(random.below(6000)), y: Int32(random.below(3000)))
        let ids = (desk.session?.shapes ?? []).map(\.id).filter { _ in random.chance(0.3) }
        switch random.below(12) {
        case 0: return .begin(.stroke(ShapeDraft(kind: .freehand, position: place, points: [.zero])))
        case 1: return .begin(.move(ids, by: place - Point(x: 3000, y: 1500)))
        case 2: return .begin(.shape(ShapeDraft(kind: .ellipse, position: place, size: Size(width: 900, height: 500))))
        case 3, 4, 5: return .extend((0..<random.below(9)).map { place + Point(x: Int32($0 * 90), y: Int32($0 * $0 * 9)) })
        case 6: return .cancel
        case 7: return .cursor(random.chance(0.8) ? place : nil)
        case 8: return .delete(ids)
        case 9: return .draw(ShapeDraft(kind: .rectangle, position: place, size: Size(width: 900, height: 500)))
        default: return .commit
        }
    }

    @Test func `TM-17: the start screen offers new, join and recent boards`() {
        var desk = Desk(start: StartContent(personName: "ana", recents: [.init(name: "api sketch", detail: "2 h ago")]))
        #expect(desk.text.contains("New board") && desk.text.contains("api sketch") && desk.text.contains("Your name: ana"))
        desk.type("n")
        desk.type("plan\r")
        #expect(desk.effects == [.newBoard(name: "plan")])
        desk.escape()
        desk.type("1")
        #expect(desk.effects.last == .open(0))
        desk.bytes(Array("\u{1B}[200~inkwire:\r\nabc \u{1B}[201~\r".utf8))
        #expect(desk.effects.last == .join(link: "inkwire:abc"))
        desk.escape()
        desk.type("q")
        #expect(desk.effects.last == .quit)
    }

    @Test(arguments: [(120, 40), (80, 24), (40, 12)])
    func `TM-331: while something is typed on the start screen it says what Enter and Escape do, and no letter that is none then`(
        columns: Int, rows: Int
    ) {
        for opener in ["n", "j", "y"] {
            var desk = Desk(columns: columns, rows: rows, start: StartContent(personName: "ana"))
            #expect(desk.text.contains("q  Quit") && !desk.text.contains("Esc"))
            desk.type(opener)
            #expect(desk.text.contains("Enter  Go on    Esc  Back") && !desk.text.contains("q  Quit"), "\(desk.text)")
            desk.escape()
            #expect(desk.text.contains("q  Quit") && !desk.text.contains("Esc"))
        }
    }

    @Test func `TM-17: the invite box shows the link and the other side's command, and c copies`() throws {
        var desk = try Desk()
        desk.type("i")
        #expect(desk.terminal.lines.contains("inkwire join") && desk.terminal.lines.contains("inkwire:abc"))
        desk.type("c")
        #expect(String(decoding: desk.bytes, as: UTF8.self).contains("\u{1B}]52;c;aW5rd2lyZTphYmM=\u{1B}\\"))
        desk.escape()
        #expect(!desk.terminal.lines.contains("inkwire join"))
    }

    @Test(arguments: [(80, 24), (120, 40), (60, 14)])
    func `TM-264, TM-422: k in the invite box asks for a code, and the box shows it, what comes of it, and that there is none`(
        columns: Int, rows: Int
    )
        throws
    {
        var desk = try Desk(columns: columns, rows: rows)
        desk.isSlow = true
        desk.type("ik")
        #expect(desk.intents.last == .invite(InviteOrder(role: .editor, uses: 1, code: .wanted)))
        #expect(desk.text.contains("A code is on its way"), "\(desk.text)")
        let asked = desk.intents.count
        desk.type("k")
        #expect(desk.intents.count == asked)
        let reference = try #require(desk.lastReference)
        let invite = try #require(TransactionName([UInt8](repeating: 4, count: 32)))
        let key = InviteKey(invite: invite, seed: try #require(Secret32([UInt8](repeating: 5, count: 32))))
        var news = InviteNews(invite: invite, key: key, role: .editor, uses: 1, timeToLive: 0, endsAt: nil, orLater: false)
        news.code = "7-copper-lantern-orbit@example.org:4300"
        desk.hear(.invited(news, ref: reference))
        #expect(desk.terminal.lines.contains("    7-copper-lantern-orbit@example.org:4300"), "\(desk.text)")
        // Hidden and shown again it is there still, and one is enough.
        desk.escape()
        desk.type("ik")
        #expect(desk.text.contains("7-copper-lantern-orbit") && desk.intents.count == asked)
        desk.hear(.code(CodeNews(invite: invite, what: .inviter(.mismatch))))
        #expect(!desk.text.contains("7-copper-lantern-orbit"))
        #expect(desk.text.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains("good for nobody any more"), "\(desk.text)")
        desk.type("k")
        news.code = nil
        news.codeObstacle = "no rendezvous answers"
        desk.hear(.invited(news, ref: desk.lastReference))
        #expect(desk.text.contains("no rendezvous answers") && !desk.text.contains("on its way"), "\(desk.text)")
    }

    @Test func `TM-60: Ctrl+L paints the screen anew, whatever is being done`() throws {
        for opener in ["", "?", "/", "t", "r", "c", "]", "]z"] {
            var desk = try Desk()
            desk.type("r")
            desk.drag([(10, 5), (20, 9)])
            desk.type(opener)
            if opener == "t" { desk.click(30, 5) }
            if opener == "r" { desk.press(30, 5) }
            let (shown, styles, standing) = (desk.text, desk.terminal.styles, desk.standing)
            let cursor = desk.terminal.cursor
            desk.scribble()
            #expect(desk.text != shown)
            desk.bytes([0x0C])
            #expect(desk.text == shown && desk.terminal.styles == styles && desk.standing == standing, "\(opener)")
            #expect(desk.terminal.cursor == cursor || !desk.terminal.isCursorShown, "\(opener)")
            // What wrote there may have switched the mouse off.
            #expect(String(decoding: desk.frames.last ?? [], as: UTF8.self).contains("\u{1B}[?1003h"), "\(opener)")
        }
        var desk = try Desk()
        desk.type("M")
        desk.bytes([0x0C])
        #expect(String(decoding: desk.frames.last ?? [], as: UTF8.self).hasSuffix("\u{1B}[?1000l"))
        var start = Desk(start: StartContent(personName: "ana"))
        start.type("nplan")
        let shown = start.text
        start.scribble()
        start.bytes([0x0C])
        #expect(start.text == shown)
    }

    @Test func `TM-266: the session is told when the window loses the keyboard and when it gets it, and the pointer goes at once`() throws {
        var desk = try Desk()
        desk.move(10, 5)
        desk.bytes(Array("\u{1B}[O".utf8))
        #expect(desk.intents.suffix(2) == [.cursor(nil), .attention(.elsewhere)])
        desk.bytes(Array("\u{1B}[I".utf8))
        #expect(desk.intents.last == .attention(.here))
    }

    @Test func `TM-265: Tab completes the words of a code on the start screen, and names those that may be meant`() throws {
        var desk = Desk(start: StartContent(personName: "ana"))
        desk.type("j7-cop")
        desk.bytes([9])
        #expect(desk.text.contains("7-copper-") && !desk.text.contains("7-copper-l"))
        desk.type("lan")
        desk.bytes([9])
        #expect(desk.text.contains("landing language lantern"))
        desk.type("t")
        desk.bytes([9])
        desk.type("orb")
        desk.bytes([9, 9])
        #expect(desk.text.contains("7-copper-lantern-orbit") && !desk.text.contains("landing"))
        desk.bytes([13])
        #expect(desk.effects == [.join(link: "7-copper-lantern-orbit")])
    }

    @Test func `Ctrl+C twice quits, once does not, and q does`() throws {
        var desk = try Desk()
        desk.bytes([3])
        desk.wait(.seconds(3))
        desk.bytes([3])
        #expect(desk.effects == [])
        desk.bytes([3])
        #expect(desk.effects == [.quit])
        desk.type("q")
        #expect(desk.effects == [.quit, .quit])
    }

    private func peer(_ name: String) -> PeerStatus {
        var random = SplitMix64(seed: 7)
        return PeerStatus(
            peer: PeerID(using: &random), author: AuthorID(using: &random), name: name, state: .joined, path: .direct,
            roundTrip: .milliseconds(3))
    }
}
