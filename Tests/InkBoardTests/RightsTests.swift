import InkPrimitives
import Testing

@testable import InkBoard
@testable import rights_histories

@Suite struct RightsTests {
    @Test(arguments: 1...16 as ClosedRange<UInt64>)
    func `BD-81, BD-84, BD-85, BD-86, BD-89, BD-90, BD-91, BD-160, BD-161, BD-162: laws hold over random histories, and naive rules agree`(
        batch: UInt64
    ) {
        for seed in batch * 1000..<batch * 1000 + RightsTests.histories {
            #expect(RightsLaws.broken(by: RightsHistory(seed: seed), orders: 2) == [])
        }
    }

    #if DEBUG
        private static let histories: UInt64 = 5
    #else
        private static let histories: UInt64 = 60
    #endif

    @Test func `BD-80: a role allows what those below it do, and more`() {
        let allowed = Role.allCases.map { role in RightsNeed.allCases.filter { role.allows($0, viewersMayChat: false) } }
        #expect(allowed == [[.nothing], [.nothing, .message, .note], [.nothing, .message, .note, .edit], RightsNeed.allCases])
        #expect(RightsNeed.allCases.filter { Role.viewer.allows($0, viewersMayChat: true) } == [.nothing, .message])
    }

    @Test func `BD-156: nothing is given deeper than sixteen steps from the root owner`() throws {
        var room = RightsRoom()
        var giver = room.root
        for depth in 1...16 {
            if depth == 15 { #expect(room.refusal(of: .invite(key: room.keys[40], role: .viewer), by: depth - 1, under: giver) == nil) }
            if depth == 16 {
                #expect(room.refusal(of: .invite(key: room.keys[41], role: .viewer), by: depth - 1, under: giver) == .tooDeep)
            }
            giver = try room.give(.grant(subject: room.keys[depth], role: .owner), by: depth - 1, under: giver)
        }
        #expect(room.refusal(of: .grant(subject: room.keys[17], role: .viewer), by: 16, under: giver) == .tooDeep)
    }

    @Test
    func `BD-103, BD-176, BD-177, BD-178, BD-179: a second device is the same person, and only the first and his seniors end it`() throws {
        var room = RightsRoom()
        let elder = try room.give(.grant(subject: room.keys[1], role: .owner), by: 0, under: room.root)
        let viewer = try room.give(.grant(subject: room.keys[2], role: .viewer), by: 0, under: room.root)
        let younger = try room.give(.grant(subject: room.keys[3], role: .owner), by: 0, under: room.root)
        let link = try room.give(.device(key: room.keys[9]), by: 2, under: viewer)
        let second = try room.join(12, by: link, at: room.newest)
        let other = try room.join(13, by: link, at: room.newest)
        #expect(room.rights.best(of: room.keys[12])?.role == .viewer)
        let standing = room.rights.standing()
        let first = try #require(standing.first { $0.subject == room.keys[2] })
        #expect(standing.filter { $0.isSamePerson(as: first) }.map(\.name) == [viewer, link] + [second, other].sorted(by: room.isSenior))
        // One who is senior to the first is senior to the second, and one who is junior to the first junior to it.
        #expect(room.refusal(removing: [second], by: 1, under: elder) == nil)
        #expect(room.refusal(removing: [second], by: 3, under: younger) == .targetNotJunior)
        #expect(room.refusal(removing: [second, link], by: 2, under: viewer) == nil)
        #expect(room.refusal(removing: [viewer], by: 12, under: second) == .targetNotJunior)
        // What else needs a role needs it still.
        #expect(room.refusal(removing: [second], by: 4, under: viewer) == .rightOfAnother)
        #expect(room.refusal(of: .invite(key: room.keys[20], role: .viewer), by: 2, under: viewer) == .notAllowed(.viewer))
        #expect(throws: RightsViolation.notAllowed(.viewer)) {
            try room.write(.acts(gift: .device(key: room.keys[20]), removals: [], viewersMayChat: nil, need: .edit), by: 2, under: viewer)
        }
        #expect(throws: RightsViolation.notAllowed(.viewer)) {
            try room.write(.acts(gift: .device(key: room.keys[20]), removals: [], viewersMayChat: true), by: 2, under: viewer)
        }
        // Who could keep a new secret from all others brings none.
        for targets in [[second], []] {
            let removals = targets.map { RightsRemoval(right: $0, heads: []) }
            let content = RightsTransaction.Content.acts(gift: nil, removals: removals, viewersMayChat: nil, bringsSecret: true)
            #expect(throws: RightsViolation.notAllowed(.viewer)) { try room.write(content, by: 2, under: viewer) }
        }
        // The device outlives the first, whose right ends under heads that it lies under.
        _ = try room.remove([viewer], by: 0, under: room.root, heads: [room.newest])
        #expect(room.rights.stands(second) && !room.rights.stands(viewer))
    }

    @Test func `BD-81, BD-156, BD-176: steps to devices are steps`() throws {
        var room = RightsRoom()
        var (giver, holder) = (room.root, 0)
        for step in 1...8 {
            #expect(room.refusal(of: .device(key: room.keys[40]), by: holder, under: giver) == nil)
            let link = try room.give(.device(key: room.keys[40]), by: holder, under: giver)
            (giver, holder) = (try room.join(step, by: link, at: room.newest), step)
        }
        #expect(room.refusal(of: .device(key: room.keys[40]), by: 8, under: giver) == .tooDeep)
        #expect(room.refusal(of: .grant(subject: room.keys[30], role: .viewer), by: 8, under: giver) == .tooDeep)
        #expect(room.rights.best(of: room.keys[8])?.depth == 0)
    }

    @Test func `BD-82, BD-157, BD-158: who joins has his invite's role, one right however often, and does not come back by it`() throws {
        var room = RightsRoom()
        let invite = try room.give(.invite(key: room.keys[9], role: .editor), by: 0, under: room.root)
        let before = room.newest
        let first = try room.join(1, by: invite, at: before)
        let second = try room.join(1, by: invite, at: before)
        #expect(room.rights.standing().map(\.subject) == [room.keys[0], nil, room.keys[1]])
        #expect(room.rights.violation(of: room.keys[1], naming: second, need: .edit, after: room.all) == nil)
        #expect(room.rights.violation(of: room.keys[2], naming: first, need: .edit, after: room.all) == .rightOfAnother)
        #expect(room.rights.violation(of: room.keys[9], naming: invite, need: .nothing, after: room.all) == .rightOfAnother)
        _ = try room.remove([first], by: 0, under: room.root, heads: [])
        #expect(!room.rights.stands(second))
        #expect(throws: RightsViolation.alreadyJoined) { try room.join(1, by: invite, at: room.newest) }
        // Where he knows of no removal it is valid, and without effect.
        let late = try room.join(1, by: invite, at: before)
        #expect(!room.rights.counts(late))
        #expect(throws: RightsViolation.noInvite) { try room.join(1, by: room.root, at: room.newest) }
    }

    @Test func `BD-86: an invite that is removed ends, and who joined under the heads stays`() throws {
        var room = RightsRoom()
        let invite = try room.give(.invite(key: room.keys[9], role: .editor), by: 0, under: room.root)
        let early = room.newest
        let under = try room.join(1, by: invite, at: early)
        let heads = [room.newest]
        let beside = try room.join(2, by: invite, at: early)
        _ = try room.remove([invite], by: 0, under: room.root, heads: heads)
        #expect(room.rights.stands(under) && !room.rights.stands(beside) && !room.rights.stands(invite))
    }

    @Test func `BD-83, BD-159: only what is strictly junior is removed, and a back-dated grant is no more senior than its giver`() throws {
        var room = RightsRoom()
        let ann = try room.give(.grant(subject: room.keys[1], role: .owner), by: 0, under: room.root)
        let old = room.newest
        let bob = try room.give(.grant(subject: room.keys[2], role: .owner), by: 0, under: room.root)
        #expect(room.refusal(removing: [ann], by: 2, under: bob) == .targetNotJunior)
        #expect(room.refusal(removing: [bob], by: 2, under: bob) == .targetNotJunior)
        #expect(room.refusal(removing: [room.root], by: 1, under: ann) == .targetNotJunior)
        #expect(room.refusal(removing: [bob, bob], by: 1, under: ann) == .repeatedTarget)
        let sock = try room.give(.grant(subject: room.keys[3], role: .owner), by: 1, under: ann, at: old)
        #expect(room.refusal(removing: [bob], by: 3, under: sock) == .targetNotJunior)
        #expect(room.refusal(removing: [TransactionName.zero], by: 1, under: ann) == .unknownTarget)
        // What the removal comes after is not enough.
        for heads in [[room.newest], [room.rights.genesis], [old, room.rights.genesis]] {
            #expect(throws: RightsViolation.headsBeyondParents) { try room.remove([ann], by: 0, under: room.root, heads: heads, at: old) }
        }
    }

    @Test func `BD-87, BD-162: who is removed removes nobody beside it, and who had been removed by him stands again`() throws {
        var room = RightsRoom()
        let ann = try room.give(.grant(subject: room.keys[1], role: .owner), by: 0, under: room.root)
        let bob = try room.give(.grant(subject: room.keys[2], role: .owner), by: 0, under: room.root)
        let eve = try room.give(.grant(subject: room.keys[3], role: .editor), by: 2, under: bob)
        let before = room.newest
        let purge = try room.remove([bob], by: 1, under: ann, heads: [before], at: before)
        #expect(!room.rights.stands(bob) && room.rights.stands(eve))
        let last = try room.remove([ann], by: 0, under: room.root, heads: [before], at: before)
        #expect(!room.rights.stands(ann) && room.rights.stands(bob) && room.rights.stands(room.root))
        #expect(!room.rights.counts(purge) && room.rights.counts(last))
    }

    @Test func `BD-85, BD-90: work counts until its right ends, and then as far as the heads reach`() throws {
        var room = RightsRoom()
        let ann = try room.give(.grant(subject: room.keys[1], role: .editor), by: 0, under: room.root)
        let before = room.newest
        _ = try room.remove([ann], by: 0, under: room.root, heads: [before])
        #expect(room.rights.violation(of: room.keys[1], naming: ann, need: .edit, after: [before]) == nil)
        #expect(room.rights.violation(of: room.keys[1], naming: ann, need: .edit, after: [room.newest]) == .rightEnded)
        #expect(room.rights.violation(of: room.keys[1], naming: ann, need: .govern, after: [before]) == .notAllowed(.editor))
        #expect(room.rights.violation(of: room.keys[1], naming: ann, need: .edit, after: [room.rights.genesis]) == .unknownRight)
        // Places: 0 genesis, 1 the grant, 2 and 3 work of hers, 4 the removal with 2 as its head, 5 work on 3.
        let parents = [[], [0], [1], [2], [1, 2], [3]]
        let cover = RightsCover(heads: [2], firstGiver: 1) { parents[$0] }
        #expect((0...5).map { cover.contains($0) } == [false, true, true, false, false, false])
        let removals = room.rights.removals(of: ann)
        #expect(removals.count == 1)
        let counts = (2...5).map { place in
            room.rights.counts(naming: ann) { removals.contains($0) && cover.contains(place) }
        }
        #expect(counts == [true, false, false, false])
        let both = CoveredPlaces(counting: [true, true, false, false, true, true]) { parents[$0] }
        #expect((0...5).allSatisfy(both.contains) && both.heads == [4, 5])
        let one = CoveredPlaces(counting: [true, true, false, false, true, false]) { parents[$0] }
        #expect((0...5).filter(one.contains) == [0, 1, 2, 4] && one.heads == [4])
    }

    @Test func `BD-83: the right that allows most is the one to write under, and of two alike the senior one`() throws {
        var room = RightsRoom()
        let ann = try room.give(.grant(subject: room.keys[1], role: .owner), by: 0, under: room.root)
        _ = try room.give(.grant(subject: room.keys[2], role: .commenter), by: 0, under: room.root)
        let deep = try room.give(.grant(subject: room.keys[2], role: .editor), by: 1, under: ann)
        let first = try room.give(.grant(subject: room.keys[2], role: .editor), by: 0, under: room.root)
        _ = try room.give(.grant(subject: room.keys[2], role: .editor), by: 0, under: room.root)
        #expect(room.rights.best(of: room.keys[2])?.name == first)
        #expect(room.rights.best(of: room.keys[3]) == nil)
        let members = room.rights.standing()
        #expect(members.map(\.depth) == [0, 1, 1, 1, 1, 2] && members.last?.name == deep)
        #expect(members[1].isSenior(to: members[2]) && !members[2].isSenior(to: members[1]))
    }

    @Test func `BD-88: viewers write messages while the newest policy that counts says so`() throws {
        var room = RightsRoom()
        let ann = try room.give(.grant(subject: room.keys[1], role: .owner), by: 0, under: room.root)
        let viewer = try room.give(.grant(subject: room.keys[2], role: .viewer), by: 0, under: room.root)
        let silent = room.newest
        #expect(room.rights.violation(of: room.keys[2], naming: viewer, need: .message, after: [silent]) == .notAllowed(.viewer))
        _ = try room.write(.acts(gift: nil, removals: [], viewersMayChat: true), by: 1, under: ann)
        #expect(room.rights.violation(of: room.keys[2], naming: viewer, need: .message, after: [room.newest]) == nil)
        #expect(room.rights.violation(of: room.keys[2], naming: viewer, need: .message, after: [silent]) == .notAllowed(.viewer))
        _ = try room.remove([ann], by: 0, under: room.root, heads: [silent])
        #expect(!room.rights.viewersMayChat())
        #expect(throws: RightsViolation.notAllowed(.viewer)) {
            try room.write(.acts(gift: nil, removals: [], viewersMayChat: true), by: 2, under: viewer)
        }
    }

    @Test func `BD-163: drawing makes no sets, and sixteen parents make one`() throws {
        var room = RightsRoom()
        let start = room.newest
        var beside: [RightsSet] = []
        for member in 1...16 {
            _ = try room.give(.grant(subject: room.keys[member], role: .editor), by: 0, under: room.root, at: start)
            beside.append(room.newest)
        }
        let held = room.rights.setCount
        // Sixteen who know nothing of each other, and who writes after all of them.
        #expect(held == 18)
        let first = room.names[beside[0]] ?? .zero
        func work(after parents: [RightsSet]) throws -> RightsSet {
            try room.rights.insert(workOf: room.keys[1], naming: first, need: .edit, after: parents)
        }
        for _ in 0..<100 { _ = try work(after: beside) }
        #expect(room.rights.setCount == held + 1)
        for _ in 0..<100 { _ = try work(after: [beside[0]] + beside.suffix(9)) }
        for _ in 0..<100 { _ = try work(after: [beside[0], beside[5], beside[0]]) }
        #expect(room.rights.setCount == held + 3)
        // Of what is refused, and of a question, nothing stays, and what comes after it is not taken for it.
        for first in 1..<10 {
            let (pair, three) = ([beside[first], beside[first + 3]], [beside[first], beside[first + 1], beside[first + 4]])
            #expect(room.rights.violation(of: room.keys[40], naming: room.root, need: .edit, after: pair) == .rightOfAnother)
            #expect(room.rights.violation(of: room.keys[0], naming: room.root, need: .edit, after: three) == nil)
            #expect(throws: RightsViolation.rightOfAnother) {
                try room.rights.insert(workOf: room.keys[40], naming: room.root, need: .edit, after: pair)
            }
            #expect(throws: RightsViolation.noInvite) { try room.write(.admission, by: 40, under: room.root, after: three) }
        }
        #expect(room.rights.setCount == held + 3)
        let set = try work(after: [beside[0], beside[3]])
        #expect(room.rights.standing(at: set).map(\.subject) == [room.keys[0], room.keys[1], room.keys[4]])
        // And what was asked before it was done gives its children what it gives them unasked.
        let pair = [beside[0], beside[7]]
        #expect(room.rights.violation(of: room.keys[1], naming: first, need: .edit, after: pair) == nil)
        let asked = try work(after: pair)
        #expect(room.rights.violation(of: room.keys[40], naming: first, need: .edit, after: pair) == .rightOfAnother)
        #expect(try work(after: [asked]) == asked && room.rights.standing(at: asked).map(\.subject).last == room.keys[8])
    }

    @Test func `BD-158, BD-164: who joins over and over, on as many forks as he likes, takes memory for what he adds`() throws {
        var room = RightsRoom()
        let invite = try room.give(.invite(key: room.keys[9], role: .viewer), by: 0, under: room.root)
        let start = room.newest
        let first = try room.join(1, by: invite, at: start)
        let joined = room.newest
        #expect(throws: RightsViolation.alreadyJoined) { try room.join(1, by: invite, at: joined) }
        let held = room.rights.setCount
        for _ in 0..<500 { _ = try room.join(1, by: invite, at: start) }
        #expect(room.rights.setCount == held + 500)
        #expect(room.rights.standing().count == 3 && room.rights.standing().last?.name == first)
        _ = try room.remove([first], by: 0, under: room.root, heads: [joined])
        #expect(room.rights.standing().count == 2 && room.rights.counts(first))
    }

    @Test func `BD-164: what sets come to is remembered by the bytes that it takes`() throws {
        var room = RightsRoom()
        var sets: [RightsSet] = []
        for _ in 0..<12 {
            let grants = try (0..<64).map { _ in
                try room.give(.grant(subject: room.keys[1], role: .editor), by: 0, under: room.root, at: room.newest)
            }
            _ = try room.remove(grants, by: 0, under: room.root, heads: [], at: room.newest)
            sets.append(room.newest)
        }
        for _ in 0..<300 {
            _ = try room.give(.grant(subject: room.keys[2], role: .editor), by: 0, under: room.root, at: room.newest)
            #expect(room.rights.viewBytes <= RightsViews.bytesMax)
        }
        for set in sets { #expect(room.rights.standing(at: set).map(\.subject) == [room.keys[0]]) }
    }
}

