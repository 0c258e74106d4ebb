import InkBoard
import InkFormats
import InkFrontEnd

/// Colours and widths in the status row, picked by digit: 0 is the reader's own ink, or no fill.
struct StylePicker: Sendable {
    enum Property: Hashable, Sendable { case ink, fill, width }
    let property: Property

    init(of property: Property) { self.property = property }

    /// A digit that stands for nothing does nothing.
    func handle(_ key: Key) -> PanelAnswer {
        switch key {
        case .character(let scalar) where ("0"..."9").contains(scalar):
            change(for: Int(scalar.value) - 0x30).map { .restyles($0) } ?? .stays
        case .enter, .character("q"), .character(letter): .closes
        default: .stays
        }
    }

    /// The key that opens it.
    private var letter: Unicode.Scalar {
        switch property {
        case .ink: "c"
        case .width: "w"
        case .fill: "B"
        }
    }

    private func change(for digit: Int) -> PropertyChange? {
        switch property {
        case .width: return Pen.widths.indices.contains(digit - 1) ? .strokeWidth(Pen.widths[digit - 1]) : nil
        case .ink, .fill:
            guard digit <= PersonColor.all.count else { return nil }
            let color = digit == 0 ? nil : PersonColor.all[digit - 1].color
            return property == .ink ? .stroke(color) : .fill(color)
        }
    }

    /// What it offers and where that stands; a cell without an action is only read.
    func items(_ layout: Layout) -> [Bars.Item] {
        // As many letters as fit: no colour is told by its look alone.
        let forms = forms
        let width = { (form: [Choice]) in form.reduce(-1) { $0 + $1.text.utf8.count + 1 } }
        let fitting = forms.first { width($0) <= layout.columns } ?? forms[forms.count - 1]
        var column = width(fitting) < layout.columns ? 1 : 0
        return fitting.map { choice in
            defer { column += choice.text.utf8.count + 1 }
            return Bars.Item(
                choice.text, column: column, row: layout.statusRow, style: choice.style,
                action: choice.digit.flatMap(change(for:)).map { .restyle($0) })
        }
    }

    /// Of the widths of a pen, in their order.
    static let widthWords = ["thin", "thick", "broad", "broadest"]

    private struct Choice {
        var digit: Int?
        var text: String
        var style = CellStyle(attributes: .reverse)
    }

    /// The longest first.
    private var forms: [[Choice]] {
        switch property {
        case .ink: return Self.forms("colour:", "0 own ink", "0 own")
        case .fill: return Self.forms("fill:", "0 none", "0 none")
        case .width:
            let long = Self.widthWords.enumerated().map { Choice(digit: $0.offset + 1, text: "\($0.offset + 1) \($0.element)") }
            return [[Choice(text: "width:")] + long, long, (1...Pen.widths.count).map { Choice(digit: $0, text: "\($0)") }]
        }
    }

    private static func forms(_ title: String, _ none: String, _ noneShort: String) -> [[Choice]] {
        func colors(_ label: (Int, String) -> String) -> [Choice] {
            PersonColor.all.enumerated().map { index, person in
                Choice(
                    digit: index + 1, text: label(index + 1, person.name),
                    style: CellStyle(foreground: person.text, background: person.color))
            }
        }
        return [
            [Choice(text: title), Choice(digit: 0, text: none)] + colors { "\($0) \($1)" },
            [Choice(text: title), Choice(digit: 0, text: noneShort)] + colors { "\($0) \($1.prefix(3))" },
            [Choice(digit: 0, text: noneShort)] + colors { "\($0)\($1.prefix(1))" },
            colors { "\($0)\($1.prefix(1))" },
        ]
    }
}
