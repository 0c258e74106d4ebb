import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

/// Whom a person means by what they typed.
@Suite struct WhomTests {
    private static func device(_ digits: String) throws -> AuthorID {
        let bytes = try #require(Hex.decode(digits + String(repeating: "0", count: 64 - digits.count)))
        return try #require(AuthorID(bytes))
    }

    private static func member(_ name: String, _ digits: String, of person: String? = nil) throws -> MemberNews {
        MemberNews(
            device: try device(digits), person: try device(person ?? digits), name: name, role: .editor, origin: .granted, giver: nil,
            isPresent: true, since: 0,
            right: .zero, isOverUse: false)
    }

    private static func invite(_ digits: String) throws -> StandingInvite {
        let bytes = try device(digits).bytes
        return StandingInvite(
            name: try #require(TransactionName(bytes)), role: .viewer, uses: 0, usedCount: 0, endsAt: nil,
            giver: .zero, isKeyHeld: false)
    }

    @Test func `FE-120: a name that one has, or digits of one key or invite, mean that one`() throws {
        let members = [try Self.member("bob", "7e5f7cb5aa"), try Self.member("eve", "7e5f7cb4"), try Self.member("", "0123456789")]
        let invites = [try Self.invite("abcdef0123")]
        let bob = Whom.device(members[0].device)
        for text in ["bob", "7e5f7cb5", "7E5F7CB5AA", "bob@7e5f7cb5"] {
            #expect(try Whom(text, among: members, invites: invites) == bob)
            #expect(try Whom.member(text, among: members) == members[0].device)
        }
        #expect(try Whom("01234567", among: members, invites: invites) == .device(members[2].device))
        #expect(try Whom("abcdef01", among: members, invites: invites) == .invite(invites[0].name))
        for text in ["", "b", "Bob", "7e5f7cb", "7e5f7cb6", "bob@7e5f7cb4", "abcdef0", "7e5f7cb5\u{301}"] {
            #expect(throws: WhomFault.nobody(text)) { try Whom(text, among: members.dropLast(text.isEmpty ? 1 : 0), invites: invites) }
        }
        #expect(throws: WhomFault.nobody("abcdef01")) { try Whom.member("abcdef01", among: members) }
    }

    @Test func `FE-141: a name means nobody while another goes by it than who is trusted, and digits mean whom they mean`() throws {
        let bob = try Self.member("bob", "7e5f7cb5aa")
        var (other, eve) = (try Self.member("B\u{43E}b", "abcdef0123"), try Self.member("eve", "0123456789"))
        other.takesNameOf = bob.device
        let wanted = WhomFault.identity("bob", before: bob.device, others: ["B\u{43E}b@abcdef01"])
        // Whoever of the two is there.
        for members in [[bob, other, eve], [other, eve]] {
            #expect(throws: wanted) { try Whom("bob", among: members, invites: []) }
            #expect(throws: wanted) { try Whom.member("bob", among: members) }
            #expect(try Whom.member("abcdef01", among: members) == other.device)
            #expect(try Whom.member("B\u{43E}b@abcdef01", among: members) == other.device)
            #expect(try Whom.member("eve", among: members) == eve.device)
        }
        #expect(try Whom.member("bob@7e5f7cb5", among: [bob, other]) == bob.device)
        #expect("\(wanted)".contains("7e5f7cb5") && "\(wanted)".contains("abcdef01"))
        // Words are compared with whoever is named: that is how it is settled.
        #expect(try Whom.present("B\u{43E}b", among: [bob, other]) == other.device)
        // Of several devices it is the one that is here, unless digits say which.
        var (away, here) = (bob, try Self.member("bob", "99", of: "7e5f7cb5aa"))
        (away.isPresent, here.isPresent, eve.isPresent) = (false, true, false)
        #expect(try Whom.present("bob", among: [away, here]) == here.device && Whom.member("bob", among: [away, here]) == away.device)
        #expect(try Whom.present("7e5f7cb5", among: [away, here]) == away.device && Whom.present("eve", among: [eve]) == eve.device)
    }

    @Test func `FE-191: where it may be two, nobody is meant, and both are named`() throws {
        let bob = try Self.member("bob", "7e5f7cb5aa")
        let alike = [bob, try Self.member("bob", "7e5f7cb5bb"), try Self.member("7e5f7cb5", "99")]
        for text in ["bob", "7e5f7cb5"] {
            #expect {
                try Whom(text, among: alike, invites: [])
            } throws: { error in
                guard case .several(text, let words)? = error as? WhomFault else { return false }
                return words.contains("bob@7e5f7cb5") && words.count == (text == "bob" ? 2 : 3)
            }
        }
        #expect(try Whom("7e5f7cb5aa", among: alike, invites: []) == .device(bob.device))
        // An invite whose name begins as a key does.
        let invites = [try Self.invite("7e5f7cb5cc")]
        #expect(throws: WhomFault.several("7e5f7cb5", ["bob@7e5f7cb5", "the invite 7e5f7cb5"])) {
            try Whom("7e5f7cb5", among: [bob], invites: invites)
        }
        #expect(try Whom.member("7e5f7cb5", among: [bob]) == bob.device)
        // Two devices of one person are no two.
        let further = try Self.member("bob", "abcdef0123", of: "7e5f7cb5aa")
        #expect(try Whom.member("bob", among: [further, bob]) == bob.device)
        #expect(try Whom.member("abcdef01", among: [bob, further]) == further.device)
    }
}
