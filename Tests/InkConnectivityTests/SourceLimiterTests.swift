import InkConnectivity
import InkPrimitives
import Testing

@Suite struct SourceLimiterTests {
    @Test func `CN-9: ten times the allowed rate from one network is cut to the rate`() throws {
        var limiter = SourceLimiter()
        var allowed = 0
        for index in 0..<2000 {
            let source = SocketAddress(ip: .v4(0xC000_0200 | UInt32(index % 256)), port: UInt16(1000 + index))
            if limiter.allows(source, now: .zero + .milliseconds(index * 5)) { allowed += 1 }
        }
        #expect((200...206).contains(allowed))
    }

    @Test func `CN-9: networks do not disturb each other`() throws {
        var limiter = SourceLimiter()
        for index in 0..<100 {
            let isAllowed = limiter.allows(SocketAddress(ip: .v6(high: UInt64(index), low: 1), port: 1), now: .zero)
            #expect(isAllowed)
        }
        let fifth = (0..<10).map { _ in limiter.allows(SocketAddress(ip: .v6(high: 1, low: .random(in: 0...99)), port: 1), now: .zero) }
        #expect(fifth.filter { $0 }.count == 4)
    }

    @Test func `CN-9: forged sources cannot make it grow, and idle ones make room`() {
        var limiter = SourceLimiter()
        func allows(_ index: Int, at time: Duration) -> Bool {
            limiter.allows(SocketAddress(ip: .v4(UInt32(index) << 8), port: 9), now: .zero + time)
        }
        for index in 0..<SourceLimiter.networksMax { _ = allows(index, at: .zero) }
        let (early, late) = (allows(100_000, at: .milliseconds(1)), allows(100_000, at: .seconds(1)))
        #expect(!early && late)
    }
}
