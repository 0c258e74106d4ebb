import InkBoard
import InkConnectivity
import InkCrypto
import InkPrimitives

/// What two nodes say to each other on the control lane, in order.
package enum SessionMessage: Hashable, Sendable {
    /// First on every connection, after a claim, and again when `hasGenesis` turns true or another right is ours. Before both have genesis, and on a
    /// board with roles before each has welcomed the other, nothing else of the room is said.
    ///
    /// - Parameter right: the transaction that gives the sender's right; nil of who has none, and on a board without roles.
    case hello(hasGenesis: Bool, right: TransactionName? = nil)
    /// The encoded genesis transaction.
    case genesis([UInt8])
    /// What the sender's set amounts to now.
    case fingerprint(Fingerprint, count: UInt64)
    /// One message of `InkBoard.Reconciler`.
    case reconcile([UInt8])
    /// Names that the sender lacks and saw as parents; at most `asksMax`.
    case ask([TransactionName])
    /// The sender has transactions 1...`sequence` of the receiver's author in its set.
    case receipt(sequence: UInt64)
    /// The devices with which the sender has a session; at most `adjacentMax`.
    case adjacent([AuthorID])
    /// How they differ from what was said last; at most `adjacentMax` each.
    case adjacency(joined: [AuthorID], left: [AuthorID])

    /// The sender wants to see its own transaction of this sequence, which the receiver says to have: it believes no number.
    case prove(sequence: UInt64)

    /// Where the sender is to be found, best first; takes the place of what it said before. At most `Limits.candidates`.
    case addresses([Candidate])

    /// The sender gets from another what it asked this one for: what has not left of it need not.
    case enough

    /// The sender joins by an invite, and has not written so yet.
    case claim(InviteClaim)
    /// The right that the receiver named is not known to the sender, who wants to see who gave it.
    case askChain
    /// Who gave the sender's right.
    case chain(RightsChain)
    /// The receiver may be here: as far as the sender is concerned everything may be said.
    case welcome
    /// This transaction ended the receiver's right: the last that is said to it.
    case removal([UInt8])

    /// Secrets of the newest epoch that the receiver may lack: 1 to `secretsMax`, ascending by name.
    case secrets([ToldSecret])
    /// The sender is at this epoch, and its disk has that.
    case epoch(EpochID)

    package static let asksMax = 256
    package static let secretsMax = 16
    package static let adjacentMax = 1024

    private enum Tag: UInt8 {
        case hello = 1, genesis, fingerprint, reconcile, ask, receipt, adjacent, adjacency, prove, addresses, enough, claim, askChain,
            chain, welcome, secrets, removal, epoch
    }

    /// A tag byte, then the fields in the order above.
    package func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        switch self {
        case .hello(let hasGenesis, let right):
            writer.write(Tag.hello.rawValue)
            writer.write((hasGenesis ? 1 : 0) | (right == nil ? 0 : 2) as UInt8)
            if let right { writer.write(right) }
        case .genesis(let bytes):
            writer.write(Tag.genesis.rawValue)
            writer.writeLengthPrefixed(bytes)
        case .fingerprint(let fingerprint, let count):
            writer.write(Tag.fingerprint.rawValue)
            writer.write(fingerprint)
            writer.writeVarint(count)
        case .reconcile(let bytes):
            writer.write(Tag.reconcile.rawValue)
            writer.write(bytes)
        case .ask(let names):
            writer.write(Tag.ask.rawValue)
            writer.writeVarint(names.count)
            for name in names { writer.write(name) }
        case .receipt(let sequence):
            writer.write(Tag.receipt.rawValue)
            writer.writeVarint(sequence)
        case .adjacent(let authors):
            writer.write(Tag.adjacent.rawValue)
            writer.writeVarint(authors.count)
            for author in authors { writer.write(author) }
        case .adjacency(let joined, let left):
            writer.write(Tag.adjacency.rawValue)
            for authors in [joined, left] {
                writer.writeVarint(authors.count)
                for author in authors { writer.write(author) }
            }
        case .prove(let sequence):
            writer.write(Tag.prove.rawValue)
            writer.writeVarint(sequence)
        case .addresses(let candidates):
            writer.write(Tag.addresses.rawValue)
            writer.writeVarint(candidates.count)
            for candidate in candidates { candidate.write(to: &writer) }
        case .enough: writer.write(Tag.enough.rawValue)
        case .claim(let claim):
            writer.write(Tag.claim.rawValue)
            claim.write(to: &writer)
        case .askChain: writer.write(Tag.askChain.rawValue)
        case .chain(let chain):
            writer.write(Tag.chain.rawValue)
            chain.write(to: &writer)
        case .welcome: writer.write(Tag.welcome.rawValue)
        case .removal(let bytes):
            writer.write(Tag.removal.rawValue)
            writer.writeLengthPrefixed(bytes)
        case .secrets(let secrets):
            writer.write(Tag.secrets.rawValue)
            writer.writeVarint(secrets.count)
            for told in secrets {
                writer.write(told.name)
                told.secret.withBytes { writer.write($0) }
            }
        case .epoch(let epoch):
            writer.write(Tag.epoch.rawValue)
            writer.write(epoch)
        }
        return writer.bytes
    }

    package init(decoding bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        guard let tag = Tag(rawValue: try reader.readUInt8()) else { throw .unexpected }
        switch tag {
        case .hello:
            let value = try reader.readUInt8()
            guard value <= 3 else { throw .nonCanonical }
            let right: TransactionName? = value & 2 == 0 ? nil : try reader.readIdentifier()
            self = .hello(hasGenesis: value & 1 == 1, right: right)
        case .genesis: self = .genesis(try reader.readLengthPrefixed(limit: Limits.transactionBytes))
        case .fingerprint:
            let fingerprint: Fingerprint = try reader.readIdentifier()
            self = .fingerprint(fingerprint, count: try reader.readVarint())
        case .reconcile: self = .reconcile(reader.readRest())
        case .ask:
            let count = try reader.readCount(limit: Self.asksMax)
            var names: [TransactionName] = []
            for _ in 0..<count { names.append(try reader.readIdentifier()) }
            self = .ask(names)
        case .receipt: self = .receipt(sequence: try reader.readVarint())
        case .adjacent: self = .adjacent(try Self.readAuthors(from: &reader))
        case .adjacency: self = .adjacency(joined: try Self.readAuthors(from: &reader), left: try Self.readAuthors(from: &reader))
        case .prove: self = .prove(sequence: try reader.readVarint())
        case .addresses:
            let count = try reader.readCount(limit: Limits.candidates)
            var candidates: [Candidate] = []
            for _ in 0..<count { candidates.append(try Candidate(from: &reader)) }
            self = .addresses(candidates)
        case .enough: self = .enough
        case .claim: self = .claim(try InviteClaim(from: &reader))
        case .askChain: self = .askChain
        case .chain: self = .chain(try RightsChain(from: &reader))
        case .welcome: self = .welcome
        case .removal: self = .removal(try reader.readLengthPrefixed(limit: Limits.transactionBytes))
        case .secrets: self = .secrets(try Self.readSecrets(from: &reader))
        case .epoch: self = .epoch(try reader.readIdentifier())
        }
        try reader.finish()
    }

    private static func readSecrets(from reader: inout ByteReader) throws(WireError) -> [ToldSecret] {
        var secrets: [ToldSecret] = []
        for _ in 0..<(try reader.readCount(limit: secretsMax)) {
            let name: TransactionName = try reader.readIdentifier()
            if let last = secrets.last, last.name >= name { throw .nonCanonical }
            guard let secret = Secret32(try reader.readBytes(32)) else { throw .unexpected }
            secrets.append(ToldSecret(name: name, secret: secret))
        }
        guard !secrets.isEmpty else { throw .nonCanonical }
        return secrets
    }

    private static func readAuthors(from reader: inout ByteReader) throws(WireError) -> [AuthorID] {
        var authors: [AuthorID] = []
        for _ in 0..<(try reader.readCount(limit: adjacentMax)) { authors.append(try reader.readIdentifier()) }
        return authors
    }
}
