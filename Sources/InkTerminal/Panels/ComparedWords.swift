import InkBoard
import InkPrimitives
import InkSession

/// The safety words that were asked for, one person after the other: each costs a second and much memory, and is asked for once.
///
///     chosen ──stays so for `patience`, or is asked for──▶ under way ──▶ known, or impossible
struct ComparedWords: Sendable {
    enum State: Sendable {
        case unasked, underWay
        case known(SafetyWords)
        /// This machine does not give the memory.
        case impossible
    }

    private var known: [AuthorID: SafetyWords] = [:]
    private var refused: Set<AuthorID> = []
    private var underWay: AuthorID?
    /// Whose words are wanted if he stays chosen, and since when he is.
    private var chosen: (device: AuthorID, since: Instant)?

    /// Who only looks who is there, or goes through the list, has no words made (TM-292).
    static let patience = Duration.milliseconds(700)

    func state(of device: AuthorID) -> State {
        if let words = known[device] { return .known(words) }
        return underWay == device ? .underWay : refused.contains(device) ? .impossible : .unasked
    }

    /// Somebody is chosen, or nobody whose words are wanted.
    mutating func choose(_ device: AuthorID?, now: Instant) {
        guard let device else { return chosen = nil }
        if chosen?.device != device { chosen = (device, now) }
    }

    /// When words are to be made though nobody asks; nil for never.
    var deadline: Instant? { chosen.flatMap { underWay == nil && isWanted($0.device) ? $0.since + Self.patience : nil } }

    /// Whose words are to be made now; nil for nobody's.
    mutating func due(now: Instant) -> AuthorID? {
        guard let deadline, deadline <= now, let device = chosen?.device else { return nil }
        return ask(for: device) ? device : nil
    }

    /// - Parameter isAgain: also where that was in vain before.
    /// - Returns: true where they are to be made now.
    mutating func ask(for device: AuthorID, isAgain: Bool = false) -> Bool {
        guard underWay == nil, isAgain ? known[device] == nil : isWanted(device) else { return false }
        (underWay, refused) = (device, refused.subtracting([device]))
        return true
    }

    private func isWanted(_ device: AuthorID) -> Bool { known[device] == nil && !refused.contains(device) }

    /// - Parameter words: nil where this machine does not give the memory.
    mutating func take(_ device: AuthorID, _ words: SafetyWords?) {
        if underWay == device { underWay = nil }
        known[device] = words
        if words == nil { refused.insert(device) }
    }
}
