import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession

/// One typed line, its values checked; which shapes it means is known when it is run.
package enum LinearCommand: Equatable, Sendable {
    /// A shape that fills a box, with what stands in it.
    case box(ShapeKind, Point, Size, text: String)
    case line(ShapeKind, LineSpec, text: String)
    case pen([Point])
    case text(Point, String)
    /// With the name by which our person calls what is drawn.
    indirect case named(String, LinearCommand)
    case label(ShapeRef, String)
    case move([ShapeRef], by: Point)
    case place(ShapeRef, Point)
    case resize(ShapeRef, Size)
    /// An end of a line is put elsewhere.
    case pull(ShapeRef, isStart: Bool, LineEnd)
    /// A line goes by these places, and is let go at both ends.
    case path(ShapeRef, [Point])
    case delete([ShapeRef])
    case look([ShapeRef], StyleChoice)
    case fitLabel([ShapeRef])
    case arrange([ShapeRef], Arrangement)
    case lock([ShapeRef], Bool)
    case undo, redo
    case copy([ShapeRef], cuts: Bool)
    case paste(by: Point)
    case say(String)
    case messages(Int)
    case point(Point?)
    case lookHere(WorldBox)
    case list(from: Int)
    case find(String)
    case near(LineEnd)
    case describe(ShapeRef)
    case who, members, status, connection
    /// Nil: the link that the board has.
    case invite(InviteOrder?)
    case role(String, Role)
    case remove(String, reason: String)
    case safety(String)
    case verify(String, Bool)
    case takeBack(String, TakeBackOrder.Span)
    case slow(seconds: UInt32)
    case name(String)
    case export(String)
    case importFile(String)
    case wait(Condition, seconds: Int)
    /// Nil: of all.
    case help(LinearVerb?)
    case quit

    /// Where a line ends, or what is looked at.
    package enum LineEnd: Equatable, Sendable {
        case place(Point)
        case shape(ShapeRef)
    }

    package struct LineSpec: Equatable, Sendable {
        package var start: LineEnd
        /// Its corners.
        package var via: [Point]
        package var end: LineEnd

        package init(start: LineEnd, via: [Point] = [], end: LineEnd) { (self.start, self.via, self.end) = (start, via, end) }
    }

    /// What is done with several shapes.
    package enum Arrangement: Equatable, Sendable {
        case group, ungroup
        case order(OrderStep)
        case align(Alignment)
        case distribute(Distribution)
        case duplicate(by: Point)
    }

    /// What is waited for.
    package enum Condition: Equatable, Sendable {
        case peers(Int)
        case saved, delivered, synced
    }
}
