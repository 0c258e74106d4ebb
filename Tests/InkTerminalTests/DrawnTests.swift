import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// What the next keys make of a shape that was drawn a moment ago.
@Suite struct DrawnTests {
    private static let spanning: [(key: String, kind: ShapeKind)] = [
        ("r", .rectangle), ("d", .diamond), ("o", .ellipse), ("a", .arrow), ("l", .line),
    ]

    @Test func `TM-100: what was drawn is selected, by each tool but the pen and the eraser`() throws {
        for (key, kind) in Self.spanning {
            var desk = try Desk()
            desk.type(key)
            desk.drag([(10, 5), (20, 9)])
            desk.arrows("C", 2)
            desk.wait(.seconds(1))
            #expect(desk.standing.map(\.kind) == [kind] && desk.standing.map(\.position) == [middle(12, 5)], "\(key)")
            desk.bytes(Array("\u{1B}[3~".utf8))
            #expect(desk.standing.isEmpty, "\(key)")
        }
        // A note and a text are written first.
        for key in ["n", "t"] {
            var desk = try Desk()
            desk.type(key)
            desk.drag([(10, 5), (30, 9)])
            desk.type("word")
            desk.escape()
            #expect(desk.standing.count == 1 && desk.text.contains("MOVE"), "\(key)")
            desk.type("x")
            #expect(desk.standing.isEmpty, "\(key)")
        }
        for key in ["p", "Qr"] {
            var desk = try Desk()
            desk.type(key)
            desk.drag([(10, 5), (20, 9)])
            desk.bytes(Array("\u{1B}[3~".utf8))
            #expect(desk.standing.count == 1, "\(key)")
        }
    }

