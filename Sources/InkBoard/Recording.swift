import InkPrimitives

/// How a board came about: its transactions in one order, each with a time from 0, alike for all who have the same set.
///
///     set ──ready first, by claimed time──▶ order ──gaps, at most the idle limit──▶ timeline ──an author's share──▶ steps
///
/// Times are claims, and whoever signs may claim any. So a step is never before the one before it, and what an author's claims may add is
/// bounded for each step and for all of them together (FM-221, FM-222).
public struct Recording: Sendable {
    /// A transaction and when it is shown.
    public struct Step: Sendable {
        public let transaction: Transaction
        /// Since the beginning; never less than that of the step before.
        public internal(set) var milliseconds: Int
    }

    /// A place that is worth going to.
    public struct Marker: Hashable, Sendable {
        public enum Kind: Hashable, Sendable {
            /// The first that this author did here.
            case joined(AuthorID)
            /// The end of a pause that was shortened.
            case pause
        }

        public let kind: Kind
        public let milliseconds: Int
    }

    /// Genesis first, each after its parents.
    public private(set) var steps: [Step] = []
    /// Ascending by time; at most `markersMax` of each kind.
    public private(set) var markers: [Marker] = []
    /// The longest time between two steps.
    public let idleLimitMilliseconds: Int
    /// The time of the last step.
    public var durationMilliseconds: Int { steps.last?.milliseconds ?? 0 }

    /// What is usual.
    public static let idleLimitMilliseconds = 2000
    /// What the steps of one author take together: half an hour. Who drew longer is shown faster.
    public static let authorMilliseconds = 30 * 60 * 1000
    /// What all take: two hours.
    public static let totalMilliseconds = 2 * 60 * 60 * 1000
    /// Who joins first, and the pauses that come first, are worth as much as all others: a member can make any number of either (FM-272).
    public static let markersMax = 256

    /// - Parameter idleLimitMilliseconds: at least 1, at most an hour.
    public init(of board: Board, idleLimitMilliseconds: Int = Self.idleLimitMilliseconds) {
        precondition(
            (1...3_600_000).contains(idleLimitMilliseconds), "an idle limit is 1 ms to an hour, not \(idleLimitMilliseconds) ms")
        self.idleLimitMilliseconds = idleLimitMilliseconds
        var timeline = Timeline(idleLimit: idleLimitMilliseconds)
        for transaction in Self.ordered(board.transactions) { timeline.take(transaction) }
        (steps, markers) = timeline.finish()
    }

    /// How many steps are done at a time.
    public func stepCount(at milliseconds: Int) -> Int { steps.partitioningIndex { $0.milliseconds > milliseconds } }

    /// How many steps stand when a part begins; none before one that begins where all does.
    package func stepCount(before part: ClosedRange<Int>) -> Int { part.lowerBound == 0 ? 0 : stepCount(at: part.lowerBound) }
    /// How many steps are done in a part.
    package func stepCount(in part: ClosedRange<Int>) -> Int { stepCount(at: part.upperBound) - stepCount(before: part) }

    /// `value * share / whole`, rounded down, for any value up to the whole.
    static func part(_ value: Int, _ share: Int, of whole: Int) -> Int {
        whole.dividingFullWidth(value.multipliedFullWidth(by: share)).quotient
    }

    /// Each after its parents, and of those that could be next the one of the least claimed time, then stamp (FM-220).
    private static func ordered(_ transactions: [Transaction]) -> [Transaction] {
        let indices = Dictionary(transactions.indices.map { (transactions[$0].name, $0) }, uniquingKeysWith: { first, _ in first })
        var children = [[Int]](repeating: [], count: transactions.count)
        var missing = [Int](repeating: 0, count: transactions.count)
        for (index, transaction) in transactions.enumerated() {
            for parent in transaction.parents {
                guard let parent = indices[parent] else { continue }
                children[parent].append(index)
                missing[index] += 1
            }
        }
        func isFirst(_ left: Int, _ right: Int) -> Bool {
            let (left, right) = (transactions[left], transactions[right])
            return left.claimedWallTime == right.claimedWallTime
                ? left.stamp < right.stamp : left.claimedWallTime < right.claimedWallTime
        }
        var ready = Heap(isFirst)
        for index in transactions.indices where missing[index] == 0 { ready.insert(index) }
        var ordered: [Transaction] = []
        ordered.reserveCapacity(transactions.count)
        while let index = ready.popFirst() {
            ordered.append(transactions[index])
            for child in children[index] {
                missing[child] -= 1
                if missing[child] == 0 { ready.insert(child) }
            }
        }
        return ordered
    }
}

