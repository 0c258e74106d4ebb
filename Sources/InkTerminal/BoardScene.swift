import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// A board on the screen: what it shows and what keys, mouse and events do to it.
///
/// Knows no terminal: it takes decoded input and gives a picture, intents and effects.
struct BoardScene: Sendable {
    // MARK: What is there

    var front: FrontEnd
    var regions: ShapeRegions
    let invitation: Invitation?
    /// The short code that is offered.
    var offer = CodeOffer()
    /// What the others call this person; empty where that is not known.
    var personName: String
    /// True for a board that was joined just now, for which nobody need wait.
    private let isJoining: Bool
    /// A board that is read from the disk; nil once it is there.
    private(set) var opening: BoardContent.Opening?
    /// True while keys wait for it.
    private(set) var hasKeysWaiting = false
    /// True for a board that goes when it is left.
    var isExample: Bool
    /// How the board was brought to the network; nil where another program did that.
    private(set) var network: NetworkChoice?
    /// What was asked of the board and has no answer, with what is shown until then.
    var requests = Requests<Purpose>()

    /// Which key gives which command.
    let keys: KeyMap

    // MARK: What is seen

    var display: Display
    private(set) var layout: Layout
    private(set) var viewport: Viewport
    var zoomedAbout: ZoomCenter?
    /// Whose view or pointer the view goes with, and whom it went to last.
    var following: Followed?
    var visited: PeerID?
    var canvas = BoardCanvas()
    /// What panels that are open look through and show, kept while they are.
    var words = ShapeWords()
    var messageRows = MessageRows()
    /// Safety words that were made.
    var compared = ComparedWords()
    var talk = Talk()
    /// How a person who looks elsewhere is told of messages.
    var alerts: Alerts
    /// What others moved, as it was drawn last, and when to look again.
    var shownMotion = Motion()
    /// Nil before the first picture.
    var pointersDrawn: PointersDrawn?
    /// The line in hand as it is drawn in the picture that is made, or was made last; nil while none is.
    var shownLine: LineInHand?
    /// Shapes that were looked at so far to find what lies under or near a line or a press: held without a clock (TM-134).
    var lookedAt = 0
    var motionAt: Instant?
    /// The light that one's own pointer leaves.
    var light = LaserTrail()
    /// The bars as they were drawn last: what a press on them means.
    var bars = Bars()
    /// The small map as it was drawn last: what a press on it means. Nil where it was not.
    var minimap: Minimap?

    // MARK: What is being done

    var mode = Mode.idle(.mouse)
    var pen = Pen()
    /// What was refused since the tool was picked, and when it was told.
    var toldRefusal: (refusal: Refusal, at: Instant)?
    var selection = Selection()
    var mouse = Mouse()
    /// True while what hands drag snaps.
    var snaps = false
    /// Drags so far: names the next.
    var dragCount = 0
    /// Where the pointer was last told to the others.
    private var toldPlace: CellPlace?
    /// What was last told to the others of what is seen.
    private var toldView: WorldBox?
    /// False until somebody is there to be told.
    private var hasSession = false
    /// What is being cut; nil while nothing is.
    var cutting: Cutting?
    var quitAskedAt: Instant?
    /// Letters since a shape was drawn by the mouse; nil once anything else was done.
    var letters: LettersAfterDraw?
    /// What was pasted as shapes last; nil where nothing was.
    var pastedDrawing: PastedDrawing?
    /// The file that is being drawn; nil while none is.
    var importing: Importing?
    /// How a paste stands of which more comes, and how a text that came in one piece and may go on.
    var pasting = Pasting.nothing
    var texting = Pasting.nothing

    // MARK: What must be done outside

    var outputs: [TerminalApp.Output] = []
    /// Bytes for the terminal beside the picture: clipboard, mouse on and off.
    var extraBytes: [UInt8] = []
    /// True for a screen that is to be painted anew.
    var wantsRepaint = false
    /// Whether the picture may have changed, and who waits for it.
    private(set) var redrawing = Redraw.now

