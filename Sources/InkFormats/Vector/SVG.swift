import InkBoard

/// A board as SVG 1.1 (W3C Recommendation, 2011), built of nodes: what peers wrote stands in texts that are escaped as they are written, and nothing of it
/// is a name, an attribute that names something, or a reference.
package struct SVG: Sendable {
    /// What the picture is for.
    package struct Options: Hashable, Sendable {
        package enum Theme: String, CaseIterable, Sendable { case light, dark, transparent }

        package var theme = Theme.light
        /// The part to show, px of the board; nil for all ink with a margin around it (FM-144).
        package var region: VectorBox?
        /// px of the picture for one of the board.
        package var scale = 1.0

        package init(theme: Theme = .light, region: VectorBox? = nil, scale: Double = 1) {
            (self.theme, self.region, self.scale) = (theme, region, scale)
        }
    }

    /// Extent of the picture, px.
    package let width: Double
    package let height: Double
    /// The document, ended by a line feed.
    package let text: String

    /// Around all ink, px.
    private static let margin = 16.0

    package init(_ picture: VectorPicture, _ options: Options = Options()) {
        let all = picture.bounds?.grown(by: Self.margin) ?? VectorBox(left: 0, top: 0, right: 2 * Self.margin, bottom: 2 * Self.margin)
        let view = options.region ?? all
        let colors = Colors(options.theme)
        (width, height) = ((view.width * options.scale).rounded(.up), (view.height * options.scale).rounded(.up))
        var root = XMLNode("svg")
        root["xmlns"] = "http://www.w3.org/2000/svg"
        (root["width"], root["height"]) = (Self.number(width), Self.number(height))
        root["viewBox"] = [view.left, view.top, width / options.scale, height / options.scale].map(Self.number).joined(separator: " ")
        if let paper = colors.paper {
            var background = XMLNode("rect")
            (background["x"], background["y"]) = (Self.number(view.left), Self.number(view.top))
            (background["width"], background["height"]) = ("100%", "100%")
            background["fill"] = paper.text
            root.children.append(.node(background))
        }
        var group = XMLNode("g")
        (group["fill"], group["stroke-linecap"], group["stroke-linejoin"]) = ("none", "round", "round")
        (group["font-family"], group["font-size"]) = ("DejaVu Sans Mono, Menlo, Consolas, monospace", Self.number(LetterBox.fontSize))
        // Of the same form at each scale, and not fitted to the pixels (FM-173).
        group["text-rendering"] = "geometricPrecision"
        for mark in picture.marks {
            guard options.region == nil || mark.bounds.map({ $0.touches(view) }) == true else { continue }
            group.children.append(.node(Self.node(mark, colors)))
        }
        root.children.append(.node(group))
        text = root.text + "\n"
    }

    /// The inks of a theme; its own for what has no colour of its own.
    private struct Colors {
        let ink: Color
        let paper: Color?

        init(_ theme: Options.Theme) {
            switch theme {
            case .light: (ink, paper) = (Color(rgb: 0x1B1B1F), Color(rgb: 0xFFFFFF))
            case .dark: (ink, paper) = (Color(rgb: 0xE8E8EC), Color(rgb: 0x101014))
            // Seen on white and on black, 4:1 each (FM-240).
            case .transparent: (ink, paper) = (Color(rgb: 0x7A7A80), nil)
            }
        }
    }

    private static func node(_ mark: VectorPicture.Mark, _ colors: Colors) -> XMLNode {
        switch mark {
        case .path(let steps, let line, let inside):
            var node = XMLNode("path")
            node["d"] = data(steps)
            paint(&node, line, inside, colors)
            return node
        case .ellipse(let middle, let radii, let line, let inside):
            var node = XMLNode("ellipse")
            (node["cx"], node["cy"]) = (number(middle.x), number(middle.y))
            (node["rx"], node["ry"]) = (number(radii.x), number(radii.y))
            paint(&node, line, inside, colors)
            return node
        case .word(let word, let at, _, let color, let paper):
            var node = XMLNode("text")
            (node["x"], node["y"]) = (number(at.x), number(at.y))
            node["fill"] = (color ?? paper.map { $0.isBright ? Color(rgb: 0x1B1B1F) : Color(rgb: 0xE8E8EC) } ?? colors.ink).text
            node.children = [.text(word)]
            return node
        }
    }

    private static func paint(_ node: inout XMLNode, _ line: VectorPicture.Line?, _ inside: VectorPicture.Paint, _ colors: Colors) {
        switch inside {
        case .none: break
        case .color(let color): node["fill"] = color.text
        case .ink: node["fill"] = colors.ink.text
        }
        guard let line else { return }
        node["stroke"] = (line.color ?? colors.ink).text
        node["stroke-width"] = number(line.width)
        guard !line.dashes.isEmpty else { return }
        node["stroke-dasharray"] = line.dashes.map(number).joined(separator: " ")
        node["stroke-linecap"] = "butt"
    }

    private static func data(_ steps: [VectorPicture.Step]) -> String {
        steps
            .map { step in
                switch step {
                case .move(let point): "M" + pair(point)
                case .line(let point): "L" + pair(point)
                case .curve(let out, let back, let end): "C\(pair(out)) \(pair(back)) \(pair(end))"
                case .close: "Z"
                }
            }
            .joined()
    }

    private static func pair(_ point: VectorPoint) -> String { "\(number(point.x)),\(number(point.y))" }

    /// With three decimals at most, as no machine writes it otherwise: an eighth of a px has three (FM-238).
    static func number(_ value: Double) -> String {
        let limit = 1e12
        let thousandths = Int((max(-limit, min(limit, value)) * 1000).rounded())
        let (whole, rest) = (abs(thousandths) / 1000, abs(thousandths) % 1000)
        var text = "\(whole)"
        if rest > 0 {
            var digits = String(String(1000 + rest).dropFirst())
            while digits.last == "0" { digits.removeLast() }
            text += "." + digits
        }
        return thousandths < 0 ? "-" + text : text
    }
}

