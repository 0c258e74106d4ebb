import InkConnectivity
import InkPrimitives
import InkTransport

/// Everybody who is here or was lost less than the grace ago, and by which names who is known.
struct Roster: Sendable {
    private(set) var people: [PeerID: Person] = [:]
    var names = KnownNames()
    var adjacency = Adjacency()

    /// In a fixed order.
    var peers: [PeerID] { people.keys.sorted() }

    /// When the first of those who were lost has left.
    var deadline: Instant? {
        var soonest = adjacency.deadline
        for person in people.values {
            if let lost = person.lostAt { soonest = earliest(soonest, lost + SessionTiming.grace) }
        }
        return soonest
    }

    /// Those of whom it is time to say that they have left.
    func overdue(now: Instant) -> [PeerID] {
        peers.filter { people[$0]?.lostAt.map { now >= $0 + SessionTiming.grace } ?? false }
    }

    /// The person under another peer id: a device whose last process went without a goodbye is who it was. Another process of it took the board
    /// over, or was started anew, and nobody has left or joined.
    func before(_ remote: Remote) -> Person? {
        peers.last { $0 != remote.peer && people[$0]?.status.author == remote.author }.flatMap { people[$0] }
    }

    /// A person comes with a session.
    ///
    /// - Parameter status: that of `before(_:)` as it is now; nil where there is none.
    mutating func arrived(_ remote: Remote, on connection: ConnectionID, status: PeerStatus?) -> Person {
        var person = people[remote.peer] ?? Person(status: PeerStatus(peer: remote.peer, state: .joining))
        if let before = before(remote) {
            person = before
            if let status { person.status = status }
        }
        for peer in peers where peer != remote.peer && people[peer]?.status.author == remote.author { people[peer] = nil }
        // It has answered: whatever was overdue is over.
        (person.silentSince, person.status.silentSeconds) = (nil, nil)
        person.connection = connection
        person.lostAt = nil
        person.status.author = remote.author
        person.status.path = PeerStatus.Path(remote.route)
        people[remote.peer] = person
        return person
    }

    /// Nobody is here by that name any more.
    mutating func left(_ peer: PeerID) -> Person? { people.removeValue(forKey: peer) }

    /// The session of a person was lost. Until the grace is over, the person is who it was.
    ///
    /// - Parameters:
    ///   - last: the status when it was.
    ///   - isReplaced: another session took over: it is told of in a moment, and nobody was silent.
    mutating func lost(_ peer: PeerID, clock: PeerClock, last: PeerStatus?, isReplaced: Bool, now: Instant) {
        people[peer]?.connection = nil
        people[peer]?.clock = clock
        people[peer]?.lostAt = now
        if let last {
            people[peer]?.status.state = last.state
            people[peer]?.status.name = last.name
        }
        if !isReplaced, people[peer]?.silentSince == nil { people[peer]?.silentSince = now }
    }

    /// Keeps what the transport says of a session beyond its end.
    mutating func silent(_ peer: PeerID, on connection: ConnectionID, since: Instant?) {
        if people[peer]?.connection == connection { people[peer]?.silentSince = since }
    }

    /// Takes what is to be told of a person. The round trip is news only when it moved by half and by 5 ms, so that an idle board stays silent.
    ///
    /// - Parameter status: as it is now.
    /// - Returns: what is told; nil if front ends were told so before.
    mutating func news(of peer: PeerID, _ status: PeerStatus) -> PeerStatus? {
        let told = people[peer]?.told
        var status = status
        if let old = told?.roundTrip, let new = status.roundTrip {
            let change = new > old ? new - old : old - new
            if change < max(.milliseconds(5), old / 2) { status.roundTrip = old }
        }
        guard status != told else { return nil }
        people[peer]?.told = status
        return status
    }
}

/// Somebody who is or was here.
struct Person: Sendable {
    fileprivate(set) var status: PeerStatus
    fileprivate(set) var connection: ConnectionID?
    /// When the session was lost; the person counts as here until the grace is over.
    fileprivate(set) var lostAt: Instant?
    /// Since when the person owes a sign of life: the first probe that nothing has (SE-72) answered, or the loss of the session. Only contact ends
    /// it, not the end of the session in which it began.
    fileprivate(set) var silentSince: Instant?
    /// What was last told to front ends.
    fileprivate(set) var told: PeerStatus?
    /// The clock of the person's process, by which the times of what they do are told.
    fileprivate(set) var clock = PeerClock()
}
