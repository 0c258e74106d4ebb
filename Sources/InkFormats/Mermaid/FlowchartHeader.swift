import InkBoard
import InkPrimitives

// What stands around a flowchart: fences of Markdown, front matter, and the line that says what it is.
extension FlowchartReader {
    /// Of a block of code in Markdown what is between its fences (FM-200).
    mutating func enterFence() throws(DrawingError) {
        while cursor.next == 0x20 || cursor.next == 0x0A || cursor.next == 0x0D { cursor.index += 1 }
        guard let mark = cursor.next, cursor.isAt("```") || cursor.isAt("~~~") else { return }
        let fence = cursor.index
        var length = 0
        while cursor.next == mark {
            cursor.index += 1
            length += 1
        }
        guard cursor.rest().split(whereSeparator: { $0.isWhitespace || $0 == "{" }).first == "mermaid" else {
            throw cursor.error("a block of code that begins with “mermaid” is needed", at: fence)
        }
        let start = cursor.index
        while cursor.next != nil {
            cursor.skipLine()
            cursor.index += 1
            let line = cursor.index
            cursor.skipBlanks()
            let from = cursor.index
            while cursor.next == mark { cursor.index += 1 }
            guard cursor.index - from >= length else { continue }
            let end = line
            while let byte = cursor.next {
                guard byte <= 0x20 else { throw cursor.error("nothing may follow the one block of Mermaid") }
                cursor.index += 1
            }
            return cursor.narrow(to: start..<end)
        }
        throw cursor.error("this block of code has no end", at: fence)
    }

    mutating func readHeader() throws(DrawingError) {
        cursor.skipEmpty()
        if cursor.isAt("---") { try readFrontMatter() }
        cursor.skipEmpty()
        let start = cursor.index
        let word = cursor.word()
        guard ["flowchart", "graph", "flowchart-elk"].contains(word) else {
            let what = word.isEmpty ? "the file does not begin with “flowchart” or “graph”" : "“\(word.prefix(40))” is no flowchart"
            throw cursor.error("\(what): only flowcharts of Mermaid are read")
        }
        cursor.index += word.utf8.count
        cursor.skipBlanks()
        guard !cursor.isAtEnd else { return }
        let direction = cursor.word()
        if let byte = cursor.next, direction.isEmpty, let known = Flowchart.Direction(String(Character(Unicode.Scalar(byte)))) {
            chart.direction = known
            cursor.index += 1
        } else if let known = Flowchart.Direction(direction) {
            chart.direction = known
            cursor.index += direction.utf8.count
        } else {
            throw cursor.error("a direction is needed: TB, TD, BT, LR or RL", at: max(start, cursor.index))
        }
        cursor.skipBlanks()
    }

    private mutating func readFrontMatter() throws(DrawingError) {
        let start = cursor.index
        cursor.skipLine()
        while cursor.next != nil {
            cursor.index += 1
            if cursor.take("---") { return cursor.skipLine() }
            if cursor.take("title:") {
                let from = cursor.index
                cursor.skipLine()
                var title = MermaidLabel.trimmed(String(decoding: cursor.bytes[from..<cursor.index], as: UTF8.self)[...])
                if title.count > 1, let quote = title.first, quote == title.last, quote == "\"" || quote == "'" {
                    title = String(title.dropFirst().dropLast())
                }
                guard title.utf8.count <= Limits.textBytes else { throw cursor.error("the title is too long", at: from) }
                chart.title = title
            }
            cursor.skipLine()
        }
        throw cursor.error("what begins with --- here has no second ---", at: start)
    }
}
