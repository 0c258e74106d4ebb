import InkAutomation
import InkPrimitives
import InkRuntime
import InkSession
import InkStore
import Testing
import inkwire

@Suite struct FailureTests {
    private let failure = Failure(.invite, code: "bad", what: "it \u{1B}[2J fails", why: "because\nof\u{9B}this", next: "do that")

    @Test func `CL-10: people get three lines without control characters`() {
        let lines = failure.text(isJSON: false).split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("inkwire: "))
        #expect(lines.allSatisfy { line in line.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control } })
    }

    @Test func `CL-10: programs get one object`() throws {
        let object = try #require(JSONValue(parsing: Array(failure.text(isJSON: true).utf8))?.object)
        #expect(object["schema"] == 1)
        let error = try #require(object["error"]?.object)
        #expect(Set(error.members.map(\.key)) == ["code", "exit", "message", "why", "next"])
        #expect(error["exit"] == 3)
    }

    @Test(arguments: [
        (InviteLinkError.notALink, 3 as Int32), (.tooMany, 3), (.truncated, 3), (.damaged, 3), (.newer, 9),
    ])
    func `CL-2, CL-10: what is wrong with a link decides the exit code`(error: InviteLinkError, exit: Int32) {
        #expect(Failure(error).exit == exit)
    }

    @Test func `CL-10: what the store says keeps its exit code`() {
        #expect(Failure(StoreError.locked(path: "p")).exit == 8)
        #expect(Failure(StoreError.newer(path: "p", found: 2, known: 1)).exit == 9)
        #expect(Failure(StoreError.missing(what: "w")).exit == 5)
    }

    @Test func `CL-406: a program without TLS says so in place of what is wrong with a file`() {
        let absent = Failure(TLSError.absent, what: "these authorities cannot be used", next: "name a file")
        #expect(absent.exit == 8 && absent.code == "no_tls")
        #expect(absent.what == "wss:// cannot be spoken here" && absent.why == "this program was built without TLS")
        #expect(absent.next.hasPrefix("build it with the trait TLS") && absent.next.contains("ws://"))
        let unusable = Failure(TLSError.unusableFile("it is empty"), what: "these authorities cannot be used", next: "name a file")
        #expect(unusable.exit == 6 && unusable.what == "these authorities cannot be used")
        #expect(unusable.why == "it is empty" && unusable.next == "name a file")
    }

    @Test(
        arguments: [
            ("ws://127.0.0.1:4300", "ws://127.0.0.1:4300"), ("ws://board.example/", "ws://board.example:80"),
            ("wss://board.example", "wss://board.example:443"),
            ("ws://[::1]:5", "ws://[::1]:5"), ("http://x", nil), ("ws://", nil), ("ws://a b:1", nil), ("127.0.0.1:4300", nil),
        ] as [(String, String?)])
    func `a rendezvous is written as ws or wss with a host`(text: String, described: String?) {
        #expect(RendezvousAddress(text)?.description == described)
    }

    @Test func `CL-15: the secret of an invite is not repeated`() {
        let link = "inkwire://10.0.0.1:4300/abc?tls=0#1.c2VjcmV0-_x.Y2hlY2s"
        for (given, shown) in [
            ("board “\(link)” is not here", "board “inkwire://10.0.0.1:4300/abc?tls=0#...” is not here"),
            ("\(link.uppercased()) and \(link)", "INKWIRE://10.0.0.1:4300/ABC?TLS=0#... and inkwire://10.0.0.1:4300/abc?tls=0#..."),
            ("nothing of it #1", "nothing of it #1"),
            ("inkwire: see issue #1, \(link)", "inkwire: see issue #1, inkwire://10.0.0.1:4300/abc?tls=0#..."),
        ] {
            #expect(Failure.withoutSecrets(given) == shown)
        }
        let failure = Failure.usage("no \(link)", why: link, next: link)
        for text in [failure.text(isJSON: false), failure.text(isJSON: true)] { #expect(!text.contains("c2VjcmV0")) }
    }
}
