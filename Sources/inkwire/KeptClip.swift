import InkFrontEnd
import InkStore
import InkTerminal

/// What was copied last on any board of this person on this machine: a file of mode 0600 in the data directory. Who reads it believes nothing of it.
struct KeptClip {
    private let directory: String
    private var path: String { "\(directory)/clipboard" }

    init(dataDirectory: String) { directory = dataDirectory }

    /// - Returns: why it is not kept; nil where it is.
    func keep(_ bytes: [UInt8]) -> String? {
        do throws(StoreError) {
            try Files.makeDirectory(directory)
            try Files.replace(path, bytes: bytes)
            return nil
        } catch {
            return "\(error)"
        }
    }

    func fetch() -> TerminalApp.FetchedClip {
        guard Files.exists(path) else { return .none }
        do throws(StoreError) {
            return .bytes(try Files.read(path, limit: ShapeClip.bytesMax))
        } catch {
            return .failed("\(error)")
        }
    }
}
