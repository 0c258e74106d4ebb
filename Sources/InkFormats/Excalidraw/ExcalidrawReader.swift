import InkBoard
import InkPrimitives

/// A file of Excalidraw as a drawing. One element is held as JSON at a time.
package struct ExcalidrawReader: Sendable {
    package private(set) var drawing = Drawing()
    private let bytes: [UInt8]
    private var reader: JSONReader
    private var places: [String: Int] = [:]
    /// Texts that belong into another element.
    private var labels: [(container: String, text: String, stroke: Color?)] = []
    private var ends: [(place: Int, property: KnownProperty, target: String, at: [Double]?)] = []

    package init(_ bytes: [UInt8]) throws(DrawingError) {
        (self.bytes, reader) = (bytes, JSONReader(bytes))
        try readFile()
        putLabels()
        bind()
    }

    private mutating func readFile() throws(DrawingError) {
        guard try next() == .objectBegin else { throw error("the file is no JSON object, and so none of Excalidraw") }
        var (type, hasElements): (String?, Bool) = (nil, false)
        while case .name(let name) = try next() {
            let part = try next()
            switch name {
            case "type":
                guard case .string(let text) = part, text.hasPrefix("excalidraw") else {
                    throw error("the file says that it is something else than Excalidraw's")
                }
                type = text
            case "version":
                guard case .number(let text) = part, (1...2).contains(Double(text) ?? 0) else {
                    throw error("the file is of a version of Excalidraw's format that is not known: 1 and 2 are read")
                }
            case "elements":
                guard !hasElements, part == .arrayBegin else { throw error("elements: one list is needed") }
                hasElements = true
                var element = try next()
                while element != .arrayEnd {
                    let offset = reader.offset
                    guard element == .objectBegin, let object = try value(element).object else {
                        throw error("each element is a JSON object")
                    }
                    try take(object, offset)
                    element = try next()
                }
            default:
                do throws(JSONReader.Failure) { try reader.skip(part) } catch { throw DrawingError(error, of: bytes) }
            }
        }
        _ = try next()
        guard type != nil, hasElements else {
            throw DrawingError("the file has no “\(type == nil ? "type" : "elements")”: it is none of Excalidraw's")
        }
    }

    // MARK: Elements

    private mutating func take(_ element: JSONObject, _ offset: Int) throws(DrawingError) {
        guard element["isDeleted"] != .bool(true) else { return }
        guard drawing.items.count < Drawing.itemsMax else { throw error("there are more than \(Drawing.itemsMax) elements", offset) }
        let type = element["type"]?.string ?? ""
        let position = Point(x: try pixels(element, "x", offset), y: try pixels(element, "y", offset))
        let size = Size(width: try extent(element, "width", offset), height: try extent(element, "height", offset))
        var draft: ShapeDraft
        switch type {
        case "rectangle", "ellipse", "diamond":
            guard let kind = ShapeKind(name: type) else { return }
            draft = ShapeDraft(kind: kind, position: position, size: size)
            if element["roundness"]?.object != nil, kind == .rectangle { draft.corners = .round }
        case "line", "arrow":
            draft = ShapeDraft(kind: type == "line" ? .line : .arrow, position: position, points: try points(element, offset))
        case "freedraw", "draw": draft = ShapeDraft(kind: .freehand, position: position, points: try points(element, offset))
        case "text":
            let text = try words(element, offset)
            guard !text.isEmpty else { return }
            if let container = element["containerId"]?.string {
                labels.append((container, text, color(element["strokeColor"], element)))
                return
            }
            draft = ShapeDraft(kind: .text, position: position, text: text)
            if let size = element["fontSize"]?.number, !(12...20).contains(size) { drawing.lose("sizes of letters", becoming: "one size") }
        case "frame", "magicframe":
            draft = ShapeDraft(kind: .rectangle, position: position, size: size, text: element["name"]?.string ?? "")
            draft.lineStyle = .dashed
            drawing.lose("frames", becoming: "boxes")
        case "image", "embeddable", "iframe", "selection":
            return drawing.lose(type == "image" ? "images" : "elements of type \(type)")
        default: return drawing.lose("elements of another version's type")
        }
        try style(&draft, element, offset)
        guard draft.points.count <= Limits.pointsPerStroke else {
            throw error("a path has more than \(Limits.pointsPerStroke) points", offset)
        }
        turn(&draft, by: element["angle"]?.number ?? 0)
        if draft.hasEnds { try readEnds(&draft, element, offset) }
        own(&draft, element["customData"]?.object?[ExcalidrawNames.own]?.object)
        let name = element["id"]?.string ?? ""
        guard name.isEmpty || places.updateValue(drawing.items.count, forKey: name) == nil else {
            throw error("the id “\(name)” stands twice", offset)
        }
        drawing.items.append(Drawing.Item(name: name, content: draft))
    }

    private mutating func style(_ draft: inout ShapeDraft, _ element: JSONObject, _ offset: Int) throws(DrawingError) {
        draft.stroke = color(element["strokeColor"], element)
        draft.fill = draft.kind == .text || draft.kind.isPath ? nil : background(element)
        if let width = element["strokeWidth"]?.number {
            guard width.isFinite, (0...255).contains(width) else { throw error("strokeWidth: a number from 0 to 255 is needed", offset) }
            draft.strokeWidth = UInt16((width * 8).rounded())
        }
        switch element["strokeStyle"]?.string {
        case "dashed": draft.lineStyle = .dashed
        case "dotted": draft.lineStyle = .dotted
        default: break
        }
        if let opacity = element["opacity"]?.number, opacity < 100 { drawing.lose("opacities", becoming: "opaque ones") }
        if element["link"]?.string != nil { drawing.lose("links") }
        let groups = element["groupIds"]?.array?.compactMap(\.string) ?? []
        if groups.count > GroupID.depthMax { drawing.lose("groups that are nested too deep") }
        // Theirs are named from within, by any text.
        var chain: [GroupID] = []
        for name in groups.suffix(GroupID.depthMax).reversed() {
            let group = GroupID(name) ?? GroupID(hashing: Array(name.utf8))
            if !chain.contains(group) { chain.append(group) }
        }
        draft.groups = chain
    }

    private func color(_ value: JSONValue?, _ element: JSONObject) -> Color? {
        guard let text = value?.string?.lowercased(), !ExcalidrawNames.inks.contains(text) else { return nil }
        return Self.color(text)
    }

    private mutating func background(_ element: JSONObject) -> Color? {
        guard let text = element["backgroundColor"]?.string?.lowercased(), text != "transparent", !text.isEmpty else { return nil }
        guard let color = Self.color(text) else { return nil }
        if let style = element["fillStyle"]?.string, style != "solid" { drawing.lose("patterns of fills", becoming: "plain ones") }
        return color
    }

    /// `#rgb`, `#rrggbb` and `#rrggbbaa`.
    private static func color(_ text: String) -> Color? {
        guard text.first == "#" else { return named[text] }
        let digits = text.dropFirst()
        switch digits.utf8.count {
        case 3: return Color("#" + digits.map { "\($0)\($0)" }.joined())
        case 6: return Color(text)
        case 8: return Color("#" + digits.prefix(6))
        default: return nil
        }
    }

    private static let named: [String: Color] = [
        "white": Color(rgb: 0xFFFFFF), "red": Color(rgb: 0xFF0000), "green": Color(rgb: 0x008000), "blue": Color(rgb: 0x0000FF),
        "yellow": Color(rgb: 0xFFFF00), "orange": Color(rgb: 0xFFA500), "gray": Color(rgb: 0x808080), "grey": Color(rgb: 0x808080),
    ]

    /// What is ours alone wins where nobody changed the like in Excalidraw.
    private func own(_ draft: inout ShapeDraft, _ own: JSONObject?) {
        guard let own else { return }
        if own["kind"] == "note", draft.kind == .rectangle {
            draft.kind = .note
            draft.corners = own["corners"] == "sharp" ? .sharp : .usual
        }
        if own["kind"] == "line", draft.kind == .arrow {
            let end = draft.heads.end
            (draft.kind, draft.endHead) = (.line, end == .none ? .usual : end)
        }
        if let label = own["id"]?.string, label.utf8.count <= Limits.nameBytes { draft.label = label }
        if own["stroke"]?.string == ExcalidrawNames.ink, draft.stroke == nil { draft.stroke = Color(ExcalidrawNames.ink) }
        if let width = own["stroke_width"]?.number, draft.strokeWidth == 8, (0..<1).contains(width) {
            draft.strokeWidth = UInt16(width * 8)
        }
        if own["line_style"] == "double", draft.lineStyle == .solid { draft.lineStyle = .double }
        if own["route"] == "elbow", draft.hasEnds {
            draft.route = .elbow
            // Its corners follow from its ends.
            if draft.points.count > 2 { draft.points = [draft.points[0], draft.points[draft.points.count - 1]] }
        }
    }

    /// Points and quarter turns are turned; what else is turned stands upright.
    private mutating func turn(_ draft: inout ShapeDraft, by angle: Double) {
        guard angle.isFinite, abs(angle) > 1e-6, draft.kind != .text || abs(angle) > 0.01 else { return }
        guard draft.kind.isPath else {
            let quarters = angle / (.pi / 2)
            guard draft.kind != .text, abs(quarters - quarters.rounded()) < 1e-3 else {
                return drawing.lose("turned shapes", becoming: "upright ones")
            }
            guard Int(quarters.rounded()) % 2 != 0 else { return }
            let (width, height) = (draft.size.width, draft.size.height)
            draft.position = draft.position + Point(x: (width - height) / 2, y: (height - width) / 2)
            draft.size = Size(width: height, height: width)
            return
        }
        let (x, y) = (draft.points.map { Double($0.x) }, draft.points.map { Double($0.y) })
        let (middleX, middleY) = (((x.min() ?? 0) + (x.max() ?? 0)) / 2, ((y.min() ?? 0) + (y.max() ?? 0)) / 2)
        let (sine, cosine) = Self.sineCosine(angle)
        draft.points = zip(x, y).map { x, y in
            let (dx, dy) = (x - middleX, y - middleY)
            return Point(
                clampingX: Int64((middleX + dx * cosine - dy * sine).rounded()), y: Int64((middleY + dx * sine + dy * cosine).rounded()))
        }
    }

    /// By its series: this target has no library of functions, and eighths of a px need few digits.
    private static func sineCosine(_ angle: Double) -> (Double, Double) {
        let turns = angle / (2 * .pi)
        let reduced = (turns - turns.rounded()) * 2 * .pi
        var (sine, cosine, term) = (0.0, 0.0, 1.0)
        for index in 0..<24 {
            switch index % 4 {
            case 0: cosine += term
            case 1: sine += term
            case 2: cosine -= term
            default: sine -= term
            }
            term *= reduced / Double(index + 1)
        }
        return (sine, cosine)
    }

    // MARK: Lines

    private mutating func readEnds(_ draft: inout ShapeDraft, _ element: JSONObject, _ offset: Int) throws(DrawingError) {
        for (key, isStart) in [("startArrowhead", true), ("endArrowhead", false)] {
            var head = LineHead.none
            if let name = element[key]?.string {
                if let known = ExcalidrawNames.head(named: name) {
                    head = known.head
                    if !known.isExact { drawing.lose("heads of arrows", becoming: "others") }
                } else {
                    head = .arrow
                    drawing.lose("heads of arrows", becoming: "others")
                }
            }
            if isStart { draft.startHead = head == .none ? .usual : head } else { draft.endHead = head }
        }
        if draft.kind == .arrow, draft.endHead == .arrow { draft.endHead = .usual }
        if draft.kind == .line, draft.endHead == .none { draft.endHead = .usual }
        if element["elbowed"] == .bool(true) {
            draft.route = .elbow
            if draft.points.count > 2 { draft.points = [draft.points[0], draft.points[draft.points.count - 1]] }
        }
        for (key, property) in [("startBinding", KnownProperty.startBinding), ("endBinding", .endBinding)] {
            guard let binding = element[key]?.object, let target = binding["elementId"]?.string else { continue }
            let at = binding["fixedPoint"]?.array?.compactMap(\.number)
            ends.append((drawing.items.count, property, target, at?.count == 2 ? at : nil))
        }
    }

    private mutating func bind() {
        for (place, property, target, at) in ends {
            guard let index = places[target], drawing.items[index].content.isBindable else {
                drawing.lose("ends bound to what is not here", becoming: "points")
                continue
            }
            let line = drawing.items[place].content
            let end = line.position + ((property == .startBinding ? line.points.first : line.points.last) ?? .zero)
            let reference = Drawing.reference(to: index)
            var binding = Binding(reference, drawing.items[index].content, near: end)
            // Within the box it is a place of the box; on its side it is where the line meets it.
            if let at, at.allSatisfy({ (0...1).contains($0) }) {
                let parts = at.map { UInt16(($0 * Double(Binding.full)).rounded()) }
                binding = Binding(reference, x: parts[0], y: parts[1])
            }
            drawing.items[place].content.take(PropertyChange(property, .binding(binding)))
        }
    }

    // MARK: Texts

    private mutating func putLabels() {
        for (container, text, stroke) in labels {
            guard let place = places[container] else {
                drawing.lose("texts in what is not here")
                continue
            }
            let before = drawing.items[place].content.text
            let whole = before.isEmpty ? text : before + "\n" + text
            guard whole.utf8.count <= Limits.textBytes else {
                drawing.lose("texts that are too long")
                continue
            }
            drawing.items[place].content.text = whole
            if stroke != drawing.items[place].content.stroke { drawing.lose("colours of texts", becoming: "those of their shapes") }
        }
    }

    private func words(_ element: JSONObject, _ offset: Int) throws(DrawingError) -> String {
        let text = element["originalText"]?.string ?? element["text"]?.string ?? ""
        guard text.utf8.count <= Limits.textBytes else { throw error("a text is longer than \(Limits.textBytes) bytes", offset) }
        return text
    }

    // MARK: Values

    private func points(_ element: JSONObject, _ offset: Int) throws(DrawingError) -> [Point] {
        guard let list = element["points"]?.array, !list.isEmpty else { throw error("points: a list of pairs is needed", offset) }
        var points: [Point] = []
        for entry in list {
            guard let pair = entry.array, pair.count >= 2, let x = pair[0].number, let y = pair[1].number else {
                throw error("points: a list of pairs is needed", offset)
            }
            points.append(Point(x: try units(x, "points", offset), y: try units(y, "points", offset)))
        }
        return points.count == 1 && element["type"] != "freedraw" ? points + points : points
    }

    private func pixels(_ element: JSONObject, _ field: String, _ offset: Int) throws(DrawingError) -> Int32 {
        guard let value = element[field]?.number else { throw error("\(field): a number is needed", offset) }
        return try units(value, field, offset)
    }

    private func extent(_ element: JSONObject, _ field: String, _ offset: Int) throws(DrawingError) -> Int32 {
        guard let value = element[field]?.number else { return 0 }
        return abs(try units(value, field, offset))
    }

    private func units(_ pixels: Double, _ field: String, _ offset: Int) throws(DrawingError) -> Int32 {
        guard pixels.isFinite, abs(pixels) <= Double(Limits.coordinate) / 8 else {
            throw error("\(field): a number between ±\(Limits.coordinate / 8) is needed", offset)
        }
        return Int32((pixels * 8).rounded())
    }

    private mutating func next() throws(DrawingError) -> JSONReader.Part {
        do throws(JSONReader.Failure) { return try reader.next() } catch { throw DrawingError(error, of: bytes) }
    }

    private mutating func value(_ part: JSONReader.Part) throws(DrawingError) -> JSONValue {
        do throws(JSONReader.Failure) { return try JSONValue(reading: part, from: &reader) } catch { throw DrawingError(error, of: bytes) }
    }

    private func error(_ what: String, _ offset: Int? = nil) -> DrawingError { DrawingError(what, at: offset ?? reader.offset, of: bytes) }
}
