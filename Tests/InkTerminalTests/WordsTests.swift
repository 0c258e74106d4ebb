import Foundation
import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// What is said to a person, in windows of any size.
@Suite struct WordsTests {
    @Test func `TM-31: names join by what is told of them, never by the words of a message`() throws {
        var desk = try Desk(columns: 120)
        let (bob, eve) = (peer("bob", 1), peer("eve", 2))
        desk.hear(.chat(ChatMessage(id: .zero, author: .zero, text: "look who joined"), ref: nil))
        desk.hear(.peer(bob))
        desk.hear(.peer(eve))
        #expect(desk.terminal.lines.contains { $0.hasSuffix(" look who joined") })
        #expect(desk.terminal.lines.contains { $0.hasSuffix(" bob, eve joined") })
        desk.hear(.rendezvous(.unreachable(reason: "refused")))
        desk.hear(.rendezvous(.connecting))
        desk.hear(.rendezvous(.unreachable(reason: "timed out")))
        desk.wait(.seconds(3))
        #expect(desk.text.contains("timed out") && !desk.text.contains("refused"))
    }

    @Test func `TM-15, TM-32: at 80 columns a sentence is read to its end`() throws {
        var desk = try Desk()
        var bob = peer("bob", 1)
        desk.hear(.peer(bob))
        bob.silentSeconds = 7
        #expect(desk.text.contains("direct"))
        desk.hear(.sync(SyncStatus(state: .ahead, missing: 0, unsent: 12, isSaved: true, fingerprint: .zero)))
        desk.hear(.peer(bob))
        let banner = desk.terminal.lines.prefix(2).joined().split(separator: " ").joined(separator: " ")
        #expect(banner.hasSuffix("You can go on drawing. 12 changes will be sent later."), "\(banner)")
        desk.hear(.rendezvous(.unreachable(reason: "signal.example.org:7117 does not answer, and has not for a while, as it seems to us")))
        desk.wait(.seconds(3))
        let words = desk.terminal.lines.suffix(4).joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(words.contains("Peers already here are unaffected."), "\(words)")
        desk.hear(.sync(SyncStatus(state: .ahead, missing: 0, unsent: 12, isSaved: true, fingerprint: .zero)))
        desk.resize(columns: 40, rows: 12)
        #expect(desk.text.contains("12 unsent: bob lost 7 s ago"))
    }

