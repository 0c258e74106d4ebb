import Testing

@testable import inkwire

@Suite struct ReplayTimeTests {
    @Test(
        arguments: [
            ("90s", 90_000), ("1m30s", 90_000), ("1:30", 90_000), ("1:02:03", 3_723_000), ("500ms", 500), ("1.5", 1500), ("0", 0),
            ("2h", 7_200_000),
            ("0:07.25", 7250), ("90:00", 5_400_000),
        ] as [(String, Int)])
    func `CL-113: a time is read as it is meant`(text: String, milliseconds: Int) {
        #expect(ReplayTimeArgument(argument: text)?.milliseconds == milliseconds)
    }

    @Test(
        arguments: [
            "", "s", "1x", "-1s", "1s1m", "1s1s", "1m30", "1:60", "1:2:3:4", ":30", "1:", "1:60:00", "1.5:00", "nan", "inf", "1e3", "１s",
            "0x10",
            "99999999999999999999", "1..5s", ".s", " 1s",
        ])
    func `CL-113: what may be meant otherwise is no time`(text: String) {
        #expect(ReplayTimeArgument(argument: text) == nil)
    }
}
