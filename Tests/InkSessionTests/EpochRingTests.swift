import InkCrypto
import InkPrimitives
import Testing

@testable import InkSession

struct EpochRingTests {
    private static func secret(_ byte: UInt8) -> Secret32 { Secret32([UInt8](repeating: byte, count: 32)) ?? .random() }
    private static func name(_ byte: UInt8) -> TransactionName { TransactionName([UInt8](repeating: byte, count: 32)) ?? .zero }
    private static func member(_ byte: UInt8) -> AuthorID { AuthorID([UInt8](repeating: byte, count: 32)) ?? .zero }
    private static func commitment(_ byte: UInt8) -> EpochCommitment { EpochSecret.commitment(to: secret(byte)) }
    private static func epoch(_ bytes: UInt8...) -> EpochID { EpochSecret.epoch(begunBy: bytes.map(name)) }
    private static func founder() -> EpochRing { EpochRing(epoch: .zero, secret: secret(200)) }

    @Test func `SE-341: we are at an epoch once all its secrets are here, in any order`() {
        var (one, other) = (Self.founder(), Self.founder())
        #expect(one.inForce.epoch == .zero && one.inForce.psk == RoomKeys(roomSecret: Self.secret(200)).psk)
        var isThere = one.advance(to: [])
        #expect(!isThere && one.lacking.isEmpty)
        isThere = one.advance(to: [Self.name(2), Self.name(1)])
        #expect(!isThere && one.lacking == [Self.name(1), Self.name(2)] && one.inForce.epoch == .zero)
        #expect(one.told(Self.secret(1), of: Self.name(1), by: Self.member(1), commitment: Self.commitment(1)) == .new)
        isThere = one.advance(to: one.newest)
        #expect(!isThere && one.lacking == [Self.name(2)])
        #expect(one.told(Self.secret(2), of: Self.name(2), by: Self.member(1), commitment: Self.commitment(2)) == .new)
        isThere = one.advance(to: one.newest)
        #expect(isThere && one.lacking.isEmpty && one.inForce.epoch == Self.epoch(1, 2))
        isThere = one.advance(to: one.newest)
        #expect(!isThere)
        other.bring(Self.secret(2), by: Self.name(2))
        other.bring(Self.secret(1), by: Self.name(1))
        isThere = other.advance(to: [Self.name(1), Self.name(2)])
        #expect(isThere && other.inForce.psk == one.inForce.psk && other.told.map(\.name) == [Self.name(1), Self.name(2)])
        // What was removed last replaces both.
        other.bring(Self.secret(3), by: Self.name(3))
        isThere = other.advance(to: [Self.name(3)])
        #expect(isThere && other.inForce.epoch == Self.epoch(3) && other.told.map(\.name) == [Self.name(3)])
        // And where it does not count any more, both are in force again.
        isThere = other.advance(to: [Self.name(1), Self.name(2)])
        #expect(isThere && other.inForce.psk == one.inForce.psk)
    }

