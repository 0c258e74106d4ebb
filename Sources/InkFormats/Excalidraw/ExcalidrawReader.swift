import InkBoard
import InkPrimitives

/// A file of Excalidraw as a drawing. One element is held as JSON at a time (FM-254).
package struct ExcalidrawReader: Sendable {
    package private(set) var drawing = Drawing()
    private let bytes: [UInt8]
    private var reader: JSONReader
    private var places: [String: Int] = [:]
    /// Texts that belong into another element.
    private var labels: [(container: String, content: ShapeDraft)] = []
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
                guard text != "excalidrawlib" else {
                    // FM-255
                    throw error("the file is a library of Excalidraw: put what you need of it on a board there, and save that")
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
                    guard element == .objectBegin, let object = try read(element).object else {
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

    /// In words of two versions.
    private func isRound(_ element: JSONObject) -> Bool { element["roundness"]?.object != nil || element["strokeSharpness"] == "round" }

    // FM-161
    private mutating func take(_ element: JSONObject, _ offset: Int) throws(DrawingError) {
        guard element["isDeleted"] != .bool(true) else { return }
        guard drawing.items.count + labels.count < Drawing.itemsMax else {
            throw error("there are more than \(Drawing.itemsMax) elements", offset)
        }
        let type = element["type"]?.string ?? ""
        let kind: ShapeKind? = type == "draw" || type == "freedraw" ? .freehand : ShapeKind(name: type)
        var (position, size, draft) = (Point.zero, Size.zero, ShapeDraft(kind: kind ?? .rectangle, position: .zero))
        if kind?.isPath == true {
            try readPath(&draft, element, offset)
        } else {
            position = Point(x: try pixels(element, "x", offset), y: try pixels(element, "y", offset))
            size = Size(width: try extent(element, "width", offset), height: try extent(element, "height", offset))
        }
        switch type {
        case "rectangle", "ellipse", "diamond":
            (draft.position, draft.size) = (position, size)
            // Excalidraw drops it as well (FM-170).
            if element["width"]?.number ?? 0 == 0, element["height"]?.number ?? 0 == 0 { return drawing.lose("elements without an extent") }
            if isRound(element) {
                if draft.kind == .rectangle { draft.corners = .round }
                if draft.kind == .diamond { drawing.lose("round corners of diamonds", becoming: "sharp ones") }
            }
        case "line", "arrow":
            if draft.points.count < 2 { return drawing.lose("elements without an extent") }
            if draft.points.count > 2, isRound(element), element["elbowed"] != .bool(true) {
                drawing.lose("curved lines", becoming: "straight pieces")
            }
        case "freedraw", "draw": break
        case "text":
            draft = try text(element, at: position, size, offset)
            guard !draft.text.isEmpty else { return }
            if let container = element["containerId"]?.string {
                try style(&draft, element, offset)
                labels.append((container, draft))
                return
            }
            if let size = element["fontSize"]?.number, !(12...20).contains(size) { drawing.lose("sizes of letters", becoming: "one size") }
        case "frame", "magicframe":
            let name = element["name"]?.string ?? ""
            let isShort = name.utf8.count <= Limits.textBytes
            if !isShort { drawing.lose("texts that are too long") }
            draft = ShapeDraft(kind: .rectangle, position: position, size: size, text: isShort ? name : "")
            draft.lineStyle = .dashed
            drawing.lose("frames", becoming: "boxes")
        case "image", "embeddable", "iframe", "selection":
            return drawing.lose(type == "image" ? "images" : "elements of type \(type)")
        default: return drawing.lose("elements of another version's type")
        }
        try style(&draft, element, offset)
        if !draft.turn(by: element["angle"]?.number ?? 0) { drawing.lose("turned shapes", becoming: "upright ones") }
        if draft.hasEnds { try readEnds(&draft, element, offset) }
        draft.takeOwn(ExcalidrawElement.own(element))
        let name = element["id"]?.string ?? ""
        // Of two with one name the first is meant by it (FM-170).
        let isFirst = !name.isEmpty && places[name] == nil
        if isFirst { places[name] = drawing.items.count }
        drawing.items.append(Drawing.Item(name: isFirst ? name : "", content: draft))
    }

    private mutating func style(_ draft: inout ShapeDraft, _ element: JSONObject, _ offset: Int) throws(DrawingError) {
        draft.stroke = stroke(element)
        draft.fill = draft.kind == .text || draft.kind.isPath ? nil : background(element)
        if let width = element["strokeWidth"]?.number {
            guard width >= 0 else { throw error("strokeWidth: a number that is not negative is needed", offset) }
            draft.strokeWidth = StrokeWidths.units(width, &drawing)
        }
        switch element["strokeStyle"]?.string {
        case "dashed": draft.lineStyle = .dashed
        case "dotted": draft.lineStyle = .dotted
        default: break
        }
        if let opacity = element["opacity"]?.number, opacity < 100 { drawing.lose("opacities", becoming: "opaque ones") }
        if element["link"]?.string?.isEmpty == false { drawing.lose("links") }
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

    /// Nil for black ink, which is the reader's own, but for that of a shape of ours that has it as its colour.
    private mutating func stroke(_ element: JSONObject) -> Color? {
        guard let text = element["strokeColor"]?.string, !text.isEmpty else { return nil }
        guard let color = color(text) else {
            if CSSColor(text)?.alpha == 0 { drawing.lose("outlines that are not seen", becoming: "ones of ink") }
            return nil
        }
        let isOwn = ExcalidrawElement.own(element)?["stroke"]?.string == text
        return ExcalidrawNames.inks.contains(color) && !isOwn ? nil : color
    }

    private mutating func background(_ element: JSONObject) -> Color? {
        guard let text = element["backgroundColor"]?.string, !text.isEmpty, let color = color(text) else { return nil }
        if let style = element["fillStyle"]?.string, style != "solid" { drawing.lose("patterns of fills", becoming: "plain ones") }
        return color
    }

    /// Nil for none, and for what is not known.
    private mutating func color(_ text: String) -> Color? {
        guard let read = CSSColor(text) else {
            drawing.lose("colours that are not known")
            return nil
        }
        if read.alpha > 0, read.alpha < 1 { drawing.lose("opacities", becoming: "opaque ones") }
        return read.alpha > 0 ? read.color : nil
    }

    // MARK: Lines

    private mutating func readEnds(_ draft: inout ShapeDraft, _ element: JSONObject, _ offset: Int) throws(DrawingError) {
        for (key, isStart) in [("startArrowhead", true), ("endArrowhead", false)] {
            // Old arrows have one where nothing is said of it (FM-170).
            var head = !isStart && draft.kind == .arrow && element[key] == nil ? LineHead.arrow : .none
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
        // Measured once for all lines.
        var outlines: [Int: Outline] = [:]
        for (place, property, target, at) in ends {
            guard let index = places[target], let outline = outlines[index] ?? Outline(drawing.items[index].content) else {
                drawing.lose("ends bound to what is not here", becoming: "points")
                continue
            }
            outlines[index] = outline
            let reference = Drawing.reference(to: index)
            var binding = ExcalidrawAim(drawing.items[place].content, isStart: property == .startBinding).binding(reference, outline)
            // Within the box it is a place of the box; on its side it is where the line meets it (FM-256).
            if let at, at.allSatisfy({ (0...1).contains($0) }) {
                let parts = at.map { UInt16(($0 * Double(Binding.full)).rounded()) }
                binding = Binding(reference, x: parts[0], y: parts[1])
            }
            drawing.items[place].content.take(PropertyChange(property, .binding(binding)))
        }
    }

    // MARK: Texts

    private mutating func putLabels() {
        for (container, label) in labels {
            guard let place = places[container] else {
                // It stands alone there as well; on top of all, as what follows is counted already (FM-170).
                drawing.items.append(Drawing.Item(content: label))
                continue
            }
            let before = drawing.items[place].content.text
            let whole = before.isEmpty ? label.text : before + "\n" + label.text
            guard whole.utf8.count <= Limits.textBytes else {
                drawing.lose("texts that are too long")
                continue
            }
            drawing.items[place].content.text = whole
            if label.stroke != drawing.items[place].content.stroke { drawing.lose("colours of texts", becoming: "those of their shapes") }
        }
    }

    /// A text, of whatever size its letters were, about the same middle; what is not in the middle keeps its side (FM-172).
    private func text(_ element: JSONObject, at position: Point, _ size: Size, _ offset: Int) throws(DrawingError) -> ShapeDraft {
        let (shown, whole) = (element["text"]?.string, element["originalText"]?.string)
        // In a box it is wrapped anew; alone it has the rows that it is seen with.
        var text = (element["containerId"]?.string == nil ? shown ?? whole : whole ?? shown) ?? ""
        if let whole, ExcalidrawNames.shown(whole) == text {
            text = whole
        } else if element["containerId"]?.string == nil {
            // As wide as there.
            text = text.split(separator: "\t", omittingEmptySubsequences: false).joined(separator: "        ")
        }
        guard text.utf8.count <= Limits.textBytes else { throw error("a text is longer than \(Limits.textBytes) bytes", offset) }
        guard size.width > 0, size.height > 0 else { return ShapeDraft(kind: .text, position: position, text: text) }
        let cells = TextLayout.extent(of: text)
        let free = (
            x: Int64(size.width) - Int64(cells.columns * Grid.standard.columnUnits),
            y: Int64(size.height) - Int64(cells.rows * Grid.standard.rowUnits)
        )
        var x: Int64 = 0
        // Upright it is about the middle that it was turned about.
        if abs(element["angle"]?.number ?? 0) > 0.01 || element["textAlign"] == "center" {
            x = free.x / 2
        } else if element["textAlign"] == "right" {
            x = free.x
        }
        let place = Point(clampingX: Int64(position.x) + x, y: Int64(position.y) + free.y / 2)
        return ShapeDraft(kind: .text, position: place, text: text)
    }

    // MARK: Values

    private mutating func readPath(_ draft: inout ShapeDraft, _ element: JSONObject, _ offset: Int) throws(DrawingError) {
        guard let x = element["x"]?.number, let y = element["y"]?.number else {
            throw error("\(element["x"]?.number == nil ? "x" : "y"): a number is needed", offset)
        }
        let first = (x: try far(x, "x", offset), y: try far(y, "y", offset))
        let path = ExcalidrawPath(from: first, try steps(element, offset))
        if !path.isWhole { drawing.lose("points beyond the edge of a board", becoming: "points at it") }
        (draft.position, draft.points) = (path.position, path.points)
    }

    private func steps(_ element: JSONObject, _ offset: Int) throws(DrawingError) -> [(x: Int64, y: Int64)] {
        if element["points"] == nil {
            // The first version had none.
            let (x, y) = (try optional(element, "width", offset), try optional(element, "height", offset))
            if (x, y) != (0, 0) { return [(0, 0), (Int64(x), Int64(y))] }
        }
        guard let list = element["points"]?.array else { throw error("points: a list of pairs is needed", offset) }
        guard list.count <= Limits.pointsPerStroke else { throw error("a path has more than \(Limits.pointsPerStroke) points", offset) }
        var steps: [(x: Int64, y: Int64)] = []
        for entry in list {
            guard let pair = entry.array, pair.count >= 2, let x = pair[0].number, let y = pair[1].number else {
                throw error("points: a list of pairs is needed", offset)
            }
            steps.append((try far(x, "points", offset), try far(y, "points", offset)))
        }
        // A dot is written so.
        return element["type"] == "freedraw" && steps.count == 2 && steps[0] == steps[1] ? [steps[0]] : steps
    }

    /// World units; what is told from a place at one edge of the board may lie at the other.
    private func far(_ pixels: Double, _ field: String, _ offset: Int) throws(DrawingError) -> Int64 {
        guard pixels.isFinite, abs(pixels) <= Double(Limits.coordinate) / 4 else {
            throw error("\(field): a number between ±\(Limits.coordinate / 4) is needed", offset)
        }
        return Int64((pixels * 8).rounded())
    }

    private func pixels(_ element: JSONObject, _ field: String, _ offset: Int) throws(DrawingError) -> Int32 {
        guard let value = element[field]?.number else { throw error("\(field): a number is needed", offset) }
        return try units(value, field, offset)
    }

    private func extent(_ element: JSONObject, _ field: String, _ offset: Int) throws(DrawingError) -> Int32 {
        abs(try optional(element, field, offset))
    }

    private func optional(_ element: JSONObject, _ field: String, _ offset: Int) throws(DrawingError) -> Int32 {
        guard let value = element[field]?.number else { return 0 }
        return try units(value, field, offset)
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

    /// An element: what nobody reads of it is passed over (FM-254).
    private mutating func read(_ part: JSONReader.Part) throws(DrawingError) -> JSONValue {
        var valuesMax = ExcalidrawElement.valuesMax
        do throws(JSONReader.Failure) {
            return try JSONValue(reading: part, from: &reader, selecting: ExcalidrawElement.selection, valuesMax: &valuesMax)
        } catch {
            throw DrawingError(error, of: bytes)
        }
    }

    // FM-162
    private func error(_ what: String, _ offset: Int? = nil) -> DrawingError { DrawingError(what, at: offset ?? reader.offset, of: bytes) }
}
