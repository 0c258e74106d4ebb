import InkBoard
import InkPrimitives

// What a value of presence says beside its hands: the light of a pointer, what a person sees, and what all are asked to look at. Each goes as a part
// of *further*, so that older versions pass it over (SE-288).

/// The light of a pointer: while it is on, the way of the pointer is seen for a moment and fades. It is never stored.
package struct LaserValue: Hashable, Sendable {
    /// Names the trail; grows with each.
    package var number: UInt64
    /// How long before the packet it went out, milliseconds; nil while it is on.
    package var endedAge: Int64?

    package init(number: UInt64, endedAge: Int64? = nil) { (self.number, self.endedAge) = (number, endedAge) }
}

/// What a person sees of the board.
package enum ViewValue: Hashable, Sendable {
    case part(WorldBox)
    /// Nothing that is told.
    case none
}

/// Asks all to look at a part of the board.
package struct LookValue: Hashable, Sendable {
    /// Names the asking; grows with each.
    package var number: UInt64
    package var box: WorldBox

    package init(number: UInt64, box: WorldBox) { (self.number, self.box) = (number, box) }
}

extension PresenceValue {
    /// Which kind of *further* says what.
    package enum FurtherKind {
        static let laser: UInt64 = 1
        static let view: UInt64 = 2
        static let look: UInt64 = 3
        static let gestures: UInt64 = 4
        static let needs: UInt64 = 8
    }

    /// All that is said as *further*, by ascending kind.
    var written: [FurtherPresence] {
        var written: [FurtherPresence] = []
        func write(_ kind: UInt64, _ body: (inout ByteWriter) -> Void) {
            var writer = ByteWriter()
            body(&writer)
            written.append(FurtherPresence(kind: kind, bytes: writer.bytes))
        }
        if let laser {
            write(FurtherKind.laser) {
                $0.writeVarint(laser.number)
                $0.writeVarint(laser.endedAge.map { UInt64($0 + 1) } ?? 0)
            }
        }
        switch view {
        case nil: break
        case .some(.none): write(FurtherKind.view) { _ in }
        case .part(let box): write(FurtherKind.view) { $0.write(box) }
        }
        if let look {
            write(FurtherKind.look) {
                $0.writeVarint(look.number)
                $0.write(look.box)
            }
        }
        if !gestureLooks.isEmpty { write(FurtherKind.gestures) { for look in gestureLooks { look.write(to: &$0) } } }
        // Of others' kinds some stand before this one.
        written += further.prefix { $0.kind < FurtherKind.needs }
        if !needs.isEmpty { write(FurtherKind.needs) { $0.write(needs.rawValue) } }
        return written + further.drop { $0.kind < FurtherKind.needs }
    }

    /// Takes what was read as *further*.
    mutating func read(_ all: [FurtherPresence]) throws(WireError) {
        for part in all {
            var reader = ByteReader(part.bytes)
            switch part.kind {
            case FurtherKind.laser:
                let (number, ended) = (try reader.readVarint(), try reader.readVarint())
                guard number <= LiveValue.numberMax, ended <= UInt64(GestureBody.ageMax) + 1 else { throw .limitExceeded }
                laser = LaserValue(number: number, endedAge: ended == 0 ? nil : Int64(ended) - 1)
            case FurtherKind.view: view = reader.isAtEnd ? ViewValue.none : .part(try reader.readWorldBox())
            case FurtherKind.look:
                let number = try reader.readVarint()
                guard number <= LiveValue.numberMax else { throw .limitExceeded }
                look = LookValue(number: number, box: try reader.readWorldBox())
            case FurtherKind.needs:
                // Further bits would be of another kind.
                let bits = try reader.readUInt8()
                guard bits != 0, Needs.all.rawValue & bits == bits else { throw .unexpected }
                needs = Needs(rawValue: bits)
            case FurtherKind.gestures:
                repeat {
                    let look = try GestureLook(from: &reader)
                    if let last = gestureLooks.last, last.frontEnd >= look.frontEnd { throw .nonCanonical }
                    gestureLooks.append(look)
                } while !reader.isAtEnd
            default:
                further.append(part)
                continue
            }
            try reader.finish()
        }
    }
}

extension WorldBox {
    /// True for what lies on the board, and is not turned about.
    package var isOnBoard: Bool {
        let plane = -Int(Limits.coordinate)...Int(Limits.coordinate)
        return [left, top, right, bottom].allSatisfy(plane.contains) && left <= right && top <= bottom
    }
}

extension ByteWriter {
    /// Left and top, then width and height.
    fileprivate mutating func write(_ box: WorldBox) {
        writeZigzag(Int64(box.left))
        writeZigzag(Int64(box.top))
        writeVarint(box.right - box.left)
        writeVarint(box.bottom - box.top)
    }
}

extension ByteReader {
    fileprivate mutating func readWorldBox() throws(WireError) -> WorldBox {
        let limit = Int64(Limits.coordinate)
        let (left, top) = (try readZigzag(), try readZigzag())
        guard abs(left) <= limit, abs(top) <= limit else { throw .limitExceeded }
        let (width, height) = (try readCount(limit: Int(limit - left)), try readCount(limit: Int(limit - top)))
        return WorldBox(left: Int(left), top: Int(top), right: Int(left) + width, bottom: Int(top) + height)
    }
}
