import InkBoard
import InkPrimitives

/// One shape as a line of a board's text: what it is called, its kind, and each property that is not as it would be unwritten.
///
///     box rectangle at=4,8 size=120,32 text="one\ntwo" fill=#F0E442 depth=a001
///     ~k3f9a2xq0p arrow at=124,24 start_binding=box end_binding=note@0,32768 depth=a002 points=0,0;80,0.125
///
/// The order of properties is fixed, and one value has one spelling (FM-180, FM-257).
package struct BoardLine: Equatable, Sendable {
    /// What an end is bound to, as `Binding` has it.
    package struct End: Equatable, Sendable {
        package var name: String
        package var x: UInt16
        package var y: UInt16
    }

    package var name: String
    /// Without label and bindings.
    package var content: ShapeDraft
    package var start: End?
    package var end: End?
    /// Nil where it is not said.
    package var depth: DepthKey?
    /// Of those with one depth, from the lowest (FM-259).
    package var rank = 0

    package init(name: String, content: ShapeDraft) { (self.name, self.content) = (name, content) }

    /// All that a line can have behind its kind, in the order of lines: what is long, and what says little to a reader, comes last.
    package static let properties: [KnownProperty] =
        KnownProperty.drawn.filter { ![.kind, .label, .depth, .points].contains($0) } + [.depth, .points]

    /// What stands before the sign of equality.
    package static func key(of property: KnownProperty) -> String {
        switch property {
        case .position: "at"
        case .size: "size"
        default: "\(property.row.key)"
        }
    }

    static func property(named key: String) -> KnownProperty? { byKey[key] }

    private static let byKey = Dictionary(uniqueKeysWithValues: properties.map { (key(of: $0), $0) })

    static func has(_ kind: ShapeKind, _ property: KnownProperty) -> Bool { property.row.drawing?.kinds.contains(kind) ?? false }

    /// The line, without its end.
    package var text: String {
        Self.text(name: name, kind: content.kind) { spelling(of: $0) }
    }

    /// A line of such values.
    static func text(name: String, kind: ShapeKind, _ spelling: (KnownProperty) -> String?) -> String {
        var text = spelled(name: name) + " " + kind.name
        for property in properties { if let value = spelling(property) { text += " \(key(of: property))=\(value)" } }
        return text
    }

    /// What stands behind the sign of equality; nil where the line does not have the property.
    package func spelling(of property: KnownProperty) -> String? {
        guard Self.has(content.kind, property) else { return nil }
        switch property {
        case .startBinding: return start.map(Self.spelled)
        case .endBinding: return end.map(Self.spelled)
        case .depth: return depth.map { Hex.encode($0.bytes) + (rank > 0 ? "+\(rank)" : "") }
        default: break
        }
        guard let value = content.value(of: property), property == .position || value != property.form.unwritten else { return nil }
        switch value {
        case .point(let point): return Self.spelled(point)
        case .size(let size): return "\(Self.spelled(size.width)),\(Self.spelled(size.height))"
        case .points(let points): return Self.spelled(points)
        case .text(let words): return Self.quoted(words)
        case .color(let color): return color?.text
        case .strokeWidth(let width): return Self.spelled(Int32(width))
        case .choice(let raw):
            guard case .choice(let choice) = property.form, choice.words.indices.contains(Int(raw)) else { return nil }
            return choice.words[Int(raw)]
        case .groups(let groups): return groups.map(\.text).joined(separator: "/")
        case .kind, .depth, .binding, .mark, .names, .name, .bytes, .number, .right: return nil
        }
    }

    // MARK: Spelling

    /// Px, of which world units are eighths (FM-180).
    private static func spelled(_ units: Int32) -> String {
        var bytes: [UInt8] = []
        write(units, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func spelled(_ point: Point) -> String { "\(spelled(point.x)),\(spelled(point.y))" }

    /// Most of the bytes of a file are points: they are written by hand.
    private static func spelled(_ points: [Point]) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(points.count * 12)
        for point in points {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: ";")) }
            write(point.x, to: &bytes)
            bytes.append(UInt8(ascii: ","))
            write(point.y, to: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func write(_ units: Int32, to bytes: inout [UInt8]) {
        if units < 0 { bytes.append(UInt8(ascii: "-")) }
        let (whole, part) = units.magnitude.quotientAndRemainder(dividingBy: 8)
        var divisor: UInt32 = 1
        while whole / divisor > 9 { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(whole / divisor % 10))
            divisor /= 10
        }
        if part > 0 { bytes.append(contentsOf: parts[Int(part)]) }
    }

    private static let parts = ["", ".125", ".25", ".375", ".5", ".625", ".75", ".875"].map { Array($0.utf8) }

    private static func spelled(_ end: End) -> String {
        spelled(name: end.name) + (end.x == Binding.middle && end.y == Binding.middle ? "" : "@\(end.x),\(end.y)")
    }

    /// A name as it is, where it is a word; else in quotes (FM-258).
    private static func spelled(name: String) -> String { !name.isEmpty && name.utf8.allSatisfy(isWord) ? name : quoted(name) }

    /// True for bytes of names that need no quotes.
    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "~"): true
        default: false
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case _ where isPlain(scalar): quoted.unicodeScalars.append(scalar)
            default: quoted += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            }
        }
        return quoted + "\""
    }

    /// True for what stands for itself between quotes: no control, format, bidi or private character, no line break, no blank but the space and the
    /// ideographic one. A table of its own, since one value has one spelling whatever Unicode a machine knows (FM-261).
    static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E: scalar != "\"" && scalar != "\\"
        case 0xA1...0xAC, 0xAE...0x5FF, 0x606...0x61B, 0x61D...0x6DC, 0x6DE...0x70E, 0x710...0x88F, 0x892...0x8E1, 0x8E3...0x115E: true
        case 0x1161...0x167F, 0x1681...0x17B3, 0x17B6...0x180A, 0x180F...0x1FFF, 0x2010...0x2027, 0x2030...0x205E: true
        case 0x2070...0x27FF, 0x2801...0x3163, 0x3165...0xD7FF, 0xF900...0xFDCF, 0xFDF0...0xFEFE, 0xFF00...0xFF9F: true
        case 0xFFA1...0xFFEF, 0xFFFC...0xFFFD: true
        case 0x10000...0x110BC, 0x110BE...0x110CC, 0x110CE...0x1342F, 0x13440...0x1BC9F, 0x1BCA4...0x1D172, 0x1D17B...0xDFFFF: true
        default: false
        }
    }
}
