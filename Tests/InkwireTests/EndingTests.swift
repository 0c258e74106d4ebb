import Testing

@testable import inkwire

@Suite struct EndingTests {
    @Test func `CL-40: one is told as one, and nothing not at all`() {
        #expect(Ending(unsaved: 0, unsent: 0).unsentWords == nil)
        #expect(Ending(unsaved: 0, unsent: 1).unsentWords?.hasPrefix("1 change is saved here and nobody else has it yet") == true)
        #expect(Ending(unsaved: 0, unsent: 2).unsentWords?.hasPrefix("2 changes are saved here and nobody else has them yet") == true)
        for (unsaved, words) in [(1, "1 change is not saved"), (2, "2 changes are not saved")] {
            do throws(any Error) {
                try Ending(unsaved: unsaved, unsent: 0).tell(Notices(isQuiet: true))
                Issue.record("no failure for \(unsaved)")
            } catch {
                #expect((error as? Failure)?.what == words)
            }
        }
    }
}
