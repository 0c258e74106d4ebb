import InkCrypto
import InkPrimitives
import Testing

@testable import InkRendezvous

@Suite struct BeaconTests {
    private static func secret(_ byte: UInt8) -> Secret32 {
        guard let secret = Secret32([UInt8](repeating: byte, count: 32)) else { preconditionFailure("32 bytes") }
        return secret
    }

    private static func peer(_ byte: UInt8) -> PeerID {
        guard let peer = PeerID([UInt8](repeating: byte, count: 32)) else { preconditionFailure("32 bytes") }
        return peer
    }

    private static func nonce(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: Beacon.nonceCount) }

    private static let room = RoomKeys(roomSecret: secret(1))
    private static let ip = IPAddress.v4(0xC0A8_0104)
    private static let beacon = Beacon(port: 40_123, peer: peer(7))

    @Test func `RV-90: a beacon says to members where somebody is, in any epoch that they know, and to nobody else`() throws {
        let later = RoomKeys(roomSecret: Self.secret(2), epoch: try #require(EpochID([UInt8](repeating: 9, count: 32))))
        let other = RoomKeys(roomSecret: Self.secret(3))
        let bytes = Self.beacon.sealed(under: later, from: Self.ip, nonce: Self.nonce(5))
        #expect(bytes.count == 46 && Beacon.isBeacon(bytes))
        let read = try #require(Beacon.open(bytes, from: Self.ip, under: [Self.room, later]))
        #expect(read.beacon == Self.beacon && read.epoch == later.epoch)
        #expect(Beacon.open(bytes, from: Self.ip, under: [Self.room, other]) == nil)
        #expect(Beacon.open(bytes, from: Self.ip, under: []) == nil)
    }

    @Test func `RV-161: every bit counts, and so does the address that it comes from`() {
        let bytes = Self.beacon.sealed(under: Self.room, from: Self.ip, nonce: Self.nonce(5))
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(Beacon.open(changed, from: Self.ip, under: [Self.room]) == nil, "bit \(bit)")
        }
        #expect(Beacon.open(bytes, from: .v4(0xC0A8_0105), under: [Self.room]) == nil, "played again by another")
        for count in [0, 3, 45] { #expect(Beacon.open(Array(bytes.prefix(count)), from: Self.ip, under: [Self.room]) == nil) }
        #expect(Beacon.open(bytes + [0], from: Self.ip, under: [Self.room]) == nil)
        // Of a link-local address each machine has its own number of the link.
        let near = IPAddress.v6(high: 0xFE80_0000_0000_0000, low: 4)
        let sixth = Self.beacon.sealed(under: Self.room, from: near.inZone(3), nonce: Self.nonce(6))
        #expect(Beacon.open(sixth, from: near.inZone(17), under: [Self.room])?.beacon == Self.beacon)
    }

    @Test func `RV-90, RV-160: two beacons of one board have nothing in common but what all have, and show neither port nor peer`() {
        let all = (0..<200).map { Self.beacon.sealed(under: Self.room, from: Self.ip, nonce: Self.nonce(UInt8($0))) }
        // Where everything is drawn by chance, no byte of the hashed parts is the same in more than a few of 200.
        for index in 20..<46 {
            let most = Dictionary(grouping: all, by: { $0[index] }).values.map(\.count).max() ?? 0
            #expect(most < 12, "byte \(index)")
        }
        let (port, peer) = ([UInt8(40_123 >> 8), UInt8(40_123 & 0xFF)], [UInt8](repeating: 7, count: 4))
        let shown = all.filter { bytes in Array(bytes[20..<22]) == port || (22..<26).allSatisfy { bytes[$0] == peer[0] } }
        #expect(shown.count < 3)
    }

    @Test func `RV-91, RV-162: a question has its number in clear and nothing of the words, and its answer is shorter`() throws {
        let number = try #require(MailboxNumber(4711))
        let question = try #require(LinkQuestion(number: number, nonce: [UInt8](1...8)))
        #expect(Hex.encode(question.encoded) == "696e6b02" + "0102030405060708" + "1267" + String(repeating: "00", count: 18))
        #expect(try LinkQuestion(decoding: question.encoded) == question)
        let answer = LinkAnswer(to: question, port: 40_000, holder: [UInt8](11...18))
        #expect(Hex.encode(answer.encoded) == "696e6b03" + "0102030405060708" + "1267" + "9c40" + "0b0c0d0e0f101112")
        #expect(try LinkAnswer(decoding: answer.encoded) == answer)
        #expect(answer.encoded.count < question.encoded.count)
    }

    @Test func `RV-91: only numbers of four digits are asked for, and each question and answer has one form`() throws {
        for number: UInt32 in [1, 999, 10_000, 99_999] {
            let other = try #require(MailboxNumber(number))
            #expect(LinkQuestion(number: other, nonce: [UInt8](1...8)) == nil)
        }
        let number = try #require(MailboxNumber(1000))
        let question = try #require(LinkQuestion(number: number, nonce: [UInt8](1...8)))
        for index in question.encoded.indices where index < 4 || index > 13 {
            var changed = question.encoded
            changed[index] ^= 1
            #expect(throws: WireError.self) { try LinkQuestion(decoding: changed) }
        }
        for number: UInt16 in [0, 999, 10_000, .max] {
            var changed = question.encoded
            (changed[12], changed[13]) = (UInt8(number >> 8), UInt8(number & 0xFF))
            #expect(throws: WireError.self) { try LinkQuestion(decoding: changed) }
        }
        let answer = LinkAnswer(to: question, port: 1, holder: [UInt8](1...8)).encoded
        #expect(throws: WireError.self) { try LinkAnswer(decoding: Array(answer.dropLast())) }
        #expect(throws: WireError.self) { try LinkAnswer(decoding: answer + [0]) }
        #expect(throws: WireError.self) { try LinkAnswer(decoding: Array(answer[..<14]) + [0, 0] + answer[16...]) }
        #expect(throws: WireError.self) { try LinkQuestion(decoding: answer) }
    }
}
