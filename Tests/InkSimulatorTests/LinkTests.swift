import InkPrimitives
import InkSimulator
import Testing

@Suite struct LinkTests {
    private static let source = SocketAddress(ip: .v4(0x0B00_0001), port: 40_000)
    private static let datagram = [UInt8](0..<200)

    private static func carried(_ count: Int, seed: UInt64 = 1, _ set: (inout LinkFaults) -> Void) -> [[Link.Arrival]] {
        var faults = LinkFaults()
        set(&faults)
        var link = Link(random: SplitMix64(seed: seed))
        return (0..<count).map { _ in link.carry(datagram, from: source, faults: faults, now: .zero) }
    }

    @Test func `a healthy link carries each datagram once, unchanged, in time`() {
        for arrivals in Self.carried(200, { _ in }) {
            #expect(arrivals.count == 1)
            #expect(arrivals.first?.bytes == Self.datagram)
            #expect(arrivals.first?.source == Self.source)
            #expect(arrivals.first.map { $0.after >= .milliseconds(5) && $0.after < .milliseconds(6) } == true)
        }
    }

    @Test func `each fault happens about as often as it says`() {
        let count = 4000
        let lost = Self.carried(count) { $0.loss = 0.2 }.count { $0.isEmpty }
        #expect((700...900).contains(lost))
        let doubled = Self.carried(count) { $0.duplication = 0.2 }.count { $0.count == 2 && $0[1].bytes == Self.datagram }
        #expect((700...900).contains(doubled))
        let damaged = Self.carried(count) { $0.corruption = 0.2 }.count { $0[0].bytes != Self.datagram }
        #expect((650...900).contains(damaged))
        let forged = Self.carried(count) { $0.forgery = 0.2 }.count { $0.count == 2 && $0[0].bytes == Self.datagram }
        #expect((700...900).contains(forged))
        let replayed = Self.carried(count) { $0.replay = 0.2 }.compactMap { $0.count == 2 ? $0[1] : nil }
        #expect((700...900).contains(replayed.count))
        #expect(replayed.allSatisfy { $0.bytes == Self.datagram && $0.source.ip == Self.source.ip })
        #expect(replayed.contains { $0.source != Self.source })
        let late = Self.carried(count) { $0.reordering = 0.2 }.count { $0[0].after > .milliseconds(10) }
        #expect((650...900).contains(late))
    }

    @Test func `a link that is cut carries nothing`() {
        var link = Link(random: SplitMix64(seed: 1))
        link.cuts = 1
        #expect(link.carry(Self.datagram, from: Self.source, faults: LinkFaults(), now: .zero).isEmpty)
    }

    @Test func `SM-24: a slow line holds back what it cannot carry in time, and loses what waits too long`() {
        var faults = LinkFaults()
        (faults.rate, faults.delay, faults.jitter) = (2280, .zero, .zero)
        var link = Link(random: SplitMix64(seed: 1))
        // A datagram of 228 bytes with its headers takes a tenth of a second.
        let after = (0..<8).map { _ in link.carry(Self.datagram, from: Self.source, faults: faults, now: .zero).first?.after }
        #expect(
            after == [.milliseconds(100), .milliseconds(200), .milliseconds(300), .milliseconds(400), .milliseconds(500), nil, nil, nil])
        let later = Instant.zero + .seconds(2)
        #expect(link.carry(Self.datagram, from: Self.source, faults: faults, now: later).first?.after == .milliseconds(100))
    }

    @Test func `SM-2: what happens on a link is a function of its own stream`() {
        let set: (inout LinkFaults) -> Void = { ($0.loss, $0.forgery, $0.replay, $0.corruption) = (0.2, 0.3, 0.3, 0.3) }
        #expect(Self.carried(300, seed: 7, set).map { $0.map(\.bytes) } == Self.carried(300, seed: 7, set).map { $0.map(\.bytes) })
        #expect(Self.carried(300, seed: 7, set).map { $0.map(\.after) } != Self.carried(300, seed: 8, set).map { $0.map(\.after) })
    }

    @Test func `over many seeds every class of fault is there and is absent`() {
        var seen: [String: Set<Bool>] = [:]
        var kinds: Set<String> = []
        var adversities: Set<Adversity?> = []
        var nats: Set<NAT.Kind?> = []
        for seed in 0..<200 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let faults = Faults(nodes: 4, span: .seconds(5), using: &random)
            let link = faults.link
            adversities.insert(faults.adversity)
            seen["rate", default: []].insert(link.rate != nil)
            for (name, rate) in [
                ("loss", link.loss), ("duplication", link.duplication), ("reordering", link.reordering), ("corruption", link.corruption),
                ("forgery", link.forgery), ("replay", link.replay), ("stall", faults.disk.stall),
            ] {
                seen[name, default: []].insert(rate > 0)
            }
            for (index, item) in faults.scheduled.enumerated() {
                #expect(item.after >= .zero && item.after < .seconds(5))
                if index > 0 { #expect(faults.scheduled[index - 1].after <= item.after) }
                switch item.fault {
                case .partition(_, _, let bothWays, _): kinds.insert(bothWays ? "partition" : "one-way partition")
                case .crash: kinds.insert("crash")
                case .leave: kinds.insert("leave")
                case .fullDisk: kinds.insert("full disk")
                case .pause: kinds.insert("pause")
                case .killRendezvous: kinds.insert("rendezvous")
                case .restoreBackup: kinds.insert("backup")
                case .twin: kinds.insert("twin")
                case .rebind: kinds.insert("rebind")
                case .move: kinds.insert("move")
                }
            }
            for nat in faults.nats { nats.insert(nat) }
            seen["relay", default: []].insert(faults.relayLies)
            if !faults.leadsToMesh { #expect(faults.nats.allSatisfy { $0 == nil }) }
        }
        #expect(nats == Set([nil] + NAT.Kind.allCases.map(Optional.some)))
        #expect(seen.values.allSatisfy { $0.count == 2 })
        #expect(
            kinds == [
                "partition", "one-way partition", "crash", "leave", "full disk", "pause", "rendezvous", "backup", "twin", "rebind", "move",
            ])
        #expect(adversities == Set([nil] + Adversity.allCases.map(Optional.some)))
    }
}
