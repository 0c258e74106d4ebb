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
}

/// How what others move is followed.
extension BoardScene {
    /// What is to be seen of it now.
    func motion(at now: Instant) -> Motion {
        var motion = Motion()
        let dots = Grid(dotUnits: max(1, grid.dotUnits / 2))
        for (peer, person) in front.people.present {
            let idle = now - person.movedAt
            guard idle < Self.goneTime, let position = front.glides.position(of: peer, at: now) else { continue }
            let age: Motion.Age = idle < Self.chipTime ? .fresh : idle < Self.dimTime ? .still : .dim
            motion.pointers.append(Motion.Pointer(peer: peer, place: grid.place(of: position), age: age))
        }
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

    /// Looks whether something moved on, and when to look next.
    mutating func followMotion(now: Instant) {
        let motion = motion(at: now)
        if motion != shownMotion { redraw(.soon) }
        stayWithFollowed(motion.pointers, now: now)
        motionAt = motionDeadline(after: now)
    }

    /// When what moves by itself is another next.
    func motionDeadline(after now: Instant) -> Instant? {
        earliest(following?.chase.deadline, earliest(front.glides.deadline(after: now), lightDeadline(after: now)))
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

    /// A name chip stands by a moving pointer only.
    private static let chipTime = Duration.seconds(3)
    private static let dimTime = Duration.seconds(30)
    private static let goneTime = Duration.seconds(60)
}

extension Point {
    /// The same where places less than so many units apart are one.
    func rounded(to units: Int32) -> Point {
        func rounded(_ value: Int32) -> Int32 { value - (value % units + units) % units }
        return Point(x: rounded(x), y: rounded(y))
    }
}
