import InkAutomation
import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import Testing

/// Invites, roles and removals by JSON lines.
@Suite struct RightsCommandTests {
    private func command(_ line: String) throws -> AutomationCommand { try AutomationRequest(line: Array(line.utf8)).command }

    private static let bob = MemberNews(
        device: Stage.author(2), person: Stage.author(2), name: "bob", role: .editor, origin: .invited(by: .zero), giver: Stage.author(1),
        isPresent: true,
        since: 7, right: .zero, isOverUse: true)

    @Test func `CL-155: commands are read with what they leave out`() throws {
        #expect(try command(#"{"do":"invite"}"#) == .invite(nil))
        #expect(try command(#"{"do":"invite","role":"viewer"}"#) == .invite(InviteOrder(role: .viewer, code: .atHand)))
        #expect(
            try command(#"{"do":"invite","uses":1,"ttl_s":600}"#)
                == .invite(InviteOrder(role: .editor, uses: 1, timeToLive: 600, code: .atHand)))
        #expect(
            try command(#"{"do":"invite","role":"owner","uses":null,"ttl_s":null}"#) == .invite(InviteOrder(role: .owner, code: .atHand)))
        #expect(try command(#"{"do":"grant","who":"bob","role":"commenter"}"#) == .grant(who: "bob", .commenter))
        #expect(try command(#"{"do":"remove","who":"bob"}"#) == .remove(who: "bob", withInvited: false, reason: ""))
        #expect(
            try command(#"{"do":"remove","who":"bob","with_invited":true,"reason":"so"}"#)
                == .remove(who: "bob", withInvited: true, reason: "so"))
        #expect(try command(#"{"do":"members"}"#) == .members)
        #expect(try command(#"{"do":"safety","who":"bob"}"#) == .safety(who: "bob"))
        #expect(try command(#"{"do":"verify","who":"bob","verified":false}"#) == .verify(who: "bob", false))
        #expect(try command(#"{"do":"invite","code":true}"#) == .invite(InviteOrder(role: .editor, code: .wanted)))
        #expect(try command(#"{"do":"invite","role":"viewer","code":false}"#) == .invite(InviteOrder(role: .viewer)))
        #expect(try command(#"{"do":"invite","me":true,"uses":1}"#) == .invite(InviteOrder(role: nil, uses: 1)))
    }

    @Test(
        arguments: [
            (#"{"do":"invite","role":"king"}"#, "role"), (#"{"do":"invite","role":null}"#, "role"), (#"{"do":"invite","uses":0}"#, "uses"),
            (#"{"do":"invite","me":1}"#, "me"), (#"{"do":"invite","me":true,"role":"viewer"}"#, "role"),
            (#"{"do":"invite","uses":1.5}"#, "uses"), (#"{"do":"invite","ttl_s":-1}"#, "ttl_s"),
            (#"{"do":"invite","ttl_s":1073741824}"#, "ttl_s"), (#"{"do":"grant","who":"bob"}"#, "role"),
            (#"{"do":"grant","role":"viewer"}"#, "who"), (#"{"do":"safety"}"#, "who"),
            (#"{"do":"verify","who":"bob"}"#, "verified"), (#"{"do":"verify","who":"bob","verified":1}"#, "verified"),
            (#"{"do":"remove","who":""}"#, "who"),
            (#"{"do":"remove","who":"bob","with_invited":1}"#, "with_invited"),
            (#"{"do":"remove","who":"bob","reason":"\#(String(repeating: "x", count: 257))"}"#, "reason"),
        ])
    func `CL-5, CL-155: what is out of its range is named`(line: String, field: String) {
        #expect {
            try command(line)
        } throws: { ($0 as? AutomationError)?.field == field }
    }

    @Test func `CL-155: who is meant is looked up among the members before it is asked for`() throws {
        var stage = Stage()
        stage.line(#"{"do":"grant","who":"bob","role":"viewer","ref":1}"#)
        #expect(stage.questions.last == .members && stage.intents.isEmpty)
        stage.answer(.members([Self.bob], invites: []))
        #expect(stage.intents.map(\.intent) == [.grant(Self.bob.device, .viewer)])
        stage.receive(.outcome(ref: try #require(stage.intents.last?.ref), .done))
        #expect(stage.events("done").map { $0["ref"] } == [1])
        stage.line(#"{"do":"remove","who":"bob@\#(Self.bob.device)","with_invited":true,"reason":"so","ref":2}"#)
        stage.answer(.members([Self.bob], invites: []))
        #expect(stage.intents.last?.intent == .remove(RemovalOrder(.device(Self.bob.device), withInvited: true, reason: "so")))
        stage.receive(.outcome(ref: try #require(stage.intents.last?.ref), .refused(.senior)))
        #expect(stage.events("error").last?["code"] == "senior" && stage.events("error").last?["ref"] == 2)
        for (who, code) in [("eve", "no_such_member"), ("bob", "ambiguous")] {
            stage.line(#"{"do":"remove","who":"\#(who)","ref":3}"#)
            var other = Self.bob
            (other.device, other.person) = (Stage.author(3), Stage.author(3))
            stage.answer(.members([Self.bob, other], invites: []))
            #expect(stage.events("error").last?["code"] == .string(code) && stage.events("error").last?["field"] == "who")
        }
        stage.line(#"{"do":"remove","who":"bob"}"#)
        stage.answer(.members([], invites: []))
        #expect(stage.events("error").last?["code"] == "no_roles" && stage.intents.count == 2)
    }

    @Test func `CL-181: safety words are made for whom one names, and that they are the same is marked`() throws {
        var stage = Stage()
        stage.line(#"{"do":"safety","who":"bob","ref":1}"#)
        stage.answer(.members([Self.bob], invites: []))
        #expect(stage.compared == [[Stage.author(1), Self.bob.device]] && stage.events("safety").isEmpty)
        let cheap = Argon2id.Cost(passes: 1, memory: 8192)
        let words = try #require(SafetyWords(Stage.author(1), Self.bob.device, cost: cheap))
        stage.answer(safety: words)
        let told = try #require(stage.events("safety").first)
        #expect(told["who"] == .string(Self.bob.device.hex) && told["me"] == .string(Stage.author(1).hex) && told["ref"] == 1)
        #expect(told["words"] == .array(words.words.map { .string($0) }) && stage.automation.results.safety?.words == words)
        stage.line(#"{"do":"verify","who":"bob","verified":true,"ref":2}"#)
        stage.answer(.members([Self.bob], invites: []))
        #expect(stage.intents.last?.intent == .verify(Self.bob.device, true))
        stage.receive(.outcome(ref: try #require(stage.intents.last?.ref), .done))
        #expect(stage.events("done").last?["ref"] == 2)
        // Where the memory is lacking there are none, and nothing else in their place.
        stage.line(#"{"do":"safety","who":"bob","ref":3}"#)
        stage.answer(.members([Self.bob], invites: []))
        stage.answer(safety: nil)
        #expect(stage.events("error").last?["code"] == "no_memory" && stage.events("safety").count == 1)
        // On a board without roles those who are here are meant.
        stage.receive(.peer(PeerStatus(peer: .zero, author: Stage.author(4), name: "eve", state: .joined)))
        for who in ["eve", Stage.author(4).hex] {
            stage.line(#"{"do":"verify","who":"\#(who)","verified":true}"#)
            stage.answer(.members([], invites: []))
            #expect(stage.intents.last?.intent == .verify(Stage.author(4), true))
            stage.receive(.outcome(ref: try #require(stage.intents.last?.ref), .done))
        }
        stage.line(#"{"do":"safety","who":"\#(Stage.author(1).hex)"}"#)
        var own = Self.bob
        (own.device, own.person) = (Stage.author(1), Stage.author(1))
        stage.answer(.members([own], invites: []))
        #expect(stage.events("error").last?["code"] == "oneself")
    }

    @Test func `CL-180, CL-333: who comes by a trusted name is told of, and commands that mean him by it are refused`() throws {
        var stage = Stage()
        stage.receive(.identity(IdentityNews(name: "bob", device: Stage.author(3), before: Self.bob.device, wasVerified: true)))
        let told = try #require(stage.events("identity").first)
        #expect(
            told["author"] == .string(Stage.author(3).hex) && told["before"] == .string(Self.bob.device.hex) && told["was"] == "verified")
        #expect(told["next"]?.string?.contains("WARNING") == true)
        var other = Self.bob
        (other.device, other.person, other.takesNameOf) = (Stage.author(3), Stage.author(3), Self.bob.device)
        for (order, isRefused) in [
            (#"{"do":"remove","who":"bob"}"#, true), (#"{"do":"grant","who":"bob","role":"viewer"}"#, true),
            (#"{"do":"remove","who":"\#(Stage.author(3).hex)"}"#, false),
        ] {
            let before = stage.intents.count
            stage.line(order)
            stage.answer(.members([Self.bob, other], invites: []))
            #expect((stage.events("error").last?["code"] == "identity_changed") && (stage.intents.count == before) == isRefused)
        }
    }

    @Test func `CL-155, CL-326: an invite is told with its link when the disk has it`() throws {
        var stage = Stage()
        stage.line(#"{"do":"invite","role":"viewer","uses":2,"ttl_s":60,"ref":"a"}"#)
        let ref = try #require(stage.intents.last?.ref)
        #expect(stage.intents.last?.intent == .invite(InviteOrder(role: .viewer, uses: 2, timeToLive: 60, code: .atHand)))
        let seed = try #require(Secret32(Stage.author(4).bytes))
        let key = InviteKey(invite: try #require(TransactionName(Stage.author(3).bytes)), seed: seed)
        let news = InviteNews(invite: key.invite, key: key, role: .viewer, uses: 2, timeToLive: 60, endsAt: 61_000, orLater: true)
        stage.receive(.invited(news, ref: ref))
        #expect(stage.events("invite").isEmpty)
        stage.receive(.outcome(ref: ref, .done))
        #expect(stage.questions.last == .invite)
        let standing = Invite(
            rendezvous: [Invite.Host(name: "example.org", port: 4300)], roomSecret: try #require(Secret32(Stage.author(5).bytes)),
            board: try #require(BoardID(Stage.author(6).bytes)), key: InviteKey(invite: .zero, seed: key.seed))
        stage.answer(.invite(standing.link))
        let told = try #require(stage.events("invite").last)
        var invite = standing
        invite.key = key
        #expect(told["link"] == .string(invite.link) && told["ref"] == "a" && told["invite"] == .string(key.invite.hex))
        #expect(told["role"] == "viewer" && told["uses"] == 2 && told["expires"] == 61_000 && told["or_later"] == true)
        #expect(stage.automation.results.invite?.link == invite.link && stage.events("done").isEmpty)
        // The link that stands already is told as it is.
        stage.line(#"{"do":"invite"}"#)
        stage.answer(.invite(standing.link))
        #expect(stage.events("invite").last?["link"] == .string(standing.link) && stage.events("invite").count == 2)
    }

    @Test func `CL-166: a code is told with its invite, what becomes of it as it comes, and a wait for it ends with it`() throws {
        var stage = Stage()
        stage.line(#"{"do":"invite","role":"editor","code":true}"#)
        let ref = try #require(stage.intents.last?.ref)
        let key = InviteKey(
            invite: try #require(TransactionName(Stage.author(3).bytes)), seed: try #require(Secret32(Stage.author(4).bytes)))
        var news = InviteNews(invite: key.invite, key: key, role: .editor, uses: 1, timeToLive: 0, endsAt: nil, orLater: false)
        (news.code, news.codeEndsAt) = ("7-copper-lantern-orbit@example.org:1", 600_000)
        stage.receive(.invited(news, ref: ref))
        stage.receive(.outcome(ref: ref, .done))
        let standing = Invite(
            rendezvous: [], roomSecret: try #require(Secret32(Stage.author(5).bytes)), board: try #require(BoardID(Stage.author(6).bytes)),
            key: key)
        stage.answer(.invite(standing.link))
        let told = try #require(stage.events("invite").last)
        #expect(told["code"] == "7-copper-lantern-orbit@example.org:1" && told["code_expires"] == 600_000 && told["no_code"] == nil)
        for (what, state) in [
            (CodeInviter.Event.left, "left"), (.given(Stage.author(1), name: "bob"), "given"), (.over, "over"), (.mismatch, "mismatch"),
            (.spent, "spent"), (.otherForm, "other-form"),
        ] {
            stage.receive(.code(CodeNews(invite: key.invite, what: .inviter(what))))
            #expect(
                stage.events("code").last?["state"] == .string(state) && stage.events("code").last?["invite"] == .string(key.invite.hex))
        }
        stage.receive(.code(CodeNews(invite: key.invite, what: .lost)))
        #expect(stage.events("code").last?["state"] == "lost")
        #expect(stage.events("code").contains { $0["name"] == "bob" })
    }

    @Test func `CL-153, CL-155: members and invites are told with what is odd about them`() throws {
        var stage = Stage()
        stage.line(#"{"do":"members","ref":1}"#)
        let invite = StandingInvite(
            name: .zero, role: .editor, uses: 1, usedCount: 3, endsAt: nil, giver: Stage.author(1), isKeyHeld: true)
        stage.answer(.members([Self.bob], invites: [invite]))
        let told = try #require(stage.events("members").last)
        let member = try #require(told["members"]?.array?.first?.object)
        #expect(member["author"] == .string(Self.bob.device.hex) && member["over_use"] == true && member["present"] == true)
        #expect(member["by"] == .string(Stage.author(1).hex) && member["since_ms"] == 7 && told["ref"] == 1)
        let standing = try #require(told["invites"]?.array?.first?.object)
        #expect(standing["uses"] == 1 && standing["used"] == 3 && standing["over_used"] == true && standing["expires"] == .null)
    }
}
