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
                if value == "none" || value == "transparent" { continue }
                if let color = color(value) { look.fill = color } else { told.lose("colours that are not known") }
            case "stroke", "border-color":
                if value == "none" || value == "transparent" { continue }
                if let color = color(value) { look.stroke = color } else { told.lose("colours that are not known") }
            case "stroke-width":
                guard let width = number(value), (0...255).contains(width) else { continue }
                look.strokeWidth = UInt16((width * 8).rounded())
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

    /// `#rgb`, `#rrggbb`, `#rrggbbaa`, `rgb(r, g, b)` and common names.
    private static func color(_ text: String) -> Color? {
        if let name = names[text] { return Color(rgb: name) }
        if text.hasPrefix("rgb"), let open = text.firstIndex(of: "(") {
            let digits = text[text.index(after: open)...].split { !$0.isASCII || !$0.isNumber && $0 != "." }
            let channels = digits.prefix(3).compactMap { Double($0) }
            guard channels.count == 3, channels.allSatisfy({ (0...255).contains($0) }) else { return nil }
            return Color(rgb: channels.reduce(0) { $0 << 8 | UInt32($1.rounded()) })
        }
        guard text.first == "#" else { return nil }
        let digits = text.dropFirst()
        switch digits.utf8.count {
        case 3, 4: return Color("#" + digits.prefix(3).map { "\($0)\($0)" }.joined())
        case 6, 8: return Color("#" + digits.prefix(6))
        default: return nil
        }
    }

    /// Of the names of CSS (Color Module Level 4, §6.1) those that are met in flowcharts.
    private static let names: [String: UInt32] = [
        "black": 0x000000, "white": 0xFFFFFF, "red": 0xFF0000, "green": 0x008000, "blue": 0x0000FF, "yellow": 0xFFFF00, "orange": 0xFFA500,
        "purple": 0x800080, "gray": 0x808080, "grey": 0x808080, "lightgray": 0xD3D3D3, "lightgrey": 0xD3D3D3, "darkgray": 0xA9A9A9,
        "darkgrey": 0xA9A9A9, "pink": 0xFFC0CB, "lightblue": 0xADD8E6, "lightgreen": 0x90EE90, "lightyellow": 0xFFFFE0, "cyan": 0x00FFFF,
        "aqua": 0x00FFFF, "magenta": 0xFF00FF, "fuchsia": 0xFF00FF, "brown": 0xA52A2A, "gold": 0xFFD700, "silver": 0xC0C0C0,
        "navy": 0x000080,
        "teal": 0x008080, "lime": 0x00FF00, "maroon": 0x800000, "olive": 0x808000, "coral": 0xFF7F50, "salmon": 0xFA8072,
        "tomato": 0xFF6347,
        "crimson": 0xDC143C, "violet": 0xEE82EE, "indigo": 0x4B0082, "khaki": 0xF0E68C, "beige": 0xF5F5DC, "ivory": 0xFFFFF0,
        "darkblue": 0x00008B, "darkgreen": 0x006400, "darkred": 0x8B0000, "darkorange": 0xFF8C00, "steelblue": 0x4682B4,
        "skyblue": 0x87CEEB, "royalblue": 0x4169E1, "dodgerblue": 0x1E90FF, "forestgreen": 0x228B22, "seagreen": 0x2E8B57,
        "turquoise": 0x40E0D0, "lavender": 0xE6E6FA, "lightpink": 0xFFB6C1, "lightcoral": 0xF08080, "lightcyan": 0xE0FFFF,
        "whitesmoke": 0xF5F5F5, "wheat": 0xF5DEB3, "tan": 0xD2B48C, "plum": 0xDDA0DD, "orchid": 0xDA70D6, "chocolate": 0xD2691E,
    ]
}
