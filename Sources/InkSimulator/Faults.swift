import InkPrimitives

/// What goes wrong with datagrams on their way, each with its probability per datagram.
package struct LinkFaults: Hashable, Sendable {
    /// The datagram does not arrive. 0...0.3 here; at 0.5 the handshakes alone take longer than a world lives.
    package var loss = 0.0
    /// One way, for every datagram.
    package var delay: Duration = .milliseconds(5)
    /// Added to `delay`, uniform from zero: enough of it also changes the order.
    package var jitter: Duration = .milliseconds(1)
    /// The datagram arrives a second time, by its own way.
    package var duplication = 0.0
    /// The datagram is held back by up to `reorderingDelay`, so that later ones overtake it.
    package var reordering = 0.0
    /// See `reordering`.
    package var reorderingDelay: Duration = .milliseconds(150)
    /// One to three bits of the datagram arrive flipped, instead of the true one.
    package var corruption = 0.0
    /// Somebody off the path adds a forged datagram: random bytes, or the true ones with some changed, from the true or a wrong address.
    /// The true one is not disturbed.
    package var forgery = 0.0
    /// Somebody recorded the datagram and sends it verbatim later, up to `replayDelay`, from its true or from another port.
    package var replay = 0.0
    /// See `replay`.
    package var replayDelay: Duration = .seconds(4)
    /// Bytes a second that fit through, each way of each pair; what waits longer than `queueMax` is lost. Nil: any number.
    package var rate: Int?
    /// How long a router keeps what waits for a slow line (SM-24).
    package static let queueMax: Duration = .milliseconds(500)

    package init() {}

    /// Each class of fault is there or not, so that some worlds have many and some have one alone.
    package init(using random: inout SplitMix64) {
        func some(_ greatest: Double) -> Double { random.chance(0.6) ? random.unit() * greatest : 0 }
        loss = some(0.3)
        delay = .microseconds(200) + random.jitter(.milliseconds(random.chance(0.5) ? 80 : 5))
        jitter = random.chance(0.6) ? random.jitter(.milliseconds(60)) : .microseconds(100)
        duplication = some(0.1)
        reordering = some(0.2)
        reorderingDelay = .milliseconds(5) + random.jitter(.milliseconds(150))
        corruption = some(0.05)
        forgery = some(0.1)
        replay = some(0.05)
    }
}

/// What goes wrong with disks.
package struct DiskFaults: Hashable, Sendable {
    /// How long one commit takes, uniform from half of it. A power cut before its end may or may not have kept it.
    package var commit: Duration = .milliseconds(4)
    /// A commit takes fifty times as long. Probability per commit.
    package var stall = 0.0

    package init() {}

    package init(using random: inout SplitMix64) {
        commit = .microseconds(300) + random.jitter(.milliseconds(20))
        stall = random.chance(0.4) ? random.unit() * 0.05 : 0
    }
}

/// A fault that begins at a time of its own.
package enum ScheduledFault: Hashable, Sendable {
    /// Nothing passes from the nodes in `from` to the nodes in `to`, and back if `bothWays`, until `lasting` is over.
    case partition(from: [Int], to: [Int], bothWays: Bool, lasting: Duration)
    /// The process is gone without a word; the disk loses what was not committed (a torn store). It starts again after `downtime`.
    case crash(node: Int, downtime: Duration)
    /// The person leaves in good order and comes back after `downtime`.
    case leave(node: Int, downtime: Duration)
    /// Every commit fails until `lasting` is over.
    case fullDisk(node: Int, lasting: Duration)
    /// The process is not run (a suspended machine, SIGSTOP): what comes meanwhile waits or is lost, its clock goes on.
    case pause(node: Int, lasting: Duration)
    /// The rendezvous process is gone and starts again, knowing nothing, after `downtime`; never, if that is nil.
    case killRendezvous(downtime: Duration?)
    /// The process is gone, and what starts after `downtime` finds the disk as it was when it held `share` of what it holds now: somebody
    /// restored a backup.
    case restoreBackup(node: Int, share: Double, downtime: Duration)
    /// The node's NAT forgets everything: what leaves next gets another port.
    case rebind(node: Int)
    /// The node is in another network: another address, and no NAT that knew it.
    case move(node: Int)
    /// The device's disk is copied, and both copies are used, until the healing ends the one and then the other.
    case twin(node: Int)
}

