import InkConnectivity
import InkPrimitives
import Testing

@Suite struct CandidateRankingTests {
    private func own(_ text: String, _ standing: LocalAddress.Standing = .link, interface: Int = 2, prefix: Int = 24) throws -> LocalAddress
    {
        LocalAddress(address: try #require(SocketAddress(text)), prefixLength: prefix, standing: standing, interface: interface)
    }

    @Test func `CN-10: first is where we send from, then what the world sees, then the rest by how likely a peer comes there`() throws {
        let docker = try own("172.17.0.1:7000", .idle, interface: 4)
        let bridge = try own("172.18.0.1:7000", .inner, interface: 5)
        let vpn = try own("10.8.0.2:7000", .tunnel, interface: 6)
        let cable = try own("192.168.1.4:7000", .routed)
        let cable6 = try own("[2001:db8::4]:7000", .routed, prefix: 64)
        let radio = try own("192.168.2.4:7000", .link, interface: 3)
        let seen = try #require(SocketAddress("203.0.113.5:9"))
        let ranked = Candidate.ranked(own: [docker, bridge, vpn, radio, cable, cable6], reflexive: [seen])
        #expect(
            ranked.map(\.address) == [
                cable.address, cable6.address, seen, radio.address, vpn.address, bridge.address,
            ])
        #expect(ranked.map(\.kind) == [.host, .host, .serverReflexive, .host, .host, .host])
        #expect(Candidate.ranked(own: [docker], reflexive: []).map(\.address) == [docker.address], "better than nothing")
        #expect(Candidate.ranked(own: [], reflexive: [seen]).map(\.address) == [seen])
        #expect([docker, bridge, vpn, radio].filter(\.isConnected) == [bridge, vpn, radio])
    }

    @Test func `CN-10: an interface with many addresses crowds out no other`() throws {
        let many = try (1...30).map { try own("[2001:db8::\($0)]:7000", interface: 2, prefix: 64) }
        let wire = try own("192.168.1.4:7000", interface: 2)
        let radio = try own("192.168.2.4:7000", interface: 3)
        let ranked = LocalAddress.ranked(many + [wire, radio])
        #expect(Array(ranked.prefix(4)) == [many[0], wire, radio, many[1]])
        #expect(ranked.count == 32 && Set(ranked).count == 32)
    }

    @Test(arguments: [0, 14, 20, 60])
    func `CN-8, CN-10, CN-27: with any number of networks of containers on both sides two behind NATs, and two on one LAN, dial each other`(
        count: Int
    ) throws {
        struct Side {
            var own: [LocalAddress]
            var candidates: [Candidate]
            var filter: CandidateFilter
        }
        func side(_ lan: String, seen: String, port: Int = 7100) throws -> Side {
            let bridges = try (0..<count).map { index in
                try own("172.\(17 + index / 200).\(index % 200).1:\(port)", index % 2 == 0 ? .idle : .inner, interface: 10 + index)
            }
            let all = bridges + [try own(lan, .routed, prefix: 24)]
            let reflexive = try #require(SocketAddress(seen))
            return Side(
                own: all, candidates: Candidate.ranked(own: all, reflexive: [reflexive]),
                filter: CandidateFilter(networks: all.filter(\.isConnected).map(\.network), ownReflexive: [reflexive]))
        }
        let ana = try side("192.168.1.4:7000", seen: "203.0.113.1:7000", port: 7000)
        let bob = try side("192.168.1.5:7100", seen: "203.0.113.1:8000")
        let cy = try side("192.168.9.5:7000", seen: "203.0.113.2:7000")
        func dialled(_ from: Side, _ to: Side) -> [String] {
            from.filter.dialable(to.filter.offerable(to.candidates), own: from.candidates).map(\.description)
        }
        // Of many networks with the same numbers on both sides one is dialled: the other might be on this machine.
        let same = count == 0 ? [] : ["172.17.1.1:7100"]
        #expect(dialled(ana, bob) == ["192.168.1.5:7100", "203.0.113.1:8000"] + same, "one LAN")
        #expect(dialled(ana, cy) == ["203.0.113.2:7000"] + same, "two NATs")
    }

    @Test(arguments: [("10.20.0.5", "10.20.7.8", 16), ("100.64.0.5", "100.127.3.9", 10), ("fd00:0:0:1::5", "fd00:0:0:9::5", 48)])
    func `CN-7, CN-10: the masks of our links are those that the system has`(mine: String, theirs: String, prefix: Int) throws {
        let own = LocalAddress(address: SocketAddress(ip: try #require(IPAddress(mine)), port: 7000), prefixLength: prefix)
        let offered = Candidate(address: SocketAddress(ip: try #require(IPAddress(theirs)), port: 7000), kind: .host)
        #expect(CandidateFilter(networks: [own.network]).dialable([offered]) == [offered.address])
        #expect(CandidateFilter(networks: [LocalAddress(own.address).network]).dialable([offered]).isEmpty, "unlike those that are usual")
    }
}
