import InkBoard
import InkPrimitives

/// A peer's presence as we have it from its packets, and what front ends are told of it.
///
/// Packets are taken as they come; what they bring is told at most `PresenceTiming.shownRate` times a second, what came meanwhile together.
/// Whatever a peer says is bounded here: its times go on evenly or are bent so, its samples are counted, and what it does not say is asked
/// for a few times.
package struct PresenceInbox: Sendable {
    /// Something to tell front ends.
    package enum News: Hashable, Sendable {
        case cursor(FrontEndID, [CursorSample])
        case gesture(FrontEndID, number: UInt64, GestureChange)
        case view(WorldBox?)
        case look(WorldBox)
        case typing, typingEnded
    }

    /// How attentive the person is, as front ends are told.
    package private(set) var shownAttention = PresenceValue.Attention.active
    private var attention = PresenceValue.Attention.active
    package private(set) var isTyping = false
    /// What its program does without.
    package private(set) var needs: PresenceValue.Needs = []
    /// The clock of the peer's process, which outlives the session with it.
    package var clock = PeerClock()
    private var hands: [Hand]
    private var pointer = Pointer()
    private var sight = PeerSight()
    private var shown: [Shown] = []
    private var pace = ShowPace()
    private var toldTyping = false

    package init() { hands = Array(repeating: Hand(), count: FrontEndID.countMax) }

    /// The person attends to something else.
    package var isAway: Bool { attention == .away }

    /// True while the peer has a gesture under way.
    package var isDrawing: Bool { hands.contains { $0.live != nil } }

    // MARK: Taking

    /// Takes a packet of the peer. On a throw nothing has changed.
    package mutating func take(_ packet: PresencePacket, now: Instant) throws(WireError) {
        let value = packet.own
        var clock = clock
        let sentAt = value.hands.isEmpty ? 0 : clock.time(of: value.sentAt, now: now)
        // All that can be wrong is found before anything is changed.
        var runs: [(stroke: [HandSample], cursor: [HandSample])] = []
        var room = PresenceTiming.samplesMax
        for index in hands.indices where value.hands.contains(where: { Int($0.frontEnd.number) == index }) {
            room -= hands[index].live?.samples.count ?? 0
        }
        for hand in value.hands {
            let fresh = try freshSamples(of: hand, sentAt: sentAt)
            room -= fresh.count
            var cursor: [HandSample] = []
            if case .samples(let run)? = hand.cursor { cursor = try run.samples(after: SampleRun.History(), sentAt: sentAt) }
            runs.append((room >= 0 ? fresh : [], cursor))
        }
        self.clock = clock
        (attention, isTyping, needs) = (value.attention, value.isTyping, value.needs)
        sight.take(value.view, value.look)
        if let laser = value.laser { pointer.take(laser, sentAt: sentAt) }
        for index in hands.indices where !value.hands.contains(where: { Int($0.frontEnd.number) == index }) { hands[index].rest() }
        for (hand, run) in zip(value.hands, runs) {
            let index = Int(hand.frontEnd.number)
            hands[index].note(hand.ended)
            let look = value.gestureLooks.first { $0.frontEnd == hand.frontEnd && $0.number == hand.live?.number }
            let pen = hands[index].take(hand.live, look, fresh: run.stroke, sentAt: sentAt, now: now)
            pointer.take(pen, of: hand.frontEnd, after: clock.floor, sentAt: sentAt)
            pointer.take(run.cursor, of: hand.frontEnd, after: clock.floor, sentAt: sentAt)
            if case .gone(let age)? = hand.cursor { pointer.leave(hand.frontEnd, at: sentAt - age) }
            pointer.followLaser(at: sentAt)
            pointer.stand(hand, at: sentAt)
            if hand.isOver {
                hands[index].rest()
                if pointer.frontEnd == hand.frontEnd { pointer.leave(hand.frontEnd, at: sentAt) }
            }
        }
        pointer.followLaser(at: sentAt)
    }

    /// The samples of a stroke that a packet brings and that are not here yet (SE-4); none where it leaves a gap.
    private func freshSamples(of hand: HandValue, sentAt: Int64) throws(WireError) -> [HandSample] {
        guard let value = hand.live, case .stroke(let from, let run, _) = value.body else { return [] }
        let held = hands[Int(hand.frontEnd.number)].stroke(number: value.number)
        guard from <= held.count else { return [] }
        let history =
            from == 0
            ? SampleRun.History() : SampleRun.History(last: held[from - 1], beforeLast: from > 1 ? held[from - 2] : nil)
        let samples = try run.samples(after: history, sentAt: sentAt)
        let known = held.count - from
        guard known > 0, known < samples.count, let last = held.last else { return Array(samples.dropFirst(known)) }
        // What is here already came with its own times: what follows goes on from there, however this packet would have them (SE-36, SE-291).
        let shift = last.at - samples[known - 1].at
        return samples.dropFirst(known).map { HandSample(at: max(last.at, min($0.at + shift, sentAt)), point: $0.point) }
    }

    // MARK: Asking

    /// When to ask the peer for samples that are missing; nil when none are.
    package var requestAt: Instant? { hands.compactMap { $0.missing?.askAt }.min() }

    /// What to ask for now.
    package mutating func requests(roundTrip: Duration?, now: Instant) -> [StrokeRequest] {
        var requests: [StrokeRequest] = []
        for frontEnd in FrontEndID.all {
            guard let missing = hands[Int(frontEnd.number)].takeRequest(roundTrip: roundTrip, now: now) else { continue }
            requests.append(StrokeRequest(frontEnd: frontEnd, number: missing.number, from: missing.from))
        }
        return requests
    }

    // MARK: Telling

    /// When there will be something to tell, and it may be told; nil when there is nothing.
    package var showAt: Instant? { hasNews ? pace.nextAt : nil }

    private var hasNews: Bool {
        if !pointer.untold.isEmpty || isTyping != toldTyping || attention != shownAttention || sight.hasNews { return true }
        if shown.contains(where: { $0.isUnderWay && hands[Int($0.frontEnd.number)].live?.number != $0.number }) { return true }
        return FrontEndID.all.contains { frontEnd in
            guard let live = hands[Int(frontEnd.number)].live, live.isKnown else { return false }
            guard let shown = shown.first(where: { $0.frontEnd == frontEnd && $0.number == live.number }) else { return true }
            return shown.change != live.change || shown.sampleCount < live.samples.count
        }
    }

    /// What front ends are to be told now; nothing while they were told too much lately (SE-37).
    ///
    /// - Parameter result: the shapes of the author's transaction of this sequence, nil while it has not come.
    package mutating func news(now: Instant, result: (UInt64) -> [ShapeID]?) -> [News] {
        var news = ended(result: result)
        guard hasNews, pace.take(now: now) else { return news }
        if isTyping != toldTyping { news.append(isTyping ? .typing : .typingEnded) }
        news += sight.news(now: now)
        (toldTyping, shownAttention) = (isTyping, attention)
        news += endedLately(result: result)
        for frontEnd in FrontEndID.all { news += grown(frontEnd) }
        if let samples = pointer.takeUntold() { news.append(.cursor(samples.frontEnd, samples.samples)) }
        return news
    }

    /// The ends of gestures that were seen to end, whose transactions have come (SE-3).
    package mutating func ended(result: (UInt64) -> [ShapeID]?) -> [News] {
        var news: [News] = []
        shown.removeAll { gesture in
            guard case .waiting(let sequence) = gesture.state, let shapes = result(sequence) else { return false }
            news.append(.gesture(gesture.frontEnd, number: gesture.number, .ended(.committed(shapes))))
            return true
        }
        return news
    }

    /// Gestures that were under way when they were told of last and are no more.
    private mutating func endedLately(result: (UInt64) -> [ShapeID]?) -> [News] {
        var news: [News] = []
        for index in shown.indices.reversed() {
            let gesture = shown[index]
            let hand = hands[Int(gesture.frontEnd.number)]
            guard gesture.isUnderWay, hand.live?.number != gesture.number else { continue }
            var end = GestureEnd.cancelled
            if case .committed(let sequence)? = hand.outcome(of: gesture.number) {
                guard let shapes = result(sequence) else {
                    shown[index].state = .waiting(sequence: sequence)
                    continue
                }
                end = .committed(shapes)
            }
            shown.remove(at: index)
            news.insert(.gesture(gesture.frontEnd, number: gesture.number, .ended(end)), at: 0)
        }
        // Who has more previews waiting is too far behind for them to matter.
        while shown.count(where: { !$0.isUnderWay }) > Self.waitingMax, let index = shown.firstIndex(where: { !$0.isUnderWay }) {
            let gesture = shown.remove(at: index)
            news.append(.gesture(gesture.frontEnd, number: gesture.number, .ended(.hidden)))
        }
        return news
    }

    /// What the gesture of one hand has become since it was told.
    private mutating func grown(_ frontEnd: FrontEndID) -> [News] {
        guard let live = hands[Int(frontEnd.number)].live, live.isKnown else { return [] }
        var news: [News] = []
        let index: Int
        if let known = shown.firstIndex(where: { $0.frontEnd == frontEnd && $0.number == live.number }) {
            index = known
            if shown[index].change != live.change {
                news.append(.gesture(frontEnd, number: live.number, .updated(live.gesture, at: .milliseconds(live.changedAt))))
            }
        } else {
            index = shown.count
            shown.append(Shown(frontEnd: frontEnd, number: live.number))
            news.append(.gesture(frontEnd, number: live.number, .began(live.gesture, at: .milliseconds(live.changedAt))))
        }
        let samples = live.samples[shown[index].sampleCount...]
        if !samples.isEmpty {
            let points = samples.map { TimedPoint(at: .milliseconds($0.at), position: live.origin + $0.point) }
            news.append(.gesture(frontEnd, number: live.number, .appended(points)))
        }
        shown[index].change = live.change
        shown[index].sampleCount = live.samples.count
        shown[index].state = .underWay
        return news
    }

    /// What a front end that has just come is told: all that the others are shown.
    package var standing: [News] {
        var news: [News] = []
        for gesture in shown {
            guard let live = hands[Int(gesture.frontEnd.number)].live, live.number == gesture.number else { continue }
            var whole = live.gesture
            if case .stroke(var draft) = whole {
                draft.points = live.samples.prefix(gesture.sampleCount).map(\.point)
                whole = .stroke(draft)
            }
            news.append(.gesture(gesture.frontEnd, number: gesture.number, .began(whole, at: .milliseconds(live.changedAt))))
        }
        if let told = pointer.told { news.append(.cursor(pointer.frontEnd, [told])) }
        if let view = sight.shown { news.append(.view(view)) }
        if toldTyping { news.append(.typing) }
        return news
    }

    /// Takes everything off that front ends are shown, since nothing is heard of the peer; what it is still doing then begins again.
    package mutating func hide() -> [News] {
        var news = shown.map { News.gesture($0.frontEnd, number: $0.number, .ended(.hidden)) }
        shown = []
        if let last = pointer.hide() { news.append(.cursor(pointer.frontEnd, [last])) }
        if sight.hide() { news.append(.view(nil)) }
        if toldTyping { news.append(.typingEnded) }
        (isTyping, toldTyping) = (false, false)
        return news
    }

    /// Previews of ended gestures that wait beside those under way.
    private static let waitingMax = 8

    /// What front ends were told of one gesture.
    private struct Shown: Sendable {
        enum State: Sendable {
            case underWay
            /// It has ended, and its transaction has not come.
            case waiting(sequence: UInt64)
        }
        let frontEnd: FrontEndID
        let number: UInt64
        var state = State.underWay
        /// Which state of it, and how many samples.
        var change: UInt64 = 0
        var sampleCount = 0

        init(frontEnd: FrontEndID, number: UInt64) { (self.frontEnd, self.number) = (frontEnd, number) }

        var isUnderWay: Bool { if case .underWay = state { true } else { false } }
    }
}

