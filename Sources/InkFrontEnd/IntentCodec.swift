import InkBoard
import InkPrimitives
import InkSession

// The bytes of an intent, as a program sends it to the one that holds the board. A case more does not compile until it has a tag here; then it
// wants one in `readIntent`, and a higher `AttachProtocol.version`.

extension ByteWriter {
    mutating func write(_ intent: Intent) {
        switch intent {
        case .draw(let draft):
            writeTag(1)
            write(draft)
        case .drawAll(let drafts):
            writeTag(2)
            writeList(drafts) { $0.write($1) }
        case .set(let shape, let changes):
            writeTag(3)
            write(shape)
            write(changes)
        case .setAll(let shapes, let changes):
            writeTag(4)
            writeList(shapes) { $0.write($1) }
            write(changes)
        case .amend(let shape, let changes):
            writeTag(5)
            write(shape)
            write(changes)
        case .move(let shapes, let by):
            writeTag(6)
            writeList(shapes) { $0.write($1) }
            write(by)
        case .delete(let shapes):
            writeTag(7)
            writeList(shapes) { $0.write($1) }
        case .undo: writeTag(8)
        case .redo: writeTag(9)
        case .begin(let gesture):
            writeTag(10)
            write(gesture)
        case .extend(let points):
            writeTag(11)
            write(path: points)
        case .update(let gesture):
            writeTag(12)
            write(gesture)
        case .commit: writeTag(13)
        case .cancel: writeTag(14)
        case .cursor(let point):
            writeTag(15)
            writeOptional(point) { $0.write($1) }
        case .say(let text):
            writeTag(16)
            writeText(text)
        case .typing: writeTag(17)
        case .resend(let message):
            writeTag(40)
            write(message)
        case .readChat(let order):
            writeTag(41)
            writeOptional(order.before) { $0.write($1) }
            writeNumber(order.count)
        case .rename(let name):
            writeTag(18)
            writeText(name)
        case .type(let shape, let from, let to, let continues, let isMerged):
            writeTag(19)
            write(shape)
            writeText(from)
            writeText(to)
            writeFlag(continues)
            writeFlag(isMerged)
        case .setEach(let edits):
            writeTag(21)
            writeList(edits) {
                $0.write($1.shape)
                $0.write($1.changes)
            }
        case .laser(let isOn):
            writeTag(22)
            writeFlag(isOn)
        case .view(let box):
            writeTag(23)
            writeOptional(box) { $0.write($1) }
        case .lookHere(let box):
            writeTag(24)
            write(box)
        case .attention(let attending):
            writeTag(60)
            write(attending.rawValue)
        case .change(let change):
            writeTag(25)
            writeList(change.drawn) { $0.write($1) }
            writeList(change.depths) { $0.writeLengthPrefixed($1.bytes) }
            writeList(change.edits) {
                $0.write($1.shape)
                $0.write($1.changes)
            }
            writeList(change.deleted) { $0.write($1) }
        case .invite(let order):
            writeTag(26)
            writeOptional(order.role) { $0.write($1.rawValue) }
            write(order.uses)
            write(order.timeToLive)
            write(order.code.rawValue)
        case .grant(let device, let role):
            writeTag(27)
            write(device)
            write(role.rawValue)
        case .remove(let order):
            writeTag(28)
            switch order.whom {
            case .device(let device):
                writeTag(1)
                write(device)
            case .invite(let invite):
                writeTag(2)
                write(invite)
            }
            writeFlag(order.withInvited)
            writeText(order.reason)
        case .calm(let order):
            writeTag(50)
            write(order)
        case .verify(let device, let isVerified):
            writeTag(45)
            write(device)
            writeFlag(isVerified)
        case .resize(let shape, let by, let growth):
            writeTag(20)
            write(shape)
            write(by)
            write(growth)
        }
    }

    private mutating func write(_ changes: [PropertyChange]) { writeList(changes) { $0.write($1) } }

    private mutating func write(_ change: PropertyChange) {
        writeTag(change.property.changeTag)
        write(change.value)
    }
}

