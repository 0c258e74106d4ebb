import InkPrimitives
import InkSimulator
import Testing

@Suite struct HostileWorldTests {
    #if DEBUG
        /// Code that is not optimised takes ten times as long.
        private static let seeds: Range<UInt64> = 1..<2
        private static let moves = MoveKind.allCases.prefix(2)
    #else
        /// Many more are computed by `tools/campaign-rights`.
        private static let seeds: Range<UInt64> = 1..<7
        private static let moves = MoveKind.allCases.prefix(MoveKind.allCases.count)
    #endif

    @Test(arguments: seeds)
    func `SM-63, SM-64, SM-65, SM-66, SM-67, SM-68, SM-69, SM-85, SM-86, SM-87: who keeps no rule changes nothing, locks out nobody`(
        seed: UInt64
    ) {
        run(seed: seed, move: nil)
    }

    @Test(arguments: moves)
    func `SM-63, SM-85: none of the moves does harm`(move: MoveKind) {
        run(seed: 1, move: move)
    }

    @Test(
        arguments: [
            (427, "a message that counted again, once who had removed its author proved to be removed, was told twice"),
            (490, "the same"), (573, "the same"),
            (1315, "who was told to leave while the machine slept came back for a goodbye at once, and at once, and never ended"),
        ] as [(UInt64, String)])
    func `a hostile world that once broke comes to rest`(seed: UInt64, found: String) {
        run(seed: seed, move: nil, found: found)
    }

    private func run(seed: UInt64, move: MoveKind?, found: String = "") {
        var options = World.Options()
        (options.isHostile, options.move) = (true, move)
        do throws(SimulationFailure) {
            var world = try World(seed: seed, options: options)
            try world.run()
        } catch {
            Issue.record("\(found)\n\(error.withEvents(40))")
        }
    }
}
