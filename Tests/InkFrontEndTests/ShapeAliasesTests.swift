import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct ShapeAliasesTests {
    private static let me: AuthorID = {
        var random = SplitMix64(seed: 1)
        return AuthorID(using: &random)
    }()

    private func id(_ number: UInt64) -> ShapeID { ShapeID(author: Self.me, number: number) }
    private func shape(_ number: UInt64) -> Shape {
        Shape(id: id(number), content: ShapeDraft(kind: .rectangle, position: .zero), depth: .first)
    }
    private func added(_ number: UInt64) -> Event {
        .changed([ShapeChange(kind: .added, id: id(number), author: Self.me, shape: shape(number))], ref: nil)
    }

    @Test func `FE-42: a shape that is made anew keeps the name that the program was told`() {
        var aliases = ShapeAliases()
        #expect(aliases.forProgram(added(7)) == added(7) && aliases.forHolder(.delete([id(7)])) == .delete([id(7)]))
        aliases.lose([id(7)])
        #expect(aliases.isLost(id(7)))
        aliases.bind(id(7), to: id(9))
        #expect(!aliases.isLost(id(7)))
        #expect(aliases.forProgram(added(9)) == added(7))
        #expect(aliases.forProgram([shape(9), shape(3)]).map(\.id) == [id(7), id(3)])
        #expect(aliases.forHolder(.begin(.move([id(7), id(3)], by: .zero))) == .begin(.move([id(9), id(3)], by: .zero)))
        #expect(aliases.forProgram(.outcome(ref: 1, .skipped([id(9)]))) == .outcome(ref: 1, .skipped([id(7)])))
        // A second holder is lost, too.
        aliases.lose([id(7)])
        aliases.bind(id(7), to: id(4))
        #expect(aliases.forHolder(.set(id(7), [])) == .set(id(4), []) && aliases.forProgram(added(4)) == added(7))
    }

    @Test func `FE-42: a line stays bound to a shape that is made anew`() {
        var aliases = ShapeAliases()
        aliases.bind(id(7), to: id(9))
        func line(_ target: UInt64) -> ShapeDraft { ShapeDraft(kind: .line, position: .zero, endBinding: Binding(id(target), x: 1, y: 2)) }
        func binding(_ target: UInt64) -> [PropertyChange] { [.text("t"), .startBinding(Binding(id(target))), .endBinding(nil)] }
        #expect(aliases.forHolder(.draw(line(7))) == .draw(line(9)))
        #expect(aliases.forHolder(.drawAll([line(7), line(3)])) == .drawAll([line(9), line(3)]))
        #expect(aliases.forHolder(.set(id(3), binding(7))) == .set(id(3), binding(9)))
        #expect(aliases.forHolder(.setAll([id(3)], binding(7))) == .setAll([id(3)], binding(9)))
        #expect(aliases.forHolder(.begin(.shape(line(7)))) == .begin(.shape(line(9))))
        let told = aliases.forProgram([Shape(id: id(4), content: line(9), depth: .first)])
        #expect(told.map(\.content) == [line(7)])
    }

    @Test func `FE-42: what another program makes anew is known by its label, and by nothing else`() {
        func shape(_ number: UInt64, _ label: String, author: AuthorID = Self.me) -> Shape {
            Shape(
                id: ShapeID(author: author, number: number), content: ShapeDraft(kind: .rectangle, position: .zero, label: label),
                depth: .first)
        }
        func added(_ shape: Shape) -> Event {
            .changed([ShapeChange(kind: .added, id: shape.id, author: shape.id.author, shape: shape)], ref: nil)
        }
        var random = SplitMix64(seed: 2)
        let somebody = AuthorID(using: &random)
        var aliases = ShapeAliases()
        aliases.lose([shape(7, "mine"), shape(8, "")])
        for other in [shape(20, ""), shape(21, "yours"), shape(22, "mine", author: somebody)] {
            #expect(aliases.forProgram(added(other)) == added(other))
        }
        #expect(aliases.forProgram(added(shape(9, "mine"))) == added(shape(7, "mine")) && !aliases.isLost(id(7)))
        // Once: a second one of that label is another shape.
        #expect(aliases.forProgram(added(shape(10, "mine"))) == added(shape(10, "mine")))
        #expect(aliases.forHolder(.delete([id(7)])) == .delete([id(9)]))
        aliases.recognise([shape(9, "mine")])
        #expect(aliases.forHolder(.delete([id(7)])) == .delete([id(9)]))
    }

    @Test func `FE-169: shapes that exchange their numbers are not taken for each other`() {
        var aliases = ShapeAliases()
        aliases.lose([id(7), id(8)])
        // Made anew in another order.
        aliases.bind(id(8), to: id(7))
        aliases.bind(id(7), to: id(8))
        #expect(aliases.forProgram(added(7)) == added(8) && aliases.forProgram(added(8)) == added(7))
        #expect(aliases.forHolder(.delete([id(7), id(8)])) == .delete([id(8), id(7)]))
    }

    @Test func `FE-169: a name that the program was told never passes to another shape`() {
        var aliases = ShapeAliases()
        aliases.lose([id(7)])
        // Somebody else's shape got the number.
        let fresh = aliases.known(id(7))
        #expect(fresh != id(7) && fresh.author == Self.me)
        #expect(aliases.known(id(7)) == fresh, "and keeps the name that it got")
        #expect(aliases.forHolder(.delete([fresh])) == .delete([id(7)]))
        aliases.bind(id(7), to: id(8))
        #expect(aliases.known(id(7)) == fresh && aliases.known(id(8)) == id(7))
        #expect(aliases.known(id(5)) == id(5))
    }
}
