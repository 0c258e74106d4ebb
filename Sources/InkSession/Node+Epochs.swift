import InkBoard
import InkCrypto
import InkPrimitives
import InkTransport

// The secrets of the room: made, told, and gone on to when somebody is removed.
extension Node {
    /// What a link must hold: the secret in force and its epoch, as the disk has them.
    public var linkSecret: (secret: Secret32, epoch: EpochID) { (epochs.inUse.secret, epochs.inUse.keys.epoch) }

    /// What a removal is to say of the secret that it brings. Called where one is written, once for each; the secret is kept for when it is signed.
    package mutating func epochForRemoval() -> EpochCommitment { epochs.prepare() }

    /// Writes what gives the room another secret and removes nobody (BD-116, SE-344).
    @discardableResult
    package mutating func renewSecret(now: Instant) throws(Refusal) -> TransactionName {
        let secret = epochForRemoval()
        return try govern(now: now) { board, author throws(RuleViolation) in
            try board.writes(removing: [], bringing: secret, by: author)
        }
    }

    /// The board may say something else of the newest epoch, or a secret has come: where we are is saved, then told.
    mutating func followEpochs(now: Instant) {
        guard let board, board.admission == .grants else { return }
        let (records, liars) = epochs.follow(board)
        for record in records { saves.append(.epoch(record)) }
        for connection in connections where neighbours[connection].map({ liars.contains($0.remote.author) }) == true {
            if let neighbour = neighbours[connection] { misbehaved(neighbour, rule: Self.secretRule, now: now) }
        }
        for connection in connections { tellSecrets(on: connection, now: now) }
        keepEpochs(now: now)
    }

    /// The disk has it.
    mutating func saved(_ record: EpochRecord, now: Instant) {
        switch record {
        case .brought(let name, _):
            epochs.saved(secretOf: name)
            for connection in connections { tellSecrets(on: connection, now: now) }
        case .reached(let epoch, _):
            guard epochs.saved(reaching: epoch) else { return }
            keepEpochs(now: now)
            // What codes give from now on leads there.
            followCodes(now: now)
            for connection in connections where staysInRoom(connection) { sayEpoch(on: connection, now: now) }
        case .met: break
        }
    }

    /// The room is open between two: each says where it is, and tells who is behind (SE-196).
    mutating func tellEpochs(on connection: ConnectionID, now: Instant) {
        guard let remote = neighbours[connection]?.remote, neighbours[connection]?.standing != nil else { return }
        heard(epoch: remote.epoch, on: connection, now: now)
        if remote.epoch != epochs.inUse.keys.epoch { sayEpoch(on: connection, now: now) }
        tellSecrets(on: connection, now: now)
    }

    /// A member says where it is.
    mutating func heard(epoch: EpochID, on connection: ConnectionID, now: Instant) {
        guard let author = neighbours[connection]?.remote.author, let record = epochs.met(author, at: epoch) else { return }
        saves.append(.epoch(record))
        tellSecrets(on: connection, now: now)
        keepEpochs(now: now)
    }

    /// A member tells secrets: what fits is kept, what cannot be judged yet is kept as a claim.
    mutating func receive(secrets: [ToldSecret], on connection: ConnectionID, now: Instant) {
        guard let neighbour = neighbours[connection] else { return }
        for told in secrets {
            guard let board else { return }
            switch epochs.told(told, by: neighbour.remote.author, on: board) {
            case .new, .known: neighbours[connection]?.secretsKnown.insert(told.name)
            case .claimed: break
            case .lie: return misbehaved(neighbour, rule: Self.secretRule, now: now)
            }
        }
        followEpochs(now: now)
    }

    /// The epoch beside ours where one who may be here is to be met.
    func otherPlace(of device: AuthorID) -> EpochID? { board?.role(of: device) == nil ? nil : epochs.otherPlace(of: device) }

    private mutating func sayEpoch(on connection: ConnectionID, now: Instant) {
        say(.epoch(epochs.inUse.keys.epoch), on: connection, now: now)
    }

    /// Who is in the room is told the secrets of the newest epoch, each once (SE-195), unless he is there.
    private mutating func tellSecrets(on connection: ConnectionID, now: Instant) {
        guard staysInRoom(connection), let neighbour = neighbours[connection] else { return }
        let told = epochs.told(except: neighbour.secretsKnown, at: epochs.place(of: neighbour.remote.author))
        guard !told.isEmpty else { return }
        neighbours[connection]?.secretsKnown.formUnion(told.map(\.name))
        for start in stride(from: 0, to: told.count, by: SessionMessage.secretsMax) {
            say(.secrets(Array(told[start..<min(start + SessionMessage.secretsMax, told.count)])), on: connection, now: now)
        }
    }

    /// Who is removed is in the room until the disk has that, and hears nothing of what comes after it.
    private func staysInRoom(_ connection: ConnectionID) -> Bool {
        neighbours[connection]?.standing?.isInRoom == true && neighbours[connection]?.credentials.role != nil
    }

    /// We are where somebody may be who is to be met.
    private mutating func keepEpochs(now: Instant) {
        guard let board else { return }
        let standing = board.standingRights
        let members = Set(standing.compactMap(\.subject)).subtracting([author])
        let isAnybodyExpected = standing.contains { $0.subject == nil }
        guard let meeting = epochs.changedMeeting(of: members, isAnybodyExpected: isAnybodyExpected) else { return }
        endpoint.change(to: meeting.keys, now: now)
        introductions.client?.change(to: meeting.keys.inForce, former: meeting.topics, audience: members, now: now)
    }

    private static let secretRule = "a secret of the room that is none"
}
