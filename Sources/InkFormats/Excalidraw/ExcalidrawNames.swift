import InkBoard
import InkPrimitives

/// Names that both directions use.
enum ExcalidrawNames {
    /// What it draws black ink with; ours without a colour has it, and it is read as none.
    static let ink = "#1e1e1e"
    static let inks: Set<Color> = [Color(rgb: 0x1E1E1E), Color(rgb: 0x000000)]
    /// Under `customData`: what is ours alone.
    static let own = "inkwire"
    /// Its monospaced font, Cascadia, in which letters are 1200/2048 of the size wide: of this size they have our cells of 8×16 px (FM-171).
    static let fontFamily: Int64 = 3
    static let fontSize = 13.653
    static let lineHeight = 1.1719
    /// px; what it keeps free beside a text in a box.
    static let padding: Int32 = 5
    /// A text as it is shown there: what is a cell for us is as wide as eight.
    static func shown(_ text: String) -> String { String(text.map { $0 == "\t" ? " " : $0 }) }
    /// px; the extent of what has none, which it would drop. Read as none (FM-171).
    static let speck = 0.0001

    static func head(_ head: LineHead) -> JSONValue {
        switch head {
        case .none, .usual: .null
        case .arrow: "arrow"
        case .triangle: "triangle"
        case .dot: "dot"
        case .bar: "bar"
        }
    }

    /// The nearest that we have; nil for none.
    static func head(named name: String) -> (head: LineHead, isExact: Bool)? {
        switch name {
        case "arrow": (.arrow, true)
        case "triangle": (.triangle, true)
        case "dot", "circle": (.dot, true)
        case "bar": (.bar, true)
        case "triangle_outline", "diamond", "diamond_outline", "crowfoot_one", "crowfoot_many", "crowfoot_one_or_many":
            (name == "triangle_outline" ? .triangle : .arrow, false)
        case "circle_outline": (.dot, false)
        default: nil
        }
    }
}
