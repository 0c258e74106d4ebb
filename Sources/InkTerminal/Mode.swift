import InkFormats

/// What the person is doing: one thing at a time.
///
///     idle ──press──▶ dragging ──release──▶ idle         idle ──key of a panel──▶ panel ──▶ idle
///     idle ──step───▶ nudging ──pause─────▶ idle         idle ──text────────────▶ typing ──▶ idle
///     each ──the person leaves──▶ leaving, for good
///
/// What is begun takes the place of what was: whoever begins something ends the other first, as the person would want it. Values are taken
/// out while they change, so that a stroke of thousands of points grows in place (TM-34).
enum Mode: Sendable {
    case idle(Pointer)
    case dragging(Drag, by: Hand)
    case nudging(Nudge, Pointer)
    case typing(TextEdit, Pointer)
    case panel(Panel, Pointer)
    /// What were begun now would be lost.
    case leaving

    /// Who points at the board.
    enum Pointer: Hashable, Sendable {
        case mouse
        case keys(CellPlace)
        /// Where keys left it when what they selected took the arrows.
        case resting(CellPlace)
    }

    /// What holds a drag, and where it was last.
    enum Hand: Hashable, Sendable {
        case button(MouseEvent.Button, at: CellPlace)
        case keys(at: CellPlace)

        var place: CellPlace {
            switch self {
            case .button(_, let place), .keys(let place): place
            }
        }

        func moved(to place: CellPlace) -> Hand {
            switch self {
            case .button(let button, _): .button(button, at: place)
            case .keys: .keys(at: place)
            }
        }
    }

    // MARK: Reading

    var drag: Drag? { if case .dragging(let drag, _) = self { drag } else { nil } }
    var hand: Hand? { if case .dragging(_, let hand) = self { hand } else { nil } }
    var nudge: Nudge? { if case .nudging(let nudge, _) = self { nudge } else { nil } }
    var edit: TextEdit? { if case .typing(let edit, _) = self { edit } else { nil } }
    var panel: Panel? { if case .panel(let panel, _) = self { panel } else { nil } }
    var sheet: Sheet? { if case .panel(.sheet(let sheet), _) = self { sheet } else { nil } }
    var isIdle: Bool { if case .idle = self { true } else { false } }
    var isLeaving: Bool { if case .leaving = self { true } else { false } }

    /// True where letters are commands.
    var takesCommands: Bool {
        switch self {
        case .idle, .dragging, .nudging: true
        case .typing, .panel, .leaving: false
        }
    }

    /// A drag by keys is one of the pointer that they move.
    var pointer: Pointer {
        switch self {
        case .idle(let pointer), .nudging(_, let pointer), .typing(_, let pointer), .panel(_, let pointer): pointer
        case .dragging(_, .keys(let place)): .keys(place)
        case .dragging(_, .button), .leaving: .mouse
        }
    }

    // MARK: Changing

    /// Points anew; a drag is moved with its hand.
    mutating func point(_ pointer: Pointer) {
        switch self {
        case .idle: self = .idle(pointer)
        case .nudging(let nudge, _): self = .nudging(nudge, pointer)
        case .typing(let edit, _): self = .typing(edit, pointer)
        case .panel(let panel, _): self = .panel(panel, pointer)
        case .dragging, .leaving: break
        }
    }

    mutating func begin(_ drag: Drag, by hand: Hand) { self = .dragging(drag, by: hand) }
    /// What is dragged goes freely from the first.
    mutating func freeDrag() {
        guard case .dragging(var drag, let hand) = self else { return }
        drag.attaches = false
        self = .dragging(drag, by: hand)
    }

    mutating func begin(_ nudge: Nudge) { self = .nudging(nudge, pointer) }
    mutating func begin(_ edit: TextEdit) { self = .typing(edit, pointer) }
    mutating func open(_ panel: Panel) { self = .panel(panel, pointer) }
    mutating func leave() { self = .leaving }

    /// Takes the drag out; nil if nothing is dragged. Here and below, nothing is being done from then on.
    mutating func takeDrag() -> (drag: Drag, hand: Hand)? {
        guard case .dragging(let drag, let hand) = self else { return nil }
        self = .idle(pointer)
        return (drag, hand)
    }

    mutating func takeNudge() -> Nudge? {
        guard case .nudging(let nudge, let pointer) = self else { return nil }
        self = .idle(pointer)
        return nudge
    }

    mutating func takeEdit() -> TextEdit? {
        guard case .typing(let edit, let pointer) = self else { return nil }
        self = .idle(pointer)
        return edit
    }

    @discardableResult
    mutating func takePanel() -> Panel? {
        guard case .panel(let panel, let pointer) = self else { return nil }
        self = .idle(pointer)
        return panel
    }
}
