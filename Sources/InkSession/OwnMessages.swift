import InkBoard
import InkPrimitives

/// What becomes of what our person says: how far each message has come, as it was told, and those that never came to the board.
///
///     say ──the disk or a rule refuses──▶ unsaid ──resend──▶ said
///      └───────taken───────▶ open ──every present peer has it──▶ forgotten here
struct OwnMessages: Sendable {
    /// Of messages that are not delivered, the newest, ascending by sequence.
    private var open: [Open] = []
    private var unsaid: [ChatMessage] = []
    /// Every present peer had 1...so many of our transactions once.
    private var deliveredThrough: UInt64 = 0
    private var pace: TokenBucket

    private struct Open: Sendable {
        let name: TransactionName
        let sequence: UInt64
        var told: MessageState
    }

    /// Messages a second, and at once: more than a hand says, and less than what is in (SE-234) anybody's way.
    static let perSecond = 10.0
    /// As many as a front end keeps; what is older is no news (SE-368).
    static let openMax = 256
    /// What cannot be said is not kept without end (SE-232).
    static let unsaidMax = 64

    init(now: Instant) { pace = TokenBucket(rate: Self.perSecond, burst: Self.perSecond, now: now) }

    /// False where more is said than may be.
    mutating func mayCome(now: Instant) -> Bool { pace.take(now: now) }

    /// Nothing of ours is on its way.
    var isEmpty: Bool { open.isEmpty }

    /// How far a message of ours has come.
    func state(of name: TransactionName, _ sequence: UInt64, _ reach: Reach) -> MessageState {
        let state = reach.state(of: name, sequence)
        if case .failed = state { return state }
        return sequence <= deliveredThrough ? .delivered : state
    }

    /// A message of ours is told, in this state.
    mutating func told(_ name: TransactionName, _ sequence: UInt64, as state: MessageState) {
        guard state != .delivered, !open.contains(where: { $0.name == name }) else { return }
        open.insert(Open(name: name, sequence: sequence, told: state), at: open.partitioningIndex { $0.sequence > sequence })
        if open.count > Self.openMax { open.removeFirst(open.count - Self.openMax) }
    }

    /// What is to be told, since it is otherwise than it was told last (SE-231).
    mutating func news(_ reach: Reach) -> [(name: TransactionName, state: MessageState)] {
        if let least = reach.present.min() { deliveredThrough = max(deliveredThrough, least) }
        var news: [(name: TransactionName, state: MessageState)] = []
        for index in open.indices {
            let state = state(of: open[index].name, open[index].sequence, reach)
            guard state != open[index].told else { continue }
            open[index].told = state
            news.append((open[index].name, state))
        }
        open.removeAll { $0.told == .delivered }
        return news
    }

    /// These count no more.
    mutating func forget(_ gone: [TransactionName]) {
        guard !open.isEmpty else { return }
        let gone = Set(gone)
        open.removeAll { gone.contains($0.name) }
    }

    // What never came to the board.

    /// Keeps what could not be said; false where too much is kept.
    mutating func keep(_ message: ChatMessage) -> Bool {
        guard unsaid.count < Self.unsaidMax else { return false }
        unsaid.append(message)
        return true
    }

    /// What was kept under this name.
    func unsaid(_ name: TransactionName) -> ChatMessage? { unsaid.first { $0.id == name } }

    /// It was said, or is told with another reason.
    mutating func replace(_ name: TransactionName, by message: ChatMessage?) {
        guard let index = unsaid.firstIndex(where: { $0.id == name }) else { return }
        if let message { unsaid[index] = message } else { unsaid.remove(at: index) }
    }

    /// Who has how much of ours. As a device that has one of our transactions has all before it, that is a number each.
    struct Reach: Sendable {
        /// What is not on our disk.
        var unsaved: Set<TransactionName>
        /// Why the disk takes nothing; nil while it does.
        var refusal: String?
        /// Of each present peer, never more than there is.
        var present: [UInt64]
        /// Of each device that ever said so, in no order.
        var known: [UInt64]

        fileprivate func state(of name: TransactionName, _ sequence: UInt64) -> MessageState {
            if unsaved.contains(name) { return refusal.map { .failed(.diskRefuses($0)) } ?? .waiting }
            let count = present.count { $0 >= sequence }
            guard present.isEmpty else { return count == present.count ? .delivered : .sent(by: count, of: present.count) }
            let had = known.count { $0 >= sequence }
            return had > 0 ? .sent(by: had, of: 0) : .waiting
        }
    }
}
