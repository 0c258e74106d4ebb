import InkPrimitives
import Testing

@testable import InkBoard

@Suite struct RecordingTests {
    private static let start: UInt64 = 1_700_000_000_000

    /// A person who claims times.
    private struct Hand {
        var replica: Replica

        init(_ number: UInt8, _ genesis: Transaction) throws { replica = try Replica(number, genesis: genesis) }

        mutating func draw(at wallTime: UInt64) throws {
            replica.numbersUsed += 1
            let writes = try replica.board.writes(
                for: ShapeDraft(kind: .rectangle, position: .zero), number: replica.numbersUsed, by: replica.author)
            _ = try replica.board.author(writes, key: replica.key, wallTime: wallTime)
        }
    }

    private func times(_ board: Board, idleLimit: Int = 2000) -> [Int] {
        Recording(of: board, idleLimitMilliseconds: idleLimit).steps.map(\.milliseconds)
    }

    @Test(arguments: seeds(50))
    func `FM-220: whoever has the same set has the same recording, parents before children`(seed: UInt64) throws {
        let people = try someHistory(seed: seed)
        let genesis = people[0].board.transactions[0]
        let all = union(people).filter { !$0.isGenesis }
        var random = SplitMix64(seed: seed)
        var boards: [Board] = []
        for _ in 0..<2 {
            var board = try Board(genesis: genesis)
            for transaction in all.shuffled(using: &random) { _ = board.insert(transaction) }
            boards.append(board)
        }
        let recordings = boards.map { Recording(of: $0) }
        #expect(recordings[0].steps.map(\.transaction) == recordings[1].steps.map(\.transaction))
        #expect(recordings[0].steps.map(\.milliseconds) == recordings[1].steps.map(\.milliseconds))
        #expect(recordings[0].steps.count == boards[0].transactionCount)
        var seen: Set<TransactionName> = []
        for step in recordings[0].steps {
            #expect(step.transaction.parents.allSatisfy(seen.contains))
            seen.insert(step.transaction.name)
        }
    }

    @Test func `FM-220: who drew apart is shown together as the times say`() throws {
        let genesis = try genesis(by: key(1))
        var (ana, bob) = (try Hand(1, genesis), try Hand(2, genesis))
        // Ana draws three times before Bob does once: by lamport numbers his would be second.
        for second in [1, 2, 3] as [UInt64] { try ana.draw(at: Self.start + second * 1000) }
        try bob.draw(at: Self.start + 2500)
        ana.replica.receive(bob.replica)
        let recording = Recording(of: ana.replica.board)
        let authors = [ana.replica.author, ana.replica.author, ana.replica.author, bob.replica.author, ana.replica.author]
        #expect(recording.steps.map(\.transaction.author) == authors)
        #expect(recording.steps.map(\.milliseconds) == [0, 1000, 2000, 2500, 3000])
        #expect(recording.markers.map(\.kind) == [.joined(ana.replica.author), .joined(bob.replica.author)])
    }

    @Test func `FM-271: a pause is as long as the idle limit and has a marker, and a clock that is wrong by minutes changes nothing`()
        throws
    {
        let genesis = try genesis(by: key(1))
        var (ana, bob) = (try Hand(1, genesis), try Hand(2, genesis))
        let wrong: UInt64 = 300_000
        try ana.draw(at: Self.start + 1000)
        bob.replica.receive(ana.replica)
        try bob.draw(at: Self.start + wrong + 2000)
        ana.replica.receive(bob.replica)
        try ana.draw(at: Self.start + 3000)
        bob.replica.receive(ana.replica)
        try bob.draw(at: Self.start + wrong + 4000)
        ana.replica.receive(bob.replica)
        // Lunch.
        try ana.draw(at: Self.start + 3_000_000)
        // Bob's first is by no clock but Ana's, so a pause; from there on his own counts.
        #expect(times(ana.replica.board) == [0, 1000, 3000, 3000, 5000, 7000])
        let markers = Recording(of: ana.replica.board).markers.filter { $0.kind == .pause }
        #expect(markers.map(\.milliseconds) == [7000])
    }

