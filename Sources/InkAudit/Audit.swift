import InkConnectivity
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkTransport

/// Holds a capture against what is published of what two programs say to each other and to a rendezvous, with what a member knows.
///
///     frames ─▶ datagrams ─▶ which ends are ours ─▶ forms of the link, STUN, beacons ─┐
///            └▶ connections ─▶ head, frames, messages, boxes, datagrams within ────────┼─▶ findings, counts
///            └▶ all bytes ─▶ what only members know ──────────────────────────────────┘
package struct Audit {
    /// What a member has of a board.
    package struct Knowledge {
        /// Keys of its epochs.
        package var rooms: [RoomKeys] = []
        /// What nobody else is to see: what it is, in words that do not say it, and its bytes.
        package var hidden: [(name: String, bytes: [UInt8])] = []
        /// Keys of sessions, as a key log has them.
        package var keys = PacketReader()

        package init() {}
    }

    /// Something that crossed and is not published, or that nobody was to see: what kind of thing, and never what it says (AU-9).
    package struct Finding: Hashable {
        /// Nanoseconds since the capture began.
        package var time: UInt64
        package var from: SocketAddress
        package var to: SocketAddress
        /// What it is, and why it is told.
        package var text: String
    }

    package private(set) var findings: [Finding] = []
    /// Findings, also those that are not listed.
    package private(set) var findingCount = 0
    /// How many of each form crossed.
    package private(set) var counts: [String: Int] = [:]
    /// Datagrams and connections that are no business of ours.
    package private(set) var strangers = 0
    /// What could not be judged, in words (AU-8).
    package private(set) var unjudged: [String] = []
    /// Things that were looked for, and those that are too short or too plain.
    package private(set) var hiddenCount = 0
    package private(set) var plainCount = 0

    /// Datagrams and messages that were held against the published forms.
    package var judgedCount: Int { counts.values.reduce(0, +) }

    /// Findings that are listed; the rest is counted.
    package static let findingsMax = 200

    private let rooms: [RoomKeys]
    private var reader: PacketReader
    private var things = HiddenThings()
    private let began: UInt64

    package init(_ file: PacketFile, knowing knowledge: Knowledge) {
        (rooms, reader) = (knowledge.rooms, knowledge.keys)
        began = file.frames.first?.time ?? 0
        for (name, bytes) in knowledge.hidden where !things.add(name, bytes) { plainCount += 1 }
        hiddenCount = things.count
        var datagrams: [(time: UInt64, datagram: Datagram)] = []
        var conversations = Conversations()
        var unread = 0
        for frame in file.frames {
            guard let packet = IPPacket(frame) else {
                unread += 1
                continue
            }
            if let datagram = Datagram(packet) {
                datagrams.append((frame.time, datagram))
            } else if let segment = Segment(packet) {
                conversations.take(segment, time: frame.time)
            } else {
                unread += 1
            }
        }
        if unread > 0 { unjudged.append("frames that are no whole packet of UDP or TCP: \(unread)") }
        judge(datagrams)
        var (late, holes) = (0, 0)
        for conversation in conversations.all {
            if !conversation.isWhole { late += 1 }
            holes += judge(conversation)
        }
        if late > 0 {
            unjudged.append("connections that began before the capture, and whose form is not known: \(late)")
        }
        if holes > 0 { unjudged.append("bytes of connections behind a hole in the capture, or at its end: \(holes)") }
    }

    private mutating func find(_ text: String, time: UInt64, from: SocketAddress, to: SocketAddress) {
        findingCount += 1
        guard findings.count < Self.findingsMax else { return }
        findings.append(Finding(time: time &- began, from: from, to: to, text: text))
    }

    private mutating func look(through bytes: some Collection<UInt8>, of name: String, time: UInt64, from: SocketAddress, to: SocketAddress)
    {
        for sight in things.sights(in: bytes) { find("\(name): \(sight)", time: time, from: from, to: to) }
    }

    // MARK: Datagrams

    private mutating func judge(_ all: [(time: UInt64, datagram: Datagram)]) {
        let ours = ends(of: all)
        for (time, datagram) in all {
            look(through: datagram.payload, of: "a datagram", time: time, from: datagram.from, to: datagram.to)
            let isOurs = ours.contains(datagram.from)
            guard isOurs || isOfLink(datagram) else {
                strangers += 1
                continue
            }
            for part in PacketForm.datagrams(of: datagram.payload, rooms: rooms) {
                let (name, fault) = judge(part, of: datagram)
                counts[name, default: 0] += 1
                if let fault { find("\(name): \(fault)", time: time, from: datagram.from, to: datagram.to) }
            }
        }
    }

    /// Ends at which a member is: a handshake proves it, or data comes from there to a member. What leaves there is held against the published forms (AU-2).
    private func ends(of all: [(time: UInt64, datagram: Datagram)]) -> Set<SocketAddress> {
        var ours: Set<SocketAddress> = []
        // A start may go to where nobody of ours is.
        for (_, datagram) in all {
            guard let first = PacketForm.datagrams(of: datagram.payload, rooms: rooms).first, let form = PacketForm(first, rooms: rooms),
                form.isProved || rooms.isEmpty && form.name == "start"
            else { continue }
            ours.insert(datagram.from)
        }
        let proved = ours
        for (_, datagram) in all where proved.contains(datagram.to) && !ours.contains(datagram.from) {
            if PacketForm(datagram.payload, rooms: rooms)?.name == "data" { ours.insert(datagram.from) }
        }
        return ours
    }

    /// It is said to all on a link, or answers that.
    private func isOfLink(_ datagram: Datagram) -> Bool {
        datagram.to.port == LinkGroup.port || datagram.from.port == LinkGroup.port && datagram.payload.starts(with: Array("ink".utf8))
    }

    private mutating func judge(_ payload: [UInt8], of datagram: Datagram) -> (name: String, fault: String?) {
        if isOfLink(datagram) { return judgeOfLink(payload, from: datagram.from.ip) }
        if STUN.isSTUN(payload) { return ("STUN", Self.fault(ofSTUN: payload)) }
        return judge(payload)
    }

    /// What goes from member to member, on UDP or carried by a rendezvous.
    private mutating func judge(_ payload: [UInt8]) -> (name: String, fault: String?) {
        guard let form = PacketForm(payload, rooms: rooms) else {
            return ("datagram", "\(payload.count) bytes that are in no published form")
        }
        guard form.fault == nil, form.name == "data", let reading = reader.read(payload), let index = reading.index, reader.knows(index)
        else {
            return (form.name, form.fault)
        }
        guard reading.direction != nil else { return (form.name, "the keys that were told for its receiver do not open it") }
        let isWhole = !reading.frames.contains { $0.hasPrefix("malformed") }
        return (form.name, isWhole ? nil : "what is sealed in it is in no published form")
    }

    private func judgeOfLink(_ payload: [UInt8], from ip: IPAddress) -> (name: String, fault: String?) {
        if Beacon.isBeacon(payload) {
            let isKnown = rooms.isEmpty || Beacon.open(payload, from: ip, under: rooms) != nil
            return ("beacon", isKnown ? nil : "its MAC is none of a board that was named")
        }
        if (try? LinkQuestion(decoding: payload)) != nil { return ("question", nil) }
        if (try? LinkAnswer(decoding: payload)) != nil { return ("link answer", nil) }
        return ("datagram on the link", "\(payload.count) bytes that are in no published form")
    }

    private static func fault(ofSTUN payload: [UInt8]) -> String? {
        guard let message = try? STUNMessage(decoding: payload), message.encoded(withFingerprint: message.hasFingerprint) == payload else {
            return "it is not as RFC 8489 has it"
        }
        let allowed: Set<UInt16> =
            switch message.kind {
            case .request, .indication: []
            case .success: [STUNMessage.AttributeType.xorMappedAddress]
            case .error: [STUNMessage.AttributeType.errorCode, STUNMessage.AttributeType.unknownAttributes]
            }
        return message.attributes.allSatisfy { allowed.contains($0.type) } ? nil : "it has an attribute that ours never has"
    }

    // MARK: Connections

    /// - Returns: bytes behind a hole, which nobody can read.
    private mutating func judge(_ conversation: Conversation) -> Int {
        let (said, answered) = (conversation.ofClient.content, conversation.ofServer.content)
        let (client, server) = (conversation.client, conversation.server)
        look(through: said.bytes, of: "a connection", time: conversation.time, from: client, to: server)
        look(through: answered.bytes, of: "a connection", time: conversation.time, from: server, to: client)
        guard conversation.isWhole, let head = Head(said.bytes), head.isOurs else {
            strangers += 1
            return said.missing + answered.missing
        }
        counts["connection", default: 0] += 1
        if let fault = SignallingForms.fault(ofHead: Array(head.bytes), isOfServer: false) {
            find("head: \(fault)", time: conversation.time, from: client, to: server)
        }
        var forms = SignallingForms(rooms: rooms)
        var cutOff = 0
        if let answer = Head(answered.bytes) {
            if let fault = SignallingForms.fault(ofHead: Array(answer.bytes), isOfServer: true) {
                find("head: \(fault)", time: conversation.time, from: server, to: client)
            }
            // First what it gave to sign.
            cutOff = judge(answer.rest, of: conversation, isOfServer: true, &forms)
        }
        cutOff += judge(head.rest, of: conversation, isOfServer: false, &forms)
        return said.missing + answered.missing + cutOff
    }

    /// - Returns: bytes of a frame whose end is not there.
    private mutating func judge(
        _ bytes: ArraySlice<UInt8>, of conversation: Conversation, isOfServer: Bool, _ forms: inout SignallingForms
    ) -> Int {
        let (from, to) = isOfServer ? (conversation.server, conversation.client) : (conversation.client, conversation.server)
        let time = conversation.time
        let stream = WebSocketStream(bytes, isMasked: !isOfServer)
        for message in stream.messages {
            look(through: message.payload, of: "a message", time: time, from: from, to: to)
            var verdict: SignallingForms.Verdict
            switch message.kind {
            case .text: verdict = isOfServer ? forms.judgeOfServer(message.payload) : forms.judgeOfClient(message.payload)
            case .binary: verdict = judge(frame: message.payload, isOfServer: isOfServer)
            // A code, or nothing.
            case .close: verdict = .init(name: "close", fault: [0, 2].contains(message.payload.count) ? nil : "it gives more than a code")
            case .ping, .pong: verdict = .init(name: "ping", fault: message.payload.isEmpty ? nil : "something is in it")
            }
            counts[verdict.name, default: 0] += 1
            if let fault = verdict.fault { find("\(verdict.name): \(fault)", time: time, from: from, to: to) }
            for body in verdict.bodies { look(through: body, of: "within \(verdict.name)", time: time, from: from, to: to) }
        }
        if let fault = stream.fault { find(fault, time: time, from: from, to: to) }
        return stream.cutOff
    }

    /// A frame that is relayed, and the datagram in it (AU-6).
    private mutating func judge(frame: [UInt8], isOfServer: Bool) -> SignallingForms.Verdict {
        let datagram =
            isOfServer ? (try? RelayFrame.ToClient(decoding: frame))?.datagram : (try? RelayFrame.ToServer(decoding: frame))?.datagram
        guard let datagram else { return .init(name: "frame", fault: "it is in no published form") }
        let (name, fault) = judge(datagram)
        return .init(name: "relayed \(name)", fault: fault)
    }
}

/// What begins one side of a connection of HTTP, up to the empty line.
private struct Head {
    let bytes: ArraySlice<UInt8>
    let rest: ArraySlice<UInt8>

    init?(_ stream: [UInt8]) {
        let end = Array("\r\n\r\n".utf8)
        guard stream.count >= end.count,
            let at = (0...min(stream.count, Self.bytesMax) - end.count).first(where: { stream[$0..<$0 + end.count].elementsEqual(end) })
        else { return nil }
        (bytes, rest) = (stream[..<at], stream[(at + end.count)...])
    }

    /// It asks for our protocol, in whatever words besides.
    var isOurs: Bool { String(decoding: bytes, as: UTF8.self).lowercased().contains("inkwire.v1") }

    private static let bytesMax = 1 << 16
}
