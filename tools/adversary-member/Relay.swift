import Glibc
import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkSession
import StandSockets

/// Relay frames of any size, to anybody, at any rate (RV-50 to RV-54): eight sockets, each of which does one of these, and comes again when it is closed.
enum RelayFlood: Int, CaseIterable {
    /// As large as may be, to all victims, without a pause.
    case fast
    /// The same, but never so fast that it is closed.
    case paced
    /// Datagrams of 0, 1, 1200, 1201, 1500, 4000 and 60 000 bytes.
    case sizes
    /// For none, nine, a thousand, for itself, twice for one, in the wrong order.
    case receivers
    /// For numbers that nobody has, and in the name of the victims.
    case nobody
    /// No relay frames at all.
    case noise
    /// What begins as our own datagrams do, paced, to one.
    case alike
    /// Good frames from a socket that has joined nothing.
    case outside

    /// Bytes a second of the paced: less than four times the 64 KiB that a room has.
    private static let paceBytes = 200.0 * 1024

    /// Whether it says something now; takes from `pace` what that is.
    func mayFire(_ pace: inout TokenBucket, now: Instant) -> Bool {
        switch self {
        case .paced, .alike: pace.take(1200, now: now)
        default: true
        }
    }

    static func pace(now: Instant) -> TokenBucket { TokenBucket(rate: paceBytes, burst: paceBytes / 10, now: now) }

    /// One frame.
    ///
    /// - Parameters:
    ///   - own: our own number.
    ///   - turn: counts the frames of this socket.
    func frame(own: UInt32, victims: [UInt32], turn: Int, using random: inout SplitMix64) -> [UInt8] {
        let one = victims.isEmpty ? own &+ 1 : victims[turn % victims.count]
        switch self {
        case .fast, .paced: return Self.frame(own, Array(victims.prefix(8)), size: 1200, first: 0xF3, using: &random)
        case .sizes:
            let sizes = [0, 1, 1200, 1201, 1500, 4000, 60_000]
            return Self.frame(own, [one], size: sizes[turn % sizes.count], first: 0xF3, using: &random)
        case .receivers:
            let lists: [[UInt32]] = [
                [], (0..<9).map { own &+ $0 }, (0..<1000).map { own &+ $0 }, [own], [one, one], [one &+ 1, one], [own, one].sorted(),
            ]
            return Self.frame(own, lists[turn % lists.count], size: 100, first: 0xF3, using: &random)
        case .nobody:
            let stranger = UInt32(truncatingIfNeeded: random.next())
            return turn % 2 == 0
                ? Self.frame(own, [stranger], size: 1200, first: 0xF3, using: &random)
                : Self.frame(one, [victims.first { $0 != one } ?? stranger], size: 1200, first: 0xF3, using: &random)
        case .noise: return (0..<random.below(4000)).map { _ in UInt8(truncatingIfNeeded: random.next()) | 2 }
        case .alike, .outside:
            return Self.frame(own, [one], size: 1 + Int(random.below(1200)), first: 0xF0 + UInt8(random.below(6)), using: &random)
        }
    }

    private static func frame(
        _ sender: UInt32, _ receivers: [UInt32], size: Int, first: UInt8, using random: inout SplitMix64
    ) -> [UInt8] {
        var writer = ByteWriter(capacity: 6 + 4 * receivers.count + size)
        writer.write(1 as UInt8)
        writer.write(sender)
        writer.write(UInt8(min(255, receivers.count)))
        for receiver in receivers { writer.write(receiver) }
        if size > 0 { writer.write(first) }
        for _ in 1..<max(1, size) { writer.write(UInt8(truncatingIfNeeded: random.next())) }
        return writer.bytes
    }

    /// One socket at its work, opened again when it is closed.
    private struct Gun {
        let flood: RelayFlood
        var signaller: Signaller
        var pace: TokenBucket
        var openedAt: Instant
        var turn = 0
    }

