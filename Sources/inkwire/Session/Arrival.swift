import InkPrimitives
import InkRuntime
import InkSession

/// How somebody comes to a board of others: by an invite, and where that came by a short code, from whom, and over what.
struct Arrival: Sendable {
    /// What a visit to a mailbox leaves besides the invite.
    struct Meeting: Sendable {
        var inviter: AuthorID
        /// Still open for a moment.
        var connection: KeptConnection
    }

    var invite: Invite
    /// Nil for a link.
    var meeting: Meeting?
}
