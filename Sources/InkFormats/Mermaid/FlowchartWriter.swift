import InkBoard

/// A board as a flowchart of Mermaid: boxes are nodes, bound lines are links, and frames and groups are subgraphs (FM-206).
package struct FlowchartWriter: Sendable {
    /// The file.
    package private(set) var text = ""
    /// What of the board is not in it, or not as it is (FM-269).
    package var losses: [Drawing.Loss] { told.losses }
    private var told = Drawing()
    /// Why a reader of ours, which takes so much and no more, refuses the file; nil where it reads it (FM-269).
    package private(set) var refusal: DrawingError?
    private let shapes: [Shape]
    private let tree: FrameTree
    private var names: [ShapeID: String] = [:]
    private var styles: [String] = []

    /// - Parameter shapes: as they are drawn, bottom first.
    package init(_ shapes: [Shape]) {
        self.shapes = shapes
        let bound = shapes.reduce(into: Set<ShapeID>()) { all, shape in
            for binding in [shape.content.startBinding, shape.content.endBinding] { if let binding { all.insert(binding.shape) } }
        }
        tree = FrameTree(shapes.filter { !$0.content.kind.isPath && ($0.content.kind != .text || bound.contains($0.id)) })
        if tree.isTooLarge { told.lose("frames among more than \(FrameTree.boxesMax) boxes", becoming: "boxes") }
        name()
        let links = shapes.filter(\.content.hasEnds)
        text = "flowchart \(direction(of: links).word)\n"
        for child in tree.children[.root] ?? [] { write(child, "    ") }
        write(links)
        text += styles.map { "    \($0)\n" }.joined()
        for shape in shapes where names[shape.id] == nil {
            switch shape.content.kind {
            case .freehand: told.lose("strokes")
            case .text: told.lose("texts")
            default: break
            }
        }
        do throws(DrawingError) { _ = try FlowchartReader(Array(text.utf8)) } catch { refusal = error }
    }

    // MARK: Names

    private mutating func name() {
        var taken: Set<String> = []
        for shape in tree.shapes where Self.isName(shape.content.label) && taken.insert(shape.content.label).inserted {
            names[shape.id] = shape.content.label
        }
        var numbers = ["s": 0, "n": 0]
        for shape in tree.shapes where names[shape.id] == nil {
            let letter = isFrame(shape) ? "s" : "n"
            repeat { numbers[letter, default: 0] += 1 } while taken.contains("\(letter)\(numbers[letter, default: 0])")
            names[shape.id] = "\(letter)\(numbers[letter, default: 0])"
        }
    }

    /// What no reader of Mermaid takes for anything else.
    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, 0x61...0x7A ~= first | 0x20, !words.contains(text.lowercased()) else { return false }
        return text.utf8.allSatisfy { 0x61...0x7A ~= $0 | 0x20 || 0x30...0x39 ~= $0 || $0 == 0x5F }
    }

    private static let words: Set<String> = [
        "end", "subgraph", "graph", "flowchart", "style", "class", "classdef", "click", "linkstyle", "direction", "default", "href", "call",
        "interpolate", "x", "o", "tb", "td", "bt", "lr", "rl", "v", "constructor", "prototype", "acctitle", "accdescr",
    ]

    // MARK: Nodes

    /// What is around others; and a sheet with sharp corners without paper, which is what an empty subgraph becomes.
    private func isFrame(_ shape: Shape) -> Bool {
        tree.isFrame(shape.id) || shape.content.kind == .note && shape.content.corners == .sharp && shape.content.fill == nil
    }

    private mutating func write(_ part: FrameTree.Part, _ indent: String) {
        switch part {
        case .root: break
        case .group(let number):
            // No name of a shape has a dot in it.
            text += "\(indent)subgraph group.\(number + 1)[\" \"]\n"
            for child in tree.children[part] ?? [] { write(child, indent + "    ") }
            text += "\(indent)end\n"
        case .shape(let index):
            let shape = tree.shapes[index]
            guard let name = names[shape.id] else { return }
            look(shape.content, name)
            if isFrame(shape) {
                text += "\(indent)subgraph \(name)[\(quoted(shape.content))]\n"
                for child in tree.children[part] ?? [] { write(child, indent + "    ") }
                text += "\(indent)end\n"
            } else {
                let (open, close) = brackets(shape.content)
                text += "\(indent)\(name)\(open)\(quoted(shape.content))\(close)\n"
            }
        }
    }

    /// Nothing between quotes is no label.
    private mutating func quoted(_ content: ShapeDraft) -> String {
        let text = MermaidLabel.trimmed(content.text[...])
        return MermaidLabel.quoted(text.isEmpty ? " " : text, &told)
    }

    private mutating func brackets(_ content: ShapeDraft) -> (String, String) {
        let isDouble = content.lineStyle == .double
        switch content.kind {
        case .ellipse:
            // An oval has brackets of its own, (- and -), which Mermaid 11 reads and cannot draw.
            return isDouble ? ("(((", ")))") : ("((", "))")
        case .diamond: return ("{", "}")
        case .note:
            told.lose("notes", becoming: "boxes")
            return content.corners == .sharp ? ("[", "]") : ("(", ")")
        case .text:
            told.lose("texts", becoming: "boxes")
            return ("[", "]")
        default: return isDouble ? ("[[", "]]") : content.hasRoundCorners ? ("(", ")") : ("[", "]")
        }
    }

    private mutating func look(_ content: ShapeDraft, _ name: String) {
        var parts: [String] = []
        if let fill = content.fill { parts.append("fill:\(fill.text)") }
        if content.kind != .text { parts += Self.line(content) }
        if !parts.isEmpty { styles.append("style \(name) \(parts.joined(separator: ","))") }
    }

    private static func line(_ content: ShapeDraft, isUsual: (UInt16) -> Bool = { $0 == ShapeDraft.usualStrokeWidth }) -> [String] {
        var parts: [String] = []
        if let stroke = content.stroke { parts.append("stroke:\(stroke.text)") }
        let width = content.strokeWidth
        if !isUsual(width) { parts.append("stroke-width:\(width % 8 == 0 ? "\(width / 8)" : "\(Double(width) / 8)")px") }
        switch content.lineStyle {
        case .dashed: parts.append("stroke-dasharray:8 4")
        case .dotted where !content.kind.isPath: parts.append("stroke-dasharray:2 2")
        default: break
        }
        return parts
    }

    // MARK: Links

    private mutating func write(_ links: [Shape]) {
        var number = 0
        for link in links {
            let content = link.content
            guard let one = content.startBinding?.shape, let two = content.endBinding?.shape, let from = names[one], let to = names[two]
            else {
                told.lose("lines and arrows with free ends")
                continue
            }
            guard !tree.isAround(one, two), !tree.isAround(two, one), one != two || !tree.isFrame(one) else {
                told.lose("lines between a frame and what lies in it")
                continue
            }
            let (start, end) = content.heads
            // A head at the beginning alone is written as one at the end.
            let isTurned = start != .none && end == .none
            let line = self.line(content, start: isTurned ? .none : start, end: isTurned ? start : end)
            let label = content.text.isEmpty ? "" : "|\(MermaidLabel.quoted(content.text, &told))|"
            text += "    \(isTurned ? to : from) \(line)\(label) \(isTurned ? from : to)\n"
            let styles = Self.line(content) { $0 == ShapeDraft.usualStrokeWidth || $0 == Self.heavy && content.lineStyle == .solid }
            if !styles.isEmpty { self.styles.append("linkStyle \(number) \(styles.joined(separator: ","))") }
            number += 1
        }
    }

    private mutating func line(_ content: ShapeDraft, start: LineHead, end: LineHead) -> String {
        if start == .triangle || end == .triangle { told.lose("triangles at ends of lines", becoming: "arrows") }
        if content.lineStyle == .double { told.lose("double lines", becoming: "plain ones") }
        let (first, last) = (Self.mark(start), Self.mark(end))
        let isBoth = first != nil && first == last
        if first != nil, !isBoth { told.lose("heads at the beginnings of lines") }
        let before = isBoth ? first == ">" ? "<" : first ?? "" : ""
        switch content.lineStyle {
        case .dashed, .dotted: return "\(before)-.-\(last ?? "")"
        case .solid, .double:
            let isHeavy = content.strokeWidth >= Self.heavy
            return before + (isHeavy ? "==" : "--") + (last ?? (isHeavy ? "=" : "-"))
        }
    }

    private static func mark(_ head: LineHead) -> String? {
        switch head {
        case .none, .usual: nil
        case .arrow, .triangle: ">"
        case .dot: "o"
        case .bar: "x"
        }
    }

    /// Where most arrows lead.
    private func direction(of links: [Shape]) -> Flowchart.Direction {
        var (x, y, levels, uprights) = (0.0, 0.0, 0, 0)
        for link in links {
            guard let one = link.content.startBinding?.shape, let two = link.content.endBinding?.shape else { continue }
            guard let from = tree.box(one), let to = tree.box(two), one != two else { continue }
            let turn = link.content.heads.end == .none && link.content.heads.start != .none ? -1.0 : 1.0
            // What lies beside what it leads to, and not above, leads across.
            let level = max(to.left - from.right, from.left - to.right)
            let upright = max(to.top - from.bottom, from.top - to.bottom)
            if level > upright {
                levels += 1
                x += to.left + to.right > from.left + from.right ? turn : -turn
            } else if upright > level {
                uprights += 1
                y += to.top + to.bottom > from.top + from.bottom ? turn : -turn
            }
        }
        if levels > uprights { return x < 0 ? .left : .right }
        return y < 0 ? .up : .down
    }

    private static let heavy: UInt16 = 32
}
