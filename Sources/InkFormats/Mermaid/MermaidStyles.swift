import InkBoard

/// Lists of styles, as `fill:#f9f,stroke:#333,stroke-width:4px`.
enum MermaidStyles {
    static func read(_ text: String, _ told: inout Drawing) -> Flowchart.Look {
        var look = Flowchart.Look()
        for part in parts(text) {
            guard let colon = part.firstIndex(of: ":") else { continue }
            let name = MermaidLabel.trimmed(part[..<colon]).lowercased()
            var value = MermaidLabel.trimmed(part[part.index(after: colon)...]).lowercased()
            if value.hasSuffix("!important") { value = MermaidLabel.trimmed(value.dropLast("!important".count)) }
            switch name {
            case "fill", "background", "background-color":
                if let color = color(value, &told) { look.fill = color }
            case "stroke", "border-color":
                if let color = color(value, &told) { look.stroke = color }
            case "stroke-width":
                guard let width = number(value) else { continue }
                look.strokeWidth = StrokeWidths.units(width, &told)
            case "stroke-dasharray":
                guard let dash = number(value) else { continue }
                look.lineStyle = dash == 0 ? .solid : dash <= 2 ? .dotted : .dashed
            case "color": told.lose("colours of letters", becoming: "those of their shapes")
            default: told.lose("styles that a board does not have")
            }
        }
        return look
    }

    /// Separated by commas that stand in no brackets; `\,` is a comma of a value.
    private static func parts(_ text: String) -> [Substring] {
        var (parts, start, depth): ([Substring], String.Index, Int) = ([], text.startIndex, 0)
        var before: Character = " "
        for index in text.indices {
            let character = text[index]
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ",", depth <= 0, before != "\\" {
                parts.append(text[start..<index])
                start = text.index(after: index)
            }
            before = character
        }
        return parts + [text[start...]]
    }

    /// The number that a text begins with.
    private static func number(_ text: String) -> Double? { Double(text.prefix { $0.isASCII && $0.isNumber || $0 == "." }) }

    /// Nil for none, and for what is not known.
    private static func color(_ text: String, _ told: inout Drawing) -> Color? {
        guard let read = CSSColor(text) else {
            told.lose("colours that are not known")
            return nil
        }
        if read.alpha > 0, read.alpha < 1 { told.lose("opacities", becoming: "opaque ones") }
        return read.alpha > 0 ? read.color : nil
    }
}
