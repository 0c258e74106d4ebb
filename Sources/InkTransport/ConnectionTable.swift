import InkPrimitives

/// All connections of an endpoint, in the order in which they came, which is that of their ids.
///
/// Each is used where it lies. It has more than a thousand bytes and some forty references: to take one out of a dictionary and put it back cost
/// more than all that sending a message does.
struct ConnectionTable: Sendable {
    /// Ascending; at the same position of the others is what belongs to each.
    private(set) var ids: [ConnectionID] = []
    /// The first is nil, and stands for whoever is gone; those behind it are there. Not private: `connections.all[place]` is used where it lies, while an
    /// accessor of ours that lends the same takes memory for itself each time.
    var all: [Connection?] = [nil]
    /// When each is due, as of its last flush: to ask hundreds of them at each input would cost more than what they say.
    private var dueAt: [Instant?] = []

    var count: Int { ids.count }

    /// One connection, in place; nil if it is gone. For what does not happen with each packet: see `all`.
    subscript(id: ConnectionID) -> Connection? {
        _read { yield all[place(of: id)] }
        _modify { yield &all[place(of: id)] }
    }

    /// Where a connection is in `all`; 0 if it is gone.
    func place(of id: ConnectionID) -> Int { (index(of: id) ?? -1) + 1 }

    /// A new one, whose id is greater than all before.
    mutating func append(_ connection: Connection) {
        precondition(ids.last.map { $0 < connection.id } ?? true, "\(connection.id) comes after \(ids.last.map(\.description) ?? "none")")
        ids.append(connection.id)
        all.append(connection)
        dueAt.append(nil)
    }

    mutating func remove(_ id: ConnectionID) -> Connection? {
        guard let index = index(of: id) else { return nil }
        ids.remove(at: index)
        dueAt.remove(at: index)
        return all.remove(at: index + 1)
    }

    /// When `id` is due, as was noted last.
    func due(_ id: ConnectionID) -> Instant? { index(of: id).flatMap { dueAt[$0] } }

    /// Asks a connection when it is due next.
    mutating func noteDue(_ id: ConnectionID) {
        if let index = index(of: id) { dueAt[index] = all[index + 1]?.deadline }
    }

    /// Bytes that a connection has still to bring across, and its round trip: asked for with each message, and so not of a copy.
    func pendingBytes(of id: ConnectionID) -> Int? { index(of: id).map { all.span[$0 + 1]!.pendingBytes } }
    func roundTrip(of id: ConnectionID) -> Duration? { index(of: id).flatMap { all.span[$0 + 1]!.roundTrip } }

    /// When the first is due.
    var deadline: Instant? {
        var first: Instant?
        for at in dueAt { first = earliest(first, at) }
        return first
    }

    /// The first connection for which `isWanted` holds.
    func first(where isWanted: (borrowing Connection) -> Bool) -> Connection? {
        for index in all.indices { if let connection = all[index], isWanted(connection) { return connection } }
        return nil
    }

    /// What `body` makes of each.
    func map<R>(_ body: (Connection) -> R) -> [R] { all.compactMap { $0.map(body) } }

    @inline(__always) private func index(of id: ConnectionID) -> Int? {
        // Most endpoints have a few, and who has many hears from all of them.
        var (low, high) = (0, ids.count)
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < ids.count && ids[low] == id ? low : nil
    }
}

/// Connections that may have packets to make, each once, in the order of their ids.
struct DirtyConnections: Sendable {
    private var ids: [ConnectionID] = []
    /// Room that is used again, so that draining takes no memory.
    private var spare: [ConnectionID] = []

    var isEmpty: Bool { ids.isEmpty }

    mutating func insert(_ id: ConnectionID) {
        // Nearly always it is the one that was told of last.
        if ids.last == id { return }
        var index = ids.count
        while index > 0, ids[index - 1] > id { index -= 1 }
        if index == 0 || ids[index - 1] != id { ids.insert(id, at: index) }
    }

    func contains(_ id: ConnectionID) -> Bool { ids.contains(id) }

    /// Takes all of them. Give the array back when it was read.
    mutating func takeAll() -> [ConnectionID] {
        let taken = ids
        (ids, spare) = (spare, [])
        return taken
    }

    mutating func giveBack(_ room: consuming [ConnectionID]) {
        room.removeAll(keepingCapacity: true)
        spare = room
    }
}
