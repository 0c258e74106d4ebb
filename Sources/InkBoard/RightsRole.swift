/// What a member may do, the least first. Each may do what those before it may (BD-80).
public enum Role: UInt8, Hashable, Sendable, CaseIterable, Comparable {
    /// Sees, and is seen; writes messages where the owners allow it.
    case viewer = 1
    /// Writes messages, and notes of its own.
    case commenter = 2
    /// Draws.
    case editor = 3
    /// Gives rights and ends them.
    case owner = 4

    public static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}

/// What writes need of the right they are written under, the least first: of a transaction the greatest of its writes.
package enum RightsNeed: UInt8, Hashable, Sendable, CaseIterable, Comparable {
    /// Any right that stands.
    case nothing
    case message
    case note
    case edit
    case govern

    package static func < (left: RightsNeed, right: RightsNeed) -> Bool { left.rawValue < right.rawValue }
}

extension Role {
    /// Whether it may write what needs this (BD-80, BD-88).
    package func allows(_ need: RightsNeed, viewersMayChat: Bool) -> Bool {
        switch self {
        case .viewer: need <= (viewersMayChat ? .message : .nothing)
        case .commenter: need <= .note
        case .editor: need <= .edit
        case .owner: true
        }
    }
}
