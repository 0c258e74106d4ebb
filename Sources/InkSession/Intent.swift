import InkBoard
import InkPrimitives

/// What a person (human or script) wants. Front ends make these; `Node` turns them into presence and transactions: one, or where it concerns more
/// shapes than one holds as many as it needs, in all one step of undo.
public enum Intent: Hashable, Sendable {
    /// One new shape, one transaction.
    case draw(ShapeDraft)
    /// Several new shapes, bottom first, one transaction. A binding to the `n`-th of them names the author `.zero` and the number `n`, from 1.
    case drawAll([ShapeDraft])
    /// New shapes, new values and deletions, one step of undo.
    case change(BoardChange)
    /// New values for properties of one shape, one transaction.
    case set(ShapeID, [PropertyChange])
    /// The same new values for several shapes, one transaction; those that are gone are left out while any is left.
    case setAll([ShapeID], [PropertyChange])
    /// New values of several shapes, of each its own, one transaction; those that are gone are left out while any is left.
    case setEach([ShapeEdit])
    /// As `set`, and one step of undo with what this person did last, if that wrote the same shape: a text that is saved while it is typed.
    case amend(ShapeID, [PropertyChange])
    /// A text that was typed by hand over `from`, which is what the shape said when it was begun, or last became part of it. What others wrote since
    /// is kept: both are merged. With `continues` it is one step of undo with what this person did last, if that wrote the same shape. `isMerged`
    /// says that the editor itself merged what another wrote with letters that were not on the board: both are told of it.
    case type(ShapeID, from: String, to: String, continues: Bool, isMerged: Bool = false)
    /// Shapes displaced.
    case move([ShapeID], by: Point)
    /// A box given other corners: its place displaced and its extent grown by so much, whatever they are by then; what is zero is not written.
    case resize(ShapeID, by: Point, growing: Point)
    /// Shapes deleted.
    case delete([ShapeID])
    /// Takes back this person's last gesture that still has effect.
    case undo
    /// Does again what was last undone.
    case redo
    /// Begins a live gesture; one that is under way is cancelled first. Its outcome comes when the gesture ends.
    case begin(Gesture)
    /// Appends samples, absolute world positions, to the stroke being drawn. Ignored when none is. What cannot be taken ends the gesture:
    /// what was drawn until then is kept, and the outcome of `begin` says why.
    case extend([Point])
    /// Replaces the gesture under way by its newest state (a rubber band or a drag that moved).
    case update(Gesture)
    /// Ends the gesture under way: it becomes one transaction. A stroke that reached a limit was already committed in part.
    case commit
    /// Ends the gesture under way without a trace, here and at the others.
    case cancel
    /// Where this person points; nil when the pointer left.
    case cursor(Point?)
    /// The pointer of this program leaves a trail of light from where it is, which fades; false: no more. It goes out with the pointer.
    case laser(Bool)
    /// The part of the board that this person sees; nil: nothing that the others are told.
    case view(WorldBox?)
    /// Asks all who are here to look at a part of the board.
    case lookHere(WorldBox)
    /// One chat message.
    case say(String)
    /// A message of ours that failed is tried again.
    case resend(TransactionName)
    /// A part of what was said: the event `chatPage`, then the outcome.
    case readChat(ChatOrder)
    /// This person is typing now.
    case typing
    /// How this person attends to the program.
    case attention(Attending)
    /// The name the others see.
    case rename(String)
    /// Whoever has the link that is made of it may join. The outcome comes after the event `invited`, when the disk has its key.
    case invite(InviteOrder)
    /// A device has this role from now on, and no greater one.
    case grant(AuthorID, Role)
    /// A right ends.
    case remove(RemovalOrder)
    /// An owner calms the board.
    case calm(CalmOrder)
    /// Our person has compared safety words with whom this device is, and they are the same; false: that does not hold any more. Kept on this
    /// machine alone.
    case verify(AuthorID, Bool)

    /// False for what a program also does without a hand: its pointer has left, its window shows another part.
    var isByHand: Bool {
        switch self {
        case .cursor(let point): point != nil
        case .laser(let isOn): isOn
        case .view, .attention: false
        default: true
        }
    }

    /// True for what only moves a gesture, a pointer or a mark on: it is seen at once by whoever moves it, and has no outcome.
    public var isMotion: Bool {
        switch self {
        case .extend, .update, .cursor, .laser, .view, .typing, .attention: true
        case .draw, .drawAll, .change, .set, .setAll, .setEach, .amend, .type, .move, .resize, .delete, .undo, .redo, .begin, .commit,
            .cancel, .lookHere, .say, .rename, .invite, .grant, .remove, .calm, .verify, .resend, .readChat:
            false
        }
    }
}

/// New values of one shape among several.
public struct ShapeEdit: Hashable, Sendable {
    public var shape: ShapeID
    public var changes: [PropertyChange]

    public init(_ shape: ShapeID, _ changes: [PropertyChange]) { (self.shape, self.changes) = (shape, changes) }
}

/// What makes one drawing of another, as a file that is imported does.
public struct BoardChange: Hashable, Sendable {
    /// As of `Intent.drawAll`.
    public var drawn: [ShapeDraft]
    /// Where those lie, one for each; none where they lie above all others, in their order.
    public var depths: [DepthKey]
    /// Those of shapes that are gone are left out. A binding to a new shape names it as in `drawn`.
    public var edits: [ShapeEdit]
    /// Those that are gone are left out.
    public var deleted: [ShapeID]

    public init(drawn: [ShapeDraft] = [], depths: [DepthKey] = [], edits: [ShapeEdit] = [], deleted: [ShapeID] = []) {
        (self.drawn, self.depths, self.edits, self.deleted) = (drawn, depths, edits, deleted)
    }

    /// True if it changes nothing.
    public var isEmpty: Bool { drawn.isEmpty && edits.isEmpty && deleted.isEmpty }
}

/// What is being done by hand and is not yet in the board.
public enum Gesture: Hashable, Sendable {
    /// A stroke being drawn; `points` grow by `.extend`. `draft.kind` is `.freehand`.
    case stroke(ShapeDraft)
    /// A shape being spanned (rubber band) or a text being typed.
    case shape(ShapeDraft)
    /// Shapes being dragged by a displacement.
    case move([ShapeID], by: Point)
    /// A shape being given other corners, as the hand shows them. What the hand changed is what they differ by from what stood at the beginning.
    case resize(ShapeID, position: Point, size: Size)
    /// A standing line of which ends or corners are pulled, as the hand shows it: its kind, place and points. What the hand changed are its points
    /// and what its ends are bound to.
    case pull(ShapeID, ShapeDraft)
    /// The text of a standing shape being typed: all see the letters, and who writes. It warns the others and keeps nobody from anything.
    ///
    /// The letters so far; nil where another's are too many to be told before they stand.
    case text(ShapeID, String?)
}
