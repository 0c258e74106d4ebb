import InkCrypto
import InkPrimitives

/// What one write says of who may do what (BD-92). The case follows from the property.
public enum RightsWrite: Hashable, Sendable {
    case grant(RightsGrant)
    case invite(RightsInvite)
    case admission(RightsAdmission)
    case removal(RightsEnd)
    case policy(RightsPolicy)
}

/// A right for one device.
public struct RightsGrant: Hashable, Sendable {
    public var role: Role
    /// The device key of who gets it.
    public var subject: AuthorID

    public init(role: Role, subject: AuthorID) { (self.role, self.subject) = (role, subject) }
}

/// A right to join, for whoever has the private half of a key.
public struct RightsInvite: Hashable, Sendable {
    /// Of whoever joins; nil of an invite for a further device of who writes it, in his role (BD-103).
    public var role: Role?
    /// How many may join by it; 0 for any number. Nothing that is valid depends on it: over-use is shown.
    public var uses: UInt32
    /// Seconds after which an owner's program ends it; 0 for never. Nothing that is valid depends on it.
    public var timeToLive: UInt32
    public var key: AuthorID

    public init(role: Role?, uses: UInt32, timeToLive: UInt32, key: AuthorID) {
        (self.role, self.uses, self.timeToLive, self.key) = (role, uses, timeToLive, key)
    }
}

/// What somebody says who joins by the invite that his transaction names.
public struct RightsAdmission: Hashable, Sendable {
    /// By the invite's key, over who joins what; 64 bytes.
    public var signature: [UInt8]

    public init(signature: [UInt8]) { self.signature = signature }

    /// The admission of `author` by who has an invite's key.
    public init(of author: AuthorID, to board: BoardID, inviteKey: SigningKey) {
        self.init(signature: inviteKey.sign(Self.signed(board, author)))
    }

    /// True if the invite's key signed for `author`. Costs about 40 µs.
    func isSigned(by key: AuthorID, for author: AuthorID, on board: BoardID) -> Bool {
        Signature.verify(signature, of: Self.signed(board, author), by: key)
    }

    private static func signed(_ board: BoardID, _ author: AuthorID) -> [UInt8] { domain + board.bytes + author.bytes }

    private static let domain = Array("inkwire/2 admission".utf8)
}

/// The end of rights, and a new secret of the room, or one of both.
public struct RightsEnd: Hashable, Sendable {
    /// Transactions that give what is removed: at most `Limits.removalsPerWrite`, ascending; none where only a secret is brought.
    public var rights: [TransactionName]
    /// Of the transaction's parents those under which what was done keeps counting; ascending, none where nothing is removed.
    public var heads: [TransactionName]
    /// Said to all; at most `Limits.reasonBytes` of UTF-8.
    public var reason: String
    /// What is said of the secret that it brings; nil for none (BD-184).
    public var secret: EpochCommitment?

    public init(rights: [TransactionName], heads: [TransactionName], reason: String = "", secret: EpochCommitment? = nil) {
        (self.rights, self.heads, self.reason, self.secret) = (rights.sorted(), heads.sorted(), reason, secret)
    }
}

/// What the owners allow everybody.
public struct RightsPolicy: Hashable, Sendable {
    public var viewersMayChat: Bool

    public init(viewersMayChat: Bool) { self.viewersMayChat = viewersMayChat }
}

