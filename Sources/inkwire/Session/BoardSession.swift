import Foundation
import InkBoard
import InkFrontEnd
import InkPrimitives
import InkRuntime
import InkSession
import InkStore
import InkTerminal
import NIOCore
import NIOPosix

/// A program's part in one board: over the driver of this process where it holds the board, over the process that does where another one of this
/// person holds it. Which of the two it is may change: when the holder ends, one of those attached takes the board over.
///
///     lock free ──▶ holding ◀──────────────┐ lock free
///                                          │
///     lock taken ─▶ attached ──holder gone──▶ between ──▶ attached (another was quicker)
///
/// The front end notices nothing of it: events go on where they stopped, and what it asked is done once (CL-18, CL-302).
///
/// - Invariant of `@unchecked Sendable`: everything but the immutable is touched on `loop` only, `tell` and `gaveUp` before the start.
final class BoardSession: @unchecked Sendable {
    private enum Seat {
        case holding(HeldBoard)
        case attached(AttachedBoard)
        /// The holder has gone; somebody is about to take its place.
        case between(since: Instant)
        case ended
    }

    /// The loop on which events are told and questions are answered.
    let loop: any EventLoop
    let boardID: BoardID
    /// Device key of this person.
    let me: AuthorID
    /// What this machine calls the board; empty until a joined board has arrived.
    let savedName: String
    /// Called on the loop, in order.
    var tell: @Sendable (Event) -> Void = { _ in }
    /// Called on the loop with a sentence for the person.
    var say: @Sendable (String) -> Void = { _ in }
    /// Called on the loop when the board is there, once: what stands on it, and what the person should know of it.
    var arrived: @Sendable (BoardReport, [String]) -> Void = { _, _ in }
    /// Called on the loop when a board that was joined does not arrive, or nobody holds it any more.
    var gaveUp: @Sendable (Failure) -> Void = { _ in }

    private let options: GlobalOptions
    private let access: BoardAccess
    /// Our history of undo, the same wherever we sit.
    private var strand: Strand
    private var seat: Seat
    private var joining: Joining
    private var ledger = WorkLedger()
    private var aliases = ShapeAliases()
    /// The board as it was told, while another process holds it: what a new holder shows is held against this.
    private var view = BoardView()
    private var peers: [PeerID: PeerStatus] = [:]
    private var isReady = false
    /// What was asked for while nobody held the board.
    private var waiting: [(Intent, UInt64?)] = []
    private var questions: [(BoardQuestion, EventLoopPromise<BoardAnswer>)] = []
    /// References that we gave to work which came without one; nobody is told of them.
    private var lastOwnReference: UInt64 = 1 << 63
    /// What is being asked for again of a new holder.
    private var resuming: Resumption?
    /// Those who were here when the holder ended and are not met by the new one yet.
    private var missed: [PeerID: PeerStatus] = [:]
    private var hasStarted = false
    private var lastLink = ""
    /// When this process took the board over from another; nil if it did not.
    private var tookOverAt: Instant?
    private var quitting: Quitting?

    /// Leaving a board that another process holds.
    private struct Quitting {
        var until: Instant
        var promise: EventLoopPromise<Ending?>
        var isAsking = false
    }

    private init(_ seat: Seat, access: BoardAccess, options: GlobalOptions, strand: Strand, loop: any EventLoop, patience: Duration?) {
        self.seat = seat
        self.access = access
        self.options = options
        self.strand = strand
        self.loop = loop
        (boardID, me, savedName) = (access.board, access.author, access.savedName)
        joining = Joining(patience: patience, now: options.clock.now)
    }

    /// Opens the board's sockets, or attaches to who holds it; nothing is sent or told before `start()`. Blocks; not to be called on an event loop.
    ///
    /// - Parameters:
    ///   - embeds: make a rendezvous in this process when none is configured.
    ///   - patience: how long nothing may come of a board that was joined just now; nil for one that is here.
    ///   - say: takes a sentence for the person.
    static func open(
        _ access: BoardAccess, options: GlobalOptions, embeds: Bool, patience: Duration?, say: (String) -> Void
    ) throws -> BoardSession {
        switch access {
        case .held(let opened):
            let held = try HeldBoard.open(opened, options: options, embeds: embeds)
            for sentence in held.sentences { say(sentence) }
            return BoardSession(
                .holding(held), access: access, options: options, strand: .common, loop: held.driver.loop, patience: patience)
        case .shared(let shared):
            guard options.keyLogFile == nil else {
                throw Failure(
                    .local, code: "key_log", what: "there are no keys here to write",
                    why: "another program holds this board, and the connections are its",
                    next: "end that program, or start it with --key-log")
            }
            let loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
            let strand = Strand(token: .random(in: 1...UInt64.max))
            let session = BoardSession(
                .between(since: options.clock.now), access: access, options: options, strand: strand, loop: loop, patience: nil)
            do {
                try session.sitDown(at: shared, until: options.clock.now + Self.attachPatience)
            } catch let refusal as AttachedBoard.Refusal {
                throw Failure(cannotAttach: refusal, to: shared)
            }
            return session
        }
    }

