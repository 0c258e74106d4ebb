import InkBoard
import InkPrimitives

/// A text of Mermaid that begins with `flowchart` or `graph`, as Mermaid 11 reads it (its
/// `packages/mermaid/src/diagrams/flowchart/parser/flow.jison`) (FM-200).
///
/// More lenient than that in three things: words without quotes may have brackets of another kind in them, a comment may follow a statement, and
/// `rgb(…)` may stand in a style.
struct FlowchartReader: Sendable {
    var chart = Flowchart()
    var cursor: MermaidCursor
    private var nodes: [String: Int] = [:]
    /// Links that have a name.
    var linkNames: Set<String> = []
    private var frames: [String: Int] = [:]
    private var classes: [String: Flowchart.Look] = [:]
    /// By node.
    private var classesOf: [(node: String, name: String)] = []
    private var styles: [(id: String, look: Flowchart.Look)] = []
    private var linkStyles: [(links: [Int], look: Flowchart.Look, offset: Int)] = []
    private var usualLinkLook = Flowchart.Look()
    /// Subgraphs that are open, with the nodes that are named in them.
    private var open: [(frame: Int, nodes: [Int], offset: Int)] = []

    /// - Throws: for what is no flowchart, with the place.
    init(_ bytes: [UInt8]) throws(DrawingError) {
        guard bytes.count <= Flowchart.bytesMax else {
            throw DrawingError("a flowchart of more than \(Flowchart.bytesMax >> 20) MiB is not read")
        }
        cursor = MermaidCursor(bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { cursor.index = 3 }
        try enterFence()
        try readHeader()
        while true {
            cursor.skipEmpty()
            if cursor.next == nil { break }
            try readStatement()
        }
        if let last = open.last { throw cursor.error("this subgraph has no “end”", at: last.offset) }
        try finish()
    }

    // MARK: Statements

    private mutating func readStatement() throws(DrawingError) {
        let start = cursor.index
        let word = cursor.word()
        let after = cursor.byte(after: word.utf8.count)
        let isAlone = after == nil || after == 0x20 || after == 0x09 || after == 0x0A || after == 0x0D || after == UInt8(ascii: ";")
        if isAlone {
            cursor.index += word.utf8.count
            cursor.skipBlanks()
            switch word {
            case "subgraph": return try openFrame(start)
            case "end":
                guard let frame = open.popLast() else { throw cursor.error("“end” closes no subgraph", at: start) }
                for node in frame.nodes where chart.nodes[node].parent == nil { chart.nodes[node].parent = frame.frame }
                return try endStatement("a new line after “end”")
            case "direction":
                let from = cursor.index
                if let direction = Flowchart.Direction(cursor.word()) {
                    cursor.index += cursor.word().utf8.count
                    if let frame = open.last { chart.frames[frame.frame].direction = direction } else { chart.direction = direction }
                    return try endStatement("a new line after the direction")
                }
                throw cursor.error("a direction is needed: TB, TD, BT, LR or RL", at: from)
            case "classDef":
                let names = list()
                let look = MermaidStyles.read(cursor.rest(), &chart.told)
                for name in names { classes[name, default: Flowchart.Look()].take(look) }
                return
            case "class":
                let ids = list()
                let name = cursor.rest()
                for id in ids { classesOf.append((id, name)) }
                return
            case "style":
                let ids = list()
                let look = MermaidStyles.read(cursor.rest(), &chart.told)
                for id in ids { styles.append((id, look)) }
                return
            case "linkStyle": return try readLinkStyle(start)
            case "click", "href":
                chart.told.lose("what a click does")
                return cursor.skipLine()
            default: cursor.index = start
            }
        }
        if cursor.isAt("accTitle") || cursor.isAt("accDescr") {
            chart.told.lose("descriptions")
            while let byte = cursor.next, byte != UInt8(ascii: "{"), byte != 0x0A { cursor.index += 1 }
            guard cursor.next == UInt8(ascii: "{") else { return }
            while let byte = cursor.next, byte != UInt8(ascii: "}") { cursor.index += 1 }
            guard cursor.take("}") else { throw cursor.error("this description has no “}”", at: start) }
            return
        }
        if cursor.byte(after: word.utf8.count) == UInt8(ascii: "@"), linkNames.contains(word) {
            chart.told.lose("properties of links")
            while let byte = cursor.next, byte != UInt8(ascii: "}"), byte != 0x0A { cursor.index += 1 }
            guard cursor.take("}") else { throw cursor.error("no “}” closes this", at: start) }
            return
        }
        try readLinks()
        try endStatement("a link as -->, or a new line")
    }

    private mutating func endStatement(_ needed: String) throws(DrawingError) {
        cursor.skipBlanks()
        guard cursor.isAtEnd else { throw cursor.error("\(needed) is needed here") }
    }

    /// Names with commas between them, and the blank after them.
    private mutating func list() -> [String] {
        let start = cursor.index
        while let byte = cursor.next, byte > 0x20, byte != UInt8(ascii: ";") { cursor.index += 1 }
        let text = String(decoding: cursor.bytes[start..<cursor.index], as: UTF8.self)
        cursor.skipBlanks()
        return text.split(separator: ",").map(String.init)
    }

    private mutating func readLinkStyle(_ start: Int) throws(DrawingError) {
        var from = cursor.index
        var names = list()
        // “0, 1 stroke:red”
        while cursor.bytes[..<max(from, cursor.index)].last(where: { $0 > 0x20 }) == UInt8(ascii: ","), !cursor.isAtEnd {
            from = cursor.index
            names += list()
        }
        var text = cursor.rest()
        if text.hasPrefix("interpolate ") {
            chart.told.lose("curves of links", becoming: "straight ones")
            text = MermaidLabel.trimmed(text.dropFirst("interpolate ".count).drop { !$0.isWhitespace })
        }
        let look = MermaidStyles.read(text, &chart.told)
        if names == ["default"] { return usualLinkLook.take(look) }
        let numbers = names.compactMap { Int($0) }
        guard numbers.count == names.count, !numbers.isEmpty else {
            throw cursor.error("numbers of links, or “default”, are needed after linkStyle", at: start)
        }
        linkStyles.append((numbers, look, start))
    }

    private mutating func openFrame(_ start: Int) throws(DrawingError) {
        guard chart.frames.count < Flowchart.framesMax else {
            throw cursor.error("there are more than \(Flowchart.framesMax) subgraphs", at: start)
        }
        guard open.count < Flowchart.depthMax else {
            throw cursor.error("subgraphs lie in each other deeper than \(Flowchart.depthMax)", at: start)
        }
        let from = cursor.index
        var (id, title) = ("", "")
        if cursor.next == UInt8(ascii: "\"") {
            title = try readLabel(endingAt: nil)
            id = title
        } else {
            while let byte = cursor.next, byte != 0x0A, byte != UInt8(ascii: ";"), byte != UInt8(ascii: "["), !cursor.isAt("%%") {
                cursor.index += 1
            }
            let name = cursor.bytes[from..<cursor.index]
            id = MermaidLabel.trimmed(String(decoding: name, as: UTF8.self)[...])
            title = MermaidLabel.read(name, &chart.told)
            if cursor.take("[") { title = try readLabel(endingAt: "]") }
        }
        guard title.utf8.count <= Limits.textBytes else { throw cursor.error("the title is too long", at: from) }
        chart.frames.append(Flowchart.Frame(id: id, title: title, parent: open.last?.frame, offset: start))
        open.append((chart.frames.count - 1, [], start))
        try endStatement("a new line after the title")
    }

    // MARK: Nodes and links

    private mutating func readLinks() throws(DrawingError) {
        var from = try readGroup()
        while true {
            cursor.skipBlanks()
            let end = cursor.index
            // A link may begin the next line.
            if cursor.next == 0x0A {
                cursor.skipEmpty()
                guard cursor.isAt("--") || cursor.isAt("==") || cursor.isAt("-.") || cursor.isAt("<-") || cursor.isAt("<=") else {
                    cursor.index = end
                    return
                }
            }
            guard !cursor.isAtEnd, let link = try readLink() else { return }
            cursor.skipEmpty()
            let to = try readGroup()
            guard chart.links.count + from.count * to.count <= Flowchart.linksMax else {
                throw cursor.error("there are more than \(Flowchart.linksMax) links", at: end)
            }
            for start in from {
                for end in to {
                    var made = link
                    (made.from, made.to) = (.node(start), .node(end))
                    chart.links.append(made)
                }
            }
            from = to
        }
    }

    /// Nodes with `&` between them.
    private mutating func readGroup() throws(DrawingError) -> [Int] {
        var group = [try readNode()]
        while true {
            let end = cursor.index
            cursor.skipBlanks()
            guard cursor.take("&") else {
                cursor.index = end
                return group
            }
            cursor.skipEmpty()
            group.append(try readNode())
        }
    }

    private mutating func readNode() throws(DrawingError) -> Int {
        let start = cursor.index
        skipID()
        guard cursor.index > start else { throw cursor.error("the name of a node is needed here") }
        guard cursor.index - start <= 1024 else { throw cursor.error("this name is longer than 1024 bytes", at: start) }
        let id = String(decoding: cursor.bytes[start..<cursor.index], as: UTF8.self)
        let node: Int
        if let known = nodes[id] {
            node = known
        } else {
            guard chart.nodes.count < Flowchart.nodesMax else {
                throw cursor.error("there are more than \(Flowchart.nodesMax) nodes", at: start)
            }
            node = chart.nodes.count
            chart.nodes.append(Flowchart.Node(id: id, label: id, offset: start))
            nodes[id] = node
        }
        if !open.isEmpty { open[open.count - 1].nodes.append(node) }
        if let (shape, label) = try readShape() { (chart.nodes[node].shape, chart.nodes[node].label) = (shape, label) }
        if cursor.take("@{") { try readProperties(of: node, start) }
        while cursor.take(":::") {
            let from = cursor.index
            skipID()
            guard cursor.index > from else { throw cursor.error("the name of a class is needed here") }
            classesOf.append((id, String(decoding: cursor.bytes[from..<cursor.index], as: UTF8.self)))
        }
        return node
    }

    /// Moves past a name of a node or a class.
    private mutating func skipID() { while let byte = cursor.next, isOfID(byte) { cursor.index += 1 } }

    private func isOfID(_ byte: UInt8) -> Bool {
        if MermaidCursor.isLetter(byte) { return true }
        let after = cursor.byte(after: 1)
        switch byte {
        case UInt8(ascii: "-"):
            return after.map { $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ".") && $0 > 0x20 } ?? false
        case UInt8(ascii: "="): return after != UInt8(ascii: "=")
        case UInt8(ascii: "%"): return after != UInt8(ascii: "%")
        default: return Self.marksOfID.contains(byte)
        }
    }

