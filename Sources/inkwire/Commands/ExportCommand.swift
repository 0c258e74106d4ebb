import ArgumentParser
import Foundation
import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkStore
import InkTerminal
import Synchronization

/// `inkwire export`: the board as a file, without opening it.
struct ExportCommand: ParsableCommand, TakesOptions, Exemplified {
    static let configuration = CommandConfiguration(commandName: "export", abstract: "Write a saved board as text, a picture or JSON.")

    static let examples = [
        Example("inkwire export sketch -o sketch.svg", "a picture"),
        Example("inkwire export sketch -o - --format txt", "as text, on stdout"),
        Example("inkwire export sketch -o plan.md --watch", "again whenever it changes"),
    ]

    @Argument(help: "The board's name, or digits with which its id begins.", completion: .boards)
    var board: String

    @Option(
        name: [.customShort("o"), .customLong("output")], help: ArgumentHelp("The file to write; - is stdout.", valueName: "file"),
        completion: .file())
    var output: String

    @Option(
        name: .customLong("format"), help: ArgumentHelp("Without it, the ending of the file decides.", valueName: "format"))
    var givenFormat: BoardFile.Format?

    // Also one that begins with a minus (CL-80).
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The part to write, in px of the board; all of it without.", valueName: "x,y,width,height"))
    var region: RegionArgument?

    @Option(help: ArgumentHelp("px of a picture for one of the board, 0.1 to 16.", valueName: "factor"))
    var scale = 1.0

    @Option(help: ArgumentHelp("The paper of a picture.", valueName: "paper"))
    var theme = SVG.Options.Theme.light

    @Flag(name: .customLong("watch"), help: "Take part in the board, and write the file again whenever it changes, until interrupted.")
    var watches = false

    @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

    mutating func run() throws {
        let file = try file()
        guard !output.isEmpty else {
            throw Failure.usage("nothing is written", why: "the name of the file is empty", next: "name one with -o; - is stdout")
        }
        guard !watches || output != "-" else {
            throw Failure.usage("stdout cannot be written again", why: "--watch replaces a file", next: "name one with -o")
        }
        guard !watches || StandingFile.isReplaceable(output) else {
            throw Failure.usage(
                "\(output) cannot be written again", why: "it is no file, and --watch replaces one", next: "name another with -o")
        }
        let directory = try options.catalog.entry(board).directory
        let board = try board(in: directory, says: true)
        // It may be longer than all of the board.
        if file.format == .cast, !watches { return try writeRecording(of: board, file) }
        let (bytes, omitted) = try file.contents(of: board)
        if let omitted { options.notices.say(omitted) }
        if output == "-" { try StandardStream.output.deliver(bytes) } else { try OutputFile.write(bytes, to: output) }
        tellCount(of: board)
        if watches { try watch(file, in: directory, from: (board.fingerprint, bytes)) }
    }

    private func writeRecording(of board: Board, _ file: BoardFile) throws {
        var writer = CastWriter(ReplayContent(Recording(of: board), of: board, name: board.name))
        if let wholeness = file.wholeness { options.notices.say(wholeness) }
        try RecordingFile.write(to: output) { sink in try writer.write(sink) }
        tellCount(of: board)
    }

    private func tellCount(of board: Board) {
        if output != "-" { options.notices.say("\(Sentence.count(board.shapes.count, "shape")) written to \(output)") }
    }

    /// What is saved of the board.
    ///
    /// - Parameter says: what is left out of it is told.
    private func board(in directory: String, says: Bool) throws -> Board {
        guard let replica = try BoardStore.peek(at: directory).replica() else {
            throw Failure(
                .notFound, code: "empty", what: "there is nothing to export", why: "the board was joined but has not arrived yet",
                next: "`inkwire open` it while somebody is there who has it")
        }
        if replica.refused > 0, says {
            options.notices.say(
                "\(Sentence.count(replica.refused, "saved change")) left out: what does not follow the rules is not exported")
        }
        return replica.board
    }

    /// Goes on until a signal ends it (CL-321).
    private func watch(_ file: BoardFile, in directory: String, from first: (board: Fingerprint, file: [UInt8])) throws {
        try options.check()
        let access = try BoardAccess.open(board, catalog: options.catalog)
        let (command, notices) = (self, options.notices)
        let last = Mutex(first.file)
        let watch = ExportWatch(place: output, written: first.board, say: { notices.say($0) }) {
            let board = try command.board(in: directory, says: false)
            let bytes = try file.contents(of: board).bytes
            // What was said or renamed is not in the file.
            try last.withLock { last in
                guard bytes != last || !StandingFile.isThere(command.output) else { return }
                last = []
                try OutputFile.write(bytes, to: command.output)
                last = bytes
            }
            return board.fingerprint
        }
        var run = HeadlessRun(options: options)
        (run.readsCommands, run.writesEvents) = (false, false)
        run.embeds = access.embedsRendezvous
        run.watch = watch
        try run.run(access)
    }

    private func file() throws -> BoardFile {
        guard (0.1...16).contains(scale) else {
            throw Failure.usage("the picture cannot be written", why: "its scale is \(scale)", next: "give one from 0.1 to 16")
        }
        return BoardFile(format: try format(), region: region?.box, scale: scale, theme: theme)
    }

    private func format() throws -> BoardFile.Format {
        if givenFormat == .picture, output != "-" {
            throw Failure.usage(
                "the picture has no format", why: "--format picture asks the terminal that shows it", next: "give -o -, or another --format"
            )
        }
        if let givenFormat { return givenFormat }
        if let format = BoardFile.Format(path: output) { return format }
        if output == "-" { return .txt }
        throw Failure.usage(
            "the format of \(output) is not known",
            why: "its ending is none of \(BoardFile.Format.endings.joined(separator: ", "))",
            next: "name the format with --format")
    }
}
