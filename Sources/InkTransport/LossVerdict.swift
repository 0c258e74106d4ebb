extension LossRecovery {
    /// What an acknowledgement or a timer brought. Used again and again, so that none costs memory.
    struct Verdict: Sendable {
        /// Pieces of one stream that follow each other are one.
        private(set) var acknowledged: [SentFrame] = []
        var lost: [SentFrame] = []
        var lostPackets = 0
        var spurious = 0

        mutating func acknowledge(_ frame: SentFrame) {
            if case .stream(let lane, let slot, let range, _) = frame, let last = acknowledged.last,
                case .stream(lane, slot, let before, _) = last, before.upperBound == range.lowerBound
            {
                acknowledged[acknowledged.count - 1] = .stream(
                    lane, slot: slot, range: before.lowerBound..<range.upperBound, isCopy: false)
            } else {
                acknowledged.append(frame)
            }
        }

        /// Nothing, with little room for more.
        mutating func clear() {
            acknowledged.clear(keeping: Self.spareMax)
            lost.clear(keeping: Self.spareMax)
            (lostPackets, spurious) = (0, 0)
        }

        private static let spareMax = 64
    }
}

extension Array {
    /// Takes all out, and keeps room for so many at most.
    mutating func clear(keeping room: Int) {
        if capacity > room { self = [] } else { removeAll(keepingCapacity: true) }
    }
}
