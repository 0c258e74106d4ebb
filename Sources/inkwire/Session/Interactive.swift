import ArgumentParser
import Foundation
import InkBoard
import InkFormats
import InkPrimitives
import InkRuntime
import InkSession
import InkStore
import InkTerminal

/// How a board looks on this terminal.
struct TerminalOptions: ParsableArguments {
    @Flag(name: .customLong("ascii"), help: "Draw with ASCII characters only.")
    var isASCII = false

    @Flag(help: "Draw others' pointers where they are told, without motion in between. INKWIRE_REDUCED_MOTION=1 does the same.")
    var reducedMotion = false

    @Flag(help: "Draw in black, white, yellow and cyan alone. INKWIRE_HIGH_CONTRAST=1 does the same, :contrast on a board, too.")
    var highContrast = false

    @Option(help: ArgumentHelp("Whether the paper is dark, light, or as the terminal says (auto).", valueName: "theme"))
    var theme: Theme?

    enum Theme: String, ExpressibleByArgument, CaseIterable, Codable { case auto, dark, light }

    @Flag(
        name: .customLong("linear"),
        help:
            "By lines: what happens is told a sentence a line, and commands are typed. So it is without a terminal to draw on. INKWIRE_LINEAR=1 does the same."
    )
    var isLinear = false

    /// True where a board is told and led by lines (CL-270).
    func speaksLines(_ options: GlobalOptions) -> Bool {
        options.setting(.linear, terminal: self).values == ["true"]
            || LinearRun.isOnlyWay(
                isTerminal: TTY.isPresent, canBeDrawnOn: TerminalProfile(environment: ProcessInfo.processInfo.environment) != nil)
    }

    /// What the environment and the options say of the terminal.
    ///
    /// - Throws: `Failure` where there is no terminal, or none that takes escapes.
    func profile(_ options: GlobalOptions) throws -> TerminalProfile {
        guard TTY.isPresent else {
            throw Failure.usage(
                "this needs a terminal", why: "stdin or stdout is none",
                next: "type lines into --linear, or use `inkwire peer BOARD`, `new --peer` or `join --peer` in scripts")
        }
        var environment = ProcessInfo.processInfo.environment
        if options.colorChoice == .always { environment["NO_COLOR"] = nil }
        guard var profile = TerminalProfile(environment: environment) else {
            throw Failure.usage(
                "this needs a terminal that can be drawn on", why: "TERM is “\(environment["TERM"] ?? "")”",
                next: "set TERM to what your terminal is, for example xterm-256color, or use `inkwire peer BOARD`")
        }
        if options.colorChoice == .never { profile.depth = .none }
        func isSet(_ key: ConfigKey) -> Bool { options.setting(key, terminal: self).values == ["true"] }
        if isSet(.ascii) { profile.style = .ascii }
        if isSet(.highContrast) { profile.hasHighContrast = true }
        if isSet(.reducedMotion) { profile.reducesMotion = true }
        // CL-404
        if let theme = options.setting(.theme, terminal: self).values.first, theme != Theme.auto.rawValue {
            (profile.isDark, profile.isPaperChosen) = (theme == Theme.dark.rawValue, true)
        }
        profile.keys = KeyBinding.map(of: options.config.bindings)
        return profile
    }
}

/// A board on a terminal.
enum Interactive {
    /// Returns when the person has left the board.
    ///
    /// - Parameter notice: what he is to know from before.
    static func run(
        options: GlobalOptions, terminal: TerminalOptions, start: Prospect.Way, showsInvite: Bool = false,
        joinPatience: Duration = .seconds(30), notice: String = ""
    ) throws {
        // What is wrong with the terminal or the options must not leave a board behind.
        let profile = terminal.speaksLines(options) ? nil : try terminal.profile(options)
        try options.check()
        guard let profile else {
            var run = LinearRun(options: options, prospect: try Prospect(start, catalog: options.catalog))
            (run.showsInvite, run.joinPatience) = (showsInvite, joinPatience)
            return try run.run()
        }
        var run = InteractiveRun(options: options, profile: profile, prospect: try Prospect(start, catalog: options.catalog))
        run.showsInvite = showsInvite
        run.joinPatience = joinPatience
        // What was said before is covered by the board.
        run.notice = ([notice] + options.config.complaints).filter { !$0.isEmpty }.joined(separator: " ")
        switch try run.run() {
        case .done: break
        case .threwAway: break
        case .wentBack: if run.prospect.isJoining { options.notices.say("not joined; `inkwire join` with the same link tries again") }
        case .notOpened(let error): throw error
        case .notJoined(let failure): throw failure
        }
    }

    /// Asks what to do, then does it as the command would have (CL-221).
    static func runStartScreen() throws {
        var options = try GlobalOptions.parse([])
        let terminal = try TerminalOptions.parse([])
        let profile = try terminal.profile(options)
        var message = options.config.complaints.joined(separator: " ")
        while let start = try ask(&options, profile: profile, message: &message) {
            let prospect: Prospect
            do {
                prospect = try Prospect(start, catalog: options.catalog)
            } catch {
                message = try words(of: error)
                continue
            }
            var run = InteractiveRun(options: options, profile: profile, prospect: prospect)
            run.notice = message
            switch try run.run() {
            case .done: return
            case .wentBack: message = prospect.isJoining ? "Not joined. The same link can be tried again." : ""
            case .threwAway: message = "The example is gone. n makes a board that stays."
            case .notOpened(let error): message = try words(of: error)
            case .notJoined(let failure): message = try words(of: failure)
            }
        }
    }

