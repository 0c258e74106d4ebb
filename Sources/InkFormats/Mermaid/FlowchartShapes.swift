import InkBoard

// Nodes within their brackets, and links.
extension FlowchartReader {
    // MARK: Nodes

    /// The brackets of a node and what is in them; nil where there are none.
    mutating func readShape() throws(DrawingError) -> (FlowShape, String)? {
        let start = cursor.index
        for (open, ends, shape) in Self.brackets where cursor.take(open) {
            let text = try readLabel(endingAt: ends[0], or: ends.count > 1 ? ends[1] : nil, from: start)
            return (shape, text)
        }
        return nil
    }

    /// Longer brackets before those that they begin with.
    private static let brackets: [(open: StaticString, ends: [StaticString], shape: FlowShape)] = [
        ("(((", [")))"], .doubleCircle), ("((", ["))"], .circle), ("([", ["])"], .stadium), ("(-", ["-)"], .ellipse), ("(", [")"], .round),
        ("[[", ["]]"], .doubleBox), ("[(", [")]"], .cylinder), ("[/", ["/]", "\\]"], .slanted), ("[\\", ["\\]", "/]"], .slanted),
        ("[", ["]"], .box), ("{{", ["}}"], .hexagon), ("{", ["}"], .diamond), (">", ["]"], .flag),
    ]

    /// Words to a bracket, between quotes or without; with no bracket, words between quotes.
    mutating func readLabel(endingAt end: StaticString?, or other: StaticString? = nil, from start: Int? = nil) throws(DrawingError)
        -> String
    {
        let from = cursor.index
        while let byte = cursor.next, byte <= 0x20 { cursor.index += 1 }
        if cursor.take("\"") {
            let quote = cursor.index - 1
            let isMarkdown = cursor.take("`")
            let first = cursor.index
            while let byte = cursor.next, byte != UInt8(ascii: "\"") { cursor.index += 1 }
            guard cursor.next != nil else { throw cursor.error("this quote has no end", at: quote) }
            var last = cursor.index
            if isMarkdown, last > first, cursor.bytes[last - 1] == UInt8(ascii: "`") { last -= 1 }
            let text = try words(first..<last, isMarkdown: isMarkdown)
            cursor.index += 1
            guard let end else { return text }
            while let byte = cursor.next, byte <= 0x20 { cursor.index += 1 }
            if cursor.take(end) { return text }
            if let other, cursor.take(other) { return text }
            throw cursor.error("“\(end)” is needed here")
        }
        cursor.index = from
        guard let end else { throw cursor.error("words between quotes are needed here") }
        while cursor.next != nil {
            let last = cursor.index
            if cursor.take(end) { return try words(from..<last) }
            if let other, cursor.take(other) { return try words(from..<last) }
            cursor.index += 1
        }
        throw cursor.error("no “\(end)” closes this", at: start ?? from)
    }

    /// `@{ shape: …, label: "…" }`: what else there is has no place.
    mutating func readProperties(of node: Int, _ start: Int) throws(DrawingError) {
        while true {
            while let byte = cursor.next, byte <= 0x20 || byte == UInt8(ascii: ",") { cursor.index += 1 }
            if cursor.take("}") { return }
            let name = cursor.word()
            guard !name.isEmpty else {
                throw cursor.error(
                    cursor.next == nil ? "no “}” closes this" : "a name is needed here", at: cursor.next == nil ? start : nil)
            }
            cursor.index += name.utf8.count
            cursor.skipBlanks()
            guard cursor.take(":") else { throw cursor.error("“:” is needed here") }
            cursor.skipBlanks()
            let value: String
            if cursor.next == UInt8(ascii: "\"") {
                value = try readLabel(endingAt: nil)
            } else {
                let from = cursor.index
                while let byte = cursor.next, byte != UInt8(ascii: ","), byte != UInt8(ascii: "}"), byte != 0x0A { cursor.index += 1 }
                value = try words(from..<cursor.index)
            }
            switch name {
            case "shape": chart.nodes[node].shape = FlowShape(named: value)
            case "label": chart.nodes[node].label = value
            case "icon", "img": chart.told.lose(name == "icon" ? "icons" : "images")
            default: chart.told.lose("properties of nodes")
            }
        }
    }

    // MARK: Links

