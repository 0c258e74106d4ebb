import Foundation
import InkFrontEnd
import InkPrimitives
import InkRuntime
import InkSession
import InkStore

/// A board of this machine as this process can have it: held here, or held by another process of the same person.
enum BoardAccess {
    case held(OpenedBoard)
    case shared(SharedBoard)

    /// A saved board by name or digits of its id. One that was opened or made by that name before is found without a look into any other (CL-61).
    ///
    /// - Parameter place: where it was found before, if it was.
    static func open(_ text: String, at place: BoardCatalog.Place? = nil, catalog: BoardCatalog) throws -> BoardAccess {
        // What fails there is sought, and fails again if it must: then by what it is called in the list (CL-310).
        if let place = place ?? catalog.place(named: text), let access = try? open(place, catalog: catalog) {
            if access.savedName == place.name { catalog.note(place) }
            if access.savedName == place.name || access.savedName.isEmpty { return access }
            access.close(discardIfEmpty: false)
        }
        let entry = try catalog.entry(text)
        if case .failure(let error) = entry.content { throw error }
        let access = try open(entry.place, catalog: catalog)
        catalog.note(entry.place)
        return access
    }

    private static func open(_ place: BoardCatalog.Place, catalog: BoardCatalog) throws -> BoardAccess {
        do {
            var opened = try OpenedBoard.open(place, catalog: catalog)
            // Nobody ended the board well to whom programs had come: if some are left, they know more of it than we do, and go first.
            guard let requests = try? opened.store.requests(), !requests.isEmpty else {
                try opened.leaveForkedKey()
                try opened.certifyOwnKey()
                return .held(opened)
            }
            opened.close()
        } catch StoreError.locked {}
        return .shared(try SharedBoard(place, catalog: catalog))
    }

    var board: BoardID {
        switch self {
        case .held(let opened): opened.content.meta.board
        case .shared(let shared): shared.board
        }
    }

    /// Where it is, for who opens it next.
    func place(name: String, shapeCount: Int) -> BoardCatalog.Place {
        switch self {
        case .held(let opened):
            BoardCatalog.Place(board: board, profile: profile, directory: opened.store.directory, name: name, shapeCount: shapeCount)
        case .shared(let shared):
            BoardCatalog.Place(board: board, profile: profile, directory: shared.directory, name: name, shapeCount: shapeCount)
        }
    }

    /// 1, or the number of a further person on this machine.
    var profile: Int {
        switch self {
        case .held(let opened): opened.profile
        case .shared(let shared): shared.profile
        }
    }

    /// Device key of this person.
    var author: AuthorID {
        switch self {
        case .held(let opened): opened.identity.signing.author
        case .shared(let shared): shared.author
        }
    }

    /// What this machine calls the board; empty until a joined board has arrived.
    var savedName: String {
        switch self {
        case .held(let opened): opened.content.meta.name
        case .shared(let shared): shared.savedName
        }
    }

    /// True if this process made its directory, and may take it away again when joining came to nothing.
    var isNew: Bool { if case .held(let opened) = self { opened.isNew } else { false } }

    /// True for a board that was joined and of which nothing has come, so that it must be waited for.
    var isEmpty: Bool { if case .held(let opened) = self { opened.content.transactions.isEmpty } else { false } }

    /// True for a board that brings its own rendezvous.
    var embedsRendezvous: Bool { if case .held(let opened) = self { opened.content.meta.embeddedPort != nil } else { false } }

    /// Gives up the lock where it is held; a board that was never joined goes, for it holds nothing.
    func close(discardIfEmpty: Bool) { if case .held(let opened) = self { opened.close(discardIfEmpty: discardIfEmpty) } }
}

extension BoardCatalog {
    /// The board that a person means: by its name, as it is or as lists show it, or by digits of its id (CL-305).
    func entry(_ text: String) throws(StoreError) -> Entry {
        do throws(StoreError) {
            return try find(text, shown: Failure.plain)
        } catch {
            guard case .missing(let what, nil) = error else { throw error }
            let names = try entries().map(\.name).filter { !BoardName.isInvisible($0) }
            throw .missing(what: what, meant: NearestWord.nearest(to: text, among: names).map(Failure.plain))
        }
    }
}

/// A board that another process of this person holds.
struct SharedBoard: Sendable {
    var catalog: BoardCatalog
    var profile: Int
    var directory: String
    var board: BoardID
    var author: AuthorID
    var savedName: String

    init(_ place: BoardCatalog.Place, catalog: BoardCatalog) throws {
        self.catalog = catalog
        (profile, directory, board) = (place.profile, place.directory, place.board)
        let meta = try BoardStore.meta(at: directory)
        savedName = meta.name.isEmpty ? place.name : meta.name
        author = try catalog.identity(of: place.board, hasOwnKey: meta.hasOwnKey, profile: place.profile).signing.author
    }

    /// Where its holder may listen, the likeliest place first.
    var localSocketPaths: [String] { LocalSocketPlace.paths(of: directory) }
}

extension LocalSocketPlace {
    /// As `path`, for the environment of this process.
    static func path(of directory: String) -> String {
        path(boardDirectory: absolute(directory), runtimeDirectory: runtimeDirectory, userID: geteuid())
    }

    /// As `paths`, for the environment of this process.
    static func paths(of directory: String) -> [String] {
        paths(boardDirectory: absolute(directory), runtimeDirectory: runtimeDirectory, userID: geteuid())
    }

    private static var runtimeDirectory: String? { usable(runtimeDirectory: ProcessInfo.processInfo.environment["XDG_RUNTIME_DIR"]) }

    /// One spelling for all processes, wherever they stand and by whichever link they come.
    ///
    /// A `URL` would take `~` at the beginning for a home, and look in another place than the board is in.
    private static func absolute(_ directory: String) -> String { Files.resolved(directory) }
}
