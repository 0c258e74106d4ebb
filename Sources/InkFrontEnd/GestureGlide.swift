import InkBoard
import InkPrimitives
import InkSession

/// What is drawn of somebody's gesture.
package enum GesturePreview: Hashable, Sendable {
    /// The first `count` samples of a stroke, at least one, and from there to `tip`, which lies on the way to the next.
    case stroke(ShapeDraft, count: Int, tip: Point)
    /// A shape being spanned or written, shapes being dragged by what they are not yet displaced, a shape being given other corners.
    case gesture(Gesture)
}

/// Somebody's gesture as it is drawn: on the clock of the pointer, so that ink never runs ahead of the pen and a box stays in its hand.
///
///     under way ──committed: the board has what it became──▶ ending ──the drawing has come to the end──▶ over
///         └──cancelled, or its person is not heard──▶ gone
///
/// While it is ending, what it became stands on the board and is drawn only as far as the gesture is (FE-27).
struct GestureGlide: Sendable {
    /// The newest that is known.
    private var gesture: Gesture?
    /// When it began; before that nothing of it is drawn.
    private let start: Duration
    /// What it became; nil while it is under way.
    private var outcome: [ShapeID]?
    /// Strokes: the number of samples. Drags: the displacement. Boxes: place and size. Paths of two points: both ends.
    private var track: GlideTrack

    /// - Parameter time: the sender's, at which the newest of it was made.
    init(_ gesture: Gesture, at time: Duration) {
        (self.gesture, start) = (gesture, time)
        track = gesture.form.track
        track.take([(time, gesture.glided)], at: GlideMoment(playhead: time, reach: .zero, now: .distantPast))
    }

    /// What is being dragged; empty for all else.
    var dragged: [ShapeID] { if case .move(let shapes, _)? = gesture { shapes } else { [] } }

    /// Takes a step of it that is no end.
    mutating func take(_ change: GestureChange, at moment: GlideMoment) {
        guard outcome == nil else { return }
        let (known, form) = (gesture.sampleCount, gesture?.form)
        gesture.take(change)
        guard let gesture else { return }
        switch change {
        case .appended(let samples):
            let lengths = samples.enumerated().map { ($0.element.at, GlideTrack.Value(Double(known + $0.offset + 1), 0, 0, 0)) }
            track.take(lengths, at: moment)
        case .began(_, let time), .updated(_, let time):
            guard gesture.form != .samples || form != .samples else { return }
            follow(gesture, from: form, at: time, moment)
        case .ended: break
        }
    }

    /// Between what is kept in one form and what is kept in another lies nothing (FE-166).
    private mutating func follow(_ gesture: Gesture, from form: Gesture.GlidedForm?, at time: Duration, _ moment: GlideMoment) {
        if gesture.form != form { track = gesture.form.track }
        track.take([(time, gesture.glided)], at: moment)
    }

    /// It is on the board.
    ///
    /// - Parameters:
    ///   - shapes: what stands in its place.
    ///   - moved: by how much what was dragged was displaced.
    ///   - time: the sender's at the end, as far as anybody knows.
    mutating func commit(_ shapes: [Shape], moved: Point?, until time: Duration, at moment: GlideMoment) {
        outcome = []
        let form = gesture?.form
        switch gesture {
        case .stroke(let draft)?:
            // A stroke that reached a limit was committed in parts; what is told is the last of them, or all.
            guard let shape = shapes.first(where: { $0.content.kind == draft.kind && $0.content.position == draft.position }) else { break }
            (gesture, outcome) = (.stroke(shape.content), [shape.id])
        case .shape(let draft)?:
            guard let shape = shapes.first(where: { $0.content.kind == draft.kind }) else { break }
            (gesture, outcome) = (.shape(shape.content), [shape.id])
        case .move(let ids, let by)?: gesture = .move(ids, by: moved ?? by)
        case .resize(let id, _, _)?:
            guard let content = shapes.first(where: { $0.id == id })?.content else { break }
            gesture = .resize(id, position: content.position, size: content.size)
        case .pull(let id, _)?:
            guard let content = shapes.first(where: { $0.id == id })?.content else { break }
            gesture = .pull(id, content)
        case .text(let id, _)?:
            guard let content = shapes.first(where: { $0.id == id })?.content else { break }
            gesture = .text(id, content.text)
        case nil: break
        }
        guard let gesture, let end = track.end else { return }
        follow(gesture, from: form, at: max(time, end), moment)
    }

    /// True once all of it was drawn, what it became is on the board, and that is to be drawn (FE-27).
    func isOver(at playhead: Duration) -> Bool { outcome != nil && (track.end ?? .zero) <= playhead }

