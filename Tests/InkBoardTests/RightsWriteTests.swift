import InkCrypto
import InkPrimitives
import Testing

@testable import InkBoard

@Suite struct RightsWriteTests {
    private static let name = TransactionName(Array(repeating: 0xAB, count: 32)) ?? .zero
    private static let other = TransactionName(Array(repeating: 0xAC, count: 32)) ?? .zero
    private static let author = AuthorID(Array(repeating: 0xCD, count: 32)) ?? .zero
    private static let secret = EpochCommitment(Array(repeating: 0xEF, count: 32)) ?? .zero

    private static func bytes(_ form: RightsForm, _ value: RightsWrite) -> [UInt8]? {
        var writer = ByteWriter(capacity: 64)
        return form.write(value, to: &writer) ? writer.bytes : nil
    }

    private static func read(_ form: RightsForm, _ bytes: [UInt8]) throws(WireError) -> RightsWrite {
        var reader = ByteReader(bytes)
        let value = try form.read(from: &reader)
        try reader.finish()
        return value
    }

    @Test func `BD-2, BD-92: the bytes of rights are frozen`() throws {
        let (ab, cd, ef) = (String(repeating: "ab", count: 32), String(repeating: "cd", count: 32), String(repeating: "ef", count: 32))
        let ac = String(repeating: "ac", count: 32)
        let signature = [UInt8](repeating: 7, count: 64)
        let cases: [(RightsForm, RightsWrite, String)] = [
            (.grant, .grant(RightsGrant(role: .owner, subject: Self.author)), "04" + cd),
            (.invite, .invite(RightsInvite(role: .editor, uses: 1, timeToLive: 3600, key: Self.author)), "03014e10" + cd),
            (.invite, .invite(RightsInvite(role: .viewer, uses: 0, timeToLive: 0, key: Self.author)), "010000" + cd),
            (.invite, .invite(RightsInvite(role: nil, uses: 1, timeToLive: 600, key: Self.author)), "00014258" + cd),
            (.admission, .admission(RightsAdmission(signature: signature)), String(repeating: "07", count: 64)),
            (.removal, .removal(RightsEnd(rights: [Self.name], heads: [], reason: "so")), "01" + ab + "0002736f00"),
            (.removal, .removal(RightsEnd(rights: [], heads: [], secret: Self.secret)), "00000001" + ef),
            (.removal, .removal(RightsEnd(rights: [Self.other, Self.name], heads: [Self.other])), "02" + ab + ac + "01" + ac + "0000"),
            (
                .removal, .removal(RightsEnd(rights: [Self.name], heads: [Self.other], reason: "so", secret: Self.secret)),
                "01" + ab + "01" + ac + "02736f01" + ef
            ),
            (.policy, .policy(RightsPolicy(viewersMayChat: true)), "01"), (.policy, .policy(RightsPolicy(viewersMayChat: false)), "00"),
        ]
        for (form, value, hex) in cases {
            let bytes = try #require(Self.bytes(form, value))
            #expect(Hex.encode(bytes) == hex)
            #expect(try Self.read(form, bytes) == value)
            for count in 0..<bytes.count { #expect(throws: WireError.self) { try Self.read(form, Array(bytes[..<count])) } }
        }
    }

    @Test func `BD-2, BD-92: another spelling, and what exceeds a limit, is refused`() throws {
        let (ab, ac) = ([UInt8](repeating: 0xAB, count: 32), [UInt8](repeating: 0xAC, count: 32))
        let keys = [UInt8](repeating: 1, count: 64)
        let refused: [(RightsForm, [UInt8])] = [
            (.grant, [0] + keys), (.grant, [5] + keys), (.invite, [3, 0x40, 0x01, 0] + ab), (.removal, [0, 0, 0, 0]),
            // Heads of nothing, and a flag that is none.
            (.removal, [0, 1] + ab + [0, 1] + ac), (.removal, [1] + ab + [0, 0, 2] + ac), (.removal, [0, 0, 0, 1]),
            (.removal, [2] + ac + ab + [0, 0, 0]), (.removal, [2] + ab + ab + [0, 0, 0]), (.removal, [1] + ab + [2] + ac + ab + [0, 0]),
            (.removal, [1] + ab + [0, 1, 0xFF, 0]), (.removal, [1] + ab + [17]), (.removal, [0x40, 65]), (.policy, [2]),
            (.removal, [1] + ab + [0, 0x41, 0x01] + Array(repeating: 0x61, count: 257) + [0]),
        ]
        for (form, bytes) in refused { #expect(throws: WireError.self, "\(bytes)") { try Self.read(form, bytes) } }
        let long = RightsEnd(rights: [Self.name], heads: [], reason: String(repeating: "a", count: 257))
        #expect(Self.bytes(.removal, .removal(long)) == nil && Self.bytes(.grant, .policy(RightsPolicy(viewersMayChat: true))) == nil)
        #expect(Self.bytes(.removal, .removal(RightsEnd(rights: [], heads: []))) == nil)
        #expect(Self.bytes(.removal, .removal(RightsEnd(rights: [], heads: [Self.name], secret: Self.secret))) == nil)
    }

    @Test func `BD-165: a transaction gives one right at most, and an admission stands alone`() throws {
        let owner = try key(1)
        let person = ShapeID(author: owner.author, number: 0)
        let grant = Write(person, .grant, .right(.grant(RightsGrant(role: .editor, subject: Self.author))))
        let invite = Write(person, .invite, .right(.invite(RightsInvite(role: .editor, uses: 0, timeToLive: 0, key: Self.author))))
        let signature = [UInt8](repeating: 7, count: 64)
        let join = Write(person, .admittance, .right(.admission(RightsAdmission(signature: signature))))
        let policy = Write(person, .policy, .right(.policy(RightsPolicy(viewersMayChat: true))))
        let first = try genesis(by: owner)
        let header = TransactionHeader(
            board: try Board(genesis: first).id, author: owner.author, sequence: 2, previous: first.name, grant: first.name,
            parents: [first.name], lamport: 2, claimedWallTime: 0)
        func isWritten(_ writes: Write...) throws -> Bool {
            do {
                _ = try Transaction.sign(header, writes: writes, key: owner)
            } catch RuleViolation.badValue {
                return false
            }
            return true
        }
        #expect(try isWritten(grant, policy))
        #expect(try isWritten(invite, policy))
        #expect(try !isWritten(grant, invite))
        #expect(try !isWritten(join, policy))
        #expect(try !isWritten(join, Write(ShapeID(author: owner.author, number: 1), .deletion, .mark)))
        let elsewhere = Write(ShapeID(author: owner.author, number: 1), .policy, .right(.policy(RightsPolicy(viewersMayChat: true))))
        #expect(try !isWritten(elsewhere))
        // On a board without roles it has no place.
        var board = try Board(genesis: first)
        #expect(throws: RuleViolation.noRight) { try board.author([grant], key: owner, wallTime: 0) }
    }
}
