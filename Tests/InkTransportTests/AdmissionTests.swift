import InkPrimitives
import Testing

@testable import InkTransport

/// Decision tables: each combination of facts is met by exactly one row, and a row that says nothing of a fact holds whatever it is.
@Suite struct AdmissionTests {
    private static let bools = [false, true]

    // MARK: Starts

    private enum Past: CaseIterable { case new, waiting, signalled, spent }

    private struct StartRow {
        var naming: Set<Admission.StartFacts.Naming> = [.none, .us]
        var past = Set(Past.allCases)
        var isSame: Bool?
        var isHere: Bool?
        var hasCookie: Bool?
        var isAwaited: Bool?
        var isWithinRate: Bool?
        let verdict: Admission.StartVerdict
    }

    private static let starts = [
        StartRow(naming: [.others], verdict: .refuse),
        StartRow(past: [.waiting, .signalled, .spent], isSame: false, verdict: .refuse),
        StartRow(past: [.waiting, .signalled, .spent], isSame: true, isHere: false, hasCookie: false, verdict: .cookie),
        StartRow(past: [.waiting], isSame: true, isHere: true, verdict: .repeatAnswer),
        StartRow(past: [.waiting], isSame: true, isHere: false, hasCookie: true, verdict: .repeatAnswer),
        StartRow(past: [.signalled], isSame: true, isHere: true, verdict: .note),
        StartRow(past: [.signalled], isSame: true, isHere: false, hasCookie: true, verdict: .note),
        StartRow(past: [.spent], isSame: true, isHere: true, verdict: .replayed),
        StartRow(past: [.spent], isSame: true, isHere: false, hasCookie: true, verdict: .replayed),
        StartRow(past: [.new], hasCookie: false, isAwaited: false, verdict: .cookie),
        StartRow(past: [.new], hasCookie: true, isWithinRate: true, verdict: .begin),
        StartRow(past: [.new], hasCookie: false, isAwaited: true, isWithinRate: true, verdict: .begin),
        StartRow(past: [.new], hasCookie: true, isWithinRate: false, verdict: .refuse),
        StartRow(past: [.new], hasCookie: false, isAwaited: true, isWithinRate: false, verdict: .refuse),
    ]

    @Test func `TR-2, TR-155, TR-156: a start is answered, gets a cookie, or nothing, by what is known of it`() {
        for naming in [Admission.StartFacts.Naming.none, .us, .others] {
            for past in Past.allCases {
                for bits in 0..<64 {
                    let flags = (0..<6).map { bits >> $0 & 1 == 1 }
                    let (isSame, isHere, hasCookie, isWithinRate) = (flags[0], flags[1], flags[2], flags[3])
                    var facts = Admission.StartFacts()
                    facts.naming = naming
                    facts.history =
                        switch past {
                        case .new: .new
                        case .waiting: .known(isSame: isSame, isHere: isHere, isSignalled: false)
                        case .signalled: .known(isSame: isSame, isHere: isHere, isSignalled: true)
                        case .spent: .spent(isSame: isSame, isHere: isHere)
                        }
                    (facts.hasCookie, facts.isWithinRate, facts.isAnnounced, facts.isUnderLoad) = (
                        hasCookie, isWithinRate, flags[4], flags[5]
                    )
                    // A bare address is announced by nobody, and under load nobody is awaited.
                    let isAwaited = naming == .us && flags[4] && !flags[5]
                    let rows = Self.starts.filter { row in
                        row.naming.contains(naming) && row.past.contains(past) && row.isSame ?? isSame == isSame
                            && row.isHere ?? isHere == isHere && row.hasCookie ?? hasCookie == hasCookie
                            && row.isAwaited ?? isAwaited == isAwaited && row.isWithinRate ?? isWithinRate == isWithinRate
                    }
                    #expect(rows.map(\.verdict) == [Admission.decide(facts)], "\(facts)")
                }
            }
        }
    }

    // MARK: Dialling

