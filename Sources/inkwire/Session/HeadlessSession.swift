import Foundation
import InkAutomation
import InkBoard
import InkFrontEnd
import InkPrimitives
import InkRuntime
import InkSession
import NIOCore

/// Joins an `Automation` to a board's session, stdin and stdout.
///
///     stdin (own thread) ─line─▶ ┐                          ┌─▶ OutputWriter ─▶ stdout
///     events ──────────────────▶ │ Automation, on the loop  ├─▶ intents ─▶ session
///     timer ───────────────────▶ ┘                          └─▶ questions ─▶ session, answered on the loop
///
/// - Invariant of `@unchecked Sendable`: everything but the immutable and the semaphores is touched on the session's loop only.
final class HeadlessSession: @unchecked Sendable {
    /// How the session ended.
    enum End: Sendable {
        case stopped(Ending)
        case failed(Failure)
        case signal(Int32)
    }

    /// Lines read ahead of the command that runs; the reader waits when there are more.
    private static let linesAhead = 256

    private let session: BoardSession
    private let notices: Notices
    private let writesEvents: Bool
    private let clock: MonotonicClock
    private let credit = DispatchSemaphore(value: linesAhead)
    private let ended = DispatchSemaphore(value: 0)
    private let output: OutputWriter

    private var automation: Automation
    private var isDraining = false
    private var finished = 0
    private let timer: WakeTimer
    private var isReady = false
    private var end: End?
    private var readerIsStuck = false
    /// Questions that wait until the reader of stdout has taken more.
    private var heldQuestions: [BoardQuestion] = []
    /// Commands come from stdin until that ends.
    private var isLed = false

    /// - Parameter stopsAtError: run nothing after a command that fails.
    init(session: BoardSession, notices: Notices, clock: MonotonicClock, writesEvents: Bool = true, stopsAtError: Bool = false) {
        (self.session, self.notices, self.clock, self.writesEvents) = (session, notices, clock, writesEvents)
        automation = Automation(stopsAtError: stopsAtError)
        output = OutputWriter(loop: session.loop)
        timer = WakeTimer(loop: session.loop)
        output.tell = { [weak self] news in self?.take(news) }
    }

    /// True if the board was there; read after the end.
    var hasArrived: Bool { isReady }

    /// The first command that failed; read after the end.
    var firstFailure: (index: Int, error: AutomationError)? { automation.firstFailure }

    /// What came of commands; read after the end.
    var results: Automation.Results { automation.results }

    private var loop: any EventLoop { session.loop }

    /// Reads commands from stdin until it ends, which is `quit` (CL-11).
    func readCommands() {
        // Nobody else can say of a terminal that nothing more will come.
        let hasEnd = isatty(0) == 0
        loop.execute { [self] in isLed = hasEnd }
        let thread = Thread { [self] in
            var splitter = LineSplitter(limit: AutomationRequest.lineBytes)
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(0, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EAGAIN {
                    // A parent made the pipe non-blocking: that is no end.
                    var waiting = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
                    poll(&waiting, 1, -1)
                    continue
                }
                guard count > 0 else { break }
                for line in splitter.append(buffer[..<count]) { give(line) }
            }
            if let last = splitter.finish() { give(last) }
            give([.quit])
        }
        thread.name = "inkwire.stdin"
        thread.start()
    }

    private func give(_ line: LineSplitter.Line) {
        credit.wait()
        loop.execute { [self] in
            switch line {
            case .line(let bytes): automation.receive(line: bytes, now: clock.now)
            case .oversized: automation.receiveOversizedLine(now: clock.now)
            }
            drain()
        }
    }

    /// Commands that do not come from stdin, on a thread of their own: they wait for each other, and a signal does not wait for them.
    func give(_ commands: [AutomationCommand]) {
        let thread = Thread { [self] in
            for command in commands {
                credit.wait()
                loop.execute { [self] in
                    automation.receive(command, now: clock.now)
                    drain()
                }
            }
        }
        thread.name = "inkwire.commands"
        thread.start()
    }

