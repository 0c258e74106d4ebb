import InkBoard
import InkFrontEnd
import InkLinear
import InkPrimitives
import InkSession
import Testing

@Suite struct LinearReadingTests {
    private func read(_ line: String) throws(LineFault) -> LinearCommand? { try LinearCommand.reading(Array(line.utf8)) }

    private func fault(_ line: String) -> String {
        do throws(LineFault) {
            let command = try read(line)
            return "read as \(String(describing: command))"
        } catch {
            return error.description
        }
    }

    private static let box = LinearCommand.box(.rectangle, Point(x: 640, y: 640), Size(width: 768, height: 512), text: "cache")

    @Test(arguments: [
        "rectangle 10 5 12 4 cache", "rect 10 5 12 4 cache", "  RECT\t10  5 12 4   cache \r", "rect 10 5 12 4 \"cache\"",
        "rect 10,5 12 4 cache",
        "rectangle 10.0 5 12.00 4 cache",
    ])
    func `LN-2, LN-3: a box is read with its cells and what stands in it`(line: String) throws {
        #expect(try read(line) == Self.box)
    }

    @Test func `LN-15: a text is the rest of the line, or stands in quotes`() throws {
        #expect(try read("say it is \"so\", she said") == .say("it is \"so\", she said"))
        #expect(try read(#"say "two\nlines, a \" and a \\""#) == .say("two\nlines, a \" and a \\"))
        #expect(try read("label 3 a = b # c") == .label(.number(3), "a = b # c"))
        #expect(try read("label 3") == .label(.number(3), ""))
        #expect(try read(#"label "my box" "your box""#) == .label(.name("my box"), "your box"))
        #expect(fault(#"say "open"#).contains("is not closed"))
        #expect(fault(#"say "a"b"#).contains("right behind a closing quote"))
        #expect(fault(#"say "a" b"#).contains("right behind a closing quote"))
        #expect(fault(#"say "a\qb""#).contains("backslash"))
    }

    @Test(arguments: ["", "   ", "\t\r", "# rect 1 2 3 4", "   # a remark"])
    func `LN-16: what is empty or a remark is nothing`(line: String) throws {
        #expect(try read(line) == nil)
    }

    @Test func `a name stands before what is drawn, and before nothing else`() throws {
        #expect(try read("db = rect 10 5 12 4 cache") == .named("db", Self.box))
        #expect(fault("db = delete 3").contains("draws nothing"))
        #expect(fault("db =").contains("nothing is drawn"))
        for name in ["3", "a,b", "all", "\"a b\"", "-x", String(repeating: "a", count: 65)] {
            #expect(fault("\(name) = rect 1 1 1 1").contains("name"))
        }
    }

