import InkBoard
import InkPrimitives

/// A board as a file of Excalidraw, version 2 (its `packages/excalidraw/element/types.ts`): `.excalidraw`.
///
/// What Excalidraw has is written as it has it, so that its people see and change it there. What only we have (notes, double lines, elbows as we lay them,
/// labels for scripts, the reader's own ink) goes into `customData`, which Excalidraw keeps (FM-160).
package struct ExcalidrawWriter: Sendable {
    private var elements: [JSONValue] = []
    private let names: [ShapeID: String]
    private let shapes: [Shape]

    /// - Parameter shapes: as they are drawn, bottom first.
    package init(_ shapes: [Shape]) {
        self.shapes = shapes
        names = Self.names(shapes)
        let bound = Self.bound(shapes)
        for shape in shapes { add(shape, arrows: bound[shape.id] ?? []) }
    }

    /// The file.
    package var text: String {
        let state: JSONObject = ["gridSize": .null, "viewBackgroundColor": "#ffffff"]
        let file: JSONObject = [
            "type": "excalidraw", "version": 2, "source": "inkwire", "elements": .array(elements), "appState": .object(state),
            "files": .object([:]),
        ]
        return JSONValue.object(file).text + "\n"
    }

    private static func names(_ shapes: [Shape]) -> [ShapeID: String] {
        let short = shapes.map { "\($0.id.author.hex.prefix(8))-\($0.id.number)" }
        let isUnique = Set(short).count == short.count
        return Dictionary(uniqueKeysWithValues: zip(shapes, short).map { ($0.id, isUnique ? $1 : "\($0.id.author.hex)-\($0.id.number)") })
    }

    /// The lines that end at each shape.
    private static func bound(_ shapes: [Shape]) -> [ShapeID: [ShapeID]] {
        var bound: [ShapeID: [ShapeID]] = [:]
        for shape in shapes {
            for binding in Set([shape.content.startBinding, shape.content.endBinding].compactMap { $0?.shape }).sorted() {
                bound[binding, default: []].append(shape.id)
            }
        }
        return bound
    }

    // MARK: Elements

    private mutating func add(_ shape: Shape, arrows: [ShapeID]) {
        let content = shape.content
        guard let name = names[shape.id] else { return }
        var element = common(shape, name)
        let label = content.kind == .text || content.text.isEmpty ? nil : "\(name)-text"
        let attached = arrows.compactMap { names[$0] }.map { JSONValue.object(["id": .string($0), "type": "arrow"]) }
        let bound = attached + (label.map { [.object(["id": .string($0), "type": "text"])] } ?? [])
        element["boundElements"] = .array(bound)
        switch content.kind {
        case .rectangle, .ellipse, .diamond, .note: place(&element, content.position, content.size)
        case .line, .arrow: line(&element, content)
        case .freehand:
            path(&element, content)
            element["pressures"] = .array([])
            element["simulatePressure"] = true
        case .text:
            let extent = TextLayout.extent(of: content.text)
            place(&element, content.position, Self.size(extent.columns, extent.rows))
            text(&element, content.text, align: "left", container: nil)
        }
        elements.append(.object(element))
        if let label { add(label: label, of: shape, in: name) }
    }

    private func common(_ shape: Shape, _ name: String) -> JSONObject {
        let content = shape.content
        var element: JSONObject = [
            "id": .string(name), "type": .string(Self.type(of: content)), "x": 0, "y": 0, "width": 0, "height": 0, "angle": 0,
            "strokeColor": .string(content.stroke?.text.lowercased() ?? ExcalidrawNames.ink),
            "backgroundColor": .string(content.fill?.text.lowercased() ?? "transparent"), "fillStyle": "solid",
            "strokeWidth": .number(Double(max(8, content.strokeWidth)) / 8), "strokeStyle": .string(Self.style(of: content)),
            "roughness": 0,
            "opacity": 100, "groupIds": .array(content.groups.reversed().map { .string($0.text) }), "frameId": .null,
            "index": .string(Self.index(elements.count)),
            "roundness": content.hasRoundCorners && content.kind != .freehand ? .object(["type": 3]) : .null,
            "seed": .integer(Int64(elements.count + 1)), "version": 1, "versionNonce": .integer(Int64(elements.count + 1)),
            "isDeleted": false,
            "boundElements": .array([]), "updated": 1, "link": .null, "locked": false,
        ]
        let own = own(shape)
        if !own.members.isEmpty { element["customData"] = .object([ExcalidrawNames.own: .object(own)]) }
        return element
    }

    /// What Excalidraw has no place for.
    private func own(_ shape: Shape) -> JSONObject {
        let content = shape.content
        var own = JSONObject()
        if content.kind == .note || content.kind == .line && Self.type(of: content) == "arrow" { own["kind"] = .string(content.kind.name) }
        if !content.label.isEmpty { own["id"] = .string(content.label) }
        // It would be read as the reader's own ink.
        if let stroke = content.stroke, ExcalidrawNames.inks.contains(stroke) { own["stroke"] = .string(stroke.text.lowercased()) }
        if content.strokeWidth < 8 { own["stroke_width"] = .number(Double(content.strokeWidth) / 8) }
        if content.lineStyle == .double { own["line_style"] = "double" }
        if content.corners == .sharp, content.kind == .note { own["corners"] = "sharp" }
        if content.route == .elbow { own["route"] = "elbow" }
        return own
    }

    private static func type(of content: ShapeDraft) -> String {
        switch content.kind {
        case .rectangle, .note: "rectangle"
        case .ellipse: "ellipse"
        case .diamond: "diamond"
        // Only arrows have a text there.
        case .line: content.text.isEmpty && !content.isBound ? "line" : "arrow"
        case .arrow: "arrow"
        case .freehand: "freedraw"
        case .text: "text"
        }
    }

    private static func style(of content: ShapeDraft) -> String {
        switch content.lineStyle {
        case .solid, .double: "solid"
        case .dashed: "dashed"
        case .dotted: "dotted"
        }
    }

    private func place(_ element: inout JSONObject, _ position: Point, _ size: Size) {
        (element["x"], element["y"]) = (Self.pixels(position.x), Self.pixels(position.y))
        (element["width"], element["height"]) = (Self.pixels(max(0, size.width)), Self.pixels(max(0, size.height)))
        if size.width <= 0, size.height <= 0 { element["width"] = .number(ExcalidrawNames.speck) }
    }

    /// Points relative to the first, which is where the element is.
    private func path(_ element: inout JSONObject, _ content: ShapeDraft) {
        let points = content.points.isEmpty ? [.zero] : content.points
        // From edge to edge is more than a coordinate can say.
        let (x, y) = (points.map { Int64($0.x) }, points.map { Int64($0.y) })
        let (width, height) = ((x.max() ?? 0) - (x.min() ?? 0), (y.max() ?? 0) - (y.min() ?? 0))
        (element["x"], element["y"]) = (Self.pixels(Int64(content.position.x) + x[0]), Self.pixels(Int64(content.position.y) + y[0]))
        (element["width"], element["height"]) = (
            width == 0 && height == 0 ? .number(ExcalidrawNames.speck) : Self.pixels(width), Self.pixels(height)
        )
        var pairs: [JSONValue] = zip(x, y).map { .array([Self.pixels($0 - x[0]), Self.pixels($1 - y[0])]) }
        // What has one point is dropped there.
        if pairs.count == 1 { pairs.append(.array([.number(ExcalidrawNames.speck), 0])) }
        element["points"] = .array(pairs)
        element["lastCommittedPoint"] = .null
    }

    private func line(_ element: inout JSONObject, _ content: ShapeDraft) {
        path(&element, content)
        element["startBinding"] = binding(content.startBinding)
        element["endBinding"] = binding(content.endBinding)
        (element["startArrowhead"], element["endArrowhead"]) = (
            ExcalidrawNames.head(content.heads.start), ExcalidrawNames.head(content.heads.end)
        )
        if Self.type(of: content) == "arrow" { element["elbowed"] = false } else { element["polygon"] = false }
    }

    private func binding(_ binding: Binding?) -> JSONValue {
        guard let binding, let name = names[binding.shape] else { return .null }
        let at = [binding.x, binding.y].map { JSONValue.number((Double($0) * 100_000 / Double(Binding.full)).rounded() / 100_000) }
        return .object(["elementId": .string(name), "focus": 0, "gap": 1, "fixedPoint": .array(at)])
    }

    private mutating func add(label: String, of shape: Shape, in container: String) {
        let content = shape.content
        let words = TextPlacement(content, on: .standard).wrapped(content.text)
        var element = common(shape, label)
        element["type"] = "text"
        let stroke = own(shape)["stroke"]
        element["customData"] = stroke.map { .object([ExcalidrawNames.own: .object(["stroke": $0])]) }
        element["backgroundColor"] = "transparent"
        element["roundness"] = .null
        let size = Self.size(words.columns, words.rows)
        place(&element, Self.corner(of: content, size), size)
        text(&element, content.text, align: content.kind == .note ? "left" : "center", container: container)
        element["text"] = .string(ExcalidrawNames.shown(words.text))
        elements.append(.object(element))
    }

    /// Where a label of this size stands there.
    private static func corner(of content: ShapeDraft, _ size: Size) -> Point {
        guard content.kind != .note else { return content.position + Point(x: ExcalidrawNames.padding * 8, y: ExcalidrawNames.padding * 8) }
        var (x, y) = (2 * Int64(content.position.x) + Int64(content.size.width), 2 * Int64(content.position.y) + Int64(content.size.height))
        if content.kind.isPath { (x, y) = (2 * Int64(content.labelPoint.x), 2 * Int64(content.labelPoint.y)) }
        return Point(clampingX: (x - Int64(size.width)) / 2, y: (y - Int64(size.height)) / 2)
    }

    private func text(_ element: inout JSONObject, _ text: String, align: String, container: String?) {
        (element["text"], element["originalText"]) = (.string(ExcalidrawNames.shown(text)), .string(text))
        (element["fontSize"], element["fontFamily"]) = (.number(ExcalidrawNames.fontSize), .integer(ExcalidrawNames.fontFamily))
        element["textAlign"] = .string(align)
        element["verticalAlign"] = container != nil && align == "center" ? "middle" : "top"
        element["containerId"] = container.map { .string($0) } ?? .null
        element["lineHeight"] = .number(ExcalidrawNames.lineHeight)
        element["autoResize"] = true
    }

    // MARK: Values

    private static func size(_ columns: Int, _ rows: Int) -> Size {
        Size(width: Int32(clamping: columns * Grid.standard.columnUnits), height: Int32(clamping: rows * Grid.standard.rowUnits))
    }

    private static func pixels(_ value: some BinaryInteger) -> JSONValue { .number(Double(value) / 8) }

    /// The place in the order, as a fractional index whose keys are whole numbers: `a0` … `az`, `b00` … (github.com/rocicorp/fractional-indexing)
    /// (FM-160).
    package static func index(_ number: Int) -> String {
        let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        var (rest, length, room) = (number, 1, 62)
        while rest >= room { (rest, length, room) = (rest - room, length + 1, room * 62) }
        var text: [Character] = []
        for _ in 0..<length {
            text.append(digits[rest % 62])
            rest /= 62
        }
        return String(digits[36 + length - 1]) + String(text.reversed())
    }
}
