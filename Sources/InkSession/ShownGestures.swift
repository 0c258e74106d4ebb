import InkPrimitives

/// Which gestures of a peer our front ends were shown: what its role does not allow is not shown, by whatever program it comes (SE-188).
struct ShownGestures: Sendable {
    private var shown: Set<Key> = []

    private struct Key: Hashable, Sendable {
        let frontEnd: FrontEndID
        let number: UInt64
    }

    /// What is told of a gesture's step; nil for nothing. One that goes on to what is not allowed ends.
    ///
    /// - Parameter allows: whether the peer may do what a gesture becomes; nil stands for a stroke that goes on.
    mutating func step(_ change: GestureChange, of frontEnd: FrontEndID, number: UInt64, allows: (Gesture?) -> Bool) -> GestureChange? {
        let key = Key(frontEnd: frontEnd, number: number)
        switch change {
        case .began(let gesture, _):
            guard allows(gesture) else { return nil }
            shown.insert(key)
            return change
        case .updated(let gesture, _): return goesOn(key, change, isAllowed: allows(gesture))
        case .appended: return goesOn(key, change, isAllowed: allows(nil))
        case .ended: return shown.remove(key) == nil ? nil : change
        }
    }

    /// It was begun and has not ended.
    func isShown(_ frontEnd: FrontEndID, number: UInt64) -> Bool { shown.contains(Key(frontEnd: frontEnd, number: number)) }

    private mutating func goesOn(_ key: Key, _ change: GestureChange, isAllowed: Bool) -> GestureChange? {
        guard shown.contains(key) else { return nil }
        guard !isAllowed else { return change }
        shown.remove(key)
        return .ended(.cancelled)
    }
}
