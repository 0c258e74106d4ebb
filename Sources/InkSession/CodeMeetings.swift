import InkBoard
import InkPrimitives

/// Devices that are known by a short code and have not been met since: who gave us our invite, and to whom we gave one (SE-222).
struct CodeMeetings: Sendable {
    /// Who gave us ours; nil once met, or where we came by no code.
    private var inviter: AuthorID?
    /// To whom we gave one, and which.
    private var given: [AuthorID: TransactionName] = [:]

    init(inviter: AuthorID?) { self.inviter = inviter }

    func expects(_ device: AuthorID) -> Bool { device == inviter || given[device] != nil }

    /// It was given this invite, for the words that it knew.
    mutating func gave(_ invite: TransactionName, to device: AuthorID) { given[device] = invite }

    /// It is in the room, or was refused: from here on it is as any other.
    mutating func judged(_ device: AuthorID) {
        given[device] = nil
        if inviter == device { inviter = nil }
    }

    /// Invites have ended: nobody is expected by them any more.
    mutating func end(where hasEnded: (TransactionName) -> Bool) { given = given.filter { !hasEnded($0.value) } }
}
