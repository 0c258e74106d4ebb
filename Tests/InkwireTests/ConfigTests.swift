import Foundation
import InkPrimitives
import InkRendezvous
import InkTerminal
import Testing

@testable import inkwire

@Suite struct TOMLTextTests {
    @Test func `CL-241: what a configuration needs of TOML is read`() throws {
        let text = """
            # of ana
            name = "ana \\u00e9\\t\\"x\\"" # called so
            'quoted key'.b = 'C:\\n'
            count = -1_000
            share = 3.5
            list = [ "a", # first
              'b',
            ]
            [terminal]
            ascii = true
            deep.er = [ ]
            """
        let read = try TOMLText(text)
        let values = Dictionary(uniqueKeysWithValues: read.entries.map { ($0.key, $0.value) })
        #expect(
            values == [
                "name": .text("ana é\t\"x\""), "quoted key.b": .text("C:\\n"), "count": .number("-1000"), "share": .number("3.5"),
                "list": .list([.text("a"), .text("b")]), "terminal.ascii": .flag(true), "terminal.deep.er": .list([]),
            ])
        #expect(read.entries.map(\.line) == [2, 3, 4, 5, 6, 10, 11] && read.entries.allSatisfy { $0.column == 1 })
        #expect(read.headers.map(\.table) == ["terminal"])
        for entry in read.entries where entry.key == "name" {
            #expect(text[entry.range].hasPrefix("\"ana") && text[entry.range].hasSuffix("\"x\\\"\""))
        }
        #expect(try TOMLText("").entries.isEmpty && TOMLText("a=1\r\nb=2\r\n").entries.count == 2)
    }

    @Test(arguments: [
        ("name = ", 1, 8), ("name = ana", 1, 8), ("a = 1\nname \"x\"", 2, 6), ("a = \"x\nb = 1", 1, 5), ("a = 'x", 1, 5),
        ("a = 1 b = 2", 1, 7),
        ("\n  = 3", 2, 3), ("a = \"\\q\"", 1, 6), ("a = \"\\ud800\"", 1, 6), ("a = 1\n\na = 2", 3, 1), ("[t]\na = 1\n[t]", 3, 4),
        ("[[x]]", 1, 2),
        ("[x\ny = 1", 1, 3), ("a = { b = 1 }", 1, 5), ("a = [1, [2]]", 1, 9), ("a = [1", 1, 7), ("a = [1 2]", 1, 8),
        ("a = \"\"\"x\"\"\"", 1, 5),
        ("a = \"\u{1}\"", 1, 6), ("é = 1", 1, 1), ("a = true1", 1, 5), ("a = 1979-05-27T07:32:00Z", 1, 5),
        (String(repeating: "[", count: 70_000), 1, 2),
    ])
    func `CL-241: what is no TOML, or means nothing here, is told with its place`(text: String, line: Int, column: Int) {
        let fault = #expect(throws: TOMLText.Fault.self) { try TOMLText(text) }
        #expect(
            fault?.line == line && fault?.column == column && fault?.why.isEmpty == false,
            "\(text.prefix(40)): \(String(describing: fault))")
    }

    @Test func `CL-241: no text makes the reader trap, and what it reads lies within the text`() {
        var random = SplitMix64(seed: 15)
        let pieces = [
            "a", "=", " ", "\n", "\"", "'", "[", "]", ",", "#", "\\", "\\u00", "true", "1", ".", "é", "\u{1}", "\r\n", "{",
            "name = \"x\"\n", "[terminal]\n",
        ]
        for _ in 0..<20_000 {
            let text = (0..<random.below(24)).map { _ in pieces[random.below(pieces.count)] }.joined()
            guard let read = try? TOMLText(text) else { continue }
            for entry in read.entries { #expect(!text[entry.range].isEmpty && entry.line >= 1 && entry.column >= 1) }
        }
    }

    @Test func `CL-242: a text that is written reads back`() throws {
        for text in ["", "ana", "a\"b\\c\n\t\u{1}\u{7F}é👩‍👩‍👧", "#", "[x]"] {
            #expect(try TOMLText("a = \(TOMLText.literal(text))").entries.first?.value == .text(text))
        }
    }
}

