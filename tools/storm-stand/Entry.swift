#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

// terminal-storm [--seeds A...B | --seeds A] [--events N] [--stride N] [--trace] [--show] [--until-failure]
//
// Exit: 0 all passed, 1 a storm broke, 2 the arguments were not understood.

@main
enum Entry {
    struct Arguments {
        var seeds: ClosedRange<UInt64> = 1...1
        var events = 100_000
        var stride = 1000
        var isTraced = false
        var stopsEarly = false
        var showsScreens = false

        init?(_ words: [String]) {
            var words = words[...]
            func number(_ text: String?, atLeast least: Int) -> Int? { text.flatMap { Int($0) }.flatMap { $0 >= least ? $0 : nil } }
            while let word = words.popFirst() {
                switch word {
                case "--seeds":
                    let ends = (words.popFirst() ?? "").split(separator: "...", omittingEmptySubsequences: false).map { UInt64($0) }
                    guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last else { return nil }
                    seeds = first...last
                case "--events":
                    guard let count = number(words.popFirst(), atLeast: 1) else { return nil }
                    events = count
                case "--stride":
                    guard let count = number(words.popFirst(), atLeast: 1) else { return nil }
                    stride = count
                case "--trace": isTraced = true
                case "--until-failure": stopsEarly = true
                case "--show": showsScreens = true
                default: return nil
                }
            }
        }
    }

    static func main() {
        guard let arguments = Arguments(Array(CommandLine.arguments.dropFirst())) else {
            say("usage: terminal-storm [--seeds A...B] [--events 100000] [--stride 1000] [--trace] [--show] [--until-failure]")
            exit(2)
        }
        var (passed, failed) = (0, 0)
        for seed in arguments.seeds {
            do {
                if arguments.isTraced { try trace(seed, events: arguments.events) }
                let storm = try Storm.play(seed: seed, events: arguments.events, stride: arguments.stride)
                if arguments.showsScreens { storm.screens.forEach(say) }
                say("seed \(seed): \(storm.count) events, \(hex(storm.hash))")
                passed += 1
            } catch {
                failed += 1
                say("\(error)")
                if arguments.stopsEarly { break }
            }
        }
        say("\(passed) passed, \(failed) failed")
        exit(failed == 0 ? 0 : 1)
    }

    /// Tells each event before it happens, for one that ends the process.
    private static func trace(_ seed: UInt64, events: Int) throws {
        var storm = try Storm(seed: seed)
        while storm.count < events {
            storm.step()
            say(storm.last.last ?? "")
        }
    }

    private static func hex(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// One line, at once: who reads a pipe sees a long run progress.
    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}