    /// Begins.
    func start() {
        loop.execute { [self] in
            hasStarted = true
            switch seat {
            case .holding(let held): begin(held)
            case .attached(let board): board.listen()
            // Whoever follows a holder that is gone already begins when it sits.
            case .between, .ended: break
            }
            armJoining()
        }
    }

    // MARK: What a front end does

    /// Gives the board a wish of the person. The outcome comes as an event with `ref`. From any thread.
    func submit(_ intent: Intent, ref: UInt64? = nil) { loop.execute { [self] in give(intent, ref: ref) } }

    /// Asks what only the node knows. On the loop.
    func ask(_ question: BoardQuestion) -> EventLoopFuture<BoardAnswer> {
        switch seat {
        case .holding(let held) where resuming == nil:
            // A link looks at the interfaces, which is too dear for each question.
            return known(held.driver.answer(question, link: question == .invite ? held.invite.link : "").hop(to: loop))
        // A question that the holder takes with it is asked of the next one.
        case .attached(let board) where resuming == nil:
            return known(board.ask(question)).flatMapError { [self] _ in askLater(question) }
        case .holding, .attached, .between, .ended: return askLater(question)
        }
    }

    /// The answer in the names that the front end knows.
    private func known(_ answer: EventLoopFuture<BoardAnswer>) -> EventLoopFuture<BoardAnswer> {
        answer.map { [self] in aliases.forProgram($0) }
    }

    private func askLater(_ question: BoardQuestion) -> EventLoopFuture<BoardAnswer> {
        if case .ended = seat { return loop.makeFailedFuture(AttachedBoard.Refusal.broken) }
        let promise = loop.makePromise(of: BoardAnswer.self)
        questions.append((question, promise))
        return promise.futureResult
    }

    /// What runs the board; nil where another process does.
    var driver: Driver? { if case .holding(let held) = seat { held.driver } else { nil } }

    /// The link that admits to this board, as far as it is known here.
    var link: String { if case .holding(let held) = seat { held.invite.link } else { lastLink } }

    /// Where peers are introduced to each other, in order of preference; empty where another process knows.
    var rendezvous: [Invite.Host] { if case .holding(let held) = seat { held.rendezvous } else { [] } }

    /// How the board was brought to the network; nil where another process did that.
    var network: NetworkChoice? {
        guard case .holding(let held) = seat else { return nil }
        let relay: NetworkChoice.Relay =
            switch options.relayPolicy {
            case .any: .allowed
            case .never: .refused
            case .only: .only
            }
        return NetworkChoice(rendezvous: held.rendezvousAddresses, relay: relay)
    }

    /// Ends this program's part: saves, delivers to those present for up to ten seconds, and says farewell unless another program goes on
    /// with the board.
    ///
    /// - Returns: what is left; nil if that is not known.
    func quit() async -> Ending? {
        do {
            return try await loop.flatSubmit { [self] in beginQuitting() }.get()
        } catch {
            return nil
        }
    }

    /// Closes everything, gives up the lock, and says what is left where it was not said before.
    ///
    /// - Returns: true if this process held the board and no other program was attached, which would go on with it.
    @discardableResult
    func close(discardIfEmpty: Bool) async -> Bool {
        do {
            let last = try await loop.submit { [self] in rise() }.get()
            switch last.seat {
            case .holding(let held): return await held.close(discardIfEmpty: discardIfEmpty)
            case .attached(let board): loop.execute { board.leave() }
            case .between, .ended: break
            }
        } catch {
            // The loop outlives every session.
        }
        return false
    }

    /// Carries a seat off the loop once nobody else uses it.
    private struct LastSeat: @unchecked Sendable {
        let seat: Seat
    }

    private func rise() -> LastSeat {
        defer { seat = .ended }
        return LastSeat(seat: seat)
    }

