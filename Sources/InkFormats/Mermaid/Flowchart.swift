import InkBoard

/// A flowchart as Mermaid's users write it: nodes, links between them, and subgraphs around them.
///
///     text ──FlowchartReader──▶ Flowchart ──FlowchartLayout──▶ Drawing
///     board ────────────FlowchartWriter────────────▶ text
struct Flowchart: Sendable {
    /// Where links lead.
    enum Direction: Sendable {
        case down, up, right, left

        /// The word for it in a file; nil for another.
        init?(_ word: String) {
            switch word {
            case "TB", "TD", "v": self = .down
            case "BT", "^": self = .up
            case "LR", ">": self = .right
            case "RL", "<": self = .left
            default: return nil
            }
        }

        var word: String {
            switch self {
            case .down: "TB"
            case .up: "BT"
            case .right: "LR"
            case .left: "RL"
            }
        }

        /// True where layers stand beside each other.
        var isLevel: Bool { self == .right || self == .left }
        /// True where the first layer is the last on the board.
        var isBackward: Bool { self == .up || self == .left }
    }

    /// What a link ends at, by its index.
    enum End: Hashable, Sendable { case node(Int), frame(Int) }

    /// What styles say of a node, a link or a subgraph; nil for what they do not.
    struct Look: Hashable, Sendable {
        var fill: Color?
        var stroke: Color?
        var strokeWidth: UInt16?
        var lineStyle: LineStyle?

        mutating func take(_ other: Look) {
            fill = other.fill ?? fill
            stroke = other.stroke ?? stroke
            strokeWidth = other.strokeWidth ?? strokeWidth
            lineStyle = other.lineStyle ?? lineStyle
        }

        func apply(to draft: inout ShapeDraft) {
            if !draft.kind.isPath { draft.fill = fill ?? draft.fill }
            draft.stroke = stroke ?? draft.stroke
            draft.strokeWidth = strokeWidth ?? draft.strokeWidth
            draft.lineStyle = lineStyle ?? draft.lineStyle
        }
    }

    struct Node: Sendable {
        var id: String
        var label: String
        var shape = FlowShape.box
        var look = Look()
        /// The innermost subgraph around it.
        var parent: Int?
        /// Where it is named first, in bytes.
        var offset = 0
    }

    struct Link: Sendable {
        enum Line: Sendable { case solid, dotted, thick, invisible }

        var from: End
        var to: End
        var label = ""
        var line = Line.solid
        var startHead = LineHead.none
        var endHead = LineHead.none
        /// So many layers lie between its ends at least, from 1.
        var length = 1
        var look = Look()
    }

    /// A subgraph.
    struct Frame: Sendable {
        var id: String
        var title: String
        var parent: Int?
        var direction: Direction?
        var look = Look()
        /// Where it is named first, in bytes.
        var offset = 0
    }

    var direction = Direction.down
    var title = ""
    var nodes: [Node] = []
    var links: [Link] = []
    var frames: [Frame] = []
    /// What was understood and has no place on a board (FM-201).
    var told = Drawing()

    /// Bytes of a file (FM-202).
    static let bytesMax = 1 << 20
    // FM-202
    static let nodesMax = 2500
    static let linksMax = 5000
    static let framesMax = 500
    /// So deep do subgraphs lie in each other.
    static let depthMax = 16
    /// Layers that a link may ask for.
    static let lengthMax = 20
}

/// Shapes of Mermaid's nodes as we draw them.
enum FlowShape: Hashable, Sendable {
    case box, round, circle, doubleCircle, ellipse, diamond, doubleBox
    /// One that we do not have: its name, and the nearest that we have.
    case stadium, cylinder, hexagon, flag, slanted, other

    var kind: ShapeKind {
        switch self {
        case .circle, .doubleCircle, .ellipse: .ellipse
        case .diamond: .diamond
        default: .rectangle
        }
    }

    var corners: Corners {
        switch self {
        case .round, .stadium, .cylinder: .round
        default: .usual
        }
    }

    var lineStyle: LineStyle { self == .doubleBox || self == .doubleCircle ? .double : .solid }

    /// What is told of it; nil for what we have (FM-201).
    var loss: (what: String, became: String)? {
        switch self {
        case .box, .round, .circle, .doubleCircle, .ellipse, .diamond: nil
        case .doubleBox: ("subroutines", "double boxes")
        case .stadium: ("stadiums", "round boxes")
        case .cylinder: ("cylinders", "round boxes")
        case .hexagon: ("hexagons", "boxes")
        case .flag: ("flags", "boxes")
        case .slanted: ("slanted boxes", "boxes")
        case .other: ("nodes of other shapes", "boxes")
        }
    }

    /// By the name in `@{ shape: … }`.
    init(named name: String) {
        switch name {
        case "rect", "rectangle", "proc", "process": self = .box
        case "rounded", "event": self = .round
        case "stadium", "pill", "terminal": self = .stadium
        case "circle", "circ", "sm-circ", "start", "small-circle": self = .circle
        case "dbl-circ", "double-circle", "fr-circ", "framed-circle", "stop": self = .doubleCircle
        case "ellipse", "oval": self = .ellipse
        case "diam", "diamond", "decision", "question": self = .diamond
        case "fr-rect", "framed-rectangle", "subprocess", "subproc", "subroutine": self = .doubleBox
        case "cyl", "cylinder", "database", "db", "h-cyl", "das", "lin-cyl", "disk": self = .cylinder
        case "hex", "hexagon", "prepare": self = .hexagon
        case "odd": self = .flag
        case "lean-r", "lean-l", "lean-right", "lean-left", "in-out", "out-in", "trap-b", "trap-t", "priority", "manual", "trapezoid",
            "inv-trapezoid":
            self = .slanted
        default: self = .other
        }
    }
}
