import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession
import Testing

@Suite struct BoardViewTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `FE-6: shapes stand in depth order, whatever came in which order`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let author: AuthorID = identifier(1)
        var (view, standing): (BoardView, [ShapeID: Shape]) = (BoardView(), [:])
        view.replaceAll([])
        for _ in 0..<120 {
            let id = ShapeID(author: author, number: UInt64(1 + random.below(12)))
            let version = view.version
            if let shape = standing[id], random.chance(0.3) {
                standing[id] = nil
                view.apply(ShapeChange(kind: .removed, id: id, author: author, shape: shape))
            } else {
                // Few depths, so that they collide.
                let shape = Shape(
                    id: id, content: ShapeDraft(kind: .rectangle, position: Point(x: Int32(random.below(99)), y: 0)),
                    depth: depth(UInt64(1 + random.below(3))))
                view.apply(ShapeChange(kind: standing[id] == nil ? .added : .changed, id: id, author: author, shape: shape))
                standing[id] = shape
            }
            #expect(view.version > version)
            let sorted = standing.values.sorted { $0.isBelow($1) }
            #expect(view.shapes == sorted, "seed \(seed)")
            #expect(sorted.indices.allSatisfy { view.index(of: sorted[$0].id) == $0 && view[sorted[$0].id] == sorted[$0] })
        }
        var whole = BoardView()
        whole.replaceAll(standing.values.shuffled(using: &random))
        #expect(whole.shapes == view.shapes && whole.isEmpty == standing.isEmpty)
        #expect(view.index(of: ShapeID(author: author, number: 99)) == nil)
    }

    @Test func `FE-7: the newest messages are kept, each once`() {
        var chats = Chats()
        for number in 0..<Chats.messagesMax + 10 {
            let message = ChatMessage(id: identifier(number), author: identifier(1), text: "\(number)")
            chats.take(message, by: nil)
            chats.take(message, by: nil)
        }
        #expect(chats.messages.count == Chats.messagesMax)
        #expect(chats.messages.first?.message.text == "10" && chats.messages.last?.message.text == "\(Chats.messagesMax + 9)")
        #expect(chats.older == .before(identifier(10)))
    }
}