    /// Something the node told; on the loop.
    func receive(_ event: Event) {
        switch event {
        case .ready: isReady = true
        case .stopped(let unsaved, let unsent): finish(.stopped(Ending(unsaved: unsaved, unsent: unsent)))
        default: break
        }
        automation.receive(event, wallTime: wallMilliseconds(), now: clock.now)
        drain()
    }

    /// Ends as a signal asks, with a short farewell.
    func end(by signal: Int32) {
        loop.execute { [self] in
            // All is done, and only the reader of stdout is waited for.
            if end != nil { EndingSignals.die(by: signal) }
            loop.scheduleTask(in: .seconds(2)) { [self] in finish(.signal(signal)) }
            Task { [self] in
                _ = await session.quit()
                loop.execute { [self] in finish(.signal(signal)) }
            }
            if end == nil { end = .signal(signal) }
        }
    }

    /// Blocks until the session has ended and all output is written.
    func wait() -> End {
        ended.wait()
        // Written before the semaphore, and never again.
        guard let end else { preconditionFailure("a session ends for a reason") }
        if case .stopped = end { output.flush(isPatient: !readerIsStuck) } else { output.flush(isPatient: false) }
        if case .stopped = end, let failure = output.failure ?? (readerIsStuck ? .nobodyReads : nil) { return .failed(failure) }
        return end
    }

    // On the loop.

    private func drain() {
        guard !isDraining else { return }
        isDraining = true
        defer { isDraining = false }
        var lines: [UInt8] = []
        while let next = automation.nextOutput() {
            switch next {
            case .write(let line): lines.append(contentsOf: Array(line.utf8) + [UInt8(ascii: "\n")])
            case .intent(let intent, let ref): session.submit(intent, ref: ref)
            case .ask(let question): ask(question)
            case .makeSafetyWords(let me, let other): makeSafetyWords(me, other)
            case .quit: Task { [self] in _ = await session.quit() }
            }
        }
        if writesEvents { output.write(lines) }
        while finished < automation.finishedCount, !output.isFull {
            finished += 1
            credit.signal()
        }
        arm()
    }

    private func arm() {
        timer.set(for: automation.deadline, now: clock.now) { [self] in
            automation.handleTimeout(now: clock.now)
            drain()
        }
    }

    private func take(_ news: OutputWriter.News) {
        switch news {
        case .hasRoom: return goOn()
        // Who has read enough has not taken back what he asked for: it is done to the end of the input (CL-300).
        case .readerIsGone where isLed: return goOn()
        case .readerIsGone: break
        case .readerIsStuck:
            readerIsStuck = true
            notices.say("nobody reads what is written to stdout; saving and ending")
        }
        // As if the input had ended, so that nothing is lost.
        Task { [self] in _ = await session.quit() }
    }

    /// Asks what waited for room in the output.
    private func goOn() {
        let held = heldQuestions
        heldQuestions = []
        for question in held { ask(question) }
        drain()
    }

    private func ask(_ question: BoardQuestion) {
        guard !output.isFull else { return heldQuestions.append(question) }
        session.ask(question).whenComplete { [self] result in
            switch result {
            case .success(let answer):
                automation.receive(answer, now: clock.now)
                drain()
            case .failure(let error): notices.detail("\(error)")
            }
        }
    }

    private func makeSafetyWords(_ me: AuthorID, _ other: AuthorID) {
        WordsMaker.shared.make(me, other) { [self] words in
            loop.execute { [self] in
                automation.receive(safety: words, now: clock.now)
                drain()
            }
        }
    }

    /// The board did not arrive, or nobody holds it any more.
    func fail(_ failure: Failure) { finish(.failed(failure)) }

    /// The first reason stays, whatever comes of it.
    private func finish(_ how: End) {
        if end == nil { end = how }
        ended.signal()
    }
}

/// A number that two threads add to.
final class Counter: @unchecked Sendable {
    // Guarded by the lock.
    private var value = 0
    private let lock = NSLock()

    /// Adds, and returns the sum.
    @discardableResult
    func add(_ amount: Int) -> Int {
        lock.withLock {
            value += amount
            return value
        }
    }
}
