import InkBoard
import InkPrimitives

/// What our person is doing, by the hand at each of their programs: what the others shall know, and a version that counts its changes.
package struct OwnPresence: Sendable {
    private var attending: OwnAttention
    /// What passes is paid for: the others are asked to say as little as they can (SE-393).
    package let isSparing: Bool
    /// True while the person types a message.
    package private(set) var isTyping = false
    /// Counts changes, from 1.
    package private(set) var version: UInt64 = 1
    /// At which `needs` became what they are.
    package private(set) var needsVersion: UInt64 = 1
    package private(set) var hands: [FrontEndID: OwnHand] = [:]
    package private(set) var pointer = OwnPointer()
    package private(set) var sight = OwnSight()
    /// Gestures of all hands, so that no number is used twice.
    private var gestureCount: UInt64 = 0
    private var typingUntil: Instant?

    package init(isSparing: Bool = false, now: Instant) {
        (attending, self.isSparing) = (OwnAttention(now: now), isSparing)
    }

    package var attention: PresenceValue.Attention { attending.state }
    /// What the others are asked to do without, where they say something to us.
    package var needs: PresenceValue.Needs {
        var needs: PresenceValue.Needs = []
        if attending.isUnseen { needs.insert(.unseen) }
        if isSparing { needs.insert(.sparing) }
        return needs
    }

    /// True while any gesture is under way.
    package var isDrawing: Bool { hands.values.contains { $0.live != nil } }

    package var deadline: Instant? { earliest(typingUntil, attending.deadline) }

    /// The person did something at one of their programs.
    ///
    /// - Parameter isByHand: false for what a program also does by itself.
    package mutating func touched(by frontEnd: FrontEndID = .holder, isByHand: Bool = true, now: Instant) {
        change { $0.touched(by: frontEnd, isByHand: isByHand, now: now) }
    }

    /// A program says how the person attends to it.
    package mutating func attend(_ attending: Attending, by frontEnd: FrontEndID, now: Instant) {
        change { $0.attend(attending, by: frontEnd, now: now) }
        // Who is away points nowhere, and writes no message (SE-390).
        if attending != .here { point(at: nil, by: frontEnd, now: now) }
        if attention == .away, isTyping {
            (typingUntil, isTyping) = (nil, false)
            version += 1
        }
    }

    private mutating func change(_ body: (inout OwnAttention) -> Void) {
        let before = (attention, needs)
        body(&attending)
        if (attention, needs) != before { version += 1 }
        if needs != before.1 { needsVersion = version }
    }

    package mutating func handleTimeout(now: Instant) {
        if let until = typingUntil, now >= until {
            (typingUntil, isTyping) = (nil, false)
            version += 1
        }
        change { $0.handleTimeout(now: now) }
    }

    package mutating func typing(now: Instant) {
        typingUntil = now + PresenceTiming.typingStops
        guard !isTyping else { return }
        isTyping = true
        version += 1
    }

    /// What was typed is said.
    package mutating func said() {
        guard isTyping else { return }
        (typingUntil, isTyping) = (nil, false)
        version += 1
    }

    // MARK: The pointer

    /// The person points with one of their programs; nil: no more.
    package mutating func point(at position: Point?, by frontEnd: FrontEndID, now: Instant) {
        // A pointer that leaves a program whose pointer is not shown changes nothing.
        guard let position else {
            guard pointer.frontEnd == frontEnd, pointer.position != nil else { return }
            version += 1
            return pointer.leave(at: now.wholeMilliseconds, version: version)
        }
        guard pointer.frontEnd != frontEnd || pointer.position != position else { return }
        version += 1
        let isPen = hands[frontEnd]?.live?.penPosition == position
        pointer.move(to: HandSample(at: now.wholeMilliseconds, point: position), by: frontEnd, isPen: isPen, version: version)
    }

    /// The pointer leaves a trail of light from here on, or no more (SE-132); nothing where it is not this program's that is shown.
    package mutating func shine(_ isOn: Bool, by frontEnd: FrontEndID, now: Instant) {
        guard pointer.frontEnd == frontEnd, pointer.position != nil, pointer.isLit != isOn else { return }
        version += 1
        pointer.shine(isOn, at: now.wholeMilliseconds, version: version)
    }

    // MARK: Sight

    /// The person sees this part of the board; nil: nothing that is told.
    package mutating func see(_ box: WorldBox?, by frontEnd: FrontEndID) {
        guard sight.view != box else { return sight.look(by: frontEnd) }
        version += 1
        sight.see(box, by: frontEnd, version: version)
    }

    /// The person asks all to look at a part of the board.
    ///
    /// - Returns: false where they were asked less than `PresenceTiming.lookPause` ago.
    package mutating func look(at box: WorldBox, now: Instant) -> Bool {
        guard sight.mayAsk(now: now) else { return false }
        version += 1
        sight.ask(for: box, version: version, now: now)
        return true
    }

    // MARK: Gestures

    package mutating func begin(_ gesture: Gesture, by frontEnd: FrontEndID, now: Instant) {
        gestureCount += 1
        version += 1
        let live = OwnGesture(number: gestureCount, gesture, version: version, at: now.wholeMilliseconds)
        hands[frontEnd, default: OwnHand()].live = live
        if pointer.frontEnd == frontEnd, let pen = live.penPosition, pen == pointer.position { pointer.becomePen(version: version) }
    }

    /// Replaces the gesture under way by its newest state.
    ///
    /// - Returns: false if it cannot be told as the same gesture: a stroke whose samples are others than those told before.
    package mutating func update(_ gesture: Gesture, by frontEnd: FrontEndID, now: Instant) -> Bool {
        guard hands[frontEnd]?.live != nil else { return true }
        version += 1
        return hands[frontEnd]?.live?.update(gesture, version: version, at: now.wholeMilliseconds) ?? true
    }

    /// Appends absolute samples to the stroke under way, in place.
    package mutating func extend(_ points: some BidirectionalCollection<Point>, by frontEnd: FrontEndID, now: Instant) {
        guard let newest = points.last else { return }
        let wasPen = pointer.frontEnd == frontEnd && pointer.position != nil && hands[frontEnd]?.live?.penPosition == pointer.position
        guard hands[frontEnd]?.live?.extend(points, at: now.wholeMilliseconds) == true else { return }
        version += 1
        // A pen points where its stroke ends; what a front end says of that besides (SE-35) brings nothing new.
        guard wasPen else { return }
        pointer.move(to: HandSample(at: now.wholeMilliseconds, point: newest), by: frontEnd, isPen: true, version: version)
    }

    /// Ends the gesture under way.
    package mutating func end(_ outcome: EndedGesture.Outcome, by frontEnd: FrontEndID) {
        guard let number = hands[frontEnd]?.live?.number else { return }
        version += 1
        hands[frontEnd]?.live = nil
        hands[frontEnd]?.ended.append((EndedGesture(number: number, outcome: outcome), version))
        if let count = hands[frontEnd]?.ended.count, count > HandValue.endedMax { hands[frontEnd]?.ended.removeFirst() }
        if pointer.frontEnd == frontEnd { pointer.liftPen(version: version) }
    }

    // MARK: Programs

    /// A program takes part; its number may have been another's before.
    package mutating func attach(_ frontEnd: FrontEndID) {
        hands[frontEnd]?.overSince = nil
        change { $0.attach(frontEnd) }
    }

    /// A program has gone, its gesture ended before.
    package mutating func detach(_ frontEnd: FrontEndID, now: Instant) {
        point(at: nil, by: frontEnd, now: now)
        if sight.frontEnd == frontEnd { see(nil, by: frontEnd) }
        change { $0.detach(frontEnd) }
        version += 1
        hands[frontEnd, default: OwnHand()].overSince = version
    }
}

