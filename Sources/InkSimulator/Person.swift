import InkBoard
import InkPrimitives
import InkSession

/// Somebody who draws, moves, deletes, changes their mind, chats and points, with a stream of their own.
struct Person {
    private var random: SplitMix64
    /// What lines are bound to, how they look and what is grouped has a stream of its own: whatever it decides, the rest of a person's day is the same.
    private var ties: SplitMix64
    /// What is being done by hand, and how many steps of it are left.
    private var hand: Hand?
    /// Drawings left in a burst, one each millisecond.
    private var burst = 0
    private var count = 0
    /// Where this person points now.
    private(set) var cursor: Point?
    /// This person draws with what they point with.
    private var isPen = false
    /// The newest strokes drawn by hand, each with its absolute samples: what others see of one is a beginning of it (SM-12).
    private(set) var strokes: [[Point]] = []
    /// Those of the process before: what was under way may still come.
    private(set) var formerStrokes: [[Point]] = []

    private enum Hand {
        case stroke(at: Point, steps: Int)
        case span(ShapeDraft, steps: Int)
        case drag([ShapeID], by: Point, steps: Int)
        case resize(ShapeID, steps: Int)
    }

    init(random: SplitMix64) { (self.random, ties) = (random, random.split("ties")) }

    /// The next thing this person does, and how long until the one after it.
    mutating func act(shapes: [Shape]) -> (Intent, pause: Duration) {
        count += 1
        let (intent, pause) = decide(shapes: shapes)
        switch intent {
        case .cursor(let point): cursor = point
        case .begin(.stroke(let draft)):
            strokes.append([draft.position])
            if strokes.count > Self.strokesKept { strokes.removeFirst() }
        case .extend(let points): if let last = strokes.indices.last { strokes[last] += points }
        default: break
        }
        return (intent, pause)
    }

    private mutating func decide(shapes: [Shape]) -> (Intent, pause: Duration) {
        if let hand { return goOn(hand) }
        if burst > 0 {
            burst -= 1
            return (.draw(draft(shapes)), .milliseconds(1))
        }
        let pause: Duration = .milliseconds(20) + random.jitter(.milliseconds(260))
        switch random.below(100) {
        case ..<20: return (ties.chance(0.1) ? .drawAll(pair(shapes)) : .draw(draft(shapes)), pause)
        case ..<38: return begin(shapes)
        case ..<52:
            guard let shape = pick(shapes) else { return (.draw(draft(shapes)), pause) }
            let changes = change(shape) + tie(shape, shapes)
            guard ties.chance(0.3) else { return (.set(shape.id, changes), pause) }
            let other = shapes[ties.below(shapes.count)]
            let edits = [ShapeEdit(shape.id, changes)] + (other.id == shape.id ? [] : [ShapeEdit(other.id, [.groups(groups())])])
            return (.setEach(edits), pause)
        case ..<62:
            guard let shape = pick(shapes) else { return (.draw(draft(shapes)), pause) }
            return (.move([shape.id, pick(shapes)?.id ?? shape.id], by: step()), pause)
        case ..<68:
            guard shapes.count > 4, let shape = pick(shapes) else { return (.draw(draft(shapes)), pause) }
            return (.delete([shape.id]), pause)
        case ..<77: return (.undo, pause)
        case ..<82: return (.redo, pause)
        case ..<89: return (.cursor(random.chance(0.1) ? nil : place()), .milliseconds(8) + random.jitter(.milliseconds(40)))
        case ..<94: return (random.chance(0.5) ? .typing : .say("message \(count) \(random.next())"), pause)
        case ..<97:
            burst = 5 + random.below(25)
            return (.draw(draft(shapes)), .milliseconds(1))
        default: return (.cursor(place()), pause)
        }
    }

    /// What a hand that draws does besides: it points where its stroke ends. Nil for others.
    mutating func follow(_ intent: Intent) -> Intent? {
        guard isPen, let place = strokes.last?.last else { return nil }
        switch intent {
        case .begin(.stroke), .extend:
            cursor = place
            return .cursor(place)
        default: return nil
        }
    }

    /// Ends what is under way, one way or the other; nil when nothing is.
    mutating func finish() -> Intent? {
        guard hand != nil else { return nil }
        hand = nil
        return random.chance(0.5) ? .commit : .cancel
    }

    /// Nobody sees this person's program, and who is away points nowhere (SE-390).
    mutating func hide() { cursor = nil }

    /// The process is gone, and what was being done with it.
    mutating func forget() { (hand, burst, cursor, strokes, formerStrokes) = (nil, 0, nil, [], strokes) }

    private static let strokesKept = 8

    private mutating func begin(_ shapes: [Shape]) -> (Intent, pause: Duration) {
        let steps = random.below(30)
        let frame: Duration = .milliseconds(8) + random.jitter(.milliseconds(30))
        switch random.below(4) {
        case 0:
            let draft = draft(shapes)
            hand = .span(draft, steps: steps)
            return (.begin(.shape(draft)), frame)
        case 1:
            guard let shape = pick(shapes) else { fallthrough }
            hand = .drag([shape.id], by: .zero, steps: steps)
            return (.begin(.move([shape.id], by: .zero)), frame)
        case 2:
            guard let shape = pick(shapes) else { fallthrough }
            hand = .resize(shape.id, steps: steps)
            return (.begin(.resize(shape.id, position: shape.content.position, size: shape.content.size)), frame)
        default:
            let start = place()
            isPen = random.chance(0.5)
            hand = .stroke(at: start, steps: steps)
            let draft = ShapeDraft(kind: .freehand, position: start, points: [.zero], stroke: colour())
            return (.begin(.stroke(draft)), frame)
        }
    }

