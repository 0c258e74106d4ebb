import InkPrimitives

/// What the rules of validity ask of a transaction's writes (BD-94). Made as they are read, so that nobody reads them for it again.
struct WriteSummary: Hashable, Sendable {
    /// The greatest need of any of them, those that change rights apart.
    private(set) var needBesideRights = RightsNeed.nothing
    /// True if one of them is a grant, an invite, an admission, a removal or a policy.
    private(set) var changesRights = false
    /// True if one of them is an admission.
    private(set) var isAdmission = false
    /// How many rights they give, admissions apart.
    private(set) var giftCount = 0
    /// True if one of them locks or unlocks a shape.
    private(set) var setsLock = false
    /// The greatest number of a shape that they write to.
    private(set) var shapeNumber: UInt64 = 0

    mutating func append(_ write: Write, _ row: PropertyRow, by author: AuthorID) {
        shapeNumber = max(shapeNumber, write.target.number)
        if write.property == .lock, write.target.number > 0 { setsLock = true }
        guard row.law == .rights else {
            needBesideRights = max(needBesideRights, RightsNeed(of: write, row, by: author))
            return
        }
        changesRights = true
        switch write.property {
        case .grant, .invite: giftCount += 1
        case .admittance: isAdmission = true
        default: break
        }
    }
}

extension RightsNeed {
    /// What a write by `author` that changes no rights needs, whatever else is on the board.
    init(of write: Write, _ row: PropertyRow, by author: AuthorID) {
        switch row.law {
        case .genesis, .step: self = .nothing
        case .person: self = write.property == .chat ? .message : .nothing
        case .rights: self = .govern
        case .register, .samples, .remark, .maker, .mark, .retraction:
            let isOwn = write.target.author == author && write.target.number > 0
            let isOther = write.property == .kind && write.value != .kind(ShapeKind.note.rawValue)
            self = isOwn && !isOther ? .note : .edit
        }
    }
}
