import InkBoard
import InkPrimitives

/// One way of a rogue to do harm, with what it remembers of it.
protocol Move: Sendable {
    /// Called each `HostileParty.interval` while the rogue is there. What it makes and gives it says by the rogue's deeds, and so to the trace.
    mutating func act(_ rogue: inout Rogue, in scene: Scene, now: Instant)
}

/// The moves there are; each is a type.
package enum MoveKind: String, Hashable, Sendable, CaseIterable {
    /// Every kind of write, under every right, by every way.
    case everyWrite = "every-write"
    /// Work in the names of others, and their own with other signatures.
    case forgedAuthor = "forged-author"
    /// Up to 64 transactions in one place, half of them to half of the others.
    case branches
    /// Wrong places in time, and wrong times of day.
    case falseDates = "false-dates"
    /// What was truly signed for another board.
    case otherBoards = "other-boards"
    /// Rights that it may not give, and ends that it may not make.
    case rightsGrab = "rights-grab"
    /// More join by an invite than may.
    case overuse
    /// As much as it is let, of all that is allowed.
    case flood
    /// What nobody has the parents of.
    case orphans
    /// Little that costs others much.
    case bombs
    /// Fingerprints, receipts, sessions and addresses that are not so.
    case lies
    /// It goes on after its removal, as if before it and as if beside it.
    case afterRemoval = "after-removal"

    func make() -> any Move {
        switch self {
        case .everyWrite: EveryWrite()
        case .forgedAuthor: ForgedAuthor()
        case .branches: Branches()
        case .falseDates: FalseDates()
        case .otherBoards: OtherBoards()
        case .rightsGrab: RightsGrab()
        case .overuse: Overuse()
        case .flood: Flood()
        case .orphans: Orphans()
        case .bombs: Bombs()
        case .lies: Lies()
        case .afterRemoval: AfterRemoval()
        }
    }
}

/// What rogues know of the world.
struct Scene {
    /// The devices of those who keep the rules; first the owner.
    let honest: [AuthorID]
    /// An invite that one may use, whose key they all have.
    let invite: InviteKey
    /// What was truly signed for another board, by the owner and by the rogues.
    let foreign: [Transaction]
    /// What removed each of them.
    var removals: [AuthorID: TransactionName] = [:]
    /// Milliseconds since 1970.
    var wallTime: UInt64 = 0
}
