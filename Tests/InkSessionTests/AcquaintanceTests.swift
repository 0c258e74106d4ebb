import InkBoard
import InkCrypto
import InkPrimitives
import Testing

@testable import InkSession

/// Who is who: trust on first use, who was verified, and who comes by the name of one that was.
@Suite struct AcquaintanceTests {
    /// Ann, who made the board, and others who joined it as editors by invites of hers.
    private static func room(_ names: [String]) throws -> PerfectPipes {
        var pipes = try PerfectPipes(admission: .grants)
        pipes.add(name: "ann")
        for name in names { try join(name, in: &pipes) }
        return pipes
    }

    /// Somebody joins by an invite of his own, as a further device of another where that is said.
    private static func join(_ name: String, as person: Int? = nil, in pipes: inout PerfectPipes) throws {
        let inviter = person ?? 0
        let reference = UInt64(pipes.members[inviter].told.count + 1000)
        pipes.intent(.invite(InviteOrder(role: person == nil ? .editor : nil)), by: inviter, ref: reference)
        func news(_ pipes: PerfectPipes) -> InviteNews? {
            for case .invited(let news, reference) in pipes.members[inviter].events { return news }
            return nil
        }
        #expect(pipes.run(.seconds(5)) { news($0) != nil && agree($0) })
        let index = pipes.members.count
        pipes.add(name: name, dialling: Array(pipes.members.indices), invite: try #require(news(pipes)).key)
        #expect(
            pipes.run(.seconds(8)) { pipes in
                pipes.members[index].node.role != nil && pipes.members[0].node.board?.personName(author(pipes, index)) == name
                    && agree(pipes)
            })
        _ = pipes.run(.seconds(1))
    }

    /// Those who have not left have the same board; who has left hears of no invite that is made later.
    private static func agree(_ pipes: PerfectPipes) -> Bool {
        let here = pipes.members.filter { !$0.events.contains { if case .stopped = $0 { true } else { false } } }
        return Set(here.map { $0.node.board?.fingerprint.hex ?? "-" }).count == 1
    }

    private static func author(_ pipes: PerfectPipes, _ index: Int) -> AuthorID { pipes.members[index].identity.author }

    private static func warnings(_ pipes: PerfectPipes, at index: Int = 0) -> [IdentityNews] {
        pipes.members[index].events.compactMap { if case .identity(let news) = $0 { news } else { nil } }
    }

    private static func kept(_ pipes: PerfectPipes, at index: Int = 0) -> [AuthorID: Acquaintance] {
        var kept: [AuthorID: Acquaintance] = [:]
        for case .acquaintance(let one) in pipes.members[index].disk { kept[one.device] = one }
        return kept
    }

    private static func outcome(of intent: Intent, by index: Int = 0, in pipes: inout PerfectPipes) -> Outcome? {
        let reference = UInt64(pipes.members[index].told.count + 1000)
        pipes.intent(intent, by: index, ref: reference)
        for case .outcome(reference, let outcome) in pipes.members[index].events { return outcome }
        return nil
    }

    private static func isVerified(_ pipes: PerfectPipes, _ index: Int) -> Bool? {
        pipes.members[0].node.peers.first { $0.author == author(pipes, index) }?.isVerified
    }

