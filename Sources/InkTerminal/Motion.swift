import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// What is seen of what others move, to the cell and the dot: a picture is made where it is another than was drawn last.
struct Motion: Equatable, Sendable {
    /// How long ago a pointer moved.
    enum Age: Equatable, Sendable {
        /// A name stands by it.
        case fresh
        case still
        case dim
    }

    struct Pointer: Equatable, Sendable {
        let peer: PeerID
        let place: CellPlace
        let age: Age
    }

    /// Light that somebody's pointer leaves.
    struct Light: Equatable, Sendable {
        struct Spot: Equatable, Sendable {
            /// A corner of the dot in which it is.
            let dot: Point
            /// How far it has faded.
            let step: Int
        }
        /// Nil for one's own.
        let peer: PeerID?
        let paths: [[Spot]]
    }

    enum Preview: Equatable, Sendable {
        case stroke(GestureID, count: Int, tip: CellPlace)
        case gesture(GestureID, Gesture)
    }

    /// In the order of those present.
    var pointers: [Pointer] = []
    var previews: [Preview] = []
    var lights: [Light] = []
    /// Shapes that stand and are not drawn, for a preview is.
    var hidden: Set<ShapeID> = []

    /// True where more names stand by pointers than can follow them step by step (TM-384).
    var isCrowded: Bool { pointers.count { $0.age == .fresh } > Self.namesMax }

    private static let namesMax = 4
}

/// When others' pointers were drawn last, and in which cells.
struct PointersDrawn: Sendable {
    let at: Instant
    let grid: Grid
}

/// How what others move is followed (TM-14).
extension BoardScene {
    /// What is to be seen of it now.
    func motion(at now: Instant) -> Motion {
        var motion = Motion()
        let dots = Grid(dotUnits: max(1, grid.dotUnits / 2))
        motion.pointers = pointersHeldUntil(now) == nil ? pointers(at: now) : shownMotion.pointers
        for peer in front.glides.peers {
            for (id, preview) in front.glides.previews(of: peer, at: now) {
                switch preview {
                case .stroke(_, let count, let tip): motion.previews.append(.stroke(id, count: count, tip: dots.place(of: tip)))
                // Exactly: what is moved by less than a dot may lie in another cell.
                case .gesture(let gesture): motion.previews.append(.gesture(id, gesture))
                }
            }
        }
        motion.hidden = front.glides.hidden(at: now)
        motion.lights = lights(at: now)
        return motion
    }

    private func pointers(at now: Instant) -> [Motion.Pointer] {
        front.people.present.compactMap { peer, person in
            let idle = now - person.movedAt
            guard idle < Self.goneTime, !front.mutes.contains(person), let position = front.glides.position(of: peer, at: now) else {
                return nil
            }
            let age: Motion.Age = idle < Self.chipTime ? .fresh : idle < Self.dimTime ? .still : .dim
            return Motion.Pointer(peer: peer, place: grid.place(of: position), age: age)
        }
    }

    /// Until when pointers stay as they were drawn last; nil where they need not: a crowd of them goes half as often as one (TM-184, TM-384).
    private func pointersHeldUntil(_ now: Instant) -> Instant? {
        guard let drawn = pointersDrawn, drawn.grid == grid, shownMotion.isCrowded else { return nil }
        let next = drawn.at + Self.crowdInterval
        return now < next ? next : nil
    }

    /// Takes what is to be seen now for the picture that is made.
    mutating func drawMotion(now: Instant) {
        let motion = motion(at: now)
        if pointersHeldUntil(now) == nil { pointersDrawn = PointersDrawn(at: now, grid: grid) }
        shownMotion = motion
        forgetLight(now: now)
        motionAt = motionDeadline(after: now)
    }

    /// Looks whether something moved on, and when to look next (TM-38).
    mutating func followMotion(now: Instant) {
        let motion = motion(at: now)
        if motion != shownMotion { redraw(.soon) }
        stayWithFollowed(motion.pointers, now: now)
        motionAt = motionDeadline(after: now)
    }

    /// When what moves by itself is another next.
    func motionDeadline(after now: Instant) -> Instant? {
        earliest(
            earliest(following?.chase.deadline, pointersHeldUntil(now)),
            earliest(front.glides.deadline(after: now), lightDeadline(after: now)))
    }

    /// When it is seen next that pointers grow old.
    func agingDeadline(now: Instant) -> Instant? {
        var next: Instant?
        for pointer in shownMotion.pointers {
            guard let movedAt = front.people[pointer.peer]?.movedAt else { continue }
            for age in [Self.chipTime, Self.dimTime, Self.goneTime] where movedAt + age > now {
                next = earliest(next, movedAt + age)
                break
            }
        }
        return next
    }

    /// A name chip stands by a moving pointer only (TM-337).
    private static let chipTime = Duration.seconds(3)
    private static let dimTime = Duration.seconds(30)
    // TM-337
    private static let goneTime = Duration.seconds(60)
    /// As often as a pointer is told of where so many are.
    private static let crowdInterval = Duration.milliseconds(33)
}

extension Point {
    /// The same where places less than so many units apart are one.
    func rounded(to units: Int32) -> Point {
        func rounded(_ value: Int32) -> Int32 { value - (value % units + units) % units }
        return Point(x: rounded(x), y: rounded(y))
    }
}