    @Test func `TR-11, TR-22: nobody is dialled for nothing, and never more than 64`() {
        for bits in 0..<16 {
            let (isOurselves, isToRest, isTried, isUnderWay) = (bits & 1 == 1, bits & 2 == 2, bits & 4 == 4, bits & 8 == 8)
            for attempts in [0, 63, 64] {
                for rival in [nil, false, true] as [Bool?] {
                    let facts = Admission.DialFacts(
                        isOurselves: isOurselves, rival: rival.map { Admission.Rival(isDegraded: $0) }, isToRest: isToRest,
                        isTried: isTried,
                        isUnderWay: isUnderWay, attempts: attempts)
                    let expected: Admission.DialVerdict =
                        switch (isOurselves || isToRest || isTried || rival == false, isUnderWay, attempts) {
                        case (true, _, _): .needless
                        case (false, false, 64): .tooMany
                        case (false, _, _): .dial
                        }
                    #expect(Admission.decide(facts) == expected, "\(facts)")
                }
            }
        }
    }

    @Test(
        arguments: [
            // Session: isInitiator, isDegraded; our id is smaller; of use.
            (nil, nil, false, true), (nil, nil, true, true), (false, true, false, true), (true, true, true, true),
            (true, false, true, false), (true, false, false, false), (false, false, false, false), (false, false, true, true),
        ] as [(Bool?, Bool?, Bool, Bool)])
    func `TR-11: an answer is followed only where its session would survive`(
        isInitiator: Bool?, isDegraded: Bool?, isSmaller: Bool, isOfUse: Bool
    ) {
        var rival: Admission.Rival?
        if let isInitiator, let isDegraded { rival = Admission.Rival(isInitiator: isInitiator, isDegraded: isDegraded) }
        #expect(Admission.isToFinish(rival: rival, isSmaller: isSmaller) == isOfUse)
    }

    // MARK: Sessions

    private static func facts(
        _ rival: Admission.Rival? = nil, isInitiator: Bool = false, isSmaller: Bool = false, mayReplace: Bool = true, from address: Int = 0,
        standing: Admission.Standing = .stranger, seats: [Admission.Seat] = []
    ) -> Admission.SessionFacts {
        let ip = TestNet.address(address).ip
        return Admission.SessionFacts(
            isInitiator: isInitiator, isSmaller: isSmaller, rival: rival, mayReplace: mayReplace, host: Host(ip),
            network: Host(networkOf: ip), standing: standing, seats: seats)
    }

    @Test func `TR-10, TR-169: of two sessions with one peer both sides keep the same`() {
        for isUnanswered in Self.bools {
            for isSmaller in Self.bools {
                for old in Self.bools {
                    for new in Self.bools {
                        let rival = Admission.Rival(isInitiator: old, isUnanswered: isUnanswered)
                        let here = Admission.decide(Self.facts(rival, isInitiator: new, isSmaller: isSmaller))
                        var mirrored = rival
                        mirrored.isInitiator = !old
                        let there = Admission.decide(Self.facts(mirrored, isInitiator: !new, isSmaller: !isSmaller))
                        #expect(here == there, "both see the same")
                        // The one whose initiator has the smaller id.
                        let survives = old != new && old == isSmaller
                        #expect(here == (survives && !isUnanswered ? .turnDown : .replace(isTold: survives)), "\(rival)")
                    }
                }
            }
        }
    }

    @Test
    func `TR-50, TR-170, TR-183: another process of a device takes its place unless it is to be calm, and of one that is mute always`() {
        for isUnanswered in Self.bools {
            for mayReplace in Self.bools {
                for bits in 0..<16 {
                    let rival = Admission.Rival(
                        isSamePeer: false, isInitiator: bits & 1 == 1, isUnanswered: isUnanswered, isDegraded: bits & 4 == 4)
                    let verdict = Admission.decide(
                        Self.facts(rival, isInitiator: bits & 2 == 2, isSmaller: bits & 8 == 8, mayReplace: mayReplace))
                    #expect(verdict == (isUnanswered || mayReplace ? .replace(isTold: true) : .turnDown))
                }
            }
        }
    }

