import InkPrimitives
import Testing

@testable import InkSimulator

@Suite struct NATTests {
    @Test(arguments: NAT.Kind.allCases)
    func `SM-30: a translator maps and filters as its kind does`(kind: NAT.Kind) throws {
        let inner = SocketAddress("192.168.0.2:4000")!
        let (one, two) = (SocketAddress("11.0.0.1:40000")!, SocketAddress("11.0.0.2:40000")!)
        let otherPort = SocketAddress("11.0.0.1:40001")!
        var nat = NAT(kind, ip: .v4(0x0B00_0101))
        let mapped = nat.leave(inner, to: one)
        #expect((mapped == nil) == (kind == .blocked))
        guard let seen = mapped else { return }
        let repeated = nat.leave(inner, to: one)
        #expect(seen.ip == nat.ip && repeated == seen && nat.admits(one, to: seen))
        // Who was sent nothing.
        #expect(nat.admits(two, to: seen) == (kind == .cone))
        #expect(nat.admits(otherPort, to: seen) == (kind == .cone || kind == .restricted))
        let other = nat.leave(inner, to: two)
        let again = try #require(other)
        #expect((again == seen) == (kind != .symmetric))
        #expect(nat.admits(two, to: again))
        nat.forget()
        #expect(!nat.admits(one, to: seen))
        let anew = nat.leave(inner, to: one)
        #expect(anew != seen)
    }
}