extension KnownProperty {
    /// What says in an intent that it is changed: its number less one.
    fileprivate var changeTag: UInt8 { UInt8(rawValue - 1) }

    fileprivate init?(changeTag: UInt8) { self.init(rawValue: UInt16(changeTag) + 1) }
}

extension ByteReader {
    mutating func readIntent() throws(WireError) -> Intent {
        switch try readUInt8() {
        case 1: return .draw(try readDraft())
        case 2: return .drawAll(try readList(leastBytes: 31) { reader throws(WireError) in try reader.readDraft() })
        case 3: return .set(try readShapeID(), try readChanges())
        case 4: return .setAll(try readShapeIDs(), try readChanges())
        case 5: return .amend(try readShapeID(), try readChanges())
        case 6: return .move(try readShapeIDs(), by: try readPoint())
        case 7: return .delete(try readShapeIDs())
        case 8: return .undo
        case 9: return .redo
        case 10: return .begin(try readGesture())
        case 11: return .extend(try readPoints())
        case 12: return .update(try readGesture())
        case 13: return .commit
        case 14: return .cancel
        case 15: return .cursor(try readFlag() ? try readPoint() : nil)
        case 16: return .say(try readText())
        case 17: return .typing
        case 18: return .rename(try readText())
        case 19:
            let shape = try readShapeID()
            return .type(shape, from: try readText(), to: try readText(), continues: try readFlag(), isMerged: try readFlag())
        case 20: return .resize(try readShapeID(), by: try readPoint(), growing: try readPoint())
        case 21:
            return .setEach(try readEdits())
        case 22: return .laser(try readFlag())
        case 23: return .view(try readFlag() ? try readWorldBox() : nil)
        case 24: return .lookHere(try readWorldBox())
        case 60:
            guard let attending = Attending(rawValue: try readUInt8()) else { throw .unexpected }
            return .attention(attending)
        case 25:
            let drawn = try readList(leastBytes: 31) { reader throws(WireError) in try reader.readDraft() }
            let depths = try readList(leastBytes: 2) { reader throws(WireError) in
                guard let key = DepthKey(try reader.readLengthPrefixed(limit: Limits.depthBytes)) else { throw .nonCanonical }
                return key
            }
            return .change(BoardChange(drawn: drawn, depths: depths, edits: try readEdits(), deleted: try readShapeIDs()))
        case 26:
            var order = InviteOrder(
                role: try readFlag() ? try readRole() : nil, uses: try readUInt32(), timeToLive: try readUInt32())
            guard let code = InviteOrder.Code(rawValue: try readUInt8()) else { throw .unexpected }
            order.code = code
            return .invite(order)
        case 27: return .grant(try readIdentifier(), try readRole())
        case 28:
            let whom: RemovalOrder.Whom
            switch try readUInt8() {
            case 1: whom = .device(try readIdentifier())
            case 2: whom = .invite(try readIdentifier())
            default: throw .unexpected
            }
            return .remove(RemovalOrder(whom, withInvited: try readFlag(), reason: try readText()))
        case 50: return .calm(try readCalmOrder())
        case 45: return .verify(try readIdentifier(), try readFlag())
        case 40: return .resend(try readIdentifier())
        case 41: return .readChat(ChatOrder(before: try readFlag() ? try readIdentifier() : nil, count: try readNumber()))
        default: throw .unexpected
        }
    }

    private mutating func readEdits() throws(WireError) -> [ShapeEdit] {
        try readList(leastBytes: 41) { reader throws(WireError) in ShapeEdit(try reader.readShapeID(), try reader.readChanges()) }
    }

    private mutating func readChanges() throws(WireError) -> [PropertyChange] {
        try readList(leastBytes: 2) { reader throws(WireError) in try reader.readChange() }
    }

    private mutating func readChange() throws(WireError) -> PropertyChange {
        guard let property = KnownProperty(changeTag: try readUInt8()), property.isSettable else { throw .unexpected }
        return PropertyChange(property, try readValue(of: property.form))
    }
}
