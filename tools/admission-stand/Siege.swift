import Foundation
import InkBoard
import InkCrypto
import InkPrimitives
import InkTransport

@testable import InkSession

/// A member's program that strangers come to by the thousand, in virtual time, and now and then somebody who may come.
///
///     intruders ─ 100 a second, each from a network of its own ─▶ member ◀─ dials ─ joiner, one after each hundredth part
struct Siege {
    private let room: AdmissionRoom
    private var member: Node
    private var intruders: [Intruder] = []
    private var joiner: Joiner?
    /// When the last joiner was gone.
    private var aloneSince = Instant.distantPast
    private var random: SecretGenerator
    private var now = Instant.zero
    private let address = SocketAddress(ip: .v4(0x0A00_0001), port: 4000)
    /// Each datagram takes a millisecond, so that they come in the order in which they left.
    private var flying = Queue<(at: Instant, from: SocketAddress, to: SocketAddress, bytes: [UInt8])>()
    private(set) var tally = Tally()

    /// Somebody who joins by the link, and leaves once he has the board.
    private struct Joiner {
        var node: Node
        let address: SocketAddress
        let since: Instant
        var isLeaving = false
    }

    struct Tally {
        /// Intruders whose time is over, by what they tried, and what they heard.
        var attempts = 0
        var heard: [Attempt: Intruder.Heard] = [:]
        /// What the member told its person while nobody but intruders was there.
        var told: [String] = []
        /// And what it wrote to its disk meanwhile.
        var records = 0
        /// Joiners who came in, and the longest that one needed.
        var joined = 0
        var failedToJoin = 0
        var slowestJoin: Duration = .zero
        /// Neighbours of the member at most, and devices that it remembers as refused.
        var neighboursMax = 0
        var refusedMax = 0
        /// Memory of the whole stand after a tenth of the attempts: more at the end than then is what grows without end.
        var midwayKilobytes = 0
        /// Time of a processor that the member took for what intruders sent, and its deadlines.
        var work: Duration = .zero

        var sessions: Int { heard.values.reduce(0) { $0 + $1.sessions } }
        var refusals: Int { heard.values.reduce(0) { $0 + $1.refusals } }
        var welcomed: Int { heard.values.count(where: \.isWelcome) }
        var content: Int { heard.values.reduce(0) { $0 + $1.content } }
        var sent: Int { heard.values.reduce(0) { $0 + $1.sent } }
        var received: Int { heard.values.reduce(0) { $0 + $1.received } }
    }

    init(seed: UInt64) throws {
        room = try AdmissionRoom(seed: seed)
        random = SecretGenerator(of: "siege \(seed)")
        member = Node(
            Node.Configuration(
                identity: room.editor, staticKey: StaticKey(secret: random.secret()), roomSecret: room.secret, boardID: room.id,
                genesis: room.genesis, displayName: "ann", stored: room.stored), seed: random.secret(), now: now)
        give(.wallClock(AdmissionRoom.wallTime))
        run(until: .zero + .seconds(2))
        tally = Tally()
    }

    /// So many attempts, all kinds in turn; a joiner comes `joiners` times, spread over them.
    mutating func attack(_ count: Int, joiners: Int) {
        let all = Attempt.allCases
        for number in 0..<count {
            if joiners > 0, number % max(1, count / joiners) == count / joiners / 2, joiner == nil { join() }
            come(all[number % all.count], number: number)
            run(until: now + Self.pause)
            if number + 1 == count / 10 { tally.midwayKilobytes = Report.residentKilobytes() }
        }
        while joiner != nil || !intruders.isEmpty { run(until: now + Self.pause) }
    }

    /// One that may come: what he hears shows that the siege would notice it.
    mutating func control() -> Intruder.Heard {
        come(nil, number: 0)
        run(until: now + .seconds(2))
        let heard = intruders.last?.heard ?? Intruder.Heard()
        while !intruders.isEmpty { run(until: now + Self.pause) }
        return heard
    }

    // Who comes.

    private mutating func come(_ attempt: Attempt?, number: Int) {
        // Every network of 10.1.0.0 and up has one of them: what hosts may cost is not what is asked here.
        let source = SocketAddress(ip: .v4(0x0B00_0000 + UInt32(number) << 8 + 5), port: 4000)
        let claim = InviteClaim(of: room.owner.author, to: room.id, by: room.open.invite, key: SigningKey(seed: room.open.seed))
        intruders.append(
            Intruder(attempt, number: number, room: room, replaying: claim, from: source, to: address, using: &random, now: now))
    }

    private mutating func join() {
        let place = SocketAddress(ip: .v4(0x0AFF_0001), port: UInt16(5000 + tally.joined % 1000))
        var configuration = Node.Configuration(
            identity: SigningKey(seed: random.secret()), staticKey: StaticKey(secret: random.secret()), roomSecret: room.secret,
            boardID: room.id, displayName: "bob", directAddresses: [address])
        configuration.invite = room.open
        joiner = Joiner(node: Node(configuration, seed: random.secret(), now: now), address: place, since: now)
        giveJoiner(.wallClock(AdmissionRoom.wallTime))
    }

