import InkConnectivity
import InkPrimitives
import Testing

private func host(_ text: String) throws -> Candidate { Candidate(address: try #require(SocketAddress(text)), kind: .host) }
private func reflexive(_ text: String) throws -> Candidate { Candidate(address: try #require(SocketAddress(text)), kind: .serverReflexive) }

@Suite struct CandidateFilterTests {
    // CN-6
    @Test(arguments: [
        "8.8.8.8:53", "8.8.8.8:1023", "8.8.8.8:1900", "8.8.8.8:5353", "8.8.8.8:11211", "8.8.8.8:3702", "0.0.0.0:5000", "0.1.2.3:5000",
        "239.1.1.1:5000", "255.255.255.255:5000", "169.254.169.254:8080", "127.0.0.1:6379", "[::1]:6379", "[::]:5000", "[ff02::1]:5000",
        "[fe80::1]:5000", "[::127.0.0.1]:5000", "[::7f00:1]:5000", "[::ffff:7f00:1]:5000",
    ])
    func `a forbidden target is neither offered nor dialled`(text: String) throws {
        let filter = CandidateFilter(networks: [LocalNetwork(assumedFor: .v4(0x7F00_0001))])
        guard let address = SocketAddress(text) else { return }  // dotted tails inside v6 are no address at all here
        let candidate = Candidate(address: address, kind: .host)
        #expect(filter.dialable([candidate]).isEmpty)
        #expect(filter.offerable([candidate]).isEmpty)
    }

    // CN-5
    @Test func `loopback is for those who met over loopback`() throws {
        let candidates = [try host("127.0.0.1:40000"), try host("[::1]:40000")]
        #expect(CandidateFilter().dialable(candidates).isEmpty)
        #expect(CandidateFilter().offerable(candidates).isEmpty)
        #expect(CandidateFilter(allowsLoopback: true).dialable(candidates).count == 2)
        #expect(CandidateFilter(allowsLoopback: true).offerable(candidates).count == 2)
        #expect(CandidateFilter(allowsLoopback: true).dialable([try host("127.0.0.1:53")]).isEmpty)
    }

    // CN-7
    @Test(arguments: ["10.1.2.3:40000", "172.16.0.9:40000", "192.168.1.9:40000", "100.64.0.9:40000", "[fd00::9]:40000"])
    func `a private address needs a reason`(text: String) throws {
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

    // CN-7
    @Test func `inside a private network the rendezvous' view of a peer is dialled`() throws {
        var filter = CandidateFilter(ownReflexive: [try #require(SocketAddress("10.2.0.4:40000"))], isRendezvousPrivate: true)
        let offered = [try reflexive("10.9.0.4:40000"), try host("10.9.9.9:40000")]
        #expect(filter.dialable(offered).map(\.description) == ["10.9.0.4:40000"])
        filter.isRendezvousPrivate = false
        #expect(filter.dialable(offered).isEmpty, "a rendezvous outside that shows us a private address lies")
    }

    // CN-7
    @Test func `who claims our outer address gets two private addresses dialled, the nearest, however often it offers`() throws {
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

    // CN-8
    @Test func `a thousand candidates become sixteen, each once, our own never`() throws {
        let many = try (0..<1000).map { try host("198.51.100.\($0 % 200 + 1):\(20000 + $0)") }
        let filter = CandidateFilter()
        #expect(filter.dialable(many).count == Limits.candidates)
        #expect(filter.offerable(many).count == Limits.candidates)
        #expect(filter.dialable(Array(repeating: many[0], count: 9)).count == 1)
        #expect(filter.dialable([many[0], many[1]], own: [many[0]]) == [many[1].address])
        #expect(filter.offerable([try reflexive("198.51.100.1:20000"), many[0]]) == [many[0]])
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