    @Test func `lines end at places and at shapes, and go by places`() throws {
        func place(_ x: Int32, _ y: Int32) -> LinearCommand.LineEnd { .place(Point(x: x * 64, y: y * 128)) }
        func arrow(_ start: LinearCommand.LineEnd, _ end: LinearCommand.LineEnd, by via: [Point] = [], _ text: String = "") -> LinearCommand
        {
            .line(.arrow, LinearCommand.LineSpec(start: start, via: via, end: end), text: text)
        }
        #expect(try read("arrow 1 2") == arrow(.shape(.number(1)), .shape(.number(2))))
        #expect(try read("arrow web cache is asked") == arrow(.shape(.name("web")), .shape(.name("cache")), "is asked"))
        #expect(try read("arrow 10,5 20,9") == arrow(place(10, 5), place(20, 9)))
        #expect(try read("arrow 10,5 20,9 \"asks\"") == arrow(place(10, 5), place(20, 9), "asks"))
        #expect(
            try read("arrow 1 20,5 20,9 2 asks")
                == arrow(.shape(.number(1)), .shape(.number(2)), by: [Point(x: 1280, y: 640), Point(x: 1280, y: 1152)], "asks"))
        #expect(try read("arrow 1 20,5") == arrow(.shape(.number(1)), place(20, 5)))
        #expect(
            try read("line \"1,1\" \"2\"")
                == .line(.line, LinearCommand.LineSpec(start: .shape(.name("1,1")), end: .shape(.name("2"))), text: ""))
        #expect(try read("pen 0,0 1,-1 2.5,0") == .pen([.zero, Point(x: 64, y: -128), Point(x: 160, y: 0)]))
        #expect(fault("arrow 1").contains("something is missing"))
        #expect(fault("pen 1 2").contains("is no place"))
    }

    @Test func `shapes stand before what is done with them`() throws {
        #expect(try read("move 3 web 2 -1") == .move([.number(3), .name("web")], by: Point(x: 128, y: -128)))
        #expect(try read("delete all") == .delete([.all]))
        #expect(try read("ink 3 4 orange") == .look([.number(3), .number(4)], .ink(Color(rgb: 0xE69F00))))
        #expect(try read("border 3 dashed") == .look([.number(3)], .border(.dashed)))
        #expect(try read("align 1 2 left") == .arrange([.number(1), .number(2)], .align(.left)))
        #expect(try read("duplicate 1 2 by 3,1") == .arrange([.number(1), .number(2)], .duplicate(by: Point(x: 192, y: 128))))
        #expect(try read("duplicate 1 2") == .arrange([.number(1), .number(2)], .duplicate(by: Point(x: 128, y: 128))))
        #expect(try read("invite viewer 3 10m") == .invite(InviteOrder(role: .viewer, uses: 3, timeToLive: 600)))
        #expect(try read("invite") == .invite(nil))
        #expect(try read("code") == .invite(InviteOrder(role: .editor, uses: 1, code: .wanted)))
        #expect(try read("take-back \"bob b\" 10m") == .takeBack("bob b", .last(seconds: 600)))
    }

    @Test(arguments: [
        ("rectangel 1 2 3 4", "did you mean `rectangle`?"), ("xyzzyplugh", "`help` lists all"),
        ("rect 1 2 3", "it is `rectangle X Y W H [TEXT]`"),
        ("rect 1 2 3 x", "“x” is no number"), ("rect 1 2 -3 4", "less than nothing"), ("rect 9999999999 2 3 4", "is no number"),
        ("rect 999999999 2 3 4", "beyond the edge"), ("rect 1e3 2 3 4", "is no number"), ("rect nan 2 3 4", "is no number"),
        ("undo 3", "more than `undo` takes"),
        ("ink 3 pruple", "there is no colour “pruple”"), ("width 3 9", "there is no width “9”"),
        ("role bob boss", "one of viewer, commenter"),
        ("role bob edtor", "did you mean editor?"), ("align 1 2 lefft", "did you mean left?"), ("wait forever", "is needed"),
        ("slow 2h", "an hour at most"),
        ("take-back bob soon", "is no time"), ("help rectangel", "did you mean `rectangle`?"), ("messages 0", "is no number from 1"),
        ("say", "something is missing"),
        ("move 3 1", "something is missing"), ("\"rect\" 1 2 3 4", "there is no command"), ("name \u{200B}", "cannot be"),
    ])
    func `LN-5: a wrong line says what, why and what next`(line: String, words: String) {
        #expect(fault(line).contains(words), "\(fault(line))")
    }

    @Test func `LN-5: bytes that are no text, and control characters, are refused`() {
        for bytes in [[0xFF, 0xFE], [0xC0, 0x80], Array("say a\u{1B}[2Jb".utf8), Array("say a\u{0}b".utf8), Array("say \u{7F}".utf8)]
            as [[UInt8]]
        {
            #expect(throws: LineFault.self) { try LinearCommand.reading(bytes) }
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `LN-5: no line traps, and none is read as another`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let parts =
            LinearVerb.allCases.map(\.name) + [
                "\"", "\\", "=", ",", "-", ".", "1", "99999999999999999999", "a", "ä", "🙂", "all", "by", "#", "1,2", "off", "10m",
            ]
        let line = (0..<Int.random(in: 0..<9, using: &random)).compactMap { _ in parts.randomElement(using: &random) }
        let text = line.joined(separator: Bool.random(using: &random) ? " " : "")
        let first = Result { try LinearCommand.reading(Array(text.utf8)) }
        let second = Result { try LinearCommand.reading(Array(text.utf8)) }
        #expect((try? first.get()) == (try? second.get()), "\(text)")
    }

    @Test func `LN-1: each verb is told with what it takes, in ASCII, and no two share a name`() {
        var names: Set<String> = []
        for verb in LinearVerb.allCases {
            for name in [verb.name] + verb.otherNames {
                #expect(names.insert(name).inserted, "\(name) is two verbs")
                #expect(name.unicodeScalars.allSatisfy { $0.isASCII && ($0.properties.isLowercase || "-_".unicodeScalars.contains($0)) })
            }
        }
    }
}
