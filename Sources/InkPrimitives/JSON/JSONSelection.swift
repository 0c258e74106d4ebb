/// What of a value of JSON is read; the rest costs no memory.
package indirect enum JSONSelection: Sendable {
    case all
    /// Of an object these members, the first of each name; of what is no object nothing.
    case members([String: JSONSelection])
}

extension JSONValue {
    /// What is selected of the value that `part`, which is no end and no name, begins; the rest is passed over, and what is no object where members are
    /// selected is null.
    ///
    /// - Parameter valuesMax: so many values are read at most, counted down; `tooMany` is thrown before there are more.
    package init(
        reading part: JSONReader.Part, from reader: inout JSONReader, selecting selection: JSONSelection, valuesMax: inout Int
    ) throws(JSONReader.Failure) {
        guard valuesMax > 0 else { throw JSONReader.Failure(reason: .tooMany, offset: reader.offset) }
        valuesMax -= 1
        switch (selection, part) {
        case (.members(let wanted), .objectBegin):
            var object = JSONObject()
            while case .name(let name) = try reader.next() {
                let part = try reader.next()
                if let inner = wanted[name], object[name] == nil {
                    object[name] = try JSONValue(reading: part, from: &reader, selecting: inner, valuesMax: &valuesMax)
                } else {
                    try reader.skip(part)
                }
            }
            self = .object(object)
        case (.members, _):
            try reader.skip(part)
            self = .null
        case (.all, .arrayBegin):
            var values: [JSONValue] = []
            var next = try reader.next()
            while next != .arrayEnd {
                values.append(try JSONValue(reading: next, from: &reader, selecting: .all, valuesMax: &valuesMax))
                next = try reader.next()
            }
            self = .array(values)
        case (.all, .objectBegin):
            var object = JSONObject()
            while case .name(let name) = try reader.next() {
                object.append(name, try JSONValue(reading: try reader.next(), from: &reader, selecting: .all, valuesMax: &valuesMax))
            }
            self = .object(object)
        case (.all, _): self = try JSONValue(reading: part, from: &reader)
        }
    }
}
