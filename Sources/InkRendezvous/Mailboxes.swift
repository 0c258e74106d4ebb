import InkConnectivity
import InkCrypto
import InkPrimitives

/// The mailboxes of a rendezvous, and who visits them: one who holds a code and one who was told it meet here before they share a topic.
///
///     free ──open──▶ waits ──knock──▶ visited ──gone, dismissed, 20 s──▶ waits
///       ▲              └── closed, its socket gone, 15 minutes ──┬─────────┘
///       └──────────────── 1 minute ──── rests ◀──────────────────┘
///
/// It knows sockets and what they asked; rates of sockets are not its business.
struct Mailboxes: Sendable {
    typealias ConnectionToken = RendezvousServer.ConnectionToken

    /// What follows for the server.
    enum Output: Hashable, Sendable {
        case send(MailboxAnswer, to: ConnectionToken)
        case refuse(RendezvousRefusal, ConnectionToken)
        /// It holds and visits nothing any more.
        case released(ConnectionToken)
    }

    private struct Visitor: Sendable {
        let number: UInt32
        let token: ConnectionToken
        let until: Instant
        /// Bodies that it may still say.
        var wordsLeft = Mailboxes.wordsMax
    }

    private struct Box: Sendable {
        let owner: ConnectionToken
        let source: Source?
        let until: Instant
        var visitor: Visitor?
        var nextVisitor: UInt32 = 1
    }

    /// What one source may still do.
    private struct Allowance: Sendable {
        var openings: TokenBucket
        var knocks: TokenBucket
    }

    /// Mailboxes of one source; fewer as those of all run out, and of a /48 four times as many, as for sockets (RV-20, RV-116, RV-75).
    static let perSourceMax = 8
    /// What a source opens at once, and a second (RV-152).
    static let openingBurst = 8.0
    static let openingRate = 0.1
    /// How often a source knocks at once, and a second (RV-152).
    static let knockBurst = 10.0
    static let knockRate = 1.0 / 3
    // RV-72
    static let visitTime: Duration = .seconds(20)
    // RV-73
    static let lifetime: Duration = .seconds(900)
    /// How long a number that was given back is not given again (RV-148): whoever still has it in hand meets nobody rather than a stranger.
    static let restTime: Duration = .seconds(60)
    /// Bodies that a visitor says, the knock among them (RV-72): a handful is needed, and he who holds the mailbox reads each.
    static let wordsMax = 16
    /// The numbers that are given out, from the shortest on; last those that are asked for on the local network, for who asks for such a one.
    static let ranges: [ClosedRange<UInt32>] = [1...9, 10...99, 100...999, 10_000...99_999, MailboxNumber.local]
    /// How many allowances there are when those are forgotten that are whole.
    private static let sweepMin = 4096

    private var boxes: [MailboxNumber: Box] = [:]
    private var held: [ConnectionToken: Set<MailboxNumber>] = [:]
    private var visits: [ConnectionToken: MailboxNumber] = [:]
    private var shares: SourceShares
    private var allowances: [Source: Allowance] = [:]
    private var sweepAt = Mailboxes.sweepMin
    /// Numbers given back, in the order in which their rest is over.
    private var resting = Queue<(number: MailboxNumber, until: Instant)>()
    private var restingNumbers: Set<MailboxNumber> = []
    /// Of each range, how many numbers are in use or at rest.
    private var taken = [Int](repeating: 0, count: Mailboxes.ranges.count)
    /// When mailboxes and visits are over, in order; may name those that have ended before.
    private var endings = Queue<(number: MailboxNumber, until: Instant)>()
    private var visitEndings = Queue<(number: MailboxNumber, until: Instant)>()
    private var outputs = Outputs<Output>()

    /// - Parameter total: mailboxes in all.
    init(total: Int) { shares = SourceShares(total: total, perSource: Self.perSourceMax) }

    /// Mailboxes open now.
    var count: Int { boxes.count }
    /// Sources of which it is known what they did lately.
    var sourceCount: Int { allowances.count }

    /// Whether a socket holds or visits one.
    func occupies(_ token: ConnectionToken) -> Bool { held[token] != nil || visits[token] != nil }

