import InkBoard
import InkPrimitives
import InkSession

/// What somebody does in a storm is counted, not told one by one (LN-8).
///
///     told one by one ──eighth within 8 s──▶ counted ──2 s──▶ told as a sum; one by one again
struct Storms {
    /// How many shapes somebody drew, changed and deleted.
    struct Sum: Equatable {
        var drawn = 0
        var changed = 0
        var deleted = 0
    }

    private struct Of {
        /// When the newest were told.
        var told: [Instant] = []
        /// What was not, and when it is told.
        var held: (sum: Sum, until: Instant)?
    }

    private var byAuthor: [AuthorID: Of] = [:]

    /// True if these changes are to be told now, by themselves; else they are counted.
    mutating func tells(_ changes: [ShapeChange], of author: AuthorID, now: Instant) -> Bool {
        var of = byAuthor[author] ?? Of()
        defer { byAuthor[author] = of }
        of.told.removeAll { $0 + Self.span <= now }
        guard of.held != nil || of.told.count >= Self.toldMax else {
            of.told.append(now)
            return true
        }
        var (sum, until) = of.held ?? (Sum(), now + Self.hold)
        for change in changes {
            switch change.kind {
            case .added: sum.drawn += 1
            case .changed: sum.changed += 1
            case .removed: sum.deleted += 1
            }
        }
        of.held = (sum, until)
        return false
    }

    var deadline: Instant? { byAuthor.values.compactMap { $0.held?.until }.min() }

    /// What is to be told as a sum by now, in the order of the authors' keys.
    mutating func due(now: Instant) -> [(author: AuthorID, sum: Sum)] {
        var due: [(author: AuthorID, sum: Sum)] = []
        for author in byAuthor.keys.sorted() {
            guard let held = byAuthor[author]?.held, held.until <= now else { continue }
            byAuthor[author]?.held = nil
            due.append((author, held.sum))
        }
        return due
    }

    private static let toldMax = 8
    private static let span = Duration.seconds(8)
    private static let hold = Duration.seconds(2)
}

extension Storms.Sum {
    /// `drew 12 shapes and changed 30`.
    func words(_ name: String) -> String {
        let parts = [("drew", drawn), ("changed", changed), ("deleted", deleted)].filter { $0.1 > 0 }
        let words = parts.enumerated().map { index, part in
            index == 0 ? "\(part.0) \(part.1) shape\(part.1 == 1 ? "" : "s")" : "\(part.0) \(part.1)"
        }
        return "\(name) \(words.joined(separator: " and "))"
    }
}
