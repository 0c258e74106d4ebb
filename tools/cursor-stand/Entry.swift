#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@main
enum Entry {
    static func main() {
        guard let arguments = Arguments(Array(CommandLine.arguments.dropFirst())) else {
            complain("usage: cursor-figures [--traces FILE]... [--seeds N] [--seconds N] [--limits] | --make TASK [--seed N] [--seconds N]")
            exit(2)
        }
        exit(arguments.task.map { make($0, arguments) } ?? measure(arguments))
    }
}

/// A line to whoever waits, at once.
func say(_ line: String) {
    print(line)
    fflush(nil)
}

/// A line to whoever must know, apart from the figures.
func complain(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
}

/// The text of a file; nil where it cannot be read.
func read(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    while true {
        let chunk = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in count = fread(buffer.baseAddress, 1, 65_536, file) }
        guard !chunk.isEmpty else { return ferror(file) == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
        bytes += chunk
    }
}
