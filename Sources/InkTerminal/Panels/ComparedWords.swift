import InkBoard
import InkPrimitives
import InkSession

/// The safety words that were asked for, one person after the other: each costs a second and much memory.
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

    func state(of device: AuthorID) -> State {
        if let words = known[device] { return .known(words) }
        return underWay == device ? .underWay : refused.contains(device) ? .impossible : .unasked
    }

    /// - Parameter isAgain: also where that was in vain before.
    /// - Returns: true where they are to be made now.
    mutating func ask(for device: AuthorID, isAgain: Bool = false) -> Bool {
        guard underWay == nil, known[device] == nil, isAgain || !refused.contains(device) else { return false }
        (underWay, refused) = (device, refused.subtracting([device]))
        return true
    }

    /// - Parameter words: nil where this machine does not give the memory.
    mutating func take(_ device: AuthorID, _ words: SafetyWords?) {
        if underWay == device { underWay = nil }
        known[device] = words
        if words == nil { refused.insert(device) }
    }
}
