import ArgumentParser
import InkBoard
import InkFormats
import InkFrontEnd

/// `inkwire merge-driver`: what git calls to merge two texts of a board (gitattributes(5), "Defining a custom merge driver"). It knows its files and
/// nothing else: no board, no data directory (CL-87).
struct MergeDriverCommand: ParsableCommand, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "merge-driver", abstract: "Merge two texts of a board for git, property by property.",
        discussion: """
            As `git config merge.inkwire.driver 'inkwire merge-driver %O %A %B %P'`, with `git config merge.inkwire.recursive binary`. \
            The result stands where OURS was. \
            Exit: 0 merged, 1 with conflicts, 255 not merged at all.
            """, shouldDisplay: false)

    static let examples = [
        Example("git config merge.inkwire.driver 'inkwire merge-driver %O %A %B %P'", "once")
    ]

    @Argument(help: "%O, the file that both come from; an empty one for none.")
    var base: String

    @Argument(help: "%A, our file; it is replaced by the result.")
    var ours: String

    @Argument(help: "%B, their file.")
    var theirs: String

    @Argument(help: "%P, what the file is called in the repository.")
    var path: String?

    mutating func run() throws {
        let merge = try merge()
        try OutputFile.write(Array(merge.text.utf8), to: ours)
        guard !merge.conflicts.isEmpty else { return }
        let names = merge.conflicts.prefix(Self.namesMax).map { "“\($0)”" }.joined(separator: ", ")
        let rest = merge.conflicts.count - Self.namesMax
        Notices().say("\(path ?? ours): both sides changed \(names)\(rest > 0 ? " and \(rest) more" : "")")
        endProcess(Self.conflictExit)
    }

    private func merge() throws -> BoardMerge {
        // One after the other: of the files only their lines are held.
        let base = try read(base, "what both come from") { bytes throws(DrawingError) in try BoardMerge.Side(base: bytes) }
        let ours = try read(ours, "ours") { bytes throws(DrawingError) in try BoardMerge.Side(bytes, sharing: base) }
        let theirs = try read(theirs, "theirs") { bytes throws(DrawingError) in try BoardMerge.Side(bytes, sharing: base) }
        return BoardMerge(base: base, ours: ours, theirs: theirs)
    }

    private func read(
        _ file: String, _ side: String, _ make: ([UInt8]) throws(DrawingError) -> BoardMerge.Side
    ) throws -> BoardMerge.Side {
        let bytes = try InputFile.text(file)
        do throws(DrawingError) {
            return try make(bytes)
        } catch {
            // Older versions of git take every error for a conflict: both files then stand there to be seen (CL-315).
            try OutputFile.write(BoardMerge.unmerged(ours: try InputFile.read(ours), theirs: try InputFile.read(theirs)), to: ours)
            throw Failure.usage(
                "\(path ?? ours) cannot be merged", why: "\(side), \(error)",
                next: error.isOfNewerVersion
                    ? "update inkwire, or keep one side: `git checkout --ours` or `--theirs`"
                    : "correct the file where that was committed, or keep one side: `git checkout --ours` or `--theirs`")
        }
    }

    /// The exit code of a failure: of this command git takes anything up to 128 for conflicts that stand in the file.
    static func exit(of failure: Failure, _ arguments: [String]) -> Int32 {
        arguments.dropFirst().first == configuration.commandName ? errorExit : failure.exit
    }

    // CL-315
    private static let conflictExit: Int32 = 1
    private static let errorExit: Int32 = 255
    /// Names in the sentence about conflicts.
    private static let namesMax = 8
}
