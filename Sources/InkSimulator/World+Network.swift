import InkConnectivity
import InkPrimitives
import InkRendezvous
import InkSession

/// The rendezvous of a world: the server value, its sockets, and the host that answers STUN.
struct SimulatedRendezvous {
    /// One socket; messages on it stay in order and are not lost while both ends live.
    struct Socket {
        var node: Int
        var process: Int
        /// When the newest message each way arrives; a later one is not earlier.
        var lastIn: Instant = .distantPast
        var lastOut: Instant = .distantPast
        /// The server knows the socket.
        var isOpen = false
    }

    let random: SplitMix64
    /// Nil while the process is down.
    var server: RendezvousServer?
    /// What it makes of what it says; nil where it is true.
    var liar: LyingRendezvous?
    var starts = 0
    var sockets: [UInt64: Socket] = [:]
    var nextSocket: UInt64 = 1
    var timer: UInt64 = 0

    static let ip = IPAddress.v4(0x0B01_0001)
    static let address = SocketAddress(ip: ip, port: 8443)
    static let stun = SocketAddress(ip: ip, port: 3478)

    init(random: SplitMix64) {
        self.random = random
        start()
    }

    /// A fresh process that knows nothing.
    mutating func start() {
        starts += 1
        var configuration = RendezvousServer.Configuration()
        configuration.stunPort = Self.stun.port
        server = RendezvousServer(configuration, seed: random.seed("start \(starts)"))
    }
}

extension World {
    // Datagrams.

    mutating func transmit(_ bytes: [UInt8], from node: Int, to address: SocketAddress) throws(Violation) {
        guard bytes.count <= Limits.datagramBytesMax else { throw Violation("node \(node) sent a datagram of \(bytes.count) bytes") }
        let hash = Trace.hash(bytes)
        trace.note(now, node: node, .transmit, hash: hash, "\(bytes.count) bytes to \(address), first \(bytes.first ?? 0)")
        participants[node].traffic.sent(bytes)
        let inner = participants[node].address
        guard let source = participants[node].nat == nil ? inner : participants[node].nat?.leave(inner, to: address) else { return }
        if address == hostile?.address || party?.isHere(address) == true {
            queue.schedule(.datagram(bytes, from: source, to: address, isAltered: false), at: now + Self.hostileDelay)
            return
        }
        let target = address.ip == SimulatedRendezvous.ip ? participants.count : participant(at: address.ip)
        guard let target else { return }
        for arrival in links[link(node, target)].carry(bytes, from: source, faults: linkFaults, now: now) {
            queue.schedule(
                .datagram(arrival.bytes, from: arrival.source, to: address, isAltered: arrival.isAltered), at: now + arrival.after)
        }
    }

    /// Said to all on the link: each has its own luck with it, and who says it hears it, too.
    mutating func call(_ bytes: [UInt8], from source: SocketAddress, _ node: Int) {
        trace.note(now, node: node, .transmit, hash: Trace.hash(bytes), "\(bytes.count) bytes to all")
        for other in participants.indices where participants[other].address.ip.isV6 == source.ip.isV6 {
            for arrival in links[link(node, other)].carry(bytes, from: source, faults: linkFaults, now: now) {
                queue.schedule(.overheard(arrival.bytes, from: arrival.source, other), at: now + arrival.after)
            }
        }
    }

