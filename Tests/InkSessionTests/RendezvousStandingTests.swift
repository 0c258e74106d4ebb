import InkPrimitives
import Testing

@testable import InkSession

@Suite struct RendezvousStandingTests {
    private let near = SocketAddress(ip: .v4(0x0A00_0001), port: 4300)
    private let far = SocketAddress(ip: .v4(0xC000_0201), port: 4300)

    @Test func `RV-26: one that answers is enough, and unreachable names each, when each was tried`() {
        var standing = RendezvousStanding(count: 2)
        #expect(standing.status == .connecting)
        standing.closed(reason: "a: no answer", at: 0)
        #expect(standing.status == .connecting, "the other is still being tried")
        standing.connected(to: far, at: 1)
        #expect(standing.status == .connected)
        standing.closed(reason: "b: it closed the connection", at: 1)
        #expect(standing.status == .unreachable(reason: "a: no answer; b: it closed the connection"))
        standing.connected(to: near, at: 0)
        #expect(standing.status == .connected)
        #expect(RendezvousStanding(count: 0).status == .none)
    }

    @Test func `RV-125: a STUN service is known while its rendezvous answers`() {
        var standing = RendezvousStanding(count: 2)
        standing.answersSTUN(on: 9, at: 0)
        #expect(standing.stunServers.isEmpty)
        standing.connected(to: far, at: 1)
        standing.answersSTUN(on: 3478, at: 1)
        standing.connected(to: near, at: 0)
        standing.answersSTUN(on: 3479, at: 0)
        #expect(standing.stunServers == [SocketAddress(ip: near.ip, port: 3479), SocketAddress(ip: far.ip, port: 3478)])
        standing.closed(reason: "a: gone", at: 0)
        #expect(standing.stunServers == [SocketAddress(ip: far.ip, port: 3478)])
    }

    @Test func `CN-13: a name with fifty addresses brings one STUN service in each family`() {
        var standing = RendezvousStanding(count: 1)
        let others = (1...50).map { SocketAddress(ip: .v6(high: 0x2001_0DB8_0000_0000, low: $0), port: 4300) }
        standing.hasAddresses(others, at: 0)
        standing.connected(to: near, at: 0)
        let loopback = SocketAddress(ip: .v6(high: 0, low: 1), port: 4300)
        standing.hasAddresses([near, far, loopback] + others, at: 0)
        standing.answersSTUN(on: 3478, at: 0)
        #expect(standing.stunServers == [near, others[0]].map { SocketAddress(ip: $0.ip, port: 3478) })
        #expect(standing.stunServers(at: 0) == standing.stunServers)
        standing.closed(reason: "gone", at: 0)
        #expect(standing.stunServers.isEmpty)
    }
}
