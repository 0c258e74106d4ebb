import InkBoard
import InkPrimitives

extension Neighbour {
    /// What a peer has shown of what it may do on a board with roles, and what of that was found right.
    struct Credentials: Sendable {
        /// By what is known now; nil while it is not known to have any.
        private(set) var role: Role?
        /// It has said hello.
        private(set) var hasSpoken = false
        /// The right that it named last.
        private(set) var right: TransactionName?
        private(set) var claim: InviteClaim?
        /// By its claim, once that held.
        private var claimed: Role?
        /// The invite's key did not sign it: it is not verified again.
        private var isForged = false
        /// It has answered who gave its right.
        private(set) var hasAnswered = false
        private(set) var chain: RightsChain?
        /// By its chain, once that held.
        private var shown: Role?
        /// It has shown what ended our right.
        private var hasShownRemoval = false
        /// It was shown what ended its own.
        private var wasShownRemoval = false
        /// Until when it may be a stranger.
        private(set) var until: Instant

        init(now: Instant) { until = now + Self.patience }

        mutating func spoke(naming right: TransactionName?) { (hasSpoken, self.right) = (true, right) }

        mutating func claims(_ claim: InviteClaim) { if self.claim == nil { self.claim = claim } }

        /// It answers who gave its right, once.
        mutating func shows(_ chain: RightsChain, of author: AuthorID, on board: Board) throws(ChainFault) {
            guard !hasAnswered else { return }
            hasAnswered = true
            shown = try board.role(of: author, by: chain)
            self.chain = chain
        }

        /// - Returns: true the first time that it shows what ended our right; no more is looked at.
        mutating func showsRemoval() -> Bool {
            defer { hasShownRemoval = true }
            return !hasShownRemoval
        }

        /// - Returns: true the first time that it is shown what ended its right.
        mutating func isShownRemoval() -> Bool {
            defer { wasShownRemoval = true }
            return !wasShownRemoval
        }

        mutating func waits(now: Instant) { until = now + Self.patience }

        /// What is made of all that it has shown, by what is known here (SE-320).
        ///
        /// - Parameters:
        ///   - board: nil while genesis is not here.
        ///   - isReady: the board has what others have; what it does not know until then may come yet.
        ///   - wallTime: milliseconds since 1970; nil while nobody has told it.
        ///   - isPassed: it comes by a secret of the room that is in force no more, and has not been let in before (SE-201).
        mutating func judged(
            as author: AuthorID, on board: Board?, isReady: Bool, wallTime: UInt64?, isPassed: Bool
        ) -> Standing.Verdict {
            role = nil
            guard let board else { return .undecided }
            role = board.role(of: author)
            if role != nil { return .holds }
            guard hasSpoken else { return .undecided }
            guard !isPassed else { return isReady ? .refused : .undecided }
            if let chain, let shown, !board.hasEnded(chain) {
                role = shown
                return .holds
            }
            var mayCome = false
            if let claim, !isForged {
                do throws(ClaimFault) {
                    if claimed == nil {
                        claimed = try board.role(of: author, claiming: claim, wallTime: wallTime)
                    } else if board.hasEnded(claim, of: author) {
                        throw .ended
                    }
                    role = claimed
                    return .holds
                } catch {
                    mayCome = error == .unknownInvite && !isReady
                    isForged = error == .badSignature
                }
            }
            if let right, !hasAnswered, !board.contains(right) { return .needsChain }
            return mayCome ? .undecided : .refused
        }

        /// In so long a stranger has shown what it has, or goes.
        private static let patience = Duration.seconds(10)
    }
}
