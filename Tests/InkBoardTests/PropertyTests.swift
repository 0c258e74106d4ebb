import InkPrimitives
import Testing

@testable import InkBoard

@Suite struct PropertyTests {
    // A number below 32 that means something else is another protocol, and so are other bytes from any number on.
    @Test func `BD-47, BD-145: the table is what peers and scripts rely on`() {
        let rows = KnownProperty.allCases.map { property in
            let row = property.row
            let keys = row.secondKey.map { "\(row.key),\($0)" } ?? "\(row.key)"
            return "\(property.rawValue) \(property) \(keys) \(row.place) \(row.law) \(row.form)"
        }
        #expect(
            rows == [
                "1 kind kind shape maker kind", "2 position x,y shape register point", "3 size w,h shape register size",
                "4 points points shape samples points", "5 text text shape register text(limit: 16384)",
                "6 stroke stroke shape register color", "7 fill fill shape register color",
                "8 strokeWidth stroke_width shape register strokeWidth", "9 depth depth shape register depth",
                "10 label id shape maker text(limit: 64)", "11 deletion deletion shape mark mark",
                "12 retraction retraction shape retraction names", "16 displayName name person person text(limit: 64)",
                "17 chat text person person text(limit: 4096)", "18 undo step person step name", "19 redo step person step name",
                "20 boardName name genesis genesis text(limit: 64)", "21 nonce nonce genesis genesis bytes(count: 16)",
                "22 boardVersion version genesis genesis number", "23 admission version genesis genesis number",
                "24 continuation step person step name", "25 grant grant person rights rights(InkBoard.RightsForm.grant)",
                "26 invite invite person rights rights(InkBoard.RightsForm.invite)",
                "27 admittance admission person rights rights(InkBoard.RightsForm.admission)",
                "28 removal removal person rights rights(InkBoard.RightsForm.removal)",
                "29 policy policy person rights rights(InkBoard.RightsForm.policy)",
                "30 firstSecret secret genesis genesis bytes(count: 32)",
                "32 textBase text anywhere remark opaque",
                "33 textMerged text anywhere remark opaque", "34 startBinding start_binding shape register binding",
                "35 endBinding end_binding shape register binding",
                "36 lineStyle line_style shape register choice(InkBoard.Choice.lineStyle)",
                "37 corners corners shape register choice(InkBoard.Choice.corners)",
                "38 startHead start_head shape register choice(InkBoard.Choice.head)",
                "39 endHead end_head shape register choice(InkBoard.Choice.head)",
                "40 route route shape register choice(InkBoard.Choice.route)", "41 group group shape register groups",
                "88 lock locked shape register choice(InkBoard.Choice.lock)", "89 pace pace person register number",
                "90 takeBack take_back person remark opaque",
            ])
    }

    @Test func `BD-47, BD-145: every property has a row by its number, and no other number below 32 has one`() {
        for number in 0...UInt16(130) {
            let property = Property(rawValue: number)
            let isKnown = KnownProperty.allCases.contains { $0.rawValue == number }
            #expect((property.known != nil) == isKnown)
            #expect((property.row != nil) == (isKnown || number >= 32), "\(number)")
        }
    }

    // Who does not know a property holds it as a register, or as what means nothing, so no other law would be kept by all.
    @Test func `BD-48: from 32 on a law is one that every version keeps`() {
        for property in KnownProperty.allCases where property.rawValue >= 32 {
            #expect(property.row.law == .register || property.row.law == .remark, "\(property)")
        }
    }

    @Test func `BD-2, BD-47: what is no value of a form is refused`() {
        let author = [UInt8](repeating: 7, count: 32)
        let place: [UInt8] = [0, 1, 0, 2]
        let tooHigh = Limits.shapeNumber + 1
        let beyond = (0..<8).map { UInt8(truncatingIfNeeded: (tooHigh | 3 << 62) >> UInt64(56 - $0 * 8)) }
        let group = [UInt8](repeating: 1, count: 8)
        let others = (0..<9).map { [UInt8](repeating: UInt8($0), count: 8) }
        #expect(Self.read(.binding, [1] + author + [5] + place) != nil && Self.read(.groups, [1] + group) != nil)
        for (form, bytes, what) in [
            (.binding, [2] + author + [5] + place, "a tag that is none"), (.binding, [1] + author + [0] + place, "the person record"),
            (.binding, [1] + author + beyond + place, "a number that no shape has"),
            (.binding, [1] + author + [0x40, 5] + place, "a number in two bytes that fits one"),
            (.binding, [1] + author + [5] + [0, 1, 0], "a place cut short"), (.groups, [2] + group + group, "a group twice"),
            (.groups, [9] + others.joined(), "more groups than are nested"), (.groups, [0x40, 1] + group, "a count in two bytes"),
            (.choice(.head), [6], "a choice that is none"), (.choice(.lineStyle), [4], "another"), (.choice(.corners), [3], "another"),
            (.choice(.route), [2], "another"), (.choice(.route), [], "nothing"),
        ] as [(PropertyForm, [UInt8], String)] {
            #expect(Self.read(form, bytes) == nil, "\(form): \(what)")
            #expect(form.value(of: bytes) == form.unwritten, "\(form): \(what)")
        }
    }

    /// What a form reads of bytes; nil where it refuses them.
    private static func read(_ form: PropertyForm, _ bytes: [UInt8]) -> Value? {
        var reader = ByteReader(bytes)
        guard let value = try? form.read(from: &reader), reader.remaining == 0 else { return nil }
        return value
    }

    @Test(arguments: seeds(100))
    func `BD-47: a drawing is its properties, each of which its form allows`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let draft = someDraft(using: &random)
        var copy = ShapeDraft(kind: .note, position: Point(x: 5, y: 5), size: Size(width: 1, height: 1), text: "x", fill: Color(rgb: 5))
        for property in KnownProperty.drawn where property != .depth {
            let value = try #require(draft.value(of: property), "\(property) is held nowhere")
            #expect(property.form.allows(value), "\(property)")
            copy.set(value, of: property)
        }
        #expect(copy == draft)
    }

    @Test func `BD-47: what is unwritten is what a shape has of which only the kind was said`() throws {
        var person = try Replica(1, genesis: try genesis(by: try key(1)))
        let id = ShapeID(author: person.author, number: 1)
        try person.write([Write(id, .kind, .kind(ShapeKind.rectangle.rawValue))])
        let shape = try #require(person.board.shape(id))
        #expect(shape.depth == .first)
        for property in KnownProperty.drawn where property != .kind && property != .depth {
            #expect(shape.content.value(of: property) == property.form.unwritten, "\(property)")
        }
    }

    /// A value of each form, and one that it does not allow, if there is any.
    private static let samples: [(PropertyForm, Value, Value?)] = [
        (.kind, .kind(63), .kind(64)), (.point, .point(Point(x: -7, y: Limits.coordinate)), .point(Point(x: Limits.coordinate + 1, y: 0))),
        (.size, .size(Size(width: 9, height: 0)), .size(Size(width: -1, height: 0))),
        (.points, .points([.zero, Point(x: 8, y: -8)]), .points(Array(repeating: .zero, count: Limits.pointsPerStroke + 1))),
        (.text(limit: 4), .text("nöt"), .text("nöth")), (.color, .color(nil), nil), (.color, .color(Color(rgb: 0xFF_FFFF)), .mark),
        (.strokeWidth, .strokeWidth(2047), .strokeWidth(2048)), (.depth, .depth(.between(.first, nil)), nil),
        (
            .binding, .binding(Binding(ShapeID(author: .zero, number: 7), x: 1, y: .max)),
            .binding(Binding(ShapeID(author: .zero, number: Limits.shapeNumber + 1)))
        ),
        (.binding, .binding(nil), nil), (.choice(.head), .choice(5), .choice(6)), (.choice(.route), .choice(0), .mark),
        (
            .groups, .groups([GroupID(rawValue: 9), GroupID(rawValue: 1)]),
            .groups(Array(repeating: GroupID(rawValue: 9), count: 2))
        ), (.groups, .groups([]), .groups((0...8).map { GroupID(rawValue: $0) })), (.mark, .mark, .bytes([])),
        (.names, .names([.zero]), .names([])), (.name, .name(.zero), nil), (.bytes(count: 2), .bytes([1, 2]), .bytes([1])),
        (.number, .number(70), nil), (.opaque, .bytes([1, 2, 3]), .text("")),
    ]

    @Test func `BD-2, BD-47: each form reads what it wrote, and tells what is in its range`() throws {
        for (form, value, wrong) in Self.samples {
            var writer = ByteWriter(capacity: 64)
            let isWritten = form.write(value, to: &writer)
            #expect(isWritten && form.allows(value), "\(form)")
            var reader = ByteReader(writer.bytes)
            let read = try form.read(from: &reader)
            #expect(read == value && reader.remaining == 0, "\(form)")
            if let wrong { #expect(!form.allows(wrong), "\(form)") }
        }
    }

    @Test func `BD-146: from 32 on what bytes mean is their form's to say, and bytes that are none mean nothing`() {
        for (form, value, _) in Self.samples {
            #expect(form.value(of: form.bytes(of: value)) == value, "\(form)")
            guard form != .opaque else { continue }
            #expect(form.value(of: form.bytes(of: value) + [0]) == form.unwritten, "\(form)")
        }
        #expect(
            PropertyForm.color.value(of: []) == .color(nil) && PropertyForm.binding.value(of: [1, 2, 3]) == .binding(nil)
                && PropertyForm.text(limit: 4).value(of: [9, 65]) == .text(""))
    }

    @Test func `BD-49, BD-147: what is not known is shown as bytes, follows undo and redo, and is bounded`() throws {
        var (ana, bob) = (try Replica(1, genesis: try genesis(by: try key(1))), try Replica(2, genesis: try genesis(by: try key(1))))
        let id = try ana.draw(ShapeDraft(kind: .rectangle, position: .zero))
        func shown(_ person: Replica) -> [UInt16: [UInt8]] {
            Dictionary(uniqueKeysWithValues: (person.board.shape(id)?.extra ?? []).map { ($0.property.rawValue, $0.bytes) })
        }
        let most = [UInt8](repeating: 7, count: Shape.extraBytesMax)
        try ana.write([
            Write(id, Property(rawValue: 127), .bytes([1])), Write(id, Property(rawValue: 100), .bytes(most)),
            Write(id, Property(rawValue: 101), .bytes(most + [7])), Write(id, Property(rawValue: 128), .bytes([1])),
            Write(id, Property(rawValue: 102), .bytes([])), Write(id, .textBase, .bytes([])),
        ])
        #expect(shown(ana) == [100: most, 127: [1]])
        #expect(ana.board.shape(id)?.extra.map(\.property.rawValue) == [100, 127])
        bob.receive(ana)
        try bob.write([Write(id, Property(rawValue: 100), .bytes([5])), Write(id, Property(rawValue: 101), .bytes([6]))])
        #expect(shown(bob) == [100: [5], 101: [6], 127: [1]])
        try bob.undo()
        #expect(shown(bob) == [100: most, 127: [1]])
        try bob.redo()
        #expect(shown(bob) == [100: [5], 101: [6], 127: [1]])
        ana.receive(bob)
        #expect(ana.board.shape(id) == bob.board.shape(id))
        try ana.undo()
        // Where bob's write stands it is left alone.
        #expect(shown(ana) == [100: [5], 101: [6]])
    }

    @Test func `BD-49: a change of what is not known is told`() throws {
        var (ana, bob) = (try Replica(1, genesis: try genesis(by: try key(1))), try Replica(2, genesis: try genesis(by: try key(1))))
        let id = try ana.draw(ShapeDraft(kind: .rectangle, position: .zero))
        bob.receive(ana)
        let outcome = bob.board.insert(try ana.write([Write(id, Property(rawValue: 100), .bytes([1, 2]))]))
        #expect(outcome.changes.map(\.after?.extra) == [[ExtraProperty(property: Property(rawValue: 100), bytes: [1, 2])]])
    }

    @Test func `BD-48: from 32 on all stand anywhere as bytes, whether this version knows them or not`() throws {
        var person = try Replica(1, genesis: try genesis(by: try key(1)))
        let id = try person.draw(ShapeDraft(kind: .rectangle, position: .zero))
        let me = ShapeID(author: person.author, number: 0)
        for number in [32, 33, 34, 100, 65_535] as [UInt16] {
            let property = Property(rawValue: number)
            let written = try person.write([Write(me, property, .bytes([1])), Write(id, property, .bytes([2, 3]), restores: .unwritten)])
            #expect(try Transaction(decoding: written.encoded) == written)
            #expect(written.writes.map(\.value) == [.bytes([1]), .bytes([2, 3])])
        }
        for value in [Value.text("x"), .mark, .color(nil)] {
            #expect(throws: RuleViolation.badValue(field: "property 100")) {
                try person.board.author([Write(id, Property(rawValue: 100), value)], key: person.key, wallTime: 0)
            }
        }
    }
}
