import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import InkTransport

/// A way to come into a room without the right to.
enum Attempt: Int, CaseIterable {
    // The secret.
    case wrongSecret, otherEpoch
    // What is said of a right.
    case silent, noGrant, nameOfAnother, revoked, unknownRight
    // Who gave it.
    case otherBoard, truncated, reordered, ended, forged, ofAnother, thousandLinks, malformed
    // A claim.
    case claimOfOtherBoard, claimOfNoInvite, claimEnded, claimExpired, claimSpent, claimReplayed, claimForged
    // Another room's words, before anybody was let in.
    case roomFirst, floodOfWords

    /// False where no handshake becomes whole.
    var hasSecret: Bool { self != .wrongSecret && self != .otherEpoch }

    /// Who comes: most are new each time, as strangers can be.
    func device(in room: AdmissionRoom, number: Int, using random: inout SecretGenerator) -> SigningKey {
        switch self {
        case .revoked: room.removed[number % room.removed.count].key
        case .otherBoard: room.other.member
        case .ended: room.givenByRemoved.key
        default: SigningKey(seed: random.secret())
        }
    }

    func keys(of room: AdmissionRoom, using random: inout SecretGenerator) -> RoomKeys {
        switch self {
        case .wrongSecret: RoomKeys(roomSecret: random.secret())
        case .otherEpoch: RoomKeys(roomSecret: room.secret, epoch: EpochID(random.bytes(32)) ?? .zero)
        default: RoomKeys(roomSecret: room.secret)
        }
    }

    /// What is said on the control lane once there is a session.
    ///
    /// - Parameter replayed: the claim of an honest device.
    func words(in room: AdmissionRoom, of device: SigningKey, replaying replayed: InviteClaim, using random: inout SecretGenerator)
        -> [[UInt8]]
    {
        func hello(_ right: TransactionName?, hasGenesis: Bool = false) -> [UInt8] {
            SessionMessage.hello(hasGenesis: hasGenesis, right: right).encode()
        }
        func claim(_ claim: InviteClaim) -> [[UInt8]] { [SessionMessage.claim(claim).encode(), hello(nil)] }
        func claim(by invite: InviteKey, to board: BoardID? = nil) -> [[UInt8]] {
            claim(InviteClaim(of: device.author, to: board ?? room.id, by: invite.invite, key: SigningKey(seed: invite.seed)))
        }
        /// Says a right that the room does not know, so that it asks, and shows this at once.
        func shown(_ links: [Transaction], counting count: Int? = nil) -> [[UInt8]] {
            var writer = ByteWriter(capacity: 1024)
            writer.write(14 as UInt8)
            writer.writeVarint(count ?? links.count)
            for link in links { writer.writeLengthPrefixed(link.encoded) }
            // A thousand links are more than one message carries: it ends in the midst of one.
            let message = Array(writer.bytes.prefix(Endpoint.messageMax))
            return [hello(links.first?.name, hasGenesis: true), SessionMessage.askChain.encode(), message]
        }
        let chain = room.givenByRemoved.chain.links
        switch self {
        case .wrongSecret, .otherEpoch, .noGrant: return [hello(nil, hasGenesis: true)]
        case .silent: return []
        case .nameOfAnother: return [hello(room.stored.first?.name)]
        case .revoked:
            let right = room.removed.first { $0.key.author == device.author }?.right
            return [hello(right, hasGenesis: true), SessionMessage.askChain.encode()]
        case .unknownRight:
            return [hello(TransactionName(random.bytes(32)), hasGenesis: true), SessionMessage.askChain.encode()]
        case .otherBoard: return shown(room.other.chain.links)
        case .truncated: return shown(Array(chain.prefix(1)))
        case .reordered: return shown(chain.reversed())
        case .ended, .ofAnother: return shown(chain)
        case .forged: return shown(Self.forged(for: device, under: chain))
        case .thousandLinks: return shown(Array(repeating: chain[0], count: 1000))
        case .malformed: return [hello(TransactionName(random.bytes(32))), [14, 2, 3, 1, 2, 3], random.bytes(200)]
        case .claimOfOtherBoard: return claim(by: room.other.invite, to: room.other.board)
        case .claimOfNoInvite:
            return claim(by: InviteKey(invite: room.stored.last?.name ?? room.open.invite, seed: room.open.seed))
        case .claimEnded: return claim(by: room.ended)
        case .claimExpired: return claim(by: room.expired)
        case .claimSpent: return claim(by: room.spent)
        case .claimReplayed: return claim(replayed)
        case .claimForged: return claim(InviteClaim(invite: room.open.invite, signature: random.bytes(64)))
        case .roomFirst:
            return [
                SessionMessage.welcome.encode(), SessionMessage.ask([room.genesis.name] + room.stored.suffix(20).map(\.name)).encode(),
                SessionMessage.fingerprint(Fingerprint(random.bytes(32)) ?? .zero, count: 1 << 40).encode(),
                SessionMessage.reconcile(random.bytes(64)).encode(), SessionMessage.prove(sequence: 1).encode(),
                SessionMessage.adjacent([room.editor.author, room.owner.author]).encode(), hello(nil),
            ]
        case .floodOfWords:
            let unknown = TransactionName(random.bytes(32))
            return (0..<200).flatMap { _ in [hello(unknown), SessionMessage.askChain.encode(), hello(unknown, hasGenesis: true)] }
        }
    }

    /// The chain of a device that signs a gift to itself in the name of who may give.
    private static func forged(for device: SigningKey, under chain: [Transaction]) -> [Transaction] {
        guard let link = chain.first else { return [] }
        let header = TransactionHeader(
            board: link.board, author: link.author, sequence: link.sequence, previous: link.previous, grant: link.grant,
            parents: link.parents, lamport: link.lamport, claimedWallTime: link.claimedWallTime)
        let writes = Board.writes(granting: .owner, to: device.author, by: link.author)
        guard let own = try? Transaction.sign(header, writes: writes, key: device) else { return [] }
        return [own] + chain.dropFirst()
    }
}
