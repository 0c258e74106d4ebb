import InkConnectivity
import InkPrimitives
import Testing

@Suite struct SourceTests {
    @Test func `an IPv4 address is a source, and all of an IPv6 network of 64 bits is one`() throws {
        func source(_ text: String) throws -> Source { Source(try #require(IPAddress(text))) }
        #expect(try source("192.0.2.1") == source("::ffff:c000:201"))
        #expect(try source("192.0.2.1") != source("192.0.2.2"))
        #expect(try source("2001:db8:0:7::1") == source("2001:db8:0:7:ffff::9"))
        #expect(try source("2001:db8:0:7::1") != source("2001:db8:0:8::1"))
        #expect(try source("2001:db8:0:7::1").site == source("2001:db8:0:8::1").site)
        #expect(try source("2001:db8:0:7::1").site != source("2001:db8:1:7::1").site)
        #expect(try source("192.0.2.1").site == nil)
    }

    /// Sources 1...n of IPv4, or as many /64 of one /48.
    private static func source(_ number: Int, isV6: Bool = false) -> Source {
        Source(isV6 ? .v6(high: 0x2001_0DB8_0001_0000 | UInt64(number), low: 1) : .v4(UInt32(number)))
    }

    /// Each takes all that it gets, one after the other or in turns.
    private static func fill(_ shares: inout SourceShares, by count: Int, isV6: Bool = false, inTurns: Bool = false) {
        var tookAny = true
        while tookAny {
            tookAny = false
            for number in 1...count {
                while shares.admits(source(number, isV6: isV6)) {
                    shares.take(source(number, isV6: isV6))
                    tookAny = true
                    if inTurns { break }
                }
            }
        }
    }

    @Test(arguments: [1, 2, 50, 500, 1500], [true, false])
    func `RV-20: whatever many sources take all that they get, one more still gets some`(strangers: Int, inTurns: Bool) {
        var shares = SourceShares(total: 10_000, perSource: 128)
        Self.fill(&shares, by: strangers, inTurns: inTurns)
        #expect(shares.held < 10_000 && shares.admits(Self.source(5000)))
        let counts = (1...strangers).map { shares.count(of: Self.source($0)) }
        #expect((1...128).contains(counts.min() ?? 0) && (1...128).contains(counts.max() ?? 0))
        if strangers == 1 { #expect(counts == [125]) }
        if inTurns { #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1) }
    }

    @Test func `RV-116: all of a site have four times what one source has`() {
        var shares = SourceShares(total: 100_000, perSource: 100)
        Self.fill(&shares, by: 300, isV6: true)
        #expect((380...400).contains(shares.held))
        #expect(!shares.admits(Self.source(301, isV6: true)))
        #expect(shares.admits(Self.source(1)) && shares.admits(nil))
    }

    @Test func `RV-20: what is given back is there for the next, and nothing is left of who has nothing`() {
        var shares = SourceShares(total: 2, perSource: 1)
        shares.take(Self.source(1))
        #expect(!shares.admits(Self.source(1)) && shares.admits(Self.source(2)))
        shares.take(nil)
        #expect(!shares.admits(Self.source(2)) && !shares.admits(nil))
        shares.giveBack(Self.source(1))
        #expect(shares.admits(Self.source(1)) && shares.count(of: Self.source(1)) == 0 && shares.held == 1)
        shares.giveBack(nil)
        #expect(shares.held == 0)
    }
}
