import Foundation
import InkCrypto
import InkFrontEnd
import InkPrimitives
import InkRendezvous
import InkRuntime
import InkSession

/// Turns a short code into the invite that it stands for: one visit to its mailbox, and one confirmation (CL-163).
struct CodeVisit {
    let code: ShortCode
    let options: GlobalOptions
    /// Takes a sentence for the person while it is tried.
    let say: @Sendable (String) -> Void

    /// Blocks until the inviter has answered.
    func arrival() throws -> Arrival {
        guard let mailbox = MailboxNumber(UInt32(code.mailbox)) else {
            throw Failure.usage("cannot join by this code", why: "no code has this number", next: "ask for it again")
        }
        let identity = try options.catalog.identity(ofProfile: 1)
        let joiner = CodeJoiner(
            words: code.password, mailbox: mailbox.number, device: identity.signing, name: try options.displayName(profile: 1),
            random: SecretGenerator(seed: .random()))
        var last: Ending?
        for address in try addresses(of: mailbox) {
            let (ending, connection) = try visit(mailbox, at: address, with: joiner)
            switch ending {
            case .given(let given, _):
                let invite = mailbox.isLocal ? Self.invite(given.invite, met: address.host) : given.invite
                return Arrival(invite: invite, meeting: connection.map { Arrival.Meeting(inviter: given.inviter, connection: $0) })
            // Nobody was there who could have been told a word of it.
            case .notReached(let reason):
                if case .notReached(let before)? = last { last = .notReached("\(before); \(reason)") } else { last = ending }
            default: throw failure(ending, at: address.host.name)
            }
        }
        throw failure(last ?? .notReached("no rendezvous is named"), at: code.place?.name ?? "the rendezvous")
    }

    /// The invite by which we come, with the place where its maker was just met first: his program may have more addresses than it names.
    private static func invite(_ invite: Invite, met host: Invite.Host) -> Invite {
        guard !invite.rendezvous.contains(host), IPAddress(host.name)?.isLinkLocal == false else { return invite }
        var invite = invite
        invite.rendezvous = [host] + invite.rendezvous.prefix(Invite.placesMax - 1)
        return invite
    }

    private enum Ending {
        /// With what the inviter is told at last.
        case given(CodeJoiner.Given, last: [UInt8])
        case refused(CodeJoiner.Failure)
        /// Nothing of the code was sent (CL-330).
        case notReached(String)
        case failed(MailboxVisitor.Failure)
    }

    /// Where the mailbox may be: on our network, as the code says, or at the joiner's own (CL-163).
    private func addresses(of mailbox: MailboxNumber) throws -> [RendezvousAddress] {
        if mailbox.isLocal { return try LocalMailbox(number: mailbox, code: code, options: options).addresses() }
        let own = try options.rendezvous()
        guard let place = code.place else {
            guard !own.isEmpty else {
                throw Failure.usage(
                    "cannot join by this code", why: "it names no rendezvous, and none is configured here",
                    next: "type all of it, with what stands behind the @, or give --rendezvous")
            }
            return own
        }
        guard let port = place.port else { return [RendezvousAddress(host: Invite.Host(name: place.name, port: 443), usesTLS: true)] }
        let host = Invite.Host(name: place.name, port: port)
        if let known = own.first(where: { $0.host == host }) { return [known] }
        // A code does not say whether TLS is spoken there. What is said is sealed for the inviter, either way; certificates are of names.
        // A program without TLS asks in clear alone (CL-406).
        let isName = IPAddress(place.name) == nil
        return [isName, !isName].filter { !$0 || TLSTrust.isBuiltIn }.map { RendezvousAddress(host: host, usesTLS: $0) }
    }

    /// - Returns: what came of it, and where that is an invite the connection, for who goes to the room.
    private func visit(
        _ mailbox: MailboxNumber, at address: RendezvousAddress, with joiner: CodeJoiner
    ) throws -> (Ending, KeptConnection?) {
        let box = Box(joiner)
        let trust = address.usesTLS ? try options.trust() : nil
        let say = say
        let tokens = try options.tokenFiles()
        let visit = MailboxVisit(
            to: mailbox, at: address.host, tls: trust, tokens: tokens, knock: joiner.opening, clock: options.clock
        ) { event in
            switch event {
            case .waits(let wait): say("\(wait)")
            case .passed(let body): box.take(body)
            case .failed(let failure): box.end(with: failure)
            }
        }
        box.visit = visit
        visit.start()
        let ending = box.wait()
        if case .given(_, let last) = ending { return (ending, visit.leave(saying: last)) }
        visit.stop()
        return (ending, nil)
    }

