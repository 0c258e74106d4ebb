import Foundation
import InkAutomation
import InkBoard
import InkFrontEnd
import InkLinear
import InkPrimitives
import InkRuntime
import InkSession
import NIOCore

/// Joins who is led by lines, `Automation` or `Linear`, to a board's session, stdin and stdout.
///
///     stdin (own thread) ─line─▶ ┐                          ┌─▶ OutputWriter ─▶ stdout
///     events ──────────────────▶ │ the leader, on the loop  ├─▶ intents ─▶ session
///     timer ───────────────────▶ ┘                          └─▶ questions ─▶ session, answered on the loop
///
/// - Invariant of `@unchecked Sendable`: everything but the immutable and the semaphores is touched on the session's loop only.
final class HeadlessSession<Leader: LineLed>: @unchecked Sendable {
    /// Does what the leader wants of files; called on the loop, set before the first line.
    var perform: @Sendable (Leader.Effect) -> Void = { _ in }

    private let session: BoardSession
    private let notices: Notices
    private let writesEvents: Bool
    private let clock: MonotonicClock
    private let credit = DispatchSemaphore(value: HeadlessEnd.linesAhead)
    private let ended = DispatchSemaphore(value: 0)
    private let output: OutputWriter

    fileprivate var leader: Leader
    private var isDraining = false
    private var finished = 0
    private let timer: WakeTimer
    private var isReady = false
    private var end: HeadlessEnd?
    private var readerIsStuck = false
    /// Questions that wait until the reader of stdout has taken more.
    private var heldQuestions: [BoardQuestion] = []
    /// Commands come from stdin until that ends.
    private var isLed = false

    init(session: BoardSession, by leader: Leader, notices: Notices, clock: MonotonicClock, writesEvents: Bool = true) {
        (self.session, self.leader, self.notices, self.clock, self.writesEvents) = (session, leader, notices, clock, writesEvents)
        output = OutputWriter(loop: session.loop)
        timer = WakeTimer(loop: session.loop)
        output.tell = { [weak self] news in self?.take(news) }
    }

    /// True if the board was there; read after the end.
    var hasArrived: Bool { isReady }

    private var loop: any EventLoop { session.loop }

    /// Reads commands from stdin until it ends, which is `quit` (CL-11).
    func readCommands() {
        // Nobody else can say of a terminal that nothing more will come.
        let hasEnd = isatty(0) == 0
        loop.execute { [self] in isLed = hasEnd }
        let thread = Thread { [self] in
            var splitter = LineSplitter(limit: Leader.lineBytes)
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
            give { $0.receiveEnd(now: $1) }
        }
        thread.name = "inkwire.stdin"
        thread.start()
    }

    private func give(_ line: LineSplitter.Line) {
        give { leader, now in
            switch line {
            case .line(let bytes): leader.receive(line: bytes, now: now)
            case .oversized: leader.receiveOversizedLine(now: now)
            }
        }
    }

    /// Gives the leader one line, or what stands for one, once it has answered enough of those before; not on the loop.
    fileprivate func give(_ line: @escaping @Sendable (inout Leader, Instant) -> Void) {
        credit.wait()
        tell(line)
    }

    /// Tells the leader something that is no line; from any thread.
    fileprivate func tell(_ news: @escaping @Sendable (inout Leader, Instant) -> Void) {
        loop.execute { [self] in
            news(&leader, clock.now)
            drain()
        }
    }

    /// Something the node told; on the loop.
    func receive(_ event: Event) {
        switch event {
        case .ready: isReady = true
        case .stopped(let unsaved, let unsent): finish(.stopped(Ending(unsaved: unsaved, unsent: unsent)))
        default: break
        }
        leader.receive(event, wallTime: wallMilliseconds(), now: clock.now)
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
    func wait() -> HeadlessEnd {
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
        while let next = leader.nextStep() {
            switch next {
            case .write(let line): lines.append(contentsOf: Array(line.utf8) + [UInt8(ascii: "\n")])
            case .intent(let intent, let ref): session.submit(intent, ref: ref)
            case .ask(let question): ask(question)
            case .makeSafetyWords(let me, let other): makeSafetyWords(me, other)
            case .effect(let effect): perform(effect)
            case .quit: Task { [self] in _ = await session.quit() }
            }
        }
        if writesEvents { output.write(lines) }
        while finished < leader.finishedCount, !output.isFull {
            finished += 1
            credit.signal()
        }
        arm()
    }

    private func arm() {
        timer.set(for: leader.deadline(now: clock.now), now: clock.now) { [self] in
            leader.handleTimeout(now: clock.now)
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
                leader.receive(answer, now: clock.now)
                drain()
            case .failure(let error): notices.detail("\(error)")
            }
        }
    }

    private func makeSafetyWords(_ me: AuthorID, _ other: AuthorID) {
        WordsMaker.shared.make(me, other) { [self] words in
            loop.execute { [self] in
                leader.receive(safety: words, now: clock.now)
                drain()
            }
        }
    }

    /// The board did not arrive, or nobody holds it any more.
    func fail(_ failure: Failure) { finish(.failed(failure)) }

    /// The first reason stays, whatever comes of it.
    private func finish(_ how: HeadlessEnd) {
        if end == nil { end = how }
        ended.signal()
    }
}

/// How a session that is led by lines ended.
enum HeadlessEnd: Sendable {
    case stopped(Ending)
    case failed(Failure)
    case signal(Int32)

    /// Lines read ahead of the one that runs; the reader waits when there are more.
    fileprivate static let linesAhead = 256
}

extension HeadlessSession where Leader == Automation {
    /// The first command that failed; read after the end.
    var firstFailure: (index: Int, error: AutomationError)? { leader.firstFailure }

    /// What came of commands; read after the end.
    var results: Automation.Results { leader.results }

    /// Commands that do not come from stdin, on a thread of their own: they wait for each other, and a signal does not wait for them.
    func give(_ commands: [AutomationCommand]) {
        let thread = Thread { [self] in for command in commands { give { $0.receive(command, now: $1) } } }
        thread.name = "inkwire.commands"
        thread.start()
    }
}

extension HeadlessSession where Leader == Linear {
    /// What came of an effect; from any thread.
    func take(_ answer: Linear.EffectAnswer) { tell { $0.receive(answer, now: $1) } }
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
