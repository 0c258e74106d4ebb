import InkPrimitives

/// Small pieces of the ops lane that ride again in packets that leave anyway (TR-17, TR-96).
///
/// Repetition takes the tail off the delay under loss, since it does not wait a round trip to learn of it. It is a repeat, not a code:
/// for pieces of 20 to 300 bytes a code saves little and adds a wait.
///
/// The copy of a piece and the piece that follows it in its stream are one frame on the wire: a copy costs its bytes and nothing else. Where packets are
/// lost several in a row, those that the next operations bring come too late; copies then leave by themselves in between, as long as the line has room.
struct Repeater: Sendable {
    /// Which bytes of which stream.
    struct Source: Hashable, Sendable {
        let slot: Int
        let range: Range<UInt64>
    }

    /// When the copies of a piece leave: how long each waits for what leaves anyway before it leaves by itself; nil: for ever.
    struct Plan: Sendable {
        let pauses: [Duration?]

        /// With the next ones that leave.
        static let once = Plan(pauses: [nil])
        static let twice = Plan(pauses: [nil, nil])
        static let thrice = Plan(pauses: [nil, nil, nil])
        /// Where each tenth packet is lost two in a row often are, and then the next but one would be late. Between each second operation and the
        /// next a packet leaves that has this one, the one before, and the one before that.
        static let between = Plan(pauses: [.milliseconds(8), nil, .milliseconds(24)])
        static let behind = Plan(pauses: [nil, .milliseconds(8)])
        /// Ever further apart, 1, 2, 3, 5, 8 and 12 times 5.5 ms after the piece: where several in a row are lost, one of them is behind those.
        static let apart = Plan(pauses: [1, 1, 1, 2, 3, 4].map { .microseconds(5500 * $0) })
    }

    struct Piece: Sendable {
        let source: Source
        var plan: Plan
        /// Copies that left.
        var step = 0
        /// When it left last.
        var sentAt: Instant

        private var pause: Duration? { plan.pauses[step] }
        /// When the next copy leaves by itself.
        var dueAt: Instant? { pause.map { sentAt + $0 } }
        /// From when on it rides with what leaves.
        var ridesAt: Instant { sentAt + max(Repeater.spacing, (pause ?? .zero) * 3 / 4) }
        var isDone: Bool { step >= plan.pauses.count }
    }

    /// What is known of the line's losses.
    struct Losses: Sendable {
        /// Share of packets.
        var share = 0.0
        /// They come several in a row.
        var areTogether = false
        /// What passes is paid for: nothing is repeated of what most likely arrives (TR-151).
        var isSparing = false
    }

    /// Longest piece that is repeated, bytes, and how many wait at most.
    static let pieceMax = 400
    static let piecesMax = 16
    /// No packet grows beyond this by repetition, bytes.
    static let packetMax = 600
    /// Bytes of ops a second below which each piece rides twice even without loss, and beyond which none does.
    static let calmRate = 8000.0
    static let rateMax = 16_000.0
    /// A copy rides no sooner after the one before: two packets that leave together are lost together.
    static let spacing: Duration = .milliseconds(3)
    /// Share of packets lost from which copies take room from bulk: it has many packets, so the share is known well (TR-97).
    static let besideBulkMin = 0.005
    private(set) var pieces: [Piece] = []
    private var isOdd = false
    /// Bytes of new ops over about the last second.
    private var rate = 0.0
    private var ratedAt: Instant = .distantPast

    /// The copies that a piece gets which leaves now; nil for none.
    func plan(_ losses: Losses, now: Instant) -> Plan? {
        let rate = decayed(now: now)
        guard rate <= Self.rateMax else { return nil }
        let isCalm = rate <= Self.calmRate
        if losses.areTogether, isCalm { return .apart }
        switch losses.share {
        case ..<0.015: return isCalm && !losses.isSparing ? .once : nil
        case ..<0.06: return .twice
        default: return isCalm ? (isOdd ? .behind : .between) : .thrice
        }
    }

    /// A new piece of ops leaves.
    ///
    /// - Parameter isSpared: it is not repeated.
    mutating func sent(slot: Int, range: Range<UInt64>, losses: Losses, isSpared: Bool = false, now: Instant) {
        rate = decayed(now: now) + Double(range.count)
        ratedAt = now
        guard !isSpared, range.count <= Self.pieceMax, let plan = plan(losses, now: now) else { return }
        if pieces.count >= Self.piecesMax { pieces.removeFirst() }
        isOdd.toggle()
        pieces.append(Piece(source: Source(slot: slot, range: range), plan: plan, sentAt: now))
    }

    /// Keeps the pieces for which `isMissing` holds.
    mutating func keep(_ isMissing: (Piece) -> Bool) {
        if !pieces.isEmpty { pieces.removeAll { !isMissing($0) } }
    }

    /// When a copy leaves by itself; nil if none does.
    var dueAt: Instant? { pieces.reduce(nil) { earliest($0, $1.dueAt) } }

    /// What was due found no room: it waits for what leaves anyway.
    mutating func forgetDue(now: Instant) {
        for index in pieces.indices where pieces[index].dueAt.map({ now >= $0 }) ?? false {
            pieces[index].plan = Plan(pauses: pieces[index].plan.pauses.map { _ in nil })
        }
    }

    /// Takes the newest piece that fits `room` bytes and may ride now; nil if there is none.
    mutating func take(room: Int, now: Instant) -> Source? {
        guard let index = pieces.lastIndex(where: { now >= $0.ridesAt && $0.source.range.count <= room }) else { return nil }
        return take(at: index, now: now)
    }

    /// Takes the piece that ends where another one of its stream begins (TR-175).
    mutating func take(endingAt offset: UInt64, slot: Int, room: Int, now: Instant) -> Source? {
        let index = pieces.lastIndex {
            $0.source.slot == slot && $0.source.range.upperBound == offset && now >= $0.ridesAt && $0.source.range.count <= room
        }
        return index.map { take(at: $0, now: now) }
    }

    private mutating func take(at index: Int, now: Instant) -> Source {
        let source = pieces[index].source
        (pieces[index].step, pieces[index].sentAt) = (pieces[index].step + 1, now)
        if pieces[index].isDone { pieces.remove(at: index) }
        return source
    }

    private func decayed(now: Instant) -> Double { rate / (1 + max(0, (now - ratedAt).milliseconds) / 1000) }
}
