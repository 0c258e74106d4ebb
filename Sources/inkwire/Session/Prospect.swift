import InkBoard
import InkSession
import InkStore
import InkTerminal

/// A board that a person is about to see, and what is known of it without opening it: little enough to be there before the first frame (CL-309).
struct Prospect: Sendable {
    /// How to come to it.
    enum Way: Sendable {
        /// - Parameters:
        ///   - drawing: what stands on it from the first.
        ///   - role: of who joins by its first link.
        case make(String?, drawing: [ShapeDraft] = [], role: Role = .editor)
        case open(String)
        case join(Arrival)
        /// A board to try things on.
        case example
    }

    private let way: Way
    /// Where it is; nil for one that is made or joined.
    private let place: BoardCatalog.Place?

    /// - Throws: what can be known now to keep it from being opened, before a screen is taken for it.
    init(_ way: Way, catalog: BoardCatalog) throws {
        self.way = way
        switch way {
        case .make(let name, _, _):
            try OpenedBoard.check(name: name, catalog: catalog)
            place = nil
        case .open(let text):
            if let hinted = catalog.place(named: text) {
                place = hinted
            } else {
                let entry = try catalog.entry(text)
                if case .failure(let error) = entry.content { throw error }
                place = entry.place
            }
        case .join, .example: place = nil
        }
    }

    /// True for a board that goes when it is left.
    var isExample: Bool { if case .example = way { true } else { false } }

    /// True for a board that is made now.
    var isMade: Bool {
        switch way {
        case .make, .example: true
        case .open, .join: false
        }
    }

    var isJoining: Bool { if case .join = way { true } else { false } }

    /// What it is called; empty where that is not known.
    var name: String {
        switch way {
        case .make(let name, _, _): name ?? ""
        case .open: place?.name ?? ""
        case .join: ""
        case .example: "example"
        }
    }

    /// How many shapes it had when it was left last, where that is known.
    var shapeCount: Int? { place?.shapeCount }

    /// Opens it, or attaches to who holds it.
    ///
    /// - Parameter say: takes a sentence for the person.
    func come(options: GlobalOptions, say: (String) -> Void) throws -> BoardAccess {
        switch way {
        case .example:
            .held(
                try OpenedBoard.make(
                    named: try options.catalog.uniqueName("example", looks: BoardName.look), drawing: ExampleBoard.shapes,
                    catalog: options.catalog))
        case .make(let name, let drawing, let role):
            .held(try OpenedBoard.make(named: name, drawing: drawing, role: role, catalog: options.catalog))
        case .open(let text): try BoardAccess.open(text, at: place, catalog: options.catalog)
        case .join(let arrival): .held(try OpenedBoard.join(arrival, catalog: options.catalog, say: say))
        }
    }
}
