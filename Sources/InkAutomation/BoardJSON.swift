import InkBoard
import InkFrontEnd
import InkPrimitives

/// A board as one JSON object, schema 1: its shapes as the lines of the contract write them, bottom first.
///
///     {"schema":1,"board":"…","fingerprint":"…","transactions":12,"shapes":[{"id":"a","kind":"rectangle",…},…]}
package enum BoardJSON {
    private static let schema: Int64 = 1

    /// All of a board, in one line.
    package static func text(of board: Board) -> String {
        var names = ShapeNames(board.shapes)
        let format = EventFormat()
        let shapes = board.shapes.map { shape in
            let id = names.name(shape)
            return JSONValue.object(format.shape(shape, id: id) { id in board.shape(id).map { names.name($0) } ?? names.name(id) })
        }
        return JSONValue.object([
            "schema": .integer(schema), "board": .string(board.id.hex), "fingerprint": .string(format.fingerprint(board.fingerprint)),
            "transactions": .integer(Int64(board.transactionCount)), "shapes": .array(shapes),
        ]).text + "\n"
    }

    /// The shapes of such an object; its other members are passed over. Nothing else is held in memory than the shapes, and one of them as JSON
    /// (CL-65).
    package static func drawing(reading bytes: [UInt8]) throws(DrawingError) -> Drawing {
        var reading = Reading(bytes)
        try reading.readFile()
        return reading.drawing
    }

    /// A file that is being read.
    private struct Reading {
        private let bytes: [UInt8]
        private var reader: JSONReader
        private(set) var drawing = Drawing()
        /// The place of each shape by its id.
        private var places: [String: Int] = [:]
        /// What lines are bound to, by their places: a shape may come after the line that ends at it (CL-65).
        private var ends: [(place: Int, ends: AutomationCommand.LineEnds, offset: Int)] = []

        init(_ bytes: [UInt8]) { (self.bytes, reader) = (bytes, JSONReader(bytes)) }

        mutating func readFile() throws(DrawingError) {
            guard try next() == .objectBegin else {
                throw error("the file is no JSON object; `inkwire export --format json` writes what is read here")
            }
            var (hasSchema, hasShapes) = (false, false)
            while case .name(let name) = try next() {
                switch name {
                case "schema":
                    guard !hasSchema else { throw error("“schema” stands twice") }
                    guard case .number(let number) = try next() else { throw error("schema: a number is needed") }
                    let value = JSONValue(number: number)
                    guard value == .integer(schema) else {
                        var error = error("the file is of schema \(number.prefix(20)), and this version of inkwire reads schema \(schema)")
                        if case .integer(let found) = value { error.isOfNewerVersion = found > schema }
                        throw error
                    }
                    hasSchema = true
                case "shapes":
                    guard !hasShapes else { throw error("“shapes” stands twice") }
                    guard try next() == .arrayBegin else { throw error("shapes: a list is needed") }
                    try readShapes()
                    hasShapes = true
                default: try skip()
                }
            }
            // What follows the object.
            _ = try next()
            guard hasSchema, hasShapes else {
                throw DrawingError("the file has no “\(hasSchema ? "shapes" : "schema")”: it is no board of inkwire")
            }
            try bind()
        }

        private mutating func readShapes() throws(DrawingError) {
            var part = try next()
            while part != .arrayEnd {
                let offset = reader.offset
                guard part == .objectBegin, let object = try shape(part).object else { throw error("each shape is a JSON object") }
                guard drawing.items.count < Drawing.itemsMax else { throw error("there are more than \(Drawing.itemsMax) shapes") }
                try readShape(object, offset)
                part = try next()
            }
        }

        private mutating func readShape(_ object: JSONObject, _ offset: Int) throws(DrawingError) {
            let place = drawing.items.count
            let name = object["id"]?.string ?? ""
            guard name.isEmpty || places.updateValue(place, forKey: name) == nil else {
                throw error("the id “\(name)” stands twice", offset)
            }
            let isLabel = name.utf8.count <= Limits.nameBytes && !ShapeNames.isOfOurForm(name)
            do throws(AutomationError) {
                let (draft, ends) = try AutomationRequest.draft(object, label: isLabel ? name : "")
                drawing.items.append(Drawing.Item(name: name, content: draft))
                if !ends.said.isEmpty { self.ends.append((place, ends, offset)) }
            } catch {
                throw self.error("shape \(place + 1)\(name.isEmpty ? "" : " (“\(name)”)"): \(error.message)", offset)
            }
            if let extra = object["extra"]?.object { drawing.lose("properties of a newer version", extra.members.count) }
        }

        private mutating func bind() throws(DrawingError) {
            for (place, ends, offset) in ends {
                for (property, end) in ends.said {
                    guard case .bound(let name, let x, let y) = end else { continue }
                    guard let target = places[name] else {
                        drawing.lose("ends bound to what is not in the file", becoming: "points")
                        guard !drawing.items[place].content.points.isEmpty else {
                            throw error(
                                "shape \(place + 1): \(property.key): no shape “\(name)” is in the file, and the line has no points", offset
                            )
                        }
                        continue
                    }
                    guard drawing.items[target].content.isBindable else {
                        throw error("shape \(place + 1): \(property.key): no line can end at “\(name)”", offset)
                    }
                    drawing.items[place].content.take(
                        PropertyChange(property, .binding(Binding(Drawing.reference(to: target), x: x, y: y))))
                }
                placeLine(at: place)
            }
        }

        /// A line of which only the bindings are given: from middle to middle, until it is drawn.
        private mutating func placeLine(at place: Int) {
            let line = drawing.items[place].content
            guard line.points.isEmpty, let start = line.startBinding, let end = line.endBinding else { return }
            func middle(_ binding: Binding) -> Point {
                guard let shape = drawing.index(of: binding.shape).map({ drawing.items[$0].content }) else { return .zero }
                return shape.position + Point(x: shape.size.width / 2, y: shape.size.height / 2)
            }
            drawing.items[place].content.position = middle(start)
            drawing.items[place].content.points = [.zero, middle(end) - middle(start)]
        }

        // MARK: Parts

        private mutating func next() throws(DrawingError) -> JSONReader.Part {
            do throws(JSONReader.Failure) { return try reader.next() } catch { throw DrawingError(error, of: bytes) }
        }

        /// A shape: what nobody reads of it is passed over.
        private mutating func shape(_ part: JSONReader.Part) throws(DrawingError) -> JSONValue {
            var valuesMax = Self.valuesMax
            do throws(JSONReader.Failure) {
                return try JSONValue(reading: part, from: &reader, selecting: Self.selection, valuesMax: &valuesMax)
            } catch {
                throw DrawingError(error, of: bytes)
            }
        }

        /// As many as the longest path has, a pair a point, and room for the rest of it (CL-312).
        private static let valuesMax = 3 * Limits.pointsPerStroke + 4096

        private static let selection = JSONSelection.members(
            Dictionary(
                uniqueKeysWithValues: Set(["id", "kind", "x", "y", "w", "h", "extra"] + KnownProperty.members.map(\.key)).map { ($0, .all) }
            ))

        private mutating func skip() throws(DrawingError) {
            do throws(JSONReader.Failure) { try reader.skip(try reader.next()) } catch { throw DrawingError(error, of: bytes) }
        }

        // CL-65
        private func error(_ what: String, _ offset: Int? = nil) -> DrawingError {
            DrawingError(what, at: offset ?? reader.offset, of: bytes)
        }
    }
}
