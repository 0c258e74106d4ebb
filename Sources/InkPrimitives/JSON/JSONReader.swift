/// JSON text read part by part, front to back (RFC 8259): what a large file holds never stands in memory as a tree.
///
///     var reader = JSONReader(bytes)
///     while case let part = try reader.next(), part != .end { … }
///
/// Strict: UTF-8 only, one value and white space around it, no comments, no commas too many, no lone surrogates. Each part costs its own length, and
/// nothing is kept but one bit for each open bracket. That a name stands twice in an object is left to who reads it (PR-11).
public struct JSONReader: Sendable {
    /// One part of a text.
    public enum Part: Hashable, Sendable {
        case objectBegin, objectEnd, arrayBegin, arrayEnd
        /// Of a member of an object; its value follows.
        case name(String)
        case string(String)
        /// As it stands in the text, in the grammar of JSON.
        case number(String)
        case bool(Bool)
        case null
        /// The text is over, after one whole value.
        case end
    }

    /// Why a text is no JSON, and where.
    public struct Failure: Error, Hashable, Sendable {
        public enum Reason: Hashable, Sendable {
            /// It ends within a value.
            case truncated
            /// A byte that cannot stand here.
            case unexpected
            /// Bytes that are no UTF-8, a control character in a text, an escape that there is not.
            case badText
            case badNumber
            /// More brackets in each other than are read.
            case tooDeep
            /// More values in one than are read.
            case tooMany
        }

        public var reason: Reason
        /// Bytes before the place.
        public var offset: Int

        public init(reason: Reason, offset: Int) { (self.reason, self.offset) = (reason, offset) }
    }

    /// Brackets in each other, unless another bound is given.
    public static let depthMax = 32

    private enum State { case value, firstElement, firstName, name, afterValue, over }

    private let bytes: [UInt8]
    private let depthMax: Int
    private var state = State.value
    /// For each open bracket whether it is that of an object.
    private var open: [Bool] = []
    /// Bytes that were read.
    public private(set) var offset = 0

    public init(_ bytes: [UInt8], depthMax: Int = JSONReader.depthMax) { (self.bytes, self.depthMax) = (bytes, depthMax) }

    /// How many brackets are open.
    public var depth: Int { open.count }

    /// The next part. After a throw, and after `end`, the same comes again.
    public mutating func next() throws(Failure) -> Part {
        while true {
            skipSpace()
            guard offset < bytes.count else {
                guard state == .over else { throw failure(.truncated) }
                return .end
            }
            let byte = bytes[offset]
            switch (state, byte) {
            case (.over, _): throw failure(.unexpected)
            case (.afterValue, UInt8(ascii: ",")):
                offset += 1
                state = open.last == true ? .name : .value
            case (.afterValue, UInt8(ascii: "}")) where open.last == true, (.firstName, UInt8(ascii: "}")): return close(.objectEnd)
            case (.afterValue, UInt8(ascii: "]")) where open.last == false, (.firstElement, UInt8(ascii: "]")): return close(.arrayEnd)
            case (.firstName, UInt8(ascii: "\"")), (.name, UInt8(ascii: "\"")): return .name(try name())
            case (.value, _), (.firstElement, _): return try value(byte)
            default: throw failure(.unexpected)
            }
        }
    }

    /// Reads to the end of the value that `part` begins, if it begins one with parts of its own.
    public mutating func skip(_ part: Part) throws(Failure) {
        guard part == .objectBegin || part == .arrayBegin else { return }
        let outside = depth - 1
        while depth > outside { _ = try next() }
    }

    // MARK: Parts

    private mutating func value(_ byte: UInt8) throws(Failure) -> Part {
        switch byte {
        case UInt8(ascii: "{"):
            try begin(object: true)
            return .objectBegin
        case UInt8(ascii: "["):
            try begin(object: false)
            return .arrayBegin
        case UInt8(ascii: "\""):
            let text = try text()
            ended()
            return .string(text)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let number = try number()
            ended()
            return .number(number)
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw failure(.unexpected)
        }
    }

    private mutating func begin(object: Bool) throws(Failure) {
        guard open.count < depthMax else { throw failure(.tooDeep) }
        open.append(object)
        state = object ? .firstName : .firstElement
        offset += 1
    }

    private mutating func close(_ part: Part) -> Part {
        open.removeLast()
        offset += 1
        ended()
        return part
    }

    private mutating func ended() { state = open.isEmpty ? .over : .afterValue }