    /// Why somebody is on the start screen again: a name that is taken, a board that does not open. The person is still here, and can choose again
    /// (CL-45).
    private static func words(of error: any Error) throws -> String {
        guard let failure = (error as? Failure) ?? (error as? StoreError).map({ Failure($0) }) else { throw error }
        return failure.sentence
    }

    /// What a link or a code that was typed on the start screen stands for. Of a code with a mistake in it the person is told first, and types it again.
    private static func arrival(from text: String, _ options: GlobalOptions) throws -> Arrival {
        do {
            let read = try ShortCode.read(text)
            guard let correction = read.corrections.first else {
                // What there is to wait for is over in a minute, and the screen is the program's (CL-45).
                return try CodeVisit(code: read.code, options: options, say: { _ in }).arrival()
            }
            throw Failure(
                .invite, code: "bad_code", what: "\"\(Failure.plain(correction.typed))\" is no word of codes",
                why: "\"\(correction.taken)\" is one",
                next: "type it again; nothing was sent, and the code is still good")
        } catch let error as ShortCodeError {
            guard error == .notACode else { throw Failure(error) }
        }
        return Arrival(invite: try Invite(link: text))
    }

    /// Nil if the person leaves.
    ///
    /// - Parameters:
    ///   - options: have the name from here on that the person says.
    ///   - message: why they are here again; then what they are to know on the board.
    private static func ask(_ options: inout GlobalOptions, profile: TerminalProfile, message: inout String) throws -> Prospect.Way? {
        let recents = try recentBoards(options.catalog)
        var content = StartContent(
            personName: try options.displayName(profile: 1), isNameKnown: options.knowsName(profile: 1), recents: recents.map(\.shown),
            message: message)
        message = ""
        let screen = try TerminalScreen(profile: profile, clock: options.clock)
        let size = screen.tty.size
        var app = TerminalApp(profile: profile, columns: size.columns, rows: size.rows, start: content)
        defer { screen.loop.leave(&app) }
        while true {
            switch screen.loop.run(&app, perform: { _, _ in }) {
            case .signal(let signal): TTY.die(by: signal)
            case .effect(.example): return .example
            case .effect(.newBoard(let name)): return .make(name.isEmpty ? nil : name)
            case .effect(.open(let index)): if recents.indices.contains(index) { return .open(recents[index].name) }
            case .effect(.join(let text)):
                do {
                    return .join(try arrival(from: text, options))
                } catch {
                    content.message = try (error as? InviteLinkError).map { "This link cannot be used: \($0)" } ?? words(of: error)
                    app.show(start: content)
                }
            case .effect(.keepName(let name)):
                options.typedName = name
                // What is shown anew must not ask again (CL-46).
                (content.personName, content.isNameKnown) = (name, true)
                guard let words = options.keep(name: name, profile: 1) else { break }
                // What was chosen before the name goes on, and tells it there.
                (message, content.message) = (words, words)
                app.show(start: content)
            case .effect(.export), .effect(.goBack), .effect(.keepBoard), .effect(.opened), .effect(.written), .effect(.suspend),
                .effect(.keepClip), .effect(.keepSettings), .effect(.fetchClip), .effect(.importFile), .effect(.fetchMembers),
                .effect(.compare),
                .effect(.picture):
                break
            case .effect(.quit), .effect(.stopped): return nil
            }
        }
    }

    /// Boards that can be opened, the one used last first; what another process holds can be attached to.
    private static func recentBoards(_ catalog: BoardCatalog) throws -> [(name: String, shown: StartContent.Recent)] {
        let usable = try catalog.entries().filter { entry in
            guard case .success = entry.content else { return false }
            return entry.profile == 1
        }
        let now = wallMilliseconds()
        return usable.map { entry in (entry.name, BoardStore.modified(at: entry.directory)) }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
            .map { name, used in (name, StartContent.Recent(name: name, detail: Age.text(of: used, now: now))) }
    }
}

/// The terminal taken for drawing.
struct TerminalScreen {
    let tty: TTY
    let mailbox: TTYMailbox
    let loop: TTYLoop

    init(profile: TerminalProfile, clock: MonotonicClock) throws {
        do {
            tty = try TTY(note: "inkwire crashed. What was saved is safe: `inkwire boards` lists it, `inkwire open BOARD` opens it.\r\n")
            mailbox = try TTYMailbox()
            loop = try TTYLoop(tty: tty, mailbox: mailbox, profile: profile, clock: clock)
        } catch {
            throw Failure.usage(
                "the terminal cannot be used", why: error.description, next: "try another terminal, or `inkwire peer BOARD` without one")
        }
    }
}
