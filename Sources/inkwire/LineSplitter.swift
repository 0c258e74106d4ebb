/// Cuts a stream of bytes into lines of bounded length.
package struct LineSplitter {
    package enum Line: Equatable {
        /// Without its line feed.
        case line([UInt8])
        /// It was longer than allowed and is lost.
        case oversized
    }

    private let limit: Int
    private var partial: [UInt8] = []
    private var isSkipping = false

    /// `limit`: longest line that is kept, bytes (CL-14).
    package init(limit: Int) { self.limit = limit }

    /// The lines that `bytes` complete, in order.
    package mutating func append(_ bytes: some Sequence<UInt8>) -> [Line] {
        var lines: [Line] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                lines.append(isSkipping ? .oversized : .line(partial))
                (partial, isSkipping) = ([], false)
            } else if !isSkipping {
                partial.append(byte)
                if partial.count > limit { (partial, isSkipping) = ([], true) }
            }
        }
        return lines
    }

    /// What stands behind the last line feed; nil when nothing does.
    package mutating func finish() -> Line? {
        defer { (partial, isSkipping) = ([], false) }
        return isSkipping ? .oversized : partial.isEmpty ? nil : .line(partial)
    }
}