    private static let marksOfID = Array("!#$'*+.?\\/".utf8)

    // MARK: What was named

    private mutating func finish() throws(DrawingError) {
        try resolveFrames()
        for index in chart.nodes.indices {
            chart.nodes[index].look = classes["default"] ?? Flowchart.Look()
            if let loss = chart.nodes[index].shape.loss { chart.told.lose(loss.what, becoming: loss.became) }
        }
        for (id, name) in classesOf {
            guard let look = classes[name] else { continue }
            apply(look, to: id)
        }
        for (id, look) in styles { apply(look, to: id) }
        for index in chart.links.indices { chart.links[index].look = usualLinkLook }
        for (links, look, offset) in linkStyles {
            for link in links {
                guard chart.links.indices.contains(link) else { throw cursor.error("there is no link \(link)", at: offset) }
                chart.links[link].look.take(look)
            }
        }
    }

    private mutating func apply(_ look: Flowchart.Look, to id: String) {
        if let node = nodes[id] { chart.nodes[node].look.take(look) }
        if let frame = frames[id] { chart.frames[frame].look.take(look) }
    }

    /// What is named as a subgraph is that: links end at its frame, and one that is named within another lies there (FM-266).
    private mutating func resolveFrames() throws(DrawingError) {
        for (index, frame) in chart.frames.enumerated() where frames[frame.id] == nil { frames[frame.id] = index }
        var ends: [Int: Flowchart.End] = [:]
        var kept: [Flowchart.Node] = []
        for (index, node) in chart.nodes.enumerated() {
            if let frame = frames[node.id] {
                ends[index] = .frame(frame)
                chart.frames[frame].offset = min(chart.frames[frame].offset, node.offset)
                if let parent = node.parent, chart.frames[frame].parent == nil, !isFrame(parent, in: frame) {
                    chart.frames[frame].parent = parent
                }
            } else {
                ends[index] = .node(kept.count)
                kept.append(node)
            }
        }
        for index in chart.links.indices {
            if case .node(let from) = chart.links[index].from, case .node(let to) = chart.links[index].to, let start = ends[from],
                let end = ends[to]
            {
                (chart.links[index].from, chart.links[index].to) = (start, end)
            }
        }
        guard chart.frames.indices.allSatisfy({ depth(of: $0) <= Flowchart.depthMax }) else {
            throw DrawingError("subgraphs lie in each other deeper than \(Flowchart.depthMax)")
        }
        chart.nodes = kept
        nodes = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1.id, $0) })
    }

    private func isFrame(_ frame: Int, in other: Int) -> Bool {
        var next: Int? = frame
        while let here = next {
            if here == other { return true }
            next = chart.frames[here].parent
        }
        return false
    }

    private func depth(of frame: Int) -> Int {
        var (next, depth): (Int?, Int) = (frame, 0)
        while let here = next { (next, depth) = (chart.frames[here].parent, depth + 1) }
        return depth
    }
}

extension FlowchartReader {
    /// The words of a label.
    mutating func words(_ range: Range<Int>, isMarkdown: Bool = false) throws(DrawingError) -> String {
        let text = MermaidLabel.read(cursor.bytes[range], isMarkdown: isMarkdown, &chart.told)
        guard text.utf8.count <= Limits.textBytes else {
            throw cursor.error("a label is longer than \(Limits.textBytes) bytes", at: range.lowerBound)
        }
        return text
    }
}
