import InkPrimitives
import Testing

@testable import InkBoard
@testable import rights_histories

@Suite struct ReconcileRightsTests {
    private static let hashKey = Array(repeating: 9 as UInt8, count: 32)

    /// Lets two boards compare until neither has anything to say, and each count what it heard.
    private static func compare(_ boards: inout [Board]) throws {
        var sides = [true, false].map { Reconciler(hashKey: hashKey, isInitiator: $0) }
        var mail: [[[UInt8]]] = [[], sides[0].start(board: boards[0])]
        var rounds = 0
        while mail != [[], []] {
            rounds += 1
            try #require(rounds < 60)
            let arriving = mail
            mail = [[], []]
            for side in 0..<2 {
                for message in arriving[side] {
                    let step = try sides[side].receive(message, board: boards[side])
                    mail[1 - side] += step.reply
                    for name in step.send { _ = boards[1 - side].insert(try #require(boards[side].transaction(name))) }
                }
            }
        }
        for side in 0..<2 { _ = boards[side].settle() }
    }

    @Test(arguments: seeds(150))
    func `BD-97, BD-101, BD-169, BD-173: boards that hold and hide different things agree after a few runs on what counts`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed).split("pairs")
        let scroll = try RightsScroll(seed: seed, members: 3 + random.below(6))
        let history = RightsHistory(seed: seed, scribe: scroll)
        let genesis = try #require(scroll.genesis)
        let views = history.views.filter { $0.contains(0) }
        for _ in 0..<2 {
            let held = (0..<2).map { _ in
                random.chance(0.5)
                    ? views[random.below(views.count)]
                    : history.closure(of: (0..<4).map { _ in random.below(history.deeds.count) })
            }
            var boards = try held.map { set in
                var board = try Board(genesis: genesis, newest: 2)
                _ = board.load(set.filter { $0 > 0 }.compactMap { scroll.transactions[history.deeds[$0].stamp.name] })
                return board
            }
            let all = held[0].union(held[1])
            let naive = NaiveRights(history, among: all)
            let covered = history.closure(of: all.filter { naive.counts($0) }).map { history.deeds[$0].stamp.name }
            var runs = 0
            while boards[0].fingerprint != boards[1].fingerprint {
                runs += 1
                try #require(runs <= 6, "\(Array(held[0])) and \(Array(held[1]))")
                try Self.compare(&boards)
            }
            let expected = try BoardRightsTests.fingerprint(of: Set(covered), scroll)
            #expect(boards[0].fingerprint == expected && boards[0].coveredCount == boards[1].coveredCount)
            #expect(boards[0].shapes == boards[1].shapes && boards[0].heads == boards[1].heads)
        }
    }
}
