import InkBoard
import InkCrypto
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// The people panel: who is there and who is not, and what is done with them by letter.
@Suite struct PeopleTests {
    private static func key<Tag>(_ number: UInt64) -> Identifier<Tag> {
        var random = SplitMix64(seed: number)
        return Identifier(using: &random)
    }

    private static func peer(_ name: String, _ seed: UInt64, role: Role? = .editor, isVerified: Bool = false) -> PeerStatus {
        PeerStatus(
            peer: key(1000 + seed), author: key(seed), name: name, state: .joined, path: .direct, roundTrip: .milliseconds(24), role: role,
            isVerified: isVerified)
    }

    private static func member(_ name: String, _ seed: UInt64, lastSeen: UInt64? = nil, origin: MemberNews.Origin = .granted) -> MemberNews
    {
        var news = MemberNews(
            device: key(seed), person: key(seed), name: name, role: .viewer, origin: origin, giver: nil, isPresent: false, since: 0,
            right: .zero, isOverUse: false)
        news.lastSeen = lastSeen
        return news
    }

    private static func words(_ desk: Desk, _ device: AuthorID) -> SafetyWords? {
        let cheap = Argon2id.Cost(passes: 1, memory: 8192)
        return SafetyWords(device, key(9), cost: cheap)
    }

    /// A desk with bob and eve, its panel open, and what it asked for answered.
    private static func desk(columns: Int = 120, rows: Int = 40, style: GlyphStyle = .unicode, claim: Bool = false) throws -> Desk {
        var desk = try Desk(columns: columns, rows: rows, style: style)
        desk.hear(.peer(peer("bob", 1)))
        desk.hear(.peer(peer("eve", 2, role: .viewer, isVerified: true)))
        if claim { desk.hear(.identity(IdentityNews(name: "bob", device: key(1), before: key(3), wasVerified: true))) }
        desk.wait(.seconds(5))
        desk.type("P")
        let now: UInt64 = 1_700_000_000_000
        desk.tell(
            .members(
                [
                    member("zoe", 4, lastSeen: now - 7_200_000), member("kim", 5),
                    member("\u{1B}[2J\u{202E}mal", 6, lastSeen: now - 120_000),
                ],
                wallTime: now))
        desk.tell(.safetyWords(key(1), words(desk, key(1))))
        return desk
    }