    /// What hangs on an answer.
    struct Purpose: Sendable {
        /// Shown until the answer is known, or nothing would be there for a moment.
        var overlay: Overlay?
        /// What a paste has made so far; nil for anything else.
        var pasted: [ShapeID]?
        /// What is said once it is done.
        var told: String?
        /// The part of a text that is given.
        var text: Text?
        /// The message that is said.
        var said: String?

        /// A part of a text that is typed.
        enum Text: Sendable {
            /// It makes the shape; `late` is the text if it was finished before the shape is known, and has more in it.
            case first(late: ShapeDraft?)
            /// It changes the shape; whether a part before it did.
            case next(wasBegun: Bool)
        }
    }

    /// How this terminal shows a board.
    struct Display: Sendable {
        let style: GlyphStyle
        var isDark: Bool
        /// True where the person has said whether it is.
        var isPaperChosen = false
        /// True inside tmux, which keeps what is copied as text from the terminal unless it is told otherwise.
        var isInTmux = false
        var hasToldTmux = false
        /// Four colours and no dim letters.
        var hasHighContrast = false
        var hidesCursors = false
        /// Dots that help to align.
        var showsGrid = false
        var showsMinimap = false
        /// True while the terminal has its mouse for itself.
        var isMouseOff = false
    }

    /// A paste, or a text that came in one piece, whose parts come one after another.
    enum Pasting: Sendable {
        /// None, or nothing of it has come.
        case nothing
        /// All of it so far was taken.
        case taken
        /// A part of it had no room, or no place to go: what follows would stand behind a hole (TM-76).
        case cut
    }

    enum Redraw: Comparable, Sendable {
        case none
        /// Others did something, or time passed.
        case soon
        /// The change is the person's own, who waits for it.
        case now
    }

    init(content: BoardContent, _ profile: TerminalProfile, columns: Int, rows: Int) {
        front = FrontEnd(
            name: content.name, me: content.me, isReady: content.isReady, isStill: profile.reducesMotion,
            tellsOfRelays: Self.tellsOfRelays(content.network), shapes: content.shapes)
        (invitation, personName, isJoining, isExample) = (content.invitation, content.personName, content.isJoining, content.isExample)
        alerts = Alerts(kept: content.settings)
        front.ownName = content.personName
        opening = content.opening
        network = content.network
        keys = profile.keys
        // TM-295
        front.safetyKey = keys.word(of: .people)
        display = Display(
            style: profile.style, isDark: profile.isDark, isPaperChosen: profile.isPaperChosen, isInTmux: profile.isInTmux,
            hasHighContrast: profile.hasHighContrast)
        layout = Layout(columns: columns, rows: rows)
        viewport = Viewport(grid: .standard, columns: layout.canvasColumns, rows: layout.canvasRows)
        regions = ShapeRegions(grid: viewport.grid)
        regions.replaceAll(front.board)
        // Who comes to others looks first: a double click that was to write leaves no dots (TM-109).
        if content.isJoining { pen.pick(.select) }
        if content.showsInvitation { mode.open(.invite(InvitePanel(invitation))) }
        showDrawing(near: regions.content()?.middle)
    }

    /// Takes the whole board anew: it arrived, or was opened.
    mutating func replace(name: String, shapes: [Shape]) {
        let wasEmpty = front.board.isEmpty
        opening = nil
        front.replace(name: name, shapes: shapes)
        regions.replaceAll(front.board)
        selection.keep { front.board[$0] != nil }
        followGroups()
        if wasEmpty, let all = regions.content(), !all.overlaps(viewport.region) { showDrawing(near: all.middle) }
        redraw(.soon)
    }

    /// What is typed waits for the board, which is said (TM-181).
    mutating func keepsKeys() {
        guard !hasKeysWaiting else { return }
        hasKeysWaiting = true
        redraw(.soon)
    }

    /// Takes how the board is brought to the network from now on: another program holds it, or this one does.
    mutating func replace(network: NetworkChoice?, now: Instant) {
        guard network != self.network else { return }
        self.network = network
        front.tell(ofRelays: Self.tellsOfRelays(network), now: now)
        redraw(.soon)
    }

    /// Of who chose that, or where it is not known, it is not said that something is in the way.
    private static func tellsOfRelays(_ network: NetworkChoice?) -> Bool { network?.relay == .allowed }

