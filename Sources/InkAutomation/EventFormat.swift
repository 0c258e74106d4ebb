import InkBoard
import InkFrontEnd
import InkPrimitives
import InkSession

/// How values of the session are written as members of JSON events.
package struct EventFormat {
    package init() {}

    /// World units of 1/8 px as px: exact, since an eighth has three decimal digits (CL-9).
    package func pixels(_ value: Int32) -> JSONValue {
        value % 8 == 0 ? .integer(Int64(value / 8)) : .number(Double(value) / 8)
    }

    /// The first 32 of the fingerprint's hex digits: 128 bits tell any two boards apart.
    package func fingerprint(_ fingerprint: Fingerprint) -> String { String(fingerprint.hex.prefix(32)) }

    /// A shape as a flat object; colours that are the reader's own, and no fill, are null. `name` gives the id of another shape.
    package func shape(_ shape: Shape, id: String, name: (ShapeID) -> String) -> JSONObject {
        let content = shape.content
        var object: JSONObject = ["id": .string(id)]
        for property in KnownProperty.members where property.isMember(of: content.kind) {
            if let value = content.value(of: property) { write(value, of: property, into: &object, name: name) }
        }
        if !shape.extra.isEmpty { object["extra"] = extra(of: shape) }
        if shape.isLocked { object["locked"] = .bool(true) }
        return object
    }

    /// What of a shape is otherwise than it was: those members of it, null for what it has no more. What is alike costs nothing, however much it is.
    package func change(of shape: Shape, from before: Shape, id: String, name: (ShapeID) -> String) -> JSONObject {
        var object: JSONObject = ["id": .string(id)]
        for property in KnownProperty.members where property.isMember(of: shape.content.kind) {
            let (old, new) = (before.content.value(of: property), shape.content.value(of: property))
            guard old != new else { continue }
            var members = JSONObject()
            if let new { write(new, of: property, into: &members, name: name) }
            if members.members.isEmpty { members[property.key] = .null }
            for member in members.members { object[member.key] = member.value }
        }
        if before.extra != shape.extra { object["extra"] = shape.extra.isEmpty ? .null : extra(of: shape) }
        if before.isLocked != shape.isLocked { object["locked"] = shape.isLocked ? .bool(true) : .null }
        return object
    }

    private func extra(of shape: Shape) -> JSONValue {
        var extra = JSONObject()
        for property in shape.extra { extra["\(property.property.rawValue)"] = .string(Hex.encode(property.bytes)) }
        return .object(extra)
    }

    /// Writes what a property has, if that is to be told.
    private func write(_ value: Value, of property: KnownProperty, into object: inout JSONObject, name: (ShapeID) -> String) {
        if property.row.drawing?.json == .written, value == property.form.unwritten { return }
        let key = property.key
        switch value {
        case .kind(let raw): object[key] = ShapeKind(rawValue: raw).map { .string($0.name) } ?? .null
        case .point(let point): (object[key], object[property.secondKey]) = (pixels(point.x), pixels(point.y))
        case .size(let size): (object[key], object[property.secondKey]) = (pixels(size.width), pixels(size.height))
        case .points(let path): object[key] = points(path)
        case .text(let text): object[key] = .string(text)
        case .color(let color): object[key] = color.map { .string($0.text) } ?? .null
        case .strokeWidth(let width): object[key] = pixels(Int32(width))
        case .binding(let bound):
            object[key] = bound.map { .object(["id": .string(name($0.shape)), "at": .array([part($0.x), part($0.y)])]) } ?? .null
        case .groups(let groups): object[key] = .array(groups.map { .string($0.text) })
        case .choice(let raw):
            guard case .choice(let choice) = property.form else { return }
            object[key] = choice.words[Int(raw)].map { .string($0) } ?? .null
        case .depth, .mark, .names, .name, .bytes, .number, .right: preconditionFailure("no member of a shape has a value of this form")
        }
    }

    /// A part of a box from 0 to 1, in as many digits as tell it from the next.
    private func part(_ value: UInt16) -> JSONValue { .number((Double(value) * 100_000 / Double(Binding.full)).rounded() / 100_000) }

    private func points(_ points: [Point]) -> JSONValue { .array(points.map { .array([pixels($0.x), pixels($0.y)]) }) }

    package func kind(of gesture: Gesture) -> String {
        switch gesture {
        case .stroke: "stroke"
        case .shape: "shape"
        case .move: "move"
        case .resize: "resize"
        case .pull: "pull"
        case .text: "text"
        }
    }

    /// Members of a live gesture; `name` gives the id of a shape.
    package func gesture(_ gesture: Gesture, name: (ShapeID) -> String) -> JSONObject {
        switch gesture {
        case .stroke(let draft):
            let newest = draft.position + (draft.points.last ?? .zero)
            return ["points_total": .integer(Int64(draft.points.count)), "x": pixels(newest.x), "y": pixels(newest.y)]
        case .shape(let draft):
            return [
                "points_total": .integer(Int64(draft.points.count)), "x": pixels(draft.position.x), "y": pixels(draft.position.y),
                "w": pixels(draft.size.width), "h": pixels(draft.size.height), "shape": .string(draft.kind.name),
            ]
        case .pull(let id, let draft):
            return [
                "points_total": .integer(Int64(draft.points.count)), "ids": .array([.string(name(id))]), "x": pixels(draft.position.x),
                "y": pixels(draft.position.y), "points": points(draft.points),
            ]
        case .move(let ids, let by):
            return ["points_total": 0, "ids": .array(ids.map { .string(name($0)) }), "by": .array([pixels(by.x), pixels(by.y)])]
        case .resize(let id, let position, let size):
            return [
                "points_total": 0, "ids": .array([.string(name(id))]), "x": pixels(position.x), "y": pixels(position.y),
                "w": pixels(size.width), "h": pixels(size.height),
            ]
        case .text(let id, let text):
            return ["points_total": 0, "ids": .array([.string(name(id))]), "text": text.map { .string($0) } ?? .null]
        }
    }

    /// Members of what became of a text that two wrote at once; `name` gives the id of a shape.
    package func text(_ news: TextNews, name: (ShapeID) -> String) -> JSONObject {
        var object: JSONObject = ["id": .string(name(news.shape)), "author": .string(news.other.hex)]
        switch news.outcome {
        case .merged: object["outcome"] = "merged"
        case .beside(let shape):
            object["outcome"] = "beside"
            object["beside"] = .string(name(shape))
        case .lost(let words):
            object["outcome"] = "lost"
            object["text"] = .string(words)
        }
        return object
    }

    /// Members of what a peer's pointer did: where it is now, as ever, and each sample with its time on the peer's clock.
    private func cursor(_ source: LiveSource, _ samples: [CursorSample]) -> JSONObject {
        func axes(_ position: Point?) -> [JSONValue] { position.map { [pixels($0.x), pixels($0.y)] } ?? [.null, .null] }
        func time(_ sample: CursorSample) -> JSONValue { .integer(sample.at.nanoseconds / 1_000_000) }
        guard let newest = samples.last else { return [:] }
        let place = axes(newest.position)
        return [
            "peer": .string(source.peer.hex), "x": place[0], "y": place[1], "t_ms": time(newest),
            "samples": .array(samples.map { .array([time($0)] + axes($0.position)) }),
        ]
    }

    /// Members of a part of the board that a peer sees, or asks to look at; null for none (FE-101).
    private func sides(_ box: WorldBox?, of peer: PeerID) -> JSONObject {
        func side(_ value: Int?) -> JSONValue { value.map { pixels(Int32(clamping: $0)) } ?? .null }
        return [
            "peer": .string(peer.hex), "x": side(box?.left), "y": side(box?.top), "w": side(box.map { $0.right - $0.left }),
            "h": side(box.map { $0.bottom - $0.top }),
        ]
    }

    /// What a peer's light did, in the order in which it did it: the number of each trail, its new samples, and whether it is out by then (FE-101).
    ///
    /// - Parameter before: the trail that was told to be on.
    package func trails(_ samples: [CursorSample], after before: UInt64?) -> [(number: UInt64, members: JSONObject)] {
        var trails: [(number: UInt64, samples: [JSONValue], isOn: Bool)] = before.map { [($0, [], true)] } ?? []
        for sample in samples {
            if let last = trails.indices.last, sample.trail != trails[last].number { trails[last].isOn = false }
            guard let number = sample.trail, let position = sample.position else { continue }
            if trails.last?.number != number { trails.append((number, [], true)) }
            let time = JSONValue.integer(sample.at.nanoseconds / 1_000_000)
            trails[trails.count - 1].samples.append(.array([time, pixels(position.x), pixels(position.y)]))
        }
        return trails.filter { !$0.samples.isEmpty || !$0.isOn }.map { trail in
            let members: JSONObject = [
                "trail": .integer(Int64(clamping: trail.number)), "state": trail.isOn ? "live" : "ended", "samples": .array(trail.samples),
            ]
            return (trail.number, members)
        }
    }

    package func peer(_ status: PeerStatus) -> JSONObject {
        var object: JSONObject = [
            "peer": .string(status.peer.hex), "name": .string(status.name), "state": .string(status.state.rawValue),
            "path": status.path.map { .string($0.rawValue) } ?? .null,
            "rtt_ms": status.roundTrip.map { .number(($0.milliseconds * 10).rounded() / 10) } ?? .null,
        ]
        if let author = status.author { object["author"] = .string(author.hex) }
        if let silent = status.silentSeconds { object["silent_s"] = .integer(Int64(silent)) }
        if status.isVerified { object["verified"] = true }
        if let role = status.role { object["role"] = .string("\(role)") }
        return object
    }

    package func sync(_ status: SyncStatus) -> JSONObject {
        [
            "state": .string(status.state.rawValue), "missing": .integer(Int64(status.missing)), "unsent": .integer(Int64(status.unsent)),
            "saved": .bool(status.isSaved), "fingerprint": .string(fingerprint(status.fingerprint)),
        ]
    }

    /// Name and members of an event that needs nothing but itself; nil for the others.
    package func plain(_ event: Event) -> (String, JSONObject)? {
        switch event {
        case .cursor(let source, let samples): ("cursor", cursor(source, samples))
        case .view(let peer, let box): ("view", sides(box, of: peer))
        case .lookHere(let peer, let box): ("look_here", sides(box, of: peer))
        case .typing(let peer): ("typing", ["peer": .string(peer.hex)])
        case .typingEnded(let peer): ("typing_ended", ["peer": .string(peer.hex)])
        case .rendezvous(.none): ("rendezvous", ["state": "none"])
        case .rendezvous(.connecting): ("rendezvous", ["state": "connecting"])
        case .rendezvous(.connected): ("rendezvous", ["state": "connected"])
        case .rendezvous(.unreachable(let reason)): ("rendezvous", ["state": "unreachable", "why": .string(reason)])
        case .tokens(.asked): ("tokens", ["state": "asked", "next": .string(Sentence.tokens(.asked).text)])
        case .tokens(.refused(let reason)):
            ("tokens", ["state": "refused", "reason": .string(reason.rawValue), "why": .string("\(reason)")])
        case .rejected(let author, let rule): ("rejected", ["author": author.map { .string($0.hex) } ?? .null, "rule": .string(rule)])
        case .fork(let author, let sequence): ("fork", ["author": .string(author.hex), "sequence": .integer(Int64(clamping: sequence))])
        case .restoring(let isUnderWay): ("restoring", ["state": isUnderWay ? "under_way" : "over"])
        case .duplicateDevice(let author, let seconds):
            ("duplicate_device", ["author": .string(author.hex), "seconds": .integer(Int64(seconds))])
        case .meeting(let peer, let author, nil): ("connecting", ["peer": .string(peer.hex), "author": .string(author.hex)])
        case .meeting(let peer, let author, .some(let obstacle)):
            (
                "unreachable",
                [
                    "peer": .string(peer.hex), "author": .string(author.hex), "why": .string("\(obstacle)"),
                    "way": .string(obstacle.way.rawValue), "relay": .string(obstacle.relay.rawValue),
                ]
            )
        case .knownName(let name, let author, let before):
            ("known_name", ["name": .string(name), "author": .string(author.hex), "before": .string(before.hex)])
        case .identity(let news):
            (
                "identity",
                [
                    "name": .string(news.name), "author": .string(news.device.hex), "before": .string(news.before.hex),
                    "was": news.wasVerified ? "verified" : "granted",
                    "next": .string(Sentence.identity("\(news.name)@\(news.device)", wasVerified: news.wasVerified).text),
                ]
            )
        case .notAdmitted: ("not_admitted", ["next": .string(Sentence.notAdmitted.text)])
        case .versionMismatch(let theirs, let ours):
            (
                "version",
                [
                    "theirs": .integer(Int64(theirs)), "ours": .integer(Int64(ours)), "older": theirs < ours ? "theirs" : "ours",
                    "next": .string(Sentence.versionRemedy(theirs: theirs, ours: ours).text),
                ]
            )
        case .chatsGone(let gone): ("chats_gone", ["ids": .array(gone.map { .string($0.hex) })])
        case .code(let news): ("code", code(news))
        // CL-337
        case .calm(.tookBack(let owner, let victim, let changes)):
            ("took_back", ["by": .string(owner.hex), "of": .string(victim.hex), "changes": .integer(Int64(changes))])
        case .calm(.pace(let milliseconds, let owner)):
            ("slow_mode", ["interval_ms": .integer(Int64(milliseconds)), "by": owner.map { .string($0.hex) } ?? .null])
        case .rights(.role(let role, let giver)):
            ("rights", ["role": .string("\(role)"), "by": giver.map { .string($0.hex) } ?? .null])
        case .rights(.removed(let remover, let reason, let unseen)):
            (
                "rights",
                [
                    "role": .null, "by": remover.map { .string($0.hex) } ?? .null, "reason": .string(reason),
                    "unseen": .integer(Int64(unseen)),
                ]
            )
        case .ready, .changed, .outcome, .peer, .gesture, .chat, .chatState, .chatPage, .sync, .textMerged, .invited, .stopped: nil
        }
    }

    /// A message, and how far it has come where it is ours (CL-171).
    package func chat(_ message: ChatMessage) -> JSONObject {
        var object: JSONObject = [
            "id": .string(message.id.hex), "author": .string(message.author.hex), "text": .string(message.text),
        ]
        switch message.state {
        case nil: break
        case .waiting?: object["state"] = "waiting"
        case .sent(let count, let all)?:
            object["state"] = "sent"
            (object["by"], object["of"]) = (.integer(Int64(count)), .integer(Int64(all)))
        case .delivered?: object["state"] = "delivered"
        case .failed(let refusal)?:
            object["state"] = "failed"
            object["why"] = .string(refusal.description)
        }
        if let before = message.instead { object["instead"] = .string(before.hex) }
        return object
    }

    package func page(_ page: ChatPage) -> JSONObject {
        let messages = page.entries.map { entry in
            var object = chat(entry.message)
            object["name"] = .string(entry.name)
            object["t_ms"] = .integer(Int64(clamping: entry.message.wallTime))
            return JSONValue.object(object)
        }
        return ["of": "chat", "messages": .array(messages), "next": page.next.map { .string($0.hex) } ?? .null]
    }

    /// How the connection with one peer does.
    package func link(_ report: LinkReport) -> JSONObject {
        [
            "peer": .string(report.peer.hex), "path": .string(report.path.rawValue),
            "rtt_ms": report.roundTrip.map { .number(($0.milliseconds * 10).rounded() / 10) } ?? .null,
            "loss": .number((report.loss * 1000).rounded() / 1000), "bytes_in": .integer(Int64(clamping: report.bytesIn)),
            "bytes_out": .integer(Int64(clamping: report.bytesOut)), "packets_in": .integer(Int64(clamping: report.packetsIn)),
            "packets_out": .integer(Int64(clamping: report.packetsOut)), "forged": .integer(Int64(clamping: report.packetsForged)),
            "replayed": .integer(Int64(clamping: report.packetsReplayed)), "pending": .integer(Int64(report.pendingBytes)),
        ]
    }

    /// What became of all datagrams received: who watches a flood sees that nothing of it was accepted.
    package func datagrams(_ report: DatagramReport) -> JSONObject {
        let figures: [(String, UInt64)] = [
            ("received", report.received), ("accepted", report.accepted), ("forged", report.forged), ("unknown", report.unknown),
            ("replayed", report.replayed), ("cookies_sent", report.cookiesSent), ("answers_sent", report.answersSent),
            ("starts_refused", report.startsRefused), ("handshakes_refused", report.handshakesRefused),
            ("established", report.established), ("punches", report.punches),
        ]
        // Neither ours nor STUN by their first byte: dropped at the socket, before anything else is looked at.
        var object: JSONObject = ["foreign": .integer(Int64(report.foreign))]
        for (name, count) in figures { object[name] = .integer(Int64(clamping: count)) }
        return object
    }

    // CL-338
    package func error(_ refusal: Refusal, ref: JSONValue?) -> AutomationError {
        let (code, field): (String, String?) =
            switch refusal {
            case .noSuchShape: ("no_such_shape", "id")
            case .badValue(let field): ("bad_value", field)
            case .tooSoon: ("too_soon", nil)
            case .tooLarge: ("too_large", nil)
            case .ownHistoryMissing: ("own_history_missing", nil)
            case .beyondEdge: ("bad_value", "by")
            case .brokenRule: ("rule", nil)
            case .nothingToUndo: ("nothing_to_undo", nil)
            case .nothingToRedo: ("nothing_to_redo", nil)
            case .diskRefuses: ("disk", nil)
            case .notReady: ("not_ready", nil)
            case .leaving: ("leaving", nil)
            case .noGesture: ("no_gesture", nil)
            case .notAllowed: ("not_allowed", nil)
            case .noRight: ("no_right", nil)
            case .notOwner: ("not_owner", nil)
            case .noRoles: ("no_roles", nil)
            case .senior: ("senior", "who")
            case .oneself: ("oneself", "who")
            case .noSuchMember: ("no_such_member", "who")
            case .noSuchInvite: ("no_such_invite", "invite")
            case .reasonTooLong: ("bad_value", "reason")
            case .calm(.onlyOwners): ("not_owner", nil)
            case .calm(.ownWork): ("oneself", "who")
            case .calm(.nobodyCalled): ("no_such_member", "who")
            case .calm(.severalCalled): ("ambiguous", "who")
            case .calm(.tooSoon): ("slow_mode", nil)
            case .calm(.locked): ("locked", "id")
            case .calm(.nothingToTakeBack): ("nothing_to_take_back", nil)
            case .saidTooFast: ("too_fast", nil)
            case .noSuchMessage: ("no_such_message", nil)
            }
        return AutomationError(code: code, field: field, message: refusal.description, ref: ref)
    }

    /// The word of the contract for a condition.
    package func name(_ condition: AutomationCommand.Condition) -> String {
        switch condition {
        case .peers: "peers"
        case .delivered: "delivered"
        case .saved: "saved"
        case .synced: "synced"
        case .code: "code"
        }
    }
}
