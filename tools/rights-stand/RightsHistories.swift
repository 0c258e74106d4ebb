import Foundation
import InkBoard
import InkPrimitives

/// The laws of rights over many random histories, and what rights take of time.
///
///     rights-histories SEEDS [FIRST]    the laws, over as many histories
///     rights-histories --figures        what a check of validity takes, and what the sets take of memory
@main struct RightsHistories {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == ["--figures"] { return RightsFigures.print() }
        let numbers = arguments.compactMap { UInt64($0) }
        guard (1...2).contains(numbers.count), numbers.count == arguments.count, numbers[0] > 0 else {
            print("usage: rights-histories SEEDS [FIRST]\n       rights-histories --figures")
            exit(2)
        }
        exit(run(count: numbers[0], first: numbers.count == 2 ? numbers[1] : 1) ? 0 : 1)
    }

    /// True if every law held.
    private static func run(count: UInt64, first: UInt64) -> Bool {
        var failed = 0
        var tally = RightsTally()
        let start = ContinuousClock.now
        for seed in first..<first + count {
            let history = RightsHistory(seed: seed)
            let complaints = RightsLaws.broken(by: history, orders: 4)
            for complaint in complaints.prefix(failed < 20 ? 5 : 0) { print(complaint) }
            if !complaints.isEmpty { failed += 1 }
            tally.add(history)
        }
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        print(tally)
        print("\(Int(Double(count) / elapsed)) histories/s; \(Int(count) - failed) passed, \(failed) failed")
        return failed == 0
    }
}

/// What histories held, so that a reader sees that the laws had something to hold.
struct RightsTally: CustomStringConvertible {
    private var histories = 0
    private var counts: [String: Int] = [:]

    mutating func add(_ history: RightsHistory) {
        histories += 1
        let rules = NaiveRights(history, among: history.all)
        func note(_ what: String, _ number: Int = 1) { counts[what, default: 0] += number }
        note("valid", history.deeds.count)
        note("refused", history.refused.count)
        var twins: [NaiveRights.Right: Int] = [:]
        for deed in history.deeds {
            let counting = rules.counts(deed.number)
            if !counting { note("without effect") }
            if !deed.removals.isEmpty { note(counting ? "removals" : "removals without effect") }
            guard let right = history.gifts[deed.number] else { continue }
            note(rules.stands(right) ? "rights standing" : "rights ended")
            twins[right, default: 0] += 1
            if counting, let used = deed.right.flatMap({ history.gifts[$0] }), !rules.removals(of: used).isEmpty {
                note("gifts that outlive their giver")
            }
            if case .admission = deed.act { note("admissions") }
        }
        note("admissions twice", twins.values.count { $0 > 1 })
        let own = Dictionary(grouping: history.deeds.filter { $0.number > 0 }) { $0.author }
        for deeds in own.values {
            for (left, right) in zip(deeds, deeds.dropFirst()) where !history.past(of: right.number).contains(left.number) { note("forks") }
        }
    }

    var description: String {
        counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ") + " in \(histories) histories"
    }
}
