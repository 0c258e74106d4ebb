import InkPrimitives
import InkSession

/// Whether a board that was joined arrives, and if not, why: given up once nothing more of it has come within the patience.
struct Joining: Sendable {
    private let patience: Duration
    private(set) var hasArrived = false
    /// How much had come when it was last looked at.
    private var arrived = 0
    private var sawRendezvous = false
    private var rendezvousReason = "it does not answer"
    private var versionTheirs: Int?
    /// When to look whether more has come; nil once the board is there, or where nobody waits.
    private(set) var deadline: Instant?

    /// - Parameter patience: nil for a board that is here already: then nothing is given up.
    init(patience: Duration?, now: Instant) {
        self.patience = patience ?? .zero
        deadline = patience.map { now + $0 }
    }

    mutating func take(_ event: Event) {
        switch event {
        case .ready: (hasArrived, deadline) = (true, nil)
        case .rendezvous(.connected): sawRendezvous = true
        case .rendezvous(.unreachable(let reason)): rendezvousReason = reason
        case .versionMismatch(let theirs, _): versionTheirs = theirs
        default: break
        }
    }

    /// Looks at the deadline whether more has come; true if it is time to give up.
    mutating func isHopeless(arrived count: Int, now: Instant) -> Bool {
        guard let deadline, now >= deadline else { return false }
        guard count > arrived else {
            self.deadline = nil
            return true
        }
        arrived = count
        self.deadline = now + patience
        return false
    }

    /// Why the board did not arrive.
    ///
    /// - Parameter rendezvous: those that are configured.
    func failure(rendezvous: [InviteLink.Host]) -> Failure {
        .notJoined(
            versionTheirs: versionTheirs, rendezvous: sawRendezvous ? [] : rendezvous.map(\.description), reason: rendezvousReason)
    }
}

extension Failure {
    /// Why a board did not arrive in time.
    ///
    /// - Parameters:
    ///   - versionTheirs: of the protocol, where somebody answered with another.
    ///   - rendezvous: those that were never reached; empty if one was, or none is configured.
    ///   - reason: why not.
    static func notJoined(versionTheirs: Int?, rendezvous: [String], reason: String) -> Failure {
        if let versionTheirs {
            Failure(
                .version, code: "version", what: "cannot join this board",
                why: "the others speak version \(versionTheirs) of the protocol, not ours",
                next: "use the same version of inkwire on all sides")
        } else if !rendezvous.isEmpty {
            Failure(
                .rendezvous, code: "no_rendezvous", what: "cannot join: no rendezvous can be reached",
                why: "\(rendezvous.joined(separator: ", ")): \(reason)",
                next: "check the network and that the rendezvous runs, then join again")
        } else {
            Failure(
                .path, code: "nobody", what: "cannot join: nobody of the board could be reached", why: "no peer answered in time",
                next: "ask somebody who has the board to open it, then join again")
        }
    }
}
