import InkFrontEnd
import InkPrimitives
import InkRendezvous
import InkSession

/// Whether a board that was joined arrives, and if not, why: given up once nothing more of it has come within the patience, and sooner where
/// all who were met speak another version (CL-17).
struct Joining: Sendable {
    private let patience: Duration
    private(set) var hasArrived = false
    /// How much had come when it was last looked at.
    private var arrived = 0
    private var sawRendezvous = false
    private var rendezvousReason: String?
    /// Why a rendezvous does not let us in that asks for tokens (CL-413).
    private var tokenRefusal: RendezvousRefusal?
    /// Who is there and cannot be met, and why. By author: a device that is met may be known by the id of its process before.
    private var obstacles: [AuthorID: Obstacle] = [:]
    private var versions: (theirs: Int, ours: Int)?
    /// A member was met and does not let us in (CL-151).
    private var isRefused = false
    /// Who showed another board than that of the link, or no right to it.
    private var impostor: AuthorID?
    /// When to give up if nothing more has come; nil once the board is there, or where nobody waits.
    private var givesUpAt: Instant?
    /// When to look whether only other versions were met.
    private var comparesAt: Instant?

    /// Long enough for a member of our version to answer, too, and so short that who joins knows within five seconds of his coming.
    private static let versionPatience: Duration = .seconds(3)

    /// When to say what is missing so far; nil once it was said, or nothing need be said.
    private(set) var saysAt: Instant?

    /// Who joins knows within five seconds that nobody answers.
    private static let newsPatience: Duration = .seconds(4)

    /// When to look how far the board has come; nil once it is there, or where nobody waits.
    var deadline: Instant? { givesUpAt.map { min($0, comparesAt ?? $0) } }

    /// - Parameter patience: nil for a board that is here already: then nothing is given up.
    init(patience: Duration?, now: Instant) {
        self.patience = patience ?? .zero
        givesUpAt = patience.map { now + $0 }
        // Who gives up sooner says the same then.
        saysAt = patience.flatMap { $0 > Self.newsPatience ? now + Self.newsPatience : nil }
    }

    mutating func take(_ event: Event, now: Instant) {
        switch event {
        case .ready: (hasArrived, givesUpAt, saysAt) = (true, nil, nil)
        case .rendezvous(.connected): sawRendezvous = true
        case .meeting(_, let author, let obstacle): (obstacles[author], saysAt) = (obstacle, nil)
        case .peer(let status):
            saysAt = nil
            if let author = status.author { obstacles[author] = nil }
        case .rendezvous(.unreachable(let reason)): rendezvousReason = reason
        case .tokens(.refused(let reason)):
            tokenRefusal = reason
            // Where no other is reached meanwhile, the same token will not do in half a minute either.
            if reason.isOfShownToken { comparesAt = comparesAt ?? now + Self.versionPatience }
        case .notAdmitted:
            (isRefused, saysAt) = (true, nil)
            comparesAt = comparesAt ?? now + Self.versionPatience
        // What is shown before the board is here is genesis, and who gave whom a right (SE-172, SE-322).
        case .rejected(let author?, let rule) where !hasArrived && (rule.hasPrefix("genesis: ") || rule.hasPrefix("rights: ")):
            (impostor, saysAt) = (author, nil)
        case .versionMismatch(let theirs, let ours):
            (versions, saysAt) = ((theirs, ours), nil)
            comparesAt = comparesAt ?? now + Self.versionPatience
        default: break
        }
    }

    /// What is missing, said once when it is time and as long as nobody was met: the events tell all else.
    ///
    /// - Parameter rendezvous: those that are configured.
    mutating func takeNews(rendezvous: [Invite.Host], now: Instant) -> String? {
        guard let at = saysAt, now >= at else { return nil }
        saysAt = nil
        let isReached = sawRendezvous || rendezvous.isEmpty
        let missing = isReached ? "nobody who has the board is there so far" : rendezvousReason ?? "no rendezvous answers so far"
        return "still trying: \(missing)"
    }

    /// Looks at the deadline whether more has come; true if it is time to give up.
    mutating func isHopeless(arrived count: Int, isKeptOut: Bool, now: Instant) -> Bool {
        guard let givesUpAt else { return false }
        let compares = comparesAt.map { now >= $0 } ?? false
        if compares { comparesAt = nil }
        let isTurnedAway = tokenRefusal?.isOfShownToken == true && !sawRendezvous
        guard now >= givesUpAt || compares && (isKeptOut || isRefused || isTurnedAway) else { return false }
        guard count > arrived else {
            self.givesUpAt = nil
            return true
        }
        arrived = count
        self.givesUpAt = now + patience
        return false
    }