/// What one world in two has beside faults: somebody who means harm, or does it without knowing. One kind a world, so that what breaks it
/// has a name.
package enum Adversity: String, Hashable, Sendable, CaseIterable {
    /// A member says to have more of everybody's work than there is.
    case lyingReceipts = "lying-receipts"
    /// A member says the salt of another, to all but that one, and comes first.
    case squattedID = "squatted-id"
    /// A member sends transactions whose parents nobody has.
    case orphanBomb = "orphan-bomb"
    /// A member asks for everything, again and again, in messages of 25 bytes.
    case reconcileBomb = "reconcile-bomb"
    /// A member acknowledges late, then makes us send what it acknowledges never.
    case acknowledgementBomb = "acknowledgement-bomb"
    /// A member's presence comes a thousand times a second.
    case presenceFlood = "presence-flood"
    /// A person's disk is put back to what it was earlier (SM-23).
    case restoredBackup = "restored-backup"
    /// A person's data directory is copied, and both are used at once (SM-23).
    case twin
    /// Lines carry 8 to 64 KB a second.
    case slowLine = "slow-line"

    /// True where one more member takes part, who means harm.
    package var isMember: Bool {
        switch self {
        case .lyingReceipts, .squattedID, .orphanBomb, .reconcileBomb, .acknowledgementBomb, .presenceFlood: true
        case .restoredBackup, .twin, .slowLine: false
        }
    }
}

/// How nodes can find each other.
package enum Meeting: Hashable, Sendable {
    /// Through the rendezvous, and by the address of node 0.
    case both
    /// Through the rendezvous alone.
    case rendezvous
    /// By the address of node 0, and by addresses saved earlier. Nobody introduces the others to each other.
    case addresses
    /// By what each says to all on the one link where they are, and by addresses saved earlier.
    case links
}

