import InkBoard
import InkFormats
import InkPrimitives

/// A recording as asciicast, version 2 (docs.asciinema.org/manual/asciicast/v2): a header and then an event a line, played by asciinema and by web
/// pages (FM-225).
///
/// The frames are those of the terminal, as the fewest bytes that make each of the one before it, at most 30 a second.
public struct CastWriter: Sendable {
    private let content: ReplayContent
    private var playback: Playback
    private var view: ReplayView
    private var screen: Screen
    private let columns: Int
    private let rows: Int

    /// Cells of a recorded terminal.
    public static let columnsRange = 20...1000
    public static let rowsRange = 5...1000

    /// - Parameters:
    ///   - columns: within `columnsRange`.
    ///   - rows: within `rowsRange`.
    public init(_ content: ReplayContent, columns: Int = 80, rows: Int = 24) {
        precondition(
            Self.columnsRange.contains(columns) && Self.rowsRange.contains(rows), "\(columns) by \(rows) cells are no size of a recording")
        (self.content, self.columns, self.rows) = (content, columns, rows)
        playback = Playback(content.reel, end: content.end)
        playback.move(to: content.part.lowerBound)
        view = ReplayView(&playback, columns: columns, rows: rows)
        screen = Screen(columns: columns, rows: rows, depth: .direct)
    }

    /// Hands over all lines, each with its line feed, and stops where one is not taken. What is in memory is one frame.
    public mutating func write(_ take: ([UInt8]) throws -> Void) rethrows {
        try take(line(header))
        var markers = playback.recording.markers.filter { content.part.contains($0.milliseconds) }[...]
        var isFirst = true
        while true {
            let time = playback.milliseconds
            while let marker = markers.first, marker.milliseconds <= time {
                markers.removeFirst()
                try take(event(at: marker.milliseconds, "m", label(of: marker)))
            }
            // Wrap off and the cursor hidden, as in the terminal.
            let bytes = (isFirst ? Array("\u{1B}[?7l\u{1B}[?25l".utf8) : []) + frame()
            if !bytes.isEmpty { try take(event(at: time, "o", String(decoding: bytes, as: UTF8.self))) }
            isFirst = false
            guard time < content.part.upperBound, let next = playback.nextChange else { break }
            playback.move(to: min(content.part.upperBound, max(next, time + Self.frameMilliseconds(content.speed))))
            view.look(at: &playback)
        }
        // So that it is as long as the board took, and the last frame is not cut short.
        try take(event(at: content.part.upperBound, "o", ""))
    }

    /// Between two frames, ms of the board (FM-225).
    private static func frameMilliseconds(_ speed: Double) -> Int { max(1, Int((34 * speed).rounded(.up))) }

    private mutating func frame() -> [UInt8] {
        let look = BoardCanvas.Look(style: .unicode, isDark: true)
        var (cells, isUnfinished) = playback.cells(in: view.viewport, look)
        // A file waits for what a screen would show a moment later (FM-225).
        while isUnfinished { (cells, isUnfinished) = playback.cells(in: view.viewport, look) }
        return screen.frame(CellBuffer(columns: columns, rows: rows, top: cells))
    }

    // MARK: Lines

    // FM-273
    private var header: JSONValue {
        var header: JSONObject = ["version": 2, "width": .integer(Int64(columns)), "height": .integer(Int64(rows))]
        // Genesis may claim any time; a player that shows dates takes no other.
        if let claimed = playback.recording.steps.first?.transaction.claimedWallTime, claimed / 1000 < 1 << 32 {
            header["timestamp"] = .integer(Int64(claimed / 1000))
        }
        header["duration"] = seconds(content.part.upperBound)
        header["title"] = .string(safeForTerminal(content.name, columnsMax: 80))
        header["env"] = .object(["TERM": "xterm-256color"])
        return .object(header)
    }

    // TM-263
    private func label(of marker: Recording.Marker) -> String {
        switch marker.kind {
        case .joined(let author): "\(safeForTerminal(content.names[author] ?? String(author.hex.prefix(8)), columnsMax: 32)) joined"
        case .pause: "after a pause"
        }
    }

    private func event(at milliseconds: Int, _ code: String, _ text: String) -> [UInt8] {
        line(.array([seconds(milliseconds), .string(code), .string(text)]))
    }

    private func seconds(_ milliseconds: Int) -> JSONValue {
        let time = Double(milliseconds - content.part.lowerBound) / content.speed
        return .number(time.rounded() / 1000)
    }

    private func line(_ value: JSONValue) -> [UInt8] { Array((value.text + "\n").utf8) }
}