// MARK: - One hand

extension PresenceInbox {
    /// What the hand at one of the peer's programs is doing.
    private struct Hand: Sendable {
        private(set) var live: Live?
        /// How earlier gestures ended, newest last.
        private var outcomes: [EndedGesture] = []
        private(set) var missing: Missing?

        /// Samples that did not come.
        struct Missing: Sendable {
            var number: UInt64
            var from: Int
            /// When to ask next.
            var askAt: Instant
            var asked = 0
        }

        mutating func note(_ ended: [EndedGesture]) {
            for end in ended where !outcomes.contains(where: { $0.number == end.number }) { outcomes.append(end) }
            if outcomes.count > Self.outcomesMax { outcomes.removeFirst(outcomes.count - Self.outcomesMax) }
        }

        func outcome(of number: UInt64) -> EndedGesture.Outcome? { outcomes.last { $0.number == number }?.outcome }

        /// Nothing is under way.
        mutating func rest() { (live, missing) = (nil, nil) }

        /// The samples of the stroke of this number.
        func stroke(number: UInt64) -> [HandSample] { live.flatMap { $0.number == number ? $0.samples : nil } ?? [] }

        /// Takes what the peer says of its gesture. Where the person points with its pen since, absolute.
        mutating func take(_ value: LiveValue?, _ look: GestureLook?, fresh: [HandSample], sentAt: Int64, now: Instant) -> [HandSample] {
            guard let value else {
                rest()
                return []
            }
            if live?.number != value.number { live = Live(number: value.number) }
            let held = live?.samples.count ?? 0
            live?.take(value, look, fresh: fresh, sentAt: sentAt)
            noteMissing(value, held: held, now: now)
            guard case .stroke(_, _, isPen: true) = value.body, let live, live.isKnown else { return [] }
            return fresh.map { HandSample(at: $0.at, point: live.origin + $0.point) }
        }

