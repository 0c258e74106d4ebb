import InkBoard
import InkConnectivity
import InkCrypto
import InkPrimitives
import InkSession
import InkTransport

import enum InkRendezvous.LinkGroup

/// Nodes joined by pipes that lose nothing and take one millisecond, unless said otherwise, in virtual time, with disks that take five.
struct PerfectPipes {
    struct Member {
        var node: Node
        var address: SocketAddress
        /// What its own front end was told.
        var events: [Event] { told.filter { $0.1.includes(.holder) }.map(\.0) }
        /// All that was told, and to whom.
        var told: [(Event, Audience)] = []
        var disk: [StoreRecord] = []
        var diskRefuses = false
        var identity: SigningKey
        var staticKey: StaticKey
        /// What it was started with.
        var configuration: Node.Configuration
        /// Of all its sessions, where keys are disclosed.
        var keyLog = ""
        /// How often it was started again.
        var restarts = 0
    }
    private enum Happening {
        case datagram(to: SocketAddress, from: SocketAddress, [UInt8])
        case overheard(Int, from: SocketAddress, [UInt8])
        case persisted(Int, UInt64, [StoreRecord])
        case verified(Int, UInt64, [Bool])
    }

    var members: [Member] = []
    private(set) var now = Instant.zero
    private var queue: [(at: Instant, order: Int, what: Happening)] = []
    private var order = 0
    let secret: Secret32
    let genesis: Transaction
    /// What each member's line carries; nil for any amount.
    var bytesPerSecond: Int?
    /// Members whose lines carry any amount all the same.
    var hasWideLine: Set<Int> = []
    var diskTime = Duration.milliseconds(5)
    /// One way.
    var delay = Duration.milliseconds(1)
    /// That of those who are further off, both from and to them.
    var delays: [SocketAddress: Duration] = [:]
    /// What came to addresses where no member is.
    private var stray: [(bytes: [UInt8], from: SocketAddress, to: SocketAddress)] = []
    /// UDP payload given to the pipes, and datagrams.
    private(set) var traffic: (bytes: Int, datagrams: Int) = (0, 0)
    /// True where one look at a socket brings all that has come by then.
    var comesTogether = false
    private var lineFreeAt: [Int: Instant] = [:]
    /// Every node tells the keys of its sessions.
    var disclosesKeys = false
    /// What members gave to the pipes, since it was asked for.
    var recorded: [(from: Int, to: SocketAddress, bytes: [UInt8])]?
    /// Members that are not run now: since when, what their own disk and threads have for them, and what their sockets hold.
    private var stopped: [Int: (since: Instant, own: [Happening], socket: [([UInt8], from: SocketAddress)]?)] = [:]
    /// Datagrams that a socket holds.
    private static let socketMax = 200
    /// What members said to all on their one link, and when.
    private(set) var called: [(from: Int, at: Instant, bytes: [UInt8])] = []
    /// Drops what it returns true for.
    var drop: (SocketAddress, SocketAddress) -> Bool = { _, _ in false }

    static func seedBytes(_ number: UInt8) -> [UInt8] { Array(repeating: number, count: 32) }

    /// - Parameter admission: `grants` for a board with roles, on which the others join by the owner's invite.
    init(admission: AdmissionPolicy = .secret) throws {
        var generator = SecretGenerator(seed: Self.seedBytes(200))
        secret = generator.secret()
        genesis = try Board.makeGenesis(
            owner: Self.identity(0), name: "test", wallTime: 1, nonce: generator.bytes(16),
            firstSecret: admission == .grants ? EpochSecret.commitment(to: secret) : nil)
    }

    static func identity(_ index: Int) -> SigningKey {
        var generator = SecretGenerator(seed: seedBytes(UInt8(100 + index)))
        return SigningKey(seed: generator.secret())
    }

    static func address(_ index: Int) -> SocketAddress { SocketAddress(ip: .v4(0x0A00_0001 + UInt32(index)), port: 4000) }

    /// Adds a member; the first has genesis, the others dial `dialling` (the first, unless said otherwise).
    mutating func add(
        name: String, dialling: [Int] = [0], seed: UInt8? = nil, stored: [Transaction] = [], identityIndex: Int? = nil,
        stroke: [UInt8]? = nil, strand: Strand = .common, knowsTime: Bool = true, invite: InviteKey? = nil,
        inviteKeys: [InviteKey] = [], isSparing: Bool = false,
        link: (secret: Secret32, epoch: EpochID)? = nil
    ) {
        let index = members.count
        let identity = Self.identity(identityIndex ?? index)
        var generator = SecretGenerator(seed: Self.seedBytes(UInt8(150 + index)))
        let staticKey = StaticKey(secret: generator.secret())
        let hasGenesis = index == 0 || !stored.isEmpty
        var configuration = Node.Configuration(
            identity: identity, staticKey: staticKey, roomSecret: secret, boardID: BoardID(genesis.name.bytes) ?? .zero,
            genesis: hasGenesis ? genesis : nil, displayName: name, stored: stored,
            directAddresses: index == 0 ? [] : dialling.map(Self.address))
        configuration.stroke = stroke
        configuration.strand = strand
        configuration.invite = invite
        if let link { (configuration.roomSecret, configuration.epoch) = link }
        configuration.disclosesKeys = disclosesKeys
        configuration.inviteKeys = inviteKeys
        configuration.isSparing = isSparing
        let node = Node(
            configuration,
            seed: Secret32(Self.seedBytes(seed ?? UInt8(index + 1)))!, now: now)
        members.append(
            Member(node: node, address: Self.address(index), identity: identity, staticKey: staticKey, configuration: configuration))
        drain(index)
        if knowsTime { tellTime(to: index) }
    }

