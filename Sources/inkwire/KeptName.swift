import InkFormats
import InkPrimitives
import InkStore

/// What the others call this person where neither option nor environment says it: asked for once, and kept in the data directory.
struct KeptName {
    private let directory: String
    private var path: String { "\(directory)/name" }

    init(dataDirectory: String) { directory = dataDirectory }

    /// Nil where none is kept, or what stands there is no name.
    var name: String? {
        guard Files.exists(path), let bytes = try? Files.read(path, limit: Limits.nameBytes + 1) else { return nil }
        let name = String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...], as: UTF8.self)
        return personNameComplaint(name) == nil ? name : nil
    }

    func keep(_ name: String) throws(StoreError) {
        try Files.makeDirectory(directory)
        try Files.replace(path, bytes: Array((name + "\n").utf8))
    }
}
