import InkBoard
import InkPrimitives
import InkSession

// The bytes of what calms a board, as programs of one person say it to each other. A case more does not compile until it has a tag here.

extension ByteWriter {
    mutating func write(_ order: CalmOrder) {
        switch order {
        case .takeBack(let order):
            writeTag(1)
            switch order.whom {
            case .device(let device):
                writeTag(1)
                write(device)
            case .named(let name):
                writeTag(2)
                writeText(name)
            }
            switch order.span {
            case .all: writeTag(1)
            case .last(let seconds):
                writeTag(2)
                write(seconds)
            case .since(let time):
                writeTag(3)
                write(time)
            case .sequences(let sequences):
                writeTag(4)
                write(sequences.lowerBound)
                write(sequences.upperBound)
            }
        case .lock(let shapes, let isLocked):
            writeTag(2)
            writeList(shapes) { $0.write($1) }
            writeFlag(isLocked)
        case .pace(let milliseconds):
            writeTag(3)
            write(milliseconds)
        }
    }

    mutating func write(_ news: CalmNews) {
        switch news {
        case .tookBack(let owner, let victim, let changes):
            writeTag(1)
            write(owner)
            write(victim)
            writeNumber(changes)
        case .pace(let milliseconds, let owner):
            writeTag(2)
            write(milliseconds)
            writeOptional(owner) { $0.write($1) }
        }
    }

    mutating func write(_ refusal: CalmRefusal) {
        switch refusal {
        case .onlyOwners: writeTag(1)
        case .ownWork: writeTag(2)
        case .nobodyCalled(let name):
            writeTag(3)
            writeText(name)
        case .severalCalled(let name, let devices):
            writeTag(4)
            writeText(name)
            writeList(devices) { $0.write($1) }
        case .nothingToTakeBack: writeTag(5)
        case .locked: writeTag(6)
        case .tooSoon(let milliseconds):
            writeTag(7)
            write(milliseconds)
        }
    }
}

extension ByteReader {
    mutating func readCalmOrder() throws(WireError) -> CalmOrder {
        switch try readUInt8() {
        case 1:
            let whom: TakeBackOrder.Whom
            switch try readUInt8() {
            case 1: whom = .device(try readIdentifier())
            case 2: whom = .named(try readText())
            default: throw .unexpected
            }
            return .takeBack(TakeBackOrder(whom, try readSpanOfWork()))
        case 2: return .lock(try readShapeIDs(), try readFlag())
        case 3: return .pace(milliseconds: try readUInt32())
        default: throw .unexpected
        }
    }

    private mutating func readSpanOfWork() throws(WireError) -> TakeBackOrder.Span {
        switch try readUInt8() {
        case 1: return .all
        case 2: return .last(seconds: try readUInt32())
        case 3: return .since(try readUInt64())
        case 4:
            let (first, last) = (try readUInt64(), try readUInt64())
            guard first <= last else { throw .nonCanonical }
            return .sequences(first...last)
        default: throw .unexpected
        }
    }

    mutating func readCalmNews() throws(WireError) -> CalmNews {
        switch try readUInt8() {
        case 1: return .tookBack(by: try readIdentifier(), of: try readIdentifier(), changes: try readNumber())
        case 2: return .pace(milliseconds: try readUInt32(), by: try readFlag() ? try readIdentifier() : nil)
        default: throw .unexpected
        }
    }

    mutating func readCalmRefusal() throws(WireError) -> CalmRefusal {
        switch try readUInt8() {
        case 1: return .onlyOwners
        case 2: return .ownWork
        case 3: return .nobodyCalled(try readText())
        case 4:
            return .severalCalled(try readText(), try readList(leastBytes: 32) { reader throws(WireError) in try reader.readIdentifier() })
        case 5: return .nothingToTakeBack
        case 6: return .locked
        case 7: return .tooSoon(milliseconds: try readUInt32())
        default: throw .unexpected
        }
    }
}