    // MARK: What is seen

    /// True while nothing has come of a board that was joined (TM-171).
    var isWaiting: Bool { isJoining && !front.isReady }

    var grid: Grid { viewport.grid }

    /// Changes what is seen.
    mutating func look(_ change: (inout Viewport) -> Void) {
        let before = viewport
        change(&viewport)
        if viewport != before { redraw(.soon) }
    }

    /// Goes where ink is in sight: to all of the drawing where it fits, else to what of it lies nearest to a place (TM-71).
    ///
    /// - Parameter place: nil for the middle of what is seen.
    mutating func showDrawing(near place: CellPlace? = nil) {
        let near = place ?? viewport.middle
        let ink = regions.whereInkIs(on: front.board, near: near, columns: viewport.columns, rows: viewport.rows)
        if let ink { look { $0.center(on: ink) } }
    }

    mutating func pan(columns: Int, rows: Int) {
        stopFollowing()
        look { $0.move(columns: columns, rows: rows) }
        touch()
    }

    mutating func resize(columns: Int, rows: Int) {
        layout = Layout(columns: columns, rows: rows, hasTalk: talk.isBeside)
        canvas = BoardCanvas(work: canvas.work)
        // What keys are about stays in sight, if it was (TM-81).
        let kept = (caretPlace ?? keyPlace).flatMap { viewport.seen($0) == nil ? nil : $0 }
        look { [layout] in
            $0.resize(columns: layout.canvasColumns, rows: layout.canvasRows)
            if let kept { $0.show(kept) }
        }
        redraw(.soon)
    }

    /// The messages came beside the board, or went.
    mutating func layOut() {
        if Layout(columns: layout.columns, rows: layout.rows, hasTalk: talk.isBeside) != layout {
            resize(columns: layout.columns, rows: layout.rows)
        }
    }

    mutating func redraw(_ wish: Redraw) { redrawing = max(redrawing, wish) }
    mutating func touch() { redraw(.now) }
    /// The picture is being made.
    mutating func beginPicture() { redrawing = .none }

    mutating func takeOutputs() -> [TerminalApp.Output] {
        tellView()
        defer { outputs = [] }
        return outputs
    }

    mutating func takeExtraBytes() -> [UInt8] {
        defer { extraBytes = [] }
        return extraBytes
    }

    /// A sentence of the program's for the person.
    mutating func notify(_ text: String, now: Instant) {
        front.notices.add(text, now: now)
        redraw(.soon)
    }

    // MARK: Asking

    /// Emits an intent; returns the reference that its outcome will carry, if it has one (TM-37).
    @discardableResult
    mutating func ask(_ intent: Intent, for purpose: Purpose = Purpose(), again: Intent? = nil, now: Instant) -> UInt64? {
        let reference = requests.ask(intent, for: purpose, again: again, now: now)
        outputs.append(.intent(intent, reference: reference))
        return reference
    }

    /// Emits an intent and shows its effect until it is known, or until it is taken if the disk refuses it and it can be asked for again (TM-6).
    @discardableResult
    mutating func ask(_ intent: Intent, showing overlay: Overlay, again: Intent? = nil, now: Instant) -> UInt64? {
        ask(intent, for: Purpose(overlay: overlay), again: again, now: now)
    }

    /// Tells the others how a gesture stands; returns what they know of it from then on (TM-6).
    mutating func tell(_ gesture: Gesture, told: Drag.Told, now: Instant) -> Drag.Told {
        switch told {
        case .nothing: return ask(.begin(gesture), now: now).map { .live($0) } ?? .nothing
        case .live: ask(.update(gesture), now: now)
        case .refused: break
        }
        return told
    }

