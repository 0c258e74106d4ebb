import InkBoard
import InkFrontEnd
import InkPrimitives
import InkRuntime
import InkSession
import InkStore
import NIOCore

/// Where further programs of this person come to a board that this process holds: each speaks over a local socket, and is one front end of
/// the driver.
///
///     accepted ──hello──▶ attached ──leave, or its line ends──▶ gone
///         └── of another version, or there are too many ──▶ refused
///
/// - Invariant of `@unchecked Sendable`: everything but the immutable is touched on the driver's loop only, and `link` is set before `open`.
final class AttachmentDesk: @unchecked Sendable {
    /// One program's line.
    private final class Line {
        let channel: LocalChannel
        var strand: UInt64?
        var frontEnd: FrontEndID?
        /// What came before its place was known.
        var early: [[UInt8]] = []

        init(_ channel: LocalChannel) { self.channel = channel }
    }

    /// So much may wait for a program that takes nothing; then its line is closed, and it may come again and get all anew.
    private static let waitingMax = 64 << 20
    /// References remembered of one program.
    private static let doneMax = AttachRequest.Hello.pendingMax

    private let driver: Driver
    /// What programs asked for that is done: by history of undo, then reference.
    private var done: [UInt64: Set<UInt64>] = [:]
    private var lines: [ObjectIdentifier: Line] = [:]
    private var listener: LocalListener?
    /// Those who came before the board had begun; nil once it has.
    private var waiting: [LocalChannel]? = []
    /// The board is being left: who comes now waits for the next holder, or takes the board itself.
    private var isLeaving = false
    /// Makes an invite.
    var link: @Sendable () -> String = { "" }

    init(driver: Driver, requests: [StoredRequest]) {
        self.driver = driver
        for request in requests {
            if let reference = request.reference { done[request.strand.token, default: []].insert(reference) }
        }
    }

    /// Begins to listen. Blocks; not to be called on an event loop.
    func open(at path: String) throws(SocketError) {
        let made = try LocalListener.open(path: path, loop: driver.loop) { [self] channel in accept(channel) }
        driver.loop.execute { [self] in listener = made }
    }

    /// Lets in who has come, and who comes from now on. Before the holder's own front end listens the node must do nothing: what it told meanwhile
    /// that one would never hear.
    func begin() {
        driver.loop.execute { [self] in
            let early = waiting ?? []
            waiting = nil
            for channel in early { accept(channel) }
        }
    }

    /// Takes nobody in any more.
    ///
    /// - Returns: how many programs are attached, who go on with the board.
    func beginLeaving() -> EventLoopFuture<Int> {
        driver.loop.submit { [self] in
            isLeaving = true
            return lines.values.count { $0.frontEnd != nil }
        }
    }

    /// True while nobody is attached.
    var isAlone: EventLoopFuture<Bool> { driver.loop.submit { [self] in !lines.values.contains { $0.frontEnd != nil } } }

    /// Who goes on with a board that is closed.
    enum Company: Hashable, Sendable {
        /// Nobody, and the board was left.
        case none
        /// Nobody was there, but the board was not left: some may be on their way.
        case noneYet
        case some
    }

    /// Closes all lines: those who are attached look for another holder.
    func close() async -> Company {
        let closing = driver.loop.flatSubmit { [self] in
            let company = !lines.isEmpty || waiting?.isEmpty == false ? Company.some : isLeaving ? .none : .noneYet
            for line in lines.values { line.channel.close() }
            for channel in waiting ?? [] { channel.close() }
            (lines, waiting) = ([:], nil)
            let closed = listener?.close() ?? driver.loop.makeSucceededVoidFuture()
            return closed.map { company }
        }
        // A socket that cannot be closed is closed already.
        return (try? await closing.get()) ?? .some
    }

    private func accept(_ channel: LocalChannel) {
        guard waiting == nil else {
            waiting?.append(channel)
            return
        }
        let line = Line(channel)
        lines[ObjectIdentifier(line)] = line
        let bound = NIOLoopBound(line, eventLoop: driver.loop)
        channel.receive(
            { [self] frame in receive(frame, from: bound.value) },
            onClose: { [self] in forget(bound.value) })
    }

