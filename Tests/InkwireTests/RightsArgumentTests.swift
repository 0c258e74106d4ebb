import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import Testing

@testable import inkwire

/// What is said of rights on the command line, and what it says of them.
@Suite struct RightsArgumentTests {
    @Test(arguments: [("90s", 90), ("10m", 600), ("2h", 7200), ("7d", 604_800), ("1s", 1)] as [(String, UInt32)])
    func `CL-152: a time is a whole number of one unit`(text: String, seconds: UInt32) {
        #expect(InviteSpanArgument(argument: text)?.seconds == seconds)
    }

    @Test(arguments: ["", "10", "s", "0s", "-1s", "1.5h", "1h30m", "1w", " 1s", "99999999999s", "4294967295d", "20000d"])
    func `CL-152: what is no such time is refused`(text: String) { #expect(InviteSpanArgument(argument: text) == nil) }

    @Test func `CL-154: a role goes to who stands before the last sign of equality`() {
        let gift = RoleGift(argument: "a=b=viewer")
        #expect(gift?.who == "a=b" && gift?.role == .viewer)
        for text in ["viewer", "=viewer", "bob=king", "bob=", "bob=Viewer"] { #expect(RoleGift(argument: text) == nil) }
    }

    @Test(
        arguments: [
            (0, 0, false, "whoever has this link joins as an editor"), (1, 0, false, "one person joins by this link, as an editor"),
            (3, 600, false, "3 people join by this link, each as an editor; it ends in 10 minutes"),
            (0, 90, true, "whoever has this link joins as an editor; it ends in 1 minute, or later, when an owner is online"),
        ] as [(UInt32, UInt32, Bool, String)])
    func `CL-152: whom an invite lets in is said`(uses: UInt32, seconds: UInt32, orLater: Bool, sentence: String) throws {
        let seed = try #require(Secret32([UInt8](repeating: 7, count: 32)))
        let news = InviteNews(
            invite: .zero, key: InviteKey(invite: .zero, seed: seed), role: .editor, uses: uses, timeToLive: seconds, endsAt: nil,
            orLater: orLater)
        #expect(InviteCommand.sentence(of: news) == sentence)
    }

    @Test func `CL-153: the list says who has his right from whom, and what is odd`() {
        let now: UInt64 = 10_000_000
        func member(_ name: String, _ origin: MemberNews.Origin, _ isPresent: Bool, _ isOverUse: Bool) -> MemberNews {
            MemberNews(
                device: .zero, person: .zero, name: name, role: .editor, origin: origin, giver: origin == .founder ? nil : .zero,
                isPresent: isPresent,
                since: now - 3_600_000, right: .zero, isOverUse: isOverUse)
        }
        let invite = StandingInvite(
            name: .zero, role: .viewer, uses: 1, usedCount: 2, endsAt: now + 120_000, giver: .zero, isKeyHeld: true)
        let text = MembersCommand.list(
            [member("ana", .founder, true, false), member("\u{1B}[2Jeve", .invited(by: .zero), false, true)], [invite], board: "my plan",
            now: now)
        let lines = text.split(separator: "\n")
        #expect(lines[0] == "ana\t00000000\teditor\tmade the board\there")
        #expect(lines[1].hasSuffix("\t00000000\teditor\tinvited by ana\tsince 1 h ago\tmore than the invite was for"))
        #expect(!text.contains("\u{1B}"))
        #expect(
            lines[2]
                == "an invite\t00000000\tviewer\tby ana\tused by 2 of 1\tends in 2 minutes\tover-used: `inkwire members 'my plan' --remove 00000000 --with-invited` ends it"
        )
    }
}
