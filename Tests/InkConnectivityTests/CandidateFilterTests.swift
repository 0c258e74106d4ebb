import InkConnectivity
import InkPrimitives
import Testing

private func host(_ text: String) throws -> Candidate { Candidate(address: try #require(SocketAddress(text)), kind: .host) }
private func reflexive(_ text: String) throws -> Candidate { Candidate(address: try #require(SocketAddress(text)), kind: .serverReflexive) }

@Suite struct CandidateFilterTests {
    @Test(arguments: [
        "8.8.8.8:53", "8.8.8.8:1023", "8.8.8.8:1900", "8.8.8.8:5353", "8.8.8.8:11211", "8.8.8.8:3702", "0.0.0.0:5000", "0.1.2.3:5000",
        "239.1.1.1:5000", "255.255.255.255:5000", "169.254.169.254:8080", "127.0.0.1:6379", "[::1]:6379", "[::]:5000", "[ff02::1]:5000",
        "[fe80::1]:5000", "[::127.0.0.1]:5000", "[::7f00:1]:5000", "[::ffff:7f00:1]:5000", "[::ffff:0:7f00:1]:5000", "192.0.0.4:5000",
        "192.88.99.1:5000", "[100::1]:5000", "[fec0::1]:5000", "[4000::1]:5000", "[2001:2::1]:5000", "[2001:20::1]:5000",
    ])
    func `CN-6, CN-26: a forbidden target is neither offered nor dialled`(text: String) throws {
        let filter = CandidateFilter(networks: [LocalNetwork(assumedFor: .v4(0x7F00_0001))])
        guard let address = SocketAddress(text) else { return }  // dotted tails inside v6 are no address at all here
        let candidate = Candidate(address: address, kind: .host)
        #expect(filter.dialable([candidate]).isEmpty)
        #expect(filter.offerable([candidate]).isEmpty)
        #expect(!filter.permits(address))
    }

    @Test(arguments: [
        ("64:ff9b::", "", true), ("2002:", "::1", true), ("2001:0:", ":0:0:fefe:fefe", true), ("2001:0:0808:0808:0:0:", "", false),
        ("2001:db8::5efe:", "", true), ("2001:db8::200:5efe:", "", true),
    ])
    func `CN-11: an address is as good as the IPv4 address within it`(front: String, back: String, isPlain: Bool) throws {
        // Everything is allowed that can be: loopback, and all private networks.
        let filter = CandidateFilter(allowsLoopback: true, networks: [LocalNetwork(address: .v6(high: 0, low: 0), prefixLength: 0)])
        func isDialled(_ inner: UInt32) throws -> Bool {
            let word = isPlain ? inner : ~inner
            let groups = String(word >> 16, radix: 16) + ":" + String(word & 0xFFFF, radix: 16)
            let ip = try #require(IPAddress(front + groups + back))
            let candidate = Candidate(address: SocketAddress(ip: ip, port: 40000), kind: .serverReflexive)
            return !filter.dialable([candidate]).isEmpty
        }
        #expect(try isDialled(0x0808_0808))
        for inner: UInt32 in [0x7F00_0001, 0x0A00_0001, 0xC0A8_0101, 0x6440_0001, 0xA9FE_A9FE, 0xE000_00FB, 0xFFFF_FFFF, 0, 0xC612_0001] {
            #expect(try !isDialled(inner), "\(IPAddress.v4(inner))")
        }
    }

    @Test func `CN-11: a translator's own network, and a mapped address by whatever spelling, give no way in`() throws {
        let filter = CandidateFilter()
        #expect(filter.dialable([try host("[64:ff9b:1::808:808]:40000")]).isEmpty)
        let mapped = Candidate(address: SocketAddress(ip: .v6(high: 0, low: 0xFFFF_7F00_0001), port: 40000), kind: .host)
        #expect(filter.dialable([mapped]).isEmpty)
        #expect(
            filter.dialable([try host("[2001:db8::7]:40000"), try host("203.0.113.7:40000")]).count == 2, "as laboratories are numbered")
    }

    @Test func `CN-12: a link leads into our own networks and the world`() throws {
        let filter = CandidateFilter(networks: [LocalNetwork(address: .v4(0x0A14_0005), prefixLength: 16)])
        let good = ["10.20.7.7:40000", "203.0.113.7:40000", "[2001:db8::7]:40000"]
        let bad = [
            "10.21.0.1:40000", "127.0.0.1:40000", "127.0.0.53:53", "224.0.0.251:5353", "255.255.255.255:6000", "10.20.7.7:1900",
            "[64:ff9b::7f00:1]:40000",
        ]
        for text in good { #expect(filter.permits(try #require(SocketAddress(text))), "\(text)") }
        for text in bad { #expect(!filter.permits(try #require(SocketAddress(text))), "\(text)") }
        #expect(CandidateFilter(allowsLoopback: true).permits(try #require(SocketAddress("127.0.0.1:40000"))))
    }

    @Test func `CN-5: loopback is for those who met over loopback`() throws {
        let candidates = [try host("127.0.0.1:40000"), try host("[::1]:40000")]
        #expect(CandidateFilter().dialable(candidates).isEmpty)
        #expect(CandidateFilter().offerable(candidates).isEmpty)
        #expect(CandidateFilter(allowsLoopback: true).dialable(candidates).count == 2)
        #expect(CandidateFilter(allowsLoopback: true).offerable(candidates).count == 2)
        #expect(CandidateFilter(allowsLoopback: true).dialable([try host("127.0.0.1:53")]).isEmpty)
    }

    @Test(arguments: [
        "10.1.2.3:40000", "172.16.0.9:40000", "192.168.1.9:40000", "100.64.0.9:40000", "198.18.3.9:40000", "[fd00::9]:40000",
    ])
    func `CN-7: a private address needs a reason`(text: String) throws {
        let theirs = try host(text)
        #expect(CandidateFilter().dialable([theirs]).isEmpty)
        #expect(CandidateFilter(networks: [LocalNetwork(assumedFor: theirs.address.ip)]).dialable([theirs]) == [theirs.address])
        #expect(CandidateFilter(networks: [LocalNetwork(assumedFor: .v4(0x0A09_0909))]).dialable([theirs]).isEmpty)
        let outer = try reflexive("203.0.113.5:50000")
        let behindOurNAT = CandidateFilter(ownReflexive: [try #require(SocketAddress("203.0.113.5:60000"))])
        #expect(behindOurNAT.dialable([theirs, outer]).contains(theirs.address))
        let elsewhere = CandidateFilter(ownReflexive: [try #require(SocketAddress("203.0.113.6:60000"))])
        #expect(elsewhere.dialable([theirs, outer]) == [outer.address])
    }

    @Test func `CN-7: inside a private network the rendezvous' view of a peer is dialled`() throws {
        var filter = CandidateFilter(ownReflexive: [try #require(SocketAddress("10.2.0.4:40000"))], isRendezvousPrivate: true)
        let offered = [try reflexive("10.9.0.4:40000"), try host("10.9.9.9:40000")]
        #expect(filter.dialable(offered).map(\.description) == ["10.9.0.4:40000"])
        filter.isRendezvousPrivate = false
        #expect(filter.dialable(offered).isEmpty, "a rendezvous outside that shows us a private address lies")
    }

    @Test func `CN-7: who claims our outer address gets two private addresses dialled, the nearest, however often it offers`() throws {
        let filter = CandidateFilter(
            networks: [LocalNetwork(assumedFor: .v4(0xC0A8_0105))], ownReflexive: [try #require(SocketAddress("203.0.113.5:60000"))])
        let outer = try reflexive("203.0.113.5:50000")
        let near = try host("192.168.1.9:40000")
        var remembered: Set<SocketAddress> = []
        let others = ["10.0.0.1:40000", "172.17.0.1:40000", "192.168.200.4:40000", "192.168.2.7:40000"]
        let first = try [outer, near] + others.map { try host($0) }
        let dialled = filter.dialable(first, remembered: &remembered)
        #expect(Set(dialled.map(\.description)) == ["203.0.113.5:50000", "192.168.1.9:40000", "192.168.2.7:40000", "192.168.200.4:40000"])
        for third in 0..<4 {
            let later = [outer, try host("10.1.\(third).1:40000"), try host("192.168.2.7:40000")]
            #expect(Set(filter.dialable(later, remembered: &remembered).map(\.description)) == ["203.0.113.5:50000", "192.168.2.7:40000"])
        }
        #expect(filter.dialable(first.filter { $0 != outer }, remembered: &remembered) == [near.address], "and none without the claim")
    }

    @Test func `CN-8: a thousand candidates become sixteen, each once, our own never`() throws {
        let many = try (0..<1000).map { try host("198.51.100.\($0 % 200 + 1):\(20000 + $0)") }
        let filter = CandidateFilter()
        #expect(filter.dialable(many).count == Limits.candidates)
        #expect(filter.offerable(many).count == Limits.candidates)
        #expect(filter.dialable(Array(repeating: many[0], count: 9)).count == 1)
        #expect(filter.dialable([many[0], many[1]], own: [many[0]]) == [many[1].address])
        let both = try reflexive("198.51.100.1:20000")
        #expect(filter.offerable([both, many[0]]) == [both] && filter.offerable([many[0], both]) == [both])
    }

    @Test(arguments: [0, 12, 15, 16, 60])
    func `CN-27: however many interfaces there are, what the world sees is offered and dialled`(count: Int) throws {
        let hosts = try (0..<count).map { try host("198.51.100.\($0 + 1):40000") }
        let seen = try ["203.0.113.5:50000", "[2001:db8::5]:40000", "203.0.113.5:50001", "203.0.113.5:50002", "203.0.113.5:50003"].map {
            try reflexive($0)
        }
        for offered in [hosts + seen, seen + hosts] {
            let chosen = CandidateFilter().offerable(offered)
            #expect(chosen.count == min(Limits.candidates, count + seen.count))
            #expect(chosen.filter { $0.kind == .serverReflexive }.count >= 4)
            #expect(chosen == offered.filter(chosen.contains), "in the order given")
            #expect(CandidateFilter().dialable(offered) == chosen.map(\.address), "and the other side chooses the same")
        }
    }

    @Test func `CN-28: of several addresses that have our own numbers one is dialled, loopback besides`() throws {
        let own = try ["192.168.1.4:40000", "172.17.0.1:40000", "127.0.0.1:40000"].map { try host($0) }
        let here = try ["192.168.1.4:40001", "172.17.0.1:40001", "127.0.0.1:40001"].map { try host($0) }
        let filter = CandidateFilter(allowsLoopback: true, networks: own.map { LocalNetwork(assumedFor: $0.address.ip) })
        #expect(filter.dialable(here, own: own).map(\.description) == ["192.168.1.4:40001", "127.0.0.1:40001"])
    }

    @Test func `a network holds what has its prefix`() throws {
        let inside = try #require(IPAddress("192.168.5.200"))
        let outside = try #require(IPAddress("192.168.6.1"))
        let here = try #require(IPAddress("192.168.5.7"))
        #expect(LocalNetwork(address: here, prefixLength: 24).contains(inside))
        #expect(!LocalNetwork(address: here, prefixLength: 24).contains(outside))
        #expect(LocalNetwork(address: here, prefixLength: 22).contains(outside))
        #expect(!LocalNetwork(address: here, prefixLength: 25).contains(inside))
        #expect(LocalNetwork(address: here, prefixLength: 0).contains(outside))
        #expect(!LocalNetwork(address: here, prefixLength: 0).contains(.v6(high: 1, low: 1)))
        #expect(LocalNetwork(address: here, prefixLength: 32).contains(here))
        #expect(!LocalNetwork(address: here, prefixLength: 99).contains(inside))
    }

    @Test func `a candidate is read back as it was written`() throws {
        for candidate in [try host("192.0.2.1:5"), try reflexive("[2001:db8::1]:65535")] {
            var writer = ByteWriter()
            candidate.write(to: &writer)
            var reader = ByteReader(writer.bytes)
            #expect(try Candidate(from: &reader) == candidate)
            #expect(reader.isAtEnd)
        }
        var reader = ByteReader([3, 4, 1, 2, 3, 4, 0, 1])
        #expect(throws: WireError.unexpected) { try Candidate(from: &reader) }
    }
}
