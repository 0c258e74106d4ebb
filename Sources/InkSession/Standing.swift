extension Neighbour {
    /// How far two have come, on a board with roles, with showing each other that they may be there: before each has welcomed the other nothing of the
    /// room is said (SE-170 to SE-173).
    ///
    ///                              ┌──────────── it had welcomed us ───────────┐
    ///     stranger ──it may be here┴─▶ welcomed ────── it welcomes us ─────────▶ in the room
    ///        │                           │                                          │
    ///        └──────── it may not ───────┴───── what let it in has ended ───────────┴──▶ refused
    ///
    /// What it may do is judged by the caller, each time that it shows something or that more is known here; which needs genesis.
    enum Standing: Hashable, Sendable {
        /// It has shown nothing that lets it in, or nothing that can be judged yet.
        case stranger(Stranger)
        /// It may be here as far as we are concerned, and was told so. It has not told us the same.
        case welcomed(Given)
        case inRoom(Given)
        /// It may not be here. The session is closed.
        case refused

        struct Stranger: Hashable, Sendable {
            /// It said so.
            var lacksGenesis = false
            /// We asked who gave the right that it named.
            var isAsked = false
            /// It asked who gave ours, and was not shown it.
            var asks = false
            /// It was shown it.
            var isShown = false
            /// It told us that we may be there.
            var isWelcome = false
        }

        /// What the peer got of us, each once: a few bytes must not buy a transaction each time.
        struct Given: Hashable, Sendable {
            var genesis = false
            var chain = false
        }

        /// What is made of all that the peer has shown.
        enum Verdict: Hashable, Sendable, CaseIterable {
            case holds
            /// It named a right that is not known here.
            case needsChain
            /// Too little is known here to say.
            case undecided
            case refused
        }

        /// What follows, in this order.
        enum Step: Hashable, Sendable {
            case giveGenesis, askChain, giveChain, welcome
            /// Both are in the room.
            case enter
            /// The session is closed with what all hear who are refused.
            case refuse
        }

        init() { self = .stranger(Stranger()) }

        var isInRoom: Bool { if case .inRoom = self { true } else { false } }
        var isStranger: Bool { if case .stranger = self { true } else { false } }

        /// The peer has genesis from us, and so none of our work.
        var isGiven: Bool {
            switch self {
            case .stranger, .refused: false
            case .welcomed(let given), .inRoom(let given): given.genesis
            }
        }

        /// The peer says whether it has genesis. What else it says of itself is judged next.
        mutating func heard(hasGenesis: Bool) -> [Step] {
            switch self {
            case .stranger(var stranger):
                stranger.lacksGenesis = !hasGenesis
                self = .stranger(stranger)
                return []
            case .welcomed(var given):
                guard !hasGenesis, !given.genesis else { return [] }
                given.genesis = true
                self = .welcomed(given)
                return [.giveGenesis]
            // It has welcomed us, so it has genesis.
            case .inRoom, .refused: return []
            }
        }

        /// - Parameter showsFirst: where both want to see the other's chain, we are the one who shows: who dialled.
        mutating func judged(_ verdict: Verdict, showsFirst: Bool) -> [Step] {
            guard case .stranger(var stranger) = self else {
                guard verdict != .holds, self != .refused else { return [] }
                self = .refused
                return [.refuse]
            }
            switch verdict {
            case .holds:
                let given = Given(genesis: stranger.lacksGenesis, chain: stranger.asks || stranger.isShown)
                self = stranger.isWelcome ? .inRoom(given) : .welcomed(given)
                return (stranger.lacksGenesis ? [.giveGenesis] : []) + (stranger.asks ? [.giveChain] : []) + [.welcome]
                    + (stranger.isWelcome ? [.enter] : [])
            case .needsChain:
                let asks = !stranger.isAsked
                stranger.isAsked = true
                let shows = Self.shows(&stranger, first: showsFirst)
                self = .stranger(stranger)
                return (asks ? [.askChain] : []) + shows
            case .undecided: return []
            case .refused:
                self = .refused
                return [.refuse]
            }
        }

        /// The peer wants to see who gave us our right. Who has nothing but the secret of the room is not shown that: but of two who wait for each
        /// other one has to begin.
        mutating func asked(showsFirst: Bool) -> [Step] {
            switch self {
            case .stranger(var stranger):
                guard !stranger.isShown else { return [] }
                stranger.asks = true
                let shows = Self.shows(&stranger, first: showsFirst)
                self = .stranger(stranger)
                return shows
            case .welcomed(var given):
                guard !given.chain else { return [] }
                given.chain = true
                self = .welcomed(given)
                return [.giveChain]
            // It has welcomed us, so it has seen enough.
            case .inRoom, .refused: return []
            }
        }

        /// The peer tells us that we may be there.
        mutating func cameWelcome() -> [Step] {
            switch self {
            case .stranger(var stranger):
                stranger.isWelcome = true
                self = .stranger(stranger)
                return []
            case .welcomed(let given):
                self = .inRoom(given)
                return [.enter]
            case .inRoom, .refused: return []
            }
        }

        private static func shows(_ stranger: inout Stranger, first: Bool) -> [Step] {
            guard first, stranger.isAsked, stranger.asks else { return [] }
            (stranger.asks, stranger.isShown) = (false, true)
            return [.giveChain]
        }
    }
}