        private mutating func noteMissing(_ value: LiveValue, held: Int, now: Instant) {
            var from: Int?
            if case .stroke(let first, _, _) = value.body, first > held { from = held }
            if live?.isKnown == false { from = 0 }
            guard let from else {
                missing = nil
                return
            }
            guard missing?.number != value.number || missing?.from != from else { return }
            missing = Missing(number: value.number, from: from, askAt: now)
        }

        mutating func takeRequest(roundTrip: Duration?, now: Instant) -> Missing? {
            guard let wanted = missing, now >= wanted.askAt else { return nil }
            missing?.asked += 1
            missing?.askAt = now + PresenceTiming.requestPause(roundTrip: roundTrip, asked: wanted.asked)
            return wanted
        }

        private static let outcomesMax = 8
    }

    /// A gesture of the peer under way.
    private struct Live: Sendable {
        let number: UInt64
        /// What it is; a stroke without its samples. Nil until its style is known.
        private var known: Gesture?
        /// Of a stroke, relative to its origin.
        private(set) var samples: [HandSample] = []
        private(set) var changedAt: Int64 = 0
        /// Counts what front ends must be told whole.
        private(set) var change: UInt64 = 1

        init(number: UInt64) { self.number = number }

        var isKnown: Bool { known != nil }
        var gesture: Gesture { known ?? .move([], by: .zero) }
        var origin: Point { if case .stroke(let draft)? = known { draft.position } else { .zero } }

