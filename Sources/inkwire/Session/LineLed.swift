import InkAutomation
import InkFrontEnd
import InkLinear
import InkPrimitives
import InkSession

/// What is led by lines and tells lines: JSON of programs, or the words of a person.
protocol LineLed: SendableMetatype {
    /// What it wants of whoever has files.
    associatedtype Effect: Sendable

    /// Longest line that it takes, bytes.
    static var lineBytes: Int { get }

    /// Lines answered so far.
    var finishedCount: Int { get }

    mutating func receive(line: [UInt8], now: Instant)
    /// A line that was longer than `lineBytes` and was not kept.
    mutating func receiveOversizedLine(now: Instant)
    /// The input has ended.
    mutating func receiveEnd(now: Instant)
    /// - Parameter wallTime: milliseconds since 1970, for people and logs.
    mutating func receive(_ event: Event, wallTime: UInt64, now: Instant)
    mutating func receive(_ answer: BoardAnswer, now: Instant)
    mutating func receive(safety words: SafetyWords?, now: Instant)
    mutating func handleTimeout(now: Instant)
    func deadline(now: Instant) -> Instant?
    mutating func nextStep() -> LineStep<Effect>?
}

/// What must be done for who is led by lines.
enum LineStep<Effect> {
    /// One line for stdout, without its line feed.
    case write(String)
    case intent(Intent, ref: UInt64?)
    case ask(BoardQuestion)
    case makeSafetyWords(me: AuthorID, other: AuthorID)
    case effect(Effect)
    case quit
}

extension Automation: LineLed {
    static var lineBytes: Int { AutomationRequest.lineBytes }

    mutating func receiveEnd(now: Instant) { receive(.quit, now: now) }

    func deadline(now: Instant) -> Instant? { deadline }

    mutating func nextStep() -> LineStep<Never>? {
        switch nextOutput() {
        case .write(let line): .write(line)
        case .intent(let intent, let ref): .intent(intent, ref: ref)
        case .ask(let question): .ask(question)
        case .makeSafetyWords(let me, let other): .makeSafetyWords(me: me, other: other)
        case .quit: .quit
        case nil: nil
        }
    }
}

extension Linear: LineLed {
    static var lineBytes: Int { LinearCommand.lineBytes }

    mutating func receive(_ event: Event, wallTime: UInt64, now: Instant) { receive(event, now: now) }

    mutating func nextStep() -> LineStep<Effect>? {
        switch nextOutput() {
        case .write(let line): .write(Notices.spelled(line))
        case .intent(let intent, let ref): .intent(intent, ref: ref)
        case .ask(let question): .ask(question)
        case .makeSafetyWords(let me, let other): .makeSafetyWords(me: me, other: other)
        case .effect(let effect): .effect(effect)
        case .quit: .quit
        case nil: nil
        }
    }
}
