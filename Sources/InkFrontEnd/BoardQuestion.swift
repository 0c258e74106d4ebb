import InkBoard
import InkPrimitives
import InkSession
import InkTransport

/// What only the node knows, and a front end asks.
package enum BoardQuestion: UInt8, CaseIterable, Hashable, Sendable {
    /// What stands on the board, as it is opened or has arrived.
    case board = 1
    /// All that is known of it, for comparing.
    case state = 2
    /// Where we stand now, for a wait that begins.
    case status = 3
    /// How the connections do.
    case links = 4
    case invite = 5
    /// The state of all connections, for who looks for a cause.
    case dump = 6
    /// Who may do what, and which invites stand.
    case members = 7
}

/// The answer to a `BoardQuestion`.
package enum BoardAnswer: Hashable, Sendable {
    case board(BoardReport)
    case state(StateReport)
    case status(StatusReport)
    /// For each peer, and of all datagrams.
    case links([LinkReport], datagrams: DatagramReport)
    /// A link by which somebody can join.
    case invite(String)
    /// One JSON object.
    case dump(String)
    case members([MemberNews], invites: [StandingInvite])
}

/// A board as a front end shows it first.
package struct BoardReport: Hashable, Sendable {
    package var name: String
    /// Standing shapes in depth order.
    package var shapes: [Shape]
    /// What this person may do: `owner`, `editor`, `commenter`, `viewer`, or `none`.
    package var role: String
    /// Labels that this person has used, standing or not.
    package var ownLabels: [String]
    /// Saved transactions that break a rule and are not shown.
    package var unreadable: Int

    package init(name: String, shapes: [Shape], role: String, ownLabels: [String], unreadable: Int) {
        (self.name, self.shapes, self.role, self.ownLabels, self.unreadable) = (name, shapes, role, ownLabels, unreadable)
    }
}

/// A board as it is compared with another's.
package struct StateReport: Hashable, Sendable {
    package var fingerprint: Fingerprint
    package var transactionCount: Int
    /// Standing shapes in depth order.
    package var shapes: [Shape]
    package var isSaved: Bool
    package var unsent: Int

    package init(fingerprint: Fingerprint, transactionCount: Int, shapes: [Shape], isSaved: Bool, unsent: Int) {
        self.fingerprint = fingerprint
        self.transactionCount = transactionCount
        self.shapes = shapes
        self.isSaved = isSaved
        self.unsent = unsent
    }
}

/// Where we stand, for whoever waits for something.
package struct StatusReport: Hashable, Sendable {
    package var presentPeers: Int
    /// Every present peer has all of ours in its set.
    package var isDelivered: Bool
    package var isSaved: Bool
    package var isSynced: Bool
    /// How far a board that was joined has come; it grows while somebody sends it.
    package var arrivedCount: Int
    /// Transactions that are not on disk.
    package var unsaved: Int
    /// Own transactions that no other device is known to have.
    package var unsent: Int
    /// All who were met so far speak another version: a board that was joined cannot come from them (SE-29).
    package var isKeptOut: Bool

    package init(
        presentPeers: Int = 0, isDelivered: Bool = true, isSaved: Bool = true, isSynced: Bool = true, arrivedCount: Int = 0,
        unsaved: Int = 0, unsent: Int = 0, isKeptOut: Bool = false
    ) {
        self.presentPeers = presentPeers
        self.isDelivered = isDelivered
        self.isSaved = isSaved
        self.isSynced = isSynced
        self.arrivedCount = arrivedCount
        self.unsaved = unsaved
        self.unsent = unsent
        self.isKeptOut = isKeptOut
    }
}

