/// Small numbers, a bit each. Two with the same numbers are equal.
///
/// In pieces, which sets share that came of one another (BD-164): each rights transaction has a set with all before it, and sets held whole would
/// take memory by the square of how many anybody writes.
struct RightsBits: Hashable, Sendable {
    /// Each of at most `pieceWords` words, of which the last is not zero; an empty one where no number is. The last piece is not empty.
    private(set) var pieces: [[UInt64]] = []

    var isEmpty: Bool { pieces.isEmpty }

    func contains(_ number: Int) -> Bool {
        let (piece, word) = (number / Self.pieceBits, (number % Self.pieceBits) >> 6)
        guard piece < pieces.count, word < pieces[piece].count else { return false }
        return pieces[piece][word] >> UInt64(number & 63) & 1 == 1
    }

    mutating func insert(_ number: Int) {
        let (piece, word) = (number / Self.pieceBits, (number % Self.pieceBits) >> 6)
        while pieces.count <= piece { pieces.append([]) }
        while pieces[piece].count <= word { pieces[piece].append(0) }
        pieces[piece][word] |= 1 << UInt64(number & 63)
    }

    mutating func formUnion(_ other: RightsBits) {
        for (index, piece) in other.pieces.enumerated() {
            guard index < pieces.count else {
                pieces.append(piece)
                continue
            }
            if Self.isSubset(piece, of: pieces[index]) { continue }
            if Self.isSubset(pieces[index], of: piece) {
                // So both have the one piece.
                pieces[index] = piece
                continue
            }
            while pieces[index].count < piece.count { pieces[index].append(0) }
            for word in piece.indices { pieces[index][word] |= piece[word] }
        }
    }

    mutating func formIntersection(_ other: RightsBits) {
        pieces.removeLast(max(0, pieces.count - other.pieces.count))
        for index in pieces.indices where !Self.isSubset(pieces[index], of: other.pieces[index]) {
            pieces[index].removeLast(max(0, pieces[index].count - other.pieces[index].count))
            for word in pieces[index].indices { pieces[index][word] &= other.pieces[index][word] }
            while pieces[index].last == 0 { pieces[index].removeLast() }
        }
        while pieces.last?.isEmpty == true { pieces.removeLast() }
    }

    mutating func subtract(_ other: RightsBits) {
        for index in pieces.indices.prefix(other.pieces.count) {
            for word in pieces[index].indices.prefix(other.pieces[index].count) { pieces[index][word] &= ~other.pieces[index][word] }
            while pieces[index].last == 0 { pieces[index].removeLast() }
        }
        while pieces.last?.isEmpty == true { pieces.removeLast() }
    }

    /// Whether no number below `end` is in one of both alone.
    func agrees(with other: RightsBits, below end: Int) -> Bool {
        for index in 0..<max(pieces.count, other.pieces.count) {
            let left = index < pieces.count ? pieces[index] : []
            let right = index < other.pieces.count ? other.pieces[index] : []
            guard left != right else { continue }
            for word in 0..<max(left.count, right.count) {
                let differing = (word < left.count ? left[word] : 0) ^ (word < right.count ? right[word] : 0)
                if differing != 0 { return index * Self.pieceBits + word << 6 + differing.trailingZeroBitCount >= end }
            }
        }
        return true
    }

    func intersects(_ other: RightsBits) -> Bool {
        for index in 0..<min(pieces.count, other.pieces.count) {
            let (left, right) = (pieces[index], other.pieces[index])
            for word in 0..<min(left.count, right.count) where left[word] & right[word] != 0 { return true }
        }
        return false
    }

    /// Calls `body` with each number, ascending.
    func forEach(_ body: (Int) -> Void) {
        for (index, piece) in pieces.enumerated() {
            for (word, bits) in piece.enumerated() {
                var left = bits
                while left != 0 {
                    body(index * Self.pieceBits + word << 6 + left.trailingZeroBitCount)
                    left &= left - 1
                }
            }
        }
    }

    /// Memory that it takes, about, if it shares nothing, bytes.
    var byteCount: Int { pieces.reduce(0) { $0 + 40 + 8 * $1.count } }

    private static func isSubset(_ left: [UInt64], of right: [UInt64]) -> Bool {
        guard left.count <= right.count else { return false }
        for word in left.indices where left[word] & ~right[word] != 0 { return false }
        return true
    }

    private static let pieceBits = 1024
}
