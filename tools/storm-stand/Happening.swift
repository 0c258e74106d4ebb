import InkPrimitives
import InkSession

/// One thing that happens in a storm.
enum Happening: Sendable, CustomStringConvertible {
    /// Bytes of a person's terminal, as one read.
    case bytes([UInt8])
    /// A person's window becomes another size.
    case resize(columns: Int, rows: Int)
    /// What somebody does by a program.
    case intent(Intent)
    /// Nothing, for so long.
    case pause(Duration)
    /// What one does is so long on its way to the others from now on.
    case delay(Duration)
    /// The first person's disk takes nothing any more, or does again.
    case disk(isFull: Bool)
    /// Two sizes in a person's window one after another, without a frame between them.
    case jolt(columns: Int, rows: Int)

    var description: String {
        switch self {
        case .bytes(let bytes): "types \(Self.quoted(bytes))"
        case .resize(let columns, let rows): "window \(columns)x\(rows)"
        case .intent(let intent): "\(String(String(describing: intent).prefix(300)))"
        case .pause(let span): "pause of \(Int(span.milliseconds)) ms"
        case .delay(let span): "lines of \(Int(span.milliseconds)) ms"
        case .disk(let isFull): isFull ? "the disk is full" : "the disk has room"
        case .jolt(let columns, let rows): "window \(columns)x\(rows) and back"
        }
    }

    private static func quoted(_ bytes: [UInt8]) -> String {
        "\"" + String(decoding: bytes, as: UTF8.self).unicodeScalars.map { $0.escaped(asASCII: false) }.joined() + "\""
    }
}
