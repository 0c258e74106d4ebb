#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@main
enum Entry {
    static func main() throws {
        guard let arguments = Arguments(Array(CommandLine.arguments.dropFirst())) else {
            say("usage: fuzz --list | DECODER [--inputs N] [--seed S] [--keep FILE] | DECODER --bytes FILE")
            exit(2)
        }
        exit(try run(arguments))
    }
}

/// One line, at once.
func say(_ line: String) {
    print(line)
    fflush(nil)
}