    /// - Parameter isMember: in the room of the victims; else in one of its own, where it knows the numbers of the victims all the same.
    static func run(_ arguments: Arguments, _ invite: Invite, isMember: Bool) throws -> [(String, Int)] {
        guard let rendezvous = arguments.rendezvous else { throw Trouble("--rendezvous is missing") }
        let victims = try findVictims(invite, rendezvous)
        func open(_ flood: RelayFlood) throws -> Signaller {
            // From an address of its own: what a source may do is one bound of several.
            try Signaller(
                isMember ? RoomKeys(roomSecret: invite.roomSecret) : RoomKeys(roomSecret: .random()), rendezvous,
                from: SocketAddress(ip: .v4(0x7F00_0702 + UInt32(flood.rawValue)), port: 0), joins: flood != .outside)
        }
        var guns = try allCases.map {
            Gun(flood: $0, signaller: try open($0), pace: Self.pace(now: currentTime()), openedAt: currentTime())
        }
        say("ready")
        let end = currentTime() + .milliseconds(Int64(arguments.seconds * 1000))
        var bucket = TokenBucket(rate: arguments.rate ?? 4000, burst: 100, now: currentTime())
        var random = SplitMix64(seed: 7)
        var (frames, bytes, closed) = (0, 0, 0)
        while currentTime() < end {
            var fired = 0
            for index in guns.indices {
                let now = currentTime()
                _ = try guns[index].signaller.envelopes()
                guard guns[index].signaller.isOpen else {
                    // Ten times a second each: who opens faster than that is another attack.
                    guard now - guns[index].openedAt > .milliseconds(100) else { continue }
                    closed += 1
                    (guns[index].signaller, guns[index].openedAt) = (try open(guns[index].flood), now)
                    continue
                }
                let flood = guns[index].flood
                guard let own = flood == .outside ? 7 : guns[index].signaller.number else { continue }
                guard flood.mayFire(&guns[index].pace, now: now), bucket.take(now: now) else { continue }
                let frame = flood.frame(own: own, victims: victims, turn: guns[index].turn, using: &random)
                guns[index].turn += 1
                guns[index].signaller.carry(frame)
                (frames, bytes, fired) = (frames + 1, bytes + frame.count, fired + 1)
            }
            if fired == 0 { usleep(300) }
        }
        return [("frames", frames), ("bytes", bytes), ("closed", closed), ("victims", victims.count)]
    }

    /// The numbers of those who are in the room, by what they answer to a greeting.
    private static func findVictims(_ invite: Invite, _ rendezvous: SocketAddress) throws -> [UInt32] {
        let spy = try Signaller(invite, rendezvous, from: SocketAddress(ip: .v4(0x7F00_0701), port: 0))
        let newcomer = Newcomer()
        var (found, greetedAt) = (Set<UInt32>(), Instant.distantPast)
        let end = currentTime() + .seconds(3)
        while currentTime() < end {
            for (member, _) in try spy.envelopes() { found.insert(member) }
            if spy.isJoined, currentTime() - greetedAt > .seconds(1) {
                greetedAt = currentTime()
                try spy.send(.hello(nonce: newcomer.nonce), as: newcomer, to: nil)
            }
            usleep(2000)
        }
        guard !found.isEmpty else { throw Trouble("nobody answers in the room") }
        return found.sorted()
    }
}

/// A thousand addresses where nobody may be sent to: of own services, of amplifiers, of clouds, of other people's networks, of no place at all.
enum ForbiddenTargets {
    static let all: [SocketAddress] = {
        var found: [SocketAddress] = []
        func add(_ texts: [String], _ ports: [UInt16]) {
            for text in texts { for port in ports { if let ip = IPAddress(text) { found.append(SocketAddress(ip: ip, port: port)) } } }
        }
        let services: [UInt16] = [7, 19, 22, 53, 69, 80, 111, 123, 137, 161, 389, 443, 500, 514, 520, 623]
        let amplifiers = CandidateFilter.forbiddenPorts.sorted()
        add(["127.0.0.1", "127.0.0.2", "::1", "8.8.8.8"], services + amplifiers)
        let nowhere = [
            "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.1.1", "224.0.0.1", "224.0.0.251", "239.1.1.1", "239.255.255.250", "240.0.0.1",
            "255.255.255.255", "::", "ff02::1", "ff02::fb", "ff05::2", "64:ff9b::7f00:1",
            "64:ff9b::a00:5", "2002:7f00:1::1", "2002:a00:5::1",
        ]
        add(nowhere, [1024, 4300, 8080, 9999, 40_000, 65_535])
        // Networks of which this machine has none.
        add((0..<40).map { "10.213.\($0).5" } + (0..<40).map { "172.29.\($0).1" }, [53, 4300, 6379, 8080, 9200])
        add((0..<40).map { "192.168.\(200 + $0).1" } + (0..<40).map { "100.99.\($0).1" }, [53, 1900, 5000, 8080])
        add((0..<20).map { "fd77:\($0)::1" }, [53, 4300, 8080, 9200])
        return found
    }()

