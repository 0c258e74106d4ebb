import ArgumentParser
import InkAudit
import InkAutomation
import InkBoard
import InkCrypto
import InkFrontEnd
import InkPrimitives
import InkStore

/// `inkwire audit`: whether anything crossed a network that was not to (CL-430).
struct AuditCommand: ParsableCommand, TakesOptions, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Find what in a capture should not have crossed the network.",
        discussion: """
            Each packet and message of these boards must be in a form that is published, and be proved by a key of the board; and nothing that \
            only members know (names, texts, keys) may stand anywhere in the capture. What stands where others saw it is named, not shown.
            Capture from before the programs start, since a connection is known by its beginning: \
            `tcpdump -i any -w tap.pcap 'udp or tcp port 7350'`, with the port of your rendezvous.
            """)

    static let examples = [
        Example("inkwire audit tap.pcap sketch", "what crossed of that board"),
        Example("inkwire audit tap.pcap sketch --keys keys.txt", "and open each packet"),
        Example("inkwire audit tap.pcap", "forms alone, of any board"),
    ]

    @Argument(help: "The capture: pcap or pcapng; - is stdin.", completion: .file())
    var capture: String

    @Argument(help: "Names of boards, or digits with which their ids begin; without one forms alone are looked at.", completion: .boards)
    var boards: [String] = []

    @Option(
        name: .customLong("keys"), help: ArgumentHelp("Keys that a `--key-log` told: each packet must open.", valueName: "file"),
        completion: .file())
    var keyFiles: [String] = []

    @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

    mutating func run() throws {
        try options.check()
        var knowledge = Audit.Knowledge()
        for name in boards { try knowledge.add(try BoardStore.peek(at: try options.catalog.entry(name).directory)) }
        for path in keyFiles { knowledge.keys.read(log: String(decoding: try InputFile.read(path), as: UTF8.self)) }
        if knowledge.keys.unread > 0 {
            options.notices.say("\(Sentence.count(knowledge.keys.unread, "line")) of the keys left out: they are none")
        }
        let bytes = try InputFile.read(capture)
        let file = PacketFile(bytes)
        // CL-432
        if file.complaint == .notACapture || bytes.count < PacketFile.headCount {
            throw Failure.usage(
                "\(InputFile.name(capture)) cannot be read", why: "it is no capture", next: "give one that tcpdump or Wireshark wrote")
        }
        let audit = Audit(file, knowing: knowledge)
        let text = options.isJSON ? json(audit, file.complaint) : Self.text(audit, file.complaint)
        try StandardStream.output.deliver(Array((text + "\n").utf8))
        guard audit.judgedCount > 0 || audit.findingCount > 0 else {
            throw Failure(
                .notFound, code: "nothing_captured", what: "nothing was proved", why: "no packet of these boards is in the capture",
                next: "capture UDP and the rendezvous' port on both sides' way, from before the programs start")
        }
        // CL-431
        guard audit.findingCount == 0 else {
            throw Failure(
                .path, code: "leak", what: "\(Sentence.count(audit.findingCount, "thing")) crossed that should not have",
                why: "each is named above", next: "see `inkwire guide security`, and report it as it says there")
        }
    }

    private static func text(_ audit: Audit, _ complaint: PacketFile.Complaint?) -> String {
        var lines: [String] = audit.findings.map { finding in
            let millis = finding.time / 1_000_000
            return "\(millis / 1000).\(String(millis % 1000 + 1000).dropFirst()) s  \(finding.from) > \(finding.to)  \(finding.text)"
        }
        if audit.findingCount > audit.findings.count { lines.append("and \(audit.findingCount - audit.findings.count) more") }
        let forms = audit.counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
        lines.append("judged: " + (forms.isEmpty ? "nothing" : forms.joined(separator: ", ")))
        lines.append(
            "looked for: \(Sentence.count(audit.hiddenCount, "thing")) that only members know; \(audit.plainCount) too short or too plain")
        if audit.strangers > 0 { lines.append("datagrams and connections that are not of these boards: \(audit.strangers)") }
        for words in audit.unjudged + [words(of: complaint)].compactMap({ $0 }) { lines.append("not judged: \(words)") }
        if audit.findingCount == 0, audit.judgedCount > 0 {
            lines.append("nothing crossed that is not published, and nothing that only members know")
        }
        return lines.joined(separator: "\n")
    }

    private static func words(of complaint: PacketFile.Complaint?) -> String? {
        switch complaint {
        case .cutOff?: "what follows the end of the file, which is in the midst of a packet"
        case .contradiction?: "what follows the place where the file contradicts itself"
        case .notACapture?, nil: nil
        }
    }

    private func json(_ audit: Audit, _ complaint: PacketFile.Complaint?) -> String {
        let findings: [JSONValue] = audit.findings.map {
            .object([
                "ms": .integer(Int64($0.time / 1_000_000)), "from": .string("\($0.from)"), "to": .string("\($0.to)"),
                "what": .string($0.text),
            ])
        }
        var judged: JSONObject = [:]
        for (name, count) in audit.counts.sorted(by: { $0.key < $1.key }) { judged[name] = .integer(Int64(count)) }
        let object: JSONObject = [
            "schema": 1, "findings": .array(findings), "count": .integer(Int64(audit.findingCount)), "judged": .object(judged),
            "looked_for": .integer(Int64(audit.hiddenCount)), "too_plain": .integer(Int64(audit.plainCount)),
            "others": .integer(Int64(audit.strangers)),
            "not_judged": .array((audit.unjudged + [Self.words(of: complaint)].compactMap { $0 }).map { .string($0) }),
        ]
        return JSONValue.object(object).text
    }
}

extension Audit.Knowledge {
    /// All that a member has of a board. What is found is named by what it is, and not by what it says.
    fileprivate mutating func add(_ stored: StoredBoard) throws {
        add(secret: stored.meta.roomSecret, stored.meta.epoch)
        for record in stored.epochs {
            switch record {
            case .reached(let epoch, let secret): add(secret: secret, epoch)
            case .brought(_, let secret): secret.withBytes { hidden.append(("a secret of the room", $0)) }
            case .met: break
            }
        }
        hidden.append(("the id of the board", stored.meta.board.bytes))
        guard let board = try stored.replica()?.board else { return }
        hide("the name of the board", board.name)
        for author in board.authors.sorted() {
            hidden.append(("the key of a device", author.bytes))
            if let name = board.personName(author) { hide("the name of a person", name) }
        }
        for shape in board.shapes {
            hide("the text of a shape", shape.content.text)
            hide("the label of a shape", shape.content.label)
        }
        for message in board.chats { hide("a message", message.text) }
    }

    private mutating func add(secret: Secret32, _ epoch: EpochID) {
        let room = RoomKeys(roomSecret: secret, epoch: epoch)
        guard !rooms.contains(where: { $0.topic == room.topic }) else { return }
        rooms.append(room)
        for (name, key) in [
            ("a secret of the room", secret), ("a key of the room", room.psk), ("a key of the room", room.mac),
            ("a key of the room", room.envelope), ("a key of the room", room.cookie), ("a key of the room", room.topicKey.seed),
        ] {
            key.withBytes { hidden.append((name, $0)) }
        }
    }

    private mutating func hide(_ name: String, _ text: String) {
        if !text.isEmpty { hidden.append((name, Array(text.utf8))) }
    }
}
