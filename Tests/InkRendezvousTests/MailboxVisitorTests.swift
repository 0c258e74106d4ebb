import InkPrimitives
import Testing

@testable import InkRendezvous

@Suite struct MailboxVisitorTests {
    private let number = MailboxNumber(7)!
    private let welcome = ServerMessage.welcome(nonce: [UInt8](repeating: 1, count: 32), stunPort: nil, mailboxes: true)

    /// A visitor and what it wanted done.
    private struct Visit {
        var visitor: MailboxVisitor
        var now = Instant.zero
        var outputs: [MailboxVisitor.Output] = []

        mutating func take(_ body: (inout MailboxVisitor, Instant) -> Void) -> [MailboxVisitor.Output] {
            body(&visitor, now)
            var new: [MailboxVisitor.Output] = []
            while let output = visitor.nextOutput() { new.append(output) }
            outputs += new
            return new
        }

        mutating func hear(_ message: ServerMessage) -> [MailboxVisitor.Output] { take { $0.received(message, now: $1) } }

        /// Runs timers until it wants something done.
        mutating func wait() -> [MailboxVisitor.Output] {
            now = visitor.deadline ?? now
            return take { $0.handleTimeout(now: $1) }
        }
    }

    private func visit() -> Visit { Visit(visitor: MailboxVisitor(mailbox: number, knock: [1, 2])) }

    /// One that has been welcomed and has knocked.
    private func knocked() -> Visit {
        var visit = visit()
        _ = visit.take { $0.start(now: $1) }
        _ = visit.take { visitor, _ in visitor.connected() }
        _ = visit.hear(welcome)
        return visit
    }

    @Test func `RV-184: a visit where our token is not taken ends with that, whether a connection came about or not`() {
        for reason in RendezvousRefusal.allCases where reason.isOfTokens {
            var early = visit()
            _ = early.take { $0.start(now: $1) }
            let end: [MailboxVisitor.Output] = [.disconnect, .event(.failed(.tokenRefused(reason)))]
            #expect(early.hear(.refused(reason)) == end && early.visitor.isOver)
            #expect(early.take { visitor, _ in visitor.disconnected(reason: "x") }.isEmpty, "told once")
            var late = knocked()
            #expect(late.hear(.refused(reason)) == end)
            #expect(MailboxVisitor.Failure.tokenRefused(reason).description(at: "here") == "here: \(reason)")
        }
    }

    @Test func `RV-79: a visit is a connection, a knock, words in turn, and an end that is told to nobody`() {
        var visit = visit()
        #expect(visit.take { $0.start(now: $1) } == [.connect])
        #expect(visit.hear(welcome).isEmpty, "before it is connected")
        #expect(visit.take { visitor, _ in visitor.connected() }.isEmpty)
        #expect(visit.take { visitor, _ in visitor.pass([9]) }.isEmpty, "nobody is there yet")
        #expect(visit.hear(welcome) == [.send(.mailbox(.knock(number, body: [1, 2])))])
        #expect(visit.hear(welcome).isEmpty, "once")
        #expect(visit.hear(.mailbox(.pass(number, visitor: nil, body: [3]))) == [.event(.passed([3]))])
        #expect(visit.take { visitor, _ in visitor.pass([4]) } == [.send(.mailbox(.pass(number, visitor: nil, body: [4])))])
        #expect(visit.take { visitor, _ in visitor.leave() } == [.disconnect])
        #expect(visit.visitor.isOver && visit.visitor.deadline == nil)
        #expect(visit.hear(.mailbox(.pass(number, visitor: nil, body: [5]))).isEmpty)
        #expect(visit.take { visitor, _ in visitor.pass([4]) }.isEmpty)
        #expect(visit.take { visitor, _ in visitor.disconnected(reason: "x") }.isEmpty)
    }

    @Test func `RT-104, RV-79: the connection of a visit in which something was said can stay open for what follows`() {
        var visit = knocked()
        var isOpen = visit.visitor.leaveOpen()
        #expect(!isOpen && !visit.visitor.isOver, "nobody has answered")
        _ = visit.hear(.mailbox(.pass(number, visitor: nil, body: [3])))
        isOpen = visit.visitor.leaveOpen()
        #expect(isOpen && visit.visitor.nextOutput() == nil, "it is not closed")
        #expect(visit.visitor.isOver && visit.visitor.deadline == nil)
        #expect(visit.hear(.mailbox(.gone(number, visitor: nil))).isEmpty, "and nothing more is told")
        isOpen = visit.visitor.leaveOpen()
        #expect(!isOpen, "once")
    }

    @Test func `RV-70, RV-159: one of an older version is asked for nothing`() {
        var visit = visit()
        _ = visit.take { $0.start(now: $1) }
        _ = visit.take { visitor, _ in visitor.connected() }
        let old = ServerMessage.welcome(nonce: [UInt8](repeating: 1, count: 32), stunPort: nil)
        #expect(visit.hear(old) == [.disconnect, .event(.failed(.noneKept))] && visit.visitor.isOver)
    }

