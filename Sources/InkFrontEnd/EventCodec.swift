import InkBoard
import InkCrypto
import InkPrimitives
import InkRendezvous
import InkSession

// The bytes of an event, as the program that holds the board tells it to the others. A case more does not compile until it has a tag here; then
// it wants one in `readEvent`, and a higher `AttachProtocol.version`.

extension ByteWriter {
    mutating func write(_ event: Event) {
        switch event {
        case .ready(let board, let me, let role):
            writeTag(1)
            write(board)
            write(me)
            writeOptional(role) { $0.write($1.rawValue) }
        case .changed(let changes, let ref):
            writeTag(2)
            writeList(changes) { $0.write($1) }
            writeOptional(ref) { $0.write($1) }
        case .outcome(let ref, let outcome):
            writeTag(3)
            write(ref)
            write(outcome)
        case .peer(let status):
            writeTag(4)
            write(status)
        case .gesture(let id, let change):
            writeTag(5)
            write(id.source)
            write(id.number)
            write(change)
        case .cursor(let source, let samples):
            writeTag(6)
            write(source)
            writeList(samples) {
                $0.writeSpan($1.at)
                $0.writeOptional($1.position) { $0.write($1) }
                $0.writeOptional($1.trail) { $0.write($1) }
            }
        case .typing(let peer):
            writeTag(7)
            write(peer)
        case .chat(let message, let ref):
            writeTag(8)
            write(message)
            writeOptional(ref) { $0.write($1) }
        case .chatState(let message):
            writeTag(60)
            write(message)
        case .chatPage(let page, let ref):
            writeTag(61)
            writeList(page.entries) {
                $0.write($1.message)
                $0.writeText($1.name)
            }
            writeOptional(page.next) { $0.write($1) }
            writeOptional(ref) { $0.write($1) }
        case .typingEnded(let peer):
            writeTag(62)
            write(peer)
        case .sync(let status):
            writeTag(9)
            writeText(status.state.rawValue)
            writeNumber(status.missing)
            writeNumber(status.unsent)
            writeFlag(status.isSaved)
            write(status.fingerprint)
        case .rendezvous(let status):
            writeTag(10)
            write(status)
        case .tokens(.asked): writeTag(80)
        case .tokens(.refused(let reason)):
            writeTag(81)
            writeText(reason.rawValue)
        case .rejected(let author, let rule):
            writeTag(11)
            writeOptional(author) { $0.write($1) }
            writeText(rule)
        case .fork(let author, let sequence):
            writeTag(12)
            write(author)
            write(sequence)
        case .versionMismatch(let theirs, let ours):
            writeTag(13)
            writeNumber(theirs)
            writeNumber(ours)
        case .notAdmitted: writeTag(25)
        case .calm(let news):
            writeTag(70)
            write(news)
        case .chatsGone(let gone):
            writeTag(26)
            writeList(gone) { $0.write($1) }
        case .stopped(let unsaved, let unsent):
            writeTag(14)
            writeNumber(unsaved)
            writeNumber(unsent)
        case .textMerged(let news):
            writeTag(15)
            write(news.shape)
            write(news.other)
            switch news.outcome {
            case .merged: writeTag(1)
            case .beside(let shape):
                writeTag(2)
                write(shape)
            case .lost(let words):
                writeTag(3)
                writeText(words)
            }
        case .restoring(let isUnderWay):
            writeTag(16)
            writeFlag(isUnderWay)
        case .duplicateDevice(let author, let seconds):
            writeTag(17)
            write(author)
            writeNumber(seconds)
        case .knownName(let name, let author, let before):
            writeTag(18)
            writeText(name)
            write(author)
            write(before)
        case .identity(let news):
            writeTag(65)
            writeText(news.name)
            write(news.device)
            write(news.before)
            writeFlag(news.wasVerified)
        case .view(let peer, let box):
            writeTag(20)
            write(peer)
            writeOptional(box) { $0.write($1) }
        case .lookHere(let peer, let box):
            writeTag(21)
            write(peer)
            write(box)
        case .invited(let news, let ref):
            writeTag(22)
            write(news.invite)
            news.key.seed.withBytes { write($0) }
            write(news.role.rawValue)
            writeFlag(news.isForOwnDevice)
            write(news.uses)
            write(news.timeToLive)
            writeOptional(news.endsAt) { $0.write($1) }
            writeFlag(news.orLater)
            writeOptional(news.code) { $0.writeText($1) }
            writeOptional(news.codeEndsAt) { $0.write($1) }
            writeOptional(news.codeObstacle) { $0.writeText($1) }
            writeOptional(ref) { $0.write($1) }
        case .code(let news):
            writeTag(27)
            write(news.invite)
            switch news.what {
            case .lost: writeTag(0)
            case .inviter(.mismatch): writeTag(1)
            case .inviter(.left): writeTag(2)
            case .inviter(.over): writeTag(3)
            case .inviter(.spent): writeTag(5)
            case .inviter(.otherForm): writeTag(6)
            case .inviter(.given(let device, let name)):
                writeTag(4)
                write(device)
                writeText(name)
            }
        case .rights(.role(let role, let giver)):
            writeTag(23)
            write(role.rawValue)
            writeOptional(giver) { $0.write($1) }
        case .rights(.removed(let remover, let reason, let unseen)):
            writeTag(24)
            writeOptional(remover) { $0.write($1) }
            writeText(reason)
            writeNumber(unseen)
        case .meeting(let peer, let author, let obstacle):
            writeTag(19)
            write(peer)
            write(author)
            writeOptional(obstacle) {
                $0.writeText($1.way.rawValue)
                $0.writeText($1.relay.rawValue)
            }
        }
    }