    mutating func arrive(_ bytes: [UInt8], from source: SocketAddress, to address: SocketAddress, isAltered: Bool) throws(Violation) {
        if address == SimulatedRendezvous.stun {
            guard rendezvous.server != nil, let answer = STUN.answer(to: bytes, from: source) else { return }
            guard let node = participant(at: source.ip) else { return }
            for arrival in links[link(participants.count, node)].carry(answer, from: address, faults: linkFaults, now: now) {
                queue.schedule(
                    .datagram(arrival.bytes, from: arrival.source, to: source, isAltered: arrival.isAltered), at: now + arrival.after)
            }
            return
        }
        if address == hostile?.address {
            hostile?.receive(bytes, from: source, now: now)
            return sendHostile()
        }
        if party?.isHere(address) == true { return try partyReceives(bytes, from: source, to: address) }
        guard let node = receiver(of: address, from: source), participants[node].isUp else { return }
        let hash = Trace.hash(bytes)
        trace.note(now, node: node, .datagram, hash: hash, "\(bytes.count) bytes from \(source), first \(bytes.first ?? 0)")
        if !participants[node].seen.insert(hash) || isAltered { participants[node].notFresh += 1 }
        try give(.datagram(bytes, from: source), to: node)
    }

    /// Whom a datagram reaches, if the NAT before it lets it pass.
    func receiver(of address: SocketAddress, from source: SocketAddress) -> Int? {
        // By index, for an element of a loop would be a copy.
        participants.indices.first { node in
            guard participants[node].nat != nil else { return participants[node].address == address }
            return participants[node].nat?.ip == address.ip && participants[node].nat?.admits(source, to: address) == true
        }
    }

    private func participant(at ip: IPAddress) -> Int? { participants.indices.first { participants[$0].outerIP == ip } }

    /// The hostile member does what it is there for, and comes again.
    mutating func harm() throws(Violation) {
        guard let kind = hostile?.kind else { return }
        // While it is there: what its session costs is gone with it.
        for node in participants.indices { try checkFigures(node) }
        var addresses = participants.filter { $0.isUp }.map(\.address)
        if kind == .squattedID {
            // The newest of those who are there is the one to shut out.
            let victim = participants[faults.adversityNode]
            guard let salt = victim.node?.salt else { return queue.schedule(.harm, at: now + HostileMember.interval) }
            hostile?.squat(salt)
            addresses.removeAll { $0 == victim.address }
        }
        hostile?.act(dialling: addresses, now: now)
        sendHostile()
        if !isHealed || hasSquatter { queue.schedule(.harm, at: now + HostileMember.interval) }
    }

    /// True if the hostile member has the peer id of him whose salt it says.
    var hasSquatter: Bool {
        guard let hostile, let salt = hostile.squatted, let victim = participants[faults.adversityNode].node else { return false }
        return salt.peer(of: hostile.author) == victim.peerID
    }

    mutating func sendHostile() {
        guard let from = hostile?.address else { return }
        while let datagram = hostile?.nextDatagram() {
            queue.schedule(.datagram(datagram.bytes, from: from, to: datagram.to, isAltered: false), at: now + Self.hostileDelay)
        }
    }

    /// It is nearer than anybody.
    private static let hostileDelay: Duration = .microseconds(50)

    // The rendezvous.

    mutating func connectToRendezvous(_ node: Int) {
        trace.note(now, node: node, .rendezvousOut, hash: 0, "connect")
        if let old = participants[node].connection {
            participants[node].connection = nil
            queue.schedule(.hungUp(old), at: now + .milliseconds(1))
        }
        let process = participants[node].process
        guard rendezvous.server != nil, !participants[node].isCutOff else {
            queue.schedule(.rendezvousUnreachable(node, process: process), at: now + wire())
            return
        }
        let number = rendezvous.nextSocket
        rendezvous.nextSocket += 1
        rendezvous.sockets[number] = .init(node: node, process: process)
        participants[node].connection = number
        queue.schedule(.rendezvousOpened(number), at: now + wire())
    }

    mutating func sendToRendezvous(_ message: ClientMessage, _ node: Int) {
        trace.note(now, node: node, .rendezvousOut, hash: Self.hash(message), "\(message)")
        participants[node].traffic.messages += 1
        guard let number = participants[node].connection, var socket = rendezvous.sockets[number], !participants[node].isCutOff
        else { return }
        socket.lastIn = max(now + wire(), socket.lastIn)
        rendezvous.sockets[number] = socket
        queue.schedule(.toRendezvous(number, message), at: socket.lastIn)
    }

