import InkBoard

/// The fenced blocks of code in a text of Markdown (CommonMark 0.31 §4.5).
package struct MarkdownBlocks: Sendable {
    package struct Block: Equatable, Sendable {
        /// The first word behind the fence, in small letters.
        package var name: String
        /// Of its first line within the text, from 1.
        package var line: Int
        package var bytes: ArraySlice<UInt8>
    }

    package private(set) var all: [Block] = []

    /// A fence has so many marks at least, and so many blanks before it at most.
    private static let marksMin = 3
    private static let blanksMax = 3

    package init(_ bytes: [UInt8]) {
        var open: (mark: UInt8, count: Int, name: String, line: Int, start: Int)?
        var (start, line) = (0, 0)
        while start < bytes.count {
            line += 1
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let fence = Self.fence(bytes[start..<end])
            if let block = open {
                if let fence, fence.mark == block.mark, fence.count >= block.count, fence.words.isEmpty {
                    all.append(Block(name: block.name, line: block.line, bytes: bytes[block.start..<start]))
                    open = nil
                }
            } else if let fence, fence.mark != UInt8(ascii: "`") || !fence.words.contains("`") {
                let name = fence.words.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "{" }).first.map { $0.lowercased() } ?? ""
                open = (fence.mark, fence.count, name, line + 1, min(end + 1, bytes.count))
            }
            start = end + 1
        }
        // One that is not closed goes on to the end.
        if let block = open { all.append(Block(name: block.name, line: block.line, bytes: bytes[block.start...])) }
    }

    /// The one block that is a drawing: of Mermaid, or else of text.
    ///
    /// - Throws: where there is none, or more than one.
    package func only() throws(DrawingError) -> Block {
        for names in [["mermaid"], ["text", "txt", "ascii", ""]] {
            let found = all.filter { names.contains($0.name) }
            guard found.count < 2 else {
                throw DrawingError(
                    "\(found.count) blocks could be meant, in lines \(found.prefix(8).map { "\($0.line)" }.joined(separator: ", ")): leave one of them in"
                )
            }
            if let block = found.first { return block }
        }
        throw DrawingError("no block of code is in it that is called “mermaid”, or “text”, or nothing")
    }

    private static func fence(_ row: ArraySlice<UInt8>) -> (mark: UInt8, count: Int, words: String)? {
        let inner = row.drop { $0 == UInt8(ascii: " ") }
        guard inner.startIndex - row.startIndex <= blanksMax, let mark = inner.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~")
        else {
            return nil
        }
        let words = inner.drop { $0 == mark }
        let count = words.startIndex - inner.startIndex
        guard count >= marksMin else { return nil }
        let text = String(decoding: words, as: UTF8.self)
        return (mark, count, text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    }
}