    /// A link without its ends; nil where there is none.
    mutating func readLink() throws(DrawingError) -> Flowchart.Link? {
        var link = Flowchart.Link(from: .node(0), to: .node(0))
        let start = cursor.index
        skipName()
        switch cursor.next {
        case UInt8(ascii: "<"): link.startHead = .arrow
        case UInt8(ascii: "x") where isLine(after: 1): link.startHead = .bar
        case UInt8(ascii: "o") where isLine(after: 1): link.startHead = .dot
        default: break
        }
        if link.startHead != .none { cursor.index += 1 }
        guard let first = cursor.next, isLine(after: 0), first != UInt8(ascii: "~") || cursor.isAt("~~~") else {
            cursor.index = start
            return nil
        }
        if cursor.isAt("~~~") {
            link.line = .invisible
            link.length = min(Flowchart.lengthMax, count("~") - 2)
            return link
        }
        if cursor.isAt("-.") {
            link.line = .dotted
            cursor.index += 1
            let dots = count(".")
            if cursor.take("-") {
                link.length = min(Flowchart.lengthMax, dots)
                link.endHead = takeHead()
            } else {
                try readWords(of: &link, start)
            }
        } else {
            let mark = first
            link.line = mark == UInt8(ascii: "=") ? .thick : .solid
            let length = count(mark == UInt8(ascii: "=") ? "=" : "-")
            link.endHead = takeHead()
            if link.endHead != .none || length > 2 {
                link.length = max(1, min(Flowchart.lengthMax, length - (link.endHead == .none ? 2 : 1)))
            } else {
                try readWords(of: &link, start)
            }
        }
        if link.startHead == .bar || link.endHead == .bar {
            chart.told.lose("crosses at ends of links", (link.startHead == .bar ? 1 : 0) + (link.endHead == .bar ? 1 : 0), becoming: "bars")
        }
        cursor.skipBlanks()
        if cursor.take("|") { link.label = try readLabel(endingAt: "|", from: cursor.index - 1) }
        return link
    }

    /// `name@` before a link: nothing refers to it but animations.
    private mutating func skipName() {
        let word = cursor.word()
        let at = word.utf8.count
        guard at > 0, cursor.byte(after: at) == UInt8(ascii: "@"), cursor.byte(after: at + 1) != UInt8(ascii: "{") else { return }
        linkNames.insert(word)
        cursor.index += at + 1
    }

    private func isLine(after count: Int) -> Bool {
        switch (cursor.byte(after: count), cursor.byte(after: count + 1)) {
        case (UInt8(ascii: "-"), UInt8(ascii: "-")), (UInt8(ascii: "="), UInt8(ascii: "=")), (UInt8(ascii: "-"), UInt8(ascii: ".")),
            (UInt8(ascii: "~"), UInt8(ascii: "~")):
            true
        default: false
        }
    }

    /// Moves past so many of the same.
    private mutating func count(_ mark: Unicode.Scalar) -> Int {
        let start = cursor.index
        while cursor.next == UInt8(ascii: mark) { cursor.index += 1 }
        return cursor.index - start
    }

    private mutating func takeHead() -> LineHead {
        switch cursor.next {
        case UInt8(ascii: ">"): cursor.index += 1
        case UInt8(ascii: "x"):
            cursor.index += 1
            return .bar
        case UInt8(ascii: "o"):
            cursor.index += 1
            return .dot
        default: return .none
        }
        return .arrow
    }

    /// The words of `-- words -->`, and its end.
    private mutating func readWords(of link: inout Flowchart.Link, _ start: Int) throws(DrawingError) {
        cursor.skipBlanks()
        let (from, isQuoted) = (cursor.index, cursor.next == UInt8(ascii: "\""))
        if isQuoted { link.label = try readLabel(endingAt: nil) }
        while let byte = cursor.next, byte != 0x0A {
            let last = cursor.index
            var length = 0
            switch link.line {
            case .dotted:
                let dots = count(".")
                if dots > 0, cursor.take("-") { length = dots }
            default:
                let marks = count(link.line == .thick ? "=" : "-")
                if marks > 1 { length = marks }
            }
            guard length > 0 else {
                if cursor.index == last { cursor.index += 1 }
                continue
            }
            link.endHead = takeHead()
            if link.line != .dotted {
                guard link.endHead != .none || length > 2 else { throw cursor.error("“-->” or “---” is needed here", at: last) }
                length -= link.endHead == .none ? 2 : 1
            }
            link.length = max(1, min(Flowchart.lengthMax, length))
            if !isQuoted { link.label = try words(from..<last) }
            return
        }
        let needed = link.line == .dotted ? ".->" : link.line == .thick ? "==>" : "-->"
        throw cursor.error("the words of this link have no “\(needed)” after them", at: start)
    }
}
