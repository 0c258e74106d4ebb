import InkBoard
import InkCrypto
import InkPrimitives
import InkRendezvous

// Short codes: what `Codes` wants is done, and what it says told (SE-220).
extension Node {
    /// What whoever comes by a code gets is the link as it is now (SE-365).
    mutating func askForCode(_ news: InviteNews, of asker: Asker) {
        let links = codeLinks
        follow(codes.ask(news, of: asker, link: links(news.key)), now: time)
    }

    /// The link of an invite by the secret that is in force.
    private var codeLinks: @Sendable (InviteKey) -> String {
        let ((secret, epoch), places, board) = (linkSecret, invitePlaces, boardID)
        return { key in
            Invite(rendezvous: places.hosts, usesTLS: places.usesTLS, roomSecret: secret, board: board, key: key, epoch: epoch).link
        }
    }

    /// Something came of a mailbox, or to it.
    mutating func receive(_ news: MailboxNews, now: Instant) {
        follow(codes.take(news, wallTime: clock.isSet ? clock.time(now: now) : nil, now: now), now: now)
    }

    /// Rights have changed: the invites that end take their codes with them, and the others lead to the epoch in force.
    mutating func followCodes(now: Instant) {
        guard let board else { return }
        let standing = Set(board.standingRights.lazy.filter { $0.subject == nil }.map(\.name))
        codeMeetings.end { !standing.contains($0) }
        guard !codes.isEmpty else { return }
        follow(codes.end { !standing.contains($0) }, now: now)
        let links = codeLinks
        codes.relink(links)
    }

    mutating func follow(_ outputs: [Codes.Output], now: Instant) {
        for output in outputs {
            switch output {
            case .wish(let wish): mailbox(wish, now: now)
            case .invited(let news, let asker): tellInvite(news, to: asker)
            case .news(let news):
                if case .inviter(.given(let device, _)) = news.what { codeMeetings.gave(news.invite, to: device) }
                tell(.code(news))
            }
        }
    }

    /// A board without a rendezvous has nowhere to keep one.
    private mutating func mailbox(_ wish: MailboxWish, now: Instant) {
        guard introductions.client != nil else {
            switch wish {
            case .open(let number), .openLocal(let number): receive(.notOpened(number, .noRendezvous), now: now)
            case .close, .pass, .dismiss: break
            }
            return
        }
        introductions.client?.mailbox(wish, now: now)
    }
}
