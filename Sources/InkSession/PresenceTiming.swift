import InkPrimitives
import InkTransport

/// Spans and rates of presence, chosen for people.
package enum PresenceTiming {
    /// Shortest time between two presence packets to one peer (SE-15): 60 Hz on a short path among few, else 30 Hz.
    ///
    /// - Parameter present: people on the board, ourselves among them.
    package static func interval(roundTrip: Duration?, present: Int) -> Duration {
        guard let roundTrip, roundTrip < .milliseconds(60), present < 4 else { return .microseconds(33_333) }
        return .microseconds(16_667)
    }

    /// A packet that says the newest and is not acknowledged is thought to be lost after this, twice as long each time.
    ///
    /// The acknowledgement may wait for others of its kind (TR-23).
    package static func patience(roundTrip: Duration?, retries: Int) -> Duration {
        let first = (roundTrip ?? .milliseconds(200)).scaled(by: 1.5) + .milliseconds(180)
        return min(first * (1 << min(retries, 4)), .seconds(1))
    }

    /// Without input for this long a person is idle.
    package static let idleAfter: Duration = .seconds(60)
    /// Whose window has lost the keyboard for this long is away: longer than a look at another window takes, and others hear of it within 30 s.
    package static let awayAfter: Duration = .seconds(10)
    /// Packets to a peer at an end of a line that is paid for are so far apart (SE-279).
    package static let sparingPause: Duration = .milliseconds(500)
    /// A typing mark goes when it is not renewed for this long (SE-236).
    package static let typingStops: Duration = .seconds(2)
    /// Room for one packet, bytes (SE-30).
    package static let packetBytes = Endpoint.presenceMax
    /// Samples of a pointer closer than this to the one before are thinned: 250 a second are more than anybody sees.
    package static let sampleSpacing: Int64 = 4
    /// Values of one peer that front ends are told of, a second, and how many may come at once where the path held them up.
    package static let shownRate = 60
    package static let shownBurst = 12
    /// Pause after a request for samples, in which the answer may come (SE-33); twice as long each time, and no longer than 32 times.
    package static func requestPause(roundTrip: Duration?, asked: Int) -> Duration {
        max(.milliseconds(100), (roundTrip ?? .milliseconds(200)) + .milliseconds(80)) * (1 << min(asked, 5))
    }
    /// A peer is not sent the same stroke from an earlier sample on more often than this, however often it asks.
    package static let rewindPause: Duration = .milliseconds(100)
    /// Samples of live strokes that are kept of one peer (SE-290): two strokes of the longest kind.
    package static let samplesMax = 20_000
    /// A person asks all to look at something no more often than this.
    package static let lookPause: Duration = .seconds(5)
    /// And of one peer it is told no more often than this: a line may bring two closer together than they were asked.
    package static let lookTold: Duration = .seconds(4)
    /// So long who comes, or comes back, is asked still.
    package static let lookLasts: Duration = .seconds(10)
}