    private mutating func name() throws(Failure) -> String {
        let before = offset
        let name = try text()
        skipSpace()
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: ":") else {
            let reason = offset < bytes.count ? Failure.Reason.unexpected : .truncated
            defer { offset = before }
            throw failure(reason)
        }
        offset += 1
        state = .value
        return name
    }

    private mutating func word(_ word: String, _ part: Part) throws(Failure) -> Part {
        for (index, byte) in word.utf8.enumerated() {
            guard offset + index < bytes.count else { throw Failure(reason: .truncated, offset: bytes.count) }
            guard bytes[offset + index] == byte else { throw Failure(reason: .unexpected, offset: offset + index) }
        }
        offset += word.utf8.count
        ended()
        return part
    }

    private mutating func number() throws(Failure) -> String {
        var end = offset
        func digit(_ index: Int) -> Bool { index < bytes.count && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) }
        func isByte(_ index: Int, _ allowed: UInt8...) -> Bool { index < bytes.count && allowed.contains(bytes[index]) }
        func digits() throws(Failure) {
            guard digit(end) else { throw Failure(reason: end < bytes.count ? .badNumber : .truncated, offset: end) }
            while digit(end) { end += 1 }
        }
        if isByte(end, UInt8(ascii: "-")) { end += 1 }
        // No zeros before others.
        if isByte(end, UInt8(ascii: "0")) { end += 1 } else { try digits() }
        guard !digit(end) else { throw Failure(reason: .badNumber, offset: end) }
        if isByte(end, UInt8(ascii: ".")) {
            end += 1
            try digits()
        }
        if isByte(end, UInt8(ascii: "e"), UInt8(ascii: "E")) {
            end += 1
            if isByte(end, UInt8(ascii: "+"), UInt8(ascii: "-")) { end += 1 }
            try digits()
        }
        defer { offset = end }
        return String(decoding: bytes[offset..<end], as: UTF8.self)
    }

    /// A text in quotes, from the quote at `offset`.
    private mutating func text() throws(Failure) -> String {
        var index = offset + 1
        var start = index
        // Pieces before an escape; most texts are one.
        var collected: [UInt8] = []
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                let piece = bytes[start..<index]
                let whole =
                    collected.isEmpty ? String(validating: piece, as: UTF8.self) : String(validating: collected + piece, as: UTF8.self)
                guard let whole else { throw failure(.badText) }
                offset = index + 1
                return whole
            case UInt8(ascii: "\\"):
                collected += bytes[start..<index]
                let (scalar, length) = try escape(at: index)
                collected.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                index += length
                start = index
            case 0..<0x20: throw Failure(reason: .badText, offset: index)
            default: index += 1
            }
        }
        throw Failure(reason: .truncated, offset: bytes.count)
    }

    /// What an escape at `start` means, and how many bytes it takes.
    private func escape(at start: Int) throws(Failure) -> (Unicode.Scalar, Int) {
        guard start + 1 < bytes.count else { throw Failure(reason: .truncated, offset: bytes.count) }
        switch bytes[start + 1] {
        case UInt8(ascii: "\""): return ("\"", 2)
        case UInt8(ascii: "\\"): return ("\\", 2)
        case UInt8(ascii: "/"): return ("/", 2)
        case UInt8(ascii: "b"): return ("\u{8}", 2)
        case UInt8(ascii: "f"): return ("\u{C}", 2)
        case UInt8(ascii: "n"): return ("\n", 2)
        case UInt8(ascii: "r"): return ("\r", 2)
        case UInt8(ascii: "t"): return ("\t", 2)
        case UInt8(ascii: "u"):
            let unit = try unit(at: start)
            if let scalar = Unicode.Scalar(UInt32(unit)) { return (scalar, 6) }
            // A pair of surrogates, or half of one, which no text can hold.
            guard UTF16.isLeadSurrogate(unit), start + 7 < bytes.count, bytes[start + 6] == UInt8(ascii: "\\"),
                bytes[start + 7] == UInt8(ascii: "u"), case let low = try self.unit(at: start + 6), UTF16.isTrailSurrogate(low),
                let scalar = Unicode.Scalar(0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(low & 0x3FF)))
            else { throw Failure(reason: .badText, offset: start) }
            return (scalar, 12)
        default: throw Failure(reason: .badText, offset: start)
        }
    }

    /// The four digits of a `\u` at `start`.
    private func unit(at start: Int) throws(Failure) -> UInt16 {
        guard start + 5 < bytes.count else { throw Failure(reason: .truncated, offset: bytes.count) }
        var unit: UInt16 = 0
        for index in start + 2...start + 5 {
            guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else { throw Failure(reason: .badText, offset: index) }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }

    private func failure(_ reason: Failure.Reason) -> Failure { Failure(reason: reason, offset: offset) }
}
