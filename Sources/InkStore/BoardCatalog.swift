import InkPrimitives

/// All boards that this machine keeps, of all profiles.
///
///     <data-dir>/identity.key                     profile 1
///     <data-dir>/boards/<64 hex>/board.sqlite, lock
///     <data-dir>/profiles/2/identity.key          profile 2: a second device key, for a second `join` of one board on this machine
///     <data-dir>/profiles/2/boards/<64 hex>/…
package struct BoardCatalog: Sendable {
    /// One board of one profile, as found on disk.
    package struct Entry: Sendable {
        package var board: BoardID
        /// 1 for the data directory itself, 2… for `profiles/<n>`.
        package var profile: Int
        package var directory: String
        /// Why it cannot be read, or what it is called and how many transactions it has.
        package var content: Result<Content, StoreError>
        /// True if some process has it open now.
        package var isOpen: Bool

        /// What this machine calls it, also when it cannot be read; the first 8 digits of its id when it has no name yet.
        package var name: String
    }

    /// What a list shows of a board.
    package struct Content: Sendable {
        package var name: String
        package var transactionCount: Int
    }

    /// Where everything is.
    package let dataDirectory: String

    package init(dataDirectory: String) { self.dataDirectory = dataDirectory }

    /// The place of a profile.
    package func directory(ofProfile profile: Int) -> String { profile == 1 ? dataDirectory : "\(dataDirectory)/profiles/\(profile)" }

    /// The place of a board.
    package func directory(of board: BoardID, profile: Int) -> String { "\(directory(ofProfile: profile))/boards/\(board.hex)" }

    /// The device keys of a profile, made when they are not there.
    package func identity(ofProfile profile: Int) throws(StoreError) -> Identity {
        try Identity.loadOrCreate(at: "\(directory(ofProfile: profile))/identity.key")
    }

    /// All saved boards, by name, then profile. A board that cannot be read is listed with the reason.
    package func entries() throws(StoreError) -> [Entry] {
        var entries: [Entry] = []
        for profile in try profiles() {
            for name in try Files.list("\(directory(ofProfile: profile))/boards") {
                guard let board = BoardID(hex: name), let entry = entry(board, profile: profile) else { continue }
                entries.append(entry)
            }
        }
        return entries.sorted { ($0.name, $0.profile, $0.board) < ($1.name, $1.profile, $1.board) }
    }

    /// The board that a person means by `text`: its name here, or at least four digits with which only its id begins.
    ///
    /// - Throws: `missing` when there is none, `failed` when there are several.
    package func find(_ text: String) throws(StoreError) -> Entry {
        let all = try entries()
        if let named = all.first(where: { $0.name == text }) { return named }
        guard text.utf8.count >= 4, text.allSatisfy(\.isHexDigit) else { throw .missing(what: "board “\(text)”") }
        let matches = all.filter { $0.board.hex.hasPrefix(text.lowercased()) }
        guard let first = matches.min(by: { $0.profile < $1.profile }) else { throw .missing(what: "board “\(text)”") }
        guard matches.allSatisfy({ $0.board == first.board }) else {
            throw .failed(path: "board “\(text)”", detail: "several boards begin with these digits")
        }
        return first
    }

    /// The profile in which a link to `board` is opened: the first that has the board saved and not open, else the first that lacks it.
    ///
    /// So a person who uses his link again gets his own board back, and a second terminal beside the first becomes a second person.
    package func profileForJoining(_ board: BoardID) -> Int {
        var profile = 1
        while BoardStore.isOpen(at: directory(of: board, profile: profile)) { profile += 1 }
        return profile
    }

    /// `wanted`, or with a number behind it when another board of this machine is called so.
    package func uniqueName(_ wanted: String, besides board: (BoardID, profile: Int)? = nil) throws(StoreError) -> String {
        let taken = Set(
            try entries().filter { entry in board.map { entry.board != $0.0 || entry.profile != $0.profile } ?? true }.map(\.name))
        guard taken.contains(wanted) else { return wanted }
        var number = 2
        while taken.contains("\(wanted) \(number)") { number += 1 }
        return "\(wanted) \(number)"
    }

    /// Takes a board out of the list without deleting a byte: its directory gets a name that is no board id.
    ///
    /// - Returns: where it is now.
    package func moveAside(_ entry: Entry) throws(StoreError) -> String {
        guard !BoardStore.isOpen(at: entry.directory) else { throw .locked(path: entry.directory) }
        var number = 1
        while Files.exists("\(entry.directory).aside-\(number)") { number += 1 }
        let target = "\(entry.directory).aside-\(number)"
        try Files.rename(entry.directory, to: target)
        return target
    }

    private func profiles() throws(StoreError) -> [Int] {
        [1] + (try Files.list("\(dataDirectory)/profiles").compactMap { Int($0) }.filter { $0 > 1 }.sorted())
    }

    private func entry(_ board: BoardID, profile: Int) -> Entry? {
        let directory = directory(of: board, profile: profile)
        let content: Result<Content, StoreError>
        do throws(StoreError) {
            let (meta, count) = try BoardStore.peekMeta(at: directory)
            guard meta.board == board else { throw .corrupt(path: directory, detail: "it holds another board than its name says") }
            content = .success(Content(name: meta.name, transactionCount: count))
        } catch .missing {
            // A crash before its first commit.
            return nil
        } catch {
            content = .failure(error)
        }
        return Entry(
            board: board, profile: profile, directory: directory, content: content,
            isOpen: BoardStore.isOpen(at: directory), name: name(of: content, in: directory, board))
    }

    private func name(of content: Result<Content, StoreError>, in directory: String, _ board: BoardID) -> String {
        let name: String?
        switch content {
        case .success(let content): name = content.name
        case .failure:
            // The copy beside a file that cannot be read; where it is not there either, the digits must do.
            name = (try? Files.read(BoardStore.namePath(directory), limit: 1024)).flatMap { String(validating: $0, as: UTF8.self) }
        }
        return name.flatMap { $0.isEmpty ? nil : $0 } ?? board.description
    }
}
