import InkBoard
import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkSession
import InkTransport

/// Nodes, the people at them, their disks and links, and a rendezvous, in virtual time, all from one seed.
///
///     scheduled faults ─┐
///     people ───────────┤              ┌─▶ links ─▶ datagrams ──┐
///     timers ───────────┼─▶ Node.handle ─▶ disk ─▶ persisted ───┼─▶ event queue ─▶ next event
///     datagrams … ──────┘              ├─▶ verified ────────────┤
///                                      └─▶ rendezvous ──────────┘
///
/// People work while things go wrong; then every fault is healed, and the world must come to rest. Cheap invariants are checked after every
/// event, full ones at rest. The only other thing that drives a `Node` is the runtime's driver, and both keep the same contract.
package struct World {
    /// What a world is made of; with the seed, all of it.
    package struct Options: Hashable, Sendable {
        /// Nodes, at least 2.
        package var peers = 4
        /// While people work and things go wrong; nil: the seed says.
        package var span: Duration?
        /// Time after healing within which the world must be at rest.
        package var patience: Duration = .seconds(120)
        /// Who or what does harm beside; nil: the seed says.
        package var adversity: Adversity?
        /// When sessions get new keys.
        package var rekeying = RekeySchedule.standard
        /// People have roles on the board.
        package var hasRoles = false
        /// All are on one link, and meet by what they say there.
        package var isOnOneLink = false
        /// Their owner locks shapes, takes work back and sets the pace.
        package var isCalmed = false
        /// So many hours of a `DaysWorld`, which decides what happens to whom, and when; nil for a world of seconds.
        package var hours: Int?
        var isLong: Bool { hours != nil }
        /// Some of the members keep no rule; how many take part the seed says.
        package var isHostile = false
        /// What they all do; nil: the seed says.
        package var move: MoveKind?

        package init(peers: Int = 4, span: Duration? = nil, adversity: Adversity? = nil) {
            (self.peers, self.span, self.adversity) = (peers, span, adversity)
        }
    }

    /// What will happen. Events of processes carry the process's number and are void once it is gone.
    enum Event {
        case start(Int)
        case datagram([UInt8], from: SocketAddress, to: SocketAddress, isAltered: Bool)
        /// Said to all on the link, for one of them.
        case overheard([UInt8], from: SocketAddress, Int)
        case timer(Int, number: UInt64)
        case act(Int, process: Int)
        case finish(Int, process: Int)
        case committed(Int, process: Int)
        case verified(Int, process: Int, batch: UInt64, [Bool])
        case wallClock(Int, process: Int)
        case rendezvousOpened(UInt64)
        case rendezvousUnreachable(Int, process: Int)
        case toRendezvous(UInt64, ClientMessage)
        case toClient(UInt64, ServerMessage)
        case frameToRendezvous(UInt64, [UInt8])
        case frameToClient(UInt64, [UInt8], isAltered: Bool)
        case hungUp(UInt64)
        case rendezvousTimer(number: UInt64)
        case startRendezvous
        case fault(ScheduledFault)
        case endOfPartition([Int], [Int], bothWays: Bool)
        case endOfFullDisk(Int)
        case heal
        case look
        /// The hostile member does something.
        case harm
        /// The owner of a board with roles removes somebody.
        case removal
        /// The owner does something so that the board stays calm.
        case calm
        /// Those who keep no rule do something.
        case hostility
        /// The owner removes one of them.
        case expulsion(Int)
        /// What they made is put on somebody's disk.
        case planting
        /// The copy of a device is put away.
        case putAway(Int)
    }

    package let seed: UInt64
    package let options: Options
    /// What front ends draw with; nil for nothing.
    let picture: (any BoardPicture.Type)?
    package let faults: Faults
    /// What goes wrong on links now; nothing any more after healing.
    var linkFaults: LinkFaults
    var diskFaults: DiskFaults
    package internal(set) var trace: Trace

    let random: SplitMix64
    /// Delays of answers that belong to no link: verification, wake-ups, the rendezvous' sockets.
    var chance: SplitMix64
    /// What an owner does so that the board stays calm.
    var calm: SplitMix64
    let roomSecret: Secret32
    /// Who comes by which link; nil where people have no roles.
    var roles: Roles?
    let boardID: BoardID

    var now: Instant = .zero
    var queue = EventQueue<Event>()
    var participants: [Participant] = []
    /// From node to node, row by row; the last row and column are the rendezvous' host.
    var links: [Link] = []
    var rendezvous: SimulatedRendezvous
    /// Somebody with the room's secret who means harm; nil where nobody does.
    var hostile: HostileMember?
    /// Those who keep no rule, in a hostile world.
    var party: HostileParty?
    var hostileRecord = HostileRecord()
    /// Verdicts on signatures, which are the same at every node.
    var verdicts: [[UInt8]: Bool] = [:]
    var isHealed = false
    /// Since when nothing was missing for the world to be at rest.
    var restingSince: Instant?
    var isOver = false

    /// How long the world must stay at rest.
    static let restTime: Duration = .seconds(2)
    /// Of everybody's one interface.
    static let interface = 1
    /// Events, queued at once and in all: a world that makes more is running away.
    static let queueMax = 200_000
    static let eventsMax = 20_000_000

    /// - Parameter picture: what front ends draw with.
    package init(
        seed: UInt64, options wanted: Options = Options(), detail: Trace.Detail = .hashOnly, picture: (any BoardPicture.Type)? = nil
    ) throws(SimulationFailure) {
        precondition(wanted.peers >= 2, "a world has at least two peers, not \(wanted.peers)")
        self.seed = seed
        random = SplitMix64(seed: seed)
        var options = wanted
        let cast = options.isHostile ? HostileCast(move: options.move, random: random.split("cast")) : nil
        if options.isCalmed || options.isLong { options.hasRoles = true }
        if let cast { (options.peers, options.hasRoles) = (cast.honest, true) }
        (self.options, self.picture) = (options, picture)
        chance = random.split("chance")
        calm = random.split("calm")
        trace = Trace(detail: detail)
        var faultStream = random.split("faults")
        let drawn = Faults(
            nodes: options.peers, span: options.span ?? cast.map(\.span), adversity: options.adversity, isHostile: options.isHostile,
            using: &faultStream)
        faults = options.isLong ? drawn.forDays(using: &faultStream) : options.isOnOneLink ? drawn.onOneLink() : drawn
        (linkFaults, diskFaults) = (faults.link, faults.disk)
        var secrets = SecretGenerator(seed: random.seed("room"))
        roomSecret = secrets.secret()
        rendezvous = SimulatedRendezvous(random: random.split("rendezvous"))
        for index in 0..<options.peers { participants.append(Participant(index: index, random: random.split("node \(index)"))) }
        if faults.adversity == .twin {
            participants.append(
                Participant(copyOf: participants[faults.adversityNode], index: options.peers, random: random.split("twin")))
        }
        for (node, kind) in faults.nats.enumerated() {
            guard let kind else { continue }
            participants[node].address.ip = .v4(0xC0A8_0002 + UInt32(node) << 8)
            participants[node].nat = NAT(kind, ip: .v4(0x0B00_0101 + UInt32(node)))
        }
        let hosts = participants.count + 1
        for from in 0..<hosts {
            for to in 0..<hosts { links.append(Link(random: random.split("link \(from) \(to)"))) }
        }
        do throws(Violation) {
            let owner = participants[0].signing
            let genesis = try Self.makeGenesis(
                owner: owner, nonce: secrets.bytes(Limits.boardNonceBytes),
                firstSecret: options.hasRoles ? EpochSecret.commitment(to: roomSecret) : nil)
            roles =
                options.hasRoles
                ? try Self.makeRoles(
                    genesis: genesis, owner: owner, &secrets, span: options.isHostile || options.isLong ? nil : faults.span,
                    random: random.split("roles"))
                : nil
            boardID = BoardID(genesis.name.bytes) ?? .zero
            if let cast {
                party = try Self.makeParty(
                    cast, genesis: genesis, written: roles?.transactions ?? [], honest: participants.map(\.signing), room: roomSecret,
                    random: random.split("party"))
                if cast.rendezvousLies { rendezvous.liar = LyingRendezvous(random: random.split("lies")) }
            }
            for transaction in [genesis] + (roles?.transactions ?? []) + (party?.transactions ?? []) {
                try participants[0].disk.install(transaction)
            }
            if let kind = faults.adversity, kind.isMember {
                hostile = HostileMember(kind, room: roomSecret, genesis: genesis, random: random.split("hostile"))
            }
        } catch {
            throw SimulationFailure(seed: seed, options: options, at: .zero, text: error.text, lines: [])
        }
        schedule()
    }

    /// One line about a world that came to rest.
    package var summary: String {
        let digits = String(trace.hash, radix: 16)
        let hash = String(repeating: "0", count: 16 - digits.count) + digits
        return "seed \(seed) ok hash \(hash) virtual \(now.nanoseconds / 1_000_000) ms events \(trace.count)"
    }

    /// How many lines are bound at rest, so that they are drawn otherwise than they are stored, and how many shapes are in groups.
    package var tieCounts: (boundLines: Int, grouped: Int) {
        guard let board = participants[0].node?.board else { return (0, 0) }
        let bound = zip(board.shapes, board.drawnShapes).count { $1.content.isBound && $0.content.points != $1.content.points }
        return (bound, board.shapes.count { !$0.content.groups.isEmpty })
    }

    /// Lives until the world is at rest, or breaks.
    package mutating func run() throws(SimulationFailure) {
        do throws(Violation) {
            while !isOver {
                guard let (time, event) = queue.next() else { throw Violation("nothing is left to happen") }
                now = time
                try happen(event)
                guard queue.count < Self.queueMax else { throw Violation("\(queue.count) events are waiting") }
                guard trace.count < Self.eventsMax else { throw Violation("\(trace.count) events and no rest") }
            }
            guard trace.count > 0 else { throw Violation("a world in which nothing happened proves nothing") }
        } catch {
            throw SimulationFailure(seed: seed, options: options, at: now, text: error.text, lines: trace.lines)
        }
    }

    private static func makeGenesis(
        owner: SigningKey, nonce: [UInt8], firstSecret: EpochCommitment?
    ) throws(Violation) -> Transaction {
        do throws(RuleViolation) {
            return try Board.makeGenesis(owner: owner, name: "simulated", wallTime: wallEpoch, nonce: nonce, firstSecret: firstSecret)
        } catch {
            throw Violation("no genesis: \(error)")
        }
    }

    private static func makeRoles(
        genesis: Transaction, owner: SigningKey, _ secrets: inout SecretGenerator, span: Duration?, random: SplitMix64
    ) throws(Violation) -> Roles {
        do throws(RuleViolation) {
            return try Roles(genesis: genesis, owner: owner, seeds: (secrets.secret(), secrets.secret()), span: span, random: random)
        } catch {
            throw Violation("no roles: \(error)")
        }
    }

    private mutating func schedule() {
        guard !options.isLong else { return }
        var arrivals = random.split("arrivals")
        for index in participants.indices where !participants[index].isGone {
            let isLate = index > 0 && arrivals.chance(0.3)
            let after = index == 0 ? .zero : isLate ? arrivals.jitter(faults.span) : arrivals.jitter(.milliseconds(300))
            queue.schedule(.start(index), at: .zero + after)
        }
        for item in faults.scheduled { queue.schedule(.fault(item.fault), at: .zero + item.after) }
        if hostile != nil { queue.schedule(.harm, at: .zero + .milliseconds(1)) }
        scheduleHostility()
        if let after = roles?.removesAfter { queue.schedule(.removal, at: .zero + after) }
        scheduleCalm()
        queue.schedule(.heal, at: .zero + faults.span)
    }

    mutating func happen(_ event: Event) throws(Violation) {
        if let node = addressee(of: event), let until = participants[node].pausedUntil, now < until { return hold(event, for: node, until) }
        switch event {
        case .start(let node): try start(node)
        case .datagram(let bytes, let from, let to, let isAltered): try arrive(bytes, from: from, to: to, isAltered: isAltered)
        case .overheard(let bytes, let from, let node):
            guard participants[node].isUp else { return }
            trace.note(now, node: node, .datagram, hash: Trace.hash(bytes), "\(bytes.count) bytes to all from \(from)")
            try give(.overheard([(bytes, from, Self.interface)]), to: node)
        case .timer(let node, let number):
            guard participants[node].timer == number else { return }
            participants[node].timerAt = nil
            trace.note(now, node: node, .timeout, hash: 0, "")
            try give(.timeout, to: node)
        case .act(let node, let process): try act(node, process: process)
        case .finish(let node, let process):
            guard isLive(node, process), let intent = participants[node].person.finish() else { return }
            try give(intent, to: node)
        case .committed(let node, let process): try committed(node, process: process)
        case .verified(let node, let process, let batch, let verdicts):
            guard isLive(node, process) else { return }
            trace.note(now, node: node, .verified, hash: batch, "batch \(batch) of \(verdicts.count)")
            try give(.verified(batch, verdicts), to: node)
        case .wallClock(let node, let process):
            guard isLive(node, process) else { return }
            try giveWallClock(node)
        case .rendezvousOpened(let connection): try rendezvousOpened(connection)
        case .rendezvousUnreachable(let node, let process):
            guard isLive(node, process) else { return }
            trace.note(now, node: node, .rendezvousIn, hash: 0, "unreachable")
            try give(.rendezvousClosed(reason: "connection refused"), to: node)
        case .toRendezvous(let connection, let message): try rendezvousReceives(message, on: connection)
        case .toClient(let connection, let message): try clientReceives(message, on: connection)
        case .frameToRendezvous(let connection, let bytes): rendezvousReceives(frame: bytes, on: connection)
        case .frameToClient(let connection, let bytes, let isAltered):
            try clientReceives(frame: bytes, on: connection, isAltered: isAltered)
        case .hungUp(let connection): try hungUp(connection)
        case .rendezvousTimer(let number): try rendezvousTimeout(number)
        case .startRendezvous: startRendezvous()
        case .fault(let fault): try begin(fault)
        case .endOfPartition(let from, let to, let bothWays): cut(from, to, bothWays: bothWays, by: -1)
        case .endOfFullDisk(let node):
            participants[node].disk.isFull = false
            trace.note(now, node: node, .fault, hash: 0, "disk has room again")
        case .heal: try heal()
        case .look: try look()
        case .harm: try harm()
        case .removal: try removeEditor()
        case .calm: try actCalmly()
        case .hostility: try hostility()
        case .expulsion(let rogue): try expel(rogue)
        case .planting: try plant()
        case .putAway(let node):
            guard participants[node].isUp else {
                participants[node].isGone = true
                return
            }
            try leave(node, returnsAfter: nil)
        }
    }

    /// The node whose process an event needs; nil for events of the world.
    private func addressee(of event: Event) -> Int? {
        switch event {
        case .datagram(_, let source, let address, _): receiver(of: address, from: source)
        case .overheard(_, _, let node), .timer(let node, _), .act(let node, _), .finish(let node, _), .committed(let node, _),
            .verified(let node, _, _, _),
            .wallClock(let node, _),
            .rendezvousUnreachable(let node, _):
            node
        case .rendezvousOpened(let number), .toClient(let number, _), .frameToClient(let number, _, _), .hungUp(let number):
            rendezvous.sockets[number]?.node
        case .start, .toRendezvous, .frameToRendezvous, .rendezvousTimer, .startRendezvous, .fault, .endOfPartition, .endOfFullDisk, .heal,
            .look, .harm, .removal, .calm, .hostility, .expulsion, .planting,
            .putAway:
            nil
        }
    }

    /// What comes for a process that is not run waits for it, in order; of datagrams as many as a socket holds.
    private mutating func hold(_ event: Event, for node: Int, _ until: Instant) {
        if case .datagram = event {
            participants[node].heldDatagrams += 1
            guard participants[node].heldDatagrams <= Self.socketHolds else { return }
        }
        queue.schedule(event, at: until)
    }

    // People.

    private mutating func act(_ node: Int, process: Int) throws(Violation) {
        guard isLive(node, process), !isHealed, participants[node].leavingSince == nil else { return }
        let shapes = participants[node].node?.board?.shapes ?? []
        let (intent, pause) = participants[node].person.act(shapes: shapes)
        queue.schedule(.act(node, process: process), at: now + pause.scaled(by: pause > .milliseconds(40) ? faults.calm : 1))
        try give(intent, to: node)
        if let more = participants[node].person.follow(intent) { try give(more, to: node) }
    }

    mutating func give(_ intent: Intent, to node: Int) throws(Violation) {
        trace.note(now, node: node, .intent, hash: 0, "\(intent)")
        try give(.intent(intent, ref: UInt64(trace.count)), to: node)
    }

    // Faults.

    mutating func begin(_ fault: ScheduledFault) throws(Violation) {
        trace.note(now, node: -1, .fault, hash: 0, "\(fault)")
        switch fault {
        case .partition(let from, let to, let bothWays, let lasting):
            cut(from, to, bothWays: bothWays, by: 1)
            queue.schedule(.endOfPartition(from, to, bothWays: bothWays), at: now + lasting)
        case .crash(let node, let downtime):
            guard participants[node].isUp else { return }
            try participants[node].disk.crash(isKept: chance.chance(0.5))
            stop(node)
            queue.schedule(.start(node), at: now + downtime)
        case .leave(let node, let downtime):
            try leave(node, returnsAfter: downtime)
        case .fullDisk(let node, let lasting):
            participants[node].disk.isFull = true
            queue.schedule(.endOfFullDisk(node), at: now + lasting)
        case .pause(let node, let lasting):
            participants[node].pausedUntil = now + lasting
            participants[node].heldDatagrams = 0
        case .rebind(let node): participants[node].nat?.forget()
        case .move(let node):
            participants[node].moves += 1
            let ip = IPAddress.v4(0x0B00_1001 + UInt32(node) << 8 + participants[node].moves)
            participants[node].address.ip = ip
            participants[node].nat = nil
            // What was under way to and from the old address is gone, and so is the connection to the rendezvous, which notices late.
            if participants[node].isUp { try giveAddresses(node) }
        case .killRendezvous(let downtime):
            killRendezvous()
            if let downtime { queue.schedule(.startRendezvous, at: now + downtime) }
        case .restoreBackup(let node, let share, let downtime):
            guard participants[node].isUp else { return }
            try participants[node].disk.crash(isKept: true)
            stop(node)
            participants[node].formerly.formUnion(participants[node].disk.names)
            // What the owner wrote before the world began is in each backup: without the invites nobody could ever join.
            let least = node == 0 ? 1 + (roles?.transactions.count ?? 0) : 1
            participants[node].disk.rollBack(to: max(least, Int(Double(participants[node].disk.transactions.count) * share)))
            // What nobody else has is lost with the disk that had it.
            participants[node].saved.formIntersection(participants[node].disk.names)
            participants[node].mayFork = true
            queue.schedule(.start(node), at: now + downtime)
        case .twin(let node):
            let copy = participants.count - 1
            guard participants[node].isUp, participants[copy].isGone else { return }
            participants[copy].disk = participants[node].disk.copied
            participants[copy].saved = participants[node].saved
            participants[copy].isGone = false
            participants[node].mayFork = true
            queue.schedule(.start(copy), at: now)
        }
    }

    mutating func leave(_ node: Int, returnsAfter: Duration?) throws(Violation) {
        guard participants[node].isUp, participants[node].leavingSince == nil else { return }
        participants[node].leavingSince = now
        participants[node].returnsAfter = returnsAfter
        try give(.quit, to: node)
    }

    mutating func cut(_ from: [Int], _ to: [Int], bothWays: Bool, by change: Int) {
        for left in from {
            for right in to {
                links[link(left, right)].cuts += change
                if bothWays { links[link(right, left)].cuts += change }
            }
        }
    }

    func link(_ from: Int, _ to: Int) -> Int { from * (participants.count + 1) + to }

    /// The end of all faults: what is down comes back by its own time, all else works from now on.
    private mutating func heal() throws(Violation) {
        trace.note(now, node: -1, .heal, hash: 0, "")
        isHealed = true
        linkFaults = LinkFaults()
        diskFaults = DiskFaults()
        for index in links.indices { links[index].cuts = .min / 2 }
        try partyLeaves()
        if rendezvous.liar != nil {
            // Whom it kept apart it does not tell of each other now: one that is true begins anew.
            rendezvous.liar = nil
            if rendezvous.server != nil {
                killRendezvous()
                queue.schedule(.startRendezvous, at: now + .milliseconds(100))
            }
        }
        for node in participants.indices {
            participants[node].disk.isFull = false
            queue.schedule(.finish(node, process: participants[node].process), at: now)
        }
        // Who has another's place stays: the others must meet in spite of it.
        if !hasSquatter {
            hostile?.leave(now: now)
            sendHostile()
        }
        if faults.adversity == .twin, participants.last?.isGone == false {
            // First the one is used alone, then the other: each says what it has.
            queue.schedule(.fault(.leave(node: faults.adversityNode, downtime: .seconds(60))), at: now + .seconds(1))
            queue.schedule(.putAway(participants.count - 1), at: now + .seconds(45))
        }
        queue.schedule(.look, at: now + .milliseconds(250))
    }

    /// Datagrams that wait for a process that is not run; a real socket of 4 MiB holds more.
    private static let socketHolds = 300

    /// Milliseconds since 1970 when a world begins; any number will do.
    static let wallEpoch: UInt64 = 1_800_000_000_000
}

