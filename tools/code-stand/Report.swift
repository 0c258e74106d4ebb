import Foundation
import InkCrypto
import InkPrimitives

/// Runs of codes in words.
enum Report {
    /// How much a stand does.
    struct Size {
        var count: Int
        var seed: UInt64
        /// Inviters at the rendezvous whose codes are strangers to all.
        var strangers: Int
        /// Words that are tried in each place, and whole codes by chance.
        var words: Int
        var codes: Int
    }

    /// True if all was as it must be; prints what was.
    static func run(_ size: Size, at server: SocketAddress, quiet: SocketAddress, other: SocketAddress) throws -> Bool {
        let runs = CodeRuns(at: server, quiet: quiet, other: other, seed: size.seed)
        try runs.run(size.count, strangers: size.strangers)
        let tally = runs.tally
        for kind in Kind.allCases {
            let name = kind.rawValue.padding(toLength: 22, withPad: " ", startingAt: 0)
            print("  \(name) \(tally.runs[kind, default: 0]) runs, \(tally.joined[kind, default: 0]) joined")
        }
        let isRight =
            tally.faults.isEmpty
            && Kind.allCases.allSatisfy { kind in
                switch kind {
                case .right, .secondServer, .reused: tally.joined[kind, default: 0] == tally.runs[kind, default: 0]
                default: tally.joined[kind, default: 0] == 0
                }
            }
        print("\(tally.total) runs; \(tally.bystanders) codes of others stood open meanwhile and were good in the end")
        for fault in tally.faults.prefix(20) { print("  fault: \(fault)") }
        print("\(tally.faults.count) faults")
        return try guess(runs.transcript, size) && isRight
    }

    private static func guess(_ transcript: Transcript?, _ size: Size) throws -> Bool {
        guard let transcript, transcript.bodies.count >= 4 else {
            print("no transcript of a right run")
            return false
        }
        var random = SecretGenerator(seed: Blake2b.hash256(Array("guesses \(size.seed)".utf8)))
        var isFound = true
        for (name, planted) in Transcript.planted(like: transcript, using: &random) {
            let hits = Guesser(planted).hits(words: 8, codes: 8, using: &random).hits
            print("  planted: \(name): \(hits > 0 ? "found" : "NOT FOUND")")
            isFound = isFound && hits > 0
        }
        let (tried, hits) = Guesser(transcript).hits(words: size.words, codes: size.codes, using: &random)
        print("offline: \(tried) guesses at a transcript of a right run, its own words among them: \(hits) hits")
        return isFound && hits == 0
    }
}