        mutating func take(_ value: LiveValue, _ look: GestureLook?, fresh: [HandSample], sentAt: Int64) {
            let next = Self.gesture(value, look, after: known)
            if case .stroke? = next {
                samples += fresh
                changedAt = samples.last?.at ?? sentAt
            }
            if next != known {
                known = next
                change += 1
                if case .stroke? = next {} else { changedAt = sentAt - value.body.age }
            }
        }

        /// What it is now; nil where the peer says only what has changed, and nothing is known that could have.
        private static func gesture(_ value: LiveValue, _ look: GestureLook?, after known: Gesture?) -> Gesture? {
            switch (value.body, value.style, known) {
            case (.stroke, .stroke(let draft)?, _): return .stroke(draft)
            case (.stroke, nil, .stroke?): return known
            case (.shape(let position, let size, let points, _), .shape(var draft)?, _),
                (.shape(let position, let size, let points, _), nil, .shape(var draft)?):
                (draft.position, draft.size, draft.points) = (position, size, points)
                return look?.gesture(draft) ?? .shape(draft)
            case (.shape(let position, let size, let points, _), nil, .pull(let id, var draft)?):
                (draft.position, draft.size, draft.points) = (position, size, points)
                return .pull(id, draft)
            case (.move(let by, _), .move(let shapes)?, _), (.move(let by, _), nil, .move(let shapes, _)?): return .move(shapes, by: by)
            case (.resize(let position, let size, _), .resize(let shape)?, _),
                (.resize(let position, let size, _), nil, .resize(let shape, _, _)?):
                return .resize(shape, position: position, size: size)
            case (.text, .text(let shape, let text)?, _): return .text(shape, text)
            case (.text, nil, .text?): return known
            default: return nil
            }
        }
    }
}