/// A world that broke, and all that is needed to see it again.
package struct SimulationFailure: Error, CustomStringConvertible, Sendable {
    package let seed: UInt64
    package let options: World.Options
    package let at: Instant
    package let text: String
    /// The newest events, oldest first; empty where none were kept.
    package internal(set) var lines: [String]

    package init(seed: UInt64, options: World.Options, at: Instant, text: String, lines: [String]) {
        (self.seed, self.options, self.at, self.text, self.lines) = (seed, options, at, text, lines)
    }

    /// The command that shows it again.
    package var replay: String {
        let standard = World.Options()
        var command = "tools/simulate \(seed)"
        if let hours = options.hours {
            command += hours.isMultiple(of: 24) ? " --days \(hours / 24)" : " --hours \(hours)"
            if options.peers != DaysWorld.people { command += " --peers \(options.peers)" }
            return command
        }
        if options.isHostile {
            command += " --hostile"
            if let move = options.move { command += " --move \(move.rawValue)" }
        } else {
            if options.peers != standard.peers { command += " --peers \(options.peers)" }
            if options.isCalmed { command += " --calm" } else if options.hasRoles { command += " --roles" }
            if options.isOnOneLink { command += " --one-link" }
        }
        if let adversity = options.adversity { command += " --with \(adversity.rawValue)" }
        if let span = options.span { command += " --span \(span.nanoseconds / 1_000_000)" }
        return command
    }

    /// The same failure with its last events: the world is run again, now keeping them.
    package func withEvents(_ count: Int) -> SimulationFailure {
        do throws(SimulationFailure) {
            var world = try World(seed: seed, options: options, detail: .newest(count))
            try world.run()
        } catch {
            return error
        }
        var unlike = self
        unlike.lines = ["the second run passed: something that is replayed depends on more than the seed"]
        return unlike
    }

    package var description: String {
        let head = "seed \(seed) FAILED at \(at.nanoseconds / 1_000_000) ms: \(text)"
        return ([head] + lines.map { "    " + $0 } + ["replay: \(replay)"]).joined(separator: "\n")
    }
}
