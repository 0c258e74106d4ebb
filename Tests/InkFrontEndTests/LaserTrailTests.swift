import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct LaserTrailTests {
    private static func sample(_ milliseconds: Int, _ x: Int32?, _ trail: UInt64?) -> CursorSample {
        CursorSample(at: .milliseconds(milliseconds), position: x.map { Point(x: $0, y: 0) }, trail: trail)
    }

    private static func steps(_ trail: LaserTrail, at milliseconds: Int, fades: Bool = true) -> [[Int]] {
        trail.paths(at: .milliseconds(milliseconds), head: nil, fades: fades).map { $0.map(\.step) }
    }

    private static func places(_ trail: LaserTrail, at milliseconds: Int) -> [[Int32]] {
        trail.paths(at: .milliseconds(milliseconds), head: nil, fades: true).map { $0.map(\.position.x) }
    }

    @Test func `FE-100: light fades in three steps and is gone after a second and a half`() {
        var trail = LaserTrail()
        trail.take([
            Self.sample(0, 5, nil), Self.sample(1000, 10, 1), Self.sample(1100, 20, 1), Self.sample(1200, 30, nil),
            Self.sample(1300, 40, nil),
        ])
        #expect(Self.places(trail, at: 900).isEmpty)
        #expect(Self.places(trail, at: 1250) == [[10, 20, 30]] && Self.steps(trail, at: 1250) == [[0, 0, 0]])
        #expect(Self.steps(trail, at: 1550) == [[1, 0, 0]] && Self.steps(trail, at: 2150) == [[2, 2, 1]])
        #expect(Self.places(trail, at: 2500) == [[20, 30]] && Self.places(trail, at: 2650) == [])
        // Whoever wants no motion sees all of it alike until it goes.
        #expect(Self.steps(trail, at: 2150, fades: false) == [[0, 0, 0]])
        #expect(trail.nextChange(after: .milliseconds(1250), fades: true) == .milliseconds(1500))
        #expect(trail.nextChange(after: .milliseconds(1250), fades: false) == .milliseconds(2500))
        trail.forget(before: .milliseconds(2650))
        #expect(!trail.isOver && trail.nextChange(after: .milliseconds(2650), fades: true) == .milliseconds(2700))
        trail.forget(before: .milliseconds(2700))
        #expect(trail.isOver && trail.nextChange(after: .milliseconds(2700), fades: true) == nil)
    }

    @Test func `FE-100: two trails are not joined, and light that is held stays where the pointer is`() {
        var trail = LaserTrail()
        trail.take([Self.sample(0, 10, 1), Self.sample(50, 20, 1), Self.sample(60, 900, 2), Self.sample(90, 950, 2)])
        #expect(Self.places(trail, at: 100) == [[10, 20], [900, 950, 950]])
        let held = trail.paths(at: .seconds(60), head: Point(x: 7, y: 0), fades: true)
        #expect(held.map { $0.map(\.position.x) } == [[7]] && held[0][0].step == 0)
        trail.forget(before: .seconds(60))
        #expect(Self.places(trail, at: 60_000) == [[950]])
        trail.take([Self.sample(60_000, nil, nil)])
        #expect(Self.places(trail, at: 60_001).joined().allSatisfy { $0 == 950 })
        trail.forget(before: .seconds(62))
        #expect(trail.isOver)
    }

    @Test func `FE-185: who shines without end fills nothing, and times that go back are left out`() {
        var trail = LaserTrail()
        for number in 0..<5000 { trail.take([Self.sample(number, Int32(number), 1)]) }
        trail.take([Self.sample(10, 1, 1)])
        #expect(Self.places(trail, at: 5000).joined().count <= 513 && Self.places(trail, at: 5000).last?.last == 4999)
    }

    @Test func `FE-100, FE-186: others' light is on the clock of their pointer and asks for frames only while it is seen`() throws {
        var glide = Glide()
        var now = Instant.zero + .seconds(10)
        for step in 0..<20 {
            let lit = step >= 5 && step < 15
            glide.take([Self.sample(step * 33, Int32(step * 100), lit ? 4 : nil)], now: now)
            now += .milliseconds(33)
        }
        let places = glide.light(at: now + .milliseconds(100)).flatMap { $0.map(\.position.x) }
        #expect(places == (5...15).map { Int32($0 * 100) })
        var frames = 0
        while let next = glide.deadline(after: now), frames < 1000 { (now, frames) = (next, frames + 1) }
        #expect(glide.light(at: now).isEmpty && now < .zero + .seconds(13) && frames < 150)
        #expect(glide.deadline(after: now + .seconds(1)) == nil)
    }
}
