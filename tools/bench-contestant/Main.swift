import Glibc

// bench-contestant client|server --engine lean|product|yardstick --host IP --port N --work W [--n N] [--size B] [--rate R] [--secs S] [--with WORD,…]
// bench-contestant line --listen PORT --to PORT …      see `Proxy`
//
// Work and answers are those of tools/bench. Exit: 0; 1 it failed, and why is on stderr; 2 the arguments were not understood.

/// A server waits for its client.
func announceReady() {
    print(JSONLine([("ready", .count(1))]))
    fflush(nil)
}

/// The arguments were understood, and it did not work.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

@main
struct Main {
    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        do {
            if words.first == "line" {
                var proxy = try Proxy(words.dropFirst())
                return try proxy.run()
            }
            let options = try Options(words)
            let resident = Figures.residentKilobytes
            // As the other contestants': the arguments are read, nothing of the link is made yet.
            let start = Clock.now
            var workload = Workload(options, start: start)
            switch options.engine {
            case .lean: try LeanLoop.run(options, workload: &workload)
            case .product: try ProductLoop.run(options, workload: &workload)
            case .yardstick: try Yardstick.run(options, workload: &workload)
            }
            print(workload.report(residentBefore: resident))
            exit(workload.failure == nil ? 0 : 1)
        } catch {
            let words = Array("bench-contestant: \(error)\n".utf8)
            _ = write(STDERR_FILENO, words, words.count)
            exit(error is Options.UsageError ? 2 : 1)
        }
    }
}