    /// When it is over; nil while it is under way.
    var endsAt: Duration? { outcome == nil ? nil : track.end }

    /// Shapes that stand on the board and of which a preview is drawn still.
    var hidden: [ShapeID] { outcome ?? [] }

    func preview(at moment: GlideMoment) -> GesturePreview? {
        guard moment.playhead >= start, let value = track.value(at: moment) else { return nil }
        return gesture?.drawn(at: value, isOnBoard: outcome != nil)
    }

    /// All that is known, with no regard to time.
    var newest: GesturePreview? {
        guard outcome == nil, let value = track.newest else { return nil }
        return gesture?.drawn(at: value, isOnBoard: false)
    }

    func isMoving(at moment: GlideMoment) -> Bool {
        track.isMoving(at: moment)
    }

    func resumes(after playhead: Duration) -> Duration? {
        playhead < start ? start : track.resumes(after: playhead)
    }
}

extension Gesture? {
    fileprivate var sampleCount: Int { if case .stroke(let draft)? = self { draft.points.count } else { 0 } }
}

extension Gesture {
    /// In which form it is kept what is drawn of it in between.
    fileprivate enum GlidedForm {
        /// Of a stroke, how many.
        case samples
        /// Of a path of two points; a line that is pulled and one that is drawn are not kept alike.
        case ends, newEnds
        case box, displacement
        /// Letters and the corners of a longer path do not glide.
        case newest

        var track: GlideTrack { GlideTrack(isPlace: self != .samples) }
    }

    fileprivate var form: GlidedForm {
        switch self {
        case .stroke: .samples
        case .shape(let draft): draft.points.count == 2 ? .newEnds : draft.kind.isPath ? .newest : .box
        case .pull(_, let draft): draft.points.count == 2 ? .ends : .newest
        case .move: .displacement
        case .resize: .box
        case .text: .newest
        }
    }

    /// What of it is drawn in between (FE-26).
    fileprivate var glided: GlideTrack.Value {
        switch self {
        case .stroke(let draft): .init(Double(draft.points.count), 0, 0, 0)
        case .shape(let draft) where form == .newEnds: .init(draft.position, draft.points[1])
        case .shape(let draft): .init(draft.position, Point(x: draft.size.width, y: draft.size.height))
        case .pull(_, let draft) where form == .ends: .init(draft.position + draft.points[0], draft.position + draft.points[1])
        case .move(_, let by): .init(by, .zero)
        case .resize(_, let position, let size): .init(position, Point(x: size.width, y: size.height))
        case .pull, .text: .init(.zero, .zero)
        }
    }

    /// The gesture where only `value` of it has come to pass.
    ///
    /// - Parameter isOnBoard: what stands has all of it already.
    fileprivate func drawn(at value: GlideTrack.Value, isOnBoard: Bool) -> GesturePreview? {
        switch self {
        case .stroke(let draft):
            guard let last = draft.points.last else { return nil }
            let length = Swift.max(1, Swift.min(Double(draft.points.count), value.x))
            let count = Int(length)
            guard count < draft.points.count else { return .stroke(draft, count: count, tip: last) }
            let (from, to) = (SIMD4(draft.points[count - 1], .zero), SIMD4(draft.points[count], .zero))
            return .stroke(draft, count: count, tip: (from + (to - from) * (length - Double(count))).first)
        case .shape(var draft):
            switch form {
            case .newEnds: (draft.position, draft.points[1]) = (value.first, value.second)
            case .box: (draft.position, draft.size) = (value.first, value.size)
            case .samples, .ends, .displacement, .newest: break
            }
            return .gesture(.shape(draft))
        case .pull(let id, var draft):
            if form == .ends { draft.points = [value.first - draft.position, value.second - draft.position] }
            return .gesture(.pull(id, draft))
        case .move(let shapes, let by): return .gesture(.move(shapes, by: isOnBoard ? value.first - by : value.first))
        case .resize(let id, _, _): return .gesture(.resize(id, position: value.first, size: value.size))
        case .text: return .gesture(self)
        }
    }
}

extension SIMD4<Double> {
    init(_ first: Point, _ second: Point) { self.init(Double(first.x), Double(first.y), Double(second.x), Double(second.y)) }

    var first: Point { Point(clampingX: Int64(x.rounded()), y: Int64(y.rounded())) }
    fileprivate var second: Point { Point(clampingX: Int64(z.rounded()), y: Int64(w.rounded())) }
    fileprivate var size: Size { Size(width: Swift.max(0, second.x), height: Swift.max(0, second.y)) }
}