// MARK: - The pointer

extension PresenceInbox {
    /// Where the peer's person points, with the program that moved last.
    private struct Pointer: Sendable {
        private(set) var frontEnd = FrontEndID.holder
        private var newest: CursorSample?
        /// How long before that the sample before it was.
        private var step = Duration.zero
        /// The newest only says that the hand has come to rest.
        private var isAtRest = false
        /// Samples that front ends were not told.
        private(set) var untold: [CursorSample] = []
        /// The newest that they were told, if that was a place.
        private(set) var told: CursorSample?
        /// The newest of its trails of light, and when it went out.
        private var light: (trail: UInt64, endedAt: Int64?)?

        mutating func take(_ laser: LaserValue, sentAt: Int64) { light = (laser.number, laser.endedAge.map { sentAt - $0 }) }

        mutating func take(_ samples: [HandSample], of frontEnd: FrontEndID, after floor: Int64, sentAt: Int64) {
            guard let last = samples.last else { return }
            // Only the pointer that moved last is shown.
            if self.frontEnd != frontEnd { untold = [] }
            // What is older than a minute was seen long ago, and what is later than its packet was not yet.
            let earliest = max(floor, sentAt - Self.ageMax)
            for sample in samples where sample.at >= earliest && sample.at <= sentAt {
                let at = Duration.milliseconds(sample.at)
                if let newest, at <= newest.at { continue }
                append(CursorSample(at: at, position: sample.point, trail: trail(at: sample.at)))
            }
            // Times that stand still or go back do not hold up the place itself.
            if newest?.position != last.point || (self.frontEnd != frontEnd && untold.isEmpty) {
                let at = Duration.milliseconds(earliest)
                let trail = trail(at: last.at)
                append(CursorSample(at: newest.map { max($0.at + .milliseconds(1), at) } ?? at, position: last.point, trail: trail))
            }
            self.frontEnd = frontEnd
        }

        /// What is said of a pointer holds until its packet leaves: where the newest sample is older by two steps than that, the hand has come to
        /// rest. Who draws a motion on past what it knows learns so where it ended.
        mutating func stand(_ hand: HandValue, at sentAt: Int64) {
            guard frontEnd == hand.frontEnd, hand.saysPointer, !isAtRest, let newest, newest.position != nil else { return }
            let at = Duration.milliseconds(sentAt)
            guard at - newest.at >= max(step * 2, Self.restMin) else { return }
            append(CursorSample(at: at, position: newest.position, trail: newest.trail))
            isAtRest = true
        }

        /// The trail of which a sample of a packet is a part: none of before the light went on is told with it.
        private func trail(at: Int64) -> UInt64? { light.flatMap { $0.endedAt.map { at <= $0 } ?? true ? $0.trail : nil } }

        /// Light that went on or out where nothing moved is told by another sample of the same place.
        mutating func followLaser(at sentAt: Int64) {
            let trail = light.flatMap { $0.endedAt == nil ? $0.trail : nil }
            guard let newest, newest.position != nil, newest.trail != trail else { return }
            let at = Duration.milliseconds(light?.endedAt ?? sentAt)
            append(CursorSample(at: max(newest.at + .milliseconds(1), at), position: newest.position, trail: trail))
        }

        mutating func leave(_ frontEnd: FrontEndID, at: Int64) {
            self.frontEnd = frontEnd
            guard let newest, newest.position != nil else { return }
            append(CursorSample(at: max(.milliseconds(at), newest.at + .milliseconds(1)), position: nil))
        }

        private mutating func append(_ sample: CursorSample) {
            step = newest.map { sample.at - $0.at } ?? .zero
            (newest, isAtRest) = (sample, false)
            untold.append(sample)
            if untold.count > Self.untoldMax { untold.removeFirst() }
        }

