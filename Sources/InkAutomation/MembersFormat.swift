import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession

// Who may do what, as members of JSON events.
extension EventFormat {
    /// All who have a right, and all invites that stand; the most senior first.
    package func members(_ members: [MemberNews], invites: [StandingInvite]) -> JSONObject {
        ["members": .array(members.map { .object(member($0)) }), "invites": .array(invites.map { .object(invite($0)) })]
    }

    /// An invite that was made: what a standing link is told with, and what was ordered (CL-166).
    package func invite(_ news: InviteNews, link: String) -> JSONObject {
        var object = self.link(link)
        object["expires"] = news.endsAt.map { .integer(Int64(clamping: $0)) } ?? .null
        object["or_later"] = .bool(news.orLater)
        object["invite"] = .string(news.invite.hex)
        object["role"] = .string("\(news.role)")
        object["uses"] = uses(news.uses)
        if news.isForOwnDevice { object["me"] = true }
        if let code = news.code { object["code"] = .string(code) }
        if let end = news.codeEndsAt { object["code_expires"] = .integer(Int64(clamping: end)) }
        if let obstacle = news.codeObstacle { object["no_code"] = .string(obstacle) }
        return object
    }

    /// What becomes of a short code (CL-166).
    package func code(_ news: CodeNews) -> JSONObject {
        var object: JSONObject = ["invite": .string(news.invite.hex), "next": .string(Sentence.code(news.what).text)]
        switch news.what {
        case .lost: object["state"] = "lost"
        case .inviter(.mismatch): object["state"] = "mismatch"
        case .inviter(.left): object["state"] = "left"
        case .inviter(.over): object["state"] = "over"
        case .inviter(.spent): object["state"] = "spent"
        case .inviter(.otherForm): object["state"] = "other-form"
        case .inviter(.given(let device, let name)):
            object["state"] = "given"
            object["author"] = .string(device.hex)
            object["name"] = .string(name)
        }
        return object
    }

    /// The link of an invite that stands already.
    package func link(_ link: String) -> JSONObject { ["link": .string(link), "code": .null, "expires": .null] }

    private func member(_ member: MemberNews) -> JSONObject {
        var object: JSONObject = [
            "author": .string(member.device.hex), "name": .string(member.name), "role": .string("\(member.role)"),
            "present": .bool(member.isPresent), "since_ms": .integer(Int64(clamping: member.since)),
            "by": member.giver.map { .string($0.hex) } ?? .null,
        ]
        if member.person != member.device { object["person"] = .string(member.person.hex) }
        if case .invited(let invite) = member.origin { object["invite"] = .string(invite.hex) }
        if member.isOverUse { object["over_use"] = true }
        if member.isVerified { object["verified"] = true }
        if let last = member.lastSeen { object["last_seen_ms"] = .integer(Int64(clamping: last)) }
        if let other = member.takesNameOf { object["takes_name_of"] = .string(other.hex) }
        return object
    }

    private func invite(_ invite: StandingInvite) -> JSONObject {
        var object: JSONObject = [
            "invite": .string(invite.name.hex), "role": .string("\(invite.role)"), "uses": uses(invite.uses),
            "used": .integer(Int64(invite.usedCount)), "expires": invite.endsAt.map { .integer(Int64(clamping: $0)) } ?? .null,
            "by": .string(invite.giver.hex), "link_here": .bool(invite.isKeyHeld),
        ]
        if invite.isOverUsed { object["over_used"] = true }
        return object
    }

    /// Null for any number.
    private func uses(_ uses: UInt32) -> JSONValue { uses == 0 ? .null : .integer(Int64(uses)) }
}
