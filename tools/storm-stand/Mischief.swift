import InkBoard
import InkPrimitives
import InkSession

/// Somebody who draws by a program what no hand would: ends bound to what does not exist, cycles of bindings, groups of groups, shapes at the edge
/// of the plane; and deletes what others have in hand.
struct Mischief: Sendable {
    private var random: SplitMix64

    init(seed: SplitMix64) { random = seed }

    mutating func next(_ shapes: [Shape]) -> Intent {
        guard shapes.count > 4 else { return .drawAll((0..<6).map { _ in box() }) }
        // A board that grows for ever would only cost more, and show no more.
        if shapes.count > Self.shapesMax { return .delete(shapes.filter { _ in random.chance(0.6) }.map(\.id)) }
        switch random.below(25) {
        case 0, 1: return .draw(box())
        case 2, 3: return .draw(line(among: shapes))
        case 4: return .drawAll([box(), box(), lineOfNew()])
        case 5, 6:
            // A line that is bound to a line, to itself, to what is gone.
            let lines = shapes.filter { $0.content.hasEnds }
            guard let bound = pick(lines) else { return .draw(line(among: shapes)) }
            let binding = random.chance(0.2) ? nil : target(among: shapes)
            return .set(bound.id, [random.chance(0.5) ? .startBinding(binding) : .endBinding(binding)])
        case 7: return .setAll(some(of: shapes), [.groups(chain())])
        case 8: return .set(shapes[random.below(shapes.count)].id, [.groups(chain())])
        case 9: return .delete([shapes[random.below(shapes.count)].id])
        case 10: return .delete(some(of: shapes))
        case 11: return .move(some(of: shapes), by: Point(x: coordinate(600), y: coordinate(400)))
        case 12: return .set(shapes[random.below(shapes.count)].id, [.text(Self.texts[random.below(Self.texts.count)])])
        case 13: return .cursor(random.chance(0.2) ? nil : place())
        case 14: return .begin(.shape(box()))
        case 15: return .update(.shape(box()))
        case 16: return random.chance(0.5) ? .commit : .cancel
        case 17: return .begin(.stroke(ShapeDraft(kind: .freehand, position: place(), points: [.zero])))
        case 18: return .extend((0..<1 + random.below(30)).map { _ in place() })
        case 19: return .say(Self.texts[random.below(Self.texts.count)] + "!")
        case 20: return random.chance(0.5) ? .undo : .redo
        case 21: return .laser(random.chance(0.7))
        case 22: return .view(random.chance(0.2) ? nil : seen())
        case 23: return random.chance(0.3) ? .lookHere(seen()) : .update(.pull(shapes[random.below(shapes.count)].id, line(among: shapes)))
        default: return odd(shapes)
        }
    }

    private mutating func odd(_ shapes: [Shape]) -> Intent {
        let limit = Limits.coordinate
        switch random.below(8) {
        case 0: return .draw(ShapeDraft(kind: .rectangle, position: Point(x: -limit, y: -limit), size: Size(width: limit, height: limit)))
        case 1: return .draw(ShapeDraft(kind: .ellipse, position: place(), size: .zero, text: "nothing"))
        case 2:
            return .draw(ShapeDraft(kind: .arrow, position: Point(x: limit, y: limit), points: [.zero, Point(x: -2 * (limit / 2), y: -9)]))
        case 3:
            let points = (0..<2000).map { _ in Point(x: coordinate(4000), y: coordinate(2500)) }
            return .draw(ShapeDraft(kind: .freehand, position: place(), points: points))
        case 4: return .begin(.move(some(of: shapes), by: Point(x: coordinate(600), y: coordinate(400))))
        case 5: return .begin(.pull(shapes[random.below(shapes.count)].id, line(among: shapes)))
        case 6: return .rename(Self.texts[random.below(Self.texts.count)])
        default:
            return .setAll(
                some(of: shapes), [.stroke(Color(rgb: UInt32(random.below(0x100_0000)))), .strokeWidth(UInt16(random.below(64)))])
        }
    }

    private mutating func pick(_ shapes: [Shape]) -> Shape? { shapes.isEmpty ? nil : shapes[random.below(shapes.count)] }
    private mutating func some(of shapes: [Shape]) -> [ShapeID] {
        (0..<1 + random.below(4)).map { _ in shapes[random.below(shapes.count)].id }
    }
    private mutating func coordinate(_ range: Int) -> Int32 { Int32(random.below(2 * range + 1) - range) }
    private mutating func place() -> Point { Point(x: coordinate(7000), y: coordinate(4500)) }

    private mutating func seen() -> WorldBox {
        let (corner, other) = (place(), place())
        // A program can tell a box whose ends are the wrong way round.
        return WorldBox(left: Int(corner.x), top: Int(corner.y), right: Int(other.x), bottom: Int(other.y))
    }

    private mutating func box() -> ShapeDraft {
        let kinds: [ShapeKind] = [.rectangle, .ellipse, .diamond, .note, .rectangle, .text]
        let kind = kinds[random.below(kinds.count)]
        let text = random.chance(0.6) ? Self.texts[random.below(Self.texts.count)] : kind == .text ? "words" : ""
        let size = kind == .text ? .zero : Size(width: Int32(random.below(2000)), height: Int32(random.below(1200)))
        return ShapeDraft(kind: kind, position: place(), size: size, text: text, fill: random.chance(0.2) ? Color(rgb: 0x22_8866) : nil)
    }

    private mutating func target(among shapes: [Shape]) -> Binding {
        let shape =
            random.chance(0.25)
            ? ShapeID(author: shapes[0].id.author, number: 1 << 40 | UInt64(random.below(1000))) : shapes[random.below(shapes.count)].id
        return Binding(shape, x: UInt16(random.below(65_536)), y: UInt16(random.below(65_536)))
    }

    private mutating func line(among shapes: [Shape]) -> ShapeDraft {
        ShapeDraft(
            kind: random.chance(0.7) ? .arrow : .line, position: place(), points: [.zero, Point(x: coordinate(1500), y: coordinate(900))],
            text: random.chance(0.2) ? "calls" : "", startBinding: random.chance(0.7) ? target(among: shapes) : nil,
            endBinding: random.chance(0.7) ? target(among: shapes) : nil, route: random.chance(0.3) ? .elbow : .straight)
    }

    private mutating func lineOfNew() -> ShapeDraft {
        func new(_ number: UInt64) -> Binding { Binding(ShapeID(author: .zero, number: number)) }
        return ShapeDraft(
            kind: .arrow, position: place(), points: [.zero, Point(x: 500, y: 500)], startBinding: new(1), endBinding: new(2),
            route: random.chance(0.5) ? .elbow : .straight)
    }

    /// Groups within groups, of few names, so that shapes contradict each other about which is within which.
    private mutating func chain() -> [GroupID] { (0..<random.below(4)).map { _ in GroupID(rawValue: UInt64(1 + random.below(4))) } }

    private static let shapesMax = 70
    private static let texts = [
        "api", "the queue", "漢字の箱", "👨‍👩‍👧‍👦 team", "a\nb\nc", "שלום עולם", "\u{1B}[31mred", "x\u{300}\u{301}\u{302}", "", "tab\there",
        "\u{202E}abc",
        "a very long label that does not fit into any of the boxes that there are",
    ]
}
