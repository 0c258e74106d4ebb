import InkBoard
import InkCrypto
import InkPrimitives
import InkSession

/// A world on whose board people have roles: node 0 is its owner, the others join by its links, the last as a viewer (SM-61). In half of the worlds
/// the owner removes node 1 while people draw (SM-62).
struct Roles {
    /// What the owner wrote before the world began: an invite for editors, one for viewers.
    let transactions: [Transaction]
    private let editors: InviteKey
    private let viewers: InviteKey
    /// When the owner removes node 1; nil for never.
    let removesAfter: Duration?
    /// The transaction that did so.
    fileprivate(set) var removal: TransactionName?

    /// - Parameter span: while people draw; nil where nobody of them is removed.
    init(
        genesis: Transaction, owner: SigningKey, seeds: (Secret32, Secret32), span: Duration?, random: SplitMix64
    ) throws(RuleViolation) {
        var random = random
        let isRemoved = random.chance(0.5)
        removesAfter = isRemoved ? span?.scaled(by: 0.3 + random.unit() * 0.6) : nil
        var board = try Board(genesis: genesis)
        func invite(_ role: Role, _ seed: Secret32) throws(RuleViolation) -> InviteKey {
            let invite = RightsInvite(role: role, uses: 0, timeToLive: 0, key: SigningKey(seed: seed).author)
            let writes = try Board.writes(inviting: invite, by: owner.author)
            return InviteKey(invite: try board.author(writes, key: owner, wallTime: World.wallEpoch).0.name, seed: seed)
        }
        editors = try invite(.editor, seeds.0)
        viewers = try invite(.viewer, seeds.1)
        transactions = Array(board.transactions.dropFirst())
    }

    /// The link by which a node comes; nil for the owner.
    func invite(of node: Int, among count: Int) -> InviteKey? { node == 0 ? nil : node == count - 1 ? viewers : editors }

    func role(of node: Int, among count: Int) -> Role { node == 0 ? .owner : node == count - 1 ? .viewer : .editor }
}

extension World {
    /// The owner removes node 1, if he is there and knows it.
    mutating func removeEditor() throws(Violation) {
        guard let board = participants[0].node?.board, let right = board.right(of: participants[1].author) else { return }
        do throws(Refusal) {
            let local = clock(0)
            let name = try participants[0].node?.govern(now: local) { board, author throws(RuleViolation) in
                try board.writes(removing: [right], by: author)
            }
            roles?.removal = name
            trace.note(now, node: 0, .fault, hash: Trace.hash(right.bytes), "removes node 1")
        } catch {
            trace.note(now, node: 0, .fault, hash: 0, "removes nobody: \(error)")
        }
        try drain(0)
    }

    /// The node whose device this one is: another, of a copy.
    func origin(of node: Int) -> Int { node < options.peers ? node : faults.adversityNode }

    /// The owner has removed the node's device, and his board says so.
    func isRemoved(_ node: Int) -> Bool {
        guard let removal = roles?.removal, origin(of: node) == 1 else { return false }
        return participants[0].node?.board?.contains(removal) == true
    }

    /// One of the boards on which it is says that it does not count: it is kept there, and sent to nobody.
    func isUncounted(_ name: TransactionName) -> Bool {
        participants.contains { participant in participant.node?.board.map { $0.contains(name) && !$0.counts(name) } ?? false }
    }

    /// The node is somebody's, and in the room.
    func takesPart(_ node: Int) -> Bool { !participants[node].isGone && !isRemoved(node) }

    /// Nobody who knows of the removal says anything to who was removed (SM-84).
    func checkRemoved() throws(Violation) {
        for node in participants.indices where isRemoved(node) {
            guard let removal = roles?.removal, let board = participants[node].node?.board else { continue }
            try checkHeard(by: node, board, since: removal)
        }
    }

    private func checkHeard(by node: Int, _ board: Board, since removal: TransactionName) throws(Violation) {
        if let heard = Self.work(after: removal, on: board).first(where: { $0.author != participants[node].author }) {
            throw Violation("node \(node) was removed and heard of \(heard.name), which came later")
        }
    }

    /// What was written by who knew of a transaction.
    static func work(after name: TransactionName, on board: Board) -> [Transaction] {
        var after: Set = [name]
        // Parents are before their children.
        return board.transactions.filter { transaction in
            let isAfter = transaction.parents.contains(where: after.contains)
            if isAfter { after.insert(transaction.name) }
            return isAfter
        }
    }

    /// Everybody has the role of his link, is told that of the others, and wrote what it allows (SM-83).
    func checkRoles(on board: Board, told view: View, by node: Int) throws(Violation) {
        guard let roles else { return }
        for (other, participant) in participants.enumerated() {
            let role = isRemoved(other) ? nil : roles.role(of: origin(of: other), among: options.peers)
            guard board.role(of: participant.author) == role else {
                throw Violation("node \(node) takes node \(other) for \(board.role(of: participant.author).map { "\($0)" } ?? "nobody")")
            }
            if let told = view.peers.values.first(where: { $0.author == participant.author }), told.role != role {
                throw Violation("node \(node) was told that node \(other) is \(told.role.map { "\($0)" } ?? "nobody")")
            }
            let own = board.transactions(of: participant.author, from: 1)
            if role == .viewer, own.contains(where: { $0.writes.contains { $0.target.number > 0 || $0.property == .chat } }) {
                throw Violation("node \(node) has what a viewer drew or said")
            }
            if let role, role != .owner, own.first?.writes.map(\.property) != [.admittance] {
                throw Violation("node \(other) did not begin by joining")
            }
        }
    }
}
