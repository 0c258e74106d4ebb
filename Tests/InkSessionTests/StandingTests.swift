import Testing

@testable import InkSession

private typealias Standing = Neighbour.Standing

/// Every transition of the machine that lets a peer into a room with roles.
@Suite struct StandingTests {
    private enum Word: Hashable { case hello(Bool), verdict(Standing.Verdict, first: Bool), asked(first: Bool), welcome }

    private static let words: [Word] =
        [.hello(true), .hello(false), .asked(first: true), .asked(first: false), .welcome]
        + Standing.Verdict.allCases.flatMap { [.verdict($0, first: true), .verdict($0, first: false)] }

    private static func take(_ word: Word, _ standing: inout Standing) -> [Standing.Step] {
        switch word {
        case .hello(let hasGenesis): standing.heard(hasGenesis: hasGenesis)
        case .verdict(let verdict, let first): standing.judged(verdict, showsFirst: first)
        case .asked(let first): standing.asked(showsFirst: first)
        case .welcome: standing.cameWelcome()
        }
    }

    /// Every state that there is.
    private static let states: [Standing] = {
        let bools = [false, true]
        var states: [Standing] = [.refused]
        for genesis in bools {
            for chain in bools {
                states += [.welcomed(.init(genesis: genesis, chain: chain)), .inRoom(.init(genesis: genesis, chain: chain))]
            }
        }
        for bits in 0..<32 {
            states.append(
                .stranger(
                    .init(
                        lacksGenesis: bits & 1 != 0, isAsked: bits & 2 != 0, asks: bits & 4 != 0, isShown: bits & 8 != 0,
                        isWelcome: bits & 16 != 0)))
        }
        return states
    }()

    /// What the table says: the next state and what is done.
    private static func expected(_ word: Word, in state: Standing) -> (Standing, [Standing.Step]) {
        switch (state, word) {
        case (.refused, _): return (.refused, [])
        case (.inRoom, .verdict(.holds, _)), (.welcomed, .verdict(.holds, _)): return (state, [])
        case (.inRoom, .verdict), (.welcomed, .verdict): return (.refused, [.refuse])
        case (.inRoom, _): return (state, [])
        case (.welcomed(let given), .welcome): return (.inRoom(given), [.enter])
        case (.welcomed(var given), .hello(let has)):
            if has || given.genesis { return (state, []) }
            given.genesis = true
            return (.welcomed(given), [.giveGenesis])
        case (.welcomed(var given), .asked):
            if given.chain { return (state, []) }
            given.chain = true
            return (.welcomed(given), [.giveChain])
        case (.stranger(var stranger), .hello(let has)):
            stranger.lacksGenesis = !has
            return (.stranger(stranger), [])
        case (.stranger(var stranger), .welcome):
            stranger.isWelcome = true
            return (.stranger(stranger), [])
        case (.stranger(var stranger), .asked(let first)):
            if stranger.isShown { return (state, []) }
            if first && stranger.isAsked {
                (stranger.asks, stranger.isShown) = (false, true)
                return (.stranger(stranger), [.giveChain])
            }
            stranger.asks = true
            return (.stranger(stranger), [])
        case (.stranger, .verdict(.undecided, _)): return (state, [])
        case (.stranger, .verdict(.refused, _)): return (.refused, [.refuse])
        case (.stranger(var stranger), .verdict(.needsChain, let first)):
            var steps: [Standing.Step] = stranger.isAsked ? [] : [.askChain]
            stranger.isAsked = true
            if first && stranger.asks {
                steps.append(.giveChain)
                (stranger.asks, stranger.isShown) = (false, true)
            }
            return (.stranger(stranger), steps)
        case (.stranger(let stranger), .verdict(.holds, _)):
            var steps: [Standing.Step] = []
            if stranger.lacksGenesis { steps.append(.giveGenesis) }
            if stranger.asks { steps.append(.giveChain) }
            steps.append(.welcome)
            let given = Standing.Given(genesis: stranger.lacksGenesis, chain: stranger.asks || stranger.isShown)
            guard stranger.isWelcome else { return (.welcomed(given), steps) }
            return (.inRoom(given), steps + [.enter])
        }
    }

    @Test func `SE-171, SE-319, SE-320: each word in each state does what the table says`() {
        for state in Self.states {
            for word in Self.words {
                var standing = state
                let steps = Self.take(word, &standing)
                let (next, does) = Self.expected(word, in: state)
                #expect(standing == next && steps == does, "\(word) in \(state)")
            }
        }
    }

    @Test func `SE-170, SE-171, SE-320: whatever a peer says in any order, it gets nothing before its standing holds, all once`() {
        var reached: Set<Standing> = [Standing()]
        var waiting: [(Standing, [Standing.Step], hasHeld: Bool)] = [(Standing(), [], false)]
        var seen: Set<[AnyHashable]> = []
        while let (state, given, hasHeld) = waiting.popLast() {
            for word in Self.words {
                var next = state
                let steps = Self.take(word, &next)
                var holds = hasHeld
                if case .verdict(.holds, _) = word { holds = true }
                if case .verdict(let verdict, _) = word, verdict != .holds, !state.isStranger { #expect(next == .refused) }
                for step in steps where step == .giveGenesis || step == .welcome || step == .enter { #expect(holds, "\(word) in \(state)") }
                // Who dialled shows first whom it asks itself, and nobody else.
                if steps.contains(.giveChain), !holds {
                    guard case .stranger(let stranger) = next else { return }
                    #expect(stranger.isAsked)
                }
                let all = given + steps
                for step in [Standing.Step.giveGenesis, .giveChain, .askChain, .welcome, .enter, .refuse] {
                    #expect(all.count { $0 == step } <= 1, "\(step) again by \(word) in \(state)")
                }
                if steps.contains(.enter) { #expect(all.contains(.welcome) && next.isInRoom) }
                reached.insert(next)
                let key: [AnyHashable] = [next, Set(all), holds]
                if seen.insert(key).inserted { waiting.append((next, all, holds)) }
            }
        }
        #expect(reached.contains(.refused) && reached.contains { $0.isInRoom } && reached.count > 20)
    }

    @Test(arguments: [false, true]) func `SE-321: two who do not know each other's rights show them, who dialled first`(isSwapped: Bool) {
        var sides = [Standing(), Standing()]
        var log: [[Standing.Step]] = [[], []]
        var hasChain = [false, false]
        func knows(_ side: Int) -> Standing.Verdict { hasChain[side] ? .holds : .needsChain }
        var waiting: [(to: Int, step: Standing.Step?)] = isSwapped ? [(1, nil), (0, nil)] : [(0, nil), (1, nil)]
        while !waiting.isEmpty {
            let (to, word) = waiting.removeFirst()
            var steps: [Standing.Step] = []
            switch word {
            case nil: steps = sides[to].heard(hasGenesis: true) + sides[to].judged(knows(to), showsFirst: to == 0)
            case .askChain: steps = sides[to].asked(showsFirst: to == 0)
            case .giveChain:
                hasChain[to] = true
                steps = sides[to].judged(.holds, showsFirst: to == 0)
            case .welcome: steps = sides[to].cameWelcome()
            default: break
            }
            log[to] += steps
            for step in steps where step != .enter { waiting.append((1 - to, step)) }
        }
        #expect(sides[0].isInRoom && sides[1].isInRoom)
        // The one who dialled shows first, and is shown after it was welcomed.
        #expect(log == [[.askChain, .giveChain, .welcome, .enter], [.askChain, .giveChain, .welcome, .enter]])
        #expect(sides == [.inRoom(.init(chain: true)), .inRoom(.init(chain: true))])
    }
}
