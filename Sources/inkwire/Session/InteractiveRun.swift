import Foundation
import InkBoard
import InkFrontEnd
import InkPrimitives
import InkRuntime
import InkSession
import InkStore
import InkTerminal
import Synchronization

/// Runs one board on a terminal, from its opening to the person's leaving.
///
/// The terminal comes first: it shows a frame and takes keys while the board is opened beside it (CL-60).
///
///     BoardOpening ──session──┐
///                             ▼
///     tty ─▶ TTYLoop, on this thread ─intents─▶ session, on its loop
///                  ▲                                │
///                  └────────── TTYMailbox ◀─events──┘
struct InteractiveRun {
    var options: GlobalOptions
    var profile: TerminalProfile
    /// What is known of the board before it is opened.
    var prospect: Prospect
    var showsInvite = false
    /// How long a board that is joined and has not arrived is waited for.
    var joinPatience = Duration.seconds(30)
    /// What the person is to know from before.
    var notice = ""

    init(options: GlobalOptions, profile: TerminalProfile, prospect: Prospect) {
        (self.options, self.profile, self.prospect) = (options, profile, prospect)
    }

    /// How a person came away from a board.
    enum Leaving {
        case done
        /// Something kept it from being opened.
        case notOpened(any Error)
        /// It was being opened, or had not arrived, and the person did not wait.
        case wentBack
        /// The board was an example that nobody kept.
        case threwAway
        /// It did not arrive.
        case notJoined(Failure)
    }

    /// - Throws: `Failure` when there is no terminal, or something stays unsaved.
    func run() throws -> Leaving {
        let screen = try TerminalScreen(profile: profile, clock: options.clock)
        let size = screen.tty.size
        var app = TerminalApp(
            profile: profile, columns: size.columns, rows: size.rows,
            board: BoardContent(
                name: prospect.name, isReady: false, isJoining: prospect.isJoining,
                opening: BoardContent.Opening(shapeCount: prospect.shapeCount)))
        // Before anything else has the processor.
        screen.loop.paint(&app)
        let opening = BoardOpening(
            { try open() }, tell: { [mailbox = screen.mailbox] in mailbox.post(.opened) }, discard: { discard($0) })
        switch wait(for: opening, on: screen, &app) {
        case .opened(let opened): return try run(opened, on: screen, &app)
        case .left(let leaving):
            screen.loop.leave(&app)
            return leaving
        }
    }

    // MARK: Opening

    /// Whatever takes time before there is a session: lock, keys, store, sockets. Not on the thread of the terminal.
    func open() throws -> OpenedSession {
        var sentences: [String] = []
        let access = try prospect.come(options: options) { sentences.append($0) }
        if let words = options.keepGivenName(profile: access.profile) { sentences.append(words) }
        if let path = options.keyLogFile { sentences.append(KeyLogFile.warning(path)) }
        do {
            let session = try BoardSession.open(
                access, options: options, embeds: !prospect.isJoining, patience: access.isEmpty ? joinPatience : nil
            ) { sentences.append($0) }
            return OpenedSession(access: access, session: session, sentences: sentences)
        } catch {
            access.close(discardIfEmpty: true)
            throw error
        }
    }

    private enum Waited {
        case opened(OpenedSession)
        case left(Leaving)
    }

    /// Takes keys until the board is opened, or the person goes; ends the process where a signal asks for it.
    private func wait(for opening: BoardOpening, on screen: TerminalScreen, _ app: inout TerminalApp) -> Waited {
        while true {
            switch screen.loop.run(&app, perform: { _, _ in }) {
            case .effect(.opened):
                switch opening.take() {
                case .success(let opened): return .opened(opened)
                case .failure(let error): return .left(.notOpened(error))
                case nil: break
                }
            case .effect(.goBack):
                screen.loop.leave(&app)
                return .left(leave(opening, patience: Self.openingPatience, .wentBack))
            case .effect(.quit):
                screen.loop.leave(&app)
                return .left(leave(opening, patience: Self.openingPatience, .done))
            case .signal(let signal):
                screen.tty.leave()
                _ = leave(opening, patience: Self.signalPatience, .done)
                TTY.die(by: signal)
            case .effect: break
            }
        }
    }

    /// Gives up what was being opened, and says how to come back to it (CL-309).
    private func leave(_ opening: BoardOpening, patience: DispatchTimeInterval, _ leaving: Leaving) -> Leaving {
        switch opening.abandon(patience: patience) {
        case .success(let opened):
            for sentence in opened.sentences { options.notices.say(sentence) }
            let wasAlone = opened.close(discards: opened.access.isNew)
            if prospect.isExample, throwAway(opened.access.board, wasAlone: wasAlone) { return .threwAway }
            tellWayBack(opened.session.savedName)
            return leaving
        case .failure(let error): return .notOpened(error)
        // It is closed as soon as it is there.
        case nil: return leaving
        }
    }

