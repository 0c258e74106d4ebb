import InkPrimitives

/// What front ends were told last of where we stand, and when they are told again.
struct StatusTeller: Sendable {
    private(set) var told: SyncStatus?
    /// When to look what is to be told; nil while nothing has changed.
    private(set) var deadline: Instant?

    /// What was told last does not say that something is unsaved (SE-19).
    var saysSaved: Bool { told?.isSaved != false }

    mutating func changed(now: Instant) {
        if deadline == nil { deadline = now + SessionTiming.statusInterval }
    }

    mutating func isDue(now: Instant) -> Bool {
        guard let at = deadline, now >= at else { return false }
        deadline = nil
        return true
    }

    /// - Returns: true if `status` is to be told, and now counts as told.
    mutating func isNews(_ status: SyncStatus) -> Bool {
        guard status != told else { return false }
        told = status
        return true
    }
}
