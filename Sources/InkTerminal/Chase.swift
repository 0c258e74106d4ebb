import InkFrontEnd
import InkPrimitives

/// Leads a window to where it is to be: half of the way that is left in each 100 ms, by whole cells (TM-241).
///
///     at rest ──there is a way──▶ under way ──less than half a cell is left, or it is far──▶ at rest
struct Chase: Hashable, Sendable {
    /// When it went last; nil at rest.
    private var wentAt: Instant?
    /// What is left beside whole cells.
    private var rest = SIMD2<Double>.zero

    /// When it goes on; nil at rest.
    var deadline: Instant? { wentAt.map { $0 + Glide.frame } }

    /// Goes on.
    ///
    /// - Parameters:
    ///   - way: from where the window is to where it is to be, in columns and rows.
    ///   - window: its size. What is that far away is gone to at once, since on the way there nothing of either is seen.
    /// - Returns: what is left of the way then (TM-241).
    mutating func go(_ way: SIMD2<Int>, window: SIMD2<Int>, now: Instant) -> SIMD2<Int> {
        guard way != .zero, abs(way.x) < window.x, abs(way.y) < window.y else {
            self = Chase()
            return .zero
        }
        var left = SIMD2(Double(way.x), Double(way.y))
        if let wentAt {
            let past = Double((now - wentAt).nanoseconds) / Self.time
            // e to the power of −past, for a frame exact to a hundred-thousandth.
            left = (left + rest) / (1 + past * (1 + past / 2 * (1 + past / 3)))
        }
        let cells = left.rounded(.toNearestOrAwayFromZero)
        (wentAt, rest) = cells == .zero ? (nil, .zero) : (now, left - cells)
        return SIMD2(Int(cells.x), Int(cells.y))
    }

    /// In which the way falls to its e-th part, nanoseconds: 100 ms / ln 2, so that it is halved in 100 ms.
    private static let time = 100_000_000 / 0.693_147
}
