import Foundation
import InkBoard
import InkPrimitives
import InkRuntime
import InkSession
import InkTerminal

/// Runs one board on a terminal, from its opening to the person's leaving.
///
///     tty ─▶ TTYLoop, on this thread ─intents─▶ driver, on its loop
///                  ▲                                │
///                  └────────── TTYMailbox ◀─events──┘
struct InteractiveRun {
    var options: GlobalOptions
    var profile: TerminalProfile
    var showsInvite = false
    /// The board was joined just now, and must arrive within this time.
    var joinPatience: Duration?
    /// A board of ours opens a rendezvous of its own where none is configured.
    var embeds = false

    init(options: GlobalOptions, profile: TerminalProfile) { (self.options, self.profile) = (options, profile) }

    /// - Throws: `Failure` when the board did not arrive, or something stays unsaved.
    func run(_ opened: OpenedBoard) throws {
        let session: BoardSession
        let screen: TerminalScreen
        do {
            session = try BoardSession.open(opened, options: options, embeds: embeds)
        } catch {
            opened.close(discardIfEmpty: true)
            throw error
        }
        do {
            screen = try TerminalScreen(profile: profile, clock: options.clock)
        } catch {
            Self.close(session, discards: opened.isNew)
            throw error
        }
        let news = News()
        listen(to: session, for: screen.mailbox, NameAdopter(opened), news)
        var refused = 0
        let end = draw(on: screen, session, news, refused: &refused)
        screen.tty.leave()
        if case .signal(let signal) = end {
            Self.quit(session, patience: Self.signalPatience)
            TTY.die(by: signal)
        }
        let failure: Failure? = if case .failed(let failure) = end { failure } else { nil }
        // Who does not wait for the end of quitting must hear what it leaves behind, too.
        if !news.hasStopped {
            let left = session.driver.queryFuture { ($0.unsavedCount, $0.syncStatus.unsent) }
            if let (unsaved, unsent) = try? left.wait() { news.take(.stopped(unsaved: unsaved, unsent: unsent)) }
        }
        // What was never joined holds nothing, and goes.
        Self.close(session, discards: opened.isNew)
        if let failure { throw failure }
        try tellEnding(news, refused: refused)
    }

    private enum End {
        case left
        case failed(Failure)
        case signal(Int32)
    }

    /// Events go to the terminal, and a board that is ready goes there whole.
    private func listen(to session: BoardSession, for mailbox: TTYMailbox, _ adopter: NameAdopter, _ news: News) {
        let savedName = session.savedName
        session.driver.listen { event in
            news.take(event)
            mailbox.post(.event(event))
            guard case .ready = event else { return }
            session.driver.queryFuture { node in
                (name: node.board?.name ?? "", shapes: node.board?.shapes ?? [], unreadable: node.unreadable)
            }
            .whenSuccess { board in
                if let trouble = adopter.adopt(board.name) { mailbox.post(.notice(trouble)) }
                if board.unreadable > 0 {
                    mailbox.post(.notice("\(board.unreadable) saved changes do not follow the rules and are not shown"))
                }
                mailbox.post(.board(name: savedName.isEmpty ? board.name : savedName, shapes: board.shapes))
            }
        }
    }

    /// - Parameter refused: how many finished shapes the disk had not taken when the person left; the session knows nothing of them.
    private func draw(on screen: TerminalScreen, _ session: BoardSession, _ news: News, refused: inout Int) -> End {
        let invitation = Invitation(link: session.link.text, command: "inkwire join")
        let size = screen.tty.size
        var app = TerminalApp(
            profile: profile, columns: size.columns, rows: size.rows,
            board: BoardContent(
                name: session.savedName, me: session.me, invitation: invitation, isReady: false, showsInvitation: showsInvite))
        session.driver.start()
        if let joinPatience {
            Self.waitForBoard(joinPatience, arrived: 0, session, screen.mailbox, news)
        }
        defer { refused = app.refusedCount }
        var isLeaving = false
        let submit = { (intent: Intent, reference: UInt64?) in session.driver.submit(intent, ref: reference) }
        // A text that is being typed, a stroke that a hand still holds: they are work, too.
        let finish = { (app: inout TerminalApp) in
            app.finish(now: options.clock.now)
            while let output = app.nextOutput() {
                if case .intent(let intent, let reference) = output { submit(intent, reference) }
            }
        }
        while true {
            switch screen.loop.run(&app, perform: submit) {
            case .signal(let signal):
                finish(&app)
                return .signal(signal)
            case .effect(.stopped): return news.hasGivenUp ? .failed(news.reasonForGivingUp(session)) : .left
            case .effect(.quit):
                if isLeaving { return .left }
                isLeaving = true
                finish(&app)
                app.leave()
                app.handle(.notice("saving, and sending to those here - q leaves at once"), now: options.clock.now)
                Task { await session.driver.quit() }
            case .effect(.newBoard), .effect(.join), .effect(.open): break
            }
        }
    }

