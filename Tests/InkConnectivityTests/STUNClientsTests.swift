import InkConnectivity
import InkPrimitives
import Testing

@Suite struct STUNClientsTests {
    private let near4: SocketAddress
    private let far4: SocketAddress
    private let near6: SocketAddress
    private let seen4: SocketAddress
    private let seen6: SocketAddress
    private var clients = STUNClients(v4: SplitMix64(seed: 1), v6: SplitMix64(seed: 2))

    init() throws {
        near4 = try #require(SocketAddress("198.51.100.1:3478"))
        far4 = try #require(SocketAddress("198.51.100.2:3478"))
        near6 = try #require(SocketAddress("[2001:db8::1]:3478"))
        seen4 = try #require(SocketAddress("203.0.113.7:61000"))
        seen6 = try #require(SocketAddress("[2001:db8:7::7]:40000"))
    }

    /// What is asked, by server, and how often the known addresses changed.
    private mutating func drain(now: Instant = .zero) -> (asked: [SocketAddress: [UInt8]], changes: Int) {
        var (asked, changes): ([SocketAddress: [UInt8]], Int) = ([:], 0)
        while let output = clients.nextOutput(now: now) {
            switch output {
            case .transmit(let bytes, let server): asked[server] = bytes
            case .changed: changes += 1
            }
        }
        return (asked, changes)
    }

    private mutating func answer(_ asked: [SocketAddress: [UInt8]], from server: SocketAddress, as seen: SocketAddress) throws {
        let question = try #require(asked[server])
        let answer = try #require(STUN.answer(to: question, from: seen))
        clients.receive(answer, from: server, now: .zero)
    }

    @Test mutating func `CN-13: each family asks one server, and both answers count`() throws {
        clients.use([near4, near6, far4], now: .zero)
        let (asked, _) = drain()
        #expect(Set(asked.keys) == [near4, near6])
        try answer(asked, from: near6, as: seen6)
        #expect(clients.mapped == [seen6])
        try answer(asked, from: near4, as: seen4)
        #expect(clients.mapped == [seen4, seen6])
        #expect(drain().changes == 2)
        clients.use([far4, near4, near6], now: .zero)
        #expect(drain().asked.isEmpty, "who answers is kept")
        clients.use([], now: .zero)
        #expect(clients.mapped == [seen4, seen6], "an answer outlives the rendezvous that named the server")
        clients.use([far4], now: .zero)
        #expect(Set(drain().asked.keys) == [far4])
    }

    @Test mutating func `CN-13: a server that does not answer gives way to the next of its family`() throws {
        clients.use([near4, far4, near6], now: .zero)
        let (asked, _) = drain()
        try answer(asked, from: near6, as: seen6)
        var turned: Set<SocketAddress> = []
        while turned.isEmpty, let deadline = clients.deadline, deadline < Instant(nanoseconds: 60_000_000_000) {
            clients.handleTimeout(now: deadline)
            let again = drain(now: deadline).asked
            turned.formUnion(again.keys.filter { $0 == far4 })
            // The other family goes on by itself.
            if let question = again[near6] {
                clients.receive(try #require(STUN.answer(to: question, from: seen6)), from: near6, now: deadline)
            }
        }
        #expect(turned == [far4])
        #expect(clients.mapped == [seen6])
    }

    @Test mutating func `CN-31: asked anew are all, or those that are named`() throws {
        clients.use([near4, near6], now: .zero)
        let (first, _) = drain()
        clients.restart([near6, far4], now: .zero)
        let (second, _) = drain()
        #expect(Set(second.keys) == [near6] && second[near6] != first[near6])
        clients.restart(now: .zero)
        #expect(Set(drain().asked.keys) == [near4, near6])
    }
}
