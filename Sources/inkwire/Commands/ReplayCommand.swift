import ArgumentParser
import Foundation
import InkAutomation
import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkStore
import InkTerminal

/// `inkwire replay`: how a board came about.
struct ReplayCommand: ParsableCommand, TakesOptions, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Play how a saved board came about, or write it as a file.",
        discussion: "On a terminal: space pauses, arrows seek, ? shows all keys. Times are as 90s, 1m30s or 1:30, from the beginning.")

    static let examples = [
        Example("inkwire replay sketch --speed 4", "play it four times as fast"),
        Example("inkwire replay sketch -o sketch.cast", "as a file for asciinema"),
    ]

    @Argument(help: "The board's name, or digits with which its id begins.", completion: .boards)
    var board: String

    @Option(help: ArgumentHelp("How much faster than it was drawn, 0.0625 to 1024.", valueName: "factor"))
    var speed = 1.0

    @Option(help: ArgumentHelp("The longest pause, 100ms to 1h; 2s without.", valueName: "time"))
    var idleLimit: ReplayTimeArgument?

    @Option(help: ArgumentHelp("Where to begin.", valueName: "time"))
    var from: ReplayTimeArgument?

    @Option(help: ArgumentHelp("Where to end.", valueName: "time"))
    var to: ReplayTimeArgument?

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("Write a file instead of playing; - is stdout.", valueName: "file"), completion: .file())
    var output: String?

    @Option(
        name: .customLong("format"),
        help: ArgumentHelp("What is written; without it, the ending of the file decides.", valueName: "format"))
    var givenFormat: RecordingFile.Format?

    @Option(help: ArgumentHelp("Cells of an asciicast, 20 to 1000.", valueName: "count"))
    var columns = 80

    @Option(help: ArgumentHelp("Cells of an asciicast, 5 to 1000.", valueName: "count"))
    var rows = 24

    @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

    @OptionGroup(title: OptionGroups.terminal) var terminal: TerminalOptions

    mutating func run() throws {
        try check()
        let format = try format()
        if format == .jsonl, speed != 1 || columns != 80 || rows != 24 {
            throw Failure.usage(
                "the recording cannot be written so", why: "JSON lines have the board's own times, and no cells",
                next: "leave out --speed, --columns and --rows, or write --format cast")
        }
        // What is wrong with the terminal is told before a large board is read (CL-111).
        let profile = format == nil ? try profile() : nil
        let entry = try options.catalog.entry(board)
        let content = try BoardStore.peek(at: entry.directory)
        guard let replica = try content.replica() else {
            throw Failure(
                .notFound, code: "empty", what: "there is nothing to replay", why: "the board was joined but has not arrived yet",
                next: "`inkwire open` it while somebody is there who has it")
        }
        if replica.refused > 0 {
            options.notices.say(
                "\(Sentence.count(replica.refused, "saved change")) left out: what does not follow the rules is not played")
        }
        let recording = Recording(of: replica.board, idleLimitMilliseconds: idleMilliseconds)
        let part = try part(of: recording)
        let name = entry.name.isEmpty ? replica.board.name : entry.name
        // Summer and winter as they were when it was drawn last.
        let drawn = Double(min(recording.steps.last?.transaction.claimedWallTime ?? 0, 1 << 45)) / 1000
        let zoneSeconds = TimeZone.current.secondsFromGMT(for: Date(timeIntervalSince1970: drawn))
        var played = ReplayContent(recording, of: replica.board, name: name, speed: speed, zoneSeconds: zoneSeconds)
        played.part = part
        switch format {
        case .cast:
            var writer = CastWriter(played, columns: columns, rows: rows)
            try deliver(recording.stepCount(in: part)) { sink in try writer.write(sink) }
        case .jsonl:
            var writer = RecordingLines(recording, of: replica.board, name: name, part: part)
            try deliver(recording.stepCount(in: part)) { sink in try writer.write { try sink(Array($0.utf8)) } }
        case nil: if let profile { try play(played, profile) }
        }
    }

    private var idleMilliseconds: Int { idleLimit?.milliseconds ?? Recording.idleLimitMilliseconds }

    // CL-111
    private func check() throws {
        guard ReplayContent.speeds.contains(speed) else {
            throw Failure.usage("the board cannot be replayed", why: "its speed is \(speed)", next: "give one from 0.0625 to 1024")
        }
        guard (100...3_600_000).contains(idleMilliseconds) else {
            throw Failure.usage(
                "the board cannot be replayed", why: "the idle limit is \(idleMilliseconds) ms", next: "give one from 100ms to 1h")
        }
        guard CastWriter.columnsRange.contains(columns), CastWriter.rowsRange.contains(rows) else {
            throw Failure.usage(
                "the board cannot be replayed", why: "a recording has no \(columns) by \(rows) cells",
                next: "give --columns from 20 to 1000 and --rows from 5 to 1000")
        }
        if let to, to.milliseconds <= from?.milliseconds ?? 0 {
            throw Failure.usage(
                "the board cannot be replayed", why: "--to is not after \(from == nil ? "the beginning" : "--from")",
                next: "give a later --to")
        }
    }

    private func part(of recording: Recording) throws -> ClosedRange<Int> {
        let (start, end) = (from?.milliseconds ?? 0, recording.durationMilliseconds)
        guard start == 0 || start < end else {
            throw Failure.usage(
                "the board cannot be replayed", why: "--from is not before its end: the recording takes \(Double(end) / 1000) seconds",
                next: "give an earlier --from")
        }
        return start...max(start, min(end, to?.milliseconds ?? end))
    }

    /// What is to be written; nil to play.
    private func format() throws -> RecordingFile.Format? {
        if let givenFormat { return givenFormat }
        guard let output, output != "-" else {
            if options.isJSON { return .jsonl }
            guard output == nil else {
                throw Failure.usage(
                    "the format of the output is not known", why: "stdout has no ending",
                    next: "name it with --format cast or --format jsonl")
            }
            return nil
        }
        if let format = RecordingFile.Format(path: output) { return format }
        throw Failure.usage(
            "the format of \(output) is not known", why: "its ending is neither cast nor jsonl",
            next: "name the format with --format; `inkwire export` writes what stands on the board")
    }

    private func profile() throws -> TerminalProfile {
        guard TTY.isPresent else {
            throw Failure.usage(
                "a board is played on a terminal", why: "stdin or stdout is none",
                next: "write it with --format cast or --format jsonl, and -o FILE")
        }
        return try terminal.profile(options)
    }

    /// - Parameter stepCount: how many steps are written.
    private func deliver(_ stepCount: Int, _ make: (OutputFile.Sink) throws -> Void) throws {
        let output = output ?? "-"
        try RecordingFile.write(to: output, make)
        if output != "-" { options.notices.say("\(Sentence.count(stepCount, "step")) written to \(output)") }
    }

    // CL-110, CL-317
    private func play(_ content: ReplayContent, _ profile: TerminalProfile) throws {
        let screen = try TerminalScreen(profile: profile, clock: options.clock)
        let size = screen.tty.size
        var app = TerminalApp(profile: profile, columns: size.columns, rows: size.rows, replay: content, now: options.clock.now)
        while true {
            switch screen.loop.run(&app, perform: { _, _ in }) {
            case .signal(let signal):
                screen.tty.leave()
                TTY.die(by: signal)
            case .effect(.quit): return screen.loop.leave(&app)
            case .effect: break
            }
        }
    }
}