    @Test(arguments: [(80, 24), (40, 12), (40, 8), (30, 7), (30, 6), (20, 6), (10, 5), (1, 1)])
    func `TM-17: the invite box shows the link whole or says that it cannot`(columns: Int, rows: Int) throws {
        let link = "inkwire:" + String((0..<140).map { Character(Unicode.Scalar(UInt8(97 + $0 * 7 % 26))) })
        var desk = try Desk(columns: columns, rows: rows, link: link)
        desk.type("i")
        let isWhole = desk.terminal.lines.joined().contains(link)
        #expect(isWhole == (columns * rows >= link.utf8.count + columns - 1), "\(desk.text)")
        // A code is what fits into the smallest window, once somebody knows how to get one.
        if isWhole, columns >= 40 { #expect(desk.text.contains("k code") || desk.text.contains("k makes a code"), "\(desk.text)") }
        if !isWhole {
            #expect(!desk.text.contains("inkwire:"))
            if columns >= 10 { #expect(desk.text.contains("window") && desk.text.contains("copies")) }
        }
        desk.type("c")
        #expect(String(decoding: desk.bytes, as: UTF8.self).contains("\u{1B}]52;c;"))
    }

    @Test(arguments: [(80, 24), (80, 12), (80, 8), (80, 5), (40, 3), (40, 1)])
    func `TM-17: the start screen shows what is typed, whatever else it has to say`(columns: Int, rows: Int) {
        let recents = (1...9).map { StartContent.Recent(name: "board \($0)", detail: "2 h ago") }
        for (key, prompt) in [("n", "Name of the board: abc"), ("j", "Code or link: abc")] {
            var desk = Desk(columns: columns, rows: rows, start: StartContent(personName: "ana", recents: recents, message: "It failed."))
            if rows > 1 { #expect(desk.text.contains("It failed.")) }
            #expect(rows < 3 || desk.text.contains("New board"))
            desk.type(key + "abc")
            #expect(desk.terminal.lines.contains { $0.hasSuffix(prompt) }, "\(desk.text)")
            #expect(desk.terminal.lines[desk.terminal.cursor.row].hasSuffix(prompt))
        }
        // A message has its rows for itself.
        var desk = Desk(columns: columns, rows: rows, start: StartContent(personName: "ana", recents: recents))
        desk.type("j\r")
        if rows > 1 { #expect(desk.terminal.lines.contains { $0.trimmedStart.hasPrefix("A link begins with inkwire:") }, "\(desk.text)") }
        #expect(desk.terminal.lines.contains { $0.hasSuffix("Code or link:") })
        // A press does what the line under it says.
        if rows == 8 {
            desk.escape()
            if let place = desk.place(of: "New board") { desk.click(place.column, place.row) }
            #expect(desk.text.contains("Name of the board:"))
        }
    }

    @Test func `TM-32: the help is whole at 40 columns, scrolls no further than its end, and F1 toggles it`() throws {
        var desk = try Desk(columns: 40, rows: 12)
        desk.type("?")
        var words: Set<String> = []
        for _ in 0..<120 {
            words.formUnion(desk.text.split(whereSeparator: \.isWhitespace).map(String.init))
            desk.arrows("B", 1)
        }
        for word in ["ellipses", "eraser:", "cursors", "person", "saved", "terminal"] {
            #expect(words.contains(word) || words.contains(word + ","), "\(word)")
        }
        let end = desk.text
        desk.arrows("A", 1)
        #expect(desk.text != end)
        desk.bytes(Array("\u{1B}OP".utf8))
        #expect(!desk.text.contains("search:"))
        desk.bytes(Array("\u{1B}OP".utf8))
        #expect(desk.text.contains("search:"))
        desk.bytes(Array("\u{1B}OP".utf8))
        #expect(!desk.text.contains("search:"))
    }

    @Test(arguments: [(80, 24), (80, 40), (60, 12), (40, 8)])
    func `TM-30: a notice and a sheet leave each other whole`(columns: Int, rows: Int) throws {
        for opener in ["?", "P"] {
            var desk = try Desk(columns: columns, rows: rows)
            desk.hear(.peer(peer("bob", 1)))
            desk.wait(.seconds(5))
            desk.type(opener)
            // The safety words of who stays chosen are asked for by then.
            desk.wait(.seconds(1))
            let before = desk.terminal.lines
            desk.hear(.fork(author: .zero, sequence: 3))
            desk.hear(.rejected(author: nil, rule: "too many points"))
            let lines = desk.terminal.lines.map { Array($0) }
            let title = try #require(
                before.firstIndex { $0.contains(opener == "?" ? " keys " : " people ") }.flatMap { before[$0] == "" ? nil : $0 })
            let top = try #require(desk.terminal.lines.firstIndex { $0.contains(opener == "?" ? " keys " : " people ") })
            let (left, right) = (try #require(lines[top].firstIndex { $0 != " " }), try #require(lines[top].lastIndex { $0 != " " }))
            let side = Array(before[title + 1])[left]
            // Down both sides, to a bottom with its corners.
            var row = top + 1
            while row < lines.count, lines[row].count > right, lines[row][left] == side, lines[row][right] == side { row += 1 }
            let bottom = try #require(before[(title + 1)...].first { Array($0)[left] != side }.map { Array($0) })
            #expect(
                row > top + 1 && lines[row].count > right && lines[row][left] == bottom[left] && lines[row][right] == bottom[right],
                "\(desk.text)")
            #expect(desk.text.contains("of a stranger"), "\(desk.text)")
            // It is as it was when that was read.
            desk.wait(.seconds(5))
            #expect(desk.terminal.lines == before)
        }
    }

    @Test func `TM-25: the hints are there at every width that has room for them`() throws {
        for columns in [80, 99, 100, 120, 149, 150, 200] {
            let desk = try Desk(columns: columns, rows: 40)
            for hint in ["c own ink", "w 1", "u undo", "i invite", "? keys", "q quit"] { #expect(desk.text.contains(hint), "\(columns)") }
        }
    }

    @Test func `TM-62: hints name what keys do now`() throws {
        for columns in [60, 80, 120] {
            var desk = try Desk(columns: columns)
            let hints = { (desk: Desk) in String(desk.terminal.lines[22].dropFirst(23)) }
            desk.type("t")
            desk.click(10, 5)
            #expect(hints(desk).contains("Esc done") && hints(desk).contains("Enter new line"))
            for wrong in ["q quit", "u undo", "x delete", "? keys"] { #expect(!hints(desk).contains(wrong), "\(columns)") }
            desk.type("a")
            try desk.click(on: "Esc done")
            #expect(desk.standing.map(\.text) == ["a"])
            desk.type("]")
            #expect(hints(desk).contains("x delete") && hints(desk).contains("? keys"))
            if columns >= 80 { #expect(hints(desk).contains("Enter writes") && hints(desk).contains("hjkl move")) }
            if columns >= 120 { #expect(hints(desk).contains("c own ink")) }
            desk.type("/")
            #expect(hints(desk).contains("Enter says it") && !hints(desk).contains("q quit"))
            desk.escape()
            for key in ["?", "P", "i", "c", "w"] {
                desk.type(key)
                desk.wait(.milliseconds(30))
                #expect(hints(desk).contains("Esc closes") && !hints(desk).contains("q quit"), "\(key)")
                desk.escape()
            }
            desk.type("r\r")
            #expect(hints(desk).contains("Enter lets go") && hints(desk).contains("Esc cancels"))
            desk.arrows("C", 5)
            desk.arrows("B", 2)
            desk.type("\r")
            desk.escape()
            desk.type("]]z")
            #expect(hints(desk).contains("z ends"))
            desk.type("zp")
            desk.press(30, 5)
            #expect(hints(desk).contains("Esc cancels") && !hints(desk).contains("q quit"))
            desk.release(30, 5)
            #expect(hints(desk).contains("q quit") == (columns >= 80))
        }
    }

    @Test func `TM-62, TM-111: hints say how large what is in hand is and where, and what letters do`() throws {
        var desk = try Desk()
        let hints = { (desk: Desk) in String(desk.terminal.lines[22].dropFirst(23)) }
        desk.type("r")
        desk.press(10, 5)
        #expect(!hints(desk).contains(" at "))
        desk.move(25, 9, button: 32)
        #expect(hints(desk).contains("16x5 at 10,5") && hints(desk).contains("Esc cancels"))
        desk.release(25, 9)
        #expect(hints(desk).contains("Enter writes") && hints(desk).contains("letters: tools") && desk.text.contains("SELECT"))
        desk.press(15, 5)
        desk.move(17, 6, button: 32)
        #expect(hints(desk).contains("16x5 at 12,6"))
        desk.release(17, 6)
        #expect(hints(desk).contains("hjkl move") && hints(desk).contains("Esc leaves") && desk.text.contains("MOVE"))
        desk.press(27, 10)
        desk.move(30, 12, button: 32)
        #expect(hints(desk).contains("19x7 at 12,6"))
        desk.release(30, 12)
        desk.type("l")
        #expect(hints(desk).contains("19x7 at 13,6"))
        desk.type("zj")
        #expect(hints(desk).contains("19x8 at 13,6") && hints(desk).contains("z ends"))
        desk.escape()
        desk.escape()
        desk.type("r\r")
        desk.arrows("C", 3)
        desk.arrows("B", 1)
        #expect(hints(desk).contains("4x2 at ") && hints(desk).contains("Enter lets go"))
        desk.escape()
        // A stroke has no size worth a byte.
        desk.type("p")
        desk.press(10, 5)
        desk.move(25, 9, button: 32)
        #expect(!hints(desk).contains(" at "))
    }

    @Test func `TM-110: a tool that a key picks shows where it begins`() throws {
        for key in ["r", "a", "t", "n", "p", "e"] {
            var desk = try Desk()
            desk.move(60, 18)
            desk.type("v")
            #expect(!desk.terminal.isCursorShown)
            desk.type(key == "p" ? "v" + key : key)
            #expect(desk.terminal.isCursorShown && desk.terminal.cursor == (60, 18), "\(key)")
            #expect(desk.terminal.lines[22].contains("Esc leaves"), "\(key)")
            // The mouse has its own.
            desk.move(30, 9)
            #expect(!desk.terminal.isCursorShown, "\(key)")
        }
        // Where it was left is out of sight, it begins in the middle.
        var desk = try Desk()
        desk.type("r\r\r")
        desk.escape()
        desk.bytes(Array(String(repeating: "\u{1B}[<65;5;5M", count: 9).utf8))
        desk.type("r")
        #expect(desk.terminal.isCursorShown && desk.terminal.cursor == (40, 11))
    }

    @Test func `TM-108: Tab goes from the newest shape to the oldest, and back with Shift`() throws {
        for (key, order) in [("\t", [2, 1, 0, 2]), ("\u{1B}[Z", [0, 1, 2, 0])] {
            var desk = try Desk()
            for column in [10, 30, 50] {
                desk.type("r")
                desk.drag([(column, 5), (column + 10, 9)])
            }
            desk.escape()
            let ids = try #require(desk.session?.shapes.map(\.id))
            for index in order {
                desk.bytes(Array(key.utf8))
                desk.arrows("B", 1)
                desk.wait(.seconds(1))
                guard
                    case .move(let moved, _)? = desk.intents.compactMap({ if case .begin(let gesture) = $0 { gesture } else { nil } }).last
                else { return #expect(Bool(false), "nothing was moved") }
                #expect(moved == [ids[index]], "\(key.debugDescription)")
            }
        }
    }

    @Test func `TM-109: who joins begins by selecting, who makes a board by drawing`() throws {
        let joined = try Desk(isJoining: true)
        #expect(joined.terminal.lines[23].contains("SELECT"))
        let made = try Desk()
        #expect(made.terminal.lines[23].contains("PEN"))
    }

    @Test(arguments: [(120, 40), (80, 24), (40, 12)])
    func `TM-330: an empty board says how the first shape is drawn, by who has that role and with that tool`(columns: Int, rows: Int) throws
    {
        for role in [Role.viewer, .commenter, .editor, .owner] {
            var desk = try Desk(columns: columns, rows: rows, isJoining: true)
            desk.hear(.ready(.zero, me: .zero, role: role))
            switch role {
            case .viewer: #expect(desk.text.contains("you may look here, not draw") && !desk.text.contains("drag"), "\(desk.text)")
            case .commenter:
                #expect(desk.text.contains("n, then drag for a note"), "\(desk.text)")
                desk.type("n")
                #expect(desk.text.contains("drag for a note") && !desk.text.contains("n, then"), "\(desk.text)")
            case .editor, .owner:
                #expect(desk.text.contains("p, then drag to draw"), "\(desk.text)")
                for tool in "prdoal" {
                    desk.type("\(tool)")
                    #expect(desk.text.contains("drag to draw") && !desk.text.contains("p, then"), "\(tool): \(desk.text)")
                }
                for tool in "vhke" {
                    desk.type("\(tool)")
                    #expect(desk.text.contains("p, then drag to draw"), "\(tool): \(desk.text)")
                }
                // What it says is true.
                desk.type("p")
                desk.drag([(5, 3), (15, 5)])
                #expect(desk.standing.count == 1)
            }
        }
    }

    @Test func `TM-21: what is in hand is drawing, not saved`() throws {
        var desk = try Desk(columns: 120)
        desk.type("r")
        desk.drag([(5, 3), (15, 8)])
        for tool in ["p", "r", "a", "v", "e"] {
            desk.type(tool)
            let (column, row) = tool == "v" || tool == "e" ? (8, 3) : (30, 5)
            desk.press(column, row)
            desk.move(40, 10, button: 32)
            desk.wait(.seconds(9))
            let bar = desk.terminal.lines[23]
            #expect(bar.contains("drawing") && !bar.contains("saved"), "\(tool): \(bar)")
            desk.escape()
            #expect(!desk.terminal.lines[23].contains("drawing") && desk.terminal.lines[23].contains("saved"), "\(tool)")
        }
        // Nothing is held by who selects, looks about or only presses.
        for tool in ["v", "h"] {
            desk.type(tool)
            desk.press(60, 15)
            desk.move(70, 17, button: 32)
            #expect(desk.terminal.lines[23].contains("saved"), "\(tool)")
            desk.release(70, 17)
        }
    }

    @Test func `TM-82: the list of people says how many it has no room for`() throws {
        for (rows, count) in [(24, 40), (10, 7), (6, 3)] {
            var desk = try Desk(rows: rows)
            for number in 0..<count { desk.hear(.peer(peer("p\(number)", UInt64(number + 1)))) }
            desk.wait(.seconds(9))
            desk.type("P")
            let listed = desk.terminal.lines.prefix(rows - 2).filter { $0.contains("joined") }.count
            #expect(desk.text.contains("and \(count - listed) more") && listed < count, "\(rows)")
        }
        var desk = try Desk()
        desk.hear(.peer(peer("bob", 1)))
        desk.type("P")
        #expect(!desk.text.contains(" more"))
    }

    @Test func `TM-15, TM-63: no path stands beside a silence, and all who are lost are named`() throws {
        var desk = try Desk(columns: 120)
        var people = [peer("bob", 1), peer("eve", 2)]
        for person in people { desk.hear(.peer(person)) }
        #expect(desk.text.contains("direct"))
        people[0].silentSeconds = 3
        desk.hear(.peer(people[0]))
        // The other is reached.
        #expect(desk.text.contains("bob ... 3s") && desk.text.contains("direct"))
        people[1].silentSeconds = 5
        desk.hear(.peer(people[1]))
        #expect(desk.text.contains("eve ... 5s") && !desk.text.contains("direct") && desk.text.contains("Connection to eve lost 5 s ago"))
        people[0].silentSeconds = 7
        desk.hear(.peer(people[0]))
        #expect(desk.text.contains("Connection to bob and eve lost 7 s ago"))
        desk.type("P")
        #expect(desk.text.contains("silent 7 s") && desk.text.contains("silent 5 s") && !desk.text.contains("direct"))
        desk.escape()
        people[0].silentSeconds = nil
        desk.hear(.peer(people[0]))
        #expect(desk.text.contains("direct") && desk.text.contains("Connection to eve") && desk.text.contains("bob is back"))
    }

    @Test func `TM-67: who writes in a text is named to who is about to, and while both do`() throws {
        var desk = try Desk()
        let bob = peer("bob", 1)
        desk.hear(.peer(bob))
        desk.type("r")
        desk.drag([(10, 5), (30, 9)])
        desk.escape()
        let id = try #require(desk.session?.shapes.first?.id)
        let text = GestureID(source: LiveSource(peer: bob.peer), number: 1)
        desk.hear(.gesture(text, .began(.text(id, "theirs"), at: .zero)))
        desk.wait(.milliseconds(300))
        // Of other texts it is no news.
        #expect(desk.terminal.contains("theirs") && !desk.text.contains("writing here"))
        desk.type("\t")
        #expect(desk.terminal.lines[23].contains("bob is writing here"))
        desk.type("\rmine")
        #expect(desk.terminal.lines[23].contains("bob is writing here") && desk.terminal.contains("mine"))
        desk.hear(.gesture(text, .ended(.cancelled)))
        desk.wait(.milliseconds(300))
        #expect(!desk.text.contains("writing here"))
        // It keeps nobody from anything.
        desk.escape()
        #expect(desk.standing.map(\.text) == ["mine"])
    }

    @Test(arguments: [GlyphStyle.unicode, .ascii])
    func `TM-66: another's pointer covers no letter, and no name what is typed`(style: GlyphStyle) throws {
        var desk = try Desk(style: style)
        let bob = peer("bob", 1)
        desk.hear(.peer(bob))
        desk.type("t")
        desk.click(30, 10)
        desk.type("wort\rtwo 漢 words\rthree")
        let words = style == .ascii ? ["wort", "two", "words", "three"] : ["wort", "two 漢 words", "three"]
        for (column, row) in [(31, 10), (32, 11), (34, 11), (35, 11), (30, 12), (33, 10)] {
            desk.hear(.cursor(LiveSource(peer: bob.peer), [CursorSample(at: .zero, position: middle(column, row))]))
            desk.wait(.milliseconds(300))
            for word in words { #expect(desk.terminal.contains(word), "\(column), \(row): \(desk.text)") }
            #expect(desk.terminal.styles[row][column].contains("7"), "\(column), \(row)")
        }
        // Beside letters it is a mark, and who types nothing sees the name.
        desk.hear(.cursor(LiveSource(peer: bob.peer), [CursorSample(at: .zero, position: middle(36, 9))]))
        desk.wait(.milliseconds(300))
        #expect(desk.terminal.rowsOfText[9][36] != " " && desk.terminal.contains("two"))
        desk.escape()
        desk.hear(.cursor(LiveSource(peer: bob.peer), [CursorSample(at: .zero, position: middle(31, 11))]))
        desk.wait(.milliseconds(300))
        #expect(desk.terminal.lines.dropLast(2).contains { $0.contains(" bob") })
    }

    @Test func `TM-348: every ink is seen on its paper, and the inks stay apart`() {
        func luminance(_ color: Color) -> Double {
            let channels = [color.rgb >> 16, color.rgb >> 8 & 255, color.rgb & 255].map { value in
                let part = Double(value) / 255
                return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
            }
            return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
        }
        for (paper, isDark) in [(0xFFFFFF, false), (0x101014, true)] as [(UInt32, Bool)] {
            func contrast(_ ink: Color) -> Double {
                let lights = [luminance(ink), luminance(Color(rgb: paper))].sorted()
                return (lights[1] + 0.05) / (lights[0] + 0.05)
            }
            let inks = PersonColor.all.map { $0.ink(onDark: isDark) }
            #expect(Set(inks).count == inks.count)
            for ink in inks { #expect(contrast(ink) >= 4.1, "\(ink) on \(paper)") }
            // Whatever colour somebody takes.
            for red in stride(from: 0, through: 255, by: 51) as StrideThrough<UInt32> {
                for green in stride(from: 0, through: 255, by: 51) as StrideThrough<UInt32> {
                    for blue in stride(from: 0, through: 255, by: 51) as StrideThrough<UInt32> {
                        let color = Color(rgb: red << 16 | green << 8 | blue)
                        let ink = PersonColor.ink(color, onDark: isDark)
                        #expect(contrast(ink) >= 2.95, "\(color) on \(paper)")
                        if contrast(color) >= 3.4, !PersonColor.all.contains(where: { $0.color == color }) { #expect(ink == color) }
                    }
                }
            }
        }
    }

    @Test(arguments: [ColorDepth.direct, .indexed, .sixteen])
    func `TM-65, TM-349: on light paper what is drawn has the inks for it`(depth: ColorDepth) throws {
        var desk = try Desk(depth: depth)
        desk.type("c3")
        desk.drag([(5, 5), (20, 5)])
        let dark = desk.terminal.styles[5][10]
        #expect(!dark.isEmpty)
        desk.bytes(Array("\u{1B}]11;rgb:ffff/ffff/ffff\u{1B}\\".utf8))
        let light = desk.terminal.styles[5][10]
        #expect(light != dark)
        if depth == .direct { #expect(light == "f2,133,126,32") }
        if depth == .sixteen { #expect(light == "f90") }
        desk.bytes(Array("\u{1B}]11;rgb:0000/0000/0000\u{1B}\\".utf8))
        #expect(desk.terminal.styles[5][10] == dark)
        // Terminals that are not asked say it in their environment.
        for (value, isDark) in [("15;0", true), ("0;15", false), ("0;default;15", false), ("0;7", false), ("", true), ("x", true)] {
            #expect(TerminalProfile(environment: ["TERM": "rxvt", "COLORFGBG": value])?.isDark == isDark, "\(value)")
        }
    }

    @Test func `TM-31: who comes back is not said to be gone, nor anybody to be alone`() throws {
        var desk = try Desk(columns: 100)
        var bob = peer("bob", 1)
        desk.hear(.peer(bob))
        bob.state = .left
        desk.hear(.peer(bob))
        #expect(desk.text.contains("bob left") && desk.text.contains("Only you."))
        bob.state = .joined
        desk.hear(.peer(bob))
        #expect(desk.text.contains("bob joined") && !desk.text.contains("bob left") && !desk.text.contains("Only you."))
    }

    @Test func `TM-64: two people of one name are told apart wherever they are named`() throws {
        var desk = try Desk(columns: 120)
        let (bob, evil) = (peer("bob", 1), peer("bo\u{200B}b", 2))
        let marks = [bob, evil].map { "bob@\($0.author.map(\.description) ?? "")" }
        desk.hear(.peer(bob))
        #expect(desk.text.contains("bob joined") && !desk.text.contains("@"))
        desk.hear(.peer(evil))
        #expect(desk.text.contains("\(marks[1]) joined"))
        for mark in marks { #expect(desk.terminal.lines[23].contains(mark)) }
        desk.wait(.seconds(5))
        desk.hear(.cursor(LiveSource(peer: evil.peer), [CursorSample(at: .zero, position: middle(30, 10))]))
        desk.wait(.milliseconds(300))
        #expect(desk.terminal.lines[11].contains(marks[1]))
        for (index, person) in [bob, evil].enumerated() {
            desk.hear(.chat(ChatMessage(id: .zero, author: person.author ?? .zero, text: "it is me \(index)"), ref: nil))
            #expect(desk.text.contains("\(marks[index]): it is me \(index)") || index == 1)
        }
        desk.type("P")
        for mark in marks { #expect(desk.terminal.lines.dropLast(2).contains { $0.contains(mark) }) }
        desk.escape()
        var gone = evil
        gone.state = .left
        desk.hear(.peer(gone))
        #expect(desk.text.contains("\(marks[1]) left") && !desk.terminal.lines[23].contains("@"))
    }

    @Test func `TM-32: a sentence of two rows has rows of one length`() throws {
        for columns in 60..<100 {
            var desk = try Desk(columns: columns)
            var bob = peer("bob", 1)
            desk.hear(.peer(bob))
            bob.silentSeconds = 7
            desk.hear(.sync(SyncStatus(state: .ahead, missing: 0, unsent: 1, isSaved: true, fingerprint: .zero)))
            desk.hear(.peer(bob))
            let rows = desk.terminal.lines.prefix(2).map { $0.drop { $0 == " " } }
            #expect(rows[1].hasSuffix("1 change will be sent later.") && rows[1].count > rows[0].count / 2, "\(columns): \(rows)")
        }
    }

    @Test func `TM-32: a name of any length may be lost at any width`() throws {
        for columns in 30..<60 {
            var desk = try Desk(columns: columns)
            for length in 1...16 {
                var somebody = peer(String(repeating: "n", count: length), 1)
                desk.hear(.peer(somebody))
                somebody.silentSeconds = 7
                for unsent in 0...1 {
                    desk.hear(.sync(SyncStatus(state: .ahead, missing: 0, unsent: unsent, isSaved: true, fingerprint: .zero)))
                    desk.hear(.peer(somebody))
                    #expect(desk.text.contains("nn") || length == 1, "\(columns) \(length) \(unsent)")
                }
            }
        }
    }

    private func peer(_ name: String, _ seed: UInt64) -> PeerStatus {
        var random = SplitMix64(seed: seed)
        return PeerStatus(
            peer: PeerID(using: &random), author: AuthorID(using: &random), name: name, state: .joined, path: .direct,
            roundTrip: .milliseconds(3))
    }
}

extension String {
    fileprivate var trimmedStart: Substring { drop(while: \.isWhitespace) }
}
