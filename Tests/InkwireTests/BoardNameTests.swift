import InkPrimitives
import Testing

@testable import inkwire

@Suite struct BoardNameTests {
    @Test(arguments: [
        "", "-", "inkwire:x", "InkWire://10.0.0.1:4300/?tls=0#1.abc", " ", "\u{200B}", "\u{202E}\u{200B} \t", "\u{2800}", "\u{3164} ",
        "\u{FE0F}", "\u{AD}",
        String(repeating: "é", count: 33),
    ])
    func `CL-34: what cannot be typed, seen or told from an invite is no name`(name: String) {
        #expect(BoardName.complaint(about: name) != nil)
    }

    @Test(arguments: ["sketch", "--help", "-v", ".", "../x", "a b", "inkwire", "板🎨👩‍👩‍👧", "x\u{200B}", String(repeating: "é", count: 32)])
    func `CL-34: anything else is`(name: String) {
        #expect(BoardName.complaint(about: name) == nil)
    }

    @Test(
        arguments: [
            ("plan", "plan"), ("  plan\u{202E}\u{200B} ", "plan"), ("-", nil), ("- ", nil), ("inkwire:x", nil), ("\u{200B}", nil),
            ("", nil),
        ] as [(String, String?)])
    func `CL-34: a name that comes from others is cut to what can be used`(name: String, adopted: String?) {
        #expect(BoardName.adopted(from: name) == adopted)
    }

    @Test func `CL-305: names of one look are one, whatever of them cannot be seen`() {
        for name in ["plan", "plan ", " plan", "pl\u{200B}an", "plan\u{2800}", "\u{202E}plan"] {
            #expect(BoardName.look(of: name) == "plan")
        }
        #expect(BoardName.look(of: "板🎨👩‍👩‍👧") != BoardName.look(of: "板🎨"))
    }

    @Test func `CL-34: a list shows something of every board, that finds it`() {
        #expect(BoardName.shown("plan\u{200B}", of: .zero) == "plan")
        for name in ["\u{200B}", " ", "", "\u{2800}"] { #expect(BoardName.shown(name, of: .zero) == "00000000") }
    }
}