/// Gives steps their times, one after another.
private struct Timeline {
    private let idleLimit: Int
    private var steps: [Recording.Step] = []
    private var joins: [(author: AuthorID, step: Int)] = []
    private var pauses: [Int] = []
    /// What each author said and was given last, and what its steps take so far.
    private var authors: [AuthorID: Clock] = [:]

    private struct Clock {
        var claimed: UInt64
        var milliseconds: Int
        var taken = 0
    }

    init(idleLimit: Int) { self.idleLimit = idleLimit }

    mutating func take(_ transaction: Transaction) {
        let claimed = transaction.claimedWallTime
        var gap = 0
        if let before = steps.last {
            // By the clock of its author, which may go wrong, but not differently from one step to the next; and by what the step before claims,
            // which is of another clock, but tells when all had rested (FM-271).
            let own = authors[transaction.author].map { clock in
                clock.milliseconds + Self.span(from: clock.claimed, to: claimed) - before.milliseconds
            }
            let all = before.transaction.claimedWallTime <= claimed ? Self.span(from: before.transaction.claimedWallTime, to: claimed) : nil
            gap = max(0, [own, all].compactMap { $0 }.min() ?? 0)
        }
        // Who joins after a pause has one marker.
        if authors[transaction.author] == nil {
            if joins.count < Recording.markersMax { joins.append((transaction.author, steps.count)) }
        } else if gap > idleLimit, pauses.count < Recording.markersMax {
            pauses.append(steps.count)
        }
        gap = min(gap, idleLimit)
        let time = (steps.last?.milliseconds ?? 0) + gap
        var clock = authors[transaction.author] ?? Clock(claimed: claimed, milliseconds: time)
        (clock.claimed, clock.milliseconds, clock.taken) = (claimed, time, clock.taken + gap)
        authors[transaction.author] = clock
        steps.append(Recording.Step(transaction: transaction, milliseconds: time))
    }

    /// Shortens what takes more than its author's share.
    mutating func finish() -> ([Recording.Step], [Recording.Marker]) {
        let share = share
        var (before, time) = (0, 0)
        var sums: [AuthorID: Int] = [:]
        for index in steps.indices {
            let author = steps[index].transaction.author
            let gap = steps[index].milliseconds - before
            before = steps[index].milliseconds
            if let taken = authors[author]?.taken, taken > share {
                let sum = sums[author, default: 0]
                sums[author] = sum + gap
                // Rounded in sum, so that nothing is lost of many short ones.
                time += Recording.part(sum + gap, share, of: taken) - Recording.part(sum, share, of: taken)
            } else {
                time += gap
            }
            steps[index].milliseconds = time
        }
        let markers =
            joins.map { Recording.Marker(kind: .joined($0.author), milliseconds: steps[$0.step].milliseconds) }
            + pauses.map { Recording.Marker(kind: .pause, milliseconds: steps[$0].milliseconds) }
        // Stable: of one time who joined comes first.
        let order = markers.indices.sorted { (markers[$0].milliseconds, $0) < (markers[$1].milliseconds, $1) }
        return (steps, order.map { markers[$0] })
    }

    /// What one author may take: as much as all can have so that together they take no more than there is.
    private var share: Int {
        var left = Recording.totalMilliseconds
        let sums = authors.values.map(\.taken).sorted()
        for (index, taken) in sums.enumerated() {
            let equal = left / (sums.count - index)
            if taken > equal { return min(equal, Recording.authorMilliseconds) }
            left -= taken
        }
        return Recording.authorMilliseconds
    }

    /// ms, at most a day: more is a pause, however long.
    private static func span(from: UInt64, to: UInt64) -> Int { to > from ? Int(min(to - from, 86_400_000)) : 0 }
}

/// Indices, the first by some order at hand.
private struct Heap {
    private var items: [Int] = []
    private let isFirst: (Int, Int) -> Bool

    init(_ isFirst: @escaping (Int, Int) -> Bool) { self.isFirst = isFirst }

    mutating func insert(_ item: Int) {
        items.append(item)
        var index = items.count - 1
        while index > 0, isFirst(items[index], items[(index - 1) / 2]) {
            items.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func popFirst() -> Int? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        guard !items.isEmpty else { return first }
        items[0] = last
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < items.count && isFirst(items[child], items[least]) { least = child }
            guard least != index else { return first }
            items.swapAt(index, least)
            index = least
        }
    }
}
