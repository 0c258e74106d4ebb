import InkBoard
import InkPrimitives
import InkSession

/// What one peer moves, as it is drawn: its pointer and its gestures, on one clock, a little behind what is known of them.
///
/// A packet tells where a pointer was; drawn as it comes it jumps thirty times a second, and every jump comes early or late. So each sample is
/// drawn at its own time, later by what late packets need, and between samples the motion is continued. Give it all that arrives; draw what it
/// says at `now`; come back by `deadline`.
package struct Glide: Sendable {
    private var clock = GlideClock()
    private var pointer = GlideTrack()
    private var trail = LaserTrail()
    /// Whose pointer it is: of the programs of one peer, the one that moved last.
    private var pointing = FrontEndID.holder
    private var gestures: [GestureID: GestureGlide] = [:]
    /// Where the first of the shapes that are being dragged stood before the newest change of it.
    private var stood: [ShapeID: Point] = [:]
    /// Motion is not wanted: the newest is drawn at once (FE-28).
    package var isStill = false

    package init() {}

    /// How far behind the fastest packet the drawing is.
    package func delay(at now: Instant) -> Duration { isStill ? .zero : clock.delay(at: now) }

    // MARK: What arrives

    /// Takes the samples of a pointer that came with one packet, oldest first.
    package mutating func take(_ samples: [CursorSample], of frontEnd: FrontEndID = .holder, now: Instant) {
        guard let newest = samples.last, let moment = hear(newest.at, now: now) else { return }
        if frontEnd != pointing { (pointer, pointing) = (GlideTrack(), frontEnd) }
        trail.take(samples)
        trail.forget(before: moment.playhead)
        // One that claims to be later than the newest would stand before all that come.
        let arrived = samples.filter { $0.at <= newest.at }.map { ($0.at, $0.position.map { GlideTrack.Value($0, .zero) }) }
        pointer.take(arrived, at: moment)
    }

    /// Takes one step of a gesture.
    ///
    /// - Parameter board: what stands, with what the gesture became.
    package mutating func take(_ change: GestureChange, of id: GestureID, board: (ShapeID) -> Shape?, now: Instant) {
        forgetEnded(now: now)
        switch change {
        case .began(let gesture, let time):
            guard hear(time, now: now) != nil else { return }
            gestures[id] = GestureGlide(gesture, at: time)
        case .appended(let samples):
            guard let newest = samples.last, let moment = hear(newest.at, now: now) else { return }
            gestures[id]?.take(change, at: moment)
        case .updated(_, let time):
            guard let moment = hear(time, now: now) else { return }
            gestures[id]?.take(change, at: moment)
        case .ended(.committed(let shapes)): commit(id, shapes.compactMap(board), now: now)
        // FE-27
        case .ended(.cancelled), .ended(.hidden): gestures[id] = nil
        }
        guard gestures.count > Self.gesturesMax, let oldest = gestures.keys.min() else { return }
        gestures[oldest] = nil
    }

    /// Notes how a shape stood that is about to be changed: it may be what a drag becomes.
    package mutating func note(_ before: Shape) {
        guard gestures.values.contains(where: { $0.dragged.first == before.id }) else { return }
        stood[before.id] = before.content.position
    }

    private mutating func commit(_ id: GestureID, _ shapes: [Shape], now: Instant) {
        guard !isStill, var gesture = gestures[id], let moment = clock.moment(at: now) else {
            gestures[id] = nil
            return
        }
        let first = gesture.dragged.first
        let moved = shapes.first { $0.id == first }.flatMap { shape in stood[shape.id].map { shape.content.position - $0 } }
        // What is done now came by the fastest way, as far as anybody knows, and is drawn when all that is done now is (FE-167).
        let end = moment.playhead + clock.delay(at: now)
        gesture.commit(shapes, moved: moved, until: end, at: moment)
        gestures[id] = gesture
        stood = stood.filter { entry in gestures.values.contains { $0.dragged.first == entry.key && $0.endsAt == nil } }
    }

    /// The moment after a time was heard; nil if that time means nothing.
    private mutating func hear(_ time: Duration, now: Instant) -> GlideMoment? {
        switch clock.hear(time, now: now) {
        case .known: break
        case .stray: return nil
        case .anew: (pointer, trail, gestures) = (GlideTrack(), LaserTrail(), [:])
        }
        forgetEnded(now: now)
        return clock.moment(at: now)
    }

    private mutating func forgetEnded(now: Instant) {
        guard let moment = clock.moment(at: now) else { return }
        for (id, gesture) in gestures where gesture.isOver(at: moment.playhead) || isStill && gesture.endsAt != nil { gestures[id] = nil }
    }

    // MARK: What is drawn

    /// Where the pointer is drawn; nil where it is not.
    package func position(at now: Instant) -> Point? {
        // FE-28
        guard !isStill else { return pointer.newest?.first }
        guard let moment = clock.moment(at: now) else { return nil }
        return pointer.value(at: moment)?.first
    }

    /// The paths of light that the pointer leaves, as they are drawn.
    package func light(at now: Instant) -> [[LaserTrail.Spot]] {
        guard !trail.isOver, let time = lightTime(at: now) else { return [] }
        return trail.paths(at: time, head: position(at: now), fades: !isStill)
    }

    /// The time of the pointer at which its light is drawn: where motion is not wanted all that is known is, and goes out in its time (FE-100).
    private func lightTime(at now: Instant) -> Duration? {
        clock.moment(at: now).map { isStill ? $0.playhead + clock.delay(at: now) : $0.playhead }
    }

    /// What is drawn of gestures, in the order in which they began.
    package func previews(at now: Instant) -> [(id: GestureID, preview: GesturePreview)] {
        guard let moment = clock.moment(at: now) else { return [] }
        return gestures.sorted { $0.key < $1.key }.compactMap { id, gesture in
            guard !isStill else { return gesture.newest.map { (id, $0) } }
            guard !gesture.isOver(at: moment.playhead) else { return nil }
            return gesture.preview(at: moment).map { (id, $0) }
        }
    }

    /// Shapes that stand on the board and of which a preview is drawn still.
    package func hidden(at now: Instant) -> Set<ShapeID> {
        guard !isStill, let moment = clock.moment(at: now) else { return [] }
        return gestures.values.reduce(into: []) { if !$1.isOver(at: moment.playhead) { $0.formUnion($1.hidden) } }
    }

    /// When the next frame is of use: a sixtieth of a second from now while anything moves, later where it rests; nil when it has come to its
    /// end (FE-29).
    package func deadline(after now: Instant) -> Instant? { earliest(motionDeadline(after: now), lightDeadline(after: now)) }

    /// When the light looks different next.
    private func lightDeadline(after now: Instant) -> Instant? {
        guard !trail.isOver, let time = lightTime(at: now) else { return nil }
        return trail.nextChange(after: time, fades: !isStill).map { now + max(Self.frame, $0 - time) }
    }

    private func motionDeadline(after now: Instant) -> Instant? {
        // FE-28
        guard !isStill, let moment = clock.moment(at: now) else { return nil }
        let drawn = gestures.values.filter { !$0.isOver(at: moment.playhead) }
        if pointer.isMoving(at: moment)
            || drawn.contains(where: { $0.isMoving(at: moment) })
        {
            return now + Self.frame
        }
        let times = [pointer.resumes(after: moment.playhead)] + drawn.map { $0.resumes(after: moment.playhead) ?? $0.endsAt }
        return times.compactMap { $0 }.min().map { now + max(Self.frame, $0 - moment.playhead) }
    }

    /// A frame at 60 Hz.
    package static let frame: Duration = .microseconds(16_667)
    /// More than the session tells of at a time; a peer that says otherwise fills nothing.
    private static let gesturesMax = 64
}
