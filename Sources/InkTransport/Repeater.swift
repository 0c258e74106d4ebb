import InkPrimitives

/// Small pieces of the ops lane that ride again in packets that leave anyway (transport.md C.3).
///
/// Repetition takes the tail off the delay under loss, since it does not wait a round trip to learn of it. It is a repeat, not a code:
/// for pieces of 20 to 300 bytes a code saves little and adds a wait.
struct Repeater: Sendable {
    /// Which bytes of which stream.
    struct Source: Hashable, Sendable {
        let slot: Int
        let range: Range<UInt64>
    }

    struct Piece: Sendable {
        let source: Source
        var copiesLeft: Int
        /// Number of the packet that carried it first.
        let number: UInt64
    }

    /// Longest piece that is repeated, bytes, and how many wait at most.
    static let pieceMax = 400
    static let piecesMax = 16
    /// No packet grows beyond this by repetition, bytes.
    static let packetMax = 600
    /// Bytes of ops a second below which each piece rides twice even without loss, and beyond which none does.
    static let calmRate = 8000.0
    static let rateMax = 16_000.0

    private(set) var pieces: [Piece] = []
    /// Bytes of new ops over about the last second.
    private var rate = 0.0
    private var ratedAt: Instant = .distantPast

    /// Copies that each piece gets.
    func copies(lossEstimate: Double, now: Instant) -> Int {
        let rate = decayed(now: now)
        guard rate <= Self.rateMax else { return 0 }
        switch lossEstimate {
        case ..<0.015: return rate <= Self.calmRate ? 1 : 0
        case ..<0.06: return 2
        default: return 3
        }
    }

    /// A new piece of ops left in packet `number`.
    mutating func sent(slot: Int, range: Range<UInt64>, number: UInt64, lossEstimate: Double, now: Instant) {
        rate = decayed(now: now) + Double(range.count)
        ratedAt = now
        let copies = copies(lossEstimate: lossEstimate, now: now)
        guard copies > 0, range.count <= Self.pieceMax else { return }
        if pieces.count >= Self.piecesMax { pieces.removeFirst() }
        pieces.append(Piece(source: Source(slot: slot, range: range), copiesLeft: copies, number: number))
    }

    /// Keeps the pieces for which `isMissing` holds.
    mutating func keep(_ isMissing: (Piece) -> Bool) {
        if !pieces.isEmpty { pieces.removeAll { !isMissing($0) } }
    }

    /// Takes the newest piece that fits `room` bytes and left before packet `number`; nil if there is none.
    ///
    /// - Parameter taken: pieces that the packet has already.
    mutating func take(room: Int, before number: UInt64, taken: inout Set<Source>) -> Piece? {
        guard
            let position = pieces.lastIndex(where: { $0.number < number && $0.source.range.count <= room && !taken.contains($0.source) })
        else { return nil }
        let piece = pieces[position]
        taken.insert(piece.source)
        pieces[position].copiesLeft -= 1
        if pieces[position].copiesLeft == 0 { pieces.remove(at: position) }
        return piece
    }

    private func decayed(now: Instant) -> Double { rate / (1 + max(0, (now - ratedAt).milliseconds) / 1000) }
}
