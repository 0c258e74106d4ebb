import InkPrimitives
import InkTransport

/// Spans of the session, chosen for people.
enum SessionTiming {
    /// After so long without a word others may have given us up (TR-20).
    static let forgottenAfter: Duration = .seconds(15)
    /// A lost person is "left" only after this.
    static let grace: Duration = .seconds(12)
    /// Our fingerprint is told so long after the first change that the peer was not told of.
    static let compareAfter: Duration = .milliseconds(300)
    /// A difference that lasts this long starts a reconciliation by the side that initiated the connection …
    static let reconcileAfter: Duration = .milliseconds(500)
    /// … and by the other side if nothing came of that.
    static let reconcileAfterOther: Duration = .milliseconds(1700)
    /// A comparison that is not answered is begun anew after four round trips at the earliest (SE-396), and after so much.
    static let answerPatience: Duration = .milliseconds(500)
    static func answerPatience(of line: LineSight) -> Duration { max(answerPatience, (line.roundTrip ?? .zero) * 4) }
    /// Who lacks much asks for it by himself; in case he does not, one who has it begins after this.
    static let reconcileAfterBehind: Duration = .seconds(10)
    /// Parents that are unknown this long after their child came are asked for.
    static let askAfter: Duration = .milliseconds(50)
    /// … and again.
    static let askAgainAfter: Duration = .milliseconds(1000)
    /// First and last wait between dials to a saved address; each wait is 1.5 times the one before, with full jitter.
    static let redialFirst: Duration = .milliseconds(500)
    static let redialLast: Duration = .seconds(30)
    /// In company, pause between two looks at an address where nobody answered, with full jitter.
    static let redialRest: Duration = .seconds(600)
    /// Orphans are forgotten so long after the last session of the device that brought them.
    static let orphanGrace: Duration = .seconds(30)
    /// And so long after that device's set became ours without them: what was under way has come by then.
    static let agreedOrphanGrace: Duration = .seconds(2)
    /// Changes in whom we have sessions with are told at most this often.
    static let adjacencyInterval: Duration = .seconds(1)
    /// Who has all by transport and has told of nothing more for so long, two round trips besides, is not waited for in quitting.
    static let receiptSilence: Duration = .seconds(2)
    /// How long quitting waits for those present.
    static let quitPatience: Duration = .seconds(10)
    /// Front ends hear of changes in the sync status at most this often.
    static let statusInterval: Duration = .milliseconds(100)
    /// More neighbours who answer than this are a crowd, and are all looked at no more often than after so much for each of those beyond: 10 ms at 256.
    static let crowd = 12
    static let sweepPauseEach: Duration = .microseconds(40)
    /// Bytes that a connection may hold for sending before the backlog waits: what it carries in a second (or four round trips), since what was given
    /// away is not taken back (SE-165).
    static func connectionFill(of line: LineSight) -> Int {
        let seconds = max(1, (line.roundTrip ?? .zero).milliseconds / 250)
        return min(max(Int(min((line.deliveryRate ?? 0) * seconds, 1e9)), connectionFillMin), connectionFillMax)
    }
    static let connectionFillMin = 16 * 1024
    static let connectionFillMax = 256 * 1024
    /// With no more than that waiting, a connection counts as drained.
    static let connectionDrained = 8 * 1024
    /// With so much waiting to be sent to a peer, what it asks for is not answered: it takes nothing, and would only fill us up.
    static let connectionFull = 2 << 20
    /// With so much of what the session itself says still waiting, no comparison is begun and our set is not told: the next would only wait behind it.
    static let controlFull = 16 * 1024
    /// And with so much none is answered (SE-395): twice the largest message, so that who carries little answers one and then the next.
    static let controlFullOfAnswers = 64 * 1024
    /// Sooner after the last of what a peer announced and sends, no new comparison is begun: what is under way would be asked for twice.
    static let suppliedLately: Duration = .seconds(2)
    /// How long the first own change of a process waits to hear from a peer how much of our work it has.
    static let receiptPatience: Duration = .seconds(2)
    /// The disk has what was drawn of a stroke at most so long after it was drawn.
    static let journalInterval: Duration = .seconds(1)
    /// Receipts go to disk at most this often.
    static let receiptInterval: Duration = .milliseconds(250)
}
