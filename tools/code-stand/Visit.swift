import InkCrypto
import InkPrimitives
import InkRendezvous
import InkSession
import StandSockets

/// One visit to a mailbox over a socket of its own: the product's visitor, with a mind that is honest or not.
final class Visit {
    /// What a mind makes of what the inviter said.
    enum Reaction {
        case pass([UInt8])
        case done(Ending, last: [UInt8]?)
    }

    enum Ending {
        case given(CodeJoiner.Given)
        case refused(CodeJoiner.Failure)
        case failed(MailboxVisitor.Failure)
        /// Of one who wants nothing more.
        case over
    }

    private var visitor: MailboxVisitor
    private let server: SocketAddress
    private var line: Line?
    private var react: ([UInt8]) throws -> Reaction
    private(set) var ending: Ending?
    /// What was said in the mailbox, in order, the first word first.
    private(set) var bodies: [[UInt8]]
    /// All that went over its socket.
    var texts: [[UInt8]] { line?.texts ?? [] }

    /// - Parameter react: takes each word of the inviter.
    init(_ mailbox: MailboxNumber, at server: SocketAddress, opening: [UInt8], react: @escaping ([UInt8]) throws -> Reaction) throws {
        (visitor, self.server, self.react) = (MailboxVisitor(mailbox: mailbox, knock: opening), server, react)
        bodies = [opening]
        visitor.start(now: currentTime())
        try follow()
    }

    /// Somebody who types a code, and does with it what the product does.
    ///
    /// - Parameters:
    ///   - mailbox: where a rendezvous leads him; nil for where the code says.
    ///   - alter: what a rendezvous makes of what the inviter says, by the number of his words, from that and from what the joiner has said.
    convenience init(
        typing code: ShortCode, at server: SocketAddress, ledTo mailbox: MailboxNumber? = nil, as random: inout SecretGenerator,
        alter: @escaping (Int, [UInt8], [[UInt8]]) -> [UInt8] = { _, body, _ in body }, beforeConfirming: @escaping () throws -> Void = {}
    ) throws {
        guard let own = MailboxNumber(UInt32(code.mailbox)) else { throw Trouble("no mailbox \(code.mailbox)") }
        var joiner = Self.joiner(typing: code, as: &random)
        var (count, said) = (0, [joiner.opening])
        try self.init(mailbox ?? own, at: server, opening: joiner.opening) { body in
            count += 1
            let step: CodeJoiner.Step
            do throws(CodeJoiner.Failure) {
                step = try joiner.take(alter(count, body, said))
            } catch {
                return .done(.refused(error), last: nil)
            }
            switch step {
            case .pass(let bytes):
                try beforeConfirming()
                said.append(bytes)
                return .pass(bytes)
            case .done(let given, let last): return .done(.given(given), last: last)
            }
        }
    }

    static func joiner(typing code: ShortCode, as random: inout SecretGenerator) -> CodeJoiner {
        CodeJoiner(
            words: code.password, mailbox: UInt32(code.mailbox), device: SigningKey(seed: random.secret()), name: "bob",
            random: SecretGenerator(seed: random.secret()))
    }

    func pump() throws {
        guard ending == nil else { return }
        if let line {
            for message in try line.heard() {
                visitor.received(message, now: currentTime())
                try follow()
            }
            if !line.isOpen, ending == nil {
                visitor.disconnected(reason: "closed")
                try follow()
            }
        }
        if let due = visitor.deadline, due <= currentTime() {
            visitor.handleTimeout(now: currentTime())
            try follow()
        }
    }

    private func follow() throws {
        while let output = visitor.nextOutput() {
            switch output {
            case .connect:
                line = try Line(to: server)
                visitor.connected()
            case .send(let message): try line?.say(message)
            case .disconnect:
                line?.shut()
            case .event(.passed(let body)):
                bodies.append(body)
                switch try react(body) {
                case .pass(let bytes): say(bytes)
                case .done(let ending, let last):
                    if let last { say(last) }
                    finish(ending)
                }
            case .event(.failed(let failure)): finish(.failed(failure))
            case .event(.waits): break
            }
        }
    }

    private func say(_ bytes: [UInt8]) {
        bodies.append(bytes)
        visitor.pass(bytes)
    }

    private func finish(_ ending: Ending) { if self.ending == nil { self.ending = ending } }

    /// Its socket goes.
    func leave() {
        visitor.leave()
        while let output = visitor.nextOutput() { if case .disconnect = output { line?.shut() } }
    }
}
