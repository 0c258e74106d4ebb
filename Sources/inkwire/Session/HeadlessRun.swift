import Foundation
import InkAutomation
import InkBoard
import InkFrontEnd
import InkPrimitives
import InkRuntime
import InkSession
import InkStore

/// Runs one board without a terminal, from its opening to the exit of the process.
struct HeadlessRun {
    var options: GlobalOptions
    /// Commands come from stdin; else from `commands`.
    var readsCommands = true
    var commands: [AutomationCommand] = []
    /// Events go to stdout.
    var writesEvents = true
    /// Where a command that fails makes the whole run fail: what happened, by the command's index. Nothing is run after it (CL-33).
    var stopsAtError: ((Int) -> String)?
    /// The board was joined just now, and must arrive within this time.
    var joinPatience: Duration?
    /// The link goes to stderr once the board is open.
    var writesInvite = false
    /// Writes the board to a file whenever it changes.
    var watch: ExportWatch?
    /// Hears what the board tells.
    var hears: (@Sendable (Event) -> Void)?
    /// A board of ours opens a rendezvous of its own where none is configured.
    var embeds = false

    /// Returns when all is saved and delivered to those present, with what came of the commands.
    ///
    /// - Throws: `Failure` when the board did not arrive, something stays unsaved, or a command failed that must not.
    @discardableResult func run(_ access: BoardAccess) throws -> Automation.Results {
        let headless = try lead(access, by: Automation(stopsAtError: stopsAtError != nil)) { headless in
            if readsCommands { headless.readCommands() } else { headless.give(commands) }
        }
        if let stopsAtError, let (index, error) = headless.firstFailure {
            throw Failure(command: stopsAtError(index), code: error.code, why: error.message)
        }
        return headless.results
    }

    /// The same for any that is led by lines.
    ///
    /// - Parameter begin: has it read its lines.
    @discardableResult func lead<Leader: LineLed>(
        _ access: BoardAccess, by leader: Leader, begin: (HeadlessSession<Leader>) -> Void
    ) throws -> HeadlessSession<Leader> {
        // Louder than -q: it is never meant to go unseen.
        if let path = options.keyLogFile { Notices.tell("inkwire: \(Failure.plain(KeyLogFile.warning(path)))\n") }
        let session: BoardSession
        do {
            session = try BoardSession.open(access, options: options, embeds: embeds, patience: joinPatience, say: options.notices.say)
        } catch {
            access.close(discardIfEmpty: true)
            throw error
        }
        let notices = options.notices
        let headless = HeadlessSession(
            session: session, by: leader, notices: notices, clock: options.clock, writesEvents: writesEvents)
        session.tell = { [watch, hears] event in
            headless.receive(event)
            watch?.receive(event)
            hears?(event)
        }
        session.say = { notices.say($0) }
        session.arrived = { _, sentences in for sentence in sentences { notices.say(sentence) } }
        session.gaveUp = { headless.fail($0) }
        let signals = EndingSignals { headless.end(by: $0) }
        defer { signals.cancel() }
        let dumps = DumpSignal(session, to: .standardError)
        defer { withExtendedLifetime(dumps) {} }
        let teller =
            options.verbosity > 0
            ? session.driver.map { driver in
                WayTeller(driver, level: options.verbosity, clock: options.clock) { notices.detail($0) }
            } : nil
        defer { withExtendedLifetime(teller) {} }
        session.start()
        if writesInvite { Notices.write(session.link + "\n") }
        begin(headless)
        let end = headless.wait()
        let done = DispatchSemaphore(value: 0)
        var discards = false
        if case .failed = end, !headless.hasArrived { discards = access.isNew }
        Task { [discards] in
            await session.close(discardIfEmpty: discards)
            done.signal()
        }
        done.wait()
        watch?.finish()
        switch end {
        case .stopped(let ending):
            try ending.tell(notices)
            return headless
        case .failed(let failure): throw failure
        case .signal(let signal): EndingSignals.die(by: signal)
        }
    }
}

extension Failure {
    /// A command of several failed; `code` is that of its `error` event.
    init(command what: String, code: String, why: String) {
        let exit: Exit =
            switch code {
            case "disk", "own_history_missing": .local
            case "timeout": .timeout
            case "no_such_member", "no_such_invite": .notFound
            // Who somebody is, or is not here (CL-327, CL-180, CL-336).
            case "not_owner", "senior", "oneself", "no_right", "not_allowed", "identity_changed": .identity
            case "no_roles": .version
            default: .usage
            }
        self.init(
            exit, code: code, what: what, why: why,
            next: "what came before it stays, nothing after it was done; correct it and go on from there")
    }
}

/// Signals that ask the process to end, taken so that the others see us leave.
final class EndingSignals {
    private var sources: [any DispatchSourceSignal] = []

    /// `handler` gets the first signal; a second one ends the process at once.
    init(_ numbers: [Int32] = [SIGTERM, SIGINT, SIGHUP], _ handler: @escaping @Sendable (Int32) -> Void) {
        let wasAsked = Counter()
        let registered = DispatchSemaphore(value: 0)
        for number in numbers {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if wasAsked.add(1) > 1 { Self.die(by: number) }
                handler(number)
            }
            source.setRegistrationHandler { registered.signal() }
            source.resume()
            sources.append(source)
        }
        // From here on none is lost: whoever was told that we run may end us.
        for _ in sources { registered.wait() }
    }

    func cancel() { for source in sources { source.cancel() } }

    /// Ends the process as the signal would have, so that its exit status says so.
    static func die(by number: Int32) -> Never {
        signal(number, SIG_DFL)
        // Dispatch keeps the signals that it watches blocked in its own thread; let this one through here.
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, number)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        raise(number)
        exit(128 + number)
    }
}
