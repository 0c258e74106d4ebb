import InkPrimitives

/// All rights transactions of a board that are valid, the rights that they give and the removals in them: what was written, not what stands.
///
/// Entries, rights and removals are numbered as they come, so that numbers differ between peers and decide nothing that they must agree on.
struct RightsRoll: Sendable {
    /// A rights transaction.
    struct Entry: Sendable {
        let stamp: Stamp
        /// The right that it names; nil in genesis.
        let named: Int?
        /// The right that it gives.
        let gives: Int?
        let isAdmission: Bool
        let viewersMayChat: Bool?
        /// Its rights-ancestors and itself.
        let including: RightsSet
    }

    struct Right: Sendable {
        let kind: Kind
        let role: Role
        let seniority: Seniority
        /// How many transactions gave it, one under the other, from genesis on, which is not counted.
        let steps: Int
        /// The right that it was given under, or by; nil of the root owner's.
        let giver: Int?
        /// Whether an admission gives it.
        let isAdmitted: Bool
        /// The entries that give it: one, or all admissions of one person under one invite.
        var givers = RightsBits()
        /// The entries that name it.
        var naming = RightsBits()
        /// The removals of it.
        var removals: [Int] = []
    }

    enum Kind: Sendable, Equatable {
        case held(by: AuthorID)
        case invite(key: AuthorID)
    }

    struct Removal: Sendable {
        let id: RightsRemovalID
        let entry: Int
        let right: Int
        /// What lies under its heads, the heads included.
        let cover: RightsBits
    }

    private(set) var entries: [Entry]
    private(set) var rights: [Right]
    private(set) var removals: [Removal] = []
    /// Rights, the most senior first: what one depends on stands before it.
    private(set) var order = [0]
    /// Entries that hold removals.
    private(set) var removers = RightsBits()
    /// Entries that bring a secret.
    private(set) var bringers = RightsBits()
    /// Entries that hold a policy, the greatest stamp first.
    private(set) var policies: [Int] = []
    private var numbers: [TransactionName: Int]
    private var admissions: [Admission: Int] = [:]

    private struct Admission: Hashable, Sendable {
        let invite: Int
        let subject: AuthorID
    }

    init(root: Stamp, including: RightsSet) {
        entries = [Entry(stamp: root, named: nil, gives: 0, isAdmission: false, viewersMayChat: nil, including: including)]
        let seniority = Seniority(root: root)
        rights = [Right(kind: .held(by: root.author), role: .owner, seniority: seniority, steps: 0, giver: nil, isAdmitted: false)]
        rights[0].givers.insert(0)
        numbers = [root.name: 0]
    }

    /// The entry of this name.
    func number(of name: TransactionName) -> Int? { numbers[name] }

    /// The right that an admission of `subject` under `invite` gives, if there was one before (BD-158).
    func admitted(under invite: Int, subject: AuthorID) -> Int? { admissions[Admission(invite: invite, subject: subject)] }

    /// How many have joined by an invite.
    func admittedCount(under invite: Int) -> Int { admissions.keys.count { $0.invite == invite } }

    /// What the next one is called.
    var nextEntry: Int { entries.count }

    /// Takes in an admission under `invite`.
    mutating func admit(_ stamp: Stamp, under invite: Int, including: RightsSet) {
        let number = entries.count
        let key = Admission(invite: invite, subject: stamp.author)
        let right: Int
        if let known = admissions[key] {
            right = known
        } else {
            let given = rights[invite]
            right = add(
                Right(
                    kind: .held(by: stamp.author), role: given.role, seniority: given.seniority.admitting(stamp.author),
                    steps: given.steps + 1, giver: invite, isAdmitted: true))
            admissions[key] = right
        }
        rights[right].givers.insert(number)
        rights[invite].naming.insert(number)
        numbers[stamp.name] = number
        entries.append(
            Entry(stamp: stamp, named: invite, gives: right, isAdmission: true, viewersMayChat: nil, including: including))
    }

    /// Takes in what was written under `named`. `removals` are rights, and what lies under the heads.
    mutating func append(
        _ stamp: Stamp, named: Int, gift: RightsGift?, removals: [(right: Int, name: TransactionName, cover: RightsBits)],
        viewersMayChat: Bool?, bringsSecret: Bool, including: RightsSet
    ) {
        let number = entries.count
        let giver = rights[named]
        func give(_ kind: Kind, _ role: Role, _ seniority: Seniority) -> Int {
            add(Right(kind: kind, role: role, seniority: seniority, steps: giver.steps + 1, giver: named, isAdmitted: false))
        }
        let given: Int? =
            switch gift {
            case .grant(let subject, let role): give(.held(by: subject), role, giver.seniority.giving(stamp))
            case .invite(let key, let role): give(.invite(key: key), role, giver.seniority.giving(stamp))
            case .device(let key): give(.invite(key: key), giver.role, giver.seniority.inviting(deviceAt: stamp))
            case nil: nil
            }
        if let given { rights[given].givers.insert(number) }
        rights[named].naming.insert(number)
        for removal in removals {
            rights[removal.right].removals.append(self.removals.count)
            let id = RightsRemovalID(by: stamp.name, right: removal.name)
            self.removals.append(Removal(id: id, entry: number, right: removal.right, cover: removal.cover))
        }
        if !removals.isEmpty { removers.insert(number) }
        if bringsSecret { bringers.insert(number) }
        numbers[stamp.name] = number
        entries.append(
            Entry(stamp: stamp, named: named, gives: given, isAdmission: false, viewersMayChat: viewersMayChat, including: including))
        if viewersMayChat != nil {
            policies.insert(number, at: policies.partitioningIndex { entries[$0].stamp < stamp })
        }
    }

    private mutating func add(_ right: Right) -> Int {
        let number = rights.count
        rights.append(right)
        order.insert(number, at: order.partitioningIndex { right.seniority < rights[$0].seniority })
        return number
    }
}
