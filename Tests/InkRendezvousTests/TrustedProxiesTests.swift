import InkPrimitives
import InkRendezvous
import Testing

@Suite struct TrustedProxiesTests {
    private static let near = "10.0.0.1"
    private static let front = "10.0.0.2"

    @Test(
        arguments: [
            // Not from our proxy: the field is the client's own invention.
            ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
            ("203.0.113.9", [], "203.0.113.9"),
            // The proxy wrote whom it saw at the end; what stands before it is the client's.
            (near, ["198.51.100.1"], "198.51.100.1"),
            (near, ["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
            (near, ["192.0.2.66", "198.51.100.1"], "198.51.100.1"),
            (near, ["10.0.0.1, 198.51.100.1"], "198.51.100.1"),
            // Two of ours in a row; and a client that says it came through ours.
            (near, ["192.0.2.66, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            (near, ["192.0.2.66, 10.0.0.2, 198.51.100.1"], "198.51.100.1"),
            // Forms that proxies write.
            (near, ["198.51.100.1:50123"], "198.51.100.1"), (near, ["2001:db8::7"], "2001:db8::7"),
            (near, ["[2001:db8::7]"], "2001:db8::7"),
            (near, ["[2001:db8::7]:50123"], "2001:db8::7"), (near, ["::ffff:198.51.100.1"], "198.51.100.1"),
            (near, ["[::FFFF:198.51.100.1]"], "198.51.100.1"), (near, ["\t198.51.100.1 "], "198.51.100.1"),
            // It does not say, or says what is no address: then it is the proxy, and not what the client wrote before.
            (near, [], near), (near, [""], near), (near, ["198.51.100.1,"], near), (near, ["198.51.100.1, unknown"], near),
            (near, ["198.51.100.1, _hidden"], near), (near, ["300.1.1.1"], near), (near, ["198.51.100.1, 10.0.0.2,"], near),
        ] as [(String, [String], String)])
    func `RT-22: the source is what our proxy saw, and from anybody else the field counts for nothing`(
        peer: String, field: [String], client: String
    ) throws {
        let proxies = TrustedProxies([try #require(IPAddress(Self.near)), try #require(IPAddress(Self.front))])
        #expect(proxies.client(peer: try #require(IPAddress(peer)), forwardedFor: field) == IPAddress(client))
    }

    @Test func `RT-22: without a proxy of ours nothing is taken from the field`() throws {
        let peer = try #require(IPAddress("127.0.0.1"))
        #expect(TrustedProxies().client(peer: peer, forwardedFor: ["198.51.100.1"]) == peer)
    }
}