/// A board's rights, and who writes in it.
private struct RightsRoom {
    let keys: [AuthorID]
    let root: TransactionName
    var rights: Rights
    /// What the last that was written gives its children; who says nothing else writes after all that is here.
    var newest: RightsSet
    /// What each that was written gives its children, and the one of each that did so first.
    private(set) var all: [RightsSet]
    private(set) var names: [RightsSet: TransactionName]
    private var random = SplitMix64(seed: 13)
    private var lamport: UInt64 = 1

    init() {
        var random = SplitMix64(seed: 7)
        let keys = (0..<50).map { _ in AuthorID(using: &random) }
        root = TransactionName(using: &random)
        rights = Rights(root: Stamp(lamport: 1, author: keys[0], name: root))
        (newest, all, names) = (rights.genesis, [rights.genesis], [rights.genesis: root])
        self.keys = keys
    }

    @discardableResult mutating func write(
        _ content: RightsTransaction.Content, by member: Int, under right: TransactionName, after sets: [RightsSet]? = nil
    ) throws(RightsViolation) -> TransactionName {
        lamport += 1
        let stamp = Stamp(lamport: lamport, author: keys[member], name: TransactionName(using: &random))
        let parents = (sets ?? all).map { RightsParent(names[$0] ?? .zero, $0) }
        newest = try rights.insert(RightsTransaction(stamp: stamp, right: right, parents: parents, content: content))
        all.append(newest)
        if names[newest] == nil { names[newest] = stamp.name }
        return stamp.name
    }

