import InkPrimitives
import InkTransport

/// Tells the way of each connection in sentences, from looks at it: what kind of way is taken when, and what it costs. No address, no name (CL-142).
///
/// A value that is shown the state again and again; it says what is another since it looked last.
package struct WayNarrator: Sendable {
    /// 1: which way is taken, silence, and ends. 2: each way that is tried besides, and what the control of congestion does.
    private let level: Int
    private var known: [ConnectionID: Known] = [:]

    private struct Known: Sendable {
        var figures: ConnectionStatistics
        var paths: [PathFigures]
        var hasRoundTrip: Bool
    }

    package init(level: Int) { self.level = level }

    /// What happened since the last look.
    ///
    /// - Parameters:
    ///   - figures: of all connections.
    ///   - began: when the program did.
    package mutating func look(_ figures: [Node.Link], since began: Instant, now: Instant) -> [String] {
        var lines: [String] = []
        let time = "\(Self.text(now - began)): connection"
        for link in figures {
            let (id, next) = (link.id, link.figures)
            let name = "\(time) \(id.number)"
            if let before = known[id] {
                lines += changes(from: before, to: link).map { "\(name) \($0)" }
            } else {
                lines.append("\(name) stands, \(next.isInitiator ? "dialled by us" : "dialled by the other"), way: \(next.route.kind)")
                if level > 1 { lines += link.paths.map { "\(name) \(Self.text($0))" } }
            }
            var hasRoundTrip = known[id]?.hasRoundTrip ?? false
            // Told once for each way: it moves all the time.
            if known[id]?.figures.route != next.route { hasRoundTrip = false }
            if !hasRoundTrip, let roundTrip = next.roundTrip {
                lines.append("\(name) has a round trip of \(Self.text(roundTrip)) by \(next.route.kind)")
                hasRoundTrip = true
            }
            known[id] = Known(figures: next, paths: link.paths, hasRoundTrip: hasRoundTrip)
        }
        let present = Set(figures.map(\.id))
        for id in known.keys.sorted() where !present.contains(id) {
            lines.append("\(time) \(id.number) has ended")
            known[id] = nil
        }
        return lines
    }

    private func changes(from before: Known, to next: Node.Link) -> [String] {
        var changes: [String] = []
        let (old, new) = (before.figures, next.figures)
        if old.route != new.route { changes.append("goes \(new.route.kind), before \(old.route.kind)") }
        switch (old.silence, new.silence) {
        case (nil, _?): changes.append("does not answer")
        case (_?, nil): changes.append("answers again")
        default: break
        }
        guard level > 1 else { return changes }
        for path in next.paths {
            guard let old = before.paths.first(where: { $0.route == path.route }) else {
                changes.append(Self.text(path))
                continue
            }
            if old.proof != path.proof, path.proof == .proven { changes.append("is reached by \(path.route.kind)") }
            if old.congestion != path.congestion {
                changes.append("by \(path.route.kind): \(path.congestion.rawValue), window \(path.window)")
            }
            if old.mtu != path.mtu { changes.append("by \(path.route.kind): packets of \(path.mtu) bytes") }
        }
        for path in before.paths where !next.paths.contains(where: { $0.route == path.route }) {
            changes.append("tries \(path.route.kind) no more")
        }
        return changes
    }

    private static func text(_ path: PathFigures) -> String {
        let word = path.isInUse ? "uses" : path.proof == .proven ? "is reached by" : "tries"
        return "\(word) \(path.route.kind)\(path.isInvited ? ", which it named" : "")"
    }

    /// Milliseconds below ten seconds, else seconds.
    private static func text(_ span: Duration) -> String {
        let milliseconds = span.nanoseconds / 1_000_000
        return milliseconds < 10_000 ? "\(milliseconds) ms" : "\(milliseconds / 1000) s"
    }
}

extension Node {
    /// The transport's figures for one connection, and for each way of it.
    package struct Link: Sendable {
        let id: ConnectionID
        let figures: ConnectionStatistics
        let paths: [PathFigures]
    }

    /// Of all connections.
    package var linkFigures: [Link] {
        endpoint.connectionIDs.compactMap { id in
            guard let figures = endpoint.statistics(id), let parts = endpoint.figures(of: id) else { return nil }
            return Link(id: id, figures: figures, paths: parts.paths)
        }
    }
}
