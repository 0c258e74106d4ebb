import Foundation
import InkPrimitives

/// A siege in words.
enum Report {
    /// True if nobody came in, nobody heard or told anything, and who may come did.
    static func siege(count: Int, seed: UInt64) throws -> Bool {
        var siege = try Siege(seed: seed)
        let control = siege.control()
        print("control: who has an invite that stands is welcome: \(control.isWelcome), and hears \(control.content) messages of the room")
        let joiners = max(1, min(100, count / 200))
        let before = residentKilobytes()
        siege.attack(count, joiners: joiners)
        let tally = siege.tally
        for attempt in Attempt.allCases {
            guard let heard = tally.heard[attempt] else { continue }
            let name = "\(attempt)".padding(toLength: 18, withPad: " ", startingAt: 0)
            print(
                "  \(name) \(heard.sessions) sessions, \(heard.refusals) refused, \(heard.content) messages heard, \(heard.sent) bytes sent, \(heard.received) came back"
            )
        }
        print(
            "\(tally.attempts) attempts, \(tally.sessions) whole handshakes: \(tally.welcomed) admitted, \(tally.content) messages of content heard"
        )
        for line in tally.told.prefix(5) { print("  told: \(line)") }
        print("told to the person: \(tally.told.count) events; to the disk: \(tally.records) records")
        print(
            "\(tally.received) bytes came back for \(tally.sent) sent; at most \(tally.neighboursMax) neighbours and \(tally.refusedMax) refused devices at a time"
        )
        let each = tally.work / .microseconds(1) / Double(max(1, tally.attempts))
        print(
            "work of the member: \(Int(each)) µs of a processor for each attempt; memory of the whole stand: \(before) KiB before, \(tally.midwayKilobytes) after a tenth, \(residentKilobytes()) after all"
        )
        let slowest = Int(tally.slowestJoin / .milliseconds(1))
        print(
            "\(tally.joined) of \(tally.joined + tally.failedToJoin) who may came in meanwhile, the slowest after \(slowest) ms of the stand's time"
        )
        let holds =
            control.isWelcome && tally.attempts == count && tally.sessions > 0 && tally.welcomed == 0 && tally.content == 0
            && tally.told.isEmpty
            && tally.records == 0 && tally.failedToJoin == 0 && tally.joined > 0
        print(holds ? "held" : "NOT HELD")
        return holds
    }

    /// Memory of this process; 0 where the system does not say.
    static func residentKilobytes() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") })
        else { return 0 }
        return line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
    }
}