    @Test func `SE-240, SE-245, SE-372: who is met is kept with his first name, that he is verified is seen, kept, told to nobody`() throws
    {
        var pipes = try Self.room(["bob"])
        let bob = Self.author(pipes, 1)
        #expect(Self.kept(pipes)[bob]?.firstName == "bob" && Self.kept(pipes)[bob]?.isVerified == false)
        #expect(Self.kept(pipes)[bob].map { $0.firstSeen >= 1_700_000_000_000 && $0.lastSeen >= $0.firstSeen } == true)
        #expect(Self.kept(pipes)[Self.author(pipes, 0)] == nil)
        let before = pipes.members[0].node.board?.transactionCount
        #expect(Self.outcome(of: .verify(bob, true), in: &pipes) == .done && Self.isVerified(pipes, 1) == true)
        #expect(pipes.members[0].events.contains { if case .peer(let status) = $0 { status.isVerified } else { false } })
        _ = pipes.run(.seconds(1))
        #expect(Self.kept(pipes)[bob]?.verifiedAs == "bob" && pipes.members[0].node.board?.transactionCount == before)
        #expect(pipes.members[0].node.members.map(\.isVerified) == [false, true])
        pipes.intent(.rename("robert"), by: 1)
        #expect(pipes.run(.seconds(5)) { $0.areEqual && $0.members[0].node.board?.personName(bob) == "robert" })
        #expect(Self.kept(pipes)[bob]?.firstName == "bob" && Self.isVerified(pipes, 1) == true)
        // Gone, he is told of with the time at which he was here last.
        let time = pipes.now
        pipes.input(.quit, to: 1)
        #expect(pipes.run(.seconds(20)) { $0.members[0].node.presentPeers == 0 })
        _ = pipes.run(.seconds(1))
        let last = try #require(pipes.members[0].node.members.last?.lastSeen)
        #expect(last >= 1_700_000_000_000 + UInt64(time.nanoseconds / 1_000_000) - 60_000 && Self.kept(pipes)[bob]?.lastSeen == last)
        #expect(Self.outcome(of: .verify(bob, false), in: &pipes) == .done)
        #expect(pipes.members[0].node.members.map(\.isVerified) == [false, false])
    }

    @Test func `SE-240, SE-372: the next process of a device knows whom it has verified`() throws {
        var pipes = try Self.room(["bob"])
        let bob = Self.author(pipes, 1)
        _ = Self.outcome(of: .verify(bob, true), in: &pipes)
        _ = pipes.run(.seconds(1))
        pipes.restart(0)
        #expect(pipes.run(.seconds(30)) { Self.isVerified($0, 1) == true })
    }

    @Test func `SE-372: who is not known is not verified, and nobody verifies himself`() throws {
        var pipes = try Self.room([])
        #expect(Self.outcome(of: .verify(AuthorID(Array(repeating: 9, count: 32))!, true), in: &pipes) == .refused(.noSuchMember))
        #expect(Self.outcome(of: .verify(Self.author(pipes, 0), true), in: &pipes) == .refused(.badValue(field: "who")))
    }

    @Test(arguments: ["bob", "BOB", "b\u{200B}ob ", "b\u{43E}b", "bob@7e5f7cb5"])
    func `SE-243, SE-245: who comes by a verified name with another key is told of once, and is not verified`(name: String) throws {
        var pipes = try Self.room(["bob"])
        let bob = Self.author(pipes, 1)
        _ = Self.outcome(of: .verify(bob, true), in: &pipes)
        pipes.input(.quit, to: 1)
        #expect(pipes.run(.seconds(20)) { $0.members[0].node.presentPeers == 0 })
        try Self.join(name, in: &pipes)
        let other = Self.author(pipes, 2)
        let news = IdentityNews(name: name, device: other, before: bob, wasVerified: true)
        #expect(Self.warnings(pipes) == [news] && Self.isVerified(pipes, 2) == false)
        #expect(pipes.members[0].node.members.map(\.takesNameOf) == [nil, nil, bob])
        pipes.intent(.rename("eve"), by: 2)
        pipes.intent(.rename(name), by: 2)
        _ = pipes.run(.seconds(3))
        #expect(Self.warnings(pipes) == [news])
        // A program that attaches later is told of it, too, and so is the next process.
        pipes.input(.attached(FrontEndID(3)!, strand: Strand(token: 3)), to: 0)
        #expect(pipes.members[0].told.contains { $0.0 == .identity(news) && $0.1 == .only(FrontEndID(3)!) })
        let before = Self.warnings(pipes).count
        pipes.restart(0)
        #expect(pipes.run(.seconds(30)) { Self.warnings($0).count == before + 1 })
        // Verified himself, he takes it from nobody.
        _ = Self.outcome(of: .verify(other, true), in: &pipes)
        #expect(pipes.members[0].node.members.map(\.takesNameOf) == [nil, nil, nil])
    }

    @Test func `SE-243: an unverified name with another key is another person, and no warning`() throws {
        var pipes = try Self.room(["bob"])
        pipes.input(.quit, to: 1)
        #expect(pipes.run(.seconds(20)) { $0.members[0].node.presentPeers == 0 })
        try Self.join("bob", in: &pipes)
        #expect(Self.warnings(pipes).isEmpty && pipes.members[0].node.members.map(\.takesNameOf) == [nil, nil, nil])
        #expect(pipes.members[0].events.contains { if case .knownName = $0 { true } else { false } })
    }

