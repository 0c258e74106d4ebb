import InkBoard
import InkCrypto
import InkPrimitives

/// What a board of signed transactions takes that knows roles, and a removal on it. Wall time: compare on a quiet machine.
enum BoardFigures {
    static func print() throws {
        let plain = try drawn(.secret)
        let ruled = try drawn(.grants)
        for (name, board) in [("without roles", plain), ("with 50 rights transactions", ruled)] {
            var again = try Board(genesis: board.transactions[0], newest: 2)
            let transactions = board.transactions.dropFirst()
            let start = ContinuousClock.now
            let refused = again.load(transactions)
            let time = ContinuousClock.now - start
            Swift.print(
                "\(name): \(Int(time / .nanoseconds(1)) / transactions.count) ns to load each of \(transactions.count), \(refused.count) refused"
            )
        }
        try remove(9, on: ruled)
    }

    private static func key(_ number: UInt8) throws -> SigningKey {
        guard let seed = Secret32(Array(repeating: number, count: 32)) else { preconditionFailure("32 bytes are a seed") }
        return SigningKey(seed: seed)
    }

    /// Ten members and who owns the board; after 48 changes of rights they draw 100 000 shapes, each a tenth.
    private static func drawn(_ policy: AdmissionPolicy) throws -> Board {
        let keys = try (0...10).map { try key(UInt8($0 + 1)) }
        let owner = keys[0]
        var board = try Board(
            genesis: Board.makeGenesis(
                owner: owner, name: "figures", wallTime: 0, nonce: Array(repeating: 3, count: 16),
                firstSecret: policy == .grants ? .zero : nil), newest: 2)
        if policy == .grants {
            for key in keys.dropFirst() {
                _ = try board.author(
                    Board.writes(granting: .editor, to: key.author, by: owner.author), key: owner, wallTime: 0)
            }
            for _ in 0..<19 {
                let guest = try board.author(
                    Board.writes(granting: .editor, to: key(200).author, by: owner.author), key: owner, wallTime: 0)
                _ = try board.author(board.writes(removing: [guest.0.name], by: owner.author), key: owner, wallTime: 0)
            }
        }
        for number in 0..<100_000 {
            let key = keys[1 + number % 10]
            let draft = ShapeDraft(kind: .ellipse, position: Point(x: Int32(number), y: 0), size: Size(width: 80, height: 80))
            let writes = try board.writes(for: draft, number: UInt64(1 + number / 10), by: key.author)
            _ = try board.author(writes, key: key, wallTime: 0)
        }
        return board
    }

    /// The owner removes a member, and all that he drew.
    private static func remove(_ member: Int, on board: Board) throws {
        var board = board
        let (owner, subject) = (try key(1), try key(UInt8(member + 1)).author)
        guard let right = board.standingRights.first(where: { $0.subject == subject }) else { return }
        let end = RightsEnd(rights: [right.name], heads: [])
        let write = Write(ShapeID(author: owner.author, number: 0), .removal, .right(.removal(end)))
        let arrival = ContinuousClock.now
        let removal = try board.author([write], key: owner, wallTime: 0).0
        Swift.print("a removal of \(removal.encoded.count) bytes comes: \(milliseconds(since: arrival)) ms")
        let start = ContinuousClock.now
        let due = board.dueRecount()
        let made = milliseconds(since: start)
        guard var recount = due else { preconditionFailure("a removal makes a count due") }
        let taking = ContinuousClock.now
        let told = board.take(&recount)
        Swift.print("\(told?.changes.count ?? 0) of 100000 shapes go: \(made) ms beside the loop, \(milliseconds(since: taking)) ms on it")
    }

    private static func milliseconds(since start: ContinuousClock.Instant) -> Double {
        Double(Int((ContinuousClock.now - start) / .microseconds(10))) / 100
    }
}