    /// A datagram for the rendezvous to hand on.
    mutating func relay(_ bytes: [UInt8], _ node: Int) {
        trace.note(now, node: node, .rendezvousOut, hash: Trace.hash(bytes), "frame of \(bytes.count) bytes")
        participants[node].traffic.relayed(bytes)
        guard let number = participants[node].connection, var socket = rendezvous.sockets[number], !participants[node].isCutOff
        else { return }
        socket.lastIn = max(now + wire(), socket.lastIn)
        rendezvous.sockets[number] = socket
        queue.schedule(.frameToRendezvous(number, bytes), at: socket.lastIn)
    }

    mutating func rendezvousReceives(frame bytes: [UInt8], on number: UInt64) {
        guard rendezvous.sockets[number]?.isOpen == true else { return }
        rendezvous.server?.relayed(bytes, from: .init(number), now: now)
        drainRendezvous()
    }

    mutating func clientReceives(frame bytes: [UInt8], on number: UInt64, isAltered: Bool) throws(Violation) {
        guard let socket = rendezvous.sockets[number], isLive(socket.node, socket.process), participants[socket.node].connection == number,
            !participants[socket.node].isCutOff
        else { return }
        let hash = Trace.hash(bytes)
        trace.note(now, node: socket.node, .rendezvousIn, hash: hash, "frame of \(bytes.count) bytes")
        if !participants[socket.node].seen.insert(hash) || isAltered { participants[socket.node].notFresh += 1 }
        try give(.rendezvousFrame(bytes), to: socket.node)
    }

    /// The node closes its connection.
    mutating func leaveRendezvous(_ node: Int) {
        guard let number = participants[node].connection else { return }
        trace.note(now, node: node, .rendezvousOut, hash: number, "disconnect")
        queue.schedule(.hungUp(number), at: now + wire())
    }

    /// The socket is open on both sides.
    mutating func rendezvousOpened(_ number: UInt64) throws(Violation) {
        guard let socket = rendezvous.sockets[number] else { return }
        guard rendezvous.server != nil else { return try hungUp(number) }
        rendezvous.sockets[number]?.isOpen = true
        rendezvous.server?.opened(.init(number), now: now)
        if isLive(socket.node, socket.process), participants[socket.node].connection == number {
            trace.note(now, node: socket.node, .rendezvousIn, hash: number, "connected")
            try give(.rendezvousConnected(to: SimulatedRendezvous.address), to: socket.node)
        }
        drainRendezvous()
    }

    mutating func rendezvousReceives(_ message: ClientMessage, on number: UInt64) throws(Violation) {
        guard rendezvous.sockets[number]?.isOpen == true else { return }
        trace.note(now, node: -1, .rendezvous, hash: Self.hash(message), "socket \(number): \(message)")
        rendezvous.server?.received(message, from: .init(number), now: now)
        drainRendezvous()
    }

    mutating func clientReceives(_ message: ServerMessage, on number: UInt64) throws(Violation) {
        guard let socket = rendezvous.sockets[number], isLive(socket.node, socket.process), participants[socket.node].connection == number,
            !participants[socket.node].isCutOff
        else {
            return
        }
        participants[socket.node].traffic.heard += 1
        trace.note(now, node: socket.node, .rendezvousIn, hash: number, "\(message)")
        try give(.rendezvousMessage(message), to: socket.node)
    }

    /// The socket is gone on whichever side still has it.
    mutating func hungUp(_ number: UInt64) throws(Violation) {
        guard let socket = rendezvous.sockets.removeValue(forKey: number) else { return }
        if socket.isOpen { rendezvous.server?.closed(.init(number), now: now) }
        drainRendezvous()
        guard isLive(socket.node, socket.process), participants[socket.node].connection == number else { return }
        participants[socket.node].connection = nil
        trace.note(now, node: socket.node, .rendezvousIn, hash: number, "hung up")
        try give(.rendezvousClosed(reason: "connection reset"), to: socket.node)
    }

