import ArgumentParser

/// `inkwire completion`: what a shell needs to complete our commands (CL-234).
struct CompletionCommand: ParsableCommand, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Write the script by which a shell completes what is typed.",
        discussion: "It completes commands, options, boards, files, roles and formats. Installed packages bring the scripts with them.",
        // The list of commands has no room for it: its last line says so.
        shouldDisplay: false)

    static let examples = [
        Example("source <(inkwire completion bash)", "now, in bash"),
        Example("inkwire completion zsh > ~/.zfunc/_inkwire", "with ~/.zfunc in fpath"),
        Example("inkwire completion fish | source", "now, in fish"),
    ]

    enum Shell: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

    @Argument(help: "The shell.")
    var shell: Shell

    mutating func run() throws {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        try StandardStream.output.deliver(Array((Inkwire.completionScript(for: kind) + "\n").utf8))
    }
}

extension CompletionKind {
    /// Boards of this machine, by name (CL-234).
    static var boards: CompletionKind {
        .custom { words, _, _ in
            // The program is asked by the shell with the words of the line, of which --data-dir may be one.
            let place = words.firstIndex(of: "--data-dir").flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
            // A list that cannot be read completes nothing: the command itself says why.
            let options = try? GlobalOptions.parse(place.map { ["--data-dir", $0] } ?? [])
            return ((try? options?.catalog.entries()) ?? []).map(\.name).filter { !BoardName.isInvisible($0) }.map(Failure.plain).sorted()
        }
    }
}
