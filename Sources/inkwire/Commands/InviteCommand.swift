import ArgumentParser
import InkAutomation
import InkBoard
import InkFrontEnd
import InkPrimitives
import InkRuntime
import InkSession
import InkStore

/// `inkwire invite`: a link of a saved board.
struct InviteCommand: ParsableCommand, TakesOptions, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "invite", abstract: "Write a link by which others join a board.",
        discussion: """
            With --code it is a code of three words that can be said aloud; the command stays until somebody has come by it, unless another program has the \
            board open. With --role, --me, --ttl or --uses it is that of a new invite, which owners alone can make: whoever has the link joins in that role. Without any it \
            is the link that the board has had before.
            """)

    static let examples = [
        Example("inkwire invite sketch --code", "three words to say aloud"),
        Example("inkwire invite sketch --role viewer --ttl 2h", "a link to look, for two hours"),
        Example("inkwire invite sketch --me", "for a device of your own"),
    ]

    @Argument(help: "The board's name, or digits with which its id begins.", completion: .boards)
    var board: String

    @Option(name: .customLong("role"), help: "What those may do who join by it: editor, unless given.")
    var role: RoleArgument?

    @Flag(name: .customLong("me"), help: "For a further device of your own: in your role, under a key of its own.")
    var isForMe = false

    @Option(
        name: .customLong("ttl"),
        help: ArgumentHelp("How long it is good, as 90s, 10m, 2h or 7d; for ever, unless given.", valueName: "time"))
    var timeToLive: InviteSpanArgument?

    @Option(name: .customLong("uses"), help: ArgumentHelp("How many may join by it; any number, unless given.", valueName: "count"))
    var uses: UInt32?

    @Flag(name: .customLong("link"), help: "A link, as without --code.")
    var isLink = false

    @Flag(
        name: .customLong("code"),
        help: "Three words and a number to be said aloud, good for ten minutes and for one who joins, or as many as --uses says.")
    var isCode = false

    @Flag(name: .customLong("qr"), help: "On a terminal, also as a QR code; needs libqrencode 4.")
    var isPicture = false

    @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

    mutating func run() throws {
        if isPicture { try QRCode.check(isJSON: options.isJSON) }
        guard role != nil || isForMe || timeToLive != nil || uses != nil || isCode else { return try writeStanding() }
        try options.check()
        guard uses.map({ (1...Limits.inviteCount).contains($0) }) ?? true else {
            throw Failure.usage(
                "no such invite can be made", why: "--uses is a number from 1 to \(Limits.inviteCount)", next: "give another")
        }
        guard !isForMe || role == nil else {
            throw Failure.usage(
                "no such invite can be made", why: "a further device of yours has your role", next: "leave out --role, or --me")
        }
        guard !isCode || !isLink else {
            throw Failure.usage("no such invite can be made", why: "--link and --code exclude each other", next: "leave out one of them")
        }
        guard !isCode || !isForMe else {
            throw Failure.usage("no such invite can be made", why: "a further device of yours comes by a link", next: "leave out --code")
        }
        guard !isCode else { return try writeCode() }
        let order = InviteOrder(role: isForMe ? nil : role?.role ?? .editor, uses: uses ?? 0, timeToLive: timeToLive?.seconds ?? 0)
        let access = try BoardAccess.open(board, catalog: options.catalog)
        let results = try apply([.invite(order)], to: access, options: options) { _ in "no invite was made" }
        guard let (news, link) = results.invite else { return }
        var object: JSONObject = ["schema": 1]
        for member in EventFormat().invite(news, link: link).members { object[member.key] = member.value }
        let text = options.isJSON ? JSONValue.object(object).text : link
        try StandardStream.output.deliver(Array((text + "\n").utf8))
        options.notices.say(Self.sentence(of: news))
        // Last: the invite is made, and its link told, also where a picture has no room (CL-182).
        if isPicture { try QRCode.draw(link) }
    }

    /// A code, and who comes by it (CL-165).
    private func writeCode() throws {
        let order = InviteOrder(role: role?.role ?? .editor, uses: uses ?? 1, timeToLive: timeToLive?.seconds ?? 0, code: .wanted)
        let access = try BoardAccess.open(board, catalog: options.catalog)
        var commands = [AutomationCommand.invite(order)]
        if case .held = access { commands.append(.wait(.code, milliseconds: CodeTeller.waitMilliseconds)) }
        let teller = CodeTeller(options: options, isPictured: isPicture)
        do {
            try apply(commands, to: access, options: options, hears: { teller.hear($0) }) { index in
                index == 0 ? "no code was made" : "who took the code did not come"
            }
        } catch {
            // What became of the code says more than that it was waited for in vain.
            throw teller.complaint ?? error
        }
        if let complaint = teller.complaint { throw complaint }
    }

    /// The link of the invite that the board was made with, or that we came by.
    private func writeStanding() throws {
        let content = try BoardStore.peek(at: try options.catalog.entry(board).directory)
        let meta = content.meta
        let given = try options.rendezvous()
        let addresses = given.isEmpty ? meta.rendezvous.compactMap { RendezvousAddress($0) } : given
        var hosts = addresses.map(\.host)
        let places = LinkPlaces(toward: hosts)
        if hosts.isEmpty, let port = meta.embeddedPort { hosts = places.rendezvous(port: port) }
        let direct = options.relayPolicy == .only ? [] : meta.ownPort.map { places.direct(port: $0) } ?? []
        let invite = Invite(
            rendezvous: hosts, usesTLS: addresses.contains { $0.usesTLS }, direct: direct,
            roomSecret: content.linkSecret.secret, board: meta.board, key: meta.inviteKey, epoch: content.linkSecret.epoch)
        let text = options.isJSON ? JSONValue.object(["schema": 1, "link": .string(invite.link)]).text : invite.link
        try StandardStream.output.deliver(Array((text + "\n").utf8))
        options.notices.say(
            meta.inviteKey == nil
                ? "whoever has this link may enter and draw; the others type `inkwire join` and paste it"
                : "whoever has this link joins by its invite, as long as that stands; the others type `inkwire join` and paste it")
        if isPicture { try QRCode.draw(invite.link) }
    }

    /// What whoever gives the link away should know (CL-152).
    static func sentence(of invite: InviteNews) -> String {
        let role = "\(invite.role == .owner || invite.role == .editor ? "an" : "a") \(invite.role)"
        var sentence =
            switch invite.uses {
            case _ where invite.isForOwnDevice: "whoever has this link is you on this board: keep it to yourself"
            case 0: "whoever has this link joins as \(role)"
            case 1: "one person joins by this link, as \(role)"
            default: "\(invite.uses) people join by this link, each as \(role)"
            }
        if invite.timeToLive > 0 {
            sentence += "; it ends in \(MembersCommand.span(UInt64(invite.timeToLive) * 1000))"
            if invite.orLater { sentence += ", or later, when an owner is online" }
        }
        return sentence
    }
}
