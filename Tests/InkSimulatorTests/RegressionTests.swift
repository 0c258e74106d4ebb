import InkPrimitives
import InkSimulator
import Testing

/// Worlds that once broke. Later changes may lead a seed past what it found, so each fault also has a test of its own where one is possible.
@Suite struct RegressionTests {
    @Test(
        arguments: [
            (36, "presence that came before we heard the peer enter the room was dropped though acknowledged, so the next run had a gap"),
            (297, "what a reconciliation announced had come by another way, and the status stayed behind for ever"),
            (155, "what was announced came after another had brought it, so that nothing changed but the status, which was not told"),
            (729, "who was turned down was in company for a moment, and alone again dialled everywhere anew"),
            (412, "packets of a stroke that had waited while a machine slept had times by two clocks, which went back"),
            (1015, "work that was held back was written in the very input that first told that all is saved"),
            (1559, "who was met over the relay and then directly was dialled nowhere once the rendezvous was gone"),
            (
                140,
                "acknowledgements of challenges without end took all the pace of a line, and a session over it stood still for two minutes"
            ),
        ] as [(UInt64, String)])
    func `a world that once broke comes to rest`(seed: UInt64, found: String) {
        run(World.Options(), seed: seed, found: found)
    }

    @Test(
        arguments: [
            (
                29,
                "challenges of two peers called forth each other, sooner than they were answered, and held up all that was said on the line"
            )
        ] as [(UInt64, String)])
    func `a short world that once broke comes to rest`(seed: UInt64, found: String) {
        run(World.Options(span: .seconds(3)), seed: seed, found: found)
    }

    @Test(
        arguments: [
            (14, "what was lost with a disk missed parents that nobody had, and the status stayed behind for ever"),
            (216, "who was removed was taken for one in the room though nobody had a session with him any more"),
        ] as [(UInt64, String)])
    func `a world with roles and a backup that once broke comes to rest`(seed: UInt64, found: String) {
        var options = World.Options(adversity: .restoredBackup)
        options.hasRoles = true
        run(options, seed: seed, found: found)
    }

    private func run(_ options: World.Options, seed: UInt64, found: String) {
        do throws(SimulationFailure) {
            var world = try World(seed: seed, options: options)
            try world.run()
        } catch {
            Issue.record("\(found)\n\(error.withEvents(40))")
        }
    }
}
