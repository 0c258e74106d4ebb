import InkPrimitives
import InkTerminal
import Testing

/// Keys that a person has chosen.
@Suite struct KeyMapTests {
    private static func choices(_ pairs: [(String, [String])]) -> [KeyMap.Choice] { pairs.map { KeyMap.Choice(command: $0.0, keys: $0.1) } }

    private static func keys(_ map: KeyMap) -> [String: [String]] {
        Dictionary(uniqueKeysWithValues: map.rows.map { ($0.command, $0.keys) })
    }

    @Test func `TM-500: chosen keys go in place of the usual ones`() throws {
        let (map, complaints) = KeyMap.reading(
            Self.choices([("undo", ["F2", "ctrl+z"]), ("rectangle", ["R"]), ("invite", []), ("next", ["Shift+Tab", "Space"])]))
        let keys = Self.keys(map)
        #expect(keys["undo"] == ["F2", "Ctrl+Z"] && keys["rectangle"] == ["R"] && keys["invite"] == [])
        #expect(keys["next"] == ["Shift+Tab", "Space"] && keys["previous"] == ["["] && keys["pan"] == [])
        #expect(complaints.map(\.index) == [3, 3])
        var desk = try Desk(keys: map)
        desk.type("r")
        #expect(desk.text.contains("no command on r"))
        desk.type("R")
        desk.drag([(10, 5), (20, 9)])
        desk.escape()
        #expect(desk.standing.count == 1)
        desk.type("u")
        #expect(desk.standing.count == 1 && desk.text.contains("no command on u"))
        desk.bytes([0x1B, 0x4F, 0x51])
        #expect(desk.standing.isEmpty)
        desk.type("i")
        #expect(desk.text.contains("no command on i"))
    }

    @Test func `TM-501, TM-502: a conflict, a key that there is not and one that steers are told of, and the rest holds`() {
        let (map, complaints) = KeyMap.reading(
            Self.choices([
                ("undo", ["x"]), ("redo", ["x", "F3"]), ("delte", ["y"]), ("copy", ["ctrl+ü", "Esc", "q", "up", "Ctrl+C", "Ctrl+I", ""]),
                ("quit", ["Z"]), ("undo", ["F9"]),
            ]))
        let told = complaints.map { "\($0.index) \($0.words)" }
        #expect(
            told.map { $0.split(separator: ":")[0] } == [
                "0 x is for undo now, and no more for delete", "1 x is for undo already, and not for redo", "2 no command is called delte",
                "3 ctrl+ü is no key", "3 Esc goes back wherever you are", "3 q quits wherever you are",
                "3 Up moves the pointer and what is selected", "3 Ctrl+C quits wherever you are", "3 Ctrl+I is Tab to a terminal",
                "3  is no key",
                "4 quit stays on q", "5 undo has its keys already",
            ], "\(told)")
        let keys = Self.keys(map)
        #expect(
            keys["undo"] == ["x"] && keys["redo"] == ["F3"] && keys["delete"] == ["Del", "Backspace"] && keys["copy"] == []
                && keys["quit"] == ["q"])
    }

    @Test func `TM-500: whatever is chosen, a key gives one command, and each command has the keys that it says`() {
        let usual = KeyMap.usual.rows
        let words = usual.flatMap(\.keys) + ["F5", "F12", "Alt+Q", "Ctrl+K", "é", "板", "Shift+F4", "up", "", "Ctrl", "F13", "\u{1B}"]
        var random = SplitMix64(seed: 15)
        for _ in 0..<500 {
            let chosen = (0..<random.below(13)).map { _ in
                KeyMap.Choice(
                    command: usual[random.below(usual.count)].command,
                    keys: (0..<random.below(4)).map { _ in words[random.below(words.count)] })
            }
            let rows = KeyMap.reading(chosen).map.rows
            let all = rows.flatMap(\.keys)
            #expect(Set(all).count == all.count, "\(chosen)")
            #expect(rows.first { $0.command == "quit" }?.keys == ["q"])
        }
    }

    @Test func `TM-503: hints, help, palette and notices name the keys that hold`() throws {
        let map = KeyMap.reading(
            Self.choices([
                ("undo", ["F2"]), ("invite", []), ("help", ["F9"]), ("pen", ["F4"]), ("rectangle", ["Alt+R"]), ("people", ["F6"]),
                ("resize", ["F7"]),
            ])
        ).map
        var desk = try Desk(columns: 120, rows: 40, keys: map)
        #expect(desk.text.contains("Alt+R rectangle - t text - F9 keys - :invite invite"), "\(desk.text)")
        #expect(desk.text.contains("F2 undo") && desk.text.contains("F9 keys") && !desk.text.contains("? keys"))
        desk.type("'")
        #expect(desk.text.contains("F6 shows who is here"))
        desk.bytes([0x1B] + Array("[20~".utf8))
        let help = desk.terminal.lines.map { $0.split(separator: " ").joined(separator: " ") }
        #expect(help.contains { $0.contains("right click, Esc or F2 cancels it") }, "\(help)")
        desk.bytes([0x1B] + Array("[20~".utf8))
        #expect(!desk.text.contains("right click"))
        desk.type(":undo")
        #expect(desk.text.contains("F2"))
        desk.escape()
        // The list of people closes by the key that opened it, and by `P` no more.
        desk.bytes([0x1B] + Array("[17~".utf8))
        #expect(desk.text.contains("nobody else yet: :invite invites"))
        desk.bytes([0x1B] + Array("[17~".utf8))
        #expect(!desk.text.contains("nobody else yet"))
    }

    @Test func `TM-503: a letter that may have been meant for a label is asked for again by the command that it gives`() throws {
        let map = KeyMap.reading(Self.choices([("delete", ["b"]), ("border", ["x"])])).map
        var desk = try Desk(keys: map)
        desk.type("r")
        desk.drag([(10, 5), (20, 9)])
        desk.type("b")
        #expect(desk.standing.count == 1 && desk.text.contains("b again deletes"))
        desk.type("b")
        #expect(desk.standing.isEmpty)
    }

    @Test(arguments: [true, false])
    func `TM-504: a paper that was chosen holds whatever the terminal answers`(isChosen: Bool) throws {
        var desk = try Desk(isPaperChosen: isChosen)
        desk.type("c2")
        desk.box(at: 10)
        desk.wait(.seconds(1))
        let frames = desk.frames.count
        desk.bytes(Array("\u{1B}]11;rgb:ffff/ffff/ffff\u{7}".utf8))
        desk.wait(.seconds(1))
        #expect((desk.frames.count == frames) == isChosen)
    }
}
