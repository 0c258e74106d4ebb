import InkConnectivity
import InkPrimitives
import Testing

@testable import inkwire

@Suite struct LinkPlacesTests {
    private func places(_ own: [String]) throws -> LinkPlaces {
        LinkPlaces(own: try own.map { LocalAddress(SocketAddress(ip: try #require(IPAddress($0)), port: 0)) })
    }

    @Test func `RT-23, RT-143: a machine that has IPv6 alone is named by that, as rendezvous and directly`() throws {
        let places = try places(["::1", "fd00:1::2", "2001:db8::7"])
        #expect(places.loopback.description == "::1")
        #expect(
            places.rendezvous(port: 9).map(\.description) == ["[fd00:1:0:0:0:0:0:2]:9", "[2001:db8:0:0:0:0:0:7]:9", "[::1]:9"])
        #expect(places.direct(port: 7).map(\.description) == ["[fd00:1:0:0:0:0:0:2]:7", "[2001:db8:0:0:0:0:0:7]:7"])
    }

    @Test func `RT-23, RT-143: where both families are there, one of IPv6 is named behind those of IPv4`() throws {
        let places = try places(["127.0.0.1", "::1", "2001:db8::7", "2001:db8::8", "192.168.1.4", "10.0.0.1", "10.0.0.2", "10.0.0.3"])
        #expect(
            places.rendezvous(port: 1).map(\.name) == ["192.168.1.4", "10.0.0.1", "10.0.0.2", "2001:db8:0:0:0:0:0:7", "127.0.0.1"])
        #expect(places.direct(port: 1).map(\.ip.description) == ["192.168.1.4", "10.0.0.1", "2001:db8:0:0:0:0:0:7"])
    }

    @Test func `RT-23: a machine without a network names itself, and a rendezvous on loopback is no reason to name more`() throws {
        #expect(try places(["127.0.0.1"]).direct(port: 9).map(\.description) == ["127.0.0.1:9"])
        #expect(try places([]).rendezvous(port: 9).map(\.description) == ["127.0.0.1:9"])
        #expect(try places(["127.0.0.1", "192.168.1.4"]).direct(port: 9, onlyHere: true).map(\.description) == ["127.0.0.1:9"])
    }

    @Test func `CN-29: networks of containers are named where there is nothing else`() throws {
        func own(_ text: String, _ standing: LocalAddress.Standing) throws -> LocalAddress {
            LocalAddress(address: SocketAddress(ip: try #require(IPAddress(text)), port: 0), prefixLength: 16, standing: standing)
        }
        let bridges = try (17..<60).map { try own("172.\($0).0.1", $0 % 2 == 0 ? .inner : .idle) }
        let cable = try own("192.168.1.4", .routed)
        let found = LinkPlaces(own: LocalAddress.ranked(bridges + [cable]))
        #expect(found.rendezvous(port: 9).map(\.name) == ["192.168.1.4", "127.0.0.1"])
        #expect(found.direct(port: 9).map(\.ip.description) == ["192.168.1.4"])
        #expect(LinkPlaces(own: LocalAddress.ranked(bridges)).direct(port: 9).count == 2)
    }
}
