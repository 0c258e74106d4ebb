import InkPrimitives
import InkRendezvous
import InkRuntime
import InkSession

/// Where the mailbox of a code with four digits is: kept by the inviter's own program, somewhere on our network (CL-200 to CL-203, CL-339).
struct LocalMailbox {
    let number: MailboxNumber
    let code: ShortCode
    let options: GlobalOptions

    /// Of the one program that holds it. Blocks until it has answered, or nobody has in time (CL-201).
    func addresses() throws -> [RendezvousAddress] {
        // CL-340
        guard code.place == nil else {
            throw Failure(
                .invite, code: "bad_code", what: "cannot join by this code",
                why: "a number of four digits is looked for on this network, and nothing stands behind an @ then",
                next: "look at the number again, or leave out the @ and what follows; nothing was sent, and the code is still good")
        }
        guard options.usesLAN, let asker = LinkAsker(number: number, clock: options.clock) else {
            throw Failure.usage(
                "cannot join by this code", why: "a number of four digits is looked for on this network, which \(obstacle) forbids",
                next: "leave that out, or ask for a link")
        }
        guard asker.hasLinks else {
            throw Failure(
                .rendezvous, code: "no_network", what: "cannot join: this machine is on no network",
                why: "a number of four digits is looked for on the network that the inviter is on, too",
                next: "connect both machines to one network, then join again")
        }
        switch asker.ask() {
        case .found(let places): return places.map { RendezvousAddress(host: Invite.Host(name: "\($0.ip)", port: $0.port)) }
        // CL-342
        case .several(let places):
            let shown = places.prefix(Self.shownMax).map { "\($0.ip)" } + (places.count > Self.shownMax ? ["..."] : [])
            throw Failure(
                .invite, code: "several_codes",
                what: "cannot join: \(places.count) programs on this network offer a code with the number \(number)",
                why: "a code is tried at one of them alone, and nobody knows at which (\(shown.joined(separator: ", ")))",
                next: "ask for another code, or for the link; nothing was tried, and the codes are still good")
        case .nobody:
            throw Failure(
                .invite, code: "no_such_code", what: "nobody on this network holds \(number)",
                why:
                    "a number of four digits is found only on the network that the inviter is on, for ten minutes, while their board is open",
                next: "compare the number, see that both machines are on one network that lets them speak, or ask for a link")
        }
    }

    private static let shownMax = 4

    private var obstacle: String { options.lanObstacle }
}