    private mutating func write(_ message: ChatMessage) {
        write(message.id)
        write(message.author)
        writeText(message.text)
        write(message.wallTime)
        switch message.state {
        case nil: writeTag(0)
        case .waiting?: writeTag(1)
        case .sent(let count, let all)?:
            writeTag(2)
            writeNumber(count)
            writeNumber(all)
        case .delivered?: writeTag(3)
        case .failed(let refusal)?:
            writeTag(4)
            write(refusal)
        }
        writeOptional(message.instead) { $0.write($1) }
    }

    private mutating func write(_ change: ShapeChange) {
        writeText(change.kind.rawValue)
        write(change.id)
        write(change.author)
        write(change.shape)
    }

    private mutating func write(_ outcome: Outcome) {
        switch outcome {
        case .done: writeTag(1)
        case .refused(let refusal):
            writeTag(2)
            write(refusal)
        case .skipped(let shapes):
            writeTag(3)
            writeList(shapes) { $0.write($1) }
        }
    }

    private mutating func write(_ refusal: Refusal) {
        switch refusal {
        case .noSuchShape: writeTag(1)
        case .badValue(let field):
            writeTag(2)
            writeText(field)
        case .tooLarge: writeTag(3)
        case .ownHistoryMissing: writeTag(4)
        case .brokenRule(let rule):
            writeTag(5)
            writeText(rule)
        case .nothingToUndo: writeTag(6)
        case .nothingToRedo: writeTag(7)
        case .diskRefuses(let reason):
            writeTag(8)
            writeText(reason)
        case .notReady: writeTag(9)
        case .noGesture: writeTag(10)
        case .leaving: writeTag(11)
        case .beyondEdge: writeTag(12)
        case .tooSoon: writeTag(13)
        case .notAllowed(let role):
            writeTag(14)
            write(role.rawValue)
        case .noRight: writeTag(15)
        case .notOwner: writeTag(16)
        case .noRoles: writeTag(17)
        case .senior: writeTag(18)
        case .oneself: writeTag(19)
        case .noSuchMember: writeTag(20)
        case .noSuchInvite: writeTag(21)
        case .reasonTooLong: writeTag(22)
        case .calm(let refusal):
            writeTag(70)
            write(refusal)
        case .saidTooFast: writeTag(60)
        case .noSuchMessage: writeTag(61)
        }
    }