    /// Gives to the board what a gesture did (TM-6).
    ///
    /// - Parameter origin: the box that was given other corners, as it was before.
    /// - Returns: the reference that its outcome will carry.
    @discardableResult
    mutating func give(_ gesture: Gesture, told: Drag.Told, from origin: ShapeDraft? = nil, now: Instant) -> UInt64? {
        var overlay = Overlay()
        overlay.take(gesture, of: front.board)
        // What changes shapes that others may have changed meanwhile is not done later (TM-28).
        let isNew =
            switch gesture {
            case .stroke, .shape: true
            case .move, .resize, .pull, .text: false
            }
        let intent = gesture.intent(from: origin)
        return ask(told.isLive ? .commit : intent, showing: overlay, again: isNew ? intent : nil, now: now)
    }

    /// Takes a gesture back, here and at the others.
    mutating func take(back told: Drag.Told, now: Instant) { if told.isLive { ask(.cancel, now: now) } }

    /// Where we point is another cell of another grid.
    mutating func moveToldPlace(_ moved: (CellPlace) -> CellPlace) { toldPlace = toldPlace.map(moved) }

    /// Tells the others what is seen, when that changed (TM-213).
    private mutating func tellView() {
        let view = mode.isLeaving ? toldView : ownView
        guard hasSession, view != toldView else { return }
        toldView = view
        outputs.append(.intent(.view(view), reference: nil))
    }

    /// Who holds the board from now on knows nothing of what is seen, nor of where we point.
    mutating func beginSession() { (hasSession, toldView, toldPlace) = (true, nil, nil) }

    /// Tells the others where we point, when that changed; nil for nowhere.
    ///
    /// - Parameter isAgain: true to tell it also where it did not.
    mutating func point(at place: CellPlace?, isAgain: Bool = false, now: Instant) {
        guard toldPlace != place || isAgain else { return }
        toldPlace = place
        ask(.cursor(place.map(grid.middle(of:))), now: now)
    }
}

/// What a scene of a board begins with.
public struct BoardContent: Sendable {
    /// The board's name, unsanitised.
    public var name: String
    public var me: AuthorID?
    public var shapes: [Shape]
    public var invitation: Invitation?
    /// False while a joined board has not arrived.
    public var isReady: Bool
    /// How it is brought to the network; nil where another program does that.
    public var network: NetworkChoice?
    /// True to begin with the invite box open.
    public var showsInvitation: Bool
    /// What the others call this person.
    public var personName: String
    /// True for a board that was joined just now and has not arrived.
    public var isJoining: Bool
    /// Set while the board is read from the disk, and what is typed waits for it.
    public var opening: Opening?
    /// True for a board to try things on, which goes when it is left.
    public var isExample: Bool
    /// What was kept by `Effect.keepSettings`; may be empty.
    public var settings = ""

    /// A board that is read from the disk.
    public struct Opening: Hashable, Sendable {
        /// How many shapes it had when it was left last; nil where that is not known.
        public var shapeCount: Int?

        public init(shapeCount: Int? = nil) { self.shapeCount = shapeCount }
    }

    public init(
        name: String, me: AuthorID? = nil, shapes: [Shape] = [], invitation: Invitation? = nil, isReady: Bool = true,
        network: NetworkChoice? = nil, showsInvitation: Bool = false, personName: String = "", isJoining: Bool = false,
        opening: Opening? = nil, isExample: Bool = false
    ) {
        (self.network, self.opening, self.isExample) = (network, opening, isExample)
        (self.name, self.me, self.shapes, self.invitation, self.isReady) = (name, me, shapes, invitation, isReady)
        (self.showsInvitation, self.personName, self.isJoining) = (showsInvitation, personName, isJoining)
    }
}

/// How others can come to this board.
public struct Invitation: Hashable, Sendable {
    public var link: String
    /// What the other side types.
    public var command: String
    /// How far the link leads, in a sentence; may be empty.
    public var reach: String

    public init(link: String, command: String, reach: String = "") { (self.link, self.command, self.reach) = (link, command, reach) }
}

/// How a board is brought to the network, as it was chosen.
public struct NetworkChoice: Hashable, Sendable {
    public enum Relay: Hashable, Sendable { case allowed, refused, only }

    /// Rendezvous as a person writes them, `ws[s]://HOST:PORT`; one of our own process by its port.
    public var rendezvous: [String]
    public var relay: Relay

    public init(rendezvous: [String], relay: Relay) { (self.rendezvous, self.relay) = (rendezvous, relay) }
}