    @Test(arguments: [(120, 40), (80, 24)])
    func `TM-290: each row says who it is, what he may do, how he is reached and what he does, and who is away when he was seen`(
        columns: Int, rows: Int
    )
        throws
    {
        var desk = try Self.desk(columns: columns, rows: rows)
        func row(_ name: String) -> String { desk.terminal.lines.first { $0.contains("│") && $0.contains(" \(name)") } ?? "" }
        #expect(["bob", "editor", "direct ~", "joined"].allSatisfy { row("bob").contains($0) }, "\(desk.text)")
        #expect(["✓ eve", "viewer"].allSatisfy { row("eve").contains($0) } && !row("bob").contains("✓"), "\(desk.text)")
        #expect(
            row("zoe").contains("seen 2 h ago") && row("kim").contains("not met here") && row("[2Jmal").contains("seen 2 min ago"),
            "\(desk.text)")
        // Who was here last comes first.
        #expect(try #require(desk.place(of: "mal")).row < #require(desk.place(of: "zoe")).row)
        #expect(!desk.text.contains("\u{202E}") && !desk.text.contains("\u{1B}"))
        #expect(desk.text.contains("g go to  f follow  V verify  r role  x remove"), "\(desk.text)")
        // What they do is seen while it is so.
        desk.hear(.typing(peer: Self.key(1001)))
        #expect(row("bob").contains("typing"))
        // It is told once that he began, however long he goes on.
        desk.wait(.seconds(10))
        #expect(row("bob").contains("typing"))
        desk.hear(.typingEnded(peer: Self.key(1001)))
        #expect(!row("bob").contains("typing"))
        var idle = Self.peer("bob", 1)
        idle.state = .idle
        desk.hear(.peer(idle))
        desk.wait(.seconds(130))
        #expect(row("bob").contains("idle 3 min"), "\(desk.text)")
    }

    @Test func `TM-432: in a small window names and roles are left, and in ASCII the tick is a letter`() throws {
        let desk = try Self.desk(columns: 40, rows: 12, style: .ascii)
        #expect(desk.text.contains("v eve") && desk.text.contains("bob"), "\(desk.text)")
        #expect(desk.text.unicodeScalars.allSatisfy { $0.isASCII })
        let tiny = try Self.desk(columns: 20, rows: 6)
        #expect(tiny.text.contains("people") && tiny.text.contains("more"), "\(tiny.text)")
    }

    @Test func `TM-290: a name that is long, wide, of another direction or with ticks of its own neither breaks the list nor draws a tick`()
        throws
    {
        let names = [
            "✓ bob", "bob✅✔", "\u{202E}bob\u{1B}[31m", String(repeating: "字", count: 21), String(repeating: "w", count: 64),
            "\u{301}\u{200B}",
        ]
        for (columns, rows) in [(120, 40), (80, 24), (40, 12)] {
            var desk = try Desk(columns: columns, rows: rows)
            for (number, name) in names.enumerated() { desk.hear(.peer(Self.peer(name, UInt64(number + 1)))) }
            desk.wait(.seconds(5))
            desk.type("P")
            // The frame is whole: every row of it ends where the first does.
            let framed = desk.terminal.rowsOfText.prefix(rows - 2).filter { $0.contains("│") }
            #expect(framed.count > 3 && Set(framed.map { $0.lastIndex(of: "│") }).count == 1, "\(desk.text)")
            let said = framed.joined().joined()
            #expect(["✓", "✔", "✅", "\u{202E}", "\u{1B}"].allSatisfy { !said.contains($0) }, "\(desk.text)")
        }
    }

    @Test(arguments: [(120, 40), (80, 24), (40, 12)])
    func `TM-291, TM-433, TM-434: arrows and j, k choose, and what is chosen is done with him`(columns: Int, rows: Int) throws {
        var desk = try Self.desk(columns: columns, rows: rows)
        desk.isSlow = true
        // The foot names the keys, or as many as have room.
        #expect(desk.text.contains(" x"), "\(desk.text)")
        desk.type("jkj")
        desk.arrows("A", 5)
        desk.arrows("B", 1)
        desk.type("r")
        #expect(desk.text.contains("Role of eve"), "\(desk.text)")
        desk.type("c")
        #expect(desk.intents.last == .grant(Self.key(2), .commenter))
        desk.refuse(.notOwner)
        #expect(desk.text.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains("only an owner may"), "\(desk.text)")
        let before = desk.intents.count
        desk.type("x")
        #expect(desk.text.contains("Remove eve?") && desk.terminal.lines[rows - 1].hasPrefix("why:"), "\(desk.text)")
        desk.escape()
        #expect(desk.intents.count == before && desk.text.contains(" people "), "\(desk.text)")
        desk.type("xtoo loud\r")
        #expect(desk.intents.last == .remove(RemovalOrder(.device(Self.key(2)), reason: "too loud")))
        // Letters of a question are no actions.
        desk.type("r")
        desk.type("x")
        #expect(!desk.text.contains("Remove"))
        desk.escape()
        desk.escape()
        #expect(!desk.text.contains(" people "))
    }

    @Test(arguments: [(120, 40), (80, 24), (40, 12)])
    func `TM-435, TM-436: V asks whether the words are the same, and only who has seen them says so`(columns: Int, rows: Int) throws {
        var desk = try Desk(columns: columns, rows: rows)
        desk.hear(.peer(Self.peer("bob", 1)))
        desk.wait(.seconds(5))
        desk.type("P")
        #expect(desk.effects.contains(.fetchMembers))
        desk.type("V")
        #expect(desk.effects.contains(.compare(Self.key(1))))
        let before = desk.intents.count
        desk.type("y")
        #expect(desk.intents.count == before)
        desk.type("V")
        let words = try #require(Self.words(desk, Self.key(1)))
        desk.tell(.safetyWords(Self.key(1), words))
        for word in words.words { #expect(desk.text.contains(word), "\(desk.text)") }
        // Once is enough.
        #expect(desk.effects.filter { $0 == .compare(Self.key(1)) }.count == 1)
        desk.type("n")
        #expect(desk.intents.count == before)
        desk.type("Vy")
        #expect(desk.intents.last == .verify(Self.key(1), true))
        desk.hear(.peer(Self.peer("bob", 1, isVerified: true)))
        #expect(desk.text.contains("✓ bob"), "\(desk.text)")
        desk.type("V")
        #expect(desk.text.contains("Take that back?"), "\(desk.text)")
        desk.type("y")
        #expect(desk.intents.last == .verify(Self.key(1), false))
    }

    @Test func `TM-292: of who stays chosen the words are made, of one after the other and once, and of who is passed over none`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        for number in 1...3 as ClosedRange<UInt64> { desk.hear(.peer(Self.peer("p\(number)", number))) }
        desk.wait(.seconds(5))
        func compared() -> [AuthorID] { desk.effects.compactMap { if case .compare(let device) = $0 { device } else { nil } } }
        // Who only looks who is there.
        for _ in 0..<3 {
            desk.type("P")
            desk.wait(.milliseconds(600))
            desk.escape()
            desk.wait(.seconds(5))
        }
        #expect(compared() == [])
        desk.type("Pjj")
        desk.wait(.seconds(2))
        let third = try #require(compared().first)
        #expect(compared() == [third])
        // Another has to wait until those are made.
        desk.type("k")
        desk.wait(.seconds(5))
        #expect(compared() == [third])
        desk.tell(.safetyWords(third, Self.words(desk, third)))
        #expect(compared().count == 2 && compared()[1] != third)
        desk.tell(.safetyWords(compared()[1], Self.words(desk, compared()[1])))
        for _ in 0..<3 {
            desk.type("jk")
            desk.wait(.seconds(2))
        }
        #expect(Set(compared()).count == compared().count, "\(compared())")
    }

    @Test(arguments: [(120, 40), (80, 24), (40, 12)])
    func `TM-291: a press chooses the row that it is on, and closes the list elsewhere`(columns: Int, rows: Int) throws {
        var desk = try Self.desk(columns: columns, rows: rows)
        desk.isSlow = true
        for (name, number) in [("eve", 2), ("bob", 1)] as [(String, UInt64)] {
            let place = try #require(desk.place(of: name), "\(desk.text)")
            desk.click(place.column + 1, place.row)
            desk.type("r")
            #expect(desk.text.contains("Role of \(name)"), "\(desk.text)")
            // What is asked goes on being about whom it was.
            desk.click(place.column, place.row + (number == 2 ? -1 : 1))
            desk.type("c")
            #expect(desk.intents.last == .grant(Self.key(number), .commenter))
            desk.answer()
        }
        let before = desk.intents.count
        desk.click(0, 0)
        #expect(!desk.text.contains(" people ") && desk.standing.isEmpty && desk.intents.count == before, "\(desk.text)")
    }

    @Test func `TM-293: who was verified under another name and takes one is compared anew, and then goes by it`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        let (bob, before): (AuthorID, AuthorID) = (Self.key(1), Self.key(3))
        desk.hear(.peer(Self.peer("mal", 1, isVerified: true)))
        desk.wait(.seconds(5))
        desk.hear(.identity(IdentityNews(name: "bob", device: bob, before: before, wasVerified: true)))
        desk.hear(.peer(Self.peer("bob", 1, isVerified: true)))
        #expect(desk.text.contains("WARNING: bob@\(bob)"), "\(desk.text)")
        desk.isSlow = true
        desk.type("P")
        #expect(desk.text.contains("! bob") && !desk.text.contains("✓ bob"), "\(desk.text)")
        desk.type("V")
        desk.tell(.safetyWords(bob, Self.words(desk, bob)))
        desk.type("y")
        #expect(desk.intents.last == .verify(bob, true))
        desk.hear(.outcome(ref: try #require(desk.lastReference), .done))
        #expect(desk.text.contains("✓ bob") && !desk.text.contains("WARNING"), "\(desk.text)")
    }

    @Test func `TM-290: who is a member is asked for once at a time, however much happens, and again where that was too early`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        desk.hear(.peer(Self.peer("bob", 1)))
        desk.wait(.seconds(5))
        desk.type("P")
        func asked() -> Int { desk.effects.count { $0 == .fetchMembers } }
        for number in 0..<50 {
            var status = Self.peer("bob", 1)
            status.state = number % 2 == 0 ? .idle : .joined
            desk.hear(.peer(status))
        }
        #expect(asked() == 1)
        desk.tell(.members([Self.member("zoe", 4)], wallTime: 1_700_000_000_000))
        #expect(asked() == 2)
        desk.tell(.members([Self.member("zoe", 4)], wallTime: 1_700_000_000_000))
        #expect(asked() == 2)
        // Who never answers is asked anew.
        desk.hear(.peer(Self.peer("bob", 1)))
        desk.wait(.seconds(6))
        desk.hear(.peer(Self.peer("bob", 1, role: .viewer)))
        #expect(asked() == 4)
    }

    @Test func `FE-141: a name that somebody takes from one who is trusted removes nobody, and digits do`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        desk.isSlow = true
        let (bob, before): (AuthorID, AuthorID) = (Self.key(1), Self.key(3))
        desk.hear(.peer(Self.peer("bob", 1)))
        desk.hear(.identity(IdentityNews(name: "bob", device: bob, before: before, wasVerified: true)))
        desk.wait(.seconds(5))
        func removed() -> Bool { desk.intents.contains { if case .remove = $0 { true } else { false } } }
        desk.run("remove bob noise")
        #expect(!removed() && desk.text.contains("\(before)"), "\(desk.text)")
        desk.escape()
        desk.run("remove bob@\(bob) noise")
        #expect(desk.intents.last == .remove(RemovalOrder(.device(bob), reason: "noise")), "\(desk.text)")
    }

    @Test func `TM-290: of who is away and goes by a name it is said by what the other of that name is trusted`() throws {
        for isVerified in [false, true] {
            var desk = try Desk(columns: 120, rows: 40)
            desk.type("P")
            var (taker, owner, friend) = (Self.member("bob", 1), Self.member("bob", 2), Self.member("eve", 3))
            (taker.takesNameOf, owner.isVerified, friend.isVerified) = (owner.device, isVerified, true)
            desk.tell(.members([taker, owner, friend], wallTime: 1_700_000_000_000))
            for _ in 0..<3 where !desk.text.contains("Not \(owner.device)") { desk.type("j") }
            let words = isVerified ? "who was verified under this name" : "who was given a right under this name"
            #expect(desk.text.contains(words), "\(desk.text)")
        }
    }

    @Test func `TM-292: where the memory is lacking that is said, and no word is shown`() throws {
        var desk = try Desk(columns: 120, rows: 40)
        desk.hear(.peer(Self.peer("bob", 1)))
        desk.type("P")
        desk.wait(.seconds(1))
        desk.tell(.safetyWords(Self.key(1), nil))
        #expect(desk.text.contains("256 MiB"), "\(desk.text)")
        desk.type("V")
        desk.type("y")
        #expect(!desk.intents.contains(.verify(Self.key(1), true)))
        // V asks again.
        #expect(desk.effects.filter { $0 == .compare(Self.key(1)) }.count == 2)
    }

    @Test(arguments: [(120, 40), (80, 24), (40, 12)])
    func `TM-293: who goes by a trusted name is marked and chosen first, and the warning stays until that is seen to`(
        columns: Int, rows: Int
    )
        throws
    {
        var desk = try Desk(columns: columns, rows: rows)
        desk.hear(.peer(Self.peer("ana", 2)))
        desk.hear(.peer(Self.peer("bob", 1)))
        desk.wait(.seconds(5))
        let (bob, before): (AuthorID, AuthorID) = (Self.key(1), Self.key(3))
        desk.hear(.identity(IdentityNews(name: "bob", device: bob, before: before, wasVerified: true)))
        desk.wait(.seconds(600))
        #expect(desk.text.contains("WARNING: bob@\(bob)"), "\(desk.text)")
        desk.type("P")
        let rowOfBob = desk.terminal.lines.first { $0.contains("! bob") }
        #expect(rowOfBob != nil, "\(desk.text)")
        if rows > 12 { #expect(desk.text.contains("Not \(before), who was verified under this name"), "\(desk.text)") }
        desk.type("s")
        #expect(!desk.text.contains("WARNING"), "\(desk.text)")
        #expect(desk.text.contains("! bob") && desk.intents.allSatisfy { if case .verify = $0 { false } else { true } })
    }

    @Test func `TM-294: g goes where he is and f follows him, and who is away can be neither`() throws {
        var desk = try Desk()
        let bob = desk.join("bob")
        desk.introduce([bob])
        desk.act(.cursor(middle(400, 100)), by: bob, then: .seconds(1))
        let before = desk.text
        desk.type("Pg")
        #expect(!desk.text.contains(" people ") && desk.text != before, "\(desk.text)")
        desk.type("Pf")
        #expect(desk.text.contains("following bob"), "\(desk.text)")
        var other = try Self.desk()
        for _ in 0..<4 { other.type("j") }
        other.type("g")
        #expect(other.text.contains("is not here now") && other.text.contains(" people "), "\(other.text)")
    }

    @Test func `FE-140, TM-295: who joins is announced with role and way, and the key that compares words`() throws {
        var desk = try Desk(columns: 120)
        desk.hear(.peer(Self.peer("bob", 1)))
        #expect(desk.text.contains("bob joined as an editor, direct ~") && desk.text.contains("; P compares safety words"), "\(desk.text)")
        desk.hear(.peer(Self.peer("eve", 2)))
        #expect(desk.text.contains("bob, eve joined") && !desk.text.contains("compares"), "\(desk.text)")
    }
}

