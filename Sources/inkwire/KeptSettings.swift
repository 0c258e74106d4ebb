import InkStore

/// How this person wants to be told of messages, on every board: kept in the data directory as `Effect.keepSettings` has it.
struct KeptSettings {
    private let directory: String
    private var path: String { "\(directory)/settings" }
    /// More than all settings take.
    private static let bytesMax = 4096

    init(dataDirectory: String) { directory = dataDirectory }

    /// Empty where nothing is kept, or it cannot be read: then all is as it is without a choice.
    var text: String {
        guard Files.exists(path), let bytes = try? Files.read(path, limit: Self.bytesMax) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// - Returns: why it is not kept; nil where it is.
    func keep(_ text: String) -> String? {
        do throws(StoreError) {
            try Files.makeDirectory(directory)
            try Files.replace(path, bytes: Array(text.utf8))
            return nil
        } catch {
            return "kept for this time alone: \(error)"
        }
    }
}