        mutating func takeUntold() -> (frontEnd: FrontEndID, samples: [CursorSample])? {
            guard let last = untold.last else { return nil }
            defer { untold = [] }
            told = last.position == nil ? nil : last
            return (frontEnd, untold)
        }

        /// The sample that takes it off, if it is shown. Where it stands is told again when (SE-38) the peer is shown again.
        mutating func hide() -> CursorSample? {
            defer { (told, untold) = (nil, newest.flatMap { $0.position == nil ? nil : [$0] } ?? []) }
            return told.map { CursorSample(at: $0.at, position: nil) }
        }

        private static let restMin: Duration = .milliseconds(12)
        private static let untoldMax = 64
        private static let ageMax: Int64 = 60_000
    }
}

// MARK: - Time

/// The clock of a peer's process, as its packets show it: two bytes of milliseconds, which wrap each 65.536 seconds.
///
/// The time of a packet is the one nearest to our own clock, which stood beside the peer's when the first packet came and follows it by a
/// thousandth of the time that goes by, since no two clocks go alike. It never goes back. One that is farther than `leapMax` from that is no
/// delay of a network: whatever happened to the peer's clock, it counts from there as if nothing had. So a peer's times can be wrong, and
/// cannot run away.
package struct PeerClock: Hashable, Sendable {
    /// The time of the last packet, and by our clock when it came.
    private var lastAt: Int64?
    private var cameAt: Int64 = 0
    /// What the peer's times are ahead of our clock.
    private var lead: Int64 = 0
    /// What the numbers in its packets are ahead of its times.
    private var skew: UInt16 = 0
    /// No time is told before this.
    package private(set) var floor: Int64 = .min / 4

    package init() {}

    /// The clock for another session with the person: it goes on from here whatever the numbers of its packets are, which may be another
    /// process's.
    package var anew: PeerClock {
        var clock = PeerClock()
        clock.floor = lastAt ?? floor
        return clock
    }

    /// The time of a packet that was sent at `low`, milliseconds; the first one is sent when it comes.
    package mutating func time(of low: UInt16, now: Instant) -> Int64 {
        let now = now.wholeMilliseconds
        if lastAt == nil { lead = max(0, floor - now) }
        var delta = Int16(truncatingIfNeeded: Int64(low &- skew) - now - lead)
        if lastAt == nil || abs(Int64(delta)) > Self.leapMax {
            skew = skew &+ UInt16(bitPattern: delta)
            delta = 0
        }
        let at = max(now + lead + Int64(delta), lastAt ?? floor)
        let drift = lastAt == nil ? 0 : max(0, now - cameAt) / 1000
        lead += min(max(Int64(delta), -drift), drift)
        (lastAt, cameAt) = (at, now)
        return at
    }

    /// Longest delay that a network makes, milliseconds (SE-291).
    private static let leapMax: Int64 = 20_000
}

/// Lets a number of things pass a second, evenly but for a few at once.
private struct ShowPace: Sendable {
    /// When the next one would come if all came evenly.
    private var due: Instant = .distantPast

    /// When the next one may pass.
    var nextAt: Instant { due - Self.interval * (PresenceTiming.shownBurst - 1) }

    mutating func take(now: Instant) -> Bool {
        guard now >= nextAt else { return false }
        due = max(due, now) + Self.interval
        return true
    }

    private static let interval = Duration.seconds(1) / PresenceTiming.shownRate
}

extension HandValue {
    /// It says where the person points, by itself or by a pen.
    fileprivate var saysPointer: Bool {
        if case .stroke(_, _, isPen: true)? = live?.body { true } else { cursor != nil }
    }
}

extension GestureBody {
    /// How long before the packet it changed last, milliseconds.
    var age: Int64 {
        switch self {
        case .stroke: 0
        case .shape(_, _, _, let age), .move(_, let age), .resize(_, _, let age), .text(let age): age
        }
    }
}

extension FrontEndID {
    /// All there can be, in order.
    static let all: [FrontEndID] = (0..<countMax).compactMap { FrontEndID($0) }
}