/// How the connection with one peer does; counts run since it was made.
package struct LinkReport: Hashable, Sendable {
    package var peer: PeerID
    package var path: PeerStatus.Path
    /// Smoothed; nil before the first sample.
    package var roundTrip: Duration?
    /// Share of packets lost, 0...1.
    package var loss: Double
    package var bytesIn: UInt64
    package var bytesOut: UInt64
    package var packetsIn: UInt64
    package var packetsOut: UInt64
    package var packetsForged: UInt64
    package var packetsReplayed: UInt64
    /// Bytes of messages that the peer has not acknowledged.
    package var pendingBytes: Int

    package init(
        peer: PeerID, path: PeerStatus.Path = .direct, roundTrip: Duration? = nil, loss: Double = 0, bytesIn: UInt64 = 0,
        bytesOut: UInt64 = 0, packetsIn: UInt64 = 0, packetsOut: UInt64 = 0, packetsForged: UInt64 = 0, packetsReplayed: UInt64 = 0,
        pendingBytes: Int = 0
    ) {
        self.peer = peer
        self.path = path
        self.roundTrip = roundTrip
        self.loss = loss
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
        self.packetsIn = packetsIn
        self.packetsOut = packetsOut
        self.packetsForged = packetsForged
        self.packetsReplayed = packetsReplayed
        self.pendingBytes = pendingBytes
    }

    package init(peer: PeerID, _ figures: ConnectionStatistics) {
        self.init(
            peer: peer, path: PeerStatus.Path(figures.route), roundTrip: figures.roundTrip, loss: figures.lossEstimate,
            bytesIn: figures.bytesIn, bytesOut: figures.bytesOut, packetsIn: figures.packetsIn, packetsOut: figures.packetsOut,
            packetsForged: figures.packetsForged,
            packetsReplayed: figures.packetsReplayed, pendingBytes: figures.pendingBytes)
    }
}

/// What became of all datagrams received: who watches a flood sees that nothing of it was accepted.
package struct DatagramReport: Hashable, Sendable {
    /// Neither ours nor STUN by their first byte: dropped at the socket, before anything else is looked at.
    package var foreign = 0
    package var received: UInt64 = 0
    package var accepted: UInt64 = 0
    package var forged: UInt64 = 0
    package var unknown: UInt64 = 0
    package var replayed: UInt64 = 0
    package var cookiesSent: UInt64 = 0
    package var answersSent: UInt64 = 0
    package var startsRefused: UInt64 = 0
    package var handshakesRefused: UInt64 = 0
    package var established: UInt64 = 0
    package var punches: UInt64 = 0

    package init() {}

    package init(_ counters: EndpointCounters, foreign: Int) {
        self.foreign = foreign
        (received, accepted, forged, unknown) = (counters.datagrams, counters.accepted, counters.forged, counters.unknown)
        (replayed, cookiesSent, answersSent) = (counters.replayed, counters.cookiesSent, counters.answersSent)
        (startsRefused, handshakesRefused) = (counters.startsRefused, counters.handshakesRefused)
        (established, punches) = (counters.established, counters.punches)
    }
}

extension BoardAnswer {
    /// What a node answers (FE-16).
    ///
    /// - Parameters:
    ///   - foreignDatagrams: what the sockets dropped before the node saw it.
    ///   - link: the invite, which is made by whoever knows our addresses; looked at for `.invite` only.
    package init(_ question: BoardQuestion, of node: borrowing Node, foreignDatagrams: Int, link: String) {
        switch question {
        case .board:
            self = .board(
                BoardReport(
                    name: node.board?.name ?? "", shapes: node.board?.shapes ?? [],
                    role: Self.roleWord(of: node), ownLabels: node.board?.labels(of: node.author) ?? [],
                    unreadable: node.unreadable))
        case .state:
            let status = node.syncStatus
            self = .state(
                StateReport(
                    fingerprint: status.fingerprint, transactionCount: node.board?.transactionCount ?? 0, shapes: node.board?.shapes ?? [],
                    isSaved: status.isSaved, unsent: status.unsent))
        case .status:
            let status = node.syncStatus
            let isDelivered = node.isDelivered
            self = .status(
                StatusReport(
                    presentPeers: node.presentPeers, isDelivered: isDelivered, isSaved: status.isSaved,
                    isSynced: status.state == .synced && isDelivered, arrivedCount: node.arrivedCount, unsaved: node.unsavedCount,
                    unsent: status.unsent, isKeptOut: node.isKeptOutByVersion))
        case .links:
            self = .links(
                node.statistics().map { LinkReport(peer: $0.peer, $0.statistics) },
                datagrams: DatagramReport(node.datagramCounters, foreign: foreignDatagrams))
        case .invite: self = .invite(link)
        case .dump: self = .dump(node.dump().text)
        case .members: self = .members(node.members, invites: node.invites)
        }
    }