    /// The process is gone without a word, and another one begins with what its disk has.
    ///
    /// - Parameter keepsCommit: what was under way to the disk came there.
    mutating func restart(_ index: Int, keepsCommit: Bool = false) {
        for item in queue {
            if case .persisted(index, _, let records) = item.what, keepsCommit { members[index].disk += records }
        }
        queue.removeAll { item in
            switch item.what {
            case .persisted(index, _, _), .verified(index, _, _): true
            default: false
            }
        }
        var configuration = members[index].configuration
        let stored = saved(by: index)
        configuration.genesis = configuration.genesis ?? stored.first { $0.isGenesis }
        configuration.stored += stored.filter { !$0.isGenesis }
        configuration.epochRecords = members[index].disk.compactMap { if case .epoch(let record) = $0 { record } else { nil } }
        configuration.acquaintances = members[index].disk.compactMap { if case .acquaintance(let one) = $0 { one } else { nil } }
        let peers = members[index].disk.compactMap { if case .lastPeers(let addresses) = $0 { addresses } else { nil } }.last
        configuration.lastPeers = peers ?? []
        members[index].restarts += 1
        let seed = Self.seedBytes(UInt8(60 + (index * 37 + members[index].restarts) % 40))
        members[index].node = Node(configuration, seed: Secret32(seed)!, now: now)
        drain(index)
        tellTime(to: index)
    }

    /// Writes to the board what changes rights.
    @discardableResult
    mutating func govern(
        by index: Int, _ writes: (Board, AuthorID) throws(RuleViolation) -> [Write]
    ) throws -> TransactionName {
        let name = try members[index].node.govern(now: now, writes)
        drain(index)
        return name
    }

    /// Tells a member of the link on which all are.
    mutating func link(_ index: Int, _ addresses: [LocalAddress]? = nil) {
        let own = LocalAddress(address: members[index].address, prefixLength: 8, standing: .routed, interface: Self.interface)
        input(.links(addresses ?? [own]), to: index)
    }

    static let interface = 2

    mutating func tellTime(to index: Int) { input(.wallClock(1_700_000_000_000), to: index) }

    mutating func input(_ input: Node.Input, to index: Int) {
        guard stopped[index] == nil else { return }
        members[index].node.handle(input, now: now)
        drain(index)
    }

    /// A member is not run any more.
    ///
    /// - Parameter isAsleep: with its machine: what comes to it meanwhile is lost.
    mutating func stop(_ index: Int, isAsleep: Bool = false) { stopped[index] = (now, [], isAsleep ? nil : []) }

    /// It goes on, and its clock went on, too.
    mutating func resume(_ index: Int) {
        guard let (since, own, socket) = stopped.removeValue(forKey: index) else { return }
        for what in own { schedule(what, after: .zero) }
        for (bytes, from) in socket ?? [] { schedule(.datagram(to: members[index].address, from: from, bytes), after: .zero) }
        input(.resumed(after: now - since), to: index)
    }

    /// What is for a member that is not run waits, or is lost.
    private mutating func holds(_ what: Happening) -> Bool {
        switch what {
        case .datagram(let to, let from, let bytes):
            guard let index = members.firstIndex(where: { $0.address == to }), let socket = stopped[index]?.socket else {
                return members.firstIndex { $0.address == to }.map { stopped[$0] != nil } ?? false
            }
            if socket.count < Self.socketMax { stopped[index]?.socket?.append((bytes, from)) }
            return true
        case .persisted(let index, _, _), .verified(let index, _, _):
            stopped[index]?.own.append(what)
            return stopped[index] != nil
        // A beacon is said again.
        case .overheard(let index, _, _): return stopped[index] != nil
        }
    }

    mutating func intent(_ intent: Intent, by index: Int, ref: UInt64? = nil) { input(.intent(intent, ref: ref), to: index) }

