/// What was seen of versions that this program does not speak (SE-29).
struct OtherVersions: Sendable {
    /// A member whose word was fresh speaks another version of the protocol (SE-287).
    private var hasMetOther = false
    /// The board that we join is of a version that this program does not know.
    private var isBoardTooNew = false

    mutating func met(isFresh: Bool) { hasMetOther = hasMetOther || isFresh }

    mutating func boardIsTooNew() { isBoardTooNew = true }

    /// True if a board that has not come cannot come from those met so far.
    ///
    /// - Parameter isAlone: no session lives.
    func keepOut(isAlone: Bool) -> Bool { isBoardTooNew || hasMetOther && isAlone }
}