    private static func roleWord(of node: borrowing Node) -> String {
        guard node.board?.admission != .grants else { return node.role.map { "\($0)" } ?? "none" }
        // Where nobody has roles whoever is there draws (CL-301).
        return node.board?.owner == node.author ? "owner" : "editor"
    }
}

extension ByteWriter {
    mutating func write(_ answer: BoardAnswer) {
        switch answer {
        case .board(let report):
            writeTag(1)
            writeText(report.name)
            writeList(report.shapes) { $0.write($1) }
            writeText(report.role)
            writeList(report.ownLabels) { $0.writeText($1) }
            writeNumber(report.unreadable)
        case .state(let report):
            writeTag(2)
            write(report.fingerprint)
            writeNumber(report.transactionCount)
            writeList(report.shapes) { $0.write($1) }
            writeFlag(report.isSaved)
            writeNumber(report.unsent)
        case .status(let report):
            writeTag(3)
            writeNumber(report.presentPeers)
            for flag in [report.isDelivered, report.isSaved, report.isSynced] { writeFlag(flag) }
            for number in [report.arrivedCount, report.unsaved, report.unsent] { writeNumber(number) }
            writeFlag(report.isKeptOut)
        case .links(let links, let datagrams):
            writeTag(4)
            writeList(links) { $0.write($1) }
            writeNumber(datagrams.foreign)
            for count in [
                datagrams.received, datagrams.accepted, datagrams.forged, datagrams.unknown, datagrams.replayed, datagrams.cookiesSent,
                datagrams.answersSent, datagrams.startsRefused, datagrams.handshakesRefused, datagrams.established, datagrams.punches,
            ] { write(count) }
        case .invite(let link):
            writeTag(5)
            writeText(link)
        case .dump(let text):
            writeTag(6)
            writeText(text)
        case .members(let members, let invites):
            writeTag(7)
            writeList(members) { $0.write($1) }
            writeList(invites) { $0.write($1) }
        }
    }

    private mutating func write(_ member: MemberNews) {
        write(member.device)
        write(member.person)
        writeText(member.name)
        write(member.role.rawValue)
        switch member.origin {
        case .founder: writeTag(1)
        case .granted: writeTag(2)
        case .invited(let invite):
            writeTag(3)
            write(invite)
        }
        writeOptional(member.giver) { $0.write($1) }
        writeFlag(member.isPresent)
        write(member.since)
        write(member.right)
        writeFlag(member.isOverUse)
        writeFlag(member.isVerified)
        writeOptional(member.lastSeen) { $0.write($1) }
        writeOptional(member.takesNameOf) { $0.write($1) }
    }

    private mutating func write(_ invite: StandingInvite) {
        write(invite.name)
        write(invite.role.rawValue)
        write(invite.uses)
        writeNumber(invite.usedCount)
        writeOptional(invite.endsAt) { $0.write($1) }
        write(invite.giver)
        writeFlag(invite.isKeyHeld)
    }

    private mutating func write(_ link: LinkReport) {
        write(link.peer)
        writeText(link.path.rawValue)
        writeOptional(link.roundTrip) { $0.writeSpan($1) }
        write(link.loss.bitPattern)
        for count in [link.bytesIn, link.bytesOut, link.packetsIn, link.packetsOut, link.packetsForged, link.packetsReplayed] {
            write(count)
        }
        writeNumber(link.pendingBytes)
    }
}

