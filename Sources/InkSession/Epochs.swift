import InkBoard
import InkCrypto
import InkPrimitives
import InkTransport

/// The epochs of our room: which secrets we hold, what of that the disk has, and where each member was last (SE-190 to SE-197).
///
///     a removal of ours: secret made ─▶ brought ──┬─▶ on the disk ─▶ told to who is in the room, then the removal
///     one of another:    told, and it fits ───────┘
///     all secrets of the newest epoch here ─▶ reached ─▶ on the disk ─▶ in use: handshakes, topic, links
struct Epochs: Sendable {
    /// Where others are to be met.
    struct Meeting: Sendable {
        /// Of handshakes.
        let keys: EpochKeys
        /// Of epochs that are passed, in whose topics somebody may be.
        let topics: [RoomKeys]
    }

    /// What those who come and those who are met need of an epoch.
    struct Place: Sendable {
        let keys: RoomKeys
        let secret: Secret32
    }

    private var ring: EpochRing
    private var generator: SecretGenerator
    /// Secrets of removals that are about to be written, by what is said of them; the newest last.
    private var prepared: [(commitment: EpochCommitment, secret: Secret32)] = []
    /// Transactions whose secrets the disk has; zero for the first.
    private var saved: Set<TransactionName> = [.zero]
    /// Where we are for all others: the disk has it.
    private(set) var inUse: Place
    /// Where we are met, as the endpoint and the rendezvous were told last.
    private var meeting: (keys: [EpochID], topics: [EpochID], members: Set<AuthorID>) = ([], [], [])
    /// Where each member was last; the greater `order`, the later it was met.
    private var places: [AuthorID: (epoch: EpochID, order: Int)] = [:]
    private var placeCount = 0

    /// Removals that may be about to be written; of more the oldest secret is forgotten.
    private static let preparedMax = 8
    /// Topics of passed epochs in which we are: each is a word to each rendezvous (SE-348).
    private static let topicsMax = 8
    /// Members whose epoch is remembered.
    private static let placesMax = 1024

    /// - Parameters:
    ///   - epoch: of `secret`: of the link that brought us here, zero for a board that was made here.
    ///   - records: of the disk, in its order.
    init(epoch: EpochID, secret: Secret32, saved records: [EpochRecord], generator: SecretGenerator) {
        ring = EpochRing(epoch: epoch, secret: secret, saved: records)
        self.generator = generator
        inUse = Place(keys: ring.inForce, secret: ring.secret)
        for case .brought(let name, _) in records { saved.insert(name) }
        for case .met(let device, let epoch) in records { note(device, at: epoch) }
    }

    /// Transactions that begin the newest epoch and whose secrets we lack.
    var lacking: [TransactionName] { ring.lacking }

    /// Makes the secret of a removal.
    mutating func prepare() -> EpochCommitment {
        let secret = generator.secret()
        let commitment = EpochSecret.commitment(to: secret)
        prepared.append((commitment, secret))
        if prepared.count > Self.preparedMax { prepared.removeFirst() }
        return commitment
    }

    /// We signed a transaction: its secret is ours to tell.
    ///
    /// - Returns: what is to be saved before it.
    mutating func wrote(_ transaction: Transaction) -> [EpochRecord] {
        guard let commitment = transaction.broughtSecret, let index = prepared.firstIndex(where: { $0.commitment == commitment }) else {
            return []
        }
        ring.bring(prepared.remove(at: index).secret, by: transaction.name)
        return ring.takeUnsaved()
    }

    /// A member tells a secret.
    mutating func told(_ told: ToldSecret, by member: AuthorID, on board: Board) -> EpochRing.Verdict {
        let commitment = board.commitment(of: told.name)
        // What is here and brings none has none.
        if commitment == nil, told.name == .zero || board.contains(told.name) { return .lie }
        return ring.told(told.secret, of: told.name, by: member, commitment: commitment)
    }

