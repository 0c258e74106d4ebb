/// Bytes of a stream that may have to go again: appended at the end, forgotten at the front, read anywhere between, by their offset in the stream.
///
/// Kept in chunks: to forget a megabyte's front moves nothing, and what was acknowledged makes room for what comes.
struct SendBuffer: Sendable {
    private struct Chunk: Sendable {
        /// Offset of its first byte.
        var start: UInt64
        var bytes: [UInt8]
        var end: UInt64 { start + UInt64(bytes.count) }
    }

    /// One chunk, bytes (TR-213).
    static let chunkCount = 16 << 10
    /// Room that a buffer may keep with nothing in it, bytes.
    private static let spareMax = 4096

    private var chunks: [Chunk] = []
    /// Room of a chunk that was forgotten, for the next one.
    private var spare: [UInt8] = []
    /// One past the last byte.
    private(set) var end: UInt64 = 0

    /// Offset of the first byte that can be read.
    var start: UInt64 { chunks.first?.start ?? end }

    /// Bytes of memory taken.
    var room: Int { chunks.reduce(spare.capacity) { $0 + $1.bytes.capacity } }

    mutating func append(_ bytes: [UInt8]) {
        if let last = chunks.indices.last, chunks[last].bytes.count + bytes.count <= Self.chunkCount {
            chunks[last].bytes += bytes
            end += UInt64(bytes.count)
            return
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            if chunks.last.map({ $0.bytes.count >= Self.chunkCount }) ?? true { addChunk() }
            let last = chunks.count - 1
            let part = rest.prefix(Self.chunkCount - chunks[last].bytes.count)
            chunks[last].bytes += part
            rest = rest[part.endIndex...]
            end += UInt64(part.count)
        }
    }

    mutating func appendVarint(_ value: UInt64) {
        // A number may lie across two chunks, which are not all of one size for it: a chunk may be a little longer than `chunkCount`.
        if chunks.last.map({ $0.bytes.count >= Self.chunkCount }) ?? true { addChunk() }
        let last = chunks.count - 1
        let before = chunks[last].bytes.count
        chunks[last].bytes.appendVarint(value)
        end += UInt64(chunks[last].bytes.count - before)
    }

    private mutating func addChunk() {
        var room: [UInt8] = []
        swap(&room, &spare)
        // The first grows as it is filled, since most streams never hold much.
        if !chunks.isEmpty { room.reserveCapacity(Self.chunkCount + 8) }
        chunks.append(Chunk(start: end, bytes: room))
    }

    /// Appends the bytes of `range`, all of which must lie between `start` and `end`, to `packet`.
    func copy(_ range: Range<UInt64>, to packet: inout [UInt8]) {
        var (index, from) = (chunk(of: range.lowerBound), range.lowerBound)
        while from < range.upperBound {
            let chunk = chunks[index]
            let to = min(chunk.end, range.upperBound)
            packet += chunk.bytes[Int(from - chunk.start)..<Int(to - chunk.start)]
            (index, from) = (index + 1, to)
        }
    }

    /// Forgets chunks of which all lies before `offset`.
    mutating func forget(below offset: UInt64) {
        if offset >= end {
            // Nothing is left: a small room is used again.
            if chunks.count == 1, chunks[0].bytes.capacity <= Self.spareMax {
                chunks[0].bytes.removeAll(keepingCapacity: true)
                chunks[0].start = end
            } else {
                (chunks, spare) = ([], [])
            }
            return
        }
        var count = 0
        while chunks[count].end <= offset { count += 1 }
        guard count > 0 else { return }
        swap(&spare, &chunks[count - 1].bytes)
        spare.removeAll(keepingCapacity: true)
        chunks.removeSubrange(0..<count)
    }

    /// Where the chunk with this byte is.
    private func chunk(of offset: UInt64) -> Int {
        var (low, high) = (0, chunks.count)
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle].end <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