extension ByteReader {
    mutating func readBoardAnswer() throws(WireError) -> BoardAnswer {
        switch try readUInt8() {
        case 1:
            return .board(
                BoardReport(
                    name: try readText(), shapes: try readShapes(), role: try readText(),
                    ownLabels: try readList(leastBytes: 1) { reader throws(WireError) in try reader.readText() },
                    unreadable: try readNumber()))
        case 2:
            return .state(
                StateReport(
                    fingerprint: try readIdentifier(), transactionCount: try readNumber(), shapes: try readShapes(),
                    isSaved: try readFlag(), unsent: try readNumber()))
        case 3:
            return .status(
                StatusReport(
                    presentPeers: try readNumber(), isDelivered: try readFlag(), isSaved: try readFlag(), isSynced: try readFlag(),
                    arrivedCount: try readNumber(), unsaved: try readNumber(), unsent: try readNumber(), isKeptOut: try readFlag()))
        case 4:
            let links = try readList(leastBytes: 98) { reader throws(WireError) in try reader.readLinkReport() }
            var datagrams = DatagramReport()
            datagrams.foreign = try readNumber()
            (datagrams.received, datagrams.accepted, datagrams.forged) = (try readUInt64(), try readUInt64(), try readUInt64())
            (datagrams.unknown, datagrams.replayed, datagrams.cookiesSent) = (try readUInt64(), try readUInt64(), try readUInt64())
            (datagrams.answersSent, datagrams.startsRefused) = (try readUInt64(), try readUInt64())
            (datagrams.handshakesRefused, datagrams.established) = (try readUInt64(), try readUInt64())
            datagrams.punches = try readUInt64()
            return .links(links, datagrams: datagrams)
        case 5: return .invite(try readText())
        case 6: return .dump(try readText())
        case 7:
            let members = try readList(leastBytes: 113) { reader throws(WireError) in try reader.readMember() }
            return .members(members, invites: try readList(leastBytes: 79) { reader throws(WireError) in try reader.readInvite() })
        default: throw .unexpected
        }
    }

    private mutating func readMember() throws(WireError) -> MemberNews {
        let (device, person): (AuthorID, AuthorID) = (try readIdentifier(), try readIdentifier())
        let (name, role) = (try readText(), try readRole())
        let origin: MemberNews.Origin
        switch try readUInt8() {
        case 1: origin = .founder
        case 2: origin = .granted
        case 3: origin = .invited(by: try readIdentifier())
        default: throw .unexpected
        }
        var news = MemberNews(
            device: device, person: person, name: name, role: role, origin: origin, giver: try readFlag() ? try readIdentifier() : nil,
            isPresent: try readFlag(), since: try readUInt64(), right: try readIdentifier(), isOverUse: try readFlag())
        news.isVerified = try readFlag()
        news.lastSeen = try readReference()
        if try readFlag() { news.takesNameOf = try readIdentifier() }
        return news
    }

    private mutating func readInvite() throws(WireError) -> StandingInvite {
        StandingInvite(
            name: try readIdentifier(), role: try readRole(), uses: try readUInt32(), usedCount: try readNumber(),
            endsAt: try readReference(), giver: try readIdentifier(), isKeyHeld: try readFlag())
    }

    private mutating func readShapes() throws(WireError) -> [Shape] {
        try readList(leastBytes: 72) { reader throws(WireError) in try reader.readShape() }
    }

    private mutating func readLinkReport() throws(WireError) -> LinkReport {
        let peer: PeerID = try readIdentifier()
        let path = try readPath()
        let roundTrip = try readFlag() ? try readSpan() : nil
        let loss = Double(bitPattern: try readUInt64())
        // No share is less than nothing; a zero with a sign and what is no number are second spellings.
        guard loss.sign == .plus, loss <= 1 else { throw .limitExceeded }
        return LinkReport(
            peer: peer, path: path, roundTrip: roundTrip, loss: loss, bytesIn: try readUInt64(), bytesOut: try readUInt64(),
            packetsIn: try readUInt64(), packetsOut: try readUInt64(), packetsForged: try readUInt64(), packetsReplayed: try readUInt64(),
            pendingBytes: try readNumber())
    }
}