    /// Mailboxes that a socket holds.
    func heldCount(of token: ConnectionToken) -> Int { held[token]?.count ?? 0 }

    mutating func nextOutput() -> Output? { outputs.next() }

    // Of him who holds one.

    /// He asked for what is not given here.
    mutating func refuseOpening(by token: ConnectionToken) { outputs.append(.send(.noMailbox(nil), to: token)) }

    /// - Parameter isLocal: its number is to have four digits.
    /// - Returns: false where it was refused.
    mutating func open(
        by token: ConnectionToken, from source: Source?, isLocal: Bool = false, now: Instant, using generator: inout SecretGenerator
    ) -> Bool {
        wake(now: now)
        guard shares.admits(source), allow(source, now: now, { $0.openings.take(now: now) }),
            let number = freeNumber(isLocal: isLocal, using: &generator)
        else {
            outputs.append(.send(.noMailbox(nil), to: token))
            return false
        }
        shares.take(source)
        take(number)
        boxes[number] = Box(owner: token, source: source, until: now + Self.lifetime)
        held[token, default: []].insert(number)
        endings.append((number, now + Self.lifetime))
        if endings.count > 2 * boxes.count + Self.sweepMin { forgetEnded() }
        outputs.append(.send(.opened(number), to: token))
        return true
    }

    mutating func close(_ number: MailboxNumber, by token: ConnectionToken, now: Instant) {
        guard boxes[number]?.owner == token else { return }
        end(number, tells: false, now: now)
    }

    mutating func dismiss(_ visitor: UInt32, of number: MailboxNumber, by token: ConnectionToken) {
        guard boxes[number]?.owner == token, boxes[number]?.visitor?.number == visitor else { return }
        endVisit(number, tellsVisitor: true, tellsOwner: false)
    }

    // Of who visits it.

    /// - Returns: false where it leads to no visit.
    mutating func knock(_ number: MailboxNumber, _ body: [UInt8], by token: ConnectionToken, from source: Source?, now: Instant) -> Bool {
        // Before anything is looked for: who tries numbers finds as few (RV-153).
        guard allow(source, now: now, { $0.knocks.take(now: now) }) else {
            outputs.append(.refuse(.tooManyKnocks, token))
            return false
        }
        guard var box = boxes[number] else {
            outputs.append(.send(.noMailbox(number), to: token))
            return false
        }
        guard box.visitor == nil else {
            outputs.append(.send(.busy(number), to: token))
            return false
        }
        let visitor = Visitor(number: box.nextVisitor, token: token, until: now + Self.visitTime, wordsLeft: Self.wordsMax - 1)
        box.nextVisitor &+= 1
        box.visitor = visitor
        boxes[number] = box
        visits[token] = number
        visitEndings.append((number, visitor.until))
        outputs.append(.send(.knock(number, visitor: visitor.number, body: body), to: box.owner))
        return true
    }

    /// - Parameter visitor: for whom; nil from a visitor.
    mutating func pass(_ body: [UInt8], to visitor: UInt32?, of number: MailboxNumber, by token: ConnectionToken) {
        // What comes when the other has just gone is no fault of who says it (RV-74).
        guard let box = boxes[number], let present = box.visitor else { return }
        if let visitor {
            guard box.owner == token, present.number == visitor else { return }
            outputs.append(.send(.pass(number, visitor: nil, body: body), to: present.token))
        } else {
            guard present.token == token else { return }
            guard present.wordsLeft > 0 else { return endVisit(number, tellsVisitor: true, tellsOwner: true) }
            boxes[number]?.visitor?.wordsLeft -= 1
            outputs.append(.send(.pass(number, visitor: present.number, body: body), to: box.owner))
        }
    }

    // Endings.

    /// A socket is gone, and all with it (RV-151).
    mutating func closed(_ token: ConnectionToken, now: Instant) {
        if let number = visits[token] { endVisit(number, tellsVisitor: false, tellsOwner: true) }
        for number in (held[token] ?? []).sorted() { end(number, tells: false, now: now) }
    }

    /// When `handleTimeout` is due.
    var deadline: Instant? { earliest(endings.first?.until, visitEndings.first?.until) }

