import Foundation
import InkBoard
import InkFrontEnd
import InkPrimitives
import InkRuntime
import InkSession
import InkTerminal
import Synchronization

/// Runs one board on a terminal, from its opening to the person's leaving.
///
///     tty ─▶ TTYLoop, on this thread ─intents─▶ session, on its loop
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
    /// What the person is to know from before.
    var notice = ""

    init(options: GlobalOptions, profile: TerminalProfile) { (self.options, self.profile) = (options, profile) }

    /// How a person came away from a board.
    enum Leaving {
        case done
        /// The board had not arrived, and the person did not wait.
        case wentBack
        /// It did not arrive.
        case notJoined(Failure)
    }

    /// - Throws: `Failure` when something stays unsaved.
    func run(_ access: BoardAccess) throws -> Leaving {
        let person = Person(profile: access.profile, name: try options.displayName(profile: access.profile))
        let session: BoardSession
        let screen: TerminalScreen
        do {
            session = try BoardSession.open(access, options: options, embeds: embeds, patience: joinPatience)
        } catch {
            access.close(discardIfEmpty: true)
            throw error
        }
        do {
            screen = try TerminalScreen(profile: profile, clock: options.clock)
        } catch {
            Self.close(session, discards: access.isNew)
            throw error
        }
        let news = News()
        listen(to: session, for: screen.mailbox, news)
        var refused = 0
        let end = draw(on: screen, session, news, person, refused: &refused)
        screen.tty.leave()
        if case .signal(let signal) = end {
            Self.quit(session, patience: Self.signalPatience)
            TTY.die(by: signal)
        }
        // Who does not wait for the end of quitting must hear what it leaves behind, too.
        var ending = news.ending ?? Self.left(by: session)
        // What was never joined holds nothing, and goes.
        Self.close(session, discards: access.isNew)
        switch end {
        case .failed(let failure): return .notJoined(failure)
        case .wentBack: return .wentBack
        case .left, .signal: break
        }
        ending.unsaved += refused
        try ending.tell(options.notices)
        let name = news.name ?? session.savedName
        if !name.isEmpty {
            options.notices.say("the board is saved on this machine: `inkwire open \(ShellWord.last(name))` comes back to it")
        }
        return .done
    }

    /// Who is at the terminal.
    private struct Person {
        /// 1, or the number of a further one on this machine.
        let profile: Int
        let name: String
    }

    private enum End {
        case left
        case wentBack
        case failed(Failure)
        case signal(Int32)
    }

    /// Events go to the terminal, and a board that is ready goes there whole.
    private func listen(to session: BoardSession, for mailbox: TTYMailbox, _ news: News) {
        session.tell = { event in
            if case .stopped(let unsaved, let unsent) = event { news.end(Ending(unsaved: unsaved, unsent: unsent)) }
            switch event {
            // Both come first from whoever holds the board anew, and seldom: if that is us, we know now how it is on the network.
            case .rendezvous, .sync: if news.changes(session.network) { mailbox.post(.network(session.network)) }
            default: break
            }
            mailbox.post(.event(event))
        }
        session.say = { mailbox.post(.notice($0)) }
        session.arrived = { report, sentences in
            news.arrive(as: report.name)
            for sentence in sentences { mailbox.post(.notice(sentence)) }
            mailbox.post(.board(name: report.name, shapes: report.shapes))
        }
        session.gaveUp = { failure in
            news.fail(failure)
            mailbox.post(.event(.stopped(unsaved: 0, unsent: 0)))
        }
    }

    /// - Parameter refused: how many finished shapes the disk had not taken when the person left; the session knows nothing of them.
    private func draw(on screen: TerminalScreen, _ session: BoardSession, _ news: News, _ person: Person, refused: inout Int) -> End {
        let invitation = Invitation(link: session.link, command: "inkwire join", reach: Self.reach(of: session))
        let size = screen.tty.size
        var app = TerminalApp(
            profile: profile, columns: size.columns, rows: size.rows,
            board: BoardContent(
                name: session.savedName, me: session.me, invitation: invitation, isReady: false, network: session.network,
                showsInvitation: showsInvite, personName: person.name, isJoining: joinPatience != nil))
        if !notice.isEmpty { app.handle(.notice(notice), now: options.clock.now) }
        session.start()
        defer { refused = app.refusedCount }
        var isLeaving = false
        let submit = { (intent: Intent, reference: UInt64?) in session.submit(intent, ref: reference) }
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
            case .effect(.stopped): return news.failure.map { .failed($0) } ?? .left
            case .effect(.quit):
                if isLeaving { return .left }
                isLeaving = true
                finish(&app)
                app.leave()
                app.handle(.notice("saving, and sending to those here - q leaves at once"), now: options.clock.now)
                Task { _ = await session.quit() }
            case .effect(.export(let export)): app.handle(Self.write(export), now: options.clock.now)
            case .effect(.keepName(let name)): if let words = keep(name, person) { app.handle(.notice(words), now: options.clock.now) }
            case .effect(.keepClip(let clip)):
                app.handle(.clipKept(clip, complaint: options.keptClip.keep(clip.bytes)), now: options.clock.now)
            case .effect(.fetchClip): app.handle(.clip(options.keptClip.fetch()), now: options.clock.now)
            case .effect(.goBack): return .wentBack
            case .effect(.newBoard), .effect(.join), .effect(.open), .effect(.suspend): break
            }
        }
    }

    /// Keeps a name for the next time.
    ///
    /// - Returns: what the person should know of that.
    private func keep(_ name: String, _ person: Person) -> String? {
        if let words = options.keep(name: name, profile: person.profile) { return words }
        let isOverridden = options.givenName != nil || GlobalOptions.environment("INKWIRE_NAME") != nil
        return isOverridden ? "kept; --name and INKWIRE_NAME go before it the next time" : nil
    }

    /// How far the link of a board leads.
    private static func reach(of session: BoardSession) -> String {
        guard let invite = try? Invite(link: session.link) else { return "" }
        let isOwn = session.network?.rendezvous.contains { $0.hasPrefix("of this program") } ?? false
        return LinkReach.words(of: invite, isOwn: isOwn)
    }

    /// Writes a file that the person asked for; what is there goes only where he has said so. A path can be longer than the row: it is told last.
    static func write(_ export: TerminalApp.FileExport) -> TerminalApp.Input {
        // No shell has replaced it.
        let path = (export.path as NSString).expandingTildeInPath
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFREG else {
                return .notice("not written, for that is \(status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "no file"): \(export.path)")
            }
            guard export.replaces else { return .fileExists(export) }
        }
        do {
            try OutputFile.write(Array(export.text.utf8), to: path)
        } catch {
            return .notice("not written: \((error as? Failure)?.why ?? "\(error)"): \(export.path)")
        }
        let count = Sentence.count(export.shapeCount, "shape")
        return .notice(export.cutWords.map { "only a part is written, for \($0): \(export.path)" } ?? "\(count) written to \(export.path)")
    }

    /// What would be left if this program ended now.
    private static func left(by session: BoardSession) -> Ending {
        let status = session.loop.flatSubmit { session.ask(.status) }
        // A session that has ended has said before what it leaves.
        guard case .status(let report)? = try? status.wait() else { return session.ended ?? Ending(unsaved: 0, unsent: 0) }
        return Ending(unsaved: report.unsaved, unsent: report.unsent)
    }

    /// Saves and says farewell, but not longer than a signal may wait.
    private static func quit(_ session: BoardSession, patience: DispatchTimeInterval) {
        let done = DispatchSemaphore(value: 0)
        Task {
            _ = await session.quit()
            done.signal()
        }
        _ = done.wait(timeout: .now() + patience)
    }

    private static func close(_ session: BoardSession, discards: Bool) {
        let done = DispatchSemaphore(value: 0)
        Task {
            await session.close(discardIfEmpty: discards)
            done.signal()
        }
        done.wait()
    }

    /// Less than the two seconds after which a signal's handler ends a process that does not answer.
    private static let signalPatience = DispatchTimeInterval.milliseconds(700)
}

/// What the session's loop has told so far, for the thread of the terminal.
private final class News: Sendable {
    private let state = Mutex<(ending: Ending?, failure: Failure?, network: NetworkChoice?, name: String?)>((nil, nil, nil, nil))

    func end(_ ending: Ending) { state.withLock { $0.ending = ending } }
    func fail(_ failure: Failure) { state.withLock { $0.failure = failure } }

    /// Takes how the board is on the network; true if that is another way than before.
    func changes(_ network: NetworkChoice?) -> Bool {
        state.withLock { state in
            defer { state.network = network }
            return state.network != network
        }
    }

    func arrive(as name: String) { state.withLock { $0.name = name } }
    /// What this machine calls the board; nil while that is not known.
    var name: String? { state.withLock { $0.name } }
    /// What is left behind; nil while the session goes on.
    var ending: Ending? { state.withLock { $0.ending } }
    /// Why there is no board.
    var failure: Failure? { state.withLock { $0.failure } }
}
