import Testing

@testable import admission_stand

/// A sample of what `tools/admission` does by the hundred thousand.
@Suite struct SiegeTests {
    @Test func `SE-170, SE-172, SE-176, SE-177: strangers of every kind are not let in, hear nothing, and are told to nobody`() throws {
        var siege = try Siege(seed: 7)
        // One who may come is let in by the same words: what follows would show it.
        let control = siege.control()
        #expect(control.isWelcome && control.content > 1)
        let count = 2 * Attempt.allCases.count
        siege.attack(count, joiners: 1)
        let tally = siege.tally
        #expect(tally.attempts == count && tally.joined == 1 && tally.failedToJoin == 0)
        #expect(tally.told == [] && tally.records == 0)
        for attempt in Attempt.allCases {
            let heard = try #require(tally.heard[attempt])
            #expect(!heard.isWelcome && heard.content == 0, "\(attempt)")
            #expect(heard.sessions == (attempt.hasSecret ? 2 : 0) && heard.refusals == heard.sessions, "\(attempt)")
            #expect(heard.received < heard.sent, "\(attempt)")
        }
    }
}
