import InkPrimitives

/// Where a node is in its life.
///
///     joining ──the board is there──▶ ready ──quit──▶ quitting ──saved and delivered, or out of patience──▶ leaving ──goodbyes said──▶ stopped
///        └──────────────────────── quit ─────────────────▲
enum Phase: Sendable {
    /// The board, or what others have of it, is not here yet.
    case joining
    case ready
    /// Nothing more is taken of our person. The board may still become ready.
    case quitting(Quitting)
    /// The others are told goodbye; nothing else is taken. `farewell` is told last.
    case leaving(farewell: Event, handsOver: Bool)
    case stopped

    /// What quitting waits for (SE-12).
    struct Quitting: Sendable {
        /// How long it waits.
        let until: Instant
        /// Another process goes on with the board: the others shall not notice (SE-40).
        let handsOver: Bool
        /// The records that had been given to the disk when quitting began.
        fileprivate(set) var mark: UInt64
        fileprivate(set) var isReady: Bool

        /// When it began.
        var since: Instant { until - SessionTiming.quitPatience }
    }

    /// The board is there, and we know what the others have of it.
    var isReady: Bool {
        switch self {
        case .joining, .leaving, .stopped: false
        case .ready: true
        case .quitting(let quitting): quitting.isReady
        }
    }

    /// Quitting has begun.
    var isEnding: Bool {
        switch self {
        case .joining, .ready: false
        case .quitting, .leaving, .stopped: true
        }
    }

    /// Nothing is taken any more.
    var isOver: Bool {
        switch self {
        case .joining, .ready, .quitting: false
        case .leaving, .stopped: true
        }
    }

    /// Nil before quitting, and once it is over.
    var quitting: Quitting? { if case .quitting(let quitting) = self { quitting } else { nil } }

    /// - Returns: true if it was not before, and is now: who leaves is told nothing more.
    mutating func becameReady() -> Bool {
        switch self {
        case .joining: self = .ready
        case .quitting(var quitting) where !quitting.isReady:
            quitting.isReady = true
            self = .quitting(quitting)
        case .quitting, .ready, .leaving, .stopped: return false
        }
        return true
    }

    /// - Parameter mark: so many records were given to the disk.
    mutating func quit(handsOver: Bool, mark: UInt64, now: Instant) {
        guard !isEnding else { return }
        self = .quitting(Quitting(until: now + SessionTiming.quitPatience, handsOver: handsOver, mark: mark, isReady: isReady))
    }

    /// What was given to the disk for the sake of quitting is waited for, too.
    mutating func waits(for mark: UInt64) {
        guard case .quitting(var quitting) = self else { return }
        quitting.mark = mark
        self = .quitting(quitting)
    }

    mutating func leave(with farewell: Event) {
        guard case .quitting(let quitting) = self else { return }
        self = .leaving(farewell: farewell, handsOver: quitting.handsOver)
    }

    mutating func stop() { self = .stopped }
}
