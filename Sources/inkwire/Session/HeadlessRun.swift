import Foundation
import InkAutomation
import InkBoard
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
    /// A command that fails makes the whole run fail.
    var reportsErrors = false
    /// The board was joined just now, and must arrive within this time.
    var joinPatience: Duration?
    /// The link goes to stderr once the board is open.
    var writesInvite = false
    /// A board of ours opens a rendezvous of its own where none is configured.
    var embeds = false

    /// Returns when all is saved and delivered to those present.
    ///
    /// - Throws: `Failure` when the board did not arrive, or something stays unsaved.
    func run(_ opened: OpenedBoard) throws {
        let session: BoardSession
        do {
            session = try BoardSession.open(opened, options: options, embeds: embeds)
        } catch {
            opened.close(discardIfEmpty: true)
            throw error
        }
        let notices = options.notices
        let adopter = NameAdopter(opened)
        let headless = HeadlessSession(session: session, notices: notices, clock: options.clock, writesEvents: writesEvents) { node in
            if let name = node.board?.name, let trouble = adopter.adopt(name) { notices.say(trouble) }
            if node.unreadable > 0 { notices.say("\(node.unreadable) saved changes do not follow the rules and are not shown") }
        }
        session.driver.listen { headless.receive($0) }
        let signals = EndingSignals { headless.end(by: $0) }
        defer { signals.cancel() }
        session.driver.start()
        if let joinPatience { headless.limitJoining(to: joinPatience) }
        if writesInvite { Notices.write(session.link.text + "\n") }
        if readsCommands { headless.readCommands() } else { headless.give(commands) }
        let end = headless.wait()
        let done = DispatchSemaphore(value: 0)
        var discards = false
        if case .failed = end, !headless.hasArrived { discards = opened.isNew }
        Task { [discards] in
            await session.driver.abandon()
            await session.close(discardIfEmpty: discards)
            done.signal()
        }
        done.wait()
        switch end {
        case .stopped(let unsaved, let unsent):
            if unsaved > 0 {
                throw Failure(
                    .local, code: "unsaved", what: "\(unsaved) changes are not saved", why: "the disk refused them",
                    next: "free some space or mend the disk; changes that others have come back from them")
            }
            if reportsErrors, let error = headless.firstError {
                throw Failure.usage(
                    "a command could not be applied", why: error, next: "what came before it was applied; correct it and try again")
            }
            if unsent > 0 {
                notices.say("\(unsent) changes are saved here and nobody else has them yet; they go out when you open the board again")
            }
        case .failed(let failure):
            throw failure
        case .signal(let signal): EndingSignals.die(by: signal)
        }
    }
}

/// Gives a joined board its name on this machine once it is known.
final class NameAdopter: @unchecked Sendable {
    // Touched on the driver's loop only.
    private var opened: OpenedBoard

    init(_ opened: OpenedBoard) { self.opened = opened }

    /// Returns what went wrong, in a sentence; the board is there and works, and is listed by its id until the disk takes the name.
    func adopt(_ name: String) -> String? {
        do {
            try opened.adopt(name: name)
            return nil
        } catch {
            return "the board's name could not be saved: \(error.why)"
        }
    }
}

/// Signals that ask the process to end, taken so that the others see us leave.
final class EndingSignals {
    private var sources: [any DispatchSourceSignal] = []

    /// `handler` gets the first signal; a second one ends the process at once.
    init(_ handler: @escaping @Sendable (Int32) -> Void) {
        let wasAsked = Counter()
        let registered = DispatchSemaphore(value: 0)
        for number in [SIGTERM, SIGINT, SIGHUP] {
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