    /// Closes what came when nobody waited for it any more. Nobody was told of it, so a board that was made stays no longer than that (CL-70).
    func discard(_ opened: OpenedSession) {
        let wasAlone = opened.close(discards: opened.access.isNew)
        // One that cannot be taken away is found among the others; a screen may be drawn by now, so nothing is said.
        if prospect.isMade, wasAlone { _ = delete(opened.access.board) }
    }

    private func tellWayBack(_ name: String) {
        guard !name.isEmpty else { return }
        options.notices.say(
            "the board is saved on this machine: `\(Self.wayBack(to: name, dataDirectory: options.dataDirectory))` comes back to it")
    }

    // MARK: On the board

    private func run(_ opened: OpenedSession, on screen: TerminalScreen, _ app: inout TerminalApp) throws -> Leaving {
        let (access, session) = (opened.access, opened.session)
        let person = Person(profile: access.profile, name: try options.displayName(profile: access.profile))
        let news = News()
        listen(to: session, for: screen.mailbox, news)
        let files = FileWriter { [mailbox = screen.mailbox] in mailbox.post(.written) }
        let clips = ClipDesk(options.keptClip) { [mailbox = screen.mailbox] in mailbox.post($0) }
        let reader = FileReader { [mailbox = screen.mailbox] in mailbox.post(.imported($0)) }
        let dumps = DumpSignal(session, to: .ownFile) { [mailbox = screen.mailbox] in mailbox.post(.notice($0)) }
        defer { withExtendedLifetime(dumps) {} }
        show(session, to: person, isJoining: access.isEmpty, &app)
        for sentence in [notice] + opened.sentences where !sentence.isEmpty { app.handle(.notice(sentence), now: options.clock.now) }
        var goes = prospect.isExample
        let end = draw(&app, on: screen, session, news, person, files, clips, reader, goes: &goes)
        if case .signal(let signal) = end {
            screen.tty.leave()
            Self.quit(session, patience: Self.signalPatience)
            let (sentences, failure) = files.end(patience: Self.lastPatience)
            let words = [failure?.sentence, clips.end(patience: Self.lastPatience)].compactMap { $0 }
            for sentence in sentences + words { options.notices.say(sentence) }
            TTY.die(by: signal)
        }
        screen.loop.leave(&app)
        // A notice goes; this stays.
        for sentence in opened.sentences { options.notices.say(sentence) }
        // Who does not wait for the end of quitting must hear what it leaves behind, too.
        var ending = news.ending ?? Self.left(by: session)
        ending.unsaved += app.refusedCount
        // What was never joined holds nothing, and goes.
        let wasAlone = opened.close(discards: access.isNew)
        let (sentences, unwritten) = files.end(patience: Self.openingPatience)
        for sentence in sentences + [clips.end(patience: Self.openingPatience)].compactMap({ $0 }) { options.notices.say(sentence) }
        let hasGone = goes && throwAway(access.board, wasAlone: wasAlone)
        let leaving = Result { try leave(opened, end, ending, news, shapeCount: app.shapeCount, hasGone: hasGone) }
        guard let unwritten else { return try leaving.get() }
        // One failure makes the exit code; none goes untold (CL-71).
        switch leaving {
        case .failure, .success(.notJoined): options.notices.say(unwritten.sentence)
        case .success: throw unwritten
        }
        return try leaving.get()
    }

    /// Tells what is left behind of a board that is closed, and how to come back to it.
    ///
    /// - Parameter hasGone: true for an example that was thrown away.
    private func leave(
        _ opened: OpenedSession, _ end: End, _ ending: Ending, _ news: News, shapeCount: Int?, hasGone: Bool
    ) throws -> Leaving {
        let access = opened.access
        switch end {
        case .failed(let failure): return .notJoined(failure)
        case .wentBack:
            if hasGone { return .threwAway }
            // It was here already, and was being read.
            if !access.isEmpty { tellWayBack(opened.session.savedName) }
            return .wentBack
        case .left, .signal: break
        }
        if hasGone { return .threwAway }
        try ending.tell(options.notices)
        let name = news.name ?? opened.session.savedName
        if let shapeCount { options.catalog.note(access.place(name: name, shapeCount: shapeCount)) }
        tellWayBack(name)
        return .done
    }

