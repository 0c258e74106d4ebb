/// What is typed and pointed while a board is opened, kept until it is there (TM-180).
///
/// What leaves does so at once: Ctrl+C, and `q` or Escape where nothing waits. Behind something else these two may be a letter of a text, or its end.
struct TypeAhead: Sendable {
    /// What the reads of the terminal brought, in order.
    private var reads: [(events: [InputEvent], isPart: Bool)] = []
    private var eventCount = 0
    private var byteCount = 0
    /// Where the pointer was last, if nothing was done there.
    private var hover: InputEvent?
    /// True if more came than is kept: from there on nothing of it is.
    private(set) var isCut = false
    /// True while a paste of which a part is kept has not ended.
    private var isPasting = false
    /// True if the end of such a one came when nothing was kept any more.
    private var owesPasteEnd = false

    /// True if more may come of a paste that has lost a part: none of that is to be taken (TM-76).
    var leavesPasteOpen: Bool { isCut && isPasting }

    /// Nobody types so far ahead; a paste may be as long as one may be at all.
    private static let eventsMax = 10_000
    private static let bytesMax = 1 << 20

    /// How the person leaves who does not wait (TM-382).
    enum Leaving: Hashable, Sendable { case quits, goesBack }

    var isEmpty: Bool { reads.isEmpty }

    /// Takes what one read brought, answers of the terminal left out.
    ///
    /// - Parameter isPart: they may not be all of it.
    /// - Returns: how the person leaves; nil for who waits.
    mutating func take(_ events: [InputEvent], isPart: Bool) -> Leaving? {
        var kept: [InputEvent] = []
        let isAhead = isPart || events.hasLettersBesideQuit
        for event in events {
            switch event {
            case .key(.character("c"), [.control]): return .quits
            case .quitKey where isEmpty && kept.isEmpty && !isAhead: return .quits
            case .key(.escape, []) where isEmpty && kept.isEmpty: return .goesBack
            case .mouse(let report) where report.action == .hover: hover = event
            case .focus, .answer: break
            case .key, .mouse, .text, .paste:
                isCut = isCut || eventCount >= Self.eventsMax || byteCount + event.textBytes > Self.bytesMax
                guard !isCut else {
                    if event.isPasteEnd, isPasting { (isPasting, owesPasteEnd) = (false, true) }
                    break
                }
                if case .paste(_, let isWhole) = event { isPasting = !isWhole }
                // A pointer that moved on before this is told no more.
                hover = nil
                kept.append(event)
                eventCount += 1
                byteCount += event.textBytes
            }
        }
        if !kept.isEmpty { reads.append((kept, isPart)) }
        return nil
    }

    /// What has waited, read by read. A paste of which the rest is left out has its end (TM-249).
    mutating func release() -> [(events: [InputEvent], isPart: Bool)] {
        defer { self = TypeAhead() }
        let ends = [owesPasteEnd ? .paste("", isWhole: true) : nil, hover].compactMap { $0 }
        return reads + ends.map { ([$0], false) }
    }
}

extension InputEvent {
    fileprivate var isPasteEnd: Bool { if case .paste(_, isWhole: true) = self { true } else { false } }

    /// Bytes of the text that it brings, beside what every event takes.
    fileprivate var textBytes: Int {
        switch self {
        case .text(let text, _), .paste(let text, _): text.utf8.count
        case .key, .mouse, .focus, .answer: 0
        }
    }
}
