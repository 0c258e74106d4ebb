import CInkSystem
import InkPrimitives
import InkSession

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Drives a `TerminalApp` on a terminal: reads, hands over, draws, sleeps. Runs on the thread that calls `run`.
public final class TTYLoop {
    /// Why the loop came back.
    public enum End: Hashable, Sendable {
        /// The person asked for something that the program must do.
        case effect(TerminalApp.Effect)
        /// A signal asks us to end: clean up within two seconds, then `TTY.die(by:)`. SIGHUP also stands for a terminal that vanished.
        case signal(Int32)
    }

    private let tty: TTY
    private let mailbox: TTYMailbox
    private let signals: Int32
    private let profile: TerminalProfile
    private let clock: MonotonicClock
    private var hasAsked = false
    /// As the app was told last.
    private var hour: Int?
    private var size: (columns: Int, rows: Int)

    /// Installs signal handlers and enters the terminal.
    ///
    /// - Parameter clock: that of the process, by which the session's events are timed, too.
    public init(tty: TTY, mailbox: TTYMailbox, profile: TerminalProfile, clock: MonotonicClock) throws(TTYError) {
        (self.tty, self.mailbox, self.profile, self.clock) = (tty, mailbox, profile, clock)
        size = tty.size
        signals = ink_signals_open()
        guard signals >= 0 else { throw .system(operation: "installing signal handlers", code: -signals) }
        try tty.enter()
    }

    /// Runs until the person or a signal wants something that is not ours to do.
    ///
    /// - Parameters:
    ///   - perform: takes each intent, with its reference if it has one; called on this thread.
    ///   - settle: comes back when what was taken so far has left this process.
    public func run(_ app: inout TerminalApp, perform: (Intent, UInt64?) -> Void, settle: () -> Void = {}) -> End {
        var due: Instant?
        while true {
            let now = clock.now
            tellHour(&app, now: now)
            // The deadline that was slept for, not a new one: an app does not tell again what has been reached.
            if let reached = due, reached <= now { app.handle(.timeout, now: now) }
            while let output = app.nextOutput() {
                switch output {
                case .intent(let intent, let reference): perform(intent, reference)
                case .effect(.suspend): suspend(&app, perform, settle)
                case .effect(let effect): return .effect(effect)
                }
            }
            draw(&app, now: now)
            due = app.deadline(now: now)
            guard let ready = sleep(until: due, now: now) else { continue }
            if ready.isGone { return .signal(SIGHUP) }
            if ready.canWrite, !tty.flush() { return .signal(SIGHUP) }
            for signal in ready.signals {
                if let end = handle(signal, &app, perform, settle) { return end }
            }
            let later = clock.now
            if ready.canRead {
                guard let bytes = tty.read(limit: 65_536) else { return .signal(SIGHUP) }
                app.handle(.bytes(bytes), now: later)
            }
            if ready.hasMail {
                for input in mailbox.take() { app.handle(input, now: later) }
            }
        }
    }

    /// Draws without a look at what comes in: a first frame, before what it is about is there.
    public func paint(_ app: inout TerminalApp) { draw(&app, now: clock.now) }

    /// Where the person is only the system knows.
    private func tellHour(_ app: inout TerminalApp, now: Instant) {
        var (seconds, parts) = (time(nil), tm())
        guard localtime_r(&seconds, &parts) != nil, Int(parts.tm_hour) != hour else { return }
        hour = Int(parts.tm_hour)
        app.handle(.hour(Int(parts.tm_hour)), now: now)
    }

    // MARK: One turn

    private func draw(_ app: inout TerminalApp, now: Instant) {
        // Never a second frame behind one that waits: a slow line shows the newest state, not a queue of old ones.
        guard !tty.isBusy else { return }
        let bytes = app.frame(now: now)
        guard !bytes.isEmpty else { return }
        tty.write(bytes)
        if !hasAsked {
            hasAsked = true
            guard profile.canBeAsked else { return }
            tty.write(profile.questions)
            app.wasAsked(now: now)
        }
    }

    // MARK: Leaving