    mutating func give(
        _ gift: RightsGift, by member: Int, under right: TransactionName, at set: RightsSet? = nil
    ) throws(RightsViolation) -> TransactionName {
        try write(.acts(gift: gift, removals: [], viewersMayChat: nil), by: member, under: right, after: set.map { [$0] })
    }

    mutating func join(_ member: Int, by invite: TransactionName, at set: RightsSet) throws(RightsViolation) -> TransactionName {
        try write(.admission, by: member, under: invite, after: [set])
    }

    mutating func remove(
        _ targets: [TransactionName], by member: Int, under right: TransactionName, heads: [RightsSet], at set: RightsSet? = nil
    ) throws(RightsViolation) -> TransactionName {
        let removals = targets.map { RightsRemoval(right: $0, heads: heads.map { names[$0] ?? .zero }) }
        return try write(.acts(gift: nil, removals: removals, viewersMayChat: nil), by: member, under: right, after: set.map { [$0] })
    }

    func isSenior(_ one: TransactionName, to other: TransactionName) -> Bool {
        let standing = rights.standing()
        guard let left = standing.first(where: { $0.name == one }), let right = standing.first(where: { $0.name == other }) else {
            return false
        }
        return left.isSenior(to: right)
    }

    /// Why a gift is refused now; it is taken back where it is not.
    func refusal(of gift: RightsGift, by member: Int, under right: TransactionName) -> RightsViolation? {
        var copy = self
        do { _ = try copy.give(gift, by: member, under: right) } catch { return error }
        return nil
    }

    func refusal(removing targets: [TransactionName], by member: Int, under right: TransactionName) -> RightsViolation? {
        var copy = self
        do { _ = try copy.remove(targets, by: member, under: right, heads: []) } catch { return error }
        return nil
    }
}