/// What the hand at one of our programs is doing.
package struct OwnHand: Sendable {
    package fileprivate(set) var live: OwnGesture?
    /// How the gestures before it ended, and since which version that is to be told.
    fileprivate(set) var ended: [(end: EndedGesture, version: UInt64)] = []
    /// Since which version it is to be told that the program has gone; nil while it is there.
    fileprivate(set) var overSince: UInt64?
}

/// A gesture of ours under way.
package struct OwnGesture: Sendable {
    package let number: UInt64
    package private(set) var gesture: Gesture
    /// Since which version its style is what it is.
    private(set) var styleVersion: UInt64
    /// When it changed last.
    private(set) var changedAt: Int64
    /// When each sample of a stroke was made, milliseconds after `beganAt`.
    private var times: [UInt32]
    private let beganAt: Int64
    /// What the samples of a stroke take at most in a transaction.
    private var measure: PointsCodec.Measure

    fileprivate init(number: UInt64, _ gesture: Gesture, version: UInt64, at now: Int64) {
        (self.number, self.gesture, styleVersion, changedAt, beganAt) = (number, gesture, version, now, now)
        (times, measure) = ([], PointsCodec.Measure())
        if case .stroke(let draft) = gesture {
            times = Array(repeating: 0, count: draft.points.count)
            for point in draft.points { measure.append(point) }
        }
    }

    /// Bytes that the stroke's samples take in a transaction at most, and how many they are; nil where it is no stroke.
    package var strokeExtent: (bytesMax: Int, count: Int)? {
        guard case .stroke = gesture else { return nil }
        return (measure.byteCount, times.count)
    }

    /// How many samples the stroke has; 0 where it is none.
    var sampleCount: Int { times.count }

    /// Where the stroke ends, absolute.
    fileprivate var penPosition: Point? {
        guard case .stroke(let draft) = gesture, let last = draft.points.last else { return nil }
        return draft.position + last
    }

    /// A sample of the stroke, relative to its origin.
    func sample(_ index: Int) -> HandSample? {
        guard case .stroke(let draft) = gesture, draft.points.indices.contains(index) else { return nil }
        return HandSample(at: beganAt + Int64(times[index]), point: draft.points[index])
    }

    /// Samples of the stroke in a row.
    func samples(_ range: Range<Int>) -> [HandSample] {
        guard case .stroke(let draft) = gesture else { return [] }
        return range.map { HandSample(at: beganAt + Int64(times[$0]), point: draft.points[$0]) }
    }

    fileprivate mutating func extend(_ points: some Collection<Point>, at now: Int64) -> Bool {
        guard case .stroke(var draft) = gesture else { return false }
        gesture = .move([], by: .zero)  // So that `draft.points` is the only owner and grows in place.
        let time = UInt32(clamping: max(now - beganAt, times.last.map(Int64.init) ?? 0))
        for point in points {
            draft.points.append(point - draft.position)
            measure.append(point - draft.position)
            times.append(time)
        }
        gesture = .stroke(draft)
        changedAt = now
        return true
    }

    fileprivate mutating func update(_ next: Gesture, version: UInt64, at now: Int64) -> Bool {
        switch (gesture, next) {
        case (.stroke(let old), .stroke(let new)):
            guard old.points == new.points else { return false }
            if Self.strokeStyle(old) != Self.strokeStyle(new) { styleVersion = version }
        case (.shape(let old), .shape(let new)): if Self.shapeStyle(old) != Self.shapeStyle(new) { styleVersion = version }
        case (.pull(let oldID, let old), .pull(let newID, let new)):
            if oldID != newID || Self.shapeStyle(old) != Self.shapeStyle(new) { styleVersion = version }
        case (.move(let old, _), .move(let new, _)): if old != new { styleVersion = version }
        case (.resize(let old, _, _), .resize(let new, _, _)): if old != new { styleVersion = version }
        case (.text, .text): if gesture != next { styleVersion = version }
        case (.stroke, _), (_, .stroke): return false
        default: styleVersion = version
        }
        (gesture, changedAt) = (next, now)
        return true
    }

    /// What of a stroke is told until it is known to have arrived: everything but its samples.
    static func strokeStyle(_ draft: ShapeDraft) -> ShapeDraft {
        var style = draft
        (style.points, style.size, style.label, style.startBinding, style.endBinding) = ([], .zero, "", nil, nil)
        return style
    }

    /// What of a shape is told until it is known to have arrived: everything but what a hand that spans it changes.
    static func shapeStyle(_ draft: ShapeDraft) -> ShapeDraft {
        var style = strokeStyle(draft)
        style.position = .zero
        return style
    }
}