    private mutating func goOn(_ hand: Hand) -> (Intent, pause: Duration) {
        let frame: Duration = .milliseconds(8) + random.jitter(.milliseconds(30))
        let isOver =
            switch hand {
            case .stroke(_, let steps), .span(_, let steps), .drag(_, _, let steps), .resize(_, let steps): steps == 0
            }
        guard !isOver else {
            self.hand = nil
            return (random.chance(0.8) ? .commit : .cancel, .milliseconds(20) + random.jitter(.milliseconds(200)))
        }
        switch hand {
        case .stroke(let at, let steps):
            var points: [Point] = []
            for _ in 0...random.below(4) { points.append((points.last ?? at) + step()) }
            self.hand = .stroke(at: points.last ?? at, steps: steps - 1)
            return (.extend(points), frame)
        case .span(var draft, let steps):
            draft.size = size()
            self.hand = .span(draft, steps: steps - 1)
            return (.update(.shape(draft)), frame)
        case .drag(let shapes, let by, let steps):
            let next = by + step()
            self.hand = .drag(shapes, by: next, steps: steps - 1)
            return (.update(.move(shapes, by: next)), frame)
        case .resize(let shape, let steps):
            self.hand = .resize(shape, steps: steps - 1)
            return (.update(.resize(shape, position: place(), size: size())), frame)
        }
    }

    /// A shape; mostly one of a few that everybody fights over.
    private mutating func pick(_ shapes: [Shape]) -> Shape? {
        guard !shapes.isEmpty else { return nil }
        return shapes[random.chance(0.6) ? random.below(min(3, shapes.count)) : random.below(shapes.count)]
    }

    private mutating func change(_ shape: Shape) -> [PropertyChange] {
        switch random.below(5) {
        case 0: [.stroke(colour())]
        case 1: [.fill(random.chance(0.5) ? colour() : nil)]
        case 2: [.position(place())]
        case 3: [.text("text \(random.below(1000))")]
        default: [.size(size()), .strokeWidth(UInt16(random.below(64)))]
        }
    }

    /// Two shapes that are drawn together, the second a line that is bound to the first and to another.
    private mutating func pair(_ shapes: [Shape]) -> [ShapeDraft] {
        let end = binding(shapes)
        let corner = Point(x: Int32(ties.below(8000)), y: Int32(ties.below(8000)))
        return [
            ShapeDraft(kind: .diamond, position: corner, size: Size(width: 800, height: 400), groups: groups()),
            ShapeDraft(
                kind: .arrow, position: corner, points: [.zero, Point(x: 4000, y: 400)],
                startBinding: Binding(ShapeID(author: .zero, number: 1), x: .max), endBinding: end, route: .elbow),
        ]
    }

    /// What makes or unmakes the ties of a shape (SM-82).
    private mutating func tie(_ shape: Shape, _ shapes: [Shape]) -> [PropertyChange] {
        guard ties.chance(0.5) else { return [] }
        guard shape.content.hasEnds else { return [.groups(groups())] }
        switch ties.below(4) {
        case 0: return [.startBinding(binding(shapes))]
        case 1: return [.endBinding(binding(shapes))]
        case 2: return [.route(ties.chance(0.5) ? .elbow : .straight)]
        default: return [.startBinding(binding(shapes)), .endBinding(binding(shapes)), .endHead(.dot), .lineStyle(.double)]
        }
    }

    /// One of a few groups, or one in another, so that everybody means the same ones.
    private mutating func groups() -> [GroupID] {
        (0..<ties.below(3)).map { GroupID(rawValue: UInt64($0 * 3 + ties.below(3))) }
    }

    /// Mostly to one of a few that everybody fights over; also to lines, to the line itself, and to what never stood.
    private mutating func binding(_ shapes: [Shape]) -> Binding? {
        guard !shapes.isEmpty, ties.chance(0.8) else { return nil }
        var id = shapes[ties.below(ties.chance(0.7) ? min(4, shapes.count) : shapes.count)].id
        if ties.chance(0.1) { id.number = 1 + UInt64(ties.below(1000)) }
        return Binding(id, x: UInt16(ties.below(65_536)), y: UInt16(ties.below(65_536)))
    }

    private mutating func draft(_ shapes: [Shape]) -> ShapeDraft {
        let kinds = ShapeKind.allCases
        let kind = kinds[random.below(kinds.count)]
        var draft = ShapeDraft(kind: kind, position: place(), stroke: colour())
        switch kind {
        case .line, .arrow:
            draft.points = [.zero, step()]
            (draft.startBinding, draft.endBinding) = (binding(shapes), binding(shapes))
            if ties.chance(0.3) { draft.route = .elbow }
        case .freehand: draft.points = [.zero] + (0..<random.below(60)).map { _ in step() }
        case .text, .note: draft.text = "text \(random.below(1000))"
        default: draft.size = size()
        }
        if random.chance(0.2) { draft.label = "label \(random.below(8))" }
        return draft
    }

    private mutating func place() -> Point { Point(x: Int32(random.below(8000)), y: Int32(random.below(8000))) }
    private mutating func step() -> Point { Point(x: Int32(random.below(400)) - 200, y: Int32(random.below(400)) - 200) }
    private mutating func size() -> Size { Size(width: Int32(random.below(2000)), height: Int32(random.below(2000))) }
    private mutating func colour() -> Color { Color(rgb: UInt32(truncatingIfNeeded: random.next())) }
}
