import InkFrontEnd
import InkPrimitives
import InkSession

/// That work is not on the disk is said once it has been so for a moment, and once that it is.
///
///     saved ──told otherwise──▶ saving ──0.7 s──▶ told ──saved──▶ saved, which is said
struct SavingTeller {
    private enum State {
        case saved
        case saving(until: Instant)
        case told
    }

    private var state = State.saved

    /// - Returns: what is to be said; nil for nothing. Here and below.
    mutating func take(_ status: SyncStatus, now: Instant) -> String? {
        switch state {
        case .saved:
            if !status.isSaved { state = .saving(until: now + FrontEnd.patience) }
        case .saving: if status.isSaved { state = .saved }
        case .told:
            guard status.isSaved else { return nil }
            state = .saved
            return Sentence.saved.text
        }
        return nil
    }

    /// What is said of work that is not on the disk, to who asks.
    var word: Sentence { if case .told = state { .notSavedYet } else { .saving } }

    var deadline: Instant? { if case .saving(let until) = state { until } else { nil } }

    // LN-14
    mutating func handleTimeout(now: Instant) -> String? {
        guard case .saving(let until) = state, until <= now else { return nil }
        state = .told
        return Sentence.notSavedYet.text
    }
}