    /// Gives the terminal back once nothing more comes of it that is ours: what it answers later would be typed at the shell's prompt (TM-246).
    ///
    /// Whatever is typed meanwhile is thrown away. Waits no longer than an answer takes. Does nothing if the terminal was left.
    public func leave(_ app: inout TerminalApp) {
        guard tty.isEntered else { return }
        tty.silence()
        let end = clock.now + (profile.isFar ? Self.farPatience : Self.nearPatience)
        var now = clock.now
        while now < end, app.owesAnswer(now: now), tty.flush() {
            var polled = pollfd(fd: tty.descriptor, events: Int16(POLLIN) | (tty.hasWaiting ? Int16(POLLOUT) : 0), revents: 0)
            // A signal that comes meanwhile is answered by who asked to leave, within the two seconds that it has.
            if poll(&polled, 1, Self.pollTime(until: end, now: now, isBusy: false)) > 0, Int32(polled.revents) & ~POLLOUT != 0 {
                guard let bytes = tty.read(limit: 65_536) else { break }
                app.discard(bytes, now: now)
            }
            now = clock.now
        }
        tty.leave()
    }

    /// What answers of a terminal on this machine take; of one behind a network.
    private static let nearPatience = Duration.milliseconds(300)
    private static let farPatience = Duration.seconds(1)

    private struct Ready {
        var canRead = false
        var canWrite = false
        var hasMail = false
        var isGone = false
        var signals: [Int32] = []
    }

    /// What `poll` is told to wait for a deadline, in milliseconds, rounded up; -1 for ever.
    ///
    /// At most a second where anything is due: the timer of `poll` stands still while the machine sleeps, and the clock does not (TM-33).
    package static func pollTime(until deadline: Instant?, now: Instant, isBusy: Bool) -> Int32 {
        var wait = deadline.map { MonotonicClock.sleep(until: $0, now: now).nanoseconds }
        // A frame that cannot be written yet must not keep us spinning.
        if isBusy { wait = max(wait ?? 16_000_000, 16_000_000) }
        return wait.map { Int32(clamping: ($0 + 999_999) / 1_000_000) } ?? -1
    }

    /// Sleeps until something comes or it is time to look at the clock; nil if interrupted.
    private func sleep(until deadline: Instant?, now: Instant) -> Ready? {
        let milliseconds = Self.pollTime(until: deadline, now: now, isBusy: tty.isBusy)
        var polled = [
            pollfd(fd: tty.descriptor, events: Int16(POLLIN) | (tty.hasWaiting ? Int16(POLLOUT) : 0), revents: 0),
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0), pollfd(fd: mailbox.ends.read, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&polled, nfds_t(polled.count), milliseconds) >= 0 else { return nil }
        var ready = Ready()
        let terminal = Int32(polled[0].revents)
        ready.canRead = terminal & POLLIN != 0
        ready.canWrite = terminal & POLLOUT != 0
        ready.isGone = terminal & (POLLHUP | POLLERR | POLLNVAL) != 0 && !ready.canRead
        ready.hasMail = polled[2].revents != 0
        if polled[1].revents != 0 {
            var bytes = [UInt8](repeating: 0, count: 64)
            let count = read(signals, &bytes, bytes.count)
            if count > 0 { ready.signals = bytes[..<count].map(Int32.init) }
        }
        return ready
    }

    private func handle(
        _ signal: Int32, _ app: inout TerminalApp, _ perform: (Intent, UInt64?) -> Void, _ settle: () -> Void
    ) -> End? {
        switch signal {
        case SIGWINCH: takeSize(&app)
        case SIGTSTP: suspend(&app, perform, settle)
        case SIGCONT:
            // After a stop that we could not see coming (SIGSTOP), the terminal may be in any state (TM-404).
            reenter(&app)
        case SIGTERM, SIGHUP, SIGINT, SIGQUIT: return .signal(signal)
        default: break
        }
        return nil
    }

    /// Gives the terminal back and stops; goes on when it is continued (TM-18).
    private func suspend(_ app: inout TerminalApp, _ perform: (Intent, UInt64?) -> Void, _ settle: () -> Void) {
        leave(&app)
        // A stopped program says nothing: the others hear it now (TM-266).
        perform(.attention(.hidden), nil)
        settle()
        ink_suspend()
        perform(.attention(.here), nil)
        reenter(&app)
    }

    private func reenter(_ app: inout TerminalApp) {
        tty.leave()
        do {
            try tty.enter()
        } catch {
            // In the background: the shell will continue us in front, or end us.
            return
        }
        size = (0, 0)
        takeSize(&app)
        app.entered()
    }

    private func takeSize(_ app: inout TerminalApp) {
        let next = tty.size
        guard next != size else { return }
        size = next
        app.handle(.resized(columns: next.columns, rows: next.rows), now: clock.now)
    }
}