    private mutating func write(_ status: PeerStatus) {
        write(status.peer)
        writeOptional(status.author) { $0.write($1) }
        writeText(status.name)
        writeText(status.state.rawValue)
        writeOptional(status.path) { $0.writeText($1.rawValue) }
        writeOptional(status.roundTrip) { $0.writeSpan($1) }
        writeOptional(status.silentSeconds) { $0.writeNumber($1) }
        writeFlag(status.hasOurName)
        writeOptional(status.role) { $0.write($1.rawValue) }
        writeFlag(status.isVerified)
    }

    private mutating func write(_ source: LiveSource) {
        write(source.peer)
        write(source.frontEnd.number)
    }

    private mutating func write(_ change: GestureChange) {
        switch change {
        case .began(let gesture, let at):
            writeTag(1)
            write(gesture)
            writeSpan(at)
        case .appended(let samples):
            writeTag(2)
            writeList(samples) {
                $0.writeSpan($1.at)
                $0.write($1.position)
            }
        case .updated(let gesture, let at):
            writeTag(3)
            write(gesture)
            writeSpan(at)
        case .ended(.committed(let shapes)):
            writeTag(4)
            writeList(shapes) { $0.write($1) }
        case .ended(.cancelled): writeTag(5)
        case .ended(.hidden): writeTag(6)
        }
    }

    private mutating func write(_ status: RendezvousStatus) {
        switch status {
        case .none: writeTag(1)
        case .connecting: writeTag(2)
        case .connected: writeTag(3)
        case .unreachable(let reason):
            writeTag(4)
            writeText(reason)
        }
    }
}

extension ByteReader {
    mutating func readEvent() throws(WireError) -> Event {
        switch try readUInt8() {
        case 1:
            let board: BoardID = try readIdentifier()
            return .ready(board, me: try readIdentifier(), role: try readFlag() ? try readRole() : nil)
        case 2:
            let changes = try readList(leastBytes: 150) { reader throws(WireError) in try reader.readShapeChange() }
            return .changed(changes, ref: try readReference())
        case 3:
            let ref = try readUInt64()
            return .outcome(ref: ref, try readOutcome())
        case 4: return .peer(try readPeerStatus())
        case 5:
            let (source, number) = (try readLiveSource(), try readUInt64())
            return .gesture(GestureID(source: source, number: number), try readGestureChange())
        case 6:
            let source = try readLiveSource()
            let samples = try readList(leastBytes: 10) { reader throws(WireError) in
                CursorSample(
                    at: try reader.readSpan(), position: try reader.readFlag() ? try reader.readPoint() : nil,
                    trail: try reader.readReference())
            }
            return .cursor(source, samples)
        case 7: return .typing(peer: try readIdentifier())
        case 8:
            let message = try readChatMessage()
            return .chat(message, ref: try readReference())
        case 60: return .chatState(try readChatMessage())
        case 61:
            let entries = try readList(leastBytes: 76) { reader throws(WireError) in
                ChatPage.Entry(try reader.readChatMessage(), name: try reader.readText())
            }
            let next: TransactionName? = try readFlag() ? try readIdentifier() : nil
            return .chatPage(ChatPage(entries, next: next), ref: try readReference())
        case 62: return .typingEnded(peer: try readIdentifier())
        case 9:
            guard let state = SyncStatus.State(rawValue: try readText()) else { throw .unexpected }
            return .sync(
                SyncStatus(
                    state: state, missing: try readNumber(), unsent: try readNumber(), isSaved: try readFlag(),
                    fingerprint: try readIdentifier()))
        case 10: return .rendezvous(try readRendezvousStatus())
        case 80: return .tokens(.asked)
        case 81:
            guard let reason = RendezvousRefusal(rawValue: try readText()), reason.isOfTokens else { throw .unexpected }
            return .tokens(.refused(reason))
        case 11:
            let author: AuthorID? = try readFlag() ? try readIdentifier() : nil
            return .rejected(author: author, rule: try readText())
        case 12:
            let author: AuthorID = try readIdentifier()
            return .fork(author: author, sequence: try readUInt64())
        case 13: return .versionMismatch(theirs: try readNumber(), ours: try readNumber())
        case 14: return .stopped(unsaved: try readNumber(), unsent: try readNumber())
        case 15: return .textMerged(try readTextNews())
        case 16: return .restoring(isUnderWay: try readFlag())
        case 17: return .duplicateDevice(try readIdentifier(), seconds: try readNumber())
        case 18: return .knownName(try readText(), author: try readIdentifier(), before: try readIdentifier())
        case 65:
            return .identity(
                IdentityNews(
                    name: try readText(), device: try readIdentifier(), before: try readIdentifier(), wasVerified: try readFlag()))
        case 20: return .view(peer: try readIdentifier(), try readFlag() ? try readWorldBox() : nil)
        case 21: return .lookHere(peer: try readIdentifier(), try readWorldBox())
        case 22:
            let name: TransactionName = try readIdentifier()
            guard let seed = Secret32(try readBytes(32)) else { throw .unexpected }
            var news = InviteNews(
                invite: name, key: InviteKey(invite: name, seed: seed), role: try readRole(), isForOwnDevice: try readFlag(),
                uses: try readUInt32(),
                timeToLive: try readUInt32(), endsAt: try readReference(), orLater: try readFlag())
            if try readFlag() { news.code = try readText() }
            news.codeEndsAt = try readReference()
            if try readFlag() { news.codeObstacle = try readText() }
            return .invited(news, ref: try readReference())
        case 23: return .rights(.role(try readRole(), by: try readFlag() ? try readIdentifier() : nil))
        case 24:
            let remover: AuthorID? = try readFlag() ? try readIdentifier() : nil
            return .rights(.removed(by: remover, reason: try readText(), unseen: try readNumber()))
        case 25: return .notAdmitted
        case 70: return .calm(try readCalmNews())
        case 27: return .code(CodeNews(invite: try readIdentifier(), what: try readCodeNews()))
        case 26: return .chatsGone(try readList(leastBytes: 32) { reader throws(WireError) in try reader.readIdentifier() })
        case 19: return .meeting(try readIdentifier(), author: try readIdentifier(), try readFlag() ? try readObstacle() : nil)
        default: throw .unexpected
        }
    }