extension VectorBox {
    fileprivate func touches(_ other: VectorBox) -> Bool {
        left <= other.right && right >= other.left && top <= other.bottom && bottom >= other.top
    }
}

extension Color {
    /// True where black is read better on it than white (relative luminance of WCAG 2, without its gamma: squared).
    fileprivate var isBright: Bool {
        let parts = [(rgb >> 16 & 255, 0.2126), (rgb >> 8 & 255, 0.7152), (rgb & 255, 0.0722)]
        return parts.reduce(0) { $0 + $1.1 * Double($1.0 * $1.0) / 65_025 } > 0.2
    }
}

/// An element of XML 1.0.
struct XMLNode {
    enum Child {
        case node(XMLNode)
        case text(String)
    }

    private let name: StaticString
    private var attributes: [(name: StaticString, value: String)] = []
    var children: [Child] = []

    init(_ name: StaticString) { self.name = name }

    /// Names are ours; values are escaped as they are written (FM-141).
    subscript(name: StaticString) -> String? {
        get { attributes.first { "\($0.name)" == "\(name)" }?.value }
        set {
            attributes.removeAll { "\($0.name)" == "\(name)" }
            if let newValue { attributes.append((name, newValue)) }
        }
    }

    var text: String {
        var output = ""
        write(to: &output)
        return output
    }

    private func write(to output: inout String) {
        output += "<\(name)"
        for (name, value) in attributes { output += " \(name)=\"\(Self.escaped(value))\"" }
        guard !children.isEmpty else {
            output += "/>"
            return
        }
        output += ">"
        for child in children {
            switch child {
            case .text(let text): output += Self.escaped(text)
            case .node(let node):
                output += "\n"
                node.write(to: &output)
            }
        }
        if case .node? = children.last { output += "\n" }
        output += "</\(name)>"
    }

    /// Only what XML can hold (§2.2): scalars that no document may have, even as a reference, become U+FFFD (FM-141).
    private static func escaped(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "\t", "\n", "\r": output += " "
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: output += "\u{FFFD}"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }
}
