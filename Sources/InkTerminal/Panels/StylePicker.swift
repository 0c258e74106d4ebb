import InkBoard
import InkFormats
import InkFrontEnd

/// Looks in the status row, picked by digit; of colours, 0 is the reader's own ink, or no fill.
struct StylePicker: Sendable {
    enum Property: Hashable, Sendable { case ink, fill, width, border, heads, startHead, endHead, route }
    let property: Property

    init(of property: Property) { self.property = property }

    /// A digit that stands for nothing does nothing.
    func handle(_ key: Key) -> PanelAnswer {
        switch key {
        case .character(let scalar) where ("0"..."9").contains(scalar):
            forms[0].first { $0.digit == Int(scalar.value) - 0x30 }?.change.map { .restyles($0) } ?? .stays
        case .enter, .character("q"): .closes
        default: opener.row.keys.contains(.key(key)) ? .closes : .stays
        }
    }

    /// What opens it.
    var opener: BoardCommand {
        switch property {
        case .ink: .ink
        case .width: .width
        case .fill: .fill
        case .border: .border
        case .heads: .heads
        case .startHead: .startHead
        case .endHead: .endHead
        case .route: .elbow
        }
    }

    /// What it offers and where that stands; a cell without an action is only read (TM-190).
    func items(_ layout: Layout) -> [Bars.Item] {
        // As many letters as fit: no look is told by itself alone.
        let forms = forms
        let width = { (form: [Choice]) in form.reduce(-form[form.count - 1].gap) { $0 + $1.text.utf8.count + $1.gap } }
        let fitting = forms.first { width($0) <= layout.columns } ?? forms[forms.count - 1]
        var column = width(fitting) < layout.columns ? 1 : 0
        return fitting.map { choice in
            defer { column += choice.text.utf8.count + choice.gap }
            return Bars.Item(
                choice.text, column: column, row: layout.statusRow, style: choice.style, action: choice.change.map { .restyle($0) })
        }
    }

    private struct Choice {
        var digit: Int?
        var text: String
        var style = CellStyle(attributes: .reverse)
        var change: StyleChoice?
        /// Cells behind it.
        var gap = 1
    }

    /// The longest first.
    private var forms: [[Choice]] {
        switch property {
        case .ink: Self.forms("colour:", "0 own ink", "0 own") { .ink($0) }
        case .fill: Self.forms("fill:", "0 none", "0 none") { .fill($0) }
        case .width: Self.forms("width:", zip(StyleWords.widthWords, StyleChoice.widths).map { ($0, .width($1)) })
        case .border: Self.forms("border:", BorderStyle.allCases.map { ($0.rawValue, .border($0)) })
        case .heads: Self.forms("heads:", LineEnds.allCases.map { ($0.rawValue, .heads($0)) })
        case .startHead: Self.forms("first end:", zip(StyleWords.headWords, StyleWords.lineHeads).map { ($0, .startHead($1)) })
        case .endHead: Self.forms("last end:", zip(StyleWords.headWords, StyleWords.lineHeads).map { ($0, .endHead($1)) })
        case .route: Self.forms("line:", zip(StyleWords.routeWords, [LineRoute.straight, .elbow]).map { ($0, .route($1)) })
        }
    }

    /// Words by digits from 1 on.
    private static func forms(_ title: String, _ words: [(String, StyleChoice)]) -> [[Choice]] {
        func choices(_ label: (Int, String) -> String) -> [Choice] {
            words.enumerated().map { index, word in Choice(digit: index + 1, text: label(index + 1, word.0), change: word.1) }
        }
        let long = choices { "\($0) \($1)" }
        let digits = choices { digit, _ in "\(digit)" }
        // What is cut short is told apart by what is left of it, or is not cut but left out (TM-238).
        let isClear = Set(words.map { $0.0.prefix(3) }).count == words.count
        return [[Choice(text: title)] + long, long] + (isClear ? [choices { "\($0)\($1.prefix(3))" }] : [])
            + [[Choice(text: title)] + digits, digits]
    }

    private static func forms(
        _ title: String, _ none: String, _ noneShort: String, _ change: (Color?) -> StyleChoice
    ) -> [[Choice]] {
        func colors(_ label: (Int, String) -> String) -> [Choice] {
            PersonColor.all.enumerated().map { index, person in
                Choice(
                    digit: index + 1, text: label(index + 1, person.name),
                    style: CellStyle(foreground: person.text, background: person.color), change: change(person.color))
            }
        }
        func without(_ words: String) -> Choice { Choice(digit: 0, text: words, change: change(nil)) }
        return [
            [Choice(text: title), without(none)] + colors { "\($0) \($1)" },
            [Choice(text: title), without(noneShort)] + colors { "\($0) \($1.prefix(3))" },
            [without(noneShort)] + colors { "\($0)\($1.prefix(1))" },
            // Each stands on its colour; without colours letters and digits alternate.
            [without(noneShort.filter { $0 != " " })]
                + colors { "\($0)\($1.prefix(1))" }.map { choice in
                    var choice = choice
                    choice.gap = 0
                    return choice
                },
        ]
    }
}