    private mutating func readChatMessage() throws(WireError) -> ChatMessage {
        let (id, author): (TransactionName, AuthorID) = (try readIdentifier(), try readIdentifier())
        var message = ChatMessage(id: id, author: author, text: try readText(), wallTime: try readUInt64())
        switch try readUInt8() {
        case 0: break
        case 1: message.state = .waiting
        case 2: message.state = .sent(by: try readNumber(), of: try readNumber())
        case 3: message.state = .delivered
        case 4: message.state = .failed(try readRefusal())
        default: throw .unexpected
        }
        if try readFlag() { message.instead = try readIdentifier() }
        return message
    }

    private mutating func readCodeNews() throws(WireError) -> CodeNews.What {
        switch try readUInt8() {
        case 0: .lost
        case 1: .inviter(.mismatch)
        case 2: .inviter(.left)
        case 3: .inviter(.over)
        case 5: .inviter(.spent)
        case 6: .inviter(.otherForm)
        case 4: .inviter(.given(try readIdentifier(), name: try readText()))
        default: throw .unexpected
        }
    }

    private mutating func readObstacle() throws(WireError) -> Obstacle {
        guard let way = Obstacle.Way(rawValue: try readText()), let relay = Obstacle.Relay(rawValue: try readText()) else {
            throw .unexpected
        }
        return Obstacle(way: way, relay: relay)
    }

    /// The number under which something was asked; nil where nobody waits for it.
    mutating func readReference() throws(WireError) -> UInt64? { try readFlag() ? try readUInt64() : nil }

    private mutating func readShapeChange() throws(WireError) -> ShapeChange {
        guard let kind = ShapeChange.Kind(rawValue: try readText()) else { throw .unexpected }
        let (id, author): (ShapeID, AuthorID) = (try readShapeID(), try readIdentifier())
        return ShapeChange(kind: kind, id: id, author: author, shape: try readShape())
    }