    @Test func `CR-21, CR-37: who lacks one of an epoch's secrets has nothing of it`() {
        let all = [Self.name(1): Self.secret(1), Self.name(2): Self.secret(2)]
        let whole = EpochSecret.combined(all)
        var others: [Secret32] = [Self.secret(1), Self.secret(2), Self.secret(200)]
        for name in [Self.name(1), Self.name(2)] {
            var guessed = all
            guessed[name] = Self.secret(3)
            others.append(EpochSecret.combined(guessed))
            others.append(EpochSecret.combined([name: Self.secret(1)]))
        }
        #expect(!others.contains(whole))
        #expect(
            EpochSecret.epoch(begunBy: [Self.name(1), Self.name(2)])
                == EpochSecret.epoch(begunBy: [Self.name(2), Self.name(1), Self.name(2)]))
        #expect(Set([Self.epoch(), Self.epoch(1), Self.epoch(2), Self.epoch(1, 2)]).count == 4)
        #expect(Self.commitment(1) != Self.commitment(2) && Self.commitment(1).bytes != Self.secret(1).withBytes { $0 })
    }

    @Test func `SE-191: a secret that does not fit is a lie, told before or after`() {
        var ring = Self.founder()
        #expect(ring.told(Self.secret(9), of: Self.name(1), by: Self.member(1), commitment: Self.commitment(1)) == .lie)
        #expect(ring.told(Self.secret(9), of: Self.name(1), by: Self.member(1), commitment: nil) == .claimed)
        #expect(ring.told(Self.secret(1), of: Self.name(1), by: Self.member(2), commitment: nil) == .claimed)
        #expect(ring.told.map(\.name) == [.zero])
        #expect(ring.came(Self.name(1), saying: Self.commitment(1)) == [Self.member(1)])
        let isThere = ring.advance(to: [Self.name(1)])
        #expect(isThere)
        #expect(ring.told(Self.secret(1), of: Self.name(1), by: Self.member(3), commitment: Self.commitment(1)) == .known)
        #expect(ring.told(Self.secret(9), of: Self.name(1), by: Self.member(3), commitment: Self.commitment(1)) == .lie)
        #expect(ring.came(Self.name(1), saying: Self.commitment(1)).isEmpty)
    }

    @Test func `SE-342: claims are bounded, and one member's push out only his own`() {
        var ring = Self.founder()
        _ = ring.told(Self.secret(100), of: Self.name(100), by: Self.member(1), commitment: nil)
        for byte in 1...50 as ClosedRange<UInt8> {
            _ = ring.told(Self.secret(byte), of: Self.name(byte), by: Self.member(2), commitment: nil)
        }
        // The four newest of the one, and the other's.
        for byte in 1...50 as ClosedRange<UInt8> { _ = ring.came(Self.name(byte), saying: Self.commitment(byte)) }
        #expect(ring.takeUnsaved() == (47...50).map { .brought(by: Self.name($0), Self.secret($0)) })
        _ = ring.came(Self.name(100), saying: Self.commitment(100))
        #expect(ring.takeUnsaved() == [.brought(by: Self.name(100), Self.secret(100))])
        // Of all, the newest.
        for byte in 101...199 as ClosedRange<UInt8> {
            _ = ring.told(Self.secret(byte), of: Self.name(byte), by: Self.member(byte), commitment: nil)
        }
        for byte in 101...199 as ClosedRange<UInt8> { _ = ring.came(Self.name(byte), saying: Self.commitment(byte)) }
        #expect(ring.takeUnsaved() == (136...199).map { .brought(by: Self.name($0), Self.secret($0)) })
    }

    @Test func `SE-191: who came by a later link is told the first secret, by what genesis says of it`() {
        var ring = EpochRing(epoch: Self.epoch(1), secret: EpochSecret.combined([Self.name(1): Self.secret(1)]))
        var isThere = ring.advance(to: [Self.name(1)])
        #expect(!isThere && ring.lacking.isEmpty && ring.told.isEmpty)
        // The removal does not count any more.
        isThere = ring.advance(to: [])
        #expect(!isThere && ring.lacking == [.zero])
        #expect(ring.told(Self.secret(9), of: .zero, by: Self.member(1), commitment: Self.commitment(200)) == .lie)
        #expect(ring.told(Self.secret(200), of: .zero, by: Self.member(1), commitment: Self.commitment(200)) == .new)
        isThere = ring.advance(to: [])
        #expect(isThere && ring.inForce.psk == RoomKeys(roomSecret: Self.secret(200)).psk)
    }

    @Test func `SE-192: what was saved brings us back to where we were`() {
        var ring = Self.founder()
        var saved: [EpochRecord] = []
        for (byte, newest) in [(1, [1]), (2, [1, 2]), (3, [3]), (3, [1, 2])] as [(UInt8, [UInt8])] {
            ring.bring(Self.secret(byte), by: Self.name(byte))
            let isThere = ring.advance(to: newest.map(Self.name))
            #expect(isThere)
            saved += ring.takeUnsaved()
            let back = EpochRing(epoch: .zero, secret: Self.secret(200), saved: saved)
            #expect(back.inForce.epoch == ring.inForce.epoch && back.inForce.psk == ring.inForce.psk && back.secret == ring.secret)
        }
        // Each secret once, and each time that we went on.
        #expect(saved.count == 3 + 4 && ring.takeUnsaved().isEmpty)
        var back = EpochRing(epoch: .zero, secret: Self.secret(200), saved: saved)
        #expect(back.takeUnsaved().isEmpty)
        let isElsewhere = back.advance(to: [Self.name(1), Self.name(2)])
        #expect(!isElsewhere && back.told.map(\.name) == [Self.name(1), Self.name(2)])
    }

    @Test func `SE-193: the keys of epochs where we were are held, the newest of them`() {
        var ring = Self.founder()
        for byte in 1...70 as ClosedRange<UInt8> {
            ring.bring(Self.secret(byte), by: Self.name(byte))
            _ = ring.advance(to: [Self.name(byte)])
        }
        let others = [Self.epoch(), Self.epoch(6), Self.epoch(7), Self.epoch(70), Self.epoch(71)]
        let keys = ring.keys(for: others)
        #expect(keys.inForce.epoch == Self.epoch(70) && keys.former.map(\.epoch) == [Self.epoch(7)])
    }
}
