import InkCrypto
import InkPrimitives
import InkTransport

/// The secrets of a room that we hold, and the epoch that we are at (SE-190 to SE-193).
///
///     board: these begin the newest epoch ──▶ all their secrets here ──▶ in force
///                                        └──▶ some are lacking ──▶ we stay, until a member tells them
///     member: the secret of a is s ──▶ a is here, and s fits what it says ──▶ kept
///                                  ├──▶ a is not here yet ──▶ a claim
///                                  └──▶ it does not fit ──▶ the member lies
struct EpochRing: Sendable {
    /// What is made of a secret that a member tells.
    enum Verdict: Hashable, Sendable {
        case new
        case known
        /// Kept until the transaction is here.
        case claimed
        /// It is not the one that the transaction says (SE-191).
        case lie
    }

    /// Claims of one member, and of all, at most (SE-342).
    static let claimsOfOneMax = 4
    static let claimsMax = 64
    /// Epochs whose secrets are held; of more the oldest go that we were at.
    static let heldMax = 64

    /// By the transaction that brought it.
    private var brought: [TransactionName: Secret32] = [:]
    /// The secrets in force, oldest first by when we were there last; the last is where we are.
    private var held: [(epoch: EpochID, keys: RoomKeys, secret: Secret32)] = []
    private var claims: [(name: TransactionName, secret: Secret32, by: AuthorID)] = []
    private var unsaved: [EpochRecord] = []
    /// Those that begin the newest epoch, as the board says.
    private(set) var newest: [TransactionName] = []

    /// - Parameters:
    ///   - epoch: of the link that brought us here, or of the board that was made here: zero.
    ///   - secret: in force in it.
    ///   - saved: in the order in which they were saved.
    init(epoch: EpochID, secret: Secret32, saved: [EpochRecord] = []) {
        if epoch == .zero { brought[.zero] = secret }
        hold(secret, of: epoch)
        for record in saved {
            switch record {
            case .brought(let name, let secret): brought[name] = secret
            case .reached(let epoch, let secret): hold(secret, of: epoch)
            case .met: break
            }
        }
    }

    /// The keys of the epoch that we are at.
    var inForce: RoomKeys { held[held.count - 1].keys }
    /// Its secret, for links.
    var secret: Secret32 { held[held.count - 1].secret }

    /// Transactions that begin the newest epoch and whose secrets we lack.
    var lacking: [TransactionName] {
        let names = newest.isEmpty ? [.zero] : newest
        return EpochSecret.epoch(begunBy: newest) == inForce.epoch ? [] : names.filter { brought[$0] == nil }
    }

    /// The secrets that somebody needs for the newest epoch, as far as we hold them, ascending.
    var told: [ToldSecret] {
        (newest.isEmpty ? [.zero] : newest).sorted().compactMap { name in brought[name].map { ToldSecret(name: name, secret: $0) } }
    }

    /// Epochs whose keys we hold, but for the one that we are at, the newest first.
    var former: [EpochID] { held.dropLast().reversed().map(\.epoch) }

    /// Transactions of which somebody claims a secret, and that are not here.
    var claimed: Set<TransactionName> { Set(claims.map(\.name)) }

    /// The board says what begins the newest epoch. True if that is where we are now (SE-341), and were not before.
    mutating func advance(to newest: [TransactionName]) -> Bool {
        self.newest = Set(newest).sorted()
        return reach()
    }

    /// A transaction of ours brings this secret.
    mutating func bring(_ secret: Secret32, by name: TransactionName) {
        guard brought.updateValue(secret, forKey: name) == nil else { return }
        unsaved.append(.brought(by: name, secret))
    }

    /// A member tells a secret.
    ///
    /// - Parameters:
    ///   - name: of the transaction that brought it; zero for the first.
    ///   - commitment: what the transaction, or genesis for the first, says; nil where it is not here.
    mutating func told(_ secret: Secret32, of name: TransactionName, by member: AuthorID, commitment: EpochCommitment?) -> Verdict {
        if let known = brought[name] { return known == secret ? .known : .lie }
        guard let commitment else {
            guard !claims.contains(where: { $0.name == name && $0.by == member }) else { return .claimed }
            if claims.count(where: { $0.by == member }) >= Self.claimsOfOneMax, let oldest = claims.firstIndex(where: { $0.by == member }) {
                claims.remove(at: oldest)
            }
            if claims.count >= Self.claimsMax { claims.removeFirst() }
            claims.append((name, secret, member))
            return .claimed
        }
        guard EpochSecret.commitment(to: secret) == commitment else { return .lie }
        bring(secret, by: name)
        return .new
    }

    /// A transaction is here that brings a secret: what was claimed of it shows to be true or not.
    ///
    /// - Returns: who lied.
    mutating func came(_ name: TransactionName, saying commitment: EpochCommitment) -> [AuthorID] {
        var liars: [AuthorID] = []
        for claim in claims where claim.name == name {
            if EpochSecret.commitment(to: claim.secret) == commitment { bring(claim.secret, by: name) } else { liars.append(claim.by) }
        }
        claims.removeAll { $0.name == name }
        return liars
    }

    /// The keys of all epochs that somebody may still be at: of ours, and of the newest of the others.
    ///
    /// - Parameter others: where members were last, the most recently seen first.
    func keys(for others: [EpochID]) -> EpochKeys {
        let former = others.compactMap { epoch in held.first { $0.epoch == epoch }?.keys }
        return EpochKeys(inForce: inForce, former: former)
    }

    /// The keys of these epochs as far as they are held and passed, none twice.
    func former(_ epochs: [EpochID], most count: Int) -> [RoomKeys] {
        var names: Set = [inForce.epoch]
        let passed = epochs.filter { names.insert($0).inserted }.compactMap { epoch in held.first { $0.epoch == epoch }?.keys }
        return Array(passed.prefix(count))
    }

    /// What is to be saved since this was asked last.
    mutating func takeUnsaved() -> [EpochRecord] {
        defer { unsaved = [] }
        return unsaved
    }

    private mutating func reach() -> Bool {
        let epoch = EpochSecret.epoch(begunBy: newest)
        guard epoch != inForce.epoch else { return false }
        if let known = held.first(where: { $0.epoch == epoch }) {
            hold(known.secret, of: epoch)
        } else if newest.isEmpty {
            guard let first = brought[.zero] else { return false }
            hold(first, of: epoch)
        } else {
            let secrets = newest.reduce(into: [TransactionName: Secret32]()) { $0[$1] = brought[$1] }
            guard secrets.count == newest.count else { return false }
            hold(EpochSecret.combined(secrets), of: epoch)
        }
        unsaved.append(.reached(epoch, secret))
        return true
    }

    private mutating func hold(_ secret: Secret32, of epoch: EpochID) {
        let keys = held.first { $0.epoch == epoch }?.keys ?? RoomKeys(roomSecret: secret, epoch: epoch)
        held.removeAll { $0.epoch == epoch }
        if held.count >= Self.heldMax { held.removeFirst() }
        held.append((epoch, keys, secret))
    }
}
