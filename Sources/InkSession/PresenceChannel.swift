import InkBoard
import InkPrimitives

/// Our presence as one peer has it: when to send, what it acknowledged, and so where the next run of samples begins.
package struct PresenceOutbox: Sendable {
    /// What a packet carried.
    private struct Flight: Sendable {
        var version: UInt64
        var gesture: UInt64?
        var points: Int
    }

    /// Newest version that was sent, and that the peer acknowledged.
    private var sentVersion: UInt64 = 0
    private var acknowledgedVersion: UInt64 = 0
    /// The stroke of which the peer has `acknowledgedPoints` samples.
    private var acknowledgedGesture: UInt64?
    private var acknowledgedPoints = 0
    /// Samples of the stroke under way that the newest packet reached.
    private var sentPoints = 0
    private var lastSent: Instant = .distantPast
    private var flights: [UInt64: Flight] = [:]

    package init() {}

    /// True when the peer is not known to have `version`, or not all samples of the stroke.
    private func isBehind(_ version: UInt64, _ state: PresenceState) -> Bool {
        if acknowledgedVersion < version { return true }
        if case .stroke(let draft)? = state.live?.gesture {
            return acknowledgedGesture != state.live?.number || acknowledgedPoints < draft.points.count
        }
        return false
    }

    /// When the next packet is due; nil when the peer has everything.
    ///
    /// - Parameter present: people on the board, ourselves among them.
    package func deadline(version: UInt64, state: PresenceState, roundTrip: Duration?, present: Int) -> Instant? {
        guard isBehind(version, state) else { return nil }
        // New state goes at the frame rate; a state that was sent and is not yet acknowledged waits for its acknowledgement to be overdue.
        let hasNews = sentVersion < version || needsMoreSamples(state)
        let interval = PresenceTiming.interval(roundTrip: roundTrip, present: present)
        return lastSent + (hasNews ? interval : max(interval, (roundTrip ?? .milliseconds(200)).scaled(by: 1.5) + .milliseconds(30)))
    }

    private func needsMoreSamples(_ state: PresenceState) -> Bool {
        guard case .stroke(let draft)? = state.live?.gesture else { return false }
        return sentPoints < draft.points.count
    }

    /// The packet to send now.
    package mutating func packet(version: UInt64, state: PresenceState, now: Instant) -> [UInt8] {
        let base = state.live?.number == acknowledgedGesture ? acknowledgedPoints : 0
        let (bytes, points) = state.encode(acknowledgedPoints: base)
        sentVersion = version
        sentPoints = points
        lastSent = now
        pending = Flight(version: version, gesture: state.live?.number, points: points)
        return bytes
    }

    private var pending: Flight?

    /// The packet just made left under `token`.
    package mutating func sent(token: UInt64) {
        guard let pending else { return }
        flights[token] = pending
        // Acknowledgements that never come must not pile up; the oldest are superseded anyway.
        if flights.count > 64, let oldest = flights.keys.min() { flights[oldest] = nil }
    }

    /// The peer has what the packet `token` carried.
    package mutating func acknowledged(token: UInt64) {
        guard let flight = flights.removeValue(forKey: token) else { return }
        for older in flights.keys where older < token { flights[older] = nil }
        acknowledgedVersion = max(acknowledgedVersion, flight.version)
        if acknowledgedGesture != flight.gesture {
            (acknowledgedGesture, acknowledgedPoints) = (flight.gesture, flight.points)
        } else {
            acknowledgedPoints = max(acknowledgedPoints, flight.points)
        }
    }
}

/// Our own presence: the state, and a version that counts its changes.
package struct OwnPresence: Sendable {
    package private(set) var state = PresenceState()
    /// Counts changes, from 1.
    package private(set) var version: UInt64 = 1
    private var gestureCount: UInt64 = 0
    private var typingUntil: Instant?
    private var lastInput: Instant

    package init(now: Instant) { lastInput = now }

    /// True while a gesture is under way.
    package var isDrawing: Bool { state.live != nil }

    package var deadline: Instant? {
        let idle = state.attention == .active ? lastInput + PresenceTiming.idleAfter : nil
        return earliest(typingUntil, idle)
    }

    /// A person did something.
    package mutating func touched(now: Instant) {
        lastInput = now
        if state.attention != .active { change { $0.attention = .active } }
    }

    package mutating func handleTimeout(now: Instant) {
        if let until = typingUntil, now >= until {
            typingUntil = nil
            change { $0.isTyping = false }
        }
        if state.attention == .active, now >= lastInput + PresenceTiming.idleAfter { change { $0.attention = .idle } }
    }

    package mutating func setCursor(_ cursor: Point?) {
        guard state.cursor != cursor else { return }
        change { $0.cursor = cursor }
    }

    package mutating func typing(now: Instant) {
        typingUntil = now + PresenceTiming.typingStops
        if !state.isTyping { change { $0.isTyping = true } }
    }

    package mutating func begin(_ gesture: Gesture) {
        gestureCount += 1
        let live = LiveGesture(number: gestureCount, gesture: gesture)
        change { $0.live = live }
    }

    /// Replaces the gesture under way by its newest state.
    package mutating func update(_ gesture: Gesture) {
        guard let number = state.live?.number else { return }
        change { $0.live = LiveGesture(number: number, gesture: gesture) }
    }

    /// Appends absolute samples to the stroke under way, without copying what it has.
    package mutating func extend(_ points: [Point]) {
        guard case .stroke(var draft)? = state.live?.gesture, let number = state.live?.number else { return }
        state.live = nil  // So that `draft.points` is the only owner and grows in place.
        let origin = draft.position
        for point in points { draft.points.append(point - origin) }
        state.live = LiveGesture(number: number, gesture: .stroke(draft))
        version += 1
    }

    /// Ends the gesture under way.
    package mutating func end(_ outcome: EndedGesture.Outcome) {
        guard let number = state.live?.number else { return }
        change {
            $0.live = nil
            $0.end(EndedGesture(number: number, outcome: outcome))
        }
    }

    private mutating func change(_ body: (inout PresenceState) -> Void) {
        body(&state)
        version += 1
    }
}