    // MARK: Giving and telling, on the loop

    private func give(_ intent: Intent, ref: UInt64?) {
        guard case .holding = seat, strand == .common else { return giveNoted(intent, ref: ref) }
        if case .holding(let held) = seat { held.driver.submit(intent, ref: ref) }
    }

    /// Remembers work until it is known to be saved.
    private func giveNoted(_ intent: Intent, ref: UInt64?) {
        var reference = ref
        if reference == nil, !intent.isMotion {
            lastOwnReference += 1
            reference = lastOwnReference
        }
        guard resuming == nil else { return waiting.append((intent, reference)) }
        if case .between = seat { return waiting.append((intent, reference)) }
        ledger.asked(intent, reference: reference)
        send(intent, ref: reference)
    }

    private func send(_ known: Intent, ref: UInt64?) {
        let intent = aliases.forHolder(known)
        switch seat {
        case .holding(let held): held.driver.submit(intent, ref: ref)
        case .attached(let board):
            guard board.submit(intent, ref: ref) else {
                if let ref { heard(.outcome(ref: ref, .refused(.tooLarge))) }
                return
            }
        case .between, .ended: break
        }
    }

    /// Something the node told.
    private func heard(_ event: Event) {
        guard strand != .common else { return pass(event) }
        if resuming != nil { return heardAgain(event) }
        let event = aliases.forProgram(event)
        ledger.told(event)
        passNoted(event)
        checkQuitting()
    }

    private func passNoted(_ event: Event) {
        guard note(event) else { return }
        pass(event)
    }

    /// Keeps what a new holder's words are held against; false for what is no news to the front end.
    private func note(_ event: Event) -> Bool {
        switch event {
        case .changed(let changes, _): for change in changes { view.apply(change) }
        case .peer(let status):
            peers[status.peer] = status.state == .left ? nil : status
            // Who is only met again has not come.
            if status.state == .joining, missed[status.peer] != nil { return false }
            missed[status.peer] = nil
        default: break
        }
        return true
    }

    private func pass(_ event: Event) {
        let before = joining.deadline
        joining.take(event, now: options.clock.now)
        // A look that comes too early does no harm.
        if let at = joining.deadline, before.map({ at < $0 }) ?? false { armJoining() }
        if case .ready = event {
            guard !isReady else { return }
            isReady = true
            tellArrival()
        }
        if case .outcome(let reference, _) = event, reference > 1 << 63 { return }
        if case .stopped(let unsaved, let unsent) = event { ended = Ending(unsaved: unsaved, unsent: unsent) }
        tell(event)
    }

    /// Tells the front end what stands on the board, and gives a joined one its name on this machine.
    private func tellArrival() {
        ask(.board).whenSuccess { [self] answer in
            guard case .board(var report) = answer else { return }
            var notices: [String] = []
            if case .held(var opened) = access, case .holding = seat {
                do throws(StoreError) {
                    try opened.adopt(name: report.name)
                } catch {
                    // The board is there and works, and is listed by its id until the disk takes the name.
                    notices.append("the board's name could not be saved: \(error.why)")
                }
            }
            if !savedName.isEmpty { report.name = savedName }
            if report.unreadable > 0 { notices.append("\(report.unreadable) saved changes do not follow the rules and are not shown") }
            arrived(report, notices)
        }
    }

    /// How this part ended; nil while it goes on.
    private(set) var ended: Ending?

    private func begin(_ held: HeldBoard) {
        held.driver.listen { [self] event in
            if loop.inEventLoop { heard(event) } else { loop.execute { [self] in heard(event) } }
        }
        held.driver.start()
        held.desk.begin()
    }

    private func armJoining() {
        guard let deadline = joining.deadline else { return }
        let at = min(deadline, joining.saysAt ?? deadline)
        loop.scheduleTask(in: .nanoseconds(max(0, (at - options.clock.now).nanoseconds))) { [self] in
            guard joining.deadline != nil else { return }
            if let news = joining.takeNews(rendezvous: rendezvous, now: options.clock.now) { say(news) }
            ask(.status).whenComplete { [self] result in
                let status = if case .success(.status(let status)) = result { status } else { StatusReport() }
                if joining.isHopeless(arrived: status.arrivedCount, isKeptOut: status.isKeptOut, now: options.clock.now) {
                    giveUp()
                } else {
                    armJoining()
                }
            }
        }
    }

    private func giveUp() { gaveUp(joining.failure(rendezvous: rendezvous)) }