    /// What comes back to a board (CL-43).
    ///
    /// - Parameter dataDirectory: as it was said for this program alone; nil where the next program finds the same.
    static func wayBack(to name: String, dataDirectory: String?) -> String {
        "inkwire open \(dataDirectory.map { "--data-dir \(ShellWord.quoted($0)) " } ?? "")\(ShellWord.last(name))"
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

    /// Shows the board that is opened. Keys wait on until it is read, or where it must come from others not any more.
    private func show(_ session: BoardSession, to person: Person, isJoining: Bool, _ app: inout TerminalApp) {
        let invitation = Invitation(link: session.link, command: "inkwire join", reach: Self.reach(of: session))
        var content = BoardContent(
            name: session.savedName, me: session.me, invitation: invitation, isReady: false, network: session.network,
            showsInvitation: showsInvite, personName: person.name, isJoining: isJoining,
            opening: isJoining ? nil : BoardContent.Opening(shapeCount: prospect.shapeCount), isExample: prospect.isExample)
        content.settings = options.alertSettings + options.keptSettings.text
        app.show(board: content, now: options.clock.now)
    }

    /// - Parameter goes: false once the person keeps an example.
    private func draw(
        _ app: inout TerminalApp, on screen: TerminalScreen, _ session: BoardSession, _ news: News, _ person: Person, _ files: FileWriter,
        _ clips: ClipDesk, _ reader: FileReader, goes: inout Bool
    ) -> End {
        session.start()
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
            switch screen.loop.run(&app, perform: submit, settle: { Self.settle(session) }) {
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
            case .effect(.export(let export)):
                if let complaint = files.write(export) { app.handle(.notice(complaint), now: options.clock.now) }
            case .effect(.written):
                // Who leaves is told where it is read: behind the screen.
                if !isLeaving { for outcome in files.take() { app.handle(outcome.told, now: options.clock.now) } }
            case .effect(.importFile(let path)):
                if let why = reader.read(path) { app.handle(.imported(.failed(path: path, why: why)), now: options.clock.now) }
            case .effect(.keepName(let name)): if let words = keep(name, person) { app.handle(.notice(words), now: options.clock.now) }
            case .effect(.keepSettings(let settings)):
                if let words = options.keptSettings.keep(settings) { app.handle(.notice(words), now: options.clock.now) }
            case .effect(.keepClip(let clip)): clips.keep(clip)
            case .effect(.fetchClip): clips.fetch()
            case .effect(.fetchMembers): fetchMembers(of: session, for: screen.mailbox)
            case .effect(.compare(let device)): compare(session.me, device, for: screen.mailbox)
            case .effect(.picture(let text)): app.handle(.picture(text, QRCode.outcome(of: text)), now: options.clock.now)
            case .effect(.goBack): return .wentBack
            case .effect(.keepBoard): goes = false
            case .effect(.example), .effect(.newBoard), .effect(.join), .effect(.open), .effect(.opened), .effect(.suspend): break
            }
        }
    }

    private func fetchMembers(of session: BoardSession, for mailbox: TTYMailbox) {
        session.loop.execute {
            session.ask(.members).whenSuccess { answer in
                if case .members(let members, _) = answer { mailbox.post(.members(members, wallTime: wallMilliseconds())) }
            }
        }
    }

    private func compare(_ me: AuthorID, _ device: AuthorID, for mailbox: TTYMailbox) {
        WordsMaker.shared.make(me, device) { mailbox.post(.safetyWords(device, $0)) }
    }

    /// Takes away a board that was there to try things on; false where that cannot be, which is said: then it stays as any other (CL-71).
    ///
    /// - Parameter wasAlone: false where another program goes on with it, from which it must not be taken (CL-72).
    private func throwAway(_ board: BoardID, wasAlone: Bool) -> Bool {
        guard wasAlone else {
            options.notices.say("the example stays: another program goes on with it")
            return false
        }
        guard let complaint = delete(board) else { return true }
        options.notices.say("the example could not be thrown away: \(complaint)")
        return false
    }

    /// - Returns: why the board is still on the disk; nil if it is not.
    private func delete(_ board: BoardID) -> String? {
        do throws(StoreError) {
            try options.catalog.delete(options.catalog.entry(board.hex))
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Keeps a name for the next time.
    ///
    /// - Returns: what the person should know of that.
    private func keep(_ name: String, _ person: Person) -> String? {
        if let words = options.keep(name: name, profile: person.profile) { return words }
        let isOverridden = options.setting(.name).origin != .usual
        return isOverridden ? "kept; --name and INKWIRE_NAME go before it the next time" : nil
    }

    /// How far the link of a board leads.
    private static func reach(of session: BoardSession) -> String {
        guard let invite = try? Invite(link: session.link) else { return "" }
        let isOwn = session.network?.rendezvous.contains { $0.hasPrefix("of this program") } ?? false
        return LinkReach.words(of: invite, isOwn: isOwn)
    }

    /// What would be left if this program ended now.
    private static func left(by session: BoardSession) -> Ending {
        let status = session.loop.flatSubmit { session.ask(.status) }
        // A session that has ended has said before what it leaves.
        guard case .status(let report)? = try? status.wait() else { return session.ended ?? Ending(unsaved: 0, unsent: 0) }
        return Ending(unsaved: report.unsaved, unsent: report.unsent)
    }

    /// Comes back when the others were sent what was submitted so far: what is on the way may have to wait for the packet before it.
    private static func settle(_ session: BoardSession) {
        let done = DispatchSemaphore(value: 0)
        session.loop.scheduleTask(in: .milliseconds(60)) { done.signal() }
        _ = done.wait(timeout: .now() + lastPatience)
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

    /// Less than the two seconds after which a signal's handler ends a process that does not answer.
    private static let signalPatience = DispatchTimeInterval.milliseconds(700)
    /// What is left then for a file.
    private static let lastPatience = DispatchTimeInterval.milliseconds(300)
    /// So long one who leaves waits for what is being opened, or for a file: longer than a large board takes, and shorter than an attachment.
    private static let openingPatience = DispatchTimeInterval.seconds(2)
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
