import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import InkSimulator

// simulate [--seeds A...B | SEED] [--peers N] [--span MS] [--with ADVERSITY] [--trace] [--until-failure]
//
// Runs simulated worlds and prints one line for each; a world that breaks is run again to show its last events.
// Exit: 0 all passed, 1 a world broke, 2 the arguments were not understood.

struct Arguments {
    var seeds: Range<UInt64> = 0..<0
    var options = World.Options()
    /// Every event is printed as it happens.
    var isTraced = false
    /// Stop at the first world that breaks.
    var stopsEarly = false

    init?(_ words: [String]) {
        var words = words[...]
        while let word = words.popFirst() {
            switch word {
            case "--seeds":
                guard let range = words.popFirst().flatMap(Self.range) else { return nil }
                seeds = range
            case "--peers":
                guard let count = words.popFirst().flatMap({ Int($0) }), (2...64).contains(count) else { return nil }
                options.peers = count
            case "--span":
                guard let milliseconds = words.popFirst().flatMap({ Int($0) }), (1...600_000).contains(milliseconds) else { return nil }
                options.span = .milliseconds(milliseconds)
            case "--with":
                guard let kind = words.popFirst().flatMap({ Adversity(rawValue: $0) }) else { return nil }
                options.adversity = kind
            case "--trace": isTraced = true
            case "--until-failure": stopsEarly = true
            default:
                guard let seed = UInt64(word), seed < .max else { return nil }
                seeds = seed..<seed + 1
            }
        }
        guard !seeds.isEmpty else { return nil }
    }

    /// `A..<B` without B, or `A...B` with it, which needs no quotes in a shell.
    private static func range(_ text: String) -> Range<UInt64>? {
        for (sign, beyond) in [("..<", 0), ("...", 1)] as [(String, UInt64)] {
            let ends = text.split(separator: sign, omittingEmptySubsequences: false)
            guard ends.count == 2, let first = UInt64(ends[0]), let last = UInt64(ends[1]), last < .max, first < last + beyond else {
                continue
            }
            return first..<last + beyond
        }
        return nil
    }
}

/// The exit status.
func simulate(_ arguments: Arguments) -> Int32 {
    var (passed, failed) = (0, 0)
    for seed in arguments.seeds {
        do throws(SimulationFailure) {
            var world = try World(
                seed: seed, options: arguments.options, detail: arguments.isTraced ? .printed : .hashOnly, picture: BoardView.self)
            try world.run()
            say(world.summary)
            passed += 1
        } catch {
            failed += 1
            say("\(arguments.isTraced ? error : error.withEvents(40))")
            if arguments.stopsEarly { break }
        }
    }
    say("\(passed) passed, \(failed) failed")
    return failed == 0 ? 0 : 1
}

/// The board as front ends draw it.
extension BoardView: BoardPicture {
    package mutating func take(_ change: ShapeChange) { apply(change) }
}