    mutating func killRendezvous() {
        rendezvous.server = nil
        rendezvous.timer += 1
        for number in rendezvous.sockets.keys.sorted() {
            rendezvous.sockets[number]?.isOpen = false
            queue.schedule(.hungUp(number), at: now + wire())
        }
    }

    mutating func startRendezvous() {
        guard rendezvous.server == nil else { return }
        trace.note(now, node: -1, .fault, hash: 0, "rendezvous starts")
        rendezvous.start()
    }

    mutating func rendezvousTimeout(_ number: UInt64) throws(Violation) {
        guard rendezvous.timer == number else { return }
        rendezvous.server?.handleTimeout(now: now)
        drainRendezvous()
    }

    mutating func drainRendezvous() {
        while let output = rendezvous.server?.nextOutput() {
            switch output {
            case .send(let message, let token):
                let others = rendezvous.sockets.keys.sorted()
                guard !others.isEmpty else { continue }
                for (message, number) in rendezvous.liar?.pass(message, to: token.number, among: others) ?? [(message, token.number)] {
                    guard var socket = rendezvous.sockets[number] else { continue }
                    socket.lastOut = max(now + wire(), socket.lastOut)
                    rendezvous.sockets[number] = socket
                    queue.schedule(.toClient(number, message), at: socket.lastOut)
                }
            case .relay(let bytes, let token): carry(bytes, to: token.number)
            case .close(let token, _):
                guard var socket = rendezvous.sockets[token.number] else { continue }
                socket.lastOut = max(now + wire(), socket.lastOut)
                rendezvous.sockets[token.number] = socket
                queue.schedule(.hungUp(token.number), at: socket.lastOut)
            }
        }
        guard let deadline = rendezvous.server?.deadline else { return }
        rendezvous.timer += 1
        queue.schedule(.rendezvousTimer(number: rendezvous.timer), at: max(deadline, now))
    }

    /// A rendezvous of this world may be one that loses, doubles, holds back and mixes up what it relays.
    private mutating func carry(_ bytes: [UInt8], to number: UInt64) {
        guard var socket = rendezvous.sockets[number] else { return }
        var arrivals = [(bytes, isAltered: false)]
        if faults.relayLies, !isHealed {
            if chance.chance(0.1) { return }
            if chance.chance(0.1) { arrivals.append((bytes, isAltered: false)) }
            if chance.chance(0.05) {
                // What was meant for one goes to another.
                let others = rendezvous.sockets.keys.sorted()
                let other = others[Int(chance.below(others.count))]
                queue.schedule(.frameToClient(other, bytes, isAltered: true), at: now + wire())
            }
            if chance.chance(0.05), let last = bytes.indices.last {
                var altered = bytes
                altered[last] ^= 1
                arrivals.append((altered, isAltered: true))
            }
        }
        for (bytes, isAltered) in arrivals {
            socket.lastOut = max(now + wire(), socket.lastOut)
            rendezvous.sockets[number] = socket
            let late = faults.relayLies && !isHealed && chance.chance(0.1) ? chance.jitter(.milliseconds(300)) : .zero
            queue.schedule(.frameToClient(number, bytes, isAltered: isAltered), at: socket.lastOut + late)
        }
    }

    /// How long a message takes on a reliable connection, resends included.
    private mutating func wire() -> Duration {
        linkFaults.delay + chance.jitter(linkFaults.jitter + .milliseconds(chance.chance(linkFaults.loss) ? 300 : 1))
    }

    private static func hash(_ message: ClientMessage) -> UInt64 {
        switch message {
        case .join(let topic, _, let signature): Trace.hash(topic.bytes + signature)
        case .send(_, let to, let box): Trace.hash(box) &+ UInt64(to ?? 0)
        case .leave(let topic): Trace.hash(topic.bytes)
        case .mailbox(let request): Trace.hash(Array("\(request)".utf8))
        }
    }
}