    // MARK: Changing seats

    /// How long one tries to attach to a board whose lock another process has.
    private static let attachPatience = Duration.seconds(5)
    /// How long one goes on trying once one was attached, before the person is told that it is over.
    private static let successionPatience = Duration.seconds(30)
    /// So long one who was never at the board lets those go first who were attached to its holder: they are there within a few tries.
    private static let courtesy = Duration.milliseconds(300)
    /// Between two tries, seconds.
    private static let pause = 0.02

    /// Attaches, or takes the board over, whichever is possible first. Blocks; not to be called on an event loop.
    private func sitDown(at shared: SharedBoard, until limit: Instant) throws {
        let ourTurn = options.clock.now + (hasStarted ? .zero : Self.courtesy)
        while true {
            do {
                return try attach(to: shared).wait()
            } catch let refusal as AttachedBoard.Refusal {
                guard case .broken = refusal, options.clock.now < limit else { throw refusal }
            } catch is LocalSocketError {
                guard options.clock.now < limit else { throw AttachedBoard.Refusal.broken }
            }
            if options.clock.now >= ourTurn, try takeOver(shared) { return }
            Thread.sleep(forTimeInterval: Self.pause)
        }
    }

    private func attach(to shared: SharedBoard) -> EventLoopFuture<Void> {
        let pending = ledger.pending
        @Sendable func attempt(_ paths: ArraySlice<String>) -> EventLoopFuture<AttachedBoard> {
            guard let path = paths.first else { return loop.makeFailedFuture(AttachedBoard.Refusal.broken) }
            return AttachedBoard.attach(to: path, strand: strand, pending: pending, patience: Self.attachPatience, loop: loop).flatMapError
            {
                [loop] (error: any Error) -> EventLoopFuture<AttachedBoard> in
                guard error is LocalSocketError, paths.count > 1 else { return loop.makeFailedFuture(error) }
                return attempt(paths.dropFirst())
            }
        }
        return attempt(shared.localSocketPaths[...]).flatMap { [self] board in
            // What was told before the answer stands in it already.
            let report = board.ask(.board).always { _ in board.forgetChanges() }
            return report.and(board.ask(.invite)).map { [self] answers in
                guard case (.board(let report), .invite(let link)) = answers else { return }
                lastLink = link
                board.isKnown = true
                board.onEvent = { [self] event in heard(event) }
                board.onEnd = { [self] in holderEnded() }
                sit(.attached(board), report, done: Set(board.welcome?.done ?? []))
            }
        }
    }

    /// True if the lock was free, and this process holds the board from here on.
    private func takeOver(_ shared: SharedBoard) throws -> Bool {
        let opened: OpenedBoard
        // Who never sat at the board succeeds nobody: it is opened as any other.
        let succeeds = hasStarted
        do {
            opened = try OpenedBoard.open(shared)
        } catch StoreError.locked {
            return false
        }
        var requests: [StoredRequest] = []
        if succeeds {
            do {
                requests = try opened.store.requests()
            } catch {
                opened.close()
                throw error
            }
        } else {
            strand = .common
        }
        // Who wants relays only goes on without the rendezvous that the one before had in its process: it is found at our addresses.
        let held = try HeldBoard.open(
            opened, options: options, embeds: opened.content.meta.embeddedPort != nil && options.relayPolicy != .only,
            succession: succeeds ? HeldBoard.Succession(strand: strand, requests: requests) : nil)
        let done = Set(requests.filter { $0.strand == strand }.compactMap(\.reference))
        let report = try held.driver.answer(.board, link: "").wait()
        try loop.submit { [self] in
            guard case .board(let board) = report else { return }
            for sentence in held.sentences { say(sentence) }
            sit(.holding(held), board, done: done)
        }.wait()
        return true
    }

    private func holderEnded() {
        guard case .attached = seat, case .shared(let shared) = access else { return }
        seat = .between(since: options.clock.now)
        // Files are opened, which may block.
        DispatchQueue.global().async { [self] in
            do {
                try sitDown(at: shared, until: options.clock.now + Self.successionPatience)
            } catch {
                loop.execute { [self] in lost(error) }
            }
        }
    }

