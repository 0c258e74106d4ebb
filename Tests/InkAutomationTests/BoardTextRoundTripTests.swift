import Foundation
import InkAutomation
import InkBoard
import InkCrypto
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

/// Random boards that go out and come in. `INKWIRE_ROUND_TRIPS=2000` takes as many of them.
@Suite struct BoardTextRoundTripTests {
    private static let count = ProcessInfo.processInfo.environment["INKWIRE_ROUND_TRIPS"].flatMap(UInt64.init) ?? 60

    @Test(arguments: 0..<count)
    func `CL-65, FE-111, FE-112, FE-190, FM-183: text and JSON of a board give its picture, and its text itself`(seed: UInt64)
        throws
    {
        var maker = try BoardMaker(seed: seed)
        try maker.draw(maker.random.below(14))
        let text = BoardText.text(of: maker.board.shapes)
        let drawing = try BoardText.drawing(reading: Array(text.utf8))
        #expect(drawing.losses.isEmpty)
        // What went out a moment ago changes nothing.
        #expect(Becoming(maker.view, drawing).change.isEmpty)

        var copy = try BoardMaker(seed: seed + 1_000_000)
        try copy.become(drawing)
        #expect(copy.picture == maker.picture)
        #expect(BoardText.text(of: copy.board.shapes) == text)

        var json = try BoardMaker(seed: seed + 2_000_000)
        let read = try BoardJSON.drawing(reading: Array(BoardJSON.text(of: maker.board).utf8))
        if let intent = try json.view.importing(read, author: json.author, isUsed: { _ in false }) { try json.apply(intent) }
        #expect(json.picture == maker.picture)

        // Both go on, and become what the text of the other says.
        try maker.draw(maker.random.below(6))
        try maker.disturb()
        let later = BoardText.text(of: maker.board.shapes)
        let next = try BoardText.drawing(reading: Array(later.utf8))
        try copy.become(next)
        #expect(copy.picture == maker.picture)
        #expect(Becoming(copy.view, next).change.isEmpty)
        try maker.become(drawing)
        #expect(maker.picture == SVG(VectorPicture(of: drawing.shown)).text)
        #expect(Becoming(maker.view, drawing).change.isEmpty)
    }
}

extension Drawing {
    /// As it is drawn where nothing else is: by the order of depths.
    fileprivate var shown: [ShapeDraft] {
        items.sorted { ($0.depth ?? .first, $0.rank) < ($1.depth ?? .first, $1.rank) }
            .map { item in item.content.drawn { id in index(of: id).map { items[$0].content } } }
    }
}

/// A board on which two people do this and that; the seed decides.
private struct BoardMaker {
    private(set) var board: Board
    var random: SplitMix64
    private let keys: [SigningKey]

    init(seed: UInt64) throws {
        random = SplitMix64(seed: seed)
        var secrets = SecretGenerator(seed: Secret32((0..<32).map { UInt8(truncatingIfNeeded: seed >> (UInt64($0 % 8) * 8)) })!)
        keys = [SigningKey(seed: secrets.secret()), SigningKey(seed: secrets.secret())]
        let genesis = try Board.makeGenesis(owner: keys[0], name: "board", wallTime: 0, nonce: secrets.bytes(16))
        board = try Board(genesis: genesis)
    }

    var author: AuthorID { keys[0].author }

    var view: BoardView {
        var view = BoardView()
        view.replaceAll(board.shapes)
        return view
    }

    var picture: String { SVG(VectorPicture(of: board.drawnShapes.map(\.content))).text }

    mutating func become(_ drawing: Drawing) throws {
        let change = Becoming(view, drawing).change
        if !change.isEmpty { try apply(.change(change)) }
    }

    mutating func apply(_ intent: Intent, by hand: Int = 0) throws {
        let key = keys[hand]
        for part in try board.parts(of: board.writes(for: intent, by: key.author, from: 1), by: key.author) {
            _ = try board.author(part, key: key, wallTime: 0)
        }
    }

    /// Shapes of all kinds, some bound to others, some under one label or at one depth.
    mutating func draw(_ count: Int) throws {
        for _ in 0..<count {
            let intent: Intent = random.chance(0.3) ? .change(BoardChange(drawn: [draft()], depths: [depth()])) : .draw(draft())
            try apply(intent, by: random.below(2))
        }
    }

    /// Some are changed, moved in the order, and deleted.
    mutating func disturb() throws {
        for shape in board.shapes {
            switch random.below(8) {
            case 0: try apply(.delete([shape.id]), by: random.below(2))
            case 1: try apply(.set(shape.id, [.depth(depth()), .text(text())]))
            case 2: try apply(.move([shape.id], by: Point(x: number(), y: number())))
            case 3: try apply(.set(shape.id, [.stroke(color()), .groups(groups())]))
            default: break
            }
        }
    }

    private mutating func draft() -> ShapeDraft {
        let kind = ShapeKind.allCases[random.below(ShapeKind.allCases.count)]
        var draft = ShapeDraft(
            kind: kind, position: Point(x: number(), y: number()), text: text(), stroke: color(), fill: color(),
            strokeWidth: UInt16([0, 16, 33, 2047][random.below(4)]),
            label: ["", "", "a", "b", "é b", "c\(random.below(40))"][random.below(6)],
            groups: groups())
        if kind.isPath {
            for _ in 0...(1 + random.below(5)) { draft.points.append(Point(x: number() / 8, y: number() / 8)) }
        } else if kind != .text {
            draft.size = Size(width: abs(number()), height: abs(number()))
        } else if draft.text.isEmpty {
            draft.text = "x"
        }
        // Of texts and strokes they mean nothing.
        if kind != .text, kind != .freehand {
            (draft.lineStyle, draft.corners) = (LineStyle.allCases[random.below(4)], Corners.allCases[random.below(3)])
        }
        guard draft.hasEnds else { return draft }
        draft.startHead = LineHead.allCases[random.below(6)]
        draft.route = random.chance(0.3) ? .elbow : .straight
        let bindable = board.shapes.filter(\.content.isBindable)
        if random.chance(0.7), !bindable.isEmpty {
            draft.startBinding = Binding(bindable[random.below(bindable.count)].id)
            draft.endBinding = Binding(bindable[random.below(bindable.count)].id, x: UInt16(random.below(65_536)), y: 0)
        }
        return draft
    }

    private mutating func text() -> String { ["", "", "one", "zwei\n\"drei\" \\", "\u{202E}א\t🖍️\u{0}", "e\u{301}"][random.below(6)] }
    private mutating func color() -> Color? { random.chance(0.5) ? nil : Color(rgb: UInt32(random.below(1 << 24))) }
    private mutating func number() -> Int32 { Int32(random.below(8000)) - 4000 }
    private mutating func groups() -> [GroupID] { random.chance(0.7) ? [] : [GroupID(rawValue: UInt64(random.below(3)))] }

    private mutating func depth() -> DepthKey {
        let shapes = board.shapes
        guard !shapes.isEmpty else { return .first }
        let place = random.below(shapes.count)
        // The very place of another, or one below it.
        return random.chance(0.5) ? shapes[place].depth : DepthKey.between(place > 0 ? shapes[place - 1].depth : nil, shapes[place].depth)
    }
}
