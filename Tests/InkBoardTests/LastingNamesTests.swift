import InkBoard
import InkPrimitives
import Testing

@Suite struct LastingNamesTests {
    @Test func `BD-70, BD-155: what has no label of its own is called by its id, for ever`() {
        var shapes = ["box", "", "to b", "Ink"].enumerated().map { index, label in
            Shape(
                id: ShapeID(author: AuthorID([UInt8](repeating: 7, count: 32))!, number: UInt64(index + 1)),
                content: ShapeDraft(kind: .note, position: .zero, label: label), depth: .first)
        }
        let names = LastingNames(shapes)
        #expect(names[shapes[2].id] == "to b" && names.shape("Ink") == shapes[3].id)
        #expect(names[shapes[1].id]?.utf8.count == 11 && names[shapes[1].id]?.first == "~")
        // One label for two is none for both, and nobody takes a name away by a label.
        shapes[3].content.label = "box"
        shapes[2].content.label = names[shapes[1].id] ?? ""
        let again = LastingNames(shapes)
        #expect(again[shapes[1].id] == names[shapes[1].id])
        #expect(Set(shapes.compactMap { again[$0.id] }).count == 4 && again.shape("box") == nil)
        for shape in shapes { #expect(again[shape.id]?.first == "~") }
        // On another board, where it was made of a file, it keeps the name.
        let copy = Shape(
            id: ShapeID(author: AuthorID([UInt8](repeating: 9, count: 32))!, number: 77),
            content: ShapeDraft(kind: .note, position: .zero, label: names[shapes[1].id] ?? ""), depth: .first)
        #expect(LastingNames([copy])[copy.id] == names[shapes[1].id])
        // Whoever was called so is known by it.
        #expect(
            again.shapes(onceCalled: "box") == [shapes[0].id, shapes[3].id]
                && again.shapes(onceCalled: names[shapes[1].id] ?? "").first == shapes[1].id)
    }
}
