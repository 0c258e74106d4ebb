import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// How this board is on the network, and by which way each person is reached. No peer's address stands in it (TM-83).
struct ConnectionText {
    let front: FrontEnd
    /// How the board was brought to the network; nil where another program did that.
    let network: NetworkChoice?
    let style: GlyphStyle
    let keys: KeyMap
    let now: Instant

    func rows(columns: Int) -> [String] {
        (ownSide + [""] + others).flatMap { text -> [String] in
            guard !text.isEmpty else { return [""] }
            // What goes on stands under it, a little to the right.
            let rows = wordWrapped(safeForTerminal(text), columns: max(1, columns - 2))
            return rows.prefix(1) + rows.dropFirst().map { "  \($0)" }
        }
    }

    private var ownSide: [String] {
        var lines: [String] = []
        for address in network?.rendezvous ?? [] {
            lines.append("rendezvous \(address)\(address.hasPrefix("wss:") ? ", TLS" : address.hasPrefix("ws:") ? ", no TLS" : "")")
        }
        let state =
            switch front.rendezvous {
            case .none: "no rendezvous"
            case .connecting: "connecting"
            case .connected: "connected"
            case .unreachable(let reason): "not reached (\(reason))"
            }
        let isNone = front.rendezvous == .none
        lines.append((isNone ? "" : "rendezvous: ") + state + (isNone ? "" : age(since: front.ways.rendezvousSince)))
        switch network?.relay {
        case .allowed: lines.append("relay: used where no direct way is found; it can read nothing")
        case .refused: lines.append("relay: none, as you chose (--no-relay)")
        case .only: lines.append("relay: only, as you chose (--relay-only); peers learn no address")
        case nil: lines.append("another program of yours brought this board to the network")
        }
        if network?.relay != .only {
            switch front.ways.udp(to: front.people) {
            case .passes: lines.append("network: UDP passes")
            case .hasPassed: lines.append("network: UDP has passed; nobody is reached directly now")
            case .blocked(let at): lines.append("network: it let no UDP through\(age(since: at, "ago"))")
            case nil: lines.append("network: nobody was reached directly yet")
            }
        }
        return lines
    }

    private var others: [String] {
        var lines: [String] = []
        for (peer, person) in front.people.present {
            let color = front.people.color(person)
            let marker = Character(style == .ascii ? color.asciiMarker : color.marker)
            let name = "\(marker) \(front.people.shownName(person, columnsMax: 16))"
            guard !person.isSilent else {
                lines.append("\(name): \(Sentence.silentFor(seconds: person.status.silentSeconds ?? 0).text)")
                continue
            }
            guard let way = front.ways[peer] else {
                lines.append("\(name): connecting")
                continue
            }
            let word = person.pathWord?.text ?? Sentence.word(way.path)
            lines.append("\(name): \(word)\(age(since: way.since))\(obstacle(of: way))")
        }
        for meeting in front.ways.meetings {
            // Nobody tells when they go: what was so is told as what was so.
            let word =
                if let obstacle = meeting.obstacle {
                    "not reached\(age(since: meeting.at, "ago")): \(obstacle)"
                } else if meeting.isTried(now: now) {
                    "is there, connecting"
                } else {
                    "was there\(age(since: meeting.at, "ago")), not met"
                }
            lines.append("somebody (\(meeting.author)): \(word)")
        }
        return lines.isEmpty
            ? ["nobody else yet: \(keys.word(of: .invite)) invites"] : lines + ["All of it is encrypted end to end, by whichever way."]
    }

    /// What keeps from a direct way, behind what is said of the relay.
    private func obstacle(of way: Ways.Way) -> String {
        guard way.path == .relayRendezvous, network?.relay == .allowed, !way.wasDirect else { return "" }
        if case .blocked? = front.ways.udp(to: front.people) { return "; this network let no UDP through" }
        return now < way.since + Ways.directPatience ? "; a direct way is looked for" : "; no direct way was found"
    }

    /// In whole minutes, so that what stands still writes nothing (TM-14, TM-356).
    private func age(since: Instant?, _ word: String = "") -> String {
        guard let since else { return "" }
        let minutes = max(0, (now - since).nanoseconds / 60_000_000_000)
        let span = minutes == 0 ? "<1 min" : minutes < 120 ? "\(minutes) min" : "\(minutes / 60) h"
        return word.isEmpty ? ", for \(span)" : " \(span) \(word)"
    }
}
