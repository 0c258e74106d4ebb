import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct GestureGlideTests {
    private let author: AuthorID = identifier(7)
    private let id = GestureID(source: LiveSource(peer: identifier(9)), number: 1)

    /// Milliseconds of the sender's time; what is sent then is here then by the fastest way.
    private func at(_ milliseconds: Int) -> Instant { .zero + .seconds(100) + .milliseconds(milliseconds) }

    /// A glide that knows a line without jitter and a packet every 50 ms: it draws 50 ms late.
    private func glide() -> Glide {
        var glide = Glide()
        for index in -40...0 {
            glide.take([CursorSample(at: .milliseconds(index * 50), position: .zero)], now: at(index * 50))
        }
        return glide
    }

    /// A stroke to the right, 100 units a sample.
    private func stroke(_ count: Int) -> ShapeDraft {
        ShapeDraft(kind: .freehand, position: Point(x: 5, y: 5), points: (0..<count).map { Point(x: Int32($0) * 100, y: 0) })
    }

    /// Samples of that stroke, one each `interval` milliseconds, the sample 0 at `start`.
    private func samples(_ range: Range<Int>, from start: Int, every interval: Int = 10) -> GestureChange {
        .appended(range.map { TimedPoint(at: .milliseconds(start + $0 * interval), position: Point(x: 5 + Int32($0) * 100, y: 5)) })
    }

    private func shape(_ draft: ShapeDraft, number: UInt64 = 1) -> Shape {
        Shape(id: ShapeID(author: author, number: number), content: draft, depth: .first)
    }

    /// How many samples of a stroke are drawn, and how far the tip is; nil where no stroke is drawn.
    private func drawn(_ glide: Glide, _ milliseconds: Int) -> [Int]? {
        guard case .stroke(_, let count, let tip)? = glide.previews(at: at(milliseconds)).first?.preview else { return nil }
        return [count, Int(tip.x)]
    }

    private func take(_ change: GestureChange, _ milliseconds: Int, board: [Shape] = [], into glide: inout Glide) {
        glide.take(change, of: id, board: { id in board.first { $0.id == id } }, now: at(milliseconds))
    }

    @Test func `FE-26: a stroke is drawn as far as its pen has come`() {
        var glide = glide()
        take(.began(.stroke(stroke(1)), at: .milliseconds(50)), 50, into: &glide)
        take(samples(1..<6, from: 50), 100, into: &glide)
        take(samples(6..<11, from: 50), 150, into: &glide)
        #expect(drawn(glide, 99) == nil)
        #expect(drawn(glide, 100) == [1, 0])
        #expect(drawn(glide, 105) == [1, 50])
        #expect(drawn(glide, 120) == [3, 200])
        #expect(drawn(glide, 175) == [8, 750])
        // No sample is made up.
        #expect(drawn(glide, 400) == [11, 1000])
        #expect(glide.deadline(after: at(400)) == nil)
    }

    @Test(arguments: seeds(100))
    func `FE-26: a stroke never grows shorter nor ahead of its pen, whatever comes late or not at all`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var glide = glide()
        take(.began(.stroke(stroke(1)), at: .zero), 0, into: &glide)
        // A hand that draws now and then; each packet brings what those before it did not.
        var made: [Int] = [0]
        for time in stride(from: 8, to: 1600, by: 8) where random.chance(time % 400 < 200 ? 0.95 : 0.2) { made.append(time) }
        var arrivals = (1...48).compactMap { random.chance(0.1) ? nil : (sent: $0 * 33, here: $0 * 33 + random.below(80)) }
        arrivals.sort { $0.here < $1.here }
        var (next, known, length) = (0, 1, 0)
        for milliseconds in stride(from: 1, to: 2000, by: 17) {
            while next < arrivals.count, arrivals[next].here <= milliseconds {
                let count = made.count { $0 <= arrivals[next].sent }
                if count > known {
                    let fresh = made[known..<count].enumerated().map {
                        TimedPoint(at: .milliseconds($0.element), position: Point(x: 5 + Int32(known + $0.offset) * 100, y: 5))
                    }
                    take(.appended(fresh), arrivals[next].here, into: &glide)
                    known = count
                }
                next += 1
            }
            guard let now = drawn(glide, milliseconds) else { continue }
            let playhead = Double(milliseconds) - glide.delay(at: at(milliseconds)).milliseconds
            let after = made.firstIndex { Double($0) > playhead } ?? made.count
            let part = after < made.count ? (playhead - Double(made[after - 1])) / Double(made[after] - made[after - 1]) : 0
            #expect(now[1] >= length, "seed \(seed) at \(milliseconds)")
            #expect(Double(now[1]) <= (Double(after - 1) + part) * 100 + 1, "seed \(seed) at \(milliseconds)")
            length = now[1]
        }
        #expect(length == (known - 1) * 100)
    }

    @Test func `FE-26: a dragged shape and a box glide between what is told of them`() {
        let dragged = ShapeID(author: author, number: 3)
        var glide = glide()
        take(.began(.move([dragged], by: .zero), at: .milliseconds(50)), 50, into: &glide)
        for (time, by) in [(100, 100), (150, 200), (200, 200)] as [(Int, Int32)] {
            take(.updated(.move([dragged], by: Point(x: by, y: -by)), at: .milliseconds(time)), time, into: &glide)
        }
        #expect(glide.previews(at: at(175)).map(\.preview) == [.gesture(.move([dragged], by: Point(x: 163, y: -163)))])
        var resized = self.glide()
        func box(_ width: Int32) -> Gesture { .resize(dragged, position: Point(x: 10, y: 20), size: Size(width: width, height: 7)) }
        take(.began(box(0), at: .milliseconds(50)), 50, into: &resized)
        for (time, width) in [(100, 100), (150, 200)] as [(Int, Int32)] {
            take(.updated(box(width), at: .milliseconds(time)), time, into: &resized)
        }
        #expect(resized.previews(at: at(150)).map(\.preview) == [.gesture(box(100))])
    }

    @Test(arguments: [[3, 2, 3], [2, 3, 2], [2, 2, 3], [3, 3, 2]], [true, false])
    func `FE-27, FE-166: a line that gets corners, or loses them, is drawn nowhere but where it was told`(counts: [Int], isPulled: Bool) {
        let line = ShapeID(author: author, number: 3)
        func draft(_ count: Int) -> ShapeDraft {
            let points = [Point.zero, Point(x: 400, y: 0), Point(x: 400, y: 300)]
            return ShapeDraft(kind: .arrow, position: Point(x: 9000, y: 7000), points: count == 3 ? points : [points[0], points[2]])
        }
        func gesture(_ count: Int) -> Gesture { isPulled ? .pull(line, draft(count)) : .shape(draft(count)) }
        var glide = glide()
        take(.began(gesture(counts[0]), at: .milliseconds(50)), 50, into: &glide)
        take(.updated(gesture(counts[1]), at: .milliseconds(100)), 100, into: &glide)
        func look(_ range: Range<Int>) {
            for milliseconds in range {
                for case .gesture(let seen) in glide.previews(at: at(milliseconds)).map(\.preview) {
                    #expect([gesture(2), gesture(3)].contains(seen), "\(milliseconds)")
                }
            }
        }
        look(100..<180)
        take(.ended(.committed([line])), 180, board: [shape(draft(counts[2]), number: 3)], into: &glide)
        look(180..<400)
        #expect(glide.previews(at: at(450)).isEmpty && glide.deadline(after: at(450)) == nil)
    }

    @Test func `FE-27: a finished stroke is drawn to its end, and then what stands on the board is`() {
        var glide = glide()
        take(.began(.stroke(stroke(1)), at: .milliseconds(50)), 50, into: &glide)
        take(samples(1..<6, from: 50), 100, into: &glide)
        // The transaction left at 150 and has five samples of which no packet told.
        let finished = shape(stroke(11))
        take(.ended(.committed([finished.id])), 150, board: [finished], into: &glide)
        #expect(glide.hidden(at: at(150)) == [finished.id])
        #expect(drawn(glide, 150) == [6, 500])
        #expect(drawn(glide, 175) == [8, 750])
        #expect(glide.deadline(after: at(175)) == at(175) + Glide.frame)
        #expect(glide.hidden(at: at(199)) == [finished.id])
        #expect(drawn(glide, 200) == nil)
        #expect(glide.hidden(at: at(200)) == [])
        #expect(glide.deadline(after: at(200)) == nil)
    }

    @Test(arguments: seeds(100))
    func `FE-27: what a gesture became is drawn at most 250 ms after it came`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var glide = Glide()
        let spread = 1 + random.below(400)
        take(.began(.stroke(stroke(1)), at: .zero), 0, into: &glide)
        for index in 1...100 { take(samples(index..<index + 1, from: 0, every: 33), index * 33 + random.below(spread), into: &glide) }
        let (finished, now) = (shape(stroke(150)), 3400 + random.below(400))
        take(.ended(.committed([finished.id])), now, board: [finished], into: &glide)
        #expect(drawn(glide, now) != nil)
        #expect(drawn(glide, now + 250) == nil && glide.hidden(at: at(now + 250)) == [])
    }

    @Test func `FE-27: a dragged shape comes to rest where it stands`() {
        let box = shape(ShapeDraft(kind: .rectangle, position: Point(x: 1000, y: 0), size: Size(width: 80, height: 80)), number: 3)
        var glide = glide()
        take(.began(.move([box.id], by: .zero), at: .milliseconds(50)), 50, into: &glide)
        take(.updated(.move([box.id], by: Point(x: 200, y: 0)), at: .milliseconds(100)), 100, into: &glide)
        var moved = box
        moved.content.position.x += 400
        glide.note(box)
        take(.ended(.committed([box.id])), 150, board: [moved], into: &glide)
        // It stands at 1400 and is drawn at 1200: what stands is displaced by −200.
        #expect(glide.previews(at: at(150)).map(\.preview) == [.gesture(.move([box.id], by: Point(x: -200, y: 0)))])
        #expect(glide.hidden(at: at(150)) == [])
        #expect(glide.previews(at: at(200)).isEmpty)
    }

    @Test func `FE-167: what is cancelled or not heard of any more goes at once`() {
        for end in [GestureEnd.cancelled, .hidden] {
            var glide = glide()
            take(.began(.stroke(stroke(1)), at: .milliseconds(50)), 50, into: &glide)
            take(samples(1..<6, from: 50), 100, into: &glide)
            #expect(glide.previews(at: at(120)).count == 1)
            take(.ended(end), 120, into: &glide)
            #expect(glide.previews(at: at(120)).isEmpty)
        }
    }

    @Test func `FE-28: where motion is not wanted gestures are drawn as they are, and what became of them at once`() {
        var glide = glide()
        glide.isStill = true
        take(.began(.stroke(stroke(1)), at: .milliseconds(50)), 50, into: &glide)
        take(samples(1..<6, from: 50), 100, into: &glide)
        #expect(drawn(glide, 100) == [6, 500])
        let finished = shape(stroke(11))
        take(.ended(.committed([finished.id])), 110, board: [finished], into: &glide)
        #expect(glide.previews(at: at(110)).isEmpty)
        #expect(glide.hidden(at: at(110)) == [])
    }

    @Test func `FE-26: each peer has a glide, and the pointer of the program that moved last`() throws {
        let (ana, bob): (PeerID, PeerID) = (identifier(1), identifier(2))
        var (glides, board) = (Glides(), BoardView())
        func cursor(_ peer: PeerID, _ frontEnd: FrontEndID, _ milliseconds: Int, _ x: Int32) -> Event {
            .cursor(
                LiveSource(peer: peer, frontEnd: frontEnd), [CursorSample(at: .milliseconds(milliseconds), position: Point(x: x, y: 0))])
        }
        glides.take(cursor(ana, .holder, 0, 100), board: board, now: at(0))
        glides.take(cursor(bob, .holder, 5000, 900), board: board, now: at(0))
        #expect(glides.position(of: ana, at: at(100))?.x == 100)
        #expect(glides.position(of: bob, at: at(100))?.x == 900)
        // Another program of hers: its pointer is where it is, and none is on the way between the two.
        glides.take(cursor(ana, try #require(FrontEndID(1)), 100, 700), board: board, now: at(100))
        #expect((100..<300).allSatisfy { glides.position(of: ana, at: at($0))?.x == 700 })
        glides.take(.peer(PeerStatus(peer: ana, state: .left)), board: board, now: at(200))
        #expect(glides.position(of: ana, at: at(200)) == nil)
        // A drag that the board is about to learn of.
        let box = shape(ShapeDraft(kind: .rectangle, position: .zero, size: Size(width: 80, height: 80)), number: 3)
        var moved = box
        moved.content.position.x = 400
        board.replaceAll([box])
        let drag = GestureID(source: LiveSource(peer: bob), number: 4)
        glides.take(.gesture(drag, .began(.move([box.id], by: .zero), at: .milliseconds(5200))), board: board, now: at(200))
        let change = ShapeChange(kind: .changed, id: box.id, author: author, shape: moved)
        glides.take(.changed([change], ref: nil), board: board, now: at(300))
        board.apply(change)
        glides.take(.gesture(drag, .ended(.committed([box.id]))), board: board, now: at(300))
        #expect(glides.previews(of: bob, at: at(300)).map(\.preview) == [.gesture(.move([box.id], by: Point(x: -400, y: 0)))])
        #expect(glides.deadline(after: at(300)) != nil)
        #expect(glides.previews(of: bob, at: at(550)).isEmpty)
    }
}
