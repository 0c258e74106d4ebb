extension ManualPage {
    /// For man(1), in the macros of man(7).
    ///
    /// - Parameter version: what stands at the foot of each page.
    func roff(version: String) -> String {
        var lines = [".TH \(name.uppercased()) 1 \"\" \"\(Self.escaped(version))\" \"Inkwire's manual\""]
        // No hyphens and no stretched lines: what is typed stays whole.
        lines += [".nh", ".ad l"]
        for section in sections {
            lines.append(".SH \"\(Self.escaped(section.title))\"")
            for (index, block) in section.blocks.enumerated() {
                switch block {
                case .paragraph(let text):
                    if index > 0 { lines.append(".PP") }
                    lines.append(Self.line(text))
                case .item(let term, let text): lines += [".TP", "\\fB\(Self.line(term))\\fR", Self.line(text)]
                case .example(let command, let purpose): lines += [".TP", "\\fB\(Self.line(command))\\fR", Self.line(purpose)]
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A line that is taken as text, whatever it begins with.
    private static func line(_ text: String) -> String {
        let escaped = escaped(text)
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += "\\e"
            case "-": escaped += "\\-"
            case "'": escaped += "\\(aq"
            case "`": escaped += "\\(ga"
            case "^": escaped += "\\(ha"
            case "~": escaped += "\\(ti"
            case "\"": escaped += "\\(dq"
            case "…": escaped += "..."
            default: escaped.append(character)
            }
        }
        return escaped
    }

    /// For a reader without man(1), 80 columns wide (CL-233).
    var plain: String {
        var lines: [String] = []
        for section in sections {
            if !lines.isEmpty { lines.append("") }
            lines.append(section.title)
            for (index, block) in section.blocks.enumerated() {
                switch block {
                case .paragraph(let text):
                    if index > 0 { lines.append("") }
                    lines += HelpPage.wrapped(text, from: 4)
                case .item(let term, let text), .example(let term, let text):
                    // What is short has its words beside it.
                    let words = HelpPage.wrapped(text, from: 12)
                    if term.count < 7, let first = words.first {
                        lines.append("    " + term.padded(to: 8) + first.drop { $0 == " " })
                        lines += words.dropFirst()
                    } else {
                        lines += ["    " + term] + words
                    }
                }
            }
        }
        return lines.joined(separator: "\n")
    }
}
