import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// A person who types lines and hears lines: for screen readers, for logs, and for a pipe. A value without I/O, driven like the session's own
/// machines: call one input, drain `nextOutput()`, come back by `deadline`.
///
///     line ─► waiting ─► running ─► answered, next
///                          ├─ the session's outcome
///                          ├─ an answer, words, a file
///                          └─ wait: until it is so, or its time is over
///
/// Lines run strictly in order; nothing runs before the board is ready.
package struct Linear {
    /// What must be done.
    package enum Output: Equatable {
        /// One line, without its line feed and without a control character.
        case write(String)
        /// Hand this to the node.
        case intent(Intent, ref: UInt64?)
        /// Answer with `receive(_: BoardAnswer)`.
        case ask(BoardQuestion)
        /// Make the words for these two devices; answer with `receive(safety:)`.
        case makeSafetyWords(me: AuthorID, other: AuthorID)
        /// Something for whoever has files.
        case effect(Effect)
        /// Tell the node to quit. Nothing is run after it.
        case quit
    }

    /// What takes a disk; answered by `receive(_: EffectAnswer)`.
    package enum Effect: Equatable, Sendable {
        /// Writes what is on the disk of the board, which is all of it, to a new file.
        case export(String)
        case importFile(String)
        /// Keeps what was copied, for any board of this person.
        case keepClip([UInt8])
        case fetchClip
        /// Keeps what the others call this person.
        case keepName(String)
    }

    package enum EffectAnswer: Equatable, Sendable {
        /// It is done, in words.
        case done(String)
        /// What is in a file: all of a board, or shapes to add; and what of it is not among them, in words.
        case drawing(Drawing, isWhole: Bool, losses: [String])
        /// Nil where nothing was copied.
        case clip([UInt8]?)
        /// Why not.
        case failed(String)
    }

    /// What the others are called, and what is known of the board.
    var front: FrontEnd
    var numbers = ShapeNumbers()
    /// Where somebody pointed last.
    var pointers: [PeerID: Point] = [:]
    private(set) var me: AuthorID?
    /// What our person may do as the board was first told, until another word comes of it.
    var firstRole: Role?
    /// Lines answered so far; a reader uses it to bound what is waiting.
    package private(set) var finishedCount = 0
    /// True once `.quit` was put out.
    package private(set) var hasQuit = false

    var storms = Storms()
    var running: Running?
    var lost: Set<PeerID> = []
    var saving = SavingTeller()
    private var waiting = Queue<Result<LinearCommand, LineFault>>()
    private var lastRef: UInt64 = 0
    private var outputs = Outputs<Output>()

    /// The line under way.
    struct Running {
        var command: LinearCommand
        var stage = Stage.awaitingAnswer
        /// What it changed, as told so far.
        var changes: [ShapeSentences.Change] = []
        /// What is said once it is done, where nothing that it changed says so.
        var done = ""
        /// What is said with it: what a file did not have.
        var more = ""
        /// True once a line has told what it did.
        var wasTold = false
        /// The invite that it made.
        var invited: InviteNews?
        /// With whom words are compared.
        var compared: AuthorID?
        /// True once what it waits for was looked at.
        var hasLooked = false
    }

    enum Stage: Equatable {
        /// The node has the intent with this number.
        case awaitingOutcome(UInt64)
        /// A question, words or a file.
        case awaitingAnswer
        case waiting(LinearCommand.Condition, until: Instant)
    }

    /// - Parameters:
    ///   - name: the board's, as far as it is known.
    ///   - isJoining: the board must come from others.
    ///   - ownName: what the others call this person.
    package init(name: String, isJoining: Bool, ownName: String) {
        front = FrontEnd(name: name, me: nil, isReady: false, isStill: true, shapes: [])
        front.ownName = ownName
        front.safetyKey = "`safety NAME`"
        if isJoining { write(Sentence.waitingForBoard.text) }
    }

    // MARK: Inputs

    /// One line of input without its line feed: one that is no command waits for its answer as others do (CL-273).
    package mutating func receive(line: [UInt8], now: Instant) {
        do throws(LineFault) {
            guard let command = try LinearCommand.reading(line) else { return finishedCount += 1 }
            waiting.append(.success(command))
        } catch {
            waiting.append(.failure(error))
        }
        run(now: now)
    }

    /// A line that was longer than `LinearCommand.lineBytes` and was not kept.
    package mutating func receiveOversizedLine(now: Instant) {
        waiting.append(
            .failure(LineFault("the line is longer than \(LinearCommand.lineBytes) bytes, and was not kept: say it in several lines")))
        run(now: now)
    }

    /// The input has ended: all that came is done, then it is as if `quit` had been typed (LN-11, CL-274).
    package mutating func receiveEnd(now: Instant) {
        waiting.append(.success(.quit))
        run(now: now)
    }

    /// Something the node told.
    package mutating func receive(_ event: Event, now: Instant) {
        hear(event, now: now)
        run(now: now)
    }

    /// The answer to a question; answers come in the order of the questions.
    package mutating func receive(_ answer: BoardAnswer, now: Instant) {
        if case .board(let report) = answer { becomeReady(report) } else { take(answer, now: now) }
        run(now: now)
    }

    /// The words that were asked for; nil where this machine does not give the memory.
    package mutating func receive(safety words: SafetyWords?, now: Instant) {
        guard case .awaitingAnswer? = running?.stage, let device = running?.compared else { return }
        if let words {
            answer("\(words): if \(front.name(of: device)) reads the same six, nobody is between you; `verify` says that they are")
        } else {
            fail(SafetyWords.obstacle)
        }
        run(now: now)
    }

    /// What came of an effect.
    package mutating func receive(_ answer: EffectAnswer, now: Instant) {
        take(answer, now: now)
        run(now: now)
    }

    /// Call at or after `deadline`.
    package mutating func handleTimeout(now: Instant) {
        _ = front.handleTimeout(now: now)
        tellNotices()
        for (author, sum) in storms.due(now: now) { write(sum.words(front.name(of: author))) }
        if let words = saving.handleTimeout(now: now) { write(words) }
        if case .waiting(let condition, let until)? = running?.stage, until <= now, running?.hasLooked == true {
            fail("\(words(of: condition)) did not come in time: `wait` takes a longer time behind it, in seconds")
        }
        run(now: now)
    }

    /// When to call `handleTimeout(now:)`; nil when only an input can move us.
    package func deadline(now: Instant) -> Instant? {
        var next = earliest(front.deadline(now: now), earliest(storms.deadline, saving.deadline))
        if case .waiting(_, let until)? = running?.stage, running?.hasLooked == true { next = earliest(next, until) }
        return next
    }

    /// The next thing to do; nil when there is nothing more.
    package mutating func nextOutput() -> Output? { outputs.next() }

    /// What our person may do; nil for nothing, and before the board is there.
    var role: Role? { front.role ?? firstRole }

    // MARK: Lines out

    /// The one place at which a line goes out: what peers wrote passes the gate here (LN-6, CL-272).
    mutating func write(_ line: String) { outputs.append(.write(safeForTerminal(line))) }

    /// All that the front end has to say, each once.
    mutating func tellNotices() {
        for notice in front.notices.shown { write(notice.text) }
        front.notices = Notices()
    }

    // MARK: Running lines

    private mutating func run(now: Instant) {
        while front.isReady, me != nil, running == nil, !hasQuit, let next = waiting.popFirst() {
            switch next {
            case .success(let command):
                running = Running(command: command)
                do throws(LineFault) {
                    try start(command, now: now)
                } catch {
                    fail(error.description)
                }
            case .failure(let fault):
                write("\(Self.refusal)\(fault)")
                finishedCount += 1
            }
        }
    }

    /// Asks the node for it, as JSON lines do (CL-271); what only moves is done once it is said.
    mutating func submit(_ intent: Intent, saying done: String = "") {
        guard !intent.isMotion else {
            outputs.append(.intent(intent, ref: nil))
            return answer(done)
        }
        lastRef += 1
        running?.stage = .awaitingOutcome(lastRef)
        running?.done = done
        outputs.append(.intent(intent, ref: lastRef))
    }

    mutating func ask(_ question: BoardQuestion) { outputs.append(.ask(question)) }
    mutating func perform(_ effect: Effect) { outputs.append(.effect(effect)) }
    mutating func compare(_ me: AuthorID, with other: AuthorID) {
        running?.compared = other
        outputs.append(.makeSafetyWords(me: me, other: other))
    }

    mutating func wait(for condition: LinearCommand.Condition, until: Instant) {
        running?.stage = .waiting(condition, until: until)
        ask(.status)
    }

    mutating func quit() {
        hasQuit = true
        outputs.append(.quit)
    }

    /// Ends the line under way with what is said to it.
    mutating func answer(_ words: String) {
        write(words)
        finish()
    }

    /// Ends the line under way: nothing of it was done (LN-5).
    mutating func fail(_ why: String) { answer("\(Self.refusal)\(why)") }

    mutating func finish() {
        running = nil
        finishedCount += 1
    }

    /// True for the number of the intent that is under way.
    func isRunning(_ reference: UInt64?) -> Bool {
        guard let reference, case .awaitingOutcome(let awaited)? = running?.stage else { return false }
        return awaited == reference
    }

    /// With what each line begins that tells of something which was not done.
    package static let refusal = "not done: "

    private mutating func becomeReady(_ report: BoardReport) {
        guard me == nil, let author = front.me else { return }
        me = author
        numbers = ShapeNumbers(report.shapes, me: author, labels: report.ownLabels)
        front.replace(name: report.name, shapes: report.shapes)
        firstRole = Role(word: report.role)
        let role = role.map { ", you are \($0 == .owner || $0 == .editor ? "an" : "a") \($0)" } ?? ""
        write("\(Sentence.count(report.shapes.count, "shape")) on the board\(role); `help` lists the commands; the board is \(report.name)")
    }
}
