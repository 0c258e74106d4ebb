import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession

/// A headless person: commands in as JSON lines, events out. A value without I/O, driven like the session's own machines: call one input,
/// drain `nextOutput()`, come back by `deadline`.
///
///     line ─► waiting ─► running ─► done, next
///                          │  intent told ─► its events carry the command's `ref`
///                          ├─ gesture: a step each 33 ms, then commit
///                          └─ wait: until the condition holds or its time is over
///
/// Commands run strictly in order; nothing runs before the board is ready (CL-3).
package struct Automation {
    /// What must be done.
    package enum Output: Equatable {
        /// One line for stdout, without the line feed.
        case write(String)
        /// Hand this to the node.
        case intent(Intent, ref: UInt64?)
        /// Answer with `receive(_: BoardAnswer)`.
        case ask(BoardQuestion)
        /// Make the words for these two devices, off the loop; answer with `receive(safety:)`.
        case makeSafetyWords(me: AuthorID, other: AuthorID)
        /// Tell the node to quit. Nothing is run after it (CL-11).
        case quit
    }

    /// Shortest step of a live gesture (CL-4).
    package static let step = Duration.milliseconds(33)

    /// Invites whose codes stand open, and to which devices they were given.
    private var openCodes: Set<TransactionName> = []
    /// Those of them who have not been here yet.
    private var comers: Set<AuthorID> = []
    /// Those here, by whom a board without roles knows who is meant.
    private var present: [PeerID: PeerStatus] = [:]
    /// Commands answered so far, refused lines included; a reader uses it to bound what is waiting.
    package private(set) var finishedCount = 0
    /// The first command that was answered by an error: how many came before it, lines without a command included, and why.
    package private(set) var firstFailure: (index: Int, error: AutomationError)?
    /// What came of commands that who does not read lines wants to know.
    package private(set) var results = Results()
    /// True once `.quit` was put out.
    package private(set) var hasQuit = false

    /// What the last command of each kind was answered; nil before one.
    package struct Results {
        /// What the last `become` was about (CL-86).
        package var becoming: Becoming.Counts?
        /// What was made, and the link of it.
        package var invite: (news: InviteNews, link: String)?
        package var members: (members: [MemberNews], invites: [StandingInvite])?
        package var safety: (device: AuthorID, words: SafetyWords)?
        /// How many shapes commands left alone, since somebody changed them.
        package var skippedCount = 0
    }

    /// After an error nothing is run any more but `quit` (CL-33).
    private let stopsAtError: Bool
    private let format = EventFormat()
    private var names = ShapeNames()
    /// What stands on the board, as far as told; a `set` of x alone needs the y there is.
    private var shapes = BoardView()
    private var me: AuthorID?
    private var boardID: BoardID?
    private var gestures: [GestureID: Gesture] = [:]
    /// Trails of light that were told to be on.
    private var trails: [PeerID: UInt64] = [:]
    private var waiting = Queue<Result<AutomationRequest, AutomationError>>()
    private var running: Running?
    private var isReady = false
    /// Lines that came before the board was ready.
    private var heldBack: [String] = []
    private var lastRef: UInt64 = 0
    private var outputs = Outputs<Output>()

    /// The command under way.
    private struct Running {
        var request: AutomationRequest
        var stage: Stage
        /// True once an event carried its `ref`.
        var wasTold = false
        /// True once what it waits for was looked at.
        var hasLooked = false
        /// The invite that it made.
        var invited: InviteNews?
        /// With whom its words are compared.
        var compared: AuthorID?
    }

    private enum Stage {
        /// The node has the intent with this number.
        case awaitingReply(UInt64)
        case awaitingAnswer
        case drawing(Live)
        case waiting(AutomationCommand.Condition, until: Instant)
        case pausing(until: Instant)
        case lookingAround(until: Instant)
    }

    /// A live gesture in steps.
    private struct Live {
        enum Kind {
            case stroke(ShapeDraft)
            case drag(ShapeID, by: Point)
            /// Where a light goes.
            case laser([Point])
        }
        var kind: Kind
        var start: Instant
        var duration: Duration
        /// Steps taken of `steps`.
        var taken = 0
        var steps: Int
        /// The number given with the gesture's begin; a refusal of it ends the command.
        var ref: UInt64

        /// When the next step is due.
        var deadline: Instant { start + .nanoseconds(duration.nanoseconds / Int64(steps) * Int64(taken + 1)) }
    }

    /// - Parameter stopsAtError: true for commands that were written as one piece of work, each counting on those before it.
    package init(stopsAtError: Bool = false) { self.stopsAtError = stopsAtError }

    // MARK: Inputs

    /// One line of input without its line feed. Empty lines are nothing.
    package mutating func receive(line: [UInt8], now: Instant) {
        guard !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) else {
            finishedCount += 1
            return
        }
        waiting.append(Result { () throws(AutomationError) in try AutomationRequest(line: line) })
        run(now: now)
    }

    /// A line that was longer than `AutomationRequest.lineBytes` and was not kept.
    package mutating func receiveOversizedLine(now: Instant) {
        waiting.append(
            .failure(AutomationError(code: "bad_json", field: nil, message: "the line is longer than \(AutomationRequest.lineBytes) bytes"))
        )
        run(now: now)
    }

    /// A command that did not come as a line.
    package mutating func receive(_ command: AutomationCommand, now: Instant) {
        waiting.append(.success(AutomationRequest(command: command)))
        run(now: now)
    }

    /// Something the node told. `wallTime` is milliseconds since 1970, for people and logs.
    package mutating func receive(_ event: Event, wallTime: UInt64, now: Instant) {
        switch event {
        case .ready(let board, let me, _):
            (boardID, self.me) = (board, me)
            outputs.append(.ask(.board))
        case .changed(let changes, let ref):
            // A line may be told before what it is bound to, and an id that was told never changes: all get theirs first.
            if isReady { for change in changes { _ = names.name(change.shape) } }
            for change in changes { tell(change, ref: ref, wallTime: wallTime) }
        case .outcome(let ref, let outcome): receive(outcome, of: ref, now: now)
        case .chat(let message, let ref): tell(message, ref: ref)
        case .chatState(let message): tell(message, ref: nil)
        case .chatPage(let page, let ref): tell(page, ref: ref)
        case .gesture(let id, let change): tell(change, of: id)
        case .sync(let status):
            write("sync", format.sync(status))
            askStatusIfWaiting()
        case .peer(let status):
            if let author = status.author, status.state == .joined { comers.remove(author) }
            present[status.peer] = status.state == .left ? nil : status
            write("peer", format.peer(status))
            askStatusIfWaiting()
        case .stopped: break
        case .invited(let news, let ref):
            guard isRunning(ref) else { break }
            running?.invited = news
            if news.code != nil { openCodes.insert(news.invite) }
        case .code(let news):
            if openCodes.contains(news.invite), case .inviter(.given(let device, _)) = news.what { comers.insert(device) }
            if news.isEnd { openCodes.remove(news.invite) }
            if let (name, members) = format.plain(event) { write(name, members) }
            askStatusIfWaiting()
        case .textMerged(let news):
            let members = format.text(news) { id in shapes[id].map { names.name($0) } ?? names.name(id) }
            write("text", members)
        case .cursor(let source, let samples):
            if let (name, members) = format.plain(event) { write(name, members) }
            tellLight(samples, of: source.peer)
        case .view, .lookHere, .typing, .rendezvous, .tokens, .rejected, .fork, .restoring, .duplicateDevice, .meeting, .knownName,
            .notAdmitted,
            .versionMismatch, .rights, .chatsGone, .calm, .identity, .typingEnded:
            if let (name, members) = format.plain(event) { write(name, members) }
            // Who comes again by another session is in the same state as before, of which nothing is told; but what he sees is.
            if case .view = event { askStatusIfWaiting() }
        }
    }

    /// The answer to a question; answers come in the order of the questions.
    package mutating func receive(_ answer: BoardAnswer, now: Instant) {
        switch answer {
        case .board(let report): becomeReady(report.shapes, role: report.role, ownLabels: report.ownLabels)
        case .status(let status): check(status, now: now)
        case .state(let report): reply { automation, ref in automation.write("state", automation.stateMembers(report), ref: ref) }
        case .links(let links, let datagrams):
            let peers = links.map { JSONValue.object(format.link($0)) }
            reply { automation, ref in
                automation.write("stats", ["peers": .array(peers), "datagrams": .object(automation.format.datagrams(datagrams))], ref: ref)
            }
        case .dump(let text):
            let link = JSONValue(parsing: Array(text.utf8)) ?? .null
            reply { automation, ref in automation.write("dump", ["link": link], ref: ref) }
        case .members(let members, let invites): receive(members, invites)
        case .invite(let link): receive(link: link)
        }
        run(now: now)
    }

    /// The words that were asked for; nil where this machine does not give the memory (CL-181).
    package mutating func receive(safety words: SafetyWords?, now: Instant) {
        guard case .awaitingAnswer = running?.stage, let device = running?.compared else { return }
        guard let words else {
            report(AutomationError(code: "no_memory", field: nil, message: SafetyWords.obstacle, ref: running?.request.ref))
            finish()
            return run(now: now)
        }
        results.safety = (device, words)
        reply { automation, ref in
            automation.write(
                "safety",
                [
                    "who": .string(device.hex), "me": .string(automation.me?.hex ?? ""), "words": .array(words.words.map { .string($0) }),
                ], ref: ref)
        }
        run(now: now)
    }

    /// Call at or after `deadline`.
    package mutating func handleTimeout(now: Instant) {
        guard let deadline, now >= deadline, let stage = running?.stage else { return }
        switch stage {
        case .drawing(let live): advance(live, now: now)
        case .waiting(let condition, _):
            // A wait of no time at all still looks once (CL-8).
            guard running?.hasLooked == true else { return }
            report(
                AutomationError(
                    code: "timeout", field: nil, message: "\(format.name(condition)) did not come in time", ref: running?.request.ref))
            finish()
        case .pausing:
            write("waited", [:], ref: running?.request.ref)
            finish()
        case .lookingAround: finish()
        case .awaitingReply, .awaitingAnswer: break
        }
        run(now: now)
    }

    /// When to call `handleTimeout(now:)`; nil when only an input can move us.
    package var deadline: Instant? {
        switch running?.stage {
        case .drawing(let live): live.deadline
        case .waiting(_, let until): running?.hasLooked == true ? until : nil
        case .pausing(let until), .lookingAround(let until): until
        case .awaitingReply, .awaitingAnswer, nil: nil
        }
    }

    /// The next thing to do; nil when there is nothing more.
    package mutating func nextOutput() -> Output? { outputs.next() }

    // MARK: Running commands

    private mutating func run(now: Instant) {
        while isReady, running == nil, !hasQuit, let next = waiting.popFirst() {
            switch next {
            case .success(let request) where isRun(request.command): start(request, now: now)
            case .success: finishedCount += 1
            case .failure(let error):
                report(error)
                finishedCount += 1
            }
        }
    }

    private func isRun(_ command: AutomationCommand) -> Bool { !stopsAtError || firstFailure == nil || command == .quit }

    private mutating func start(_ request: AutomationRequest, now: Instant) {
        running = Running(request: request, stage: .awaitingAnswer)
        switch request.command {
        case .draw(let draft, let ends):
            guard accepts(label: draft.label), let changes = bindings(ends) else { return }
            var draft = draft
            for change in changes { draft.take(change) }
            submit(.draw(ends.areBound && draft.points.isEmpty ? shapes.placed(draft) : draft))
        case .stroke(let draft, let milliseconds):
            guard accepts(label: draft.label) else { return }
            guard milliseconds > 0 else { return submit(.draw(draft)) }
            begin(.stroke(draft), milliseconds: milliseconds, parts: draft.points.count, now: now)
        case .set(let name, let edit):
            guard let shape = find(name), let ends = bindings(edit.ends, of: shape, called: name) else { return }
            let changes = edit.changes(of: shape.content)
            if let other = changes.map(\.property).first(where: { !$0.isMember(of: shape.content.kind) }) {
                let kinds = ShapeKind.allCases.filter { other.isMember(of: $0) }.map(\.name).joined(separator: ", ")
                return refuse("bad_value", other.key, "only \(kinds) have it, and the kind of “\(name)” is \(shape.content.kind.name)")
            }
            submit(.set(shape.id, changes + ends))
        case .move(let name, let by, let milliseconds):
            guard let shape = find(name) else { return }
            guard milliseconds > 0 else { return submit(.move([shape.id], by: by)) }
            begin(.drag(shape.id, by: by), milliseconds: milliseconds, parts: .max, now: now)
        case .delete(let name):
            guard let shape = find(name) else { return }
            submit(.delete([shape.id]))
        case .arrange(let names, let arrangement):
            guard let ids = find(all: names) else { return }
            arrange(ids, arrangement)
        case .add(let drawing): add(drawing)
        case .become(let drawing):
            let whole = Becoming(shapes, drawing)
            results.becoming = whole.counts
            if whole.change.isEmpty { done() } else { submit(.change(whole.change)) }
        case .undo: submit(.undo)
        case .redo: submit(.redo)
        case .cursor(let point): submit(.cursor(point))
        case .laser(let path, let milliseconds): begin(.laser(path), milliseconds: milliseconds, parts: path.count, now: now)
        case .view(let box): submit(.view(box))
        case .lookHere(let box): submit(.lookHere(box))
        case .say(let text): submit(.say(text))
        case .resend(let message): submit(.resend(message))
        case .readChat(let order): submit(.readChat(order))
        case .typing: submit(.typing)
        case .attention(let attending): submit(.attention(attending))
        case .invite(nil): outputs.append(.ask(.invite))
        case .invite(.some(let order)): submit(.invite(order))
        case .takeBack(let who, let span): submit(.calm(.takeBack(TakeBackOrder(.named(who), span))))
        case .slowMode(let milliseconds): submit(.calm(.pace(milliseconds: milliseconds)))
        case .lock(let names, let isLocked):
            guard let ids = find(all: names) else { return }
            submit(.calm(.lock(ids, isLocked)))
        // Whom it is about is known when all are.
        case .grant, .remove, .members, .safety, .verify: outputs.append(.ask(.members))
        case .state: outputs.append(.ask(.state))
        case .stats: outputs.append(.ask(.links))
        case .dump: outputs.append(.ask(.dump))
        case .wait(let condition, let milliseconds):
            running?.stage = .waiting(condition, until: now + .milliseconds(milliseconds))
            outputs.append(.ask(.status))
        case .lookAround(let milliseconds):
            running?.stage = .lookingAround(until: now + .milliseconds(milliseconds))
            outputs.append(.ask(.status))
        case .pause(let milliseconds): running?.stage = .pausing(until: now + .milliseconds(milliseconds))
        case .quit:
            hasQuit = true
            outputs.append(.quit)
        }
    }

    private mutating func submit(_ intent: Intent) {
        // What only moves is done once it is said.
        guard !intent.isMotion else {
            outputs.append(.intent(intent, ref: nil))
            return done()
        }
        lastRef += 1
        running?.stage = .awaitingReply(lastRef)
        outputs.append(.intent(intent, ref: lastRef))
    }

    private mutating func finish() {
        running = nil
        finishedCount += 1
    }

    /// False, with the error told, if we used the label before (CL-7).
    private mutating func accepts(label: String) -> Bool {
        guard let me, !label.isEmpty, names.isUsed(label, by: me) else { return true }
        report(
            AutomationError(code: "duplicate_id", field: "id", message: "id: you have used “\(label)” before", ref: running?.request.ref))
        finish()
        return false
    }

    private mutating func find(_ name: String) -> Shape? {
        if let id = names.shape(name), let shape = shapes[id] { return shape }
        report(
            AutomationError(
                code: "no_such_shape", field: "id", message: "id: no shape “\(name)” is on the board", ref: running?.request.ref))
        finish()
        return nil
    }

    /// What binds the ends of a line; nil, with the error told, where that cannot be (CL-50).
    ///
    /// - Parameter shape: the shape that is changed, by the id `called`; nil for a new line.
    private mutating func bindings(_ ends: AutomationCommand.LineEnds, of shape: Shape? = nil, called: String = "") -> [PropertyChange]? {
        var changes: [PropertyChange] = []
        for (property, end) in ends.said {
            func refuse(_ code: String, _ message: String) -> [PropertyChange]? {
                report(
                    AutomationError(
                        code: code, field: property.key, message: "\(property.key): \(message)", ref: running?.request.ref))
                finish()
                return nil
            }
            if let kind = shape?.content.kind, !property.isMember(of: kind) {
                return refuse("bad_value", "only lines and arrows have ends that can be bound, and the kind of “\(called)” is \(kind.name)")
            }
            guard case .bound(let name, let x, let y) = end else {
                changes.append(PropertyChange(property, .binding(nil)))
                continue
            }
            guard let target = names.shape(name).flatMap({ shapes[$0] }) else {
                return refuse("no_such_shape", "no shape “\(name)” is on the board")
            }
            guard target.content.isBindable else {
                return refuse(
                    "bad_value",
                    "lines end at rectangles, ellipses, diamonds, notes and texts, and the kind of “\(name)” is \(target.content.kind.name)"
                )
            }
            changes.append(PropertyChange(property, .binding(Binding(target.id, x: x, y: y))))
        }
        return changes
    }

    // MARK: Several shapes

    // CL-52
    private mutating func find(all names: [String]) -> [ShapeID]? {
        var ids: [ShapeID] = []
        for name in names {
            guard let id = self.names.shape(name), shapes[id] != nil else {
                refuse("no_such_shape", "ids", "no shape “\(name)” is on the board: nothing was changed")
                return nil
            }
            ids.append(id)
        }
        return ids
    }

    private mutating func arrange(_ ids: [ShapeID], _ arrangement: AutomationCommand.Arrangement) {
        let intent: Intent?
        do throws(ArrangementError) {
            intent =
                switch arrangement {
                case .group: try shapes.grouping(ids)
                case .ungroup: try shapes.ungrouping(ids)
                case .order(let step): try shapes.ordering(ids, to: step)
                case .align(let side): try shapes.aligning(ids, to: side)
                case .distribute(let axis): try shapes.distributing(ids, axis)
                case .duplicate(let by): try shapes.duplicating(ids, by: by, author: me ?? .zero)
                }
        } catch {
            return refuse("bad_value", error == .beyondEdge ? "by" : "ids", "\(error)")
        }
        // What is as it should be needs no change.
        if let intent { submit(intent) } else { done() }
    }

    private mutating func add(_ drawing: Drawing) {
        let author = me ?? .zero
        do throws(ArrangementError) {
            let intent = try shapes.importing(drawing, author: author) { [names] in names.isUsed($0, by: author) }
            if let intent { submit(intent) } else { done() }
        } catch {
            refuse("bad_value", "by", "\(error)")
        }
    }

    /// Ends the running command with an error of one of its members.
    private mutating func refuse(_ code: String, _ field: String, _ message: String) {
        report(AutomationError(code: code, field: field, message: "\(field): \(message)", ref: running?.request.ref))
        finish()
    }

    // MARK: Who may do what

    // CL-155
    private mutating func receive(_ members: [MemberNews], _ invites: [StandingInvite]) {
        guard case .awaitingAnswer = running?.stage, let request = running?.request else { return }
        do throws(WhomFault) {
            switch request.command {
            case .safety(let who):
                let device = try Whom.present(who, among: members.isEmpty ? peopleHere : members)
                guard device != me, let me else { return refuse("oneself", "who", "there is nobody between you and yourself") }
                running?.compared = device
                return outputs.append(.makeSafetyWords(me: me, other: device))
            case .verify(let who, let isVerified):
                let device = try Whom.present(who, among: members.isEmpty ? peopleHere : members)
                guard device != me else { return refuse("oneself", "who", "one need not verify oneself") }
                return submit(.verify(device, isVerified))
            case .grant, .remove:
                guard !members.isEmpty else {
                    report(format.error(.noRoles, ref: request.ref))
                    return finish()
                }
            default: break
            }
            switch request.command {
            case .grant(let who, let role):
                submit(.grant(try Whom.member(who, among: members), role))
            case .remove(let who, let withInvited, let reason):
                let whom: RemovalOrder.Whom =
                    switch try Whom(who, among: members, invites: invites) {
                    case .device(let device): .device(device)
                    case .invite(let invite): .invite(invite)
                    }
                submit(.remove(RemovalOrder(whom, withInvited: withInvited, reason: reason)))
            default:
                results.members = (members, invites)
                reply { automation, ref in automation.write("members", automation.format.members(members, invites: invites), ref: ref) }
            }
        } catch {
            let code =
                switch error {
                case .nobody: "no_such_member"
                case .several: "ambiguous"
                // CL-180
                case .identity: "identity_changed"
                }
            refuse(code, "who", "\(error)")
        }
    }

    /// Those here as members, on a board without roles.
    private var peopleHere: [MemberNews] {
        present.sorted { $0.key < $1.key }.compactMap { _, status in
            status.author.map {
                MemberNews(
                    device: $0, person: $0, name: status.name, role: .editor, origin: .granted, giver: nil, isPresent: true, since: 0,
                    right: .zero, isOverUse: false)
            }
        }
    }

    /// The link of this board: that of the invite just made has the same place.
    private mutating func receive(link: String) {
        guard let news = running?.invited else {
            return reply { automation, ref in automation.write("invite", automation.format.link(link), ref: ref) }
        }
        do throws(InviteLinkError) {
            var invite = try Invite(link: link)
            invite.key = news.key
            results.invite = (news, invite.link)
            reply { automation, ref in automation.write("invite", automation.format.invite(news, link: invite.link), ref: ref) }
        } catch {
            refuse("bad_link", "link", "\(error)")
        }
    }

    // MARK: Live gestures

    private mutating func begin(_ kind: Live.Kind, milliseconds: Int, parts: Int, now: Instant) {
        lastRef += 1
        let duration = Duration.milliseconds(milliseconds)
        // The first sample begins the stroke, so one point less remains to be sent.
        let steps = max(1, min(parts - 1, Int(duration.nanoseconds / Self.step.nanoseconds)))
        running?.stage = .drawing(Live(kind: kind, start: now, duration: duration, steps: steps, ref: lastRef))
        switch kind {
        case .stroke(var draft):
            draft.points = Array(draft.points.prefix(1))
            outputs.append(.intent(.begin(.stroke(draft)), ref: lastRef))
        case .drag(let id, _): outputs.append(.intent(.begin(.move([id], by: .zero)), ref: lastRef))
        case .laser(let path):
            outputs.append(.intent(.cursor(path[0]), ref: nil))
            outputs.append(.intent(.laser(true), ref: nil))
        }
    }

    /// Takes all steps that are due; the last one commits.
    private mutating func advance(_ live: Live, now: Instant) {
        var next = live
        while next.taken < next.steps, next.deadline <= now { next.taken += 1 }
        switch live.kind {
        case .stroke(let draft):
            func upTo(_ taken: Int) -> Int { 1 + (draft.points.count - 1) * taken / live.steps }
            let samples = draft.points[upTo(live.taken)..<upTo(next.taken)]
            if !samples.isEmpty { outputs.append(.intent(.extend(samples.map { draft.position + $0 }), ref: nil)) }
        case .drag(let id, let by):
            let part = Point(
                clampingX: Int64(by.x) * Int64(next.taken) / Int64(live.steps), y: Int64(by.y) * Int64(next.taken) / Int64(live.steps))
            outputs.append(.intent(.update(.move([id], by: part)), ref: nil))
        case .laser(let path): outputs.append(.intent(.cursor(path[(path.count - 1) * next.taken / live.steps]), ref: nil))
        }
        guard next.taken == next.steps else {
            running?.stage = .drawing(next)
            return
        }
        if case .laser = live.kind { submit(.laser(false)) } else { submit(.commit) }
    }

    // MARK: Replies

    /// What the user gave as `ref` with the running command, if `number` is that command's (CL-13).
    private func userRef(_ number: UInt64?) -> JSONValue? {
        isRunning(number) ? running?.request.ref : nil
    }

    private func isRunning(_ number: UInt64?) -> Bool {
        guard let number else { return false }
        return switch running?.stage {
        case .awaitingReply(let awaited): awaited == number
        case .drawing(let live): live.ref == number
        default: false
        }
    }

    /// Writes the answer to the command that waits for one, with its ref, and ends it.
    private mutating func reply(_ write: (inout Automation, JSONValue?) -> Void) {
        guard case .awaitingAnswer = running?.stage else { return }
        write(&self, running?.request.ref)
        finish()
    }

    /// The one answer to an intent ends the command that asked for it.
    private mutating func receive(_ outcome: Outcome, of number: UInt64, now: Instant) {
        guard isRunning(number), let request = running?.request else { return }
        switch outcome {
        case .done:
            // The begin of a gesture is answered by its end, and that by the commit's own answer.
            if case .drawing = running?.stage { return }
            guard running?.invited == nil else {
                running?.stage = .awaitingAnswer
                return outputs.append(.ask(.invite))
            }
            done()
        case .refused(let refusal):
            report(format.error(refusal, ref: request.ref))
            finish()
        case .skipped(let skipped):
            results.skippedCount += skipped.count
            let ids = skipped.map { JSONValue.string(shapes[$0].map { names.name($0) } ?? names.name($0)) }
            write("skipped", ["shapes": .array(ids)], ref: request.ref)
            finish()
        }
        run(now: now)
    }

    /// Ends the running command; what changed nothing that an event tells is answered where that was asked.
    private mutating func done() {
        if let ref = running?.request.ref, running?.wasTold == false { write("done", [:], ref: ref) }
        finish()
    }

    private mutating func report(_ error: AutomationError) {
        // What was answered before is finished: its number is this one's place.
        if firstFailure == nil { firstFailure = (finishedCount, error) }
        var members: JSONObject = ["code": .string(error.code), "message": .string(error.message)]
        if let field = error.field { members["field"] = .string(field) }
        write("error", members, ref: error.ref)
    }

    // MARK: Waiting

    private mutating func askStatusIfWaiting() {
        switch running?.stage {
        case .waiting, .lookingAround: outputs.append(.ask(.status))
        default: break
        }
    }

    // CL-8
    private mutating func check(_ status: StatusReport, now: Instant) {
        if case .lookingAround = running?.stage, status.presentPeers > 0 { return finish() }
        guard case .waiting(let condition, _) = running?.stage else { return }
        let holds =
            switch condition {
            case .peers(let count): status.presentPeers >= count
            case .delivered: status.isDelivered
            case .saved: status.isSaved
            case .synced: status.isSynced
            case .code: openCodes.isEmpty && comers.isEmpty && status.isDelivered
            }
        running?.hasLooked = true
        guard holds else { return }
        write("waited", ["for": .string(format.name(condition))], ref: running?.request.ref)
        finish()
    }

    // MARK: Events

    private mutating func becomeReady(_ standing: [Shape], role: String, ownLabels: [String]) {
        guard !isReady, let boardID, let me else { return }
        isReady = true
        names = ShapeNames(standing, me: me)
        for label in ownLabels { names.use(label, by: me) }
        shapes.replaceAll(standing)
        write("ready", ["schema": 1, "board": .string(boardID.hex), "me": .string(me.hex), "role": .string(role)])
        outputs.append(contentsOf: heldBack.map { .write($0) })
        heldBack = []
    }

    private mutating func tell(_ change: ShapeChange, ref: UInt64?, wallTime: UInt64) {
        shapes.apply(change)
        // What stands when the board becomes ready is the state, not a change.
        guard isReady else { return }
        let id = names.name(change.shape)
        let shape = format.shape(change.shape, id: id) { id in shapes[id].map { names.name($0) } ?? names.name(id) }
        write(
            "shape",
            [
                "id": .string(id), "change": .string(change.kind.rawValue), "author": .string(change.author.hex),
                "shape": .object(shape), "t_ms": .integer(Int64(clamping: wallTime)),
            ], ref: userRef(ref))
        if userRef(ref) != nil { running?.wasTold = true }
    }

    private mutating func tell(_ message: ChatMessage, ref: UInt64?) {
        write("chat", format.chat(message), ref: userRef(ref))
        if userRef(ref) != nil { running?.wasTold = true }
    }

    private mutating func tell(_ page: ChatPage, ref: UInt64?) {
        guard isRunning(ref) else { return }
        write("history", format.page(page), ref: running?.request.ref)
        running?.wasTold = true
    }

    private mutating func tell(_ change: GestureChange, of id: GestureID) {
        let before = gestures[id]
        gestures[id].take(change)
        // Of the gestures of one front end the newest is shown: an older one only waits for its transaction.
        guard !gestures.keys.contains(where: { $0.source == id.source && $0.number > id.number }) else { return }
        let peer = JSONValue.string(id.source.peer.hex)
        guard let gesture = gestures[id] else {
            guard let before else { return }
            return write("gesture", ["peer": peer, "kind": .string(format.kind(of: before)), "state": "ended"])
        }
        let members = format.gesture(gesture) { id in
            shapes[id].map { names.name($0) } ?? names.name(id)
        }
        var all: JSONObject = ["peer": peer, "kind": .string(format.kind(of: gesture)), "state": "live"]
        for member in members.members { all[member.key] = member.value }
        write("gesture", all)
    }

    private mutating func tellLight(_ samples: [CursorSample], of peer: PeerID) {
        let before = trails[peer]
        trails[peer] = samples.last?.trail
        guard before != nil || samples.contains(where: { $0.trail != nil }) else { return }
        for trail in format.trails(samples, after: before) {
            var members: JSONObject = ["peer": .string(peer.hex)]
            for member in trail.members.members { members[member.key] = member.value }
            write("laser", members)
        }
    }

    private mutating func stateMembers(_ report: StateReport) -> JSONObject {
        var list: [JSONValue] = []
        for shape in report.shapes {
            let id = names.name(shape)
            list.append(.object(format.shape(shape, id: id) { id in shapes[id].map { names.name($0) } ?? names.name(id) }))
        }
        return [
            "fingerprint": .string(format.fingerprint(report.fingerprint)), "transactions": .integer(Int64(report.transactionCount)),
            "shapes": .array(list), "saved": .bool(report.isSaved), "unsent": .integer(Int64(report.unsent)),
        ]
    }

    /// Events that whoever waits for a board needs to see.
    private static let beforeReady: Set = ["connecting", "unreachable", "not_admitted", "tokens"]

    private mutating func write(_ event: String, _ members: JSONObject, ref: JSONValue? = nil) {
        var line: JSONObject = ["event": .string(event)]
        for member in members.members { line[member.key] = member.value }
        if let ref { line["ref"] = ref }
        let text = JSONValue.object(line).text
        // Before `ready` there is only what may keep the board from arriving (CL-3).
        if isReady || Self.beforeReady.contains(event) { outputs.append(.write(text)) } else { heldBack.append(text) }
    }
}
