import Testing

@testable import inkwire

@Suite struct AgeTests {
    @Test(
        arguments: [
            (0, "just now"), (59_999, "just now"), (60_000, "1 min ago"), (3_599_999, "59 min ago"), (3_600_000, "1 h ago"),
            (86_400_000, "1 d ago"), (1_000_000_000_000, "11574 d ago"),
        ] as [(UInt64, String)])
    func `what was is told in the greatest unit`(ago: UInt64, text: String) {
        let now: UInt64 = 1_800_000_000_000
        #expect(Age.text(of: now - ago, now: now) == text)
    }

    @Test func `what lies ahead, by a clock that was set back, is told by its date`() {
        let now: UInt64 = 1_800_000_000_000
        #expect(Age.text(of: now + 60_000, now: now) == "just now")
        #expect(Age.text(of: 4_102_444_800_000, now: now) == "on 2100-01-01")
        #expect(Age.text(of: .max, now: now).hasPrefix("on 9"))
        #expect(Age.text(of: 0, now: 0) == "just now")
        #expect(Age.text(of: .max, now: .max) == "just now")
    }
}
