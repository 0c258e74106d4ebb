import InkBoard
import InkPrimitives

/// What a peer sees and asks to look at, and what front ends were told of that.
struct PeerSight: Sendable {
    private var view: WorldBox?
    /// What front ends were told.
    private(set) var shown: WorldBox?
    /// The newest that was asked, by its number.
    private var asked: UInt64?
    /// What it was, until it is told or was too much.
    private var untold: WorldBox?
    private var toldAt = Instant.distantPast

    mutating func take(_ view: ViewValue?, _ look: LookValue?) {
        switch view {
        case nil: break
        case .some(.none): self.view = nil
        case .part(let box): self.view = box
        }
        // A packet that comes again, or late, asks for nothing new.
        guard let look, asked.map({ look.number > $0 }) ?? true else { return }
        (asked, untold) = (look.number, look.box)
    }

    var hasNews: Bool { view != shown || untold != nil }

    /// What front ends are to be told now. Who asks more often than is told is not heard (SE-134).
    mutating func news(now: Instant) -> [PresenceInbox.News] {
        var news: [PresenceInbox.News] = []
        if view != shown { news.append(.view(view)) }
        shown = view
        if let box = untold, now >= toldAt + PresenceTiming.lookTold {
            toldAt = now
            news.append(.look(box))
        }
        untold = nil
        return news
    }

    /// Takes off what is shown, which is told again with the next news; false where nothing is.
    mutating func hide() -> Bool {
        defer { shown = nil }
        return shown != nil
    }
}