    @Test func `RV-159: each end has its own reason, and its sentence names the rendezvous`() {
        let answers: [(ServerMessage, MailboxVisitor.Failure)] = [
            (.mailbox(.noMailbox(number)), .noMailbox), (.mailbox(.gone(number, visitor: nil)), .gone),
            (.refused(.tooManyTopics), .misbehaved),
        ]
        for (message, failure) in answers {
            var visit = knocked()
            #expect(visit.hear(message) == [.disconnect, .event(.failed(failure))])
        }
        var lost = visit()
        _ = lost.take { $0.start(now: $1) }
        #expect(lost.take { visitor, _ in visitor.disconnected(reason: "cut") } == [.event(.failed(.lost(reason: "cut")))])
        let all: [MailboxVisitor.Failure] = [
            .cutOff(reason: "x"), .noWelcome, .noneKept, .noMailbox, .waitedInVain(.busy), .waitedInVain(.tooManyKnocks), .gone, .noAnswer,
            .misbehaved,
        ]
        #expect(Set(all.map { $0.description(at: "host.example:7") }).count == all.count)
        for failure in [MailboxVisitor.Failure.noneKept, .noMailbox] {
            #expect(failure.description(at: "host.example:7").contains("host.example:7"))
        }
    }

    @Test func `RV-102, RV-167: one that is lost after the knock is another end than one before it, for somebody may have been told`() {
        var welcome = visit()
        _ = welcome.take { $0.start(now: $1) }
        _ = welcome.take { visitor, _ in visitor.connected() }
        #expect(welcome.take { visitor, _ in visitor.disconnected(reason: "cut") } == [.event(.failed(.lost(reason: "cut")))])
        var knocked = knocked()
        #expect(knocked.take { visitor, _ in visitor.disconnected(reason: "cut") } == [.event(.failed(.cutOff(reason: "cut")))])
        var visiting = self.knocked()
        _ = visiting.hear(.mailbox(.pass(number, visitor: nil, body: [3])))
        #expect(visiting.take { visitor, _ in visitor.disconnected(reason: "cut") } == [.event(.failed(.cutOff(reason: "cut")))])
    }

    @Test func `RV-159: each silence ends it`() {
        var visit = visit()
        _ = visit.take { $0.start(now: $1) }
        #expect(visit.wait() == [.disconnect, .event(.failed(.noWelcome))] && visit.now == .zero + .seconds(10))
        var silent = knocked()
        #expect(silent.wait() == [.disconnect, .event(.failed(.noAnswer))] && silent.now == .zero + .seconds(25))
        var talking = knocked()
        talking.now = .zero + .seconds(24)
        _ = talking.hear(.mailbox(.pass(number, visitor: nil, body: [])))
        #expect(talking.wait() == [.disconnect, .event(.failed(.gone))] && talking.now == .zero + .seconds(25))
    }

    @Test func `RV-158: who finds somebody else there comes again each 2 s, for a minute, and says why when that changes`() {
        var visit = visit()
        _ = visit.take { $0.start(now: $1) }
        var tries = 0
        while !visit.visitor.isOver, tries < 100 {
            _ = visit.take { visitor, _ in visitor.connected() }
            _ = visit.hear(welcome)
            tries += 1
            _ = visit.hear(tries == 3 ? .refused(.tooManyKnocks) : .mailbox(.busy(number)))
            // What comes of the connection that is being closed is not heard.
            #expect(visit.hear(.mailbox(.pass(number, visitor: nil, body: [3]))).isEmpty)
            if !visit.visitor.isOver {
                #expect(visit.take { visitor, _ in visitor.disconnected(reason: "closed") }.isEmpty)
                #expect(visit.wait() == [.connect])
            }
        }
        #expect(tries == 31 && visit.now == .zero + .seconds(60))
        let events = visit.outputs.compactMap { if case .event(let event) = $0 { event } else { nil } }
        #expect(events == [.waits(.busy), .waits(.tooManyKnocks), .waits(.busy), .failed(.waitedInVain(.busy))])
        #expect(visit.outputs.filter { $0 == .disconnect }.count == 31 && visit.outputs.filter { $0 == .connect }.count == 31)
    }

    @Test func `RV-159: what is of another mailbox, or out of turn, does nothing, and who says too much is left`() {
        var visit = knocked()
        let other = MailboxNumber(8)!
        for answer: MailboxAnswer in [
            .opened(number), .noMailbox(nil), .noMailbox(other), .busy(other), .gone(other, visitor: nil), .gone(number, visitor: 1),
            .knock(number, visitor: 1, body: []), .pass(other, visitor: nil, body: []), .pass(number, visitor: 1, body: []),
        ] { #expect(visit.hear(.mailbox(answer)).isEmpty, "\(answer)") }
        for _ in 0..<16 { #expect(visit.hear(.mailbox(.pass(number, visitor: nil, body: []))) == [.event(.passed([]))]) }
        // Once somebody answers there is no more talk of whether there is a mailbox.
        #expect(visit.hear(.mailbox(.busy(number))).isEmpty && visit.hear(.mailbox(.noMailbox(number))).isEmpty)
        #expect(visit.hear(.mailbox(.pass(number, visitor: nil, body: []))) == [.disconnect, .event(.failed(.misbehaved))])
    }
}
