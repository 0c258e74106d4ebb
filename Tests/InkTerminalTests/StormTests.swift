import Testing

@testable import terminal_storm

/// Random events at two terminals; tools/terminal-storm has as many as wanted.
@Suite struct StormTests {
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `whatever happens, a screen shows what a full repaint shows, and all boards are equal`(seed: UInt64) throws {
        // TM-16 TM-230
        let storm = try Storm.play(seed: seed, events: 400, stride: 200)
        #expect(storm.count == 400)
    }

    @Test func `a storm is the same each time`() throws {
        // TM-230
        let hashes = try (0..<2).map { _ in try Storm.play(seed: 9, events: 150, stride: 50).hash }
        let others = try Storm.play(seed: 9, events: 150, stride: 150).hash
        #expect(Set(hashes + [others]).count == 1, "looking changes nothing of what happens")
    }
}
