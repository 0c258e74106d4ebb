import InkRuntime
import NIOCore

/// How many files and sockets this process may have open at once.
enum FileAllowance {
    /// What a board or a rendezvous needs: three for each loop of NIO, which makes one for each processor and ends the process where it gets none, and
    /// some for store, sockets and a few peers.
    private static var needed: Int { 3 * NIOSingletons.groupLoopCountSuggestion + 48 }

    /// Takes more where this process may, and refuses what will not do (CL-285).
    static func check() throws(Failure) {
        guard DescriptorLimit.current < needed else { return }
        let most = DescriptorLimit.raise()
        guard most < needed else { return }
        throw Failure(
            .local, code: "few_files", what: "inkwire cannot open what it needs",
            why: "this process may have \(most) files and sockets open at once, and needs \(needed)",
            next: "raise that limit where the program is started, as `ulimit -n 1024` does in a shell")
    }
}
