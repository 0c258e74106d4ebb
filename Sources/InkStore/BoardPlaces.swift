import InkCrypto
import InkPrimitives

/// Where boards are by their names, so that who opens one need not look into all.
///
///     <data-dir>/places/<32 hex>      of BLAKE2b of the name: profile, digits of the board's id, count of its shapes or "-"
///
/// These are hints: each is held against the copy of the name in the board's own directory before it is believed, and where one is not there, or leads
/// nowhere, the board is sought among all and the hint written anew. So nothing is lost with them, and one that cannot be written is no failure.
extension BoardCatalog {
    /// Where one board is.
    package struct Place: Hashable, Sendable {
        package var board: BoardID
        /// 1 for the data directory itself, 2… for `profiles/<n>`.
        package var profile: Int
        package var directory: String
        /// What this machine calls it.
        package var name: String
        /// How many shapes it had when it was left last; nil where that is not known.
        package var shapeCount: Int?

        package init(board: BoardID, profile: Int, directory: String, name: String, shapeCount: Int? = nil) {
            (self.board, self.profile, self.directory, self.name, self.shapeCount) = (board, profile, directory, name, shapeCount)
        }
    }

    /// The board of exactly that name, found without a look into any other; nil where it must be sought among all.
    package func place(named name: String) -> Place? {
        guard let text = Self.text(of: hintPath(name), limit: 256), let hint = Self.hint(text) else { return nil }
        let directory = directory(of: hint.board, profile: hint.profile)
        guard Files.size(BoardStore.databasePath(directory)) ?? 0 > 0, Self.text(of: BoardStore.namePath(directory), limit: 1024) == name
        else { return nil }
        return Place(board: hint.board, profile: hint.profile, directory: directory, name: name, shapeCount: hint.shapeCount)
    }

    /// Notes where a board is for who opens it next.
    package func note(_ place: Place) {
        guard !place.name.isEmpty else { return }
        let path = hintPath(place.name)
        let known = Self.text(of: path, limit: 256).flatMap(Self.hint)
        // Who does not know how many shapes there are takes away no count.
        let count = place.shapeCount ?? (known?.board == place.board ? known?.shapeCount : nil)
        if let known, known.profile == place.profile, known.board == place.board, known.shapeCount == count { return }
        let text = "\(place.profile) \(place.board.hex) \(count.map(String.init) ?? "-")\n"
        do throws(StoreError) {
            try Files.makeDirectory(Files.parent(of: path))
            try Files.replace(path, bytes: Array(text.utf8))
        } catch {
            // The next one seeks.
        }
    }

    /// Forgets where a board of that name was.
    func forgetPlace(named name: String) { Files.remove(hintPath(name)) }

    private func hintPath(_ name: String) -> String {
        "\(dataDirectory)/places/\(Hex.encode(Blake2b.hash(Array(name.utf8), count: 16)))"
    }

    private static func text(of path: String, limit: Int) -> String? {
        guard Files.exists(path) else { return nil }
        return (try? Files.read(path, limit: limit)).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// Nil for what was not written by us.
    private static func hint(_ text: String) -> (profile: Int, board: BoardID, shapeCount: Int?)? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 3, let profile = Int(words[0]), profile > 0, let board = BoardID(hex: String(words[1])) else { return nil }
        return (profile, board, Int(words[2]).flatMap { $0 >= 0 ? $0 : nil })
    }
}

extension BoardCatalog.Entry {
    /// Where it is.
    package var place: BoardCatalog.Place { BoardCatalog.Place(board: board, profile: profile, directory: directory, name: name) }
}