    @Test func `SE-375: who has a right by his key is trusted under his first name, and by no name that he takes later`() throws {
        var pipes = try Self.room(["bob", "eve"])
        let (ann, bob, eve) = (Self.author(pipes, 0), Self.author(pipes, 1), Self.author(pipes, 2))
        #expect(Self.outcome(of: .grant(eve, .commenter), in: &pipes) == .done && pipes.run(.seconds(5)) { $0.areEqual })
        // Eve has a right by her key, and takes bob's name: it does not become hers.
        pipes.intent(.rename("bob"), by: 2)
        #expect(pipes.run(.seconds(5)) { $0.areEqual && $0.members[0].node.board?.personName(eve) == "bob" })
        #expect(Self.warnings(pipes).isEmpty)
        // Bob takes hers, and ann's, who made the board: that is told where each of them is known.
        pipes.intent(.rename("eve"), by: 1)
        #expect(pipes.run(.seconds(5)) { !Self.warnings($0).isEmpty })
        #expect(Self.warnings(pipes) == [IdentityNews(name: "eve", device: bob, before: eve, wasVerified: false)])
        pipes.intent(.rename("Ann"), by: 1)
        #expect(pipes.run(.seconds(5)) { !Self.warnings($0, at: 2).filter { $0.before == ann }.isEmpty })
        #expect(Self.warnings(pipes, at: 2).last == IdentityNews(name: "Ann", device: bob, before: ann, wasVerified: false))
    }

    @Test func `SE-244, SE-376: who is verified and takes the name of another who is verified is told of`() throws {
        var pipes = try Self.room(["bob", "eve"])
        let (bob, eve) = (Self.author(pipes, 1), Self.author(pipes, 2))
        for device in [bob, eve] { _ = Self.outcome(of: .verify(device, true), in: &pipes) }
        pipes.intent(.rename("bob"), by: 2)
        #expect(pipes.run(.seconds(5)) { !Self.warnings($0).isEmpty })
        #expect(Self.warnings(pipes) == [IdentityNews(name: "bob", device: eve, before: bob, wasVerified: true)])
        // Two who were verified under one name are two people, and none of them is false.
        _ = Self.outcome(of: .verify(eve, true), in: &pipes)
        #expect(pipes.members[0].node.members.map(\.takesNameOf) == [nil, nil, nil])
    }

    @Test func `SE-242: a further device that the verified one has certified is verified silently, and what is taken back is of all`()
        throws
    {
        var pipes = try Self.room(["bob"])
        let bob = Self.author(pipes, 1)
        _ = Self.outcome(of: .verify(bob, true), in: &pipes)
        try Self.join("bob", as: 1, in: &pipes)
        #expect(Self.warnings(pipes).isEmpty && Self.isVerified(pipes, 2) == true)
        #expect(Self.kept(pipes)[Self.author(pipes, 2)]?.verifiedAs == "bob")
        // The first device is lost; the other stays who it is.
        #expect(Self.outcome(of: .remove(RemovalOrder(.device(Self.author(pipes, 2)))), in: &pipes) != nil)
        _ = Self.outcome(of: .verify(bob, false), in: &pipes)
        #expect(Self.isVerified(pipes, 1) == false)
    }

    @Test func `SE-373: many keys neither fill the memory nor push out who is verified`() {
        func key(_ number: Int) -> AuthorID { AuthorID(Blake2b.hash256(Array("\(number)".utf8)))! }
        var people = Acquaintances(stored: [])
        for number in 0..<5000 { _ = people.saw(key(number), called: "somebody", at: 1) }
        #expect(people[key(4095)] != nil && people[key(4096)] == nil && people[key(4999)] == nil)
        #expect(people.verify(key(4999), as: "bob")?.isVerified == true && people.isVerified(key(4999)))
        #expect(people.verified.map(\.device) == [key(4999)])
        #expect((0..<5000).count { people.mayTell(key($0), takes: key(4999)) } == 5000)
        #expect(people.verify(key(9999), as: nil) == nil)
    }
}
