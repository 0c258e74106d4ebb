import Foundation
import InkBoard
import InkFrontEnd
import InkLinear
import InkPrimitives
import InkSession
import InkStore
import InkTerminal

/// Runs one board by lines, from its opening to the exit of the process: for who hears a board, and for logs (CL-270, CL-275).
struct LinearRun {
    var options: GlobalOptions
    var prospect: Prospect
    var showsInvite = false
    /// How long a board that is joined and has not arrived is waited for.
    var joinPatience = Duration.seconds(30)

    init(options: GlobalOptions, prospect: Prospect) { (self.options, self.prospect) = (options, prospect) }

    /// - Throws: `Failure` when the board did not arrive, or something stays unsaved.
    func run() throws {
        let notices = options.notices
        let access = try prospect.come(options: options) { notices.say($0) }
        if let words = options.keepGivenName(profile: access.profile) { notices.say(words) }
        var run = HeadlessRun(options: options)
        run.embeds = !prospect.isJoining
        run.writesInvite = showsInvite
        if access.isEmpty { run.joinPatience = joinPatience }
        let linear = Linear(
            name: access.savedName, isJoining: access.isEmpty, ownName: try options.displayName(profile: access.profile))
        let desk = LinearDesk(options: options, board: access.board, profile: access.profile)
        try run.lead(access, by: linear) { headless in
            headless.perform = { effect in desk.perform(effect) { headless.take($0) } }
            headless.readCommands()
        }
    }

    /// True where nothing else would do: no terminal, but something from which commands may come, or one that is not drawn on.
    static func isOnlyWay(isTerminal: Bool, canBeDrawnOn: Bool) -> Bool { isTerminal ? !canBeDrawnOn : canBeTyped }

    /// True for an input from which lines may come: a terminal, a pipe, a file; not /dev/null (CL-276).
    private static var canBeTyped: Bool {
        var status = stat()
        guard fstat(0, &status) == 0 else { return false }
        return isatty(0) == 1 || [S_IFIFO, S_IFREG, S_IFSOCK].contains(status.st_mode & S_IFMT)
    }
}

/// Files for who types lines, beside the session's loop: a disk may be slow, or hang. One after another.
private final class LinearDesk: Sendable {
    private let options: GlobalOptions
    private let board: BoardID
    private let profile: Int
    private let queue = DispatchQueue(label: "inkwire.files")

    init(options: GlobalOptions, board: BoardID, profile: Int) { (self.options, self.board, self.profile) = (options, board, profile) }

    func perform(_ effect: Linear.Effect, answer: @escaping @Sendable (Linear.EffectAnswer) -> Void) {
        queue.async { [self] in
            switch effect {
            case .export(let path): answer(export(path))
            case .importFile(let path): answer(Self.drawing(FileReader.look(path)))
            case .keepClip(let bytes):
                answer(
                    options.keptClip.keep(bytes).map { .failed("it is not kept: \($0); free some space and copy it again") }
                        ?? .done("copied: `paste` draws it, on any board of yours"))
            case .fetchClip:
                switch options.keptClip.fetch() {
                case .none: answer(.clip(nil))
                case .bytes(let bytes): answer(.clip(bytes))
                case .failed(let why): answer(.failed("what was copied cannot be read: \(why); copy it again"))
                }
            // It holds while the program runs, whatever the disk says.
            case .keepName(let name): if let words = options.keep(name: name, profile: profile) { options.notices.say(words) }
            }
        }
    }

    /// Writes what is saved to a file that is not there yet.
    private func export(_ asked: String) -> Linear.EffectAnswer {
        // No shell has replaced it.
        let path = (asked as NSString).expandingTildeInPath
        guard let format = BoardFile.Format(path: path) else {
            let endings = BoardFile.Format.endings.joined(separator: ", ")
            return .failed("the format of the file is not known: its ending is none of \(endings); name another: \(asked)")
        }
        guard !Files.exists(path) else {
            return .failed("a file of that name is there already, and none is replaced: name another: \(asked)")
        }
        do {
            let content = try BoardStore.peek(at: try options.catalog.entry(board.hex).directory)
            guard let replica = try content.replica() else { return .failed("there is nothing to write: the board has not arrived yet") }
            let (bytes, omitted) = try BoardFile(format: format).contents(of: replica.board)
            try OutputFile.write(bytes, to: path)
            let count = Sentence.count(replica.board.shapes.count, "shape")
            return .done("\(count) written\(omitted.map { ", \($0)" } ?? ""), to \(asked)")
        } catch {
            return .failed("it is not written: \(Self.why(error)); name another place: \(asked)")
        }
    }

    private static func why(_ error: any Error) -> String { (error as? Failure)?.why ?? "\(error)" }

    private static func drawing(_ file: TerminalApp.FileDrawing) -> Linear.EffectAnswer {
        switch file {
        case .read(_, let drawing, _, let losses): .drawing(drawing, isWhole: false, losses: losses)
        case .whole(_, let drawing, let losses): .drawing(drawing, isWhole: true, losses: losses)
        case .failed(let path, let why): .failed("it is not read: \(why); nothing was drawn: \(path)")
        }
    }
}
