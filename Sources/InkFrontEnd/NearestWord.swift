/// Which word somebody meant who typed one that there is not.
package enum NearestWord {
    /// The one that is nearest, by letters that are wrong, missing, too many or exchanged with the next: a third of them at most. Nil for none, and where
    /// two are as near (CL-235).
    package static func nearest(to typed: String, among words: some Sequence<String>) -> String? {
        let wanted = Array(typed.lowercased())
        let allowed = max(1, wanted.count / 3)
        var (best, isShared): ((word: String, distance: Int)?, Bool) = (nil, false)
        for word in Set(words).sorted() {
            let letters = Array(word.lowercased())
            guard abs(letters.count - wanted.count) <= allowed else { continue }
            let distance = distance(wanted, letters)
            guard distance <= allowed else { continue }
            if let found = best, found.distance <= distance {
                isShared = isShared || found.distance == distance
            } else {
                (best, isShared) = ((word, distance), false)
            }
        }
        return isShared ? nil : best?.word
    }

    /// Changes from one to the other, an exchange of two neighbours being one (Damerau, optimal string alignment).
    private static func distance(_ first: [Character], _ second: [Character]) -> Int {
        var (before, last) = ([Int](), Array(0...second.count))
        for row in first.indices {
            var next = [row + 1]
            for column in second.indices {
                let isSame = first[row] == second[column]
                var cost = min(last[column] + (isSame ? 0 : 1), last[column + 1] + 1, next[column] + 1)
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    cost = min(cost, before[column - 1] + 1)
                }
                next.append(cost)
            }
            (before, last) = (last, next)
        }
        return last[second.count]
    }
}
