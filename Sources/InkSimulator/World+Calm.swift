import InkBoard
import InkCrypto
import InkPrimitives
import InkSession

// What an owner does so that a board stays calm, while people draw and things go wrong (SM-90, SM-77, SM-76).
extension World {
    /// Once in so long, on the average, the owner locks or opens a shape, takes somebody's work back, or sets the pace.
    private static let calmPause = Duration.milliseconds(400)

    mutating func scheduleCalm(after pause: Duration? = nil) {
        guard options.isCalmed else { return }
        let next = now + (pause ?? calm.jitter(Self.calmPause))
        if next < .zero + faults.span { queue.schedule(.calm, at: next) }
    }

    /// The owner does something, if he is there.
    mutating func actCalmly() throws(Violation) {
        defer { scheduleCalm() }
        guard participants[0].isUp, let board = participants[0].node?.board, !board.shapes.isEmpty else { return }
        let victim = participants[1 + calm.below(participants.count - 1)].author
        let order: CalmOrder =
            switch calm.below(6) {
            case 0...2:
                // One of a few that everybody fights over.
                .lock([board.shapes[calm.below(min(3, board.shapes.count))].id], calm.chance(0.6))
            case 3: .takeBack(TakeBackOrder(.device(victim)))
            case 4: .takeBack(TakeBackOrder(.device(victim), .last(seconds: 1)))
            default: .pace(milliseconds: calm.chance(0.5) ? 0 : UInt32(50 + calm.below(400)))
            }
        try give(.calm(order), to: 0)
    }

    /// All of somebody's work is taken back on a copy of the board: nothing of it stands, a second time there is nothing to do, one undo brings back
    /// what stood and takes away what he had deleted, and doing it again is the same as before (SM-77).
    func checkTakeBacks(on board: Board) throws(Violation) {
        guard options.isCalmed else { return }
        let (key, standing) = (participants[0].signing, Set(board.shapes.map(\.id)))
        for node in participants.indices.dropFirst() {
            var copy = board
            let victim = participants[node].author
            // A twin of the owner is the owner, and undoes as such: what is taken back is another's.
            guard victim != key.author, let span = copy.span(of: victim) else { continue }
            let plan = copy.writes(takingBack: span, by: key.author)
            do {
                try Self.write(plan.parts, as: key, on: &copy, isGesture: true)
                let taken = copy.shapes
                if let shape = taken.first(where: { $0.id.author == victim }) {
                    throw Violation("\(shape.id) stands, though all that node \(node) did was taken back")
                }
                guard copy.writes(takingBack: span, by: key.author).parts.isEmpty else {
                    throw Violation("what node \(node) did was taken back, and still there is something to take back")
                }
                guard !plan.parts.isEmpty else { continue }
                try Self.write(copy.undoWrites(of: key.author)?.parts ?? [], as: key, on: &copy)
                guard Set(copy.shapes.map(\.id)) == standing else {
                    throw Violation("undoing the take-back of what node \(node) did leaves other shapes")
                }
                try Self.write(copy.redoWrites(of: key.author)?.parts ?? [], as: key, on: &copy)
                guard copy.shapes == taken else { throw Violation("doing the take-back of node \(node) again leaves another picture") }
            } catch let violation as Violation {
                throw violation
            } catch {
                throw Violation("the take-back of what node \(node) did breaks a rule: \(error)")
            }
        }
    }

    private static func write(
        _ parts: [[Write]], as key: SigningKey, on board: inout Board, isGesture: Bool = false
    ) throws(RuleViolation) {
        var first: TransactionName?
        for part in parts {
            let step = isGesture ? first.map { Board.writes(continuing: $0, by: key.author) } ?? [] : []
            let name = try board.author(part + step, key: key, wallTime: World.wallEpoch).0.name
            first = first ?? name
        }
    }
}
