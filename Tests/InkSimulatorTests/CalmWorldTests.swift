import InkFrontEnd
import InkPrimitives
import InkSimulator
import Testing

@Suite struct CalmWorldTests {
    // 44: the owner has a twin, whose work is his own. 385: a member is asked who gave the right that he named when it has given way to another (SE-179).
    // 954, 956: what another drew is taken back twice, and a line with it that was bound to it (BD-120).
    @Test(arguments: Array(0..<12) + [44, 385, 954, 956] as [UInt64])
    func `SE-250, SE-251, SE-252, SM-76, SM-77, SM-90: an owner calms a board while people draw, and all agree`(seed: UInt64) throws {
        var options = World.Options()
        options.isCalmed = true
        var world = try World(seed: seed, options: options, picture: BoardView.self)
        try world.run()
    }
}
