import ArgumentParser
import InkAutomation
import InkPrimitives
import InkRuntime
import InkSession
import InkStore

/// `inkwire invite`: the link of a saved board.
struct InviteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite", abstract: "Write the invite link of a saved board.",
        discussion: "Whoever has the link may enter and draw: in this version it is the only admission.")

    @Argument(help: "The board's name, or digits with which its id begins.")
    var board: String

    @Flag(name: .customLong("link"), help: "A link (the only form there is in this version).")
    var isLink = false

    @OptionGroup var options: GlobalOptions

    mutating func run() throws {
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
        options.notices.say("whoever has this link may enter and draw; the others type `inkwire join` and paste it")
    }
}
