import InkCrypto
import InkPrimitives
import InkTransport
import Testing

@testable import InkSession

@Suite struct LinkDumpTests {
    private static func pair() throws -> PerfectPipes {
        var pipes = try PerfectPipes()
        pipes.add(name: "annabel")
        pipes.add(name: "bertrand")
        _ = pipes.run(.seconds(2))
        return pipes
    }

    @Test func `TR-122: a way is called by its kind, never by where it leads`() throws {
        let kinds = [
            ("192.168.1.2:4000", "direct v4 private"), ("127.0.0.1:4000", "direct v4 loopback"), ("8.8.8.8:53000", "direct v4 global"),
            ("[fd00::1]:4000", "direct v6 private"), ("[::1]:4000", "direct v6 loopback"), ("[2a00::1]:4000", "direct v6 global"),
            ("[fe80::1]:4000", "direct v6 other"),
        ]
        for (text, kind) in kinds { #expect(Route.direct(try #require(SocketAddress(text))).kind == kind) }
        #expect(Route.relay(RelayPoint(place: 1, member: 77)).kind == "relay")
    }

    @Test func `TR-121, TR-122: a dump of two who talk has their figures, and nothing of who they are or what they said`() throws {
        var pipes = try Self.pair()
        pipes.intent(.say("an unheard word"), by: 0)
        _ = pipes.run(.seconds(1))
        let node = pipes.members[0].node
        let dump = try #require(node.dump().object)
        let connection = try #require(dump["connections"]?.array?.first?.object)
        #expect(connection["lanes"]?.array?.count == 3 && connection["paths"]?.array?.count == 1)
        #expect((connection["packets_in"]?.number ?? 0) > 3 && dump["deadline_in_ms"] != .null)
        let text = node.dump().text
        for member in pipes.members {
            for name in [
                Hex.encode(member.node.peerID.bytes), Hex.encode(member.node.author.bytes), member.node.displayName, "unheard", "10.",
            ] {
                #expect(!text.contains(name), "\(name) is told")
            }
        }
    }

    @Test func `CL-142: the narrator says each thing once, and of what is tried only to who asks for more`() throws {
        let pipes = try Self.pair()
        var (brief, long) = (WayNarrator(level: 1), WayNarrator(level: 2))
        let figures = pipes.members[0].node.linkFigures
        let first = brief.look(figures, since: .zero, now: .zero + .seconds(2))
        #expect(first.count == 2 && first[0].hasPrefix("2000 ms: connection ") && first[0].contains("way: direct v4 private"))
        #expect(first[1].contains("round trip"))
        #expect(brief.look(figures, since: .zero, now: .zero + .seconds(3)).isEmpty)
        let more = long.look(figures, since: .zero, now: .zero + .seconds(2))
        #expect(more.count == 3 && more[1].contains("uses direct v4 private"))
        #expect(
            brief.look([], since: .zero, now: .zero + .seconds(12)).map { $0.hasPrefix("12 s: ") && $0.hasSuffix("has ended") } == [true])
    }
}