@Suite struct ConfigTests {
    @Test func `CL-242: one key changes and all else stays`() throws {
        var edit = try ConfigEdit("# mine\nname = \"ana\"   # me\n\n[terminal]\n# plain\nascii = false\n")
        try edit.set("name", to: "\"bob\"")
        try edit.set("relay", to: "\"only\"")
        try edit.set("terminal.high_contrast", to: "true")
        #expect(
            edit.text
                == "# mine\nname = \"bob\"   # me\nrelay = \"only\"\n\n[terminal]\nhigh_contrast = true\n# plain\nascii = false\n")
        #expect(try edit.unset("name") && !edit.unset("metered"))
        #expect(edit.text == "# mine\nrelay = \"only\"\n\n[terminal]\nhigh_contrast = true\n# plain\nascii = false\n")
        var fresh = try ConfigEdit("")
        try fresh.set("terminal.ascii", to: "true")
        try fresh.set("name", to: "\"ana\"")
        try fresh.set("terminal.reduced_motion", to: "true")
        #expect(fresh.text == "name = \"ana\"\n\n[terminal]\nreduced_motion = true\nascii = true\n")
        #expect(throws: TOMLText.Fault.self) { try ConfigEdit("name = ") }
        _ = try TOMLText(ConfigEdit.template)
    }

    @Test func `CL-242: whatever is set, in whichever order, says so and is read`() throws {
        var random = SplitMix64(seed: 7)
        for _ in 0..<300 {
            var edit = try ConfigEdit(random.chance(0.5) ? "" : "# c\nname = 'x'\n[terminal]\nascii = true")
            var wanted: [ConfigKey: String] = [:]
            for _ in 0..<8 {
                let key = ConfigKey.allCases[random.below(ConfigKey.allCases.count)]
                let value = "\"v\(random.below(9))\""
                if random.chance(0.2) {
                    _ = try edit.unset(key.rawValue)
                    wanted[key] = nil
                } else {
                    try edit.set(key.rawValue, to: value)
                    wanted[key] = value
                }
                let read = try TOMLText(edit.text)
                for (key, value) in wanted {
                    #expect(read.entries.first { $0.key == key.rawValue }.map { String(edit.text[$0.range]) } == value)
                }
            }
        }
    }

    /// A file with this content, which goes with the test.
    private static func file(_ text: String) throws -> String {
        let path = NSTemporaryDirectory() + "inkwire-config-\(UUID().uuidString)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func `CL-345: of a file with mistakes what is right is used`() throws {
        let path = try Self.file(
            "name = \"ana\"\nnmae = \"x\"\nrelay = \"sometimes\"\nrendezvous = [\"ws://a:1\", 2]\nmetered = true\n[terminal]\nascii = 1\n")
        defer { unlink(path) }
        let config = ConfigFile(path: path, isNamed: true)
        #expect(config[.name] == "ana" && config.flag(.metered) == true && config[.relay] == nil && config.list(.rendezvous) == nil)
        #expect(config.flag(.ascii) == nil && !config.isBroken)
        #expect(config.complaints.map { $0.dropFirst(path.count).prefix(5) } == [":2:1:", ":3:1:", ":4:1:", ":7:1:"])
        #expect(config.complaints[0].contains("did you mean name?") && config.complaints[1].contains("\"never\""))
    }

    @Test func `CL-240: a flag goes before the file, and the file before what is usual`() throws {
        let path = try Self.file(
            "name = \"ana\"\nrelay = \"only\"\ncolor = \"never\"\nrendezvous = \"ws://a:1\"\ndata_dir = \"~/boards\"\nlan = false\n")
        defer { unlink(path) }
        let plain = try GlobalOptions.parse(["--config", path])
        #expect(
            plain.relayPolicy == .only
                && plain.catalog.dataDirectory == (GlobalOptions.environment("HOME") ?? NSHomeDirectory()) + "/boards")
        #expect(try plain.rendezvous().count == 1 && !plain.usesLAN && !plain.isMetered)
        #expect(plain.setting(.relay).origin == .file(path: path, line: 2) && plain.setting(.metered).origin == .usual)
        let flagged = try GlobalOptions.parse([
            "--config", path, "--no-relay", "--color", "always", "--name", "eve", "--rendezvous", "ws://b:1", "--metered",
        ])
        #expect(flagged.relayPolicy == .never && flagged.colorChoice == .always && flagged.isMetered)
        #expect(try flagged.rendezvous().map { "\($0)" } == ["ws://b:1"] && flagged.displayName(profile: 1) == "eve")
        #expect(flagged.setting(.relay).origin == .flag("--no-relay") && flagged.setting(.name).origin == .flag("--name"))
        #expect(throws: (any Error).self) { try GlobalOptions.parse(["--config", path, "--direct", "127.0.0.1:1"]) }
    }

    @Test func `CL-405: limits of the configuration hold for serve where no option says otherwise`() throws {
        let path = try Self.file("[limits]\nrelay = \"off\"\nrelay_total = 100\n")
        defer { unlink(path) }
        func limits(_ arguments: [String]) throws -> (rate: Int?, total: Int) {
            var server = RendezvousServer.Configuration()
            try ServeCommand.parse(arguments).limit(&server)
            return (server.relayRate, server.relayTotalRate)
        }
        #expect(try limits(["--config", path]) == (nil, 100 << 10))
        #expect(try limits(["--config", path, "--relay", "7", "--relay-total", "70"]) == (7 << 10, 70 << 10))
        let usual = RendezvousServer.Configuration()
        #expect(try limits(["--config", "/dev/null"]) == (usual.relayRate, usual.relayTotalRate))
    }

    @Test func `CL-400, CL-401: keys of commands are read with their places, and what is wrong with them is told`() throws {
        let path = try Self.file("[keys]\nundo = \"x\"\nredo = [\"x\", \"F3\"]\ncopy = 3\nundu = \"y\"\n")
        defer { unlink(path) }
        let config = ConfigFile(path: path, isNamed: true)
        #expect(config.bindings.map(\.command) == ["undo", "redo", "undu"] && config.bindings.map(\.line) == [2, 3, 5])
        let told = config.complaints.map { String($0.dropFirst(path.count + 1)) }
        #expect(
            told == [
                "4:1: keys.copy takes a text in quotes, or a list of them; what is usual holds",
                "2:1: x is for undo now, and no more for delete", "3:1: x is for undo already, and not for redo",
                "5:1: no command is called undu; did you mean undo?",
            ], "\(told)")
        let rows = KeyBinding.map(of: config.bindings).rows
        #expect(rows.first { $0.command == "undo" }?.keys == ["x"] && rows.first { $0.command == "redo" }?.keys == ["F3"])
    }

    @Test func `CL-402: each command of the board has a name in the configuration, and each key that is usual can be set`() {
        for row in KeyMap.usual.rows where ConfigName("keys.\(row.command)") != nil {
            for key in row.keys { #expect(ConfigName("keys.\(row.command)")?.complaint(of: [key]) == nil, "\(key)") }
        }
        #expect(KeyMap.names.count == KeyMap.usual.rows.count - 2 && ConfigName("keys.quit") == nil && ConfigName("keys.") == nil)
        for key in ConfigKey.allCases {
            let name = ConfigName(key.rawValue)
            #expect(name?.complaint(of: [name?.example ?? ""]) == nil, "\(key)")
        }
    }
}
