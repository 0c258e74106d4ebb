import InkBoard
import InkFrontEnd
import InkPrimitives
import InkRuntime
import InkSession
import NIOCore

/// A board that another process of this person holds, as seen over its local socket.
///
/// - Invariant of `@unchecked Sendable`: everything but the immutable is touched on the loop only.
final class AttachedBoard: @unchecked Sendable {
    /// Why one could not attach.
    enum Refusal: Error, Sendable {
        /// The holder speaks another version of this protocol.
        case version(UInt16)
        /// It has as many programs as it takes.
        case full
        /// It ends, said something that we do not understand, or its line broke: another try may find somebody else.
        case broken
    }

    private(set) var welcome: AttachReply.Welcome?
    /// True once the board has come; a holder that has not told it within the patience is given up.
    var isKnown = false
    /// Called on the loop, from the first event on.
    var onEvent: (Event) -> Void = { _ in }
    /// Called on the loop, once; never after `leave()`.
    var onEnd: () -> Void = {}

    private let channel: LocalChannel
    private let loop: any EventLoop
    private let welcomed: EventLoopPromise<AttachReply.Welcome>
    private var questions: [UInt64: EventLoopPromise<BoardAnswer>] = [:]
    private var lastQuestion: UInt64 = 0
    private var hasEnded = false
    /// Events that came before somebody listened.
    private var early: [Event] = []
    private var isListening = false

    private init(_ channel: LocalChannel, loop: any EventLoop) {
        (self.channel, self.loop) = (channel, loop)
        welcomed = loop.makePromise()
    }

    /// Attaches to the process that listens at `path`.
    ///
    /// - Parameters:
    ///   - strand: our history of undo.
    ///   - pending: what we asked before and do not know to be saved.
    ///   - patience: how long a holder that says nothing, one that was stopped perhaps, is waited for.
    static func attach(
        to path: String, strand: Strand, pending: [UInt64], patience: Duration, loop: any EventLoop
    ) -> EventLoopFuture<AttachedBoard> {
        LocalChannel.connect(path: path, loop: loop).flatMap { channel in
            let board = AttachedBoard(channel, loop: loop)
            channel.receive({ board.receive($0) }, onClose: { board.end() })
            board.send(.hello(AttachRequest.Hello(strand: strand.token, pending: Array(pending.suffix(AttachRequest.Hello.pendingMax)))))
            loop.scheduleTask(in: .nanoseconds(patience.nanoseconds)) { if !board.isKnown { board.refused(.broken) } }
            return board.welcomed.futureResult.map { _ in board }
        }
    }

    /// Drops changes that were told before somebody listened: they stand in a report that was asked for after them.
    func forgetChanges() { early.removeAll { if case .changed = $0 { true } else { false } } }

    /// Begins to tell events, those that came before first.
    func listen() {
        isListening = true
        let waiting = early
        early = []
        for event in waiting { onEvent(event) }
    }

    /// - Returns: false, and nothing is sent, if it is more than the holder takes at once.
    func submit(_ intent: Intent, ref: UInt64?) -> Bool {
        let frame = AttachRequest.intent(intent, ref: ref).encode()
        guard frame.count <= LocalFrameLimit.fromProgram.bytes else { return false }
        channel.send(frame)
        return true
    }

    func ask(_ question: BoardQuestion) -> EventLoopFuture<BoardAnswer> {
        guard !hasEnded else { return loop.makeFailedFuture(Refusal.broken) }
        lastQuestion += 1
        let promise = loop.makePromise(of: BoardAnswer.self)
        questions[lastQuestion] = promise
        send(.question(lastQuestion, question))
        return promise.futureResult
    }

    /// Goes, after what was asked has left.
    func leave() {
        onEnd = {}
        send(.leave)
        channel.close()
        end()
    }

    private func send(_ request: AttachRequest) { channel.send(request.encode()) }

    private func receive(_ frame: [UInt8]) {
        do throws(WireError) {
            switch try AttachReply(decoding: frame) {
            case .welcome(let welcome):
                self.welcome = welcome
                welcomed.succeed(welcome)
            case .refused(.version(let version)): refused(.version(version))
            case .refused(.full): refused(.full)
            case .refused(.leaving): refused(.broken)
            case .event(let event): if isListening { onEvent(event) } else { early.append(event) }
            case .answer(let number, let answer): questions.removeValue(forKey: number)?.succeed(answer)
            }
        } catch {
            refused(.broken)
        }
    }

    private func refused(_ why: Refusal) {
        if welcome == nil { welcomed.fail(why) }
        channel.close()
        end()
    }

    private func end() {
        guard !hasEnded else { return }
        hasEnded = true
        if welcome == nil { welcomed.fail(Refusal.broken) }
        let waiting = questions.values
        questions = [:]
        for promise in waiting { promise.fail(Refusal.broken) }
        onEnd()
    }
}