    private mutating func drain(_ index: Int) {
        while let output = members[index].node.nextOutput() {
            switch output {
            case .transmit(let bytes, let to):
                recorded?.append((index, to, bytes))
                if !drop(members[index].address, to) { transmit(bytes, from: index, to: to) }
            case .persist(let batch, let records): schedule(.persisted(index, batch, records), after: diskTime)
            case .verify(let batch, let transactions):
                schedule(.verified(index, batch, transactions.map(\.hasValidSignature)), after: .microseconds(100))
            case .event(let event, let audience): members[index].told.append((event, audience))
            case .call(let bytes, let ip, _):
                called.append((index, now, bytes))
                // Who says it hears it, too.
                let source = SocketAddress(ip: ip, port: LinkGroup.port)
                for other in members.indices where !drop(source, members[other].address) {
                    schedule(.overheard(other, from: source, bytes), after: delay)
                }
            case .answerCall, .rendezvousSend, .rendezvousFrame, .rendezvousConnect, .rendezvousDisconnect, .rendezvousLiveness,
                .rendezvousProbe:
                break
            case .keys(let disclosure): members[index].keyLog += disclosure.lines
            }
        }
    }

    private mutating func transmit(_ bytes: [UInt8], from index: Int, to: SocketAddress) {
        var wait = delays[members[index].address] ?? delays[to] ?? delay
        traffic = (traffic.bytes + bytes.count, traffic.datagrams + 1)
        if let bytesPerSecond, !hasWideLine.contains(index) {
            let leaves = max(now, lineFreeAt[index] ?? now)
            // A line holds back half a second; what comes on top is lost.
            guard leaves - now < .milliseconds(500) else { return }
            let done = leaves + .nanoseconds(Int64(bytes.count) * 1_000_000_000 / Int64(bytesPerSecond))
            lineFreeAt[index] = done
            wait = done - now + .milliseconds(20)
        }
        schedule(.datagram(to: to, from: members[index].address, bytes), after: wait)
    }

    /// Somebody who is no member sends a datagram.
    mutating func send(_ bytes: [UInt8], from: SocketAddress, to: SocketAddress) {
        if !drop(from, to) { schedule(.datagram(to: to, from: from, bytes), after: delay) }
    }

    /// What came to who is no member since the last call.
    mutating func takeStray() -> [(bytes: [UInt8], from: SocketAddress, to: SocketAddress)] {
        defer { stray = [] }
        return stray
    }

    private mutating func schedule(_ what: Happening, after wait: Duration) {
        order += 1
        queue.append((now + wait, order, what))
    }

    /// Runs until `condition` holds or `limit` has passed; true if it holds.
    mutating func run(_ limit: Duration, until condition: (PerfectPipes) -> Bool = { _ in false }) -> Bool {
        let end = now + limit
        while !condition(self) {
            let next = queue.indices.min { (queue[$0].at, queue[$0].order) < (queue[$1].at, queue[$1].order) }
            let timer = members.indices.filter { stopped[$0] == nil }.compactMap { index in members[index].node.deadline.map { ($0, index) }
            }.min { $0 < $1 }
            let at = [next.map { queue[$0].at }, timer?.0].compactMap { $0 }.min()
            guard let at, at <= end else {
                now = end
                return condition(self)
            }
            now = max(now, at)
            if let next, queue[next].at <= at {
                let item = queue.remove(at: next)
                if holds(item.what) { continue }
                switch item.what {
                case .datagram(let to, let from, let bytes):
                    guard let index = members.firstIndex(where: { $0.address == to }) else {
                        stray.append((bytes, from, to))
                        break
                    }
                    input(comesTogether ? .datagrams([(bytes, from)] + takeDue(to: to)) : .datagram(bytes, from: from), to: index)
                case .overheard(let index, let from, let bytes): input(.overheard([(bytes, from, Self.interface)]), to: index)
                case .persisted(let index, let batch, let records):
                    if members[index].diskRefuses {
                        input(.persistFailed(batch, reason: "no space left on device"), to: index)
                    } else {
                        members[index].disk += records
                        input(.persisted(batch), to: index)
                    }
                case .verified(let index, let batch, let verdicts): input(.verified(batch, verdicts), to: index)
                }
            } else if let timer {
                input(.timeout, to: timer.1)
            }
        }
        return true
    }

    /// What else has come to an address by now.
    private mutating func takeDue(to address: SocketAddress) -> [(bytes: [UInt8], from: SocketAddress)] {
        var (due, rest): ([(Int, [UInt8], SocketAddress)], [(at: Instant, order: Int, what: Happening)]) = ([], [])
        for item in queue {
            if case .datagram(address, let from, let bytes) = item.what, item.at <= now {
                due.append((item.order, bytes, from))
            } else {
                rest.append(item)
            }
        }
        queue = rest
        return due.sorted { $0.0 < $1.0 }.map { ($0.1, $0.2) }
    }

    var fingerprints: [Fingerprint?] { members.map { $0.node.board?.fingerprint } }
    var areEqual: Bool { Set(fingerprints.map { $0?.hex ?? "-" }).count == 1 && fingerprints.first != .some(nil) }

    /// Transactions that a member's disk holds.
    func saved(by index: Int) -> [Transaction] {
        members[index].disk.compactMap { if case .transaction(let transaction) = $0 { transaction } else { nil } }
    }
}