/// The bytes of rights writes.
///
///     grant      role 1 │ subject 32
///     invite     role 1, of a device of one's own 0 │ uses varint │ time to live varint, seconds │ key 32
///     admission  signature 64
///     removal    rights: count varint, 32 each │ heads: count varint, 32 each │ reason: length varint, UTF-8 │ secret: 0, or 1 and its commitment 32
///     policy     1 byte: bit 0, viewers may write messages
///
/// A removal of one right, with no heads, because "so" (BD-185): `01`, the 32 bytes of the right's name, `00`, `02 73 6f`, `00`. One that removes
/// nothing and brings a secret: `00`, `00`, `00`, `01` and the commitment. An invite of one editor for an hour: `03 01 4e 10` and the key.
package enum RightsForm: Hashable, Sendable {
    case grant, invite, admission, removal, policy

    func read(from reader: inout ByteReader) throws(WireError) -> RightsWrite {
        switch self {
        case .grant:
            let role = try Self.readRole(from: &reader)
            return .grant(RightsGrant(role: role, subject: try reader.readIdentifier()))
        case .invite:
            let byte = try reader.readUInt8()
            let role = Role(rawValue: byte)
            guard role != nil || byte == 0 else { throw .unexpected }
            let uses = try reader.readCount(limit: Int(Limits.inviteCount))
            let seconds = try reader.readCount(limit: Int(Limits.inviteCount))
            return .invite(
                RightsInvite(role: role, uses: UInt32(uses), timeToLive: UInt32(seconds), key: try reader.readIdentifier()))
        case .admission:
            return .admission(RightsAdmission(signature: try reader.readBytes(Signature.byteCount)))
        case .removal:
            let rights: [TransactionName] = try TransactionCodec.readNames(from: &reader, limit: Limits.removalsPerWrite)
            let heads: [TransactionName] = try TransactionCodec.readNames(from: &reader, limit: Limits.parents)
            let reason = try reader.readText(limit: Limits.reasonBytes)
            let secret = try Self.readSecret(from: &reader)
            guard !rights.isEmpty || heads.isEmpty && secret != nil else { throw .nonCanonical }
            return .removal(RightsEnd(rights: rights, heads: heads, reason: reason, secret: secret))
        case .policy:
            let bits = try reader.readUInt8()
            guard bits <= 1 else { throw .limitExceeded }
            return .policy(RightsPolicy(viewersMayChat: bits == 1))
        }
    }

    /// Appends the bytes of a value; false for one of another form, or one that has no bytes.
    func write(_ value: RightsWrite, to writer: inout ByteWriter) -> Bool {
        guard allows(value) else { return false }
        switch value {
        case .grant(let grant):
            writer.write(grant.role.rawValue)
            writer.write(grant.subject)
        case .invite(let invite):
            writer.write(invite.role?.rawValue ?? 0)
            writer.writeVarint(UInt64(invite.uses))
            writer.writeVarint(UInt64(invite.timeToLive))
            writer.write(invite.key)
        case .admission(let admission): writer.write(admission.signature)
        case .removal(let end):
            TransactionCodec.writeNames(end.rights, to: &writer)
            TransactionCodec.writeNames(end.heads, to: &writer)
            writer.writeText(end.reason)
            writer.write(end.secret == nil ? 0 : 1 as UInt8)
            if let secret = end.secret { writer.write(secret) }
        case .policy(let policy): writer.write(policy.viewersMayChat ? 1 : 0 as UInt8)
        }
        return true
    }

    /// True for a value of this form that is within its limits.
    func allows(_ value: RightsWrite) -> Bool {
        switch (self, value) {
        case (.grant, .grant), (.policy, .policy): return true
        case (.invite, .invite(let invite)): return invite.uses <= Limits.inviteCount && invite.timeToLive <= Limits.inviteCount
        case (.admission, .admission(let admission)): return admission.signature.count == Signature.byteCount
        case (.removal, .removal(let end)):
            guard !end.rights.isEmpty || end.heads.isEmpty && end.secret != nil else { return false }
            return end.rights.count <= Limits.removalsPerWrite && end.heads.count <= Limits.parents
                && end.reason.utf8.count <= Limits.reasonBytes
        default: return false
        }
    }

    private static func readSecret(from reader: inout ByteReader) throws(WireError) -> EpochCommitment? {
        switch try reader.readUInt8() {
        case 0: return nil
        case 1: return try reader.readIdentifier()
        default: throw .unexpected
        }
    }

    private static func readRole(from reader: inout ByteReader) throws(WireError) -> Role {
        guard let role = Role(rawValue: try reader.readUInt8()) else { throw .unexpected }
        return role
    }
}
