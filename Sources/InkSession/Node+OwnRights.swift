import InkBoard
import InkPrimitives
import InkTransport

// What our own right allows, and what becomes of it (SE-186).
extension Node {
    /// Throws for what a hand begins and our role does not allow: it would be refused when it ends.
    func checkRight(to gesture: Gesture) throws(Refusal) {
        guard let board, board.admission == .grants, !rights.isJoining else { return }
        guard let role else { throw .noRight }
        guard role.allows(gesture.need(of: author), viewersMayChat: false) else { throw .notAllowed(role) }
        guard !gesture.changed.contains(where: { board.isLocked($0, to: author) }) else { throw .calm(.locked) }
    }

    /// Tells our person what became of our right since it was told last.
    mutating func tellOwnRights() {
        guard isReady, let board, let change = rights.news(role) else { return }
        guard let role = change else {
            let removal = board.removal(of: author)
            return tell(
                .rights(
                    .removed(
                        by: removal?.transaction.author, reason: removal?.reason ?? "", unseen: board.uncountedCount(of: author))))
        }
        let right = board.bestRight(of: author)?.name ?? rights.invite?.invite
        let given = right.flatMap { board.transaction($0) }
        let giver = given.flatMap { $0.isAdmission ? board.transaction($0.grant)?.author : $0.author }
        tell(.rights(.role(role, by: giver)))
    }

    /// A peer that lets us in no more shows what ended our right (SE-339). It is believed of an owner whom we know as one; where our board has what
    /// comes before it, it enters the board.
    mutating func receiveRemoval(_ bytes: [UInt8], on connection: ConnectionID, now: Instant) {
        guard let supplier = neighbours[connection]?.remote.author, neighbours[connection]?.credentials.showsRemoval() == true, isReady,
            let board
        else { return }
        let removal: Transaction
        do {
            removal = try Transaction(decoding: bytes)
        } catch {
            return rejected(author: supplier, rule: "removal: \(error)", now: now)
        }
        guard removal.board == boardID, removal.removed.contains(where: { board.isRight($0, of: author) }),
            board.role(of: removal.author) == .owner, !board.contains(removal.name), removal.hasValidSignature
        else { return }
        guard removal.parents.allSatisfy(board.contains) else {
            guard rights.endedElsewhere() else { return }
            return tell(
                .rights(.removed(by: removal.author, reason: removal.removalReason ?? "", unseen: syncStatus.unsent)))
        }
        insert(removal, isLive: true, from: connection, of: supplier, now: now)
    }
}

extension Gesture {
    /// The standing shapes that it changes.
    var changed: [ShapeID] {
        switch self {
        case .stroke, .shape: []
        case .move(let shapes, _): shapes
        case .resize(let shape, _, _), .pull(let shape, _), .text(let shape, _): [shape]
        }
    }

    /// What its transaction will need, as far as its beginning tells.
    func need(of author: AuthorID) -> RightsNeed {
        let isNote =
            switch self {
            case .stroke: false
            case .shape(let draft): draft.kind == .note
            case .move(let shapes, _): shapes.allSatisfy { $0.author == author }
            case .resize(let shape, _, _), .pull(let shape, _), .text(let shape, _): shape.author == author
            }
        return isNote ? .note : .edit
    }
}