    /// Says all of them to each who is there: sixteen at a time as one newcomer, each with a socket of its own, and inside sessions.
    static func offer(_ arguments: Arguments, _ invite: Invite) throws -> [(String, Int)] {
        guard let rendezvous = arguments.rendezvous else { throw Trouble("--rendezvous is missing") }
        // What may be dialled is among them, so that it shows whether any of it is looked at.
        let allowed = try DatagramSocket(SocketAddress(ip: .v4(0x7F00_0909), port: 0))
        let good = Candidate(address: SocketAddress(ip: .v4(0x7F00_0909), port: allowed.port), kind: .host)
        let member = try Member(invite, host: SocketAddress(ip: .v4(0x7F00_0001), port: 0))
        for target in arguments.targets { try member.dial(target) }
        say("ready")
        let batches = stride(from: 0, to: all.count, by: 15).map { start in
            all[start..<min(start + 15, all.count)].enumerated().map { index, address in
                Candidate(address: address, kind: index % 2 == 0 ? .host : .serverReflexive)
            } + [good]
        }
        let end = currentTime() + .milliseconds(Int64(arguments.seconds * 1000))
        var people: [(Newcomer, Signaller, [Candidate], hasGreeted: Bool)] = []
        var (openedAt, told, offered, packets) = (Instant.distantPast, 0, 0, 0)
        while currentTime() < end {
            let now = currentTime()
            try member.pump()
            if now - openedAt > .milliseconds(100) {
                openedAt = now
                if people.count < batches.count {
                    let source = SocketAddress(ip: .v4(0x7F00_0701 + UInt32(people.count % 200)), port: 0)
                    people.append((Newcomer(), try Signaller(invite, rendezvous, from: source), batches[people.count], false))
                }
                for session in member.sessions.values { member.say(.addresses(batches[told % batches.count]), to: session) }
                if !member.sessions.isEmpty { told += 1 }
                try member.drain()
            }
            for index in people.indices {
                let (newcomer, signaller, candidates, hasGreeted) = people[index]
                for (number, envelope) in try signaller.envelopes() where envelope.recipient == newcomer.peer {
                    let answer: Envelope.Content
                    switch envelope.content {
                    case .offer(_, _, let attempt, _, _): answer = .answer(attempt: attempt, candidates: candidates)
                    case .helloAnswer(_, let nonce):
                        var generator = SecretGenerator(seed: .random())
                        answer = .offer(echo: nonce, nonce: newcomer.nonce, attempt: generator.bytes(16), candidates: candidates)
                    default: continue
                    }
                    offered += candidates.count - 1
                    try signaller.send(answer, as: newcomer, to: (number, envelope.sender))
                }
                if signaller.isJoined, !hasGreeted {
                    people[index].hasGreeted = true
                    try signaller.send(.hello(nonce: newcomer.nonce), as: newcomer, to: nil)
                }
            }
            while allowed.receive() != nil { packets += 1 }
            usleep(500)
        }
        return [
            ("forbidden", all.count), ("offered", offered), ("told_in_sessions", told * 15), ("sessions", member.sessions.count),
            ("packets_to_the_allowed", packets), ("allowed_port", Int(allowed.port)),
        ]
    }
}