    /// Nobody holds the board any more, and we cannot.
    private func lost(_ error: any Error) {
        seat = .ended
        var failure = (error as? Failure) ?? (error as? StoreError).map { Failure($0) } ?? .bug(error)
        if let refusal = error as? AttachedBoard.Refusal, case .shared(let shared) = access {
            failure = Failure(cannotAttach: refusal, to: shared)
            failure.what = "the program that held “\(shared.savedName)” has ended, and this one cannot go on with the board"
        }
        for (_, promise) in questions { promise.fail(AttachedBoard.Refusal.broken) }
        questions = []
        quitting?.promise.succeed(Ending(unsaved: ledger.entries.count, unsent: 0))
        quitting = nil
        gaveUp(failure)
    }

    /// A new holder is there: what is different is told, what it does not know is asked again.
    private func sit(_ next: Seat, _ report: BoardReport, done: Set<UInt64>) {
        seat = next
        if !isReady {
            // The front end has not had any of it.
            view.replaceAll(report.shapes)
        }
        // Else `start()` begins it.
        guard hasStarted else { return }
        let answered = ledger.entries.filter { done.contains($0.reference) && !$0.isAnswered }
        ledger.found(done)
        let unmade = Set(ledger.unmade)
        aliases.lose(unmade)
        // Another program may have been quicker, and have made anew what it lost. On a copy, since to name a shape is to bind it.
        var trial = aliases
        let named = trial.forProgram(report.shapes)
        let first = view.changes(to: named)
        aliases.lose(first.filter { $0.kind == .removed }.map(\.shape))
        let added = Set(first.lazy.filter { $0.kind == .added }.map(\.id))
        aliases.recognise(zip(report.shapes, named).filter { added.contains($1.id) }.map(\.0))
        let changes = view.changes(to: aliases.forProgram(report.shapes))
        // What is about to be made anew has not gone for the front end, which may name it meanwhile.
        let told = changes.filter { $0.kind != .removed || !unmade.contains($0.id) }
        if !told.isEmpty { passNoted(.changed(told, ref: nil)) }
        for entry in answered { pass(.outcome(ref: entry.reference, .done)) }
        resuming = Resumption(ledger, done: done)
        watchPeers()
        switch next {
        case .holding(let held):
            tookOverAt = options.clock.now
            begin(held)
        case .attached(let board): board.listen()
        case .between, .ended: break
        }
        resumeNext()
    }

    private func resumeNext() {
        guard let steps = resuming?.next(&ledger) else {
            let tooEarly = resuming?.tooEarly
            resuming = nil
            if let tooEarly { pass(.sync(tooEarly)) }
            return goOn()
        }
        for step in steps { send(step.intent, ref: step.reference) }
    }

    private func heardAgain(_ event: Event) {
        guard let asked = resuming?.current else { return hearAgain(aliases.forProgram(event), asked: nil) }
        if case .changed(let changes, asked.reference) = event {
            // In the order in which they were made before.
            let lost = asked.made.filter(aliases.isLost)
            for (known, change) in zip(lost, changes.lazy.filter { $0.kind == .added }) { aliases.bind(known, to: change.id) }
        }
        hearAgain(aliases.forProgram(event), asked: asked)
    }

    private func hearAgain(_ event: Event, asked: WorkLedger.Entry?) {
        guard let heard = resuming?.take(event, &ledger) else { return }
        if let told = heard.told { passNoted(view.asSeen(told)) }
        guard heard.isAnswered else { return }
        // What was not made again, though it was asked for, has gone after all.
        let gone = (asked?.made ?? []).filter(aliases.isLost).compactMap { view[$0] }
        if !gone.isEmpty {
            passNoted(.changed(gone.map { ShapeChange(kind: .removed, id: $0.id, author: $0.id.author, shape: $0) }, ref: nil))
        }
        resumeNext()
    }

    /// All that was under way is as it was: the gesture goes on, and what was asked meanwhile is asked now.
    private func goOn() {
        for step in ledger.liveSteps { send(step.intent, ref: step.reference) }
        let (intents, asked) = (waiting, questions)
        (waiting, questions) = ([], [])
        for (intent, reference) in intents { giveNoted(intent, ref: reference) }
        for (question, promise) in asked { ask(question).cascade(to: promise) }
        checkQuitting()
    }

    /// Those who were here and do not come to the new holder in time have left (CL-302).
    private func watchPeers() {
        missed = peers
        loop.scheduleTask(in: Self.peerPatience) { [self] in
            let gone = missed
            missed = [:]
            for var status in gone.values.sorted(by: { $0.peer < $1.peer }) {
                status.state = .left
                peers[status.peer] = nil
                pass(.peer(status))
            }
        }
    }

    /// As long as a person who was lost counts as here (SE-10).
    private static let peerPatience = TimeAmount.seconds(12)

