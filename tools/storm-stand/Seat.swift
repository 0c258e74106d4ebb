import InkBoard
import InkPrimitives
import InkSession
import InkTerminal

/// One person of a storm at a terminal: the app, and what its bytes have made visible.
struct Seat: Sendable {
    private(set) var app: TerminalApp
    private(set) var glass: TinyTerminal
    private let profile: TerminalProfile

    init(_ content: BoardContent, profile: TerminalProfile, columns: Int, rows: Int) {
        self.profile = profile
        app = TerminalApp(profile: profile, columns: columns, rows: rows, board: content)
        glass = TinyTerminal(columns: columns, rows: rows)
    }

    func deadline(now: Instant) -> Instant? { app.deadline(now: now) }

    mutating func handle(_ input: TerminalApp.Input, now: Instant) {
        if case .resized(let columns, let rows) = input { glass = TinyTerminal(columns: columns, rows: rows) }
        app.handle(input, now: now)
    }

    mutating func nextOutput() -> TerminalApp.Output? { app.nextOutput() }

    /// Takes a frame, if there is one: its bytes.
    @discardableResult
    mutating func look(now: Instant) -> [UInt8] {
        let bytes = app.frame(now: now)
        if !bytes.isEmpty { glass.feed(bytes) }
        return bytes
    }

    /// The person leaves by `q`: what is begun is given first.
    mutating func finish(now: Instant) { app.finish(now: now) }

    /// The person is back.
    mutating func open(_ content: BoardContent) { self = Seat(content, profile: profile, columns: glass.columns, rows: glass.rows) }

    /// The program was stopped and goes on.
    mutating func goOn() {
        glass = TinyTerminal(columns: glass.columns, rows: glass.rows)
        app.entered()
    }

    /// The same person, whose screen is painted anew.
    func repainted(now: Instant) -> Seat {
        var seat = self
        seat.handle(.resized(columns: glass.columns, rows: glass.rows), now: now)
        return seat
    }

    /// The same, and all that is known of the shapes is taken anew from the board.
    func relearned(_ name: String, _ shapes: [Shape], now: Instant) -> Seat {
        var seat = repainted(now: now)
        seat.handle(.board(name: name, shapes: shapes), now: now)
        return seat
    }

    /// Where two screens differ, in words; nil if they show the same.
    func difference(from other: Seat) -> String? {
        guard glass.unknown.isEmpty else { return "the terminal does not know \(glass.unknown[0].debugDescription)" }
        var lines: [String] = []
        for row in 0..<glass.rows {
            let columns = (0..<glass.columns).filter {
                glass.rowsOfText[row][$0] != other.glass.rowsOfText[row][$0] || glass.styles[row][$0] != other.glass.styles[row][$0]
            }
            guard let first = columns.first, let last = columns.last else { continue }
            lines.append(
                "  row \(row), columns \(first)-\(last), styles \(glass.styles[row][first].debugDescription), \(other.glass.styles[row][first].debugDescription):"
            )
            for seat in [self, other] { lines.append("    \(seat.glass.lines[row].debugDescription)") }
        }
        if glass.isCursorShown != other.glass.isCursorShown {
            lines.append("  the cursor is shown: \(glass.isCursorShown), \(other.glass.isCursorShown)")
        }
        if glass.isCursorShown, other.glass.isCursorShown, glass.cursor != other.glass.cursor {
            lines.append("  the cursor is at \(glass.cursor), \(other.glass.cursor)")
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }
}
