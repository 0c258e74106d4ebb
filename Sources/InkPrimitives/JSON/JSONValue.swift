/// A JSON value whose objects keep the order in which they were written, so that `event` comes first in a line.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// A whole number that is too large for the others: names of things often have all 64 bits.
    case unsigned(UInt64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// The text, if it is one.
    package var string: String? { if case .string(let text) = self { text } else { nil } }
    /// The number as floating point, if it is one.
    package var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
    /// The elements, if it is a list.
    package var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
    /// The members, if it is an object.
    package var object: JSONObject? { if case .object(let members) = self { members } else { nil } }

    /// The value as one line of JSON (RFC 8259), ASCII control characters escaped, everything else as it is (CL-12).
    package var text: String {
        var output = ""
        write(to: &output)
        return output
    }

    private func write(to output: inout String) {
        switch self {
        case .null: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .integer(let value): output += String(value)
        case .unsigned(let value): output += String(value)
        case .number(let value):
            // JSON has no infinity; a value that is whole is written without a fraction.
            if let whole = Int64(exactly: value) { output += String(whole) } else { output += value.isFinite ? "\(value)" : "null" }
        case .string(let text): Self.write(text, to: &output)
        case .array(let values):
            output += "["
            for (index, value) in values.enumerated() {
                if index > 0 { output += "," }
                value.write(to: &output)
            }
            output += "]"
        case .object(let object):
            output += "{"
            for (index, member) in object.members.enumerated() {
                if index > 0 { output += "," }
                Self.write(member.key, to: &output)
                output += ":"
                member.value.write(to: &output)
            }
            output += "}"
        }
    }

    private static func write(_ text: String, to output: inout String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            // C0, DEL and C1: a terminal that shows the stream must not obey what a peer wrote.
            // Also what changes the direction of what follows, or is not to be seen: lines are looked at in terminals.
            case _
            where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
                || scalar.value < 0x10000 && scalar.properties.generalCategory == .format:
                let digits = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: output.unicodeScalars.append(scalar)
            }
        }
        output += "\""
    }
}

/// Members of a JSON object in the order in which they were set.
package struct JSONObject: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    package struct Member: Sendable, Equatable {
        package var key: String
        package var value: JSONValue
    }

    package private(set) var members: [Member] = []

    package init() {}

    /// Without a look for another of that name.
    mutating func append(_ key: String, _ value: JSONValue) { members.append(Member(key: key, value: value)) }

    package init(dictionaryLiteral elements: (String, JSONValue)...) { members = elements.map { Member(key: $0.0, value: $0.1) } }

    /// Nil where there is no such member; setting nil removes it.
    package subscript(key: String) -> JSONValue? {
        get { members.first { $0.key == key }?.value }
        set {
            let index = members.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue {
    /// The value written in `bytes`; nil when they are not JSON, or nested too deeply.
    package init?(parsing bytes: [UInt8]) {
        do throws(ReadError) { self = try JSONValue(reading: bytes) } catch { return nil }
    }

    /// Why bytes are no value.
    package enum ReadError: Error, Equatable {
        case notJSON(JSONReader.Failure)
        /// An object names a member twice, and readers differ in which of them counts (RFC 8259 §4). The value that has both of them.
        case namedTwice(JSONValue)
    }

    /// The value written in `bytes`.
    package init(reading bytes: [UInt8]) throws(ReadError) {
        var reader = JSONReader(bytes)
        do throws(JSONReader.Failure) {
            self = try JSONValue(reading: try reader.next(), from: &reader)
            guard case .end = try reader.next() else { preconditionFailure("one value ends a text") }
        } catch {
            throw .notJSON(error)
        }
        guard !namesTwice else { throw .namedTwice(self) }
    }

    /// The value that `part`, which is no end and no name, begins; the rest of it is read from where `part` came.
    package init(reading part: JSONReader.Part, from reader: inout JSONReader) throws(JSONReader.Failure) {
        switch part {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .number(let text): self = JSONValue(number: text)
        case .string(let text): self = .string(text)
        case .arrayBegin:
            var values: [JSONValue] = []
            var next = try reader.next()
            while next != .arrayEnd {
                values.append(try JSONValue(reading: next, from: &reader))
                next = try reader.next()
            }
            self = .array(values)
        case .objectBegin:
            var object = JSONObject()
            while case .name(let name) = try reader.next() {
                object.append(name, try JSONValue(reading: try reader.next(), from: &reader))
            }
            self = .object(object)
        case .name, .objectEnd, .arrayEnd, .end: preconditionFailure("no value begins with \(part)")
        }
    }

    /// A number in the grammar of JSON. Whole numbers are told from their neighbours as far as 64 bits do; what is beyond every number is infinite.
    package init(number text: String) {
        if let whole = Int64(text) {
            self = .integer(whole)
        } else if let whole = UInt64(text) {
            self = .unsigned(whole)
        } else {
            let value = Double(text) ?? .infinity
            if let whole = Int64(exactly: value) {
                self = .integer(whole)
            } else if let whole = UInt64(exactly: value) {
                self = .unsigned(whole)
            } else {
                self = .number(value)
            }
        }
    }

    /// True if an object in it names a member twice.
    private var namesTwice: Bool {
        switch self {
        case .array(let values): values.contains(where: \.namesTwice)
        case .object(let object):
            Set(object.members.map(\.key)).count < object.members.count || object.members.contains { $0.value.namesTwice }
        default: false
        }
    }
}
