import ArgumentParser
import InkAutomation
import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import InkTerminal

/// `inkwire members`: who may do what on a board, and changing it (CL-154).
struct MembersCommand: ParsableCommand, TakesOptions, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "members",
        abstract: "List who may do what on a board; give roles, remove members and invites, take back their work, find out who is who.",
        discussion: """
            WHO is a name that nobody else here has, or 8 digits or more with which a key, or an invite's name, begins.
            A member who is removed draws here no more, and the others see nothing of what they draw from then on. Of an invite that is removed no link \
            is good any more; who came by it stays, unless --with-invited is given.
            What is taken back stands as it did before; what others changed since stays as they left it. It is one step of undo.
            Safety words are six words that both sides see: where each reads the same to the other, nobody is between them. Who was verified has a tick in \
            the list, on this machine alone.
            """)

    static let examples = [
        Example("inkwire members sketch", "list them"),
        Example("inkwire members sketch --role bob=viewer", "bob may look from now on"),
        Example("inkwire members sketch --remove eve", "eve draws here no more"),
        Example("inkwire members sketch --take-back eve --since 1h", "undo eve's last hour"),
    ]

    @Argument(help: "The board's name, or digits with which its id begins.", completion: .boards)
    var board: String

    @Option(name: .customLong("role"), help: ArgumentHelp("Give somebody this role.", valueName: "WHO=ROLE"))
    var gifts: [RoleGift] = []

    @Option(name: .customLong("remove"), help: ArgumentHelp("End the right of somebody, or an invite.", valueName: "WHO"))
    var removed: [String] = []

    @Flag(name: .customLong("with-invited"), help: "With --remove: also of all who have their right from there.")
    var withInvited = false

    @Option(help: ArgumentHelp("With --remove: what all are told of it.", valueName: "text"))
    var reason = ""

    @Option(
        name: .customLong("take-back"),
        help: ArgumentHelp("Take back what somebody drew here, who may have left since: one step of undo.", valueName: "WHO"))
    var takenBack: [String] = []

    @Option(help: ArgumentHelp("With --take-back: only what claims to be no older, as 90s, 10m, 2h or 7d.", valueName: "time"))
    var since: InviteSpanArgument?

    @Option(name: .customLong("safety"), help: ArgumentHelp("The six words to compare with somebody.", valueName: "WHO"))
    var compared: String?

    @Option(
        name: .customLong("verify"), help: ArgumentHelp("Mark somebody verified: the words are the same on both sides.", valueName: "WHO"))
    var verified: [String] = []

    @Option(name: .customLong("unverify"), help: ArgumentHelp("Take that back.", valueName: "WHO"))
    var unverified: [String] = []

    @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

    mutating func run() throws {
        try options.check()
        guard since == nil || !takenBack.isEmpty else {
            throw Failure.usage(
                "nothing is taken back", why: "--since says how old, and nothing says whose", next: "name them with --take-back")
        }
        guard !removed.isEmpty || !withInvited && reason.isEmpty else {
            throw Failure.usage(
                "nobody is removed", why: "--with-invited and --reason say how, and nothing says whom", next: "name them with --remove")
        }
        // CL-190
        let span = since.map { TakeBackOrder.Span.last(seconds: $0.seconds) } ?? .all
        let changes: [(command: AutomationCommand, done: String, failed: String)] =
            gifts.map { (.grant(who: $0.who, $0.role), "\($0.who) is \($0.role) now", "\($0.who) was not made \($0.role)") }
            + removed.map {
                (.remove(who: $0, withInvited: withInvited, reason: reason), "\($0) is removed", "\($0) was not removed")
            }
            + takenBack.map { (.takeBack(who: $0, span), "what \($0) did is taken back", "nothing of \($0) was taken back") }
            + verified.map { (.verify(who: $0, true), "\($0) is verified", "\($0) was not verified") }
            + unverified.map { (.verify(who: $0, false), "\($0) is not verified any more", "\($0) is as before") }
            + (compared.map {
                [
                    (
                        .safety(who: $0), "read them to \($0), or hear them read: `--verify` marks who has the same",
                        "there are no safety words for \($0)"
                    )
                ]
            } ?? [])
        let access = try BoardAccess.open(board, catalog: options.catalog)
        let isList = changes.isEmpty
        let results = try apply(changes.map(\.command) + (isList ? [.members] : []), to: access, options: options) { index in
            changes.indices.contains(index) ? changes[index].failed : "the members were not listed"
        }
        if let (device, words) = results.safety {
            let object: JSONObject = [
                "schema": 1, "who": .string(device.hex), "words": .array(words.words.map { .string($0) }),
            ]
            try StandardStream.output.deliver(Array(((options.isJSON ? JSONValue.object(object).text : "\(words)") + "\n").utf8))
        }
        for change in changes { options.notices.say(change.done) }
        if results.skippedCount > 0 { options.notices.say(Sentence.skipped(results.skippedCount).text) }
        guard isList, let (members, invites) = results.members else { return }
        let text = options.isJSON ? json(members, invites) : Self.list(members, invites, board: board, now: wallMilliseconds())
        try StandardStream.output.deliver(Array(text.utf8))
        if members.isEmpty, !options.isJSON {
            options.notices.say("nobody has a role on this board: whoever has the link may draw; `inkwire new --from` makes one with roles")
        }
    }

    private func json(_ members: [MemberNews], _ invites: [StandingInvite]) -> String {
        var object: JSONObject = ["schema": 1]
        for member in EventFormat().members(members, invites: invites).members { object[member.key] = member.value }
        return JSONValue.object(object).text + "\n"
    }

    /// A line for each, columns apart by tabs (CL-153).
    static func list(_ members: [MemberNews], _ invites: [StandingInvite], board: String, now: UInt64) -> String {
        func name(_ author: AuthorID?) -> String {
            guard let author else { return "nobody known" }
            let name = members.first { $0.device == author }?.name ?? ""
            return name.isEmpty ? "\(author)" : Failure.plain(name)
        }
        var lines = members.map { member in
            let origin =
                switch member.origin {
                case .founder: "made the board"
                case .granted: "given by \(name(member.giver))"
                case .invited: "invited by \(name(member.giver))"
                }
            var columns = [member.name.isEmpty ? "-" : Failure.plain(member.name), "\(member.device)", "\(member.role)", origin]
            columns.append(member.isPresent ? "here" : "since \(Age.text(of: member.since, now: now))")
            if !member.isPresent, let last = member.lastSeen { columns.append("seen \(Age.text(of: last, now: now))") }
            // CL-335
            if member.isVerified { columns.append("\(Notices.isASCII ? "v" : "✓") verified") }
            if let other = member.takesNameOf { columns.append("goes by the name of \(other), who is another") }
            if member.isOverUse { columns.append("more than the invite was for") }
            return columns.joined(separator: "\t")
        }
        lines += invites.map { invite in
            let digits = String(invite.name.hex.prefix(Whom.digitsMin))
            var columns = ["an invite", digits, "\(invite.role)", "by \(name(invite.giver))"]
            columns.append("used by \(invite.usedCount)\(invite.uses > 0 ? " of \(invite.uses)" : "")")
            if let end = invite.endsAt { columns.append(end > now ? "ends in \(Self.span(end - now))" : "its time is over") }
            if invite.isOverUsed {
                columns.append("over-used: `inkwire members \(ShellWord.last(board)) --remove \(digits) --with-invited` ends it")
            }
            return columns.joined(separator: "\t")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Milliseconds in the greatest unit of which they are at least one.
    static func span(_ milliseconds: UInt64) -> String {
        let units: [(UInt64, String)] = [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1000, "second")]
        let (unit, word) = units.first { milliseconds >= $0.0 } ?? (1000, "second")
        return Sentence.count(Int(clamping: max(1, milliseconds / unit)), word)
    }
}
