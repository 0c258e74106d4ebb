import InkFrontEnd
import InkPrimitives
import InkSimulator
import Testing

@Suite struct CalmWorldTests {
    // SM-76, SM-77, SE-250, SE-251, SE-252
    @Test(arguments: 0..<12 as Range<UInt64>)
    func `an owner calms a board while people draw, and all come to one picture`(seed: UInt64) throws {
        var options = World.Options()
        options.isCalmed = true
        var world = try World(seed: seed, options: options, picture: BoardView.self)
        try world.run()
    }
}
