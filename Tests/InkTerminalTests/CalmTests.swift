import InkBoard
import InkFormats
import InkPrimitives
import InkSession
import InkTerminal
import Testing

/// What keeps a board calm, in a terminal.
@Suite struct CalmTests {
    /// A box in the cells from (10, 5) to (19, 8), as somebody drew it.
    private static func box(_ desk: inout Desk, by bob: Int) throws -> Shape {
        let draft = ShapeDraft(
            kind: .rectangle, position: Point(x: 10 * 64, y: 5 * 128), size: Size(width: 9 * 64, height: 3 * 128), text: "cache")
        desk.act(.draw(draft), by: bob)
        return try #require(desk.standing.isEmpty ? nil : desk.session?.shapes.last)
    }

    private static func tell(_ desk: inout Desk, _ shape: Shape, locked: Bool) {
        let told = Shape(id: shape.id, content: shape.content, depth: shape.depth, isLocked: locked)
        desk.hear(.changed([ShapeChange(kind: .changed, id: shape.id, author: shape.id.author, shape: told)], ref: nil))
        desk.wait(.milliseconds(100))
    }

    /// Somebody comes, whose name is known, and of whose coming nothing is said any more.
    private static func join(_ name: String, to desk: inout Desk) -> Int {
        let number = desk.join(name)
        desk.introduce([number])
        desk.wait(.seconds(15))
        return number
    }

    @Test(arguments: [GlyphStyle.unicode, .ascii])
    func `TM-439: a locked shape has a mark until it is opened`(style: GlyphStyle) throws {
        var desk = try Desk(style: style)
        let bob = desk.join("bob")
        let shape = try Self.box(&desk, by: bob)
        desk.wait(.milliseconds(100))
        let mark = style == .ascii ? "#" : "■"
        let corner = { (desk: Desk) in desk.terminal.rowsOfText[5][19] }
        #expect(corner(desk) != mark)
        Self.tell(&desk, shape, locked: true)
        #expect(corner(desk) == mark, "\(desk.text)")
        Self.tell(&desk, shape, locked: false)
        #expect(corner(desk) != mark)
    }

    @Test func `TM-310: lock and unlock ask for what is selected, and only where there is something to do`() throws {
        var desk = try Desk()
        let shape = try Self.box(&desk, by: desk.join("bob"))
        desk.run("lock")
        #expect(desk.text.contains("nothing is selected"))
        desk.type("]")
        desk.run("unlock")
        #expect(desk.text.contains("nothing of that is locked"))
        desk.run("lock")
        #expect(desk.intents.last == .calm(.lock([shape.id], true)))
        Self.tell(&desk, shape, locked: true)
        desk.run("lock")
        #expect(desk.text.contains("that is locked already"))
        desk.run("unlock")
        #expect(desk.intents.last == .calm(.lock([shape.id], false)))
    }

    @Test func `TM-312: what a viewer may not do is said once in a use of a tool`() throws {
        var desk = try Desk()
        desk.isSlow = true
        func draw(_ row: Int) {
            desk.drag([(10, row), (20, row + 2)])
            desk.refuse(.notAllowed(.viewer))
        }
        desk.type("p")
        draw(4)
        #expect(desk.text.contains("you are a viewer here"))
        desk.wait(.seconds(5))
        #expect(!desk.text.contains("you are a viewer here"))
        draw(8)
        #expect(!desk.text.contains("you are a viewer here"))
        desk.type("r")
        draw(12)
        #expect(desk.text.contains("you are a viewer here"))
    }

    @Test func `FE-150, TM-311: a pointer that is muted is not shown, nor its light, here alone and until it is wanted`() throws {
        var desk = try Desk()
        let bob = Self.join("bob", to: &desk)
        var column = 20
        func points() -> Bool {
            column += 4
            desk.act(.cursor(middle(column, 8)), by: bob, then: .milliseconds(300))
            return desk.terminal.lines[9].contains(" bob")
        }
        #expect(points(), "\(desk.text)")
        desk.run("mute carl")
        #expect(desk.text.contains("nobody here is called so"))
        desk.escape()
        desk.escape()
        desk.run("mute bob")
        #expect(desk.text.contains("the pointer of bob is not shown here"))
        desk.wait(.seconds(5))
        #expect(!points() && !desk.intents.contains { if case .calm = $0 { true } else { false } })
        desk.run("unmute bob")
        desk.wait(.seconds(5))
        #expect(points())
        desk.run("mute bob")
        desk.run("unmute")
        #expect(desk.text.contains("all pointers are shown again"))
        desk.run("unmute")
        #expect(desk.text.contains("all pointers are shown"))
    }

    @Test func `TM-313: who writes in a shape stands there by name when his pointer says nothing any more`() throws {
        var desk = try Desk()
        let bob = Self.join("bob", to: &desk)
        let shape = try Self.box(&desk, by: bob)
        desk.act(.begin(.text(shape.id, "cache 2")), by: bob, then: .milliseconds(500))
        #expect(desk.terminal.lines[4].contains(" bob"), "\(desk.text)")
        desk.act(.commit, by: bob, then: .seconds(1))
        #expect(!desk.terminal.lines[4].contains(" bob"))
        // By the pointer that moves it there is no second name.
        desk.act(.cursor(middle(12, 6)), by: bob)
        desk.act(.begin(.move([shape.id], by: .zero)), by: bob)
        desk.act(.update(.move([shape.id], by: Point(x: 128, y: 0))), by: bob, then: .milliseconds(400))
        #expect(desk.text.components(" bob") == 1, "\(desk.text)")
        desk.wait(.seconds(4))
        #expect(desk.text.components(" bob") == 1 && desk.terminal.lines[4].contains(" bob"), "\(desk.text)")
    }

    @Test func `FE-151, TM-314, TM-440: remove and take-back mean somebody by a name with blanks, and say what is missing`() throws {
        var desk = try Desk()
        let bob = Self.join("bob the builder", to: &desk)
        // What is seen is told, too, whenever it changes.
        func asked() -> Intent? { desk.intents.last { if case .view = $0 { false } else { true } } }
        let author = try #require(desk.session?.node(bob).author)
        desk.run("remove bob the builder too loud today")
        #expect(asked() == .remove(RemovalOrder(.device(author), reason: "too loud today")))
        desk.run("remove eve now")
        #expect(desk.text.contains("nobody here is called so"))
        desk.escape()
        desk.escape()
        desk.run("take-back bob the builder 10m")
        #expect(asked() == .calm(.takeBack(TakeBackOrder(.named("bob the builder"), .last(seconds: 600)))))
        desk.run("take-back bob the builder")
        #expect(asked() == .calm(.takeBack(TakeBackOrder(.named("bob the builder")))))
    }
}

extension String {
    /// How often a part stands in it.
    fileprivate func components(_ part: String) -> Int {
        var (count, rest) = (0, self[...])
        while let range = rest.firstRange(of: part) { (count, rest) = (count + 1, rest[range.upperBound...]) }
        return count
    }
}
