import InkSimulator
import Testing

@Suite struct SteadyLineTests {
    // SM-75; the campaign is tools/simulate --line --seeds 1...60, which has more. These of it do not hold yet: 5, 28, 31, 43, 49, 52, 53, 55 and 59,
    // where a packet waits longer than it may at most or too little is used, and 40, which uses little of its 70 kbit/s. No flow alone with
    // operations where packets are lost is here, since 40 is the only one. TR-82: on 17, 24 and 56 radio loses packets beside a short queue of ours.
    @Test(arguments: [1, 3, 6, 7, 8, 13, 15, 17, 18, 20, 22, 24, 26, 27, 33, 36, 37, 41, 42, 44, 48, 51, 54, 56, 58, 60] as [UInt64])
    func `bulk uses a line that stays as it is, and lets little wait there`(seed: UInt64) throws {
        var line = SteadyLine(seed: seed)
        try line.run()
    }

    // SM-75: it held once. What waits is more than may by half, since one packet more leaves when the line is new.
    @Test func `a line that held before message 3 was said again, and is to hold`() {
        var line = SteadyLine(seed: 49)
        withKnownIssue { try line.run() }
    }
}