    @Test func `TM-357: keys that come before its transaction mean it, and wait for it`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.isSlow = true
        desk.drag([(10, 5), (20, 9)])
        desk.arrows("C", 2)
        desk.type("c2")
        #expect(desk.standing.isEmpty)
        desk.answer()
        desk.isSlow = false
        desk.answer()
        desk.wait(.seconds(1))
        #expect(desk.standing.map(\.position) == [middle(12, 5)] && desk.standing.map(\.stroke) != [nil])
        // What is typed in it, too.
        desk.type("r")
        desk.isSlow = true
        desk.drag([(40, 5), (50, 9)])
        desk.type("\rapi")
        #expect(desk.terminal.contains("api") && desk.standing.count == 1)
        desk.escape()
        #expect(desk.terminal.contains("api"))
        desk.answer()
        desk.isSlow = false
        desk.answer()
        #expect(desk.standing.map(\.text) == ["", "api"] && desk.terminal.contains("api") && !desk.isGestureLive)
    }

    @Test func `TM-113, TM-365: where no shape comes, no key that waited for it does anything else, and what was written is kept`() throws {
        for isRefused in [true, false] {
            func desk(then keys: (inout Desk) -> Void) throws -> Desk {
                var desk = try Desk(columns: 100)
                desk.type("r")
                desk.drag([(60, 5), (70, 9)])
                desk.type("r")
                desk.isSlow = true
                desk.drag([(10, 5), (30, 9)])
                desk.arrows("B", 1)
                keys(&desk)
                if isRefused {
                    desk.isSlow = false
                    desk.refuse(.tooLarge)
                } else {
                    desk.wait(.seconds(6))
                }
                return desk
            }
            /// What was asked for comes after all.
            func end(_ desk: inout Desk) {
                desk.isSlow = false
                desk.answer()
                desk.wait(.seconds(1))
            }
            // Nothing is undone, deleted, picked or ended.
            var lost = try desk { $0.type("xuqpqD") }
            #expect(lost.effects == [] && lost.text.contains("the shape did not come"), "\(lost.text)")
            #expect(!lost.text.contains("PEN"))
            end(&lost)
            #expect(lost.effects == [] && lost.standing.count == (isRefused ? 1 : 2))
            // A label, key by key or in one read, is written.
            for keys in [["\r", "q", "u", "x"], ["\rqux"], ["\rqueue x"]] {
                var label = try desk { desk in for key in keys { desk.bytes(Array(key.utf8)) } }
                let word = String(keys.joined().dropFirst())
                #expect(label.effects == [] && label.terminal.contains(word), "\(label.text)")
                label.type("!")
                label.escape()
                end(&label)
                #expect(label.standing.map(\.text) == ["", word + "!"] && !label.isGestureLive, "\(isRefused) \(keys)")
                #expect(label.standing.last?.position == middle(10, 5))
            }
            // What comes behind it is done once the shape is there.
            var done = try desk { desk in
                desk.type("\rqueue")
                desk.escape()
                desk.arrows("C", 2)
            }
            end(&done)
            #expect(done.standing.map(\.text) == ["", "queue"] && done.standing.last?.position == middle(12, 5), "\(isRefused)")
            // What a hand draws elsewhere is drawn, with the tool that was picked for it.
            var drawn = try desk { desk in
                desk.type("p")
                desk.drag([(5, 15), (15, 18)])
                desk.type("q")
            }
            #expect(drawn.effects == [])
            end(&drawn)
            #expect(drawn.standing.map(\.kind).filter { $0 == .freehand } == [.freehand] && drawn.effects == [], "\(isRefused)")
        }
    }

    @Test func `TM-19, TM-26, TM-367: who leaves while keys wait for a shape leaves what was written, and nothing is done later`() throws {
        var label = try Desk()
        label.type("r")
        label.isSlow = true
        label.drag([(10, 5), (30, 9)])
        label.arrows("B", 1)
        label.type("\rqueue")
        label.leave()
        label.isSlow = false
        label.answer()
        #expect(label.standing.map(\.text) == ["queue"] && label.effects == [])
        var keys = try Desk()
        keys.type("r")
        keys.isSlow = true
        keys.drag([(10, 5), (30, 9)])
        keys.arrows("B", 1)
        keys.type("qx")
        keys.leave()
        keys.isSlow = false
        keys.answer()
        keys.wait(.seconds(6))
        #expect(keys.standing.map(\.position) == [middle(10, 5)] && keys.effects == [])
        // Without an end before it, as where the program is told to leave at once.
        var early = try Desk()
        early.type("r")
        early.isSlow = true
        early.drag([(10, 5), (30, 9)])
        early.arrows("B", 1)
        early.type("q")
        early.leaveAtOnce()
        early.isSlow = false
        early.answer()
        early.wait(.seconds(6))
        #expect(early.effects == [])
    }

    @Test func `TM-28, TM-366: a draw that is asked for again at once is waited for still, and one that the disk refuses keeps its label`()
        throws
    {
        var desk = try Desk()
        desk.type("r")
        desk.isSlow = true
        desk.drag([(10, 5), (30, 9)])
        desk.arrows("B", 2)
        desk.isSlow = false
        desk.refuse(.noGesture)
        desk.wait(.seconds(1))
        #expect(desk.standing.map(\.position) == [middle(10, 7)] && !desk.text.contains("did not come"))
        for isHeld in [true, false] {
            var full = try Desk()
            full.type("r")
            full.drag([(50, 5), (60, 9)])
            full.disk(refuses: "full")
            full.type("p")
            full.drag([(50, 12), (60, 14)])
            full.type("r")
            full.isSlow = true
            full.drag([(10, 5), (30, 9)])
            if isHeld { full.arrows("B", 1) }
            full.type("\rqueue")
            full.isSlow = false
            full.answer()
            full.wait(.milliseconds(100))
            #expect(full.terminal.contains("queue") && full.effects == [])
            full.type("!")
            full.escape()
            full.wait(.seconds(3))
            #expect(full.standing.map(\.text) == ["", ""] && full.terminal.contains("queue!"), "\(isHeld)")
            full.disk(refuses: nil)
            full.wait(.seconds(3))
            #expect(full.standing.map(\.text) == ["", "", "queue!"] && !full.text.contains("NOT SAVED YET"), "\(isHeld)")
        }
    }

    @Test func `TM-357: what is done to what is selected waits for it, however it is asked for, and nothing else does`() throws {
        let ways: [(String, (inout Desk) throws -> Void, (Desk) -> Bool)] = [
            (":delete", { $0.type(":delete\r") }, { $0.standing.isEmpty }),
            ("Delete", { $0.bytes(Array("\u{1B}[3~".utf8)) }, { $0.standing.isEmpty }),
            ("x delete", { try $0.click(on: "x delete") }, { $0.standing.isEmpty }),
            (":duplicate", { $0.type(":duplicate\r") }, { $0.standing.count == 2 }),
            (":ink", { $0.type(":ink green\r") }, { $0.standing.map(\.stroke) == [Color(rgb: 0x009E73)] }),
            ("c", { $0.type("c7") }, { $0.standing.map(\.stroke) == [Color(rgb: 0x009E73)] }),
            (":width", { $0.type(":width 3\r") }, { $0.standing.map(\.strokeWidth) == [64] }),
            ("B", { $0.type("B7") }, { $0.standing.map(\.fill) == [Color(rgb: 0x009E73)] }),
            ("b", { $0.type("b4") }, { $0.standing.map(\.lineStyle) == [.dashed] }),
            (":border", { $0.type(":border double\r") }, { $0.standing.map(\.lineStyle) == [.double] }),
            (":resize", { $0.type(":resize\rl") }, { $0.standing.map { $0.cellRegion(on: .standard).columns } == [12] }),
            (":move", { $0.type(":move\rl") }, { $0.standing.map(\.position) == [middle(11, 5)] }),
            (":copy-text", { $0.type(":copy-text\r") }, { String(decoding: $0.bytes, as: UTF8.self).contains("]52;") }),
        ]
        for (name, ask, isDone) in ways {
            var desk = try Desk(columns: 120)
            desk.type("r")
            desk.isSlow = true
            desk.drag([(10, 5), (20, 9)])
            try ask(&desk)
            desk.answer()
            desk.isSlow = false
            desk.answer()
            desk.wait(.seconds(1))
            #expect(isDone(desk), "\(name): \(desk.standing)")
        }
        // What means something else is done at once.
        var desk = try Desk(columns: 120)
        desk.type("-r")
        desk.isSlow = true
        desk.drag([(10, 5), (20, 9)])
        #expect(desk.text.contains("67 %"))
        desk.type("=")
        #expect(!desk.text.contains("67 %"))
        desk.escape()
        desk.type("r\r")
        desk.arrows("1;2C", 1)
        desk.arrows("B", 2)
        desk.type("\r")
        desk.escape()
        desk.type("d")
        #expect(desk.text.contains("DIAMOND"))
    }

    @Test func `TM-357: of what waited for a shape, what is about the next one waits for that`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.isSlow = true
        desk.drag([(10, 5), (20, 9)])
        desk.arrows("B", 1)
        desk.type("r")
        desk.drag([(40, 5), (50, 9)])
        desk.arrows("B", 2)
        // The first is there; the second is asked for only now.
        desk.answer()
        desk.isSlow = false
        desk.answer()
        desk.wait(.seconds(1))
        #expect(desk.standing.map(\.position) == [middle(10, 6), middle(40, 7)])
    }

    @Test func `TM-358, TM-359: who draws by keys writes in it at once, and one Enter ends the draw`() throws {
        for (key, kind) in Self.spanning {
            var desk = try Desk()
            desk.type(key + "\r")
            desk.arrows("1;2C", 1)
            desk.arrows("B", 4)
            desk.type("\rqueue")
            #expect(desk.standing.map(\.kind) == [kind] && desk.terminal.contains("queue"), "\(key)")
            desk.escape()
            #expect(desk.standing.map(\.text) == ["queue"] && !desk.isGestureLive, "\(key)")
            // It is selected: Enter goes on writing, arrows move it.
            desk.type("\r 2")
            desk.escape()
            desk.arrows("C", 1)
            desk.wait(.seconds(1))
            #expect(desk.standing.map(\.text) == ["queue 2"] && desk.standing.map(\.position) == [middle(41, 11)], "\(key)")
            desk.type("uu")
            #expect(desk.standing.map(\.text) == ["queue"], "\(key)")
            // The shape is a step of its own.
            desk.type("u")
            #expect(desk.standing.map(\.text) == [""], "\(key)")
            desk.type("u")
            #expect(desk.standing.isEmpty, "\(key)")
        }
        // One that needs no words has none.
        var desk = try Desk()
        desk.type("r\r\r")
        desk.escape()
        #expect(desk.standing.map(\.text) == [""] && !desk.isGestureLive)
        desk.type("u")
        #expect(desk.standing.isEmpty)
    }

    @Test func `TM-360: a label that begins with a sign asks nobody to look, switches nothing and follows nobody`() throws {
        let harms: [(key: String, does: String, otherwise: String)] = [
            ("\"", "asks all to look", ":look-here asks all to look"), ("S", "switches snap", ":snap switches snap"),
            ("G", "follows", ":follow follows"),
        ]
        for (key, does, otherwise) in harms {
            func drawn() throws -> Desk {
                var desk = try Desk()
                let bob = desk.join("bob")
                desk.act(.cursor(middle(70, 20)), by: bob, then: .seconds(1))
                desk.type("r")
                desk.drag([(10, 5), (20, 9)])
                desk.wait(.seconds(1))
                return desk
            }
            func isDone(_ desk: Desk) -> Bool {
                desk.intents.contains { if case .lookHere = $0 { true } else { false } } || desk.text.contains("snap: S ends")
                    || desk.text.contains("following")
            }
            var desk = try drawn()
            desk.type(key)
            #expect(!isDone(desk) && desk.text.contains("\(key) again \(does)"), "\(desk.text)")
            desk.type(key)
            #expect(isDone(desk), "\(key)")
            desk = try drawn()
            desk.type("e" + key)
            #expect(!isDone(desk) && desk.text.contains(otherwise), "\(desk.text)")
        }
    }

    @Test func `TM-112: who goes on writing before the answer goes on with what was written`() throws {
        for (key, isText) in [("r", false), ("a", false), ("n", true), ("t", true)] {
            for ending in ["", "-2"] {
                var desk = try Desk()
                if isText {
                    desk.type(key)
                    desk.drag([(10, 5), (30, 9)])
                    desk.isSlow = true
                    desk.type("ap")
                    // A part is given at a pause, and the rest is not.
                    desk.wait(.milliseconds(2100))
                    desk.type("i")
                } else {
                    desk.isSlow = true
                    desk.type(key + "\r")
                    desk.arrows("1;2C", 2)
                    desk.arrows("B", 4)
                    desk.type("\rapi")
                }
                desk.escape()
                desk.type("\r" + ending)
                #expect(desk.terminal.contains("api" + ending), "\(key)")
                desk.escape()
                // Once more, and nothing is typed.
                desk.type("\r")
                desk.escape()
                #expect(desk.terminal.contains("api" + ending), "\(key)")
                desk.answer()
                desk.isSlow = false
                desk.answer()
                desk.wait(.seconds(1))
                #expect(desk.standing.map(\.text) == ["api" + ending] && desk.terminal.contains("api" + ending), "\(key)")
                #expect(!desk.isGestureLive)
                // What is on the board is what is selected.
                desk.type("\r!")
                desk.escape()
                #expect(desk.standing.map(\.text) == ["api" + ending + "!"], "\(key)")
            }
        }
    }

    @Test func `TM-112: who writes for longer than a shape is waited for goes on with it all the same`() throws {
        var desk = try Desk()
        desk.isSlow = true
        desk.type("r\r")
        desk.arrows("1;2C", 2)
        desk.arrows("B", 4)
        desk.type("\rapi")
        desk.wait(.seconds(6))
        desk.type(" 2")
        desk.escape()
        desk.type("\rq")
        desk.escape()
        desk.answer()
        desk.isSlow = false
        desk.answer()
        #expect(desk.standing.map(\.text) == ["api 2q"] && desk.effects == [])
    }

    @Test func `TM-358: a labelled box is drawn by what comes in one read`() throws {
        var desk = try Desk()
        desk.bytes(Array("r\r\u{1B}[1;2C\u{1B}[B\u{1B}[B\rclient".utf8))
        desk.escape()
        #expect(desk.standing.map(\.text) == ["client"] && desk.standing.map(\.kind) == [.rectangle])
        // Also where the session is slow.
        desk.isSlow = true
        desk.bytes(Array("r\u{1B}[1;2B\r\u{1B}[1;2C\u{1B}[B\u{1B}[B\rserver".utf8))
        desk.escape()
        desk.answer()
        desk.isSlow = false
        desk.answer()
        desk.wait(.seconds(3))
        #expect(desk.standing.map(\.text) == ["client", "server"] && !desk.isGestureLive)
    }

    @Test func `TM-101, TM-359: what others do to it while its label is typed is not lost`() throws {
        var desk = try Desk()
        desk.type("r\r\rca")
        desk.moveAll(Point(x: 640, y: 0))
        desk.type("che")
        desk.escape()
        #expect(desk.standing.map(\.text) == ["cache"] && desk.standing.map(\.position) == [middle(50, 11)])
        desk.type("r\r\rab")
        desk.deleteAll()
        desk.type("c")
        desk.escape()
        #expect(desk.standing.map(\.text) == ["abc"])
    }

    @Test(arguments: [
        "client", "mux", "queue", "nginx", "user", "route", "database", "group", "output", "delete", "xylophone", "jumbo", "kafka", "DNS",
        "MQ", "HA", "bus", "load", "cache", "url", "sum", "a queue", "db-queue", "vacuum", "ec2 queue", "v1.qq", "buxx", "[queue] q",
        "(uu)", "mkkj", "{bb}", "bank", "Auth", "Edge", "<a>", "(x)",
    ])
    func `TM-360: no word that is typed after a draw by the mouse does harm`(word: String) throws {
        for key in ["r", "a"] {
            var desk = try Desk()
            desk.type(key)
            desk.drag([(10, 5), (30, 9)])
            let drawn = desk.standing
            desk.type(word)
            desk.escape()
            desk.escape()
            desk.wait(.seconds(1))
            #expect(desk.standing == drawn && desk.effects == [] && !desk.text.contains("mouse off:"), "\(desk.text)")
        }
        // In one read it is the label.
        guard word.count > 5 else { return }
        var desk = try Desk()
        desk.type("r")
        desk.drag([(10, 5), (30, 9)])
        desk.bytes(Array(word.utf8))
        desk.escape()
        #expect(desk.standing.map(\.text) == [word])
    }

    @Test func `TM-102: after a draw by the mouse a tool's letter picks it, and what was asked for twice is done`() throws {
        var desk = try Desk()
        for (key, kind) in Self.spanning + Self.spanning.reversed() {
            desk.type(key)
            desk.drag([(10, 5), (30, 9)])
            #expect(desk.standing.last?.kind == kind, "\(key)")
        }
        desk.type("h")
        #expect(desk.text.contains("HAND"))
        desk.type("r")
        desk.drag([(40, 5), (50, 9)])
        let count = desk.standing.count
        desk.type("x")
        #expect(desk.standing.count == count && desk.text.contains("Enter writes in it; x again deletes"))
        desk.type("x")
        #expect(desk.standing.count == count - 1)
        desk.type("r")
        desk.drag([(40, 5), (50, 9)])
        desk.type("u")
        #expect(desk.standing.count == count)
        desk.type("u")
        #expect(desk.standing.count == count - 1)
        // Colours and all else that does no harm need one press; and so does everything once something else was done.
        desk.type("r")
        desk.drag([(40, 5), (50, 9)])
        desk.type("c2")
        #expect(desk.standing.last?.stroke != nil)
        // Behind other letters it may be one of a word, however often: another key does it.
        desk.type("uu")
        #expect(desk.standing.last?.stroke != nil && desk.text.contains("Enter writes in it; Ctrl+Z undoes"))
        desk.bytes([0x1A])
        #expect(desk.standing.last?.stroke == nil)
        desk.type("r")
        desk.drag([(40, 12), (50, 16)])
        desk.arrows("B", 1)
        desk.type("l")
        desk.wait(.seconds(1))
        #expect(desk.standing.last?.position == middle(41, 13))
        desk.type("x")
        #expect(desk.standing.count == count)
        desk.type("r")
        desk.drag([(40, 12), (50, 16)])
        desk.type("q")
        #expect(desk.effects == [] && desk.text.contains("q again quits"))
        desk.type("q")
        #expect(desk.effects == [.quit])
    }

    @Test func `TM-101: a double click writes in what was just drawn`() throws {
        var desk = try Desk()
        desk.type("r")
        desk.drag([(10, 5), (30, 9)])
        desk.click(20, 7)
        desk.click(20, 7)
        desk.type("cache")
        desk.escape()
        #expect(desk.standing.map(\.text) == ["cache"])
    }
}