    /// Seats of hosts by number, in the order in which they came.
    private static func seats(_ hosts: [Int], _ standing: (Int) -> Admission.Standing = { _ in .stranger }) -> [Admission.Seat] {
        hosts.enumerated().map { position, host in
            // A network has 256 hosts.
            let ip = IPAddress.v4(0x0A00_0000 + UInt32(host))
            return Admission.Seat(
                id: ConnectionID(UInt64(position + 1)), host: Host(ip), network: Host(networkOf: ip),
                establishedAt: .zero + .seconds(position), standing: standing(position))
        }
    }

    private static let far = 0x9_0000

    private static func decide(_ seats: [Admission.Seat], from host: Int, _ standing: Admission.Standing = .stranger)
        -> Admission.SessionVerdict
    {
        let ip = IPAddress.v4(0x0A00_0000 + UInt32(host))
        var facts = facts(standing: standing, seats: seats)
        (facts.host, facts.network) = (Host(ip), Host(networkOf: ip))
        return Admission.decide(facts)
    }

    @Test func `TR-22, TR-179: where there is a place nobody gives way, and a rival's place is a place`() {
        #expect(Admission.decide(Self.facts()) == .admit)
        let full = Self.seats([1, 1, 1, 1])
        #expect(Admission.decide(Self.facts(Admission.Rival(), seats: full)) == .replace(isTold: false))
    }

    @Test func `TR-179: the newest of the busiest host gives way, strangers first, where that has more than twice as many`() {
        let hosts = [1, 1, 1, 2 << 8, 3 << 8]
        #expect(Self.decide(Self.seats(hosts), from: Self.far) == .crowdOut(ConnectionID(3)))
        #expect(Self.decide(Self.seats(hosts) { $0 == 1 ? .stranger : .settled }, from: Self.far) == .crowdOut(ConnectionID(2)))
        // With one more the newcomer's host would have half of three and more.
        #expect(Self.decide(Self.seats(hosts) { _ in .settled }, from: 2 << 8) == .full)
        // One of each host, but three of one network.
        #expect(Self.decide(Self.seats([1, 2, 3, 2 << 8, 3 << 8]), from: Self.far) == .crowdOut(ConnectionID(3)))
    }

    @Test func `TR-55: else one by lot gives way who has done nothing, or, to a stranger, little`() {
        let hosts = [1 << 8, 2 << 8, 3 << 8]
        func ids(_ numbers: UInt64...) -> [ConnectionID] { numbers.map { ConnectionID($0) } }
        #expect(Self.decide(Self.seats(hosts), from: Self.far) == .crowdOutByLot(ids(1, 2, 3)))
        #expect(Self.decide(Self.seats(hosts) { $0 == 1 ? .settled : .stranger }, from: Self.far, .settled) == .crowdOutByLot(ids(1, 3)))
        // Not one of a host that has fewer of them than the newcomer's would have.
        #expect(Self.decide(Self.seats(hosts), from: 2 << 8) == .full)
        let newcomers = Self.seats(hosts) { $0 == 0 ? .settled : .newcomer }
        #expect(Self.decide(newcomers, from: Self.far) == .crowdOutByLot(ids(2, 3)))
        for standing in [Admission.Standing.newcomer, .settled] { #expect(Self.decide(newcomers, from: Self.far, standing) == .full) }
        #expect(Self.decide(Self.seats(hosts) { _ in .settled }, from: Self.far) == .full)
    }

    @Test func `TR-55: a device is settled ten minutes after its first work`() {
        let now = Instant.zero + .seconds(1000)
        #expect(Admission.Standing(worksSince: nil, now: now) == .stranger)
        #expect(Admission.Standing(worksSince: .distantPast, now: now) == .settled)
        #expect(Admission.Standing(worksSince: now - .seconds(600), now: now) == .settled)
        #expect(Admission.Standing(worksSince: now - .seconds(599), now: now) == .newcomer)
    }
}