    @Test func `FM-221, FM-222, FM-272: a liar moves nobody back and makes no hours`() throws {
        let genesis = try genesis(by: key(1))
        for claim in [4_102_444_800_000, 0, UInt64.max] as [UInt64] {
            var (ana, liar) = (try Hand(1, genesis), try Hand(2, genesis))
            try ana.draw(at: Self.start + 1000)
            liar.replica.receive(ana.replica)
            try liar.draw(at: claim)
            ana.replica.receive(liar.replica)
            try ana.draw(at: Self.start + 2000)
            try ana.draw(at: Self.start + 3500)
            let times = times(ana.replica.board)
            #expect(times == times.sorted())
            // His step takes an idle limit at most; what follows goes on at its own pace.
            #expect(times[4] - times[3] == 1500, "claimed \(claim)")
            #expect(times[4] <= 3500 + 2000)
        }
        var (ana, liar) = (try Hand(1, genesis), try Hand(2, genesis))
        for second in 1...60 as ClosedRange<UInt64> { try ana.draw(at: Self.start + second * 1000) }
        liar.replica.receive(ana.replica)
        for day in 1...2000 as ClosedRange<UInt64> { try liar.draw(at: Self.start + day * 86_400_000) }
        let recording = Recording(of: liar.replica.board, idleLimitMilliseconds: 60_000)
        #expect(recording.durationMilliseconds == 60_000 + Recording.authorMilliseconds)
        #expect(recording.steps[60].milliseconds == 60_000)
        #expect(recording.markers.count == 2 + Recording.markersMax)
    }

    @Test func `FM-222: many authors take two hours together, and who takes little keeps it`() throws {
        let genesis = try genesis(by: key(1))
        var hands = try (1...9).map { try Hand($0, genesis) }
        // Nine draw 40 times an hour apart each, and the first once in a second before.
        for second in 1...5 as ClosedRange<UInt64> { try hands[0].draw(at: Self.start + second * 1000) }
        for index in 1..<9 {
            hands[index].replica.receive(hands[index - 1].replica)
            for hour in 1...40 as ClosedRange<UInt64> { try hands[index].draw(at: Self.start + hour * 3_600_000) }
        }
        let recording = Recording(of: hands[8].replica.board, idleLimitMilliseconds: 3_600_000)
        #expect(recording.steps[5].milliseconds == 5000)
        #expect((7_199_000...7_200_000).contains(recording.durationMilliseconds))
    }

    @Test func `FM-222: a share is counted whatever so many steps of an hour take together`() {
        let hour = 3_600_000
        for count in [1, 1_400_000, 1 << 31] {
            let taken = count * hour
            #expect(Recording.part(taken, Recording.authorMilliseconds, of: taken) == Recording.authorMilliseconds)
            #expect(Recording.part(taken / 2, Recording.authorMilliseconds, of: taken) == Recording.authorMilliseconds / 2)
            #expect(Recording.part(0, Recording.authorMilliseconds, of: taken) == 0)
        }
    }

    @Test(arguments: seeds(40))
    func `FM-223: a reel ends as the board, and a state is the same from both sides`(seed: UInt64) throws {
        let people = try someHistory(seed: seed)
        let genesis = people[0].board.transactions[0]
        var board = try Board(genesis: genesis)
        _ = board.load(union(people).filter { !$0.isGenesis })
        var reel = Reel(Recording(of: board))
        #expect(reel.shapes(after: reel.stepCount) == board.shapes)
        // As whoever draws has it: what changed, forwards and back to places at random.
        var random = SplitMix64(seed: seed)
        var (shown, count): ([ShapeID: Shape], Int) = ([:], 0)
        for _ in 0..<30 {
            let next = Int.random(in: 0...reel.stepCount, using: &random)
            for change in reel.changes(from: count, to: next) {
                #expect(shown[change.id] == change.before)
                shown[change.id] = change.after
            }
            count = next
            var whole = try Board(genesis: genesis)
            _ = whole.load(reel.recording.steps[1..<max(1, count)].map(\.transaction))
            #expect(shown.values.sorted { $0.isBelow($1) } == whole.shapes)
            #expect(reel.shapes(after: count) == whole.shapes)
        }
    }
}
