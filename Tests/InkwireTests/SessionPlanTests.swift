import InkBoard
import InkCrypto
import InkPrimitives
import InkRuntime
import InkSession
import InkStore
import Testing

@testable import inkwire

@Suite struct SessionPlanTests {
    private static let near = SocketAddress(ip: .v4(0x7F00_0001), port: 4000)
    private static let far = SocketAddress(ip: .v4(0x0A00_0001), port: 5000)

    private func meta(_ change: (inout BoardMeta) -> Void = { _ in }) -> BoardMeta {
        var random = SecretGenerator(seed: [UInt8](repeating: 1, count: 32))
        var meta = BoardMeta(board: .zero, roomSecret: random.secret(), name: "sketch")
        change(&meta)
        return meta
    }

    private func plan(
        _ meta: BoardMeta, given: [String] = [], port: UInt16? = nil, direct: [SocketAddress] = [], embeds: Bool = false
    ) throws -> SessionPlan {
        let addresses = try given.map { try #require(RendezvousAddress($0)) }
        return SessionPlan(meta: meta, given: addresses, port: port, direct: direct, embeds: embeds)
    }

    @Test func `CL-19: a rendezvous that is given goes before one that is remembered, and that before one of our own`() throws {
        let saved = meta { $0.rendezvous = ["ws://saved:1"] }
        #expect(try plan(saved, given: ["ws://given:2"], embeds: true).rendezvous == [Invite.Host(name: "given", port: 2)])
        #expect(try plan(saved, embeds: true).rendezvous == [Invite.Host(name: "saved", port: 1)])
        #expect(try plan(saved, embeds: true).embedding == nil)
        let none = try plan(meta(), embeds: true)
        #expect(none.rendezvous.isEmpty && none.embedding == SessionPlan.Embedding(port: nil))
        #expect(try plan(meta()).embedding == nil, "nobody asked for one")
    }

    @Test func `CL-19: a board that brings its own rendezvous keeps its port, and what is given is for this time`() throws {
        let own = meta { $0.embeddedPort = 4300 }
        #expect(try plan(own, embeds: true).embedding == SessionPlan.Embedding(port: 4300))
        let given = try plan(own, given: ["ws://given:2"], embeds: true)
        #expect(given.embedding == nil && given.rendezvous == [Invite.Host(name: "given", port: 2)])
        #expect(given.remembered == nil)
    }

    @Test func `CL-19: what is given is remembered where it is something else than before`() throws {
        let saved = meta { $0.rendezvous = ["ws://one:1", "ws://two:2"] }
        #expect(try plan(saved).remembered == nil)
        #expect(try plan(saved, given: ["ws://one:1", "ws://two:2"]).remembered == nil)
        #expect(
            try plan(saved, given: ["ws://two:2", "ws://one:1"]).remembered == ["ws://two:2", "ws://one:1"], "the order is a preference")
        #expect(try plan(meta(), given: ["ws://one:1"]).remembered == ["ws://one:1"])
    }

    @Test func `CL-19: a port that is asked for is meant, one of last time is a wish`() throws {
        let saved = meta { $0.ownPort = 4400 }
        #expect(try plan(saved, port: 7).port == .explicit(7))
        #expect(try plan(saved).port == .saved(4400))
        #expect(try plan(meta()).port == .any)
    }

    @Test func `CL-19: addresses that are given and those of the link are told apart`() throws {
        let saved = meta { $0.direct = [Self.far] }
        let plan = try plan(saved, direct: [Self.near])
        #expect(plan.direct == [Self.near] && plan.link == [Self.far])
    }

    @Test func `RT-151: what is given or remembered as a rendezvous with TLS is spoken to with TLS`() throws {
        let saved = meta { $0.rendezvous = ["wss://saved:1"] }
        #expect(try plan(saved).usesTLS)
        #expect(try !plan(saved, given: ["ws://given:2"]).usesTLS)
        #expect(try plan(meta { _ in }, given: ["wss://given"]).rendezvous == [Invite.Host(name: "given", port: 443)])
        #expect(try plan(meta { $0.rendezvous = ["ws://one:1", "wss://two:2"] }).usesTLS, "never in clear")
        #expect(try !plan(meta { _ in }, embeds: true).usesTLS)
    }

    @Test func `CL-19: a remembered rendezvous that does not read is passed over`() throws {
        let saved = meta { $0.rendezvous = ["nonsense", "ws://good:1"] }
        #expect(try plan(saved).rendezvous == [Invite.Host(name: "good", port: 1)])
    }
}