    /// Why the board did not arrive.
    ///
    /// - Parameter rendezvous: those that are configured.
    func failure(rendezvous: [Invite.Host]) -> Failure {
        if isRefused { return .notAdmitted }
        if let impostor { return .notJoined(for: impostor) }
        if versions == nil, obstacles.isEmpty, let tokenRefusal {
            return .tokens(tokenRefusal, what: "cannot join this board", at: rendezvous.count == 1 ? rendezvous[0].description : nil)
        }
        return .notJoined(
            versions: versions, rendezvous: sawRendezvous ? [] : rendezvous.map(\.description), reason: rendezvousReason,
            obstacles: obstacles.sorted { $0.key < $1.key }.map(\.value))
    }
}

extension Failure {
    /// A rendezvous asks for tokens, and does not let us in (CL-413).
    ///
    /// - Parameter host: nil where it may be any of several.
    static func tokens(_ reason: RendezvousRefusal, what: String, at host: String?) -> Failure {
        Failure(
            .rendezvous, code: reason.rawValue.replacing("-", with: "_"), what: what, why: (host.map { "\($0): " } ?? "") + "\(reason)",
            next: reason == .noToken
                ? "wait until somebody with a token has the board open, or ask whoever runs the rendezvous for a token (--token-file)"
                : reason == .tokenNotYetValid
                    ? "compare the clock of this machine, or ask whoever runs the rendezvous for another token"
                    : "ask whoever runs the rendezvous for another token, or come without one, as the guest of somebody who has one")
    }

    /// Those who are there let nobody in who shows what we have to show (CL-151).
    static var notAdmitted: Failure {
        Failure(
            .invite, code: "not_admitted", what: "the board could not be joined",
            why: "a member is there and does not let you in: your invite was ended, used up or made too long ago, or you were removed; "
                + "or the one who is there has not heard of it yet",
            next: "ask for another invite, or wait until whoever gave you this one has the board open, and join again")
    }

    /// The only one who answered showed what is not the board of the link (CL-157).
    static func notJoined(for impostor: AuthorID) -> Failure {
        Failure(
            .identity, code: "wrong_identity", what: "the board could not be joined",
            why: "somebody who has the secret of the room is no member of this board: their key begins with \(impostor)",
            next: "tell whoever gave you the link, and join again while they have the board open")
    }

    /// Why a board did not arrive in time.
    ///
    /// - Parameters:
    ///   - versions: of the protocol, where somebody answered with another.
    ///   - rendezvous: those that were never reached; empty if one was, or none is configured.
    ///   - reason: why not, each by its name; nil if none has said anything so far.
    ///   - obstacles: what is in the way of each who is there.
    static func notJoined(
        versions: (theirs: Int, ours: Int)?, rendezvous: [String], reason: String?, obstacles: [Obstacle] = []
    ) -> Failure {
        if let (theirs, ours) = versions {
            Failure(
                .version, code: "version", what: "cannot join this board", why: Sentence.whichIsOlder(theirs: theirs, ours: ours).text,
                next: "\(Sentence.versionRemedy(theirs: theirs, ours: ours).text); then join again")
        } else if !rendezvous.isEmpty {
            Failure(
                .rendezvous, code: "no_rendezvous", what: "cannot join: no rendezvous can be reached",
                why: reason ?? rendezvous.map { "\($0): no answer so far" }.joined(separator: "; "),
                next: "check the network and that the rendezvous runs, then join again")
        } else if let obstacle = obstacles.first {
            Failure(
                .path, code: "unreachable",
                what:
                    "cannot join: \(obstacles.count == 1 ? "somebody of the board is" : "\(obstacles.count) people of the board are") there and cannot be reached",
                why: "\(obstacle)",
                next: obstacle.relay == .refusedHere
                    ? "join without --no-relay, or from another network"
                    : "ask whoever runs the rendezvous to allow the relay (`inkwire serve --relay`), or join from another network")
        } else {
            Failure(
                .path, code: "nobody", what: "cannot join: nobody of the board could be reached", why: "no peer answered in time",
                next: "ask somebody who has the board to open it, then join again")
        }
    }
}
