import Foundation
import InkBoard
import InkCrypto
import InkFormats
import InkPrimitives
import Testing

@Suite struct DiagramCorpusTests {
    @Test func `FM-156: what a person sees in drawings of text is read`() throws {
        let diagrams = try Diagram.all()
        #expect(diagrams.count >= 60)
        let isTold = ProcessInfo.processInfo.environment["INKWIRE_FIGURES"] != nil
        var (all, styles): (DiagramScore, [(String, DiagramScore)]) = (DiagramScore(), [])
        for diagram in diagrams {
            let score = DiagramScore(diagram, try TextDiagram(diagram.text).drawing)
            if styles.last?.0 != diagram.style { styles.append((diagram.style, DiagramScore())) }
            styles[styles.count - 1].1 += score
            all += score
            if isTold, !score.complaints.isEmpty {
                print("\(diagram.style): \(diagram.title)\n    \(score.complaints.joined(separator: "\n    "))")
            }
        }
        if isTold {
            print("style      " + DiagramScore.heading)
            for (style, score) in styles + [("all", all)] { print(style.padding(toLength: 11, withPad: " ", startingAt: 0) + score.row) }
        }
        #expect(all.foundBoxes * 100 >= all.boxes * 90, "\(all.row)")
        #expect(all.falseBoxes * 100 <= all.boxes * 2, "\(all.row)")
        #expect(all.foundArrows * 100 >= all.arrows * 85, "\(all.row)")
        #expect(all.foundLoose * 100 >= all.loose * 85, "\(all.row)")
        #expect(all.equalCells * 100 >= all.cells * 95, "\(all.row)")
    }

    @Test func `FM-247: who moves a box takes along what is bound to it`() throws {
        let key = try SigningKey(seed: #require(Secret32(Array(repeating: 7, count: 32))))
        var ends = 0
        let step = Point(x: 40 * 64, y: 20 * 128)
        for diagram in try Diagram.all() {
            let drawing = try TextDiagram(diagram.text).drawing
            var board = try Board(
                genesis: Board.makeGenesis(owner: key, name: "test", wallTime: 0, nonce: Array(repeating: 7, count: 16)))
            func id(_ index: Int) -> ShapeID { ShapeID(author: key.author, number: UInt64(index) + 1) }
            var writes: [Write] = []
            for (index, item) in drawing.items.enumerated() {
                let draft = item.content.renaming { name in drawing.index(of: name).map(id) ?? name }
                writes += try board.writes(for: draft, number: UInt64(index) + 1, by: key.author)
            }
            for part in try board.parts(of: writes, by: key.author) { _ = try board.author(part, key: key, wallTime: 0) }
            for (index, item) in drawing.items.enumerated() where item.content.kind == .rectangle {
                let before = Dictionary(uniqueKeysWithValues: board.drawnShapes.map { ($0.id, $0.content) })
                _ = try board.author(board.writes(moving: [id(index)], by: step), key: key, wallTime: 0)
                for shape in board.drawnShapes where shape.content.hasEnds {
                    let (old, new) = (try #require(before[shape.id]), shape.content)
                    let bound = [(old.startBinding, new.points.first), (old.endBinding, new.points.last)]
                    for case (let binding?, let point?) in bound where binding.shape == id(index) {
                        let box = try #require(before[id(index)])
                        let (corner, end) = (box.position + step, new.position + point)
                        // It lies on the box as that stands now: within a world unit for what is rounded.
                        let isAtBox =
                            (corner.x - 1...corner.x + box.size.width + 1).contains(end.x)
                            && (corner.y - 1...corner.y + box.size.height + 1).contains(end.y)
                        #expect(isAtBox, "\(diagram.title): an end of \(String(describing: old)) is at \(String(describing: end))")
                        ends += 1
                    }
                }
                _ = try board.author(board.writes(moving: [id(index)], by: .zero - step), key: key, wallTime: 0)
            }
        }
        #expect(ends > 150)
    }
}