    mutating func handleTimeout(now: Instant) {
        while let (number, until) = visitEndings.first, until <= now {
            _ = visitEndings.popFirst()
            if let visitor = boxes[number]?.visitor, visitor.until <= now { endVisit(number, tellsVisitor: true, tellsOwner: true) }
        }
        while let (number, until) = endings.first, until <= now {
            _ = endings.popFirst()
            if let box = boxes[number], box.until <= now { end(number, tells: true, now: now) }
        }
    }

    /// - Parameter tells: him who holds it.
    private mutating func end(_ number: MailboxNumber, tells: Bool, now: Instant) {
        endVisit(number, tellsVisitor: true, tellsOwner: false)
        guard let box = boxes.removeValue(forKey: number) else { return }
        shares.giveBack(box.source)
        resting.append((number, now + Self.restTime))
        restingNumbers.insert(number)
        if tells { outputs.append(.send(.gone(number, visitor: nil), to: box.owner)) }
        held[box.owner]?.remove(number)
        if held[box.owner]?.isEmpty == true { held[box.owner] = nil }
        release(box.owner)
    }

    private mutating func endVisit(_ number: MailboxNumber, tellsVisitor: Bool, tellsOwner: Bool) {
        guard let box = boxes[number], let visitor = box.visitor else { return }
        boxes[number]?.visitor = nil
        visits[visitor.token] = nil
        if tellsVisitor { outputs.append(.send(.gone(number, visitor: nil), to: visitor.token)) }
        if tellsOwner { outputs.append(.send(.gone(number, visitor: visitor.number), to: box.owner)) }
        release(visitor.token)
    }

    private mutating func release(_ token: ConnectionToken) { if !occupies(token) { outputs.append(.released(token)) } }

    private mutating func forgetEnded() {
        var kept = Queue<(number: MailboxNumber, until: Instant)>()
        while let ending = endings.popFirst() { if boxes[ending.number]?.until == ending.until { kept.append(ending) } }
        endings = kept
    }

    // Numbers.

    private static func range(of number: MailboxNumber) -> Int? { ranges.firstIndex { $0.contains(number.number) } }

    private mutating func take(_ number: MailboxNumber) { if let range = Self.range(of: number) { taken[range] += 1 } }

    /// Frees the numbers whose rest is over.
    private mutating func wake(now: Instant) {
        while let (number, until) = resting.first, until <= now {
            _ = resting.popFirst()
            restingNumbers.remove(number)
            if let range = Self.range(of: number) { taken[range] -= 1 }
        }
    }

    /// One by chance of the shortest range that is less than half taken (RV-147), so that two tries find it on average; nil where there is none.
    private func freeNumber(isLocal: Bool, using generator: inout SecretGenerator) -> MailboxNumber? {
        let (publicRanges, last) = (Self.ranges.indices.dropLast(), Self.ranges.count - 1)
        let indices = isLocal ? last..<last + 1 : publicRanges
        guard let index = indices.first(where: { 2 * taken[$0] < Self.ranges[$0].count }) else { return nil }
        while true {
            let number = MailboxNumber(UInt32.random(in: Self.ranges[index], using: &generator))
            if let number, boxes[number] == nil, !restingNumbers.contains(number) { return number }
        }
    }

    // Sources.

    /// Whether a source may do one thing more now; nil is somebody who is bounded by what is true of all.
    private mutating func allow(_ source: Source?, now: Instant, _ takes: (inout Allowance) -> Bool) -> Bool {
        guard let source else { return true }
        if allowances[source] == nil, allowances.count >= sweepAt { sweep(now: now) }
        return takes(
            &allowances[
                source,
                default: Allowance(
                    openings: TokenBucket(rate: Self.openingRate, burst: Self.openingBurst, now: now),
                    knocks: TokenBucket(rate: Self.knockRate, burst: Self.knockBurst, now: now))])
    }

    private mutating func sweep(now: Instant) {
        allowances = allowances.filter { entry in
            var allowance = entry.value
            return !allowance.openings.isFull(now: now) || !allowance.knocks.isFull(now: now)
        }
        // Twice what is left, so that each newcomer pays for a constant part of the next sweep.
        sweepAt = max(Self.sweepMin, allowances.count * 2)
    }
}