/// Where our person points, with the program that moved last (SE-34).
package struct OwnPointer: Sendable {
    package private(set) var frontEnd = FrontEndID.holder
    /// Nil when nowhere.
    package private(set) var position: Point?
    /// True while the person points where the stroke ends that the same hand draws: then the samples of the stroke are the pointer's.
    private(set) var isPen = false
    /// Since which version it is what it is.
    private(set) var version: UInt64 = 0
    /// The newest samples, each with its number; at most as many as a packet takes and the one before.
    private(set) var samples: [(number: UInt64, sample: HandSample)] = []
    /// Number of the next sample.
    private(set) var next: UInt64 = 0
    /// When the pointer left.
    private(set) var leftAt: Int64 = 0
    /// The newest of its trails of light; nil before the first.
    private(set) var laser: Laser?

    /// A trail of light.
    struct Laser: Sendable {
        /// Counts them, from 1.
        var number: UInt64
        /// When it went out; nil while it is on (SE-306).
        var endedAt: Int64?
        /// Since which version that is so.
        var version: UInt64
    }

    var isLit: Bool { laser.map { $0.endedAt == nil } ?? false }

    fileprivate mutating func move(to sample: HandSample, by frontEnd: FrontEndID, isPen: Bool, version: UInt64) {
        if self.frontEnd != frontEnd || isPen { extinguish(at: sample.at, version: version) }
        // A pen's samples go with its stroke; only where it stands is kept, as the one before what comes after it.
        if self.frontEnd != frontEnd || isPen { samples = [] }
        // The newest always counts; one that came too soon after another and was overtaken does not.
        if let last = samples.last?.sample, last.at >= sample.at {
            samples.removeLast()
        } else if samples.count >= 2,
            samples[samples.count - 1].sample.at - samples[samples.count - 2].sample.at < PresenceTiming.sampleSpacing
        {
            samples.removeLast()
        }
        samples.append((next, sample))
        if samples.count > CursorValue.samplesMax + 1 { samples.removeFirst() }
        next += 1
        (self.frontEnd, position, self.isPen, self.version) = (frontEnd, sample.point, isPen, version)
    }

    fileprivate mutating func shine(_ isOn: Bool, at now: Int64, version: UInt64) {
        self.version = version
        guard isOn, let position else { return extinguish(at: now, version: version) }
        laser = Laser(number: (laser?.number ?? 0) + 1, version: version)
        // No sample from before is told any more, so that all that are belong to the trail.
        samples = [(next, HandSample(at: now, point: position))]
        next += 1
    }

    private mutating func extinguish(at now: Int64, version: UInt64) {
        guard isLit else { return }
        laser?.endedAt = now
        laser?.version = version
    }

    fileprivate mutating func leave(at now: Int64, version: UInt64) {
        extinguish(at: now, version: version)
        (position, isPen, samples, leftAt, self.version) = (nil, false, [], now, version)
    }

    fileprivate mutating func becomePen(version: UInt64) {
        extinguish(at: samples.last?.sample.at ?? 0, version: version)
        (isPen, self.version) = (true, version)
    }

    /// What of the stroke had not arrived does not come any more: the pointer is told by itself again.
    fileprivate mutating func liftPen(version: UInt64) {
        guard isPen else { return }
        (isPen, self.version) = (false, version)
    }
}

extension Instant {
    /// Milliseconds since the origin, rounded down.
    package var wholeMilliseconds: Int64 { nanoseconds / 1_000_000 }
}
