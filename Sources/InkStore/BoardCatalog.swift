import InkPrimitives

/// All boards that this machine keeps, of all profiles.
///
///     <data-dir>/identity.key                     profile 1
///     <data-dir>/boards/<64 hex>/board.sqlite, lock
///     <data-dir>/profiles/2/identity.key          profile 2: a second device key, for a second `join` of one board on this machine
///     <data-dir>/profiles/2/boards/<64 hex>/…
///     <data-dir>/places/<32 hex>                  where a board is by its name (`place(named:)`)
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

        /// What this machine calls it, also when it cannot be read (ST-12); the first 8 digits of its id when it has no name yet.
        package var name: String
    }

    /// What a list shows of a board.
    package struct Content: Sendable {
        package var name: String
        package var transactionCount: Int
        /// When it changed last by this machine's clock, ms since 1970.
        package var changed: UInt64
        /// Bytes on the disk.
        package var byteCount: Int
        /// Own changes that no other device has said to have; nil where the key that signed them cannot be read.
        package var unsent: Int?
        /// True if it is written to under a key of its own.
        package var hasOwnKey: Bool
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
        // Where no board can be, no key is left behind.
        try BoardStore.checkLength(directory(of: .zero, profile: profile))
        return try Identity.loadOrCreate(at: Self.identityPath(directory(ofProfile: profile)))
    }

    /// The device keys under which a board is written to: its own if it has such, which are made anew where they have gone, else those of its profile.
    package func identity(of board: BoardID, hasOwnKey: Bool, profile: Int) throws(StoreError) -> Identity {
        guard hasOwnKey else { return try identity(ofProfile: profile) }
        return try Identity.loadOrCreate(at: Self.identityPath(directory(of: board, profile: profile)))
    }

    /// Gives a board keys of its own that never signed before, for those it is written to under now have signed two changes with one number: two
    /// programs had them, and nobody knows where the other is. The old ones are kept beside the new.
    package func renewIdentity(of store: BoardStore, _ board: BoardID, profile: Int) throws(StoreError) -> Identity {
        let path = Self.identityPath(directory(of: board, profile: profile))
        if Files.exists(path) {
            var number = 1
            while Files.exists(Self.forkedPath(path, number)) { number += 1 }
            try Files.rename(path, to: Self.forkedPath(path, number))
        }
        let identity = try Identity.loadOrCreate(at: path)
        try store.update { $0.hasOwnKey = true }
        return identity
    }

    /// Device keys that a board with a key of its own was written to under before, newest first. One that is not there, or cannot be used, is passed over.
    package func formerIdentities(of board: BoardID, profile: Int) -> [Identity] {
        let path = Self.identityPath(directory(of: board, profile: profile))
        var paths: [String] = []
        while Files.exists(Self.forkedPath(path, paths.count + 1)) { paths.append(Self.forkedPath(path, paths.count + 1)) }
        let all = paths.reversed() + [Self.identityPath(directory(ofProfile: profile))]
        return all.compactMap { path in (try? Identity.existing(at: path)) ?? nil }
    }

    private static func forkedPath(_ path: String, _ number: Int) -> String { "\(path).forked-\(number)" }

    /// Where a directory of boards, or a board's, keeps its device keys.
    static func identityPath(_ directory: String) -> String { "\(directory)/identity.key" }

    /// The author that writes to a board; nil where its keys are not there, or cannot be read.
    private func author(of meta: BoardMeta, profile: Int) -> AuthorID? {
        let place = meta.hasOwnKey ? directory(of: meta.board, profile: profile) : directory(ofProfile: profile)
        do throws(StoreError) {
            return try Identity.existing(at: Self.identityPath(place))?.signing.author
        } catch {
            // Whoever opens the board is told why; a list can do without.
            return nil
        }
    }

    /// What a person should know of who else can read or change what is kept here, a sentence each (ST-29).
    package func complaints(of board: BoardID, profile: Int) -> [String] {
        let (top, place) = (directory(ofProfile: profile), directory(of: board, profile: profile))
        var inner = [dataDirectory]
        if profile > 1 { inner += [Files.parent(of: top), top] }
        inner += ["\(top)/boards", place]
        // In a sticky directory, as /tmp is one, nobody can replace what is another's. Above ours whole groups may write by custom (umask 002), each
        // of one person.
        var open = inner.filter { Files.rights(of: $0).map { $0.mode & 0o022 != 0 && $0.mode & 0o1000 == 0 } ?? false }
        open += Files.ancestors(of: dataDirectory).filter {
            Files.rights(of: $0).map { $0.mode & 0o002 != 0 && $0.mode & 0o1000 == 0 } ?? false
        }
        var complaints = open.map {
            "others on this machine can change what is in \($0) (mode \(Self.octal(ofRightsOf: $0))); `chmod go-w` it"
        }
        // The database holds the secret of the board. Where nobody else gets to it, its own mode is no matter.
        let isReached = inner.allSatisfy { Files.rights(of: $0).map { $0.mode & 0o011 != 0 } ?? false }
        for path in ["", "-wal"].map({ BoardStore.databasePath(place) + $0 }) where isReached {
            guard Files.rights(of: path).map({ $0.mode & 0o077 != 0 }) ?? false else { continue }
            complaints.append(
                "others on this machine can read or change \(path), and enter the board with what is in it (mode \(Self.octal(ofRightsOf: path))); "
                    + "`chmod 600` it")
        }
        return complaints
    }

    private static func octal(ofRightsOf path: String) -> String { "0\(String(Files.rights(of: path)?.mode ?? 0, radix: 8))" }

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

    /// The board that a person means by `text`: its name here, or the name as lists show it, or at least four digits with which only its id
    /// begins.
    ///
    /// - Parameter shown: a name as lists show it: who reads it there may type it.
    /// - Throws: `missing` when there is none, `failed` when there are several.
    package func find(_ text: String, shown: (String) -> String = { $0 }) throws(StoreError) -> Entry {
        let all = try entries()
        if let named = all.first(where: { $0.name == text }) { return named }
        let alike = all.filter { shown($0.name) == text }
        if let first = alike.first, !text.isEmpty {
            guard alike.allSatisfy({ $0.board == first.board }) else {
                throw .failed(path: "board “\(text)”", detail: "several boards look so; give digits of the id")
            }
            return first
        }
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

    /// `wanted`, or with a number behind it when another board of this machine is called so (ST-10).
    ///
    /// - Parameter looks: what is compared of a name.
    package func uniqueName(
        _ wanted: String, besides board: (BoardID, profile: Int)? = nil, looks: (String) -> String = { $0 }
    ) throws(StoreError) -> String {
        let taken = Set(
            try entries().filter { entry in board.map { entry.board != $0.0 || entry.profile != $0.profile } ?? true }.map {
                looks($0.name)
            })
        guard taken.contains(looks(wanted)) else { return wanted }
        var number = 2
        while taken.contains(looks("\(wanted) \(number)")) { number += 1 }
        return "\(wanted) \(number)"
    }

    /// Takes a board out of the list without deleting a byte (ST-28): its directory gets a name that is no board id.
    ///
    /// - Returns: where it is now.
    package func moveAside(_ entry: Entry) throws(StoreError) -> String {
        let lock = try FileLock(directory: entry.directory)
        defer { lock.release() }
        var number = 1
        while Files.exists("\(entry.directory).aside-\(number)") { number += 1 }
        let target = "\(entry.directory).aside-\(number)"
        try Files.rename(entry.directory, to: target)
        forgetPlace(named: entry.name)
        return target
    }

    /// Gives a board another name on this machine (ST-28). What the others call it stays.
    package func rename(_ entry: Entry, to name: String) throws(StoreError) {
        guard try uniqueName(name, besides: (entry.board, entry.profile)) == name else {
            throw .failed(path: "the name “\(name)”", detail: "another board of this machine is called so")
        }
        if case .failure(let error) = entry.content { throw error }
        let store = try BoardStore.open(at: entry.directory)
        defer { store.close() }
        try store.update { $0.name = name }
        forgetPlace(named: entry.name)
    }

    /// Removes a board from this machine, with what nobody else has of it. Others keep theirs.
    package func delete(_ entry: Entry) throws(StoreError) {
        let lock = try FileLock(directory: entry.directory)
        defer { lock.release() }
        // Out of the list in one step (ST-57): who is killed on the way leaves no half of a board that looks like a damaged one.
        let remains = "\(entry.directory).deleted"
        try Files.removeTree(remains)
        try Files.rename(entry.directory, to: remains)
        forgetPlace(named: entry.name)
        try Files.removeTree(remains)
    }

    private func profiles() throws(StoreError) -> [Int] {
        [1] + (try Files.list("\(dataDirectory)/profiles").compactMap { Int($0) }.filter { $0 > 1 }.sorted())
    }

    private func entry(_ board: BoardID, profile: Int) -> Entry? {
        let directory = directory(of: board, profile: profile)
        let content: Result<Content, StoreError>
        do throws(StoreError) {
            let summary = try BoardStore.summary(at: directory) { author(of: $0, profile: profile) }
            guard summary.meta.board == board else { throw .corrupt(path: directory, detail: "it holds another board than its name says") }
            content = .success(
                Content(
                    name: summary.meta.name, transactionCount: summary.transactionCount,
                    changed: summary.changed ?? BoardStore.modified(at: directory), byteCount: summary.byteCount,
                    unsent: summary.unsent, hasOwnKey: summary.meta.hasOwnKey))
        } catch .missing {
            // A crash before its first commit (ST-13).
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