    // MARK: Leaving, on the loop

    private static let quitPatience = Duration.seconds(10)
    /// So long after a change of holders may others still be on their way to the new one.
    private static let companionPatience = Duration.seconds(1)

    private func beginQuitting() -> EventLoopFuture<Ending?> {
        switch seat {
        case .holding(let held) where resuming == nil && waiting.isEmpty: return endHolding(held)
        // Who has just taken the board over first does again what the holder before took with it.
        case .holding, .attached, .between:
            if let quitting { return quitting.promise.futureResult }
            let promise = loop.makePromise(of: Ending?.self)
            quitting = Quitting(until: options.clock.now + Self.quitPatience, promise: promise)
            if ledger.isDrawing { giveNoted(.commit, ref: nil) }
            loop.scheduleTask(in: .nanoseconds(Self.quitPatience.nanoseconds)) { [self] in leave(nil) }
            checkQuitting()
            return promise.futureResult
        case .ended: return loop.makeSucceededFuture(ended)
        }
    }

    private func endHolding(_ held: HeldBoard) -> EventLoopFuture<Ending?> {
        companions(of: held, until: tookOverAt.map { $0 + Self.companionPatience } ?? options.clock.now).flatMap { [loop] count in
            let promise = loop.makePromise(of: Ending?.self)
            promise.completeWithTask {
                // Where others go on with the board, nobody shall notice that we leave.
                let ending = count > 0 ? await held.driver.handOver() : await held.driver.quit()
                return ending.map { Ending(unsaved: $0.unsaved, unsent: $0.unsent) }
            }
            return promise.futureResult
        }
    }

    /// How many programs go on with the board. One who has just taken it over gives those time to come who were attached before: else the others
    /// would be told farewell, and then of somebody who joins.
    private func companions(of held: HeldBoard, until limit: Instant) -> EventLoopFuture<Int> {
        held.desk.isAlone.hop(to: loop).flatMap { [self] isAlone in
            guard isAlone, options.clock.now < limit else { return held.desk.beginLeaving().hop(to: loop) }
            return loop.flatScheduleTask(in: .milliseconds(20)) { [self] in companions(of: held, until: limit) }.futureResult
        }
    }

    /// Leaves once all that was asked is answered, saved and with those present.
    private func checkQuitting() {
        guard let quitting, !quitting.isAsking, resuming == nil, waiting.isEmpty else { return }
        if case .holding(let held) = seat {
            // The holder ended while we were about to leave, and the board is ours to end now.
            self.quitting = nil
            return endHolding(held).cascade(to: quitting.promise)
        }
        guard !ledger.isWaiting, case .attached(let board) = seat else { return }
        self.quitting?.isAsking = true
        board.ask(.status).whenComplete { [self] result in
            self.quitting?.isAsking = false
            guard case .success(.status(let status)) = result else { return }
            if status.isSaved, status.isDelivered { leave(status) }
        }
    }

    private func leave(_ status: StatusReport?) {
        guard let quitting else { return }
        self.quitting = nil
        let unsaved = status.map { $0.isSaved ? 0 : $0.unsaved } ?? ledger.entries.count
        let ending = Ending(unsaved: unsaved, unsent: status?.unsent ?? 0)
        let last = rise().seat
        if case .attached(let board) = last { board.leave() }
        pass(.stopped(unsaved: ending.unsaved, unsent: ending.unsent))
        quitting.promise.succeed(ending)
    }
}

extension Failure {
    init(cannotAttach refusal: AttachedBoard.Refusal, to shared: SharedBoard) {
        switch refusal {
        case .version(let theirs):
            let isOlder = theirs < AttachProtocol.version
            self.init(
                .version, code: "attach_version", what: "cannot attach to “\(shared.savedName)”, which another program holds",
                why: "that program is of \(isOlder ? "an older" : "a newer") version of inkwire than this one",
                next: isOlder ? "end that program and open the board again" : "use the newer inkwire here as well")
        case .full:
            self.init(
                .local, code: "attach_full", what: "cannot attach to “\(shared.savedName)”",
                why: "\(FrontEndID.countMax - 1) programs are attached to it already", next: "end one of them, then try again")
        case .broken:
            self.init(
                .local, code: "locked", what: "cannot open “\(shared.savedName)”: another program has it open",
                why: "that program does not answer", next: "end it (an inkwire of 0.1 lets nobody attach), then try again")
        }
    }
}