    // CL-329
    private func failure(_ ending: Ending, at host: String) -> Failure {
        switch ending {
        case .given: preconditionFailure("an invite is no failure")
        case .refused(.mismatch):
            Failure(
                .invite, code: "code_mismatch", what: "that code does not match",
                why:
                    "a word is another than the inviter's, or somebody else tried it before; a code that was tried with wrong words is good for nobody any more",
                next: "ask for a new one, and join again")
        case .refused(.spent):
            Failure(
                .invite, code: "code_spent", what: "that code was already used",
                why: "codes work once, so that nobody can reuse one they overheard",
                next: "ask for a new one, and join again")
        case .refused(.otherForm):
            Failure(
                .version, code: "version", what: "cannot join by this code", why: "the inviter's inkwire speaks of codes in another form",
                next: "ask for the link, or use the version that they have")
        case .refused(.unusable(let error)): Failure(error)
        case .failed(.gone), .failed(.noAnswer):
            Failure(
                .invite, code: "code_left", what: "cannot join by this code", why: "the inviter was there and went before they answered",
                next: "ask whether their board is open, and for a new code")
        case .failed(.noMailbox):
            Failure(
                .invite, code: "no_such_code", what: "there is no code with the number \(code.mailbox) at \(host)",
                why:
                    "it has ended, was used up or burnt, or the number is another: codes live ten minutes, while the inviter's board is open",
                next: "compare the number, or ask for a new code")
        case .failed(.noneKept):
            Failure(
                .version, code: "no_codes", what: "cannot join by this code", why: MailboxVisitor.Failure.noneKept.description(at: host),
                next: "ask for the link")
        case .failed(.waitedInVain(let wait)):
            Failure(
                .rendezvous, code: "code_busy", what: "cannot join by this code",
                why: MailboxVisitor.Failure.waitedInVain(wait).description(at: host),
                next: "join again in a minute, or ask for the link")
        case .failed(.tokenRefused(let reason)): .tokens(reason, what: "cannot join by this code", at: host)
        case .failed(let failure):
            Failure(
                .rendezvous, code: "no_rendezvous", what: "cannot join by this code", why: failure.description(at: host),
                next: "try again in a moment, or ask for the link")
        case .notReached(let reason):
            Failure(
                .rendezvous, code: "no_rendezvous", what: "cannot join: \(host) cannot be reached", why: reason,
                next: "check the network, and what stands behind the @ of the code, then join again")
        }
    }

    /// What the loop tells and the command waits for.
    ///
    /// - Invariant of `@unchecked Sendable`: everything is touched under the condition's lock.
    private final class Box: @unchecked Sendable {
        private let condition = NSCondition()
        private var joiner: CodeJoiner
        private var ending: Ending?
        private var visitHeld: MailboxVisit?

        init(_ joiner: CodeJoiner) { self.joiner = joiner }

        var visit: MailboxVisit? {
            get { condition.withLock { visitHeld } }
            set { condition.withLock { visitHeld = newValue } }
        }

        func take(_ body: [UInt8]) {
            condition.withLock {
                guard ending == nil else { return }
                do throws(CodeJoiner.Failure) {
                    switch try joiner.take(body) {
                    case .pass(let answer): visitHeld?.pass(answer)
                    case .done(let given, let last): ending = .given(given, last: last)
                    }
                } catch {
                    ending = .refused(error)
                }
                condition.broadcast()
            }
        }

        func end(with failure: MailboxVisitor.Failure) {
            condition.withLock {
                guard ending == nil else { return }
                switch failure {
                // Before the knock, so that nobody has been told a word (RV-102, RV-167).
                case .lost(let reason): ending = .notReached(reason)
                case .noWelcome: ending = .notReached("it accepts connections and says nothing")
                default: ending = .failed(failure)
                }
                condition.broadcast()
            }
        }

        func wait() -> Ending {
            condition.withLock {
                while ending == nil { condition.wait() }
                return ending ?? .failed(.gone)
            }
        }
    }
}

extension Failure {
    /// A code that cannot be read (CL-164).
    init(_ error: ShortCodeError) {
        self.init(
            .invite, code: "bad_code", what: "cannot join by this code", why: "\(error)",
            next: "type it again; nothing was sent, and the code is still good")
    }
}
