import InkBoard

/// What a press of the pointer does.
enum Tool: CaseIterable, Hashable, Sendable {
    case select, hand, rectangle, diamond, ellipse, arrow, line, freehand, text, note, laser, eraser

    /// The letter that picks it, the same as in Excalidraw.
    var letter: Unicode.Scalar {
        switch self {
        case .select: "v"
        case .hand: "h"
        case .rectangle: "r"
        case .diamond: "d"
        case .ellipse: "o"
        case .arrow: "a"
        case .line: "l"
        case .freehand: "p"
        case .text: "t"
        case .note: "n"
        case .laser: "k"
        case .eraser: "e"
        }
    }

    /// The digit that picks it, where Excalidraw has one.
    var digit: Unicode.Scalar? {
        switch self {
        case .select: "1"
        case .rectangle: "2"
        case .diamond: "3"
        case .ellipse: "4"
        case .arrow: "5"
        case .line: "6"
        case .freehand: "7"
        case .text: "8"
        case .laser: "9"
        case .eraser: "0"
        case .hand, .note: nil
        }
    }

    /// What picks it.
    var command: BoardCommand {
        switch self {
        case .select: .select
        case .hand: .hand
        case .rectangle: .rectangle
        case .diamond: .diamond
        case .ellipse: .ellipse
        case .arrow: .arrow
        case .line: .line
        case .freehand: .pen
        case .text: .text
        case .note: .note
        case .laser: .laser
        case .eraser: .eraser
        }
    }

    /// The word for the status bar.
    var word: String {
        switch self {
        case .select: "select"
        case .hand: "hand"
        case .rectangle: "rect"
        case .diamond: "diamond"
        case .ellipse: "ellipse"
        case .arrow: "arrow"
        case .line: "line"
        case .freehand: "pen"
        case .text: "text"
        case .note: "note"
        case .laser: "laser"
        case .eraser: "eraser"
        }
    }

    /// What the tool draws between two corners; nil for tools that draw otherwise.
    var spanned: ShapeKind? {
        switch self {
        case .rectangle: .rectangle
        case .diamond: .diamond
        case .ellipse: .ellipse
        case .arrow: .arrow
        case .line: .line
        case .note: .note
        case .select, .hand, .freehand, .text, .laser, .eraser: nil
        }
    }

    /// True if the tool stays when its work is done. The others make way for selecting, unless they are locked.
    var stays: Bool {
        switch self {
        case .select, .hand, .freehand, .laser, .eraser: true
        default: false
        }
    }
}