/// All that goes wrong in one world, drawn from its seed.
package struct Faults: Hashable, Sendable {
    /// The same for every pair of nodes; each pair has its own luck.
    package var link: LinkFaults
    /// While people work and faults begin.
    package var span: Duration
    /// How many times longer than usual people pause: 1 in a short world, 8 in a long one, where sessions have time to die.
    package var calm: Double
    package var disk: DiskFaults
    /// At the beginning; a rendezvous that is killed for good leaves the addresses.
    package var meeting: Meeting
    /// In order of time since the beginning of the world.
    package var scheduled: [Scheduled] = []
    /// What stands between each node and the others; nil for nothing. None in worlds that have no rendezvous for good: nobody would meet.
    package var nats: [NAT.Kind?] = []
    /// The rendezvous loses, doubles, holds back, alters and mixes up what it relays.
    package var relayLies = false
    /// Who or what does harm beside; nil in every second world.
    package var adversity: Adversity?
    /// Whom it is meant for, or who does it.
    package var adversityNode = 0

    /// At rest everybody has a session with everybody; else everybody has one with node 0 at least.
    package var leadsToMesh: Bool {
        meeting != .addresses && !scheduled.contains { if case .killRendezvous(nil) = $0.fault { true } else { false } }
    }

    /// The same world without rendezvous and translators: all are on one link (SM-80).
    func onOneLink() -> Faults {
        var faults = self
        (faults.meeting, faults.nats, faults.relayLies) = (.links, [], false)
        faults.scheduled.removeAll { item in
            switch item.fault {
            case .killRendezvous, .rebind: true
            default: false
            }
        }
        return faults
    }

    /// A world of days: everything goes wrong a little, and most are behind some translator. When who is away is decided elsewhere (SM-91).
    func forDays(using random: inout SplitMix64) -> Faults {
        var faults = self
        (faults.meeting, faults.scheduled, faults.relayLies, faults.adversity, faults.calm) = (.both, [], false, nil, 1)
        faults.link = LinkFaults()
        (faults.link.loss, faults.link.duplication, faults.link.reordering) = (0.005, 0.002, 0.005)
        (faults.link.delay, faults.link.jitter) = (.milliseconds(5) + random.jitter(.milliseconds(40)), .milliseconds(10))
        (faults.link.corruption, faults.link.forgery, faults.link.replay) = (0.0002, 0.0002, 0.0002)
        faults.disk = DiskFaults()
        faults.disk.stall = 0.01
        faults.nats = nats.map { _ in random.chance(0.7) ? NAT.Kind.allCases[random.below(NAT.Kind.allCases.count)] : nil }
        return faults
    }

    package struct Scheduled: Hashable, Sendable {
        package var after: Duration
        package var fault: ScheduledFault
    }

    /// - Parameters:
    ///   - nodes: how many there are, at least 2.
    ///   - span: while people work; nil: 5 s, or 40 s in every fourth world.
    ///   - adversity: which; nil: the seed says whether and which.
    ///   - isHostile: others do harm in this world; there is no adversity.
    package init(
        nodes: Int, span given: Duration?, adversity wanted: Adversity? = nil, isHostile: Bool = false, using random: inout SplitMix64
    ) {
        let isLong = random.chance(0.25)
        let span = given ?? .seconds(isLong ? 40 : 5)
        (self.span, calm) = (span, span > .seconds(20) ? 8 : 1)
        link = LinkFaults(using: &random)
        disk = DiskFaults(using: &random)
        let way = random.unit()
        meeting = way < 0.15 ? .rendezvous : way < 0.3 ? .addresses : .both
        func add(_ fault: ScheduledFault, from first: Double = 0) {
            scheduled.append(Scheduled(after: span.scaled(by: first + random.unit() * (1 - first)), fault: fault))
        }
        for _ in 0..<random.below(3) where random.chance(0.7) {
            let cut = 1 + random.below(nodes - 1)
            let order = Array(0..<nodes).shuffled(using: &random)
            let alone = random.chance(0.5)
            add(
                .partition(
                    from: alone ? [order[0]] : Array(order[..<cut]), to: alone ? [order[1]] : Array(order[cut...]),
                    bothWays: random.chance(0.6), lasting: .milliseconds(200) + random.jitter(.seconds(20))))
        }
        for _ in 0..<random.below(4) where random.chance(0.7) {
            add(.crash(node: random.below(nodes), downtime: .milliseconds(50) + random.jitter(.seconds(4))), from: 0.1)
        }
        if random.chance(0.3) {
            add(.leave(node: random.below(nodes), downtime: .milliseconds(50) + random.jitter(.seconds(4))), from: 0.1)
        }
        for _ in 0..<random.below(3) where random.chance(0.5) {
            add(.fullDisk(node: random.below(nodes), lasting: .milliseconds(100) + random.jitter(.seconds(4))))
        }
        if random.chance(0.3) {
            let longest: Duration = random.chance(0.3) ? .seconds(30) : .seconds(3)
            add(.pause(node: random.below(nodes), lasting: .milliseconds(50) + random.jitter(longest)))
        }
        let isForGood = random.chance(0.2)
        if random.chance(0.4), meeting != .addresses {
            let downtime: Duration = .milliseconds(100) + random.jitter(.seconds(10))
            add(.killRendezvous(downtime: isForGood && meeting == .both ? nil : downtime))
        }
        // Drawn last, so that what else goes wrong in a world is the same with it and without.
        let kinds = Adversity.allCases
        let drawn = random.chance(0.5) ? kinds[random.below(kinds.count)] : nil
        adversity = isHostile ? nil : wanted ?? drawn
        adversityNode = random.below(nodes)
        switch adversity {
        case .slowLine: link.rate = 8_000 + random.below(56_000)
        case .restoredBackup:
            let others = (0..<nodes).filter { $0 != adversityNode }
            for _ in 0...random.below(2) {
                let after = span.scaled(by: 0.3 + random.unit() * 0.7)
                let downtime: Duration = .milliseconds(50) + random.jitter(.seconds(2))
                scheduled.append(
                    Scheduled(after: after, fault: .restoreBackup(node: adversityNode, share: random.unit(), downtime: downtime)))
                // Who draws on an old disk before anybody can say so forks.
                guard random.chance(0.7) else { continue }
                let cut = downtime + .milliseconds(200) + random.jitter(.seconds(4))
                scheduled.append(
                    Scheduled(after: after, fault: .partition(from: [adversityNode], to: others, bothWays: true, lasting: cut)))
            }
        case .twin: add(.twin(node: adversityNode), from: 0.2)
        default: break
        }
        nats = Array(repeating: nil, count: nodes)
        let mayHaveNATs = leadsToMesh && adversity?.isMember != true && adversity != .twin && !isHostile
        if random.chance(0.5), mayHaveNATs {
            for node in 0..<nodes where random.chance(0.7) { nats[node] = NAT.Kind.allCases[random.below(NAT.Kind.allCases.count)] }
            for _ in 0..<random.below(4) where random.chance(0.6) {
                let node = random.below(nodes)
                add(random.chance(0.5) ? .rebind(node: node) : .move(node: node), from: 0.1)
            }
        }
        relayLies = random.chance(0.3)
        // Stable: what has the same time keeps its order.
        scheduled = scheduled.enumerated().sorted { ($0.element.after, $0.offset) < ($1.element.after, $1.offset) }.map(\.element)
    }
}
