import CFuzzMeter
import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import InkSimulator

// simulate [--link | --line | --days N | --hours N] [--seeds A...B | SEED] [--peers N] [--span MS] [--with ADVERSITY] [--roles] [--one-link] [--calm] [--hostile] [--move MOVE] [--trace] [--until-failure]
//
// Runs simulated worlds and prints one line for each; a world that breaks is run again to show its last events.
// Exit: 0 all passed, 1 a world broke, 2 the arguments were not understood.

struct Arguments {
    var seeds: Range<UInt64> = 0..<0
    var options = World.Options()
    /// What is simulated.
    enum Kind { case boards, link, line, days }
    var kind = Kind.boards
    /// As many as were asked for; nil where nobody said.
    var people: Int?
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
                (options.peers, people) = (count, count)
            case "--span":
                guard let milliseconds = words.popFirst().flatMap({ Int($0) }), (1...600_000).contains(milliseconds) else { return nil }
                options.span = .milliseconds(milliseconds)
            case "--with":
                guard let kind = words.popFirst().flatMap({ Adversity(rawValue: $0) }) else { return nil }
                options.adversity = kind
            case "--roles": options.hasRoles = true
            case "--one-link": options.isOnOneLink = true
            case "--calm": options.isCalmed = true
            case "--hostile": options.isHostile = true
            case "--move":
                guard let move = words.popFirst().flatMap({ MoveKind(rawValue: $0) }) else { return nil }
                (options.isHostile, options.move) = (true, move)
            case "--days", "--hours":
                guard let count = words.popFirst().flatMap({ Int($0) }), (1...(word == "--days" ? 31 : 744)).contains(count) else {
                    return nil
                }
                (kind, options.hours) = (.days, word == "--days" ? count * 24 : count)
            case "--link": kind = .link
            case "--line": kind = .line
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
        let holds =
            switch arguments.kind {
            case .boards: simulateBoards(seed, arguments)
            case .link: simulateLink(seed, arguments)
            case .line: simulateLine(seed)
            case .days: simulateDays(seed, arguments)
            }
        (passed, failed) = (passed + (holds ? 1 : 0), failed + (holds ? 0 : 1))
        if !holds, arguments.stopsEarly { break }
    }
    say("\(passed) passed, \(failed) failed")
    return failed == 0 ? 0 : 1
}

/// False if a world broke.
private func simulateBoards(_ seed: UInt64, _ arguments: Arguments) -> Bool {
    do throws(SimulationFailure) {
        var world = try World(
            seed: seed, options: arguments.options, detail: arguments.isTraced ? .printed : .hashOnly, picture: BoardView.self)
        try world.run()
        say(world.summary)
        return true
    } catch {
        say("\(arguments.isTraced ? error : error.withEvents(40))")
        return false
    }
}

/// False if a link broke a promise.
private func simulateLink(_ seed: UInt64, _ arguments: Arguments) -> Bool {
    func run(_ detail: Trace.Detail) throws(LinkFailure) -> String {
        var world = LinkWorld(seed: seed, detail: detail)
        try world.run()
        return world.summary
    }
    do throws(LinkFailure) {
        say(try run(arguments.isTraced ? .printed : .hashOnly))
        return true
    } catch {
        guard !arguments.isTraced else {
            say("\(error)")
            return false
        }
        do throws(LinkFailure) {
            say("\(try run(.newest(40))), which broke before: \(error)")
        } catch {
            say("\(error)")
        }
        return false
    }
}

/// False if people who lived for days on a board did not end with one, or their programs took more and more.
private func simulateDays(_ seed: UInt64, _ arguments: Arguments) -> Bool {
    func live(_ detail: Trace.Detail, _ tell: @escaping (String) -> Void) throws(SimulationFailure) {
        var world = try DaysWorld(
            seed: seed, hours: arguments.options.hours ?? 24, people: arguments.people ?? DaysWorld.people, detail: detail,
            meters: Meters(heldBytes: { Int(meter_held()) }, seconds: { Double(meter_nanoseconds()) / 1e9 }), picture: BoardView.self,
            tell: tell)
        try world.run()
        tell(world.summary)
    }
    meter_begin()
    do throws(SimulationFailure) {
        try live(arguments.isTraced ? .printed : .hashOnly, say)
        return true
    } catch {
        say("\(error)")
        guard !arguments.isTraced else { return false }
    }
    say("its last events, of a second run:")
    do throws(SimulationFailure) { try live(.newest(40)) { _ in } } catch { say("\(error)") }
    return false
}

/// False if more waited on a steady line than may.
private func simulateLine(_ seed: UInt64) -> Bool {
    var line = SteadyLine(seed: seed)
    do throws(LinkFailure) {
        try line.run()
        say(line.summary)
        return true
    } catch {
        say("\(error)")
        return false
    }
}

/// The board as front ends draw it.
extension BoardView: BoardPicture {
    package mutating func take(_ change: ShapeChange) { apply(change) }
}