    /// Gives up once nothing more of the board has arrived within `patience`.
    private static func waitForBoard(
        _ patience: Duration, arrived before: Int, _ session: BoardSession, _ mailbox: TTYMailbox, _ news: News
    ) {
        DispatchQueue.global().asyncAfter(deadline: .now() + patience.milliseconds / 1000) {
            session.driver.queryFuture { $0.arrivedCount }.whenComplete { result in
                let arrived = (try? result.get()) ?? before
                if arrived > before { return waitForBoard(patience, arrived: arrived, session, mailbox, news) }
                guard news.giveUp() else { return }
                mailbox.post(.event(.stopped(unsaved: 0, unsent: 0)))
            }
        }
    }

    private func tellEnding(_ news: News, refused: Int) throws {
        let (unsaved, unsent) = (news.ending.unsaved + refused, news.ending.unsent)
        if unsaved > 0 {
            throw Failure(
                .local, code: "unsaved", what: "\(unsaved) changes are not saved", why: "the disk refused them",
                next: "free some space or mend the disk; changes that others have come back from them")
        }
        if unsent > 0 {
            options.notices.say("\(unsent) changes are saved here and nobody else has them yet; they go out when you open the board again")
        }
    }

    /// Saves and says farewell, but not longer than a signal may wait.
    private static func quit(_ session: BoardSession, patience: DispatchTimeInterval) {
        let done = DispatchSemaphore(value: 0)
        Task {
            await session.driver.quit()
            done.signal()
        }
        _ = done.wait(timeout: .now() + patience)
    }

    private static func close(_ session: BoardSession, discards: Bool) {
        let done = DispatchSemaphore(value: 0)
        Task {
            await session.driver.abandon()
            await session.close(discardIfEmpty: discards)
            done.signal()
        }
        done.wait()
    }

    /// Less than the two seconds after which a signal's handler ends a process that does not answer.
    private static let signalPatience = DispatchTimeInterval.milliseconds(700)
}

/// What the driver's loop has told so far, for the thread of the terminal.
private final class News: @unchecked Sendable {
    // Guarded by the lock.
    private let lock = NSLock()
    private var isReady = false
    private var didGiveUp = false
    private var sawRendezvous = false
    private var rendezvousReason = "it does not answer"
    private var versionTheirs: Int?
    private var stopped = false
    private var counts = (unsaved: 0, unsent: 0)

    func take(_ event: Event) {
        lock.withLock {
            switch event {
            case .ready: isReady = true
            case .rendezvous(.connected): sawRendezvous = true
            case .rendezvous(.unreachable(let reason)): rendezvousReason = reason
            case .versionMismatch(let theirs, _): versionTheirs = theirs
            case .stopped(let unsaved, let unsent): (stopped, counts) = (true, (unsaved, unsent))
            default: break
            }
        }
    }

    /// True, and joining is given up, unless the board has arrived.
    func giveUp() -> Bool {
        lock.withLock {
            if !isReady { didGiveUp = true }
            return didGiveUp
        }
    }

    var hasStopped: Bool { lock.withLock { stopped } }
    var hasGivenUp: Bool { lock.withLock { didGiveUp } }
    var ending: (unsaved: Int, unsent: Int) { lock.withLock { counts } }

    func reasonForGivingUp(_ session: BoardSession) -> Failure {
        lock.withLock {
            Failure.notJoined(
                versionTheirs: versionTheirs, rendezvous: sawRendezvous ? [] : session.rendezvous.map(\.description),
                reason: rendezvousReason)
        }
    }
}