    // Time.

    private mutating func run(until end: Instant) {
        while now < end {
            now += Self.step
            while let next = flying.first, next.at <= now, let datagram = flying.popFirst() {
                arrive(datagram.bytes, datagram.from, datagram.to)
            }
            for index in intruders.indices where intruders[index].endpoint.deadline.map({ $0 <= now }) ?? false {
                intruders[index].handleTimeout(now: now)
                drain(index)
            }
            if let deadline = joiner?.node.deadline, deadline <= now { giveJoiner(.timeout) }
            if let deadline = member.deadline, deadline <= now { give(.timeout) }
            bury()
            watch()
        }
    }

    private mutating func arrive(_ bytes: [UInt8], _ from: SocketAddress, _ to: SocketAddress) {
        if to == address { return give(.datagram(bytes, from: from)) }
        if to == joiner?.address { return giveJoiner(.datagram(bytes, from: from)) }
        guard let index = intruders.firstIndex(where: { $0.address == to }) else { return }
        intruders[index].receive(bytes, from: from, now: now)
        drain(index)
    }

    private mutating func send(_ bytes: [UInt8], from: SocketAddress, to: SocketAddress) {
        flying.append((now + .milliseconds(1), from, to, bytes))
    }

    private mutating func drain(_ index: Int) {
        for datagram in intruders[index].drain(now: now) { send(datagram, from: intruders[index].address, to: address) }
    }

    private mutating func give(_ input: Node.Input) {
        var inputs = [input]
        let start = Self.processorTime()
        while let input = inputs.popLast() {
            member.handle(input, now: now)
            while let output = member.nextOutput() {
                switch output {
                case .transmit(let bytes, let to): send(bytes, from: address, to: to)
                case .persist(let batch, let records):
                    if isAlone { tally.records += records.count }
                    inputs.append(.persisted(batch))
                case .verify(let batch, let transactions): inputs.append(.verified(batch, transactions.map(\.hasValidSignature)))
                case .event(let event, _): if isAlone { tally.told.append("\(event)") }
                default: break
                }
            }
        }
        tally.work += Self.processorTime() - start
    }

    private mutating func giveJoiner(_ input: Node.Input) {
        guard let place = joiner?.address else { return }
        var inputs = [input]
        while let input = inputs.popLast() {
            joiner?.node.handle(input, now: now)
            while let output = joiner?.node.nextOutput() {
                switch output {
                case .transmit(let bytes, let to): send(bytes, from: place, to: to)
                case .persist(let batch, _): inputs.append(.persisted(batch))
                case .verify(let batch, let transactions): inputs.append(.verified(batch, transactions.map(\.hasValidSignature)))
                default: break
                }
            }
        }
    }

    /// Nobody but intruders is there, or was in the last seconds.
    private var isAlone: Bool { joiner == nil && now >= aloneSince + .seconds(20) }

    /// Of this process, so that what else the machine does is not counted.
    private static func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    // What is seen.

    private mutating func watch() {
        tally.neighboursMax = max(tally.neighboursMax, member.neighbours.count)
        tally.refusedMax = max(tally.refusedMax, member.endpoint.refusedDevices.count)
        guard let joiner else { return }
        guard !joiner.isLeaving else {
            if case .stopped = joiner.node.phase { (self.joiner, aloneSince) = (nil, now) }
            return
        }
        let hasAll =
            joiner.node.board?.role(of: joiner.node.author) == .editor && member.board?.role(of: joiner.node.author) == .editor
            && joiner.node.board?.shapeCount == member.board?.shapeCount
        guard hasAll || now - joiner.since > Self.patience else { return }
        if hasAll {
            tally.joined += 1
            tally.slowestJoin = max(tally.slowestJoin, now - joiner.since)
        } else {
            tally.failedToJoin += 1
        }
        self.joiner?.isLeaving = true
        giveJoiner(.quit)
    }

    private mutating func bury() {
        for index in intruders.indices.reversed() where intruders[index].until <= now {
            let gone = intruders.remove(at: index)
            guard let attempt = gone.attempt else { continue }
            tally.attempts += 1
            tally.heard[attempt, default: Intruder.Heard()].add(gone.heard)
        }
    }

    private static let step = Duration.milliseconds(1)
    private static let pause = Duration.milliseconds(10)
    private static let patience = Duration.seconds(20)
}

extension Intruder.Heard {
    mutating func add(_ other: Self) {
        sessions += other.sessions
        refusals += other.refusals
        content += other.content
        isWelcome = isWelcome || other.isWelcome
        sent += other.sent
        received += other.received
    }
}
