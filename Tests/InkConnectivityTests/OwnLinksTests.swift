import InkConnectivity
import InkPrimitives
import Testing

@Suite struct OwnLinksTests {
    private func own(
        _ text: String, zone: UInt16 = 0, _ standing: LocalAddress.Standing = .link, interface: Int = 2, prefix: Int = 24
    ) throws -> LocalAddress {
        var address = try #require(SocketAddress(text))
        address.ip = address.ip.inZone(zone)
        return LocalAddress(address: address, prefixLength: prefix, standing: standing, interface: interface)
    }

    private func address(_ text: String, zone: UInt16 = 0) throws -> SocketAddress {
        let address = try #require(SocketAddress(text))
        return SocketAddress(ip: address.ip.inZone(zone), port: address.port)
    }

    @Test func `CN-20, CN-32: who is heard on a link is dialled on that link, and nowhere else`() throws {
        let links = OwnLinks([
            try own("192.168.1.4:7000", .routed), try own("[fe80::4]:7000", zone: 2, .routed, prefix: 64),
            try own("10.0.0.4:7000", interface: 3),
        ])
        #expect(links.permits(try address("192.168.1.5:40000"), heardBy: 2))
        #expect(links.permits(try address("[fe80::5]:40000", zone: 2), heardBy: 2))
        #expect(links.permits(try address("10.0.0.5:40000"), heardBy: 3))
        #expect(links.permits(try address("192.168.1.4:40000"), heardBy: 1), "another program of this machine, by the loopback")
        for (text, interface) in [
            // Of the other link, of no link, of a link that is not known.
            ("10.0.0.5:40000", 2), ("192.168.1.5:40000", 3), ("192.168.2.5:40000", 2), ("203.0.113.5:40000", 2), ("192.168.1.5:40000", 0),
            ("192.168.1.5:40000", 7),
            // This machine alone, all, nobody.
            ("127.0.0.1:40000", 2), ("239.255.73.78:40000", 2), ("255.255.255.255:40000", 2), ("0.0.0.0:40000", 2), ("[ff02::1]:40000", 2),
            // Services (CN-6).
            ("192.168.1.5:1023", 2), ("192.168.1.5:1900", 2), ("192.168.1.5:5353", 2), ("192.168.1.5:0", 2),
        ] { #expect(!links.permits(try address(text), heardBy: interface), "\(text) by \(interface)") }
        #expect(!links.permits(try address("[fe80::5]:40000", zone: 3), heardBy: 2), "the number of another link")
        #expect(!links.permits(try address("[fe80::5]:40000"), heardBy: 2), "of no known link")
        #expect(!OwnLinks().permits(try address("192.168.1.5:40000"), heardBy: 2))
    }

    @Test func `CN-21, CN-33: something is said on four links at most, the likeliest, from one address of each`() throws {
        let cable = try own("192.168.1.4:7000", .routed)
        let cable6 = try own("[fe80::4]:7000", zone: 2, .routed, prefix: 64)
        let second = try own("192.168.1.9:7000", .routed)
        let radio6 = try own("[fe80::7]:7000", zone: 3, interface: 3, prefix: 64)
        let global6 = try own("[2001:db8::7]:7000", interface: 3, prefix: 64)
        let apipa = try own("169.254.3.4:7000", interface: 4, prefix: 16)
        let loop = try own("127.0.0.1:7000", interface: 1, prefix: 8)
        let loop6 = try own("[::1]:7000", interface: 1, prefix: 128)
        let idle = try own("10.9.0.1:7000", .idle, interface: 5)
        let bridges = try (0..<40).map { try own("172.\(17 + $0).0.1:7000", .inner, interface: 10 + $0, prefix: 16) }
        let links = OwnLinks(bridges + [idle, loop, loop6, apipa, global6, radio6, cable6, cable, second])
        #expect(links.speakers == [cable, radio6, apipa, bridges[0]])
        #expect(Set(links.addresses) == [cable, second, cable6, radio6, global6, apipa, bridges[0]], "and nothing is heard elsewhere")
        // A machine without a network has the programs that run there.
        #expect(OwnLinks([idle, loop, loop6]).speakers == [loop])
        #expect(OwnLinks([idle]).speakers.isEmpty && OwnLinks([global6]).speakers.isEmpty)
    }

    @Test func `CN-22: what is done for who speaks on a link is bounded for each and for all, whoever they say to be`() {
        let pace = (each: SenderLimiter.Pace(rate: 1, burst: 3), all: SenderLimiter.Pace(rate: 10, burst: 20))
        var limiter = SenderLimiter(each: pace.each, all: pace.all)
        let start = Instant.zero
        func count(_ senders: [UInt32], at instant: Instant) -> Int {
            var taken = 0
            for sender in senders where limiter.allows(.v4(sender), now: instant) { taken += 1 }
            return taken
        }
        let same = [UInt32](repeating: 1, count: 10)
        #expect(count(same, at: start) == 3)
        #expect(count(Array(100..<1100), at: start) == 17)
        // A second later: one of the first, and ten of all.
        #expect(count(same, at: start + .seconds(1)) == 1)
        #expect(count(Array(5000..<6000), at: start + .seconds(1)) <= 9)
        // Those who were forged are forgotten once they had time to be idle, and an honest one is heard again.
        #expect(count([1, 0xFFFF], at: start + .seconds(10)) == 2)
    }
}
