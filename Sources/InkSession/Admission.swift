extension Neighbour {
    /// How far two have come with the board's genesis: before both have it, nothing of the room is said (SE-2).
    ///
    ///     awaiting genesis ──genesis, from whomever──▶ awaiting hello ──hello(true)──▶ in the room
    ///         └── genesis, and the peer said hello(true) ──────────────────────────────▲
    ///
    /// Who says hello(false) is given genesis, once, as soon as we have it.
    enum Admission: Sendable {
        /// We lack it. `isThere`: the peer said that it has it; nil while it has said nothing.
        case awaitingGenesis(isThere: Bool?)
        /// We have it, and said so; the peer has not said that it has it. `isGiven`: it said that it lacks it, and was given it.
        case awaitingHello(isGiven: Bool)
        /// Both have it, and everything may be said.
        case inRoom(isGiven: Bool)

        /// What follows from the peer's word.
        enum Step: Sendable {
            case nothing
            /// It is given genesis. Once: three bytes must not buy a transaction each (SE-280) time.
            case give
            /// Both are in the room.
            case enter
        }

        /// - Parameter hasGenesis: we say so in our first word.
        init(hasGenesis: Bool) { self = hasGenesis ? .awaitingHello(isGiven: false) : .awaitingGenesis(isThere: nil) }

        var isInRoom: Bool { if case .inRoom = self { true } else { false } }

        /// The peer has genesis from us, and so none of our work.
        var isGiven: Bool {
            switch self {
            case .awaitingGenesis: false
            case .awaitingHello(let isGiven), .inRoom(let isGiven): isGiven
            }
        }

        /// The peer says whether it has genesis.
        mutating func heard(hasGenesis: Bool) -> Step {
            switch (self, hasGenesis) {
            case (.awaitingGenesis, _):
                self = .awaitingGenesis(isThere: hasGenesis)
                return .nothing
            case (.awaitingHello(let isGiven), true):
                self = .inRoom(isGiven: isGiven)
                return .enter
            case (.awaitingHello(isGiven: false), false):
                self = .awaitingHello(isGiven: true)
                return .give
            case (.inRoom(isGiven: false), false):
                self = .inRoom(isGiven: true)
                return .give
            case (.awaitingHello, false), (.inRoom, _): return .nothing
            }
        }

        /// Genesis is here, and the peer is told so. One that said that it lacks it does not say so again.
        mutating func cameGenesis() -> Step {
            guard case .awaitingGenesis(let isThere) = self else { return .nothing }
            switch isThere {
            case true?:
                self = .inRoom(isGiven: false)
                return .enter
            case false?:
                self = .awaitingHello(isGiven: true)
                return .give
            case nil:
                self = .awaitingHello(isGiven: false)
                return .nothing
            }
        }
    }
}
