import InkAutomation
import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession

/// Plays the node for an automation: notes what it puts out, answers what the test wants answered.
struct Stage {
    var automation = Automation()
    var now = Instant.zero
    /// Lines for stdout, in order.
    private(set) var lines: [JSONObject] = []
    private(set) var intents: [(intent: Intent, ref: UInt64?)] = []
    private(set) var questions: [BoardQuestion] = []
    /// Between whom words were asked for.
    private(set) var compared: [[AuthorID]] = []
    private(set) var hasQuit = false

    let me = Stage.author(1)
    private var shapeCount: UInt64 = 0
    private var random = SplitMix64(seed: 5)

    static func author(_ number: UInt64) -> AuthorID {
        var random = SplitMix64(seed: number)
        return AuthorID(using: &random)
    }

    /// A stage whose board is ready, with these shapes on it.
    init(shapes: [Shape] = []) {
        ready(shapes)
    }

    /// A stage whose board is ready, for commands of one piece of work.
    init(stopsAtError: Void) {
        automation = Automation(stopsAtError: true)
        ready()
    }

    /// A stage whose board has not arrived.
    init(notReady: Void) {}

    mutating func ready(_ shapes: [Shape] = []) {
        receive(.ready(BoardID(using: &random), me: me))
        answer(.board(BoardReport(name: "test", shapes: shapes, role: "owner", ownLabels: [], unreadable: 0)))
    }

    /// Events and errors of that name.
    func events(_ name: String) -> [JSONObject] { lines.filter { $0["event"] == .string(name) } }

    mutating func line(_ text: String) {
        automation.receive(line: Array(text.utf8), now: now)
        drain()
    }

    mutating func receive(_ event: Event) {
        automation.receive(event, wallTime: 1234, now: now)
        drain()
    }

    mutating func answer(_ answer: BoardAnswer) {
        automation.receive(answer, now: now)
        drain()
    }

    mutating func answer(safety words: SafetyWords?) {
        automation.receive(safety: words, now: now)
        drain()
    }

    mutating func quit() {
        automation.receive(.quit, now: now)
        drain()
    }

    /// Lets time pass, stopping at each deadline.
    mutating func pass(_ span: Duration) {
        let end = now + span
        while let deadline = automation.deadline, deadline <= end {
            now = max(now, deadline)
            automation.handleTimeout(now: now)
            drain()
        }
        now = end
    }

    /// What the node says when it has carried out the last intent, which drew a shape.
    @discardableResult
    mutating func drawn(by author: AuthorID? = nil) -> Shape {
        guard let last = intents.last else { preconditionFailure("nothing was asked of the node") }
        let content: ShapeDraft =
            if case .draw(let draft) = last.intent { draft } else { ShapeDraft(kind: .freehand, position: .zero) }
        let shape = Stage.shape(number: next(), author: author ?? me, content)
        receive(.changed([ShapeChange(kind: .added, id: shape.id, author: shape.id.author, shape: shape)], ref: last.ref))
        receive(.outcome(ref: last.ref ?? 0, .done))
        return shape
    }

    static func shape(number: UInt64, author: AuthorID, _ content: ShapeDraft) -> Shape {
        var depth = ByteWriter(capacity: 8)
        depth.writeVarint(number)
        return Shape(
            id: ShapeID(author: author, number: number), content: content, depth: DepthKey(depth.bytes) ?? .first)
    }

    private mutating func next() -> UInt64 {
        shapeCount += 1
        return shapeCount
    }

    private mutating func drain() {
        while let output = automation.nextOutput() {
            switch output {
            case .write(let text):
                guard let object = JSONValue(parsing: Array(text.utf8))?.object else { preconditionFailure("no JSON object: \(text)") }
                lines.append(object)
            case .intent(let intent, let ref): intents.append((intent, ref))
            case .ask(let question): questions.append(question)
            case .makeSafetyWords(let me, let other): compared.append([me, other])
            case .quit: hasQuit = true
            }
        }
    }
}

extension ShapeDraft {
    static func box(_ label: String = "") -> ShapeDraft {
        ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 64, height: 64), label: label)
    }
}
