import InkBoard
import InkFrontEnd
import InkLinear
import InkPrimitives
import InkSession

/// Plays the node and the disk for a person who types lines: notes what is put out, answers what the test wants answered.
struct LinearStage {
    var linear = Linear(name: "test", isJoining: false, ownName: "ana")
    var now = Instant.zero
    private(set) var lines: [String] = []
    private(set) var intents: [(intent: Intent, ref: UInt64?)] = []
    private(set) var questions: [BoardQuestion] = []
    private(set) var effects: [Linear.Effect] = []
    private(set) var compared: [[AuthorID]] = []
    private(set) var hasQuit = false

    let me = LinearStage.author(1)
    let bob = LinearStage.author(2)
    private var shapeCount: UInt64 = 0
    private var random = SplitMix64(seed: 5)

    static func author(_ number: UInt64) -> AuthorID {
        var random = SplitMix64(seed: number)
        return AuthorID(using: &random)
    }

    init(_ shapes: [Shape] = [], role: Role? = nil, labels: [String] = []) { ready(shapes, role: role, labels: labels) }

    /// A stage whose board has not arrived.
    init(notReady: Void) { linear = Linear(name: "", isJoining: true, ownName: "ana") }

    mutating func ready(_ shapes: [Shape] = [], role: Role? = nil, labels: [String] = []) {
        shapeCount = UInt64(shapes.count)
        receive(.ready(BoardID(using: &random), me: me, role: role))
        answer(.board(BoardReport(name: "test", shapes: shapes, role: "owner", ownLabels: labels, unreadable: 0)))
        lines = []
    }

    /// The last line that was told.
    var last: String { lines.last ?? "" }
    mutating func forget() { lines = [] }

    mutating func type(_ text: String) { type(Array(text.utf8)) }

    mutating func type(_ bytes: [UInt8]) {
        linear.receive(line: bytes, now: now)
        drain()
    }

    mutating func end() {
        linear.receiveEnd(now: now)
        drain()
    }

    mutating func oversized() {
        linear.receiveOversizedLine(now: now)
        drain()
    }

    mutating func receive(_ event: Event) {
        linear.receive(event, now: now)
        drain()
    }

    mutating func answer(_ answer: BoardAnswer) {
        linear.receive(answer, now: now)
        drain()
    }

    mutating func answer(_ answer: Linear.EffectAnswer) {
        linear.receive(answer, now: now)
        drain()
    }

    mutating func answer(safety words: SafetyWords?) {
        linear.receive(safety: words, now: now)
        drain()
    }

    mutating func done() { receive(.outcome(ref: intents.last?.ref ?? 0, .done)) }
    mutating func refuse(_ refusal: Refusal) { receive(.outcome(ref: intents.last?.ref ?? 0, .refused(refusal))) }

    /// The node has drawn what was asked for last.
    @discardableResult
    mutating func drawn() -> Shape {
        guard case .draw(let draft)? = intents.last?.intent else { preconditionFailure("nothing was to be drawn") }
        let shape = next(me, draft)
        receive(.changed([ShapeChange(kind: .added, id: shape.id, author: me, shape: shape)], ref: intents.last?.ref))
        done()
        return shape
    }

    /// Bob draws something.
    @discardableResult
    mutating func bobDraws(_ draft: ShapeDraft) -> Shape {
        let shape = next(bob, draft)
        receive(.changed([ShapeChange(kind: .added, id: shape.id, author: bob, shape: shape)], ref: nil))
        return shape
    }

    /// Somebody changes a shape.
    mutating func change(_ shape: Shape, by author: AuthorID, ref: UInt64? = nil, _ edit: (inout Shape) -> Void) {
        var changed = shape
        edit(&changed)
        receive(.changed([ShapeChange(kind: .changed, id: shape.id, author: author, shape: changed)], ref: ref))
    }

    mutating func bobJoins(_ name: String = "bob") {
        receive(
            .peer(
                PeerStatus(peer: peer, author: bob, name: name, state: .joined, path: .direct, roundTrip: .milliseconds(3), role: .editor)))
    }

    var peer: PeerID { PeerID([UInt8](repeating: 3, count: 32)) ?? .zero }

    /// Lets time pass, stopping at each deadline.
    mutating func pass(_ span: Duration) {
        let end = now + span
        while let deadline = linear.deadline(now: now), deadline <= end {
            now = max(now, deadline)
            linear.handleTimeout(now: now)
            drain()
        }
        now = end
    }

    static func shape(_ number: UInt64, _ author: AuthorID, _ content: ShapeDraft) -> Shape {
        var depth = ByteWriter(capacity: 8)
        depth.writeVarint(number)
        return Shape(id: ShapeID(author: author, number: number), content: content, depth: DepthKey(depth.bytes) ?? .first)
    }

    private mutating func next(_ author: AuthorID, _ content: ShapeDraft) -> Shape {
        shapeCount += 1
        return Self.shape(shapeCount, author, content)
    }

    private mutating func drain() {
        while let output = linear.nextOutput() {
            switch output {
            case .write(let text): lines.append(text)
            case .intent(let intent, let ref): intents.append((intent, ref))
            case .ask(let question): questions.append(question)
            case .makeSafetyWords(let me, let other): compared.append([me, other])
            case .effect(let effect): effects.append(effect)
            case .quit: hasQuit = true
            }
        }
    }
}

extension ShapeDraft {
    /// A rectangle of cells.
    static func box(_ column: Int32, _ row: Int32, _ columns: Int32, _ rows: Int32, _ text: String = "", label: String = "") -> ShapeDraft {
        ShapeDraft(
            kind: .rectangle, position: Point(x: column * 64, y: row * 128), size: Size(width: columns * 64, height: rows * 128),
            text: text,
            label: label)
    }
}