    /// The board may say something else of the newest epoch, or a secret has come.
    ///
    /// - Returns: what is to be saved, and who told what is not so.
    mutating func follow(_ board: Board) -> (records: [EpochRecord], liars: [AuthorID]) {
        var liars: [AuthorID] = []
        for name in ring.claimed.sorted() where board.contains(name) {
            // A transaction that brings none fits no secret.
            liars += ring.came(name, saying: board.commitment(of: name) ?? .zero)
        }
        _ = ring.advance(to: board.newestSecrets)
        return (ring.takeUnsaved(), liars)
    }

    /// The disk has the secret that this transaction brought.
    mutating func saved(secretOf name: TransactionName) { saved.insert(name) }

    /// The disk has that we are at an epoch.
    ///
    /// - Returns: true if that is where we are from now on, for all others.
    mutating func saved(reaching epoch: EpochID) -> Bool {
        guard ring.inForce.epoch == epoch, inUse.keys.epoch != epoch else { return false }
        inUse = Place(keys: ring.inForce, secret: ring.secret)
        return true
    }

    /// The secrets that somebody needs for the newest epoch, as far as the disk has the (SE-343)m, ascending; none for who is there.
    func told(except known: Set<TransactionName>, at place: EpochID?) -> [ToldSecret] {
        guard place != EpochSecret.epoch(begunBy: ring.newest) else { return [] }
        return ring.told.filter { saved.contains($0.name) && !known.contains($0.name) }
    }

    /// A member is at an epoch.
    ///
    /// - Returns: what is to be saved, if that is news.
    mutating func met(_ device: AuthorID, at epoch: EpochID) -> EpochRecord? {
        let isNews = place(of: device) != epoch
        note(device, at: epoch)
        return isNews ? .met(device, epoch) : nil
    }

    /// Where a member was last; nil of one that was not met.
    func place(of device: AuthorID) -> EpochID? { places[device]?.epoch }

    /// The epoch beside ours where a member is to be met (SE-346); nil where ours is the one, or its keys are not held.
    func otherPlace(of device: AuthorID) -> EpochID? {
        place(of: device).flatMap { $0 != inUse.keys.epoch && ring.former.contains($0) ? $0 : nil }
    }

    /// Where others are to be met from now on: in the epoch in use, and in those where somebody may be (SE-196, SE-345, SE-198).
    ///
    /// - Parameters:
    ///   - members: who else has a right that stands.
    ///   - isAnybodyExpected: an invite stands.
    /// - Returns: nil where it is as before, and while the disk does not have where we are.
    mutating func changedMeeting(of members: Set<AuthorID>, isAnybodyExpected: Bool) -> Meeting? {
        guard ring.inForce.epoch == inUse.keys.epoch else { return nil }
        let known = places.filter { members.contains($0.key) }.values.sorted { $0.order > $1.order }.map(\.epoch)
        let isAnybodyUnmet = known.count < members.count
        let keys = ring.keys(for: known + (isAnybodyExpected || isAnybodyUnmet ? ring.former : []))
        // Who joins by an old link is heard by nobody there (SE-348).
        let areAllHere = !isAnybodyUnmet && known.allSatisfy { $0 == inUse.keys.epoch }
        let topics = areAllHere ? [] : ring.former(known + ring.former, most: Self.topicsMax)
        let names = ([keys.inForce.epoch] + keys.former.map(\.epoch), topics.map(\.epoch), members)
        guard names != meeting else { return nil }
        meeting = names
        return Meeting(keys: keys, topics: topics.compactMap { keys[$0.epoch] })
    }

    private mutating func note(_ device: AuthorID, at epoch: EpochID) {
        placeCount += 1
        places[device] = (epoch, placeCount)
        guard places.count > Self.placesMax, let oldest = places.min(by: { $0.value.order < $1.value.order }) else { return }
        places[oldest.key] = nil
    }
}