/// The invite box: roles, the time that a code has left, QR codes.
@Suite struct InviteBoxTests {
    /// A real link, so that another invite's key has a place in it.
    private static func link() throws -> String {
        let (seed, secret) = (
            try #require(Secret32([UInt8](repeating: 5, count: 32))), try #require(Secret32([UInt8](repeating: 6, count: 32)))
        )
        let invite = Invite(
            rendezvous: [try #require(Invite.Host("127.0.0.1:4300"))], roomSecret: secret, board: .zero,
            key: InviteKey(invite: .zero, seed: seed))
        return invite.link
    }

    private static func news(_ role: Role, uses: UInt32 = 1, code: String? = nil) throws -> InviteNews {
        let invite = try #require(TransactionName([UInt8](repeating: UInt8(10 + role.rawValue), count: 32)))
        let key = InviteKey(invite: invite, seed: try #require(Secret32([UInt8](repeating: 5, count: 32))))
        var news = InviteNews(invite: invite, key: key, role: role, uses: uses, timeToLive: 0, endsAt: nil, orLater: false)
        news.code = code
        return news
    }

    @Test(arguments: [(120, 40), (80, 24)])
    func `TM-296: i chooses another role, and link and code are of that`(columns: Int, rows: Int) throws {
        let own = try Self.link()
        var desk = try Desk(columns: columns, rows: rows, link: own)
        desk.isSlow = true
        desk.type("i")
        #expect(desk.text.contains("Invite an editor") && desk.terminal.lines.joined().contains(own), "\(desk.text)")
        desk.type("i")
        #expect(desk.text.contains("Invite a commenter") && !desk.terminal.lines.joined().contains(own), "\(desk.text)")
        desk.type("i")
        #expect(desk.text.contains("Invite a viewer") && desk.text.contains("l makes one"), "\(desk.text)")
        desk.type("k")
        #expect(desk.intents.last == .invite(InviteOrder(role: .viewer, uses: 1, code: .wanted)))
        desk.hear(.invited(try Self.news(.viewer, code: "7-copper-lantern-orbit"), ref: desk.lastReference))
        #expect(desk.text.contains("7-copper-lantern-orbit") && desk.text.contains("a viewer"), "\(desk.text)")
        desk.type("l")
        #expect(desk.intents.last == .invite(InviteOrder(role: .viewer)))
        desk.hear(.invited(try Self.news(.viewer, uses: 0), ref: desk.lastReference))
        let shown = desk.terminal.lines.joined()
        #expect(shown.contains("#2.") && !shown.contains(own) && desk.text.contains("7-copper-lantern-orbit"), "\(desk.text)")
        desk.type("i")
        #expect(desk.text.contains("Invite an editor") && desk.terminal.lines.joined().contains(own), "\(desk.text)")
        desk.escape()
        #expect(!desk.text.contains("Invite an editor"))
    }

    @Test func `TM-437: who is no owner is told so, and the code's time counts down`() throws {
        var desk = try Desk(columns: 100, rows: 30, link: try Self.link())
        desk.isSlow = true
        desk.type("ik")
        desk.refuse(.notOwner)
        #expect(desk.text.contains("only an owner may"), "\(desk.text)")
        desk.type("k")
        desk.hear(.invited(try Self.news(.editor, code: "7-copper-lantern-orbit"), ref: desk.lastReference))
        #expect(desk.text.contains("within 9:59") || desk.text.contains("within 10:00"), "\(desk.text)")
        desk.wait(.seconds(61))
        #expect(desk.text.contains("within 8:5"), "\(desk.text)")
        // Nothing wakes a terminal whose box is closed.
        desk.escape()
        let frames = desk.frames.count
        desk.wait(.seconds(30))
        #expect(desk.frames.count == frames)
    }

    @Test func `TM-297, TM-438: q shows a QR code where it has room, whatever the colours, and says what it needs where not`() throws {
        let side = 29
        let picture = try #require(QRPicture(modules: (0..<side * side).map { $0 % 3 == 0 }))
        for (columns, rows, fits) in [(120, 40, true), (80, 24, true), (40, 12, false)] {
            let link = try Self.link()
            var desk = try Desk(columns: columns, rows: rows, link: link)
            desk.type("iq")
            #expect(desk.effects.last == .picture(link))
            desk.tell(.picture(link, .picture(picture)))
            let drawn = try #require(picture.rows(columns: columns, rows: 100, style: .unicode))
            #expect(desk.text.contains("▄▀") == fits && desk.text.contains("The QR code needs") == !fits, "\(desk.text)")
            if fits { #expect(desk.terminal.lines.contains { $0.contains(drawn[drawn.count / 2].trimmed) }, "\(desk.text)") }
            desk.type("q")
            #expect(desk.text.contains("Invite") || desk.text.contains("c copies"), "\(desk.text)")
            desk.type("q")
            desk.tell(.picture(link, .complaint("no QR code can be drawn: libqrencode 4 is not on this machine.")))
            #expect(desk.text.contains("libqrencode"), "\(desk.text)")
            desk.escape()
            desk.escape()
            #expect(!desk.text.contains("libqrencode") && !desk.text.contains("c copies"))
        }
    }
}

extension String {
    /// Without the light margin, which may be blank at the end of a line of the screen.
    fileprivate var trimmed: Substring { drop(while: \.isWhitespace) }
}