    private func receive(_ frame: [UInt8], from line: Line) {
        if line.strand != nil, line.frontEnd == nil {
            line.early.append(frame)
            return
        }
        do throws(WireError) {
            try take(AttachRequest(decoding: frame), from: line)
        } catch {
            // No program of ours says such a thing.
            end(line)
        }
    }

    private func take(_ request: AttachRequest, from line: Line) throws(WireError) {
        switch (request, line.frontEnd) {
        case (.hello(let hello), nil): welcome(line, hello)
        case (.intent(let intent, let reference), let frontEnd?): driver.submit(intent, from: frontEnd, ref: reference)
        case (.question(let number, let question), _?): answer(question, number, to: line)
        case (.leave, _?): end(line)
        case (.hello, _?), (.intent, nil), (.question, nil), (.leave, nil): throw .unexpected
        }
    }

    private func welcome(_ line: Line, _ hello: AttachRequest.Hello) {
        guard hello.version == AttachProtocol.version else { return refuse(line, .version(AttachProtocol.version)) }
        guard !isLeaving else { return refuse(line, .leaving) }
        line.strand = hello.strand
        let bound = NIOLoopBound(line, eventLoop: driver.loop)
        driver.attach(strand: Strand(token: hello.strand)) { [self] event in tell(event, to: bound.value) }.whenSuccess { [self] frontEnd in
            let line = bound.value
            guard let frontEnd else { return refuse(line, .full) }
            guard lines[ObjectIdentifier(line)] != nil else { return driver.detach(frontEnd) }
            driver.queryFuture { ($0.author, $0.board?.id, $0.board?.name ?? "") }.whenSuccess { [self] me, board, name in
                let line = bound.value
                let found = done[hello.strand] ?? []
                send(
                    .welcome(
                        AttachReply.Welcome(
                            frontEnd: frontEnd.number, me: me, peer: driver.peerID, board: board ?? .zero, name: name,
                            done: hello.pending.filter(found.contains))), to: line)
                line.frontEnd = frontEnd
                let early = line.early
                line.early = []
                for frame in early { receive(frame, from: line) }
            }
        }
    }

    private func refuse(_ line: Line, _ refusal: AttachRefusal) {
        send(.refused(refusal), to: line)
        end(line)
    }

    private func tell(_ event: Event, to line: Line) {
        // The holder's part ends, not that of a program which came in the last moment: it looks for another holder.
        if case .stopped = event { return end(line) }
        if case .outcome(let reference, let outcome) = event, let strand = line.strand {
            if case .refused = outcome {} else { remember(reference, of: strand) }
        }
        send(.event(event), to: line)
    }

    private func remember(_ reference: UInt64, of strand: UInt64) {
        if done[strand, default: []].count >= Self.doneMax { done[strand] = [] }
        done[strand, default: []].insert(reference)
    }

    private func answer(_ question: BoardQuestion, _ number: UInt64, to line: Line) {
        let text = question == .invite ? link() : ""
        let bound = NIOLoopBound(line, eventLoop: driver.loop)
        driver.answer(question, link: text).whenSuccess { [self] answer in send(.answer(number, answer), to: bound.value) }
    }

    private func send(_ reply: AttachReply, to line: Line) {
        guard lines[ObjectIdentifier(line)] != nil else { return }
        line.channel.send(reply.encode())
        if line.channel.waitingBytes > Self.waitingMax { end(line) }
    }

    private func end(_ line: Line) {
        line.channel.close()
        forget(line)
    }

    private func forget(_ line: Line) {
        guard lines.removeValue(forKey: ObjectIdentifier(line)) != nil, let frontEnd = line.frontEnd else { return }
        driver.detach(frontEnd)
    }
}

extension Driver {
    /// What the node answers.
    ///
    /// - Parameter link: the invite; looked at for `.invite` only.
    func answer(_ question: BoardQuestion, link: String) -> EventLoopFuture<BoardAnswer> {
        countersFuture().flatMap { [self] counters in
            queryFuture { node in BoardAnswer(question, of: node, foreignDatagrams: counters.foreign, link: link) }
        }
    }
}
