import InkPrimitives

/// What a program of ours says of how its person attends to it.
public enum Attending: UInt8, Hashable, Sendable, CaseIterable {
    case here = 0
    /// Its window is seen and another has the keyboard: the person is away where that lasts.
    case elsewhere = 1
    /// Nobody sees it, or it is about to stop: the person is away at once, and what moves need not be told.
    case hidden = 2
}

/// Whether our person attends to the board, by what each of our programs says (SE-275, SE-276).
///
///     here ──elsewhere──▶ waits ── 10 s ──▶ away
///       ▲  ╲                                 │
///       │   ╰──hidden──────────▶ away, unseen│
///       ╰────── here, or something done ─────╯
///
/// The person is away where all programs say so, and sees nothing where all of them are hidden. One that never says anything is here.
package struct OwnAttention: Sendable {
    private enum Seat: Hashable, Sendable {
        case waits(until: Instant)
        case away
        case unseen
    }

    /// Programs that take part.
    private var frontEnds: Set<FrontEndID> = [.holder]
    /// Those whose person is not here.
    private var absent: [FrontEndID: Seat] = [:]
    private var isIdle = false
    private var lastInput: Instant

    init(now: Instant) { lastInput = now }

    /// What the others are told.
    var state: PresenceValue.Attention {
        let isAway = frontEnds.allSatisfy { frontEnd in
            switch absent[frontEnd] {
            case .away, .unseen: true
            case .waits, nil: false
            }
        }
        return isAway ? .away : isIdle ? .idle : .active
    }

    /// Nobody of ours sees what moves.
    var isUnseen: Bool { frontEnds.allSatisfy { absent[$0] == .unseen } }

    var deadline: Instant? {
        var soonest = isIdle ? nil : Optional(lastInput + PresenceTiming.idleAfter)
        for seat in absent.values { if case .waits(let until) = seat { soonest = earliest(soonest, until) } }
        return soonest
    }

    mutating func handleTimeout(now: Instant) {
        if now >= lastInput + PresenceTiming.idleAfter { isIdle = true }
        for (frontEnd, seat) in absent { if case .waits(let until) = seat, now >= until { absent[frontEnd] = .away } }
    }

    /// A program says how its person attends to it.
    mutating func attend(_ attending: Attending, by frontEnd: FrontEndID, now: Instant) {
        switch (attending, absent[frontEnd]) {
        case (.here, _): touched(by: frontEnd, now: now)
        case (.hidden, _): absent[frontEnd] = .unseen
        // Its time runs from the first word.
        case (.elsewhere, .waits), (.elsewhere, .away): break
        case (.elsewhere, nil): absent[frontEnd] = .waits(until: now + PresenceTiming.awayAfter)
        // It is seen again, and the person was away before (SE-392).
        case (.elsewhere, .unseen): absent[frontEnd] = .away
        }
    }

    /// The person did something at this program, and so is here (SE-391).
    ///
    /// - Parameter isByHand: false for what a program also does by itself: of one whose person is away that says nothing.
    mutating func touched(by frontEnd: FrontEndID, isByHand: Bool = true, now: Instant) {
        guard isByHand || absent[frontEnd] == nil else { return }
        (lastInput, isIdle) = (now, false)
        absent[frontEnd] = nil
    }

    mutating func attach(_ frontEnd: FrontEndID) {
        frontEnds.insert(frontEnd)
        absent[frontEnd] = nil
    }

    mutating func detach(_ frontEnd: FrontEndID) {
        frontEnds.remove(frontEnd)
        absent[frontEnd] = nil
    }
}
