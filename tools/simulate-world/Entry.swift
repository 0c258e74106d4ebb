import InkSimulator

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@main
enum Entry {
    static func main() {
        guard let arguments = Arguments(Array(CommandLine.arguments.dropFirst())) else {
            say(
                "usage: simulate [--link | --line | --days N | --hours N] [--seeds A...B | SEED] [--peers N] [--span MS] [--with ADVERSITY] [--roles] [--calm] [--hostile] [--move MOVE] [--trace] [--until-failure]"
            )
            say("adversities: \(Adversity.allCases.map(\.rawValue).joined(separator: ", "))")
            say("moves: \(MoveKind.allCases.map(\.rawValue).joined(separator: ", "))")
            exit(2)
        }
        exit(simulate(arguments))
    }
}

/// One line, at once: who reads a pipe sees a long run progress. (A print to a pipe is held back by the block.)
func say(_ line: String) {
    print(line)
    fflush(nil)
}