    private mutating func readOutcome() throws(WireError) -> Outcome {
        switch try readUInt8() {
        case 1: return .done
        case 2: return .refused(try readRefusal())
        case 3: return .skipped(try readShapeIDs())
        default: throw .unexpected
        }
    }

    private mutating func readRefusal() throws(WireError) -> Refusal {
        switch try readUInt8() {
        case 1: return .noSuchShape
        case 2: return .badValue(field: try readText())
        case 3: return .tooLarge
        case 4: return .ownHistoryMissing
        case 5: return .brokenRule(try readText())
        case 6: return .nothingToUndo
        case 7: return .nothingToRedo
        case 8: return .diskRefuses(try readText())
        case 9: return .notReady
        case 10: return .noGesture
        case 11: return .leaving
        case 12: return .beyondEdge
        case 13: return .tooSoon
        case 14: return .notAllowed(try readRole())
        case 15: return .noRight
        case 16: return .notOwner
        case 17: return .noRoles
        case 18: return .senior
        case 19: return .oneself
        case 20: return .noSuchMember
        case 21: return .noSuchInvite
        case 22: return .reasonTooLong
        case 70: return .calm(try readCalmRefusal())
        case 60: return .saidTooFast
        case 61: return .noSuchMessage
        default: throw .unexpected
        }
    }

    private mutating func readTextNews() throws(WireError) -> TextNews {
        let (shape, other): (ShapeID, AuthorID) = (try readShapeID(), try readIdentifier())
        switch try readUInt8() {
        case 1: return TextNews(shape: shape, other: other, outcome: .merged)
        case 2: return TextNews(shape: shape, other: other, outcome: .beside(try readShapeID()))
        case 3: return TextNews(shape: shape, other: other, outcome: .lost(try readText()))
        default: throw .unexpected
        }
    }

    private mutating func readPeerStatus() throws(WireError) -> PeerStatus {
        let peer: PeerID = try readIdentifier()
        let author: AuthorID? = try readFlag() ? try readIdentifier() : nil
        let name = try readText()
        guard let state = PeerStatus.State(rawValue: try readText()) else { throw .unexpected }
        return PeerStatus(
            peer: peer, author: author, name: name, state: state, path: try readFlag() ? try readPath() : nil,
            roundTrip: try readFlag() ? try readSpan() : nil, silentSeconds: try readFlag() ? try readNumber() : nil,
            hasOurName: try readFlag(), role: try readFlag() ? try readRole() : nil, isVerified: try readFlag())
    }

    mutating func readRole() throws(WireError) -> Role {
        guard let role = Role(rawValue: try readUInt8()) else { throw .unexpected }
        return role
    }

    private mutating func readLiveSource() throws(WireError) -> LiveSource {
        let peer: PeerID = try readIdentifier()
        guard let frontEnd = FrontEndID(Int(try readUInt8())) else { throw .unexpected }
        return LiveSource(peer: peer, frontEnd: frontEnd)
    }

    private mutating func readGestureChange() throws(WireError) -> GestureChange {
        switch try readUInt8() {
        case 1: return .began(try readGesture(), at: try readSpan())
        case 2:
            return .appended(
                try readList(leastBytes: 16) { reader throws(WireError) in
                    TimedPoint(at: try reader.readSpan(), position: try reader.readPoint())
                })
        case 3: return .updated(try readGesture(), at: try readSpan())
        case 4: return .ended(.committed(try readShapeIDs()))
        case 5: return .ended(.cancelled)
        case 6: return .ended(.hidden)
        default: throw .unexpected
        }
    }

    private mutating func readRendezvousStatus() throws(WireError) -> RendezvousStatus {
        switch try readUInt8() {
        case 1: return .none
        case 2: return .connecting
        case 3: return .connected
        case 4: return .unreachable(reason: try readText())
        default: throw .unexpected
        }
    }
}
