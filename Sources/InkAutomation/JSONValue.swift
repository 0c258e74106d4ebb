import Foundation

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

    /// The value as one line of JSON (RFC 8259), ASCII control characters escaped, everything else as it is.
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

extension JSONValue: Decodable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Beyond 2^53 a whole number is not told from its neighbours by floating point: it is read again as what it can be.
    private static func number(_ value: Double, in single: any SingleValueDecodingContainer) -> JSONValue {
        if value.magnitude < 0x1p53 { return Int64(exactly: value).map { .integer($0) } ?? .number(value) }
        if let whole = try? single.decode(Int64.self) { return .integer(whole) }
        let unsigned = value >= 0x1p63 && value <= 0x1p64 ? try? single.decode(UInt64.self) : nil
        return unsigned.map { .unsigned($0) } ?? .number(value)
    }

    /// Tries the kinds in the order of their number in a long stroke: numbers, then pairs. Each try that fails is an error that the decoder makes
    /// and throws, some microseconds: a pair costs one of them, and a number none.
    package init(from decoder: any Decoder) throws {
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            self = .null
        } else if let value = try? single.decode(Double.self) {
            self = Self.number(value, in: single)
        } else if var list = try? decoder.unkeyedContainer() {
            var values: [JSONValue] = []
            while !list.isAtEnd { values.append(try list.decode(JSONValue.self)) }
            self = .array(values)
        } else if let value = try? single.decode(String.self) {
            self = .string(value)
        } else if let members = try? decoder.container(keyedBy: Key.self) {
            var object = JSONObject()
            for key in members.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
                object[key.stringValue] = try members.decode(JSONValue.self, forKey: key)
            }
            self = .object(object)
        } else {
            self = .bool(try single.decode(Bool.self))
        }
    }

    /// Arrays and objects in each other: a shape takes three. What lies deeper costs the decoder far more than its length.
    private static let depthMax = 32

    /// The value written in `bytes`; nil when they are not JSON, or nested too deeply.
    package init?(parsing bytes: [UInt8]) {
        do throws(ReadError) { self = try JSONValue(reading: bytes) } catch { return nil }
    }

    /// Why bytes are no value.
    package enum ReadError: Error, Equatable {
        case notJSON
        /// An object names a member twice, and readers differ in which of them counts (RFC 8259 §4). The value that has one of them.
        case namedTwice(JSONValue)
    }

    /// The value written in `bytes`.
    package init(reading bytes: [UInt8]) throws(ReadError) {
        let (depth, names) = Self.measure(bytes)
        guard depth <= Self.depthMax, let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else { throw .notJSON }
        guard value.nameCount == names else { throw .namedTwice(value) }
        self = value
    }

    /// Members of all objects in it.
    private var nameCount: Int {
        switch self {
        case .array(let values): values.reduce(0) { $0 + $1.nameCount }
        case .object(let object): object.members.reduce(object.members.count) { $0 + $1.value.nameCount }
        default: 0
        }
    }

    /// How deep brackets lie in each other, and how many names of members there are; what stands in texts is left out.
    private static func measure(_ bytes: [UInt8]) -> (depth: Int, names: Int) {
        var (depth, deepest, isText, isEscaped, names) = (0, 0, false, false, 0)
        for byte in bytes {
            switch byte {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\") where isText: isEscaped = true
            case UInt8(ascii: "\""): isText.toggle()
            case _ where isText: break
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: ":"): names += 1
            default: break
            }
        }
        return (deepest, names)
    }
}
