import InkCrypto
import InkPrimitives

/// How rights are given on a board; frozen in genesis.
public enum AdmissionPolicy: UInt8, Hashable, Sendable {
    /// Whoever holds the room secret may edit.
    case secret = 1
    /// Whoever holds a grant that counts.
    case grants = 2

    /// The board version that it came with.
    var version: UInt64 { UInt64(rawValue) }
}

/// The unit of agreement: writes of one author, signed, placed after its parents, named by the hash of its body.
///
/// Holds only what `init(decoding:)` or `sign` checked: canonical bytes within all limits. Whether it fits a board is `Board.insert`'s
/// business, whether the author signed it is `hasValidSignature`'s.
public struct Transaction: Hashable, Sendable {
    /// One immutable block, so that a copy costs one reference; 100 000 transactions are held in several places.
    private final class Storage: Sendable {
        let name: TransactionName
        let header: TransactionHeader
        let encoded: [UInt8]
        /// Where the writes begin in `encoded`.
        let writesPosition: Int
        let summary: WriteSummary

        init(name: TransactionName, header: TransactionHeader, encoded: [UInt8], writesPosition: Int, summary: WriteSummary) {
            (self.name, self.header, self.encoded, self.writesPosition) = (name, header, encoded, writesPosition)
            self.summary = summary
        }
    }

    private let storage: Storage

    package var header: TransactionHeader { storage.header }
    /// The BLAKE2b-256 of the body.
    public var name: TransactionName { storage.name }
    /// The board it was made for; `.zero` in genesis.
    public var board: BoardID { storage.header.board }
    /// The device key that signed.
    public var author: AuthorID { storage.header.author }
    /// Counts the author's transactions from 1.
    public var sequence: UInt64 { storage.header.sequence }
    /// The author's transaction before this one, one of the parents; `.zero` when `sequence` is 1.
    public var previous: TransactionName { storage.header.previous }
    /// The transaction that gives the right used; `.zero` in genesis.
    public var grant: TransactionName { storage.header.grant }
    /// Ascending, at most `Limits.parents`; empty in genesis only.
    public var parents: [TransactionName] { storage.header.parents }
    /// `1 + max` over the parents.
    public var lamport: UInt64 { storage.header.lamport }
    /// Milliseconds since 1970 as the author claims; for display only.
    public var claimedWallTime: UInt64 { storage.header.claimedWallTime }
    /// Body and signature, canonical.
    public var encoded: [UInt8] { storage.encoded }

    /// What the rules of rights ask of its writes.
    var summary: WriteSummary { storage.summary }
    /// True for the first transaction of a board.
    public var isGenesis: Bool { board == .zero }
    public var stamp: Stamp { Stamp(lamport: lamport, author: author, name: name) }

    /// Own targets first, then those of others, ascending by author; within an author by number, within a target by property.
    ///
    /// Read from the bytes at each call: writes held decoded would be four times the size of the log.
    public var writes: [Write] {
        var reader = ByteReader(storage.encoded, range: storage.writesPosition..<bodyCount)
        var sink = TransactionCodec.WriteSink(isKept: true)
        // The same bytes passed this same reading when the value was made.
        return (try? TransactionCodec.readWrites(from: &reader, author: author, into: &sink)) == nil ? [] : sink.writes
    }

    /// The 64 bytes behind the body.
    public var signature: [UInt8] { Array(encoded[bodyCount...]) }

    /// True if `author` signed the body. Costs about 40 µs.
    public var hasValidSignature: Bool { Signature.verify(signature, of: Self.signed(encoded[..<bodyCount]), by: author) }

    /// Reads one transaction that fills `bytes`. Canonical or refused, within all limits (BD-2); the signature is not verified.
    public init(decoding bytes: [UInt8]) throws(WireError) {
        guard bytes.count <= Limits.transactionBytes else { throw .limitExceeded }
        guard bytes.count > Self.signatureCount else { throw .truncated(needed: Self.signatureCount + 1, available: bytes.count) }
        let bodyCount = bytes.count - Self.signatureCount
        var reader = ByteReader(bytes, range: 0..<bodyCount)
        let header = try TransactionCodec.readHeader(from: &reader)
        let position = reader.position
        var sink = TransactionCodec.WriteSink(isKept: false)
        try TransactionCodec.readWrites(from: &reader, author: header.author, into: &sink)
        try reader.finish()
        try TransactionCodec.check(sink, of: header)
        storage = Storage(
            name: Self.name(of: bytes[..<bodyCount]), header: header, encoded: bytes, writesPosition: position, summary: sink.summary)
    }

    /// Makes and signs a transaction (BD-3). `writes` may come in any order.
    package static func sign(_ header: TransactionHeader, writes: [Write], key: SigningKey) throws(RuleViolation) -> Transaction {
        let body = try TransactionCodec.body(header, writes: writes)
        guard body.count + signatureCount <= Limits.transactionBytes else { throw .tooLarge }
        do {
            return try Transaction(decoding: body + key.sign(signed(body[...])))
        } catch .limitExceeded {
            throw .tooLarge
        } catch {
            throw .badValue(field: "\(error)")
        }
    }

    private var bodyCount: Int { storage.encoded.count - Self.signatureCount }

    private static func name(of body: ArraySlice<UInt8>) -> TransactionName {
        TransactionName(Blake2b.hash256(Array(body))) ?? .zero
    }

    private static func signed(_ body: ArraySlice<UInt8>) -> [UInt8] { domain + body }

    private static let domain = Array("inkwire/1 transaction".utf8)
    package static let signatureCount = 64

    public static func == (left: Transaction, right: Transaction) -> Bool {
        left.storage === right.storage || left.storage.encoded == right.storage.encoded
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// Everything of a transaction but its name, its writes and its signature.
package struct TransactionHeader: Hashable, Sendable {
    package var board: BoardID
    package var author: AuthorID
    package var sequence: UInt64
    package var previous: TransactionName
    package var grant: TransactionName
    package var parents: [TransactionName]
    package var lamport: UInt64
    package var claimedWallTime: UInt64

    package init(
        board: BoardID, author: AuthorID, sequence: UInt64, previous: TransactionName, grant: TransactionName,
        parents: [TransactionName], lamport: UInt64, claimedWallTime: UInt64
    ) {
        self.board = board
        self.author = author
        self.sequence = sequence
        self.previous = previous
        self.grant = grant
        self.parents = parents
        self.lamport = lamport
        self.claimedWallTime = claimedWallTime
    }
}
