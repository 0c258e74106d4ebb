/// The frames of a capture, as tcpdump (pcap, libpcap's savefile format) and Wireshark (pcapng, draft-ietf-opsawg-pcapng) write it. Takes any bytes: what
/// is cut off or contradicts itself ends the reading, and is told (AU-1).
package struct PacketFile {
    /// One frame as it was on the line.
    package struct Frame {
        /// Nanoseconds since 1970.
        package var time: UInt64
        /// What begins it (LINKTYPE values of tcpdump.org).
        package var linkType: UInt32
        package var bytes: ArraySlice<UInt8>
    }

    /// Why reading ended before the file did.
    package enum Complaint: Error, Equatable { case notACapture, cutOff, contradiction }

    /// No capture is shorter, of either make.
    package static let headCount = 24

    package private(set) var frames: [Frame] = []
    /// Nil where all was read.
    package private(set) var complaint: Complaint?

    package init(_ bytes: [UInt8]) {
        do throws(Complaint) {
            var reader = Reader(bytes: bytes)
            switch try reader.number(4, isLittle: false) {
            case 0xA1B2_C3D4: try readClassic(&reader, isLittle: false, nanoseconds: 1000)
            case 0xD4C3_B2A1: try readClassic(&reader, isLittle: true, nanoseconds: 1000)
            case 0xA1B2_3C4D: try readClassic(&reader, isLittle: false, nanoseconds: 1)
            case 0x4D3C_B2A1: try readClassic(&reader, isLittle: true, nanoseconds: 1)
            case 0x0A0D_0D0A: try readBlocks(Reader(bytes: bytes))
            default: throw .notACapture
            }
        } catch {
            complaint = error
        }
    }

    private mutating func readClassic(_ reader: inout Reader, isLittle: Bool, nanoseconds: UInt64) throws(Complaint) {
        try reader.skip(16)
        let linkType = UInt32(truncatingIfNeeded: try reader.number(4, isLittle: isLittle)) & 0x0FFF_FFFF
        while !reader.isAtEnd {
            let seconds = try reader.number(4, isLittle: isLittle)
            let fraction = try reader.number(4, isLittle: isLittle)
            let count = try reader.number(4, isLittle: isLittle)
            try reader.skip(4)
            // Both have 32 bits, so nothing here overflows 64.
            let time = seconds * 1_000_000_000 + fraction * nanoseconds
            frames.append(Frame(time: time, linkType: linkType, bytes: try reader.take(count)))
        }
    }

    /// What a block about an interface says.
    private struct Interface {
        var linkType: UInt32
        /// A unit of time is 1/perSecond seconds.
        var perSecond: UInt64 = 1_000_000
    }

    private mutating func readBlocks(_ start: Reader) throws(Complaint) {
        var reader = start
        var isLittle = false
        var interfaces: [Interface] = []
        while !reader.isAtEnd {
            let begin = reader
            // The same in both orders.
            let kind = try reader.number(4, isLittle: isLittle)
            if kind == 0x0A0D_0D0A {
                var look = reader
                try look.skip(4)
                let order = try look.number(4, isLittle: false)
                guard order == 0x1A2B_3C4D || order == 0x4D3C_2B1A else { throw .contradiction }
                (isLittle, interfaces) = (order == 0x4D3C_2B1A, [])
            }
            let count = try reader.number(4, isLittle: isLittle)
            guard count >= 12, count % 4 == 0 else { throw .contradiction }
            reader = begin
            var body = Reader(bytes: try reader.take(count))
            try body.skip(8)
            switch kind {
            case 1: interfaces.append(try Self.interface(&body, isLittle: isLittle))
            case 6:
                let index = try body.number(4, isLittle: isLittle)
                let high = try body.number(4, isLittle: isLittle)
                let units = high << 32 | (try body.number(4, isLittle: isLittle))
                let length = try body.number(4, isLittle: isLittle)
                try body.skip(4)
                guard index < UInt64(interfaces.count) else { throw .contradiction }
                let interface = interfaces[Int(index)]
                frames.append(
                    Frame(
                        time: Self.time(units, perSecond: interface.perSecond), linkType: interface.linkType, bytes: try body.take(length)))
            default: break
            }
        }
    }

    private static func interface(_ body: inout Reader, isLittle: Bool) throws(Complaint) -> Interface {
        var interface = Interface(linkType: UInt32(truncatingIfNeeded: try body.number(2, isLittle: isLittle)))
        try body.skip(6)
        while body.left >= 8 {
            let code = try body.number(2, isLittle: isLittle)
            let count = try body.number(2, isLittle: isLittle)
            if code == 0 { break }
            let value = try body.take(count)
            try body.skip((4 - count % 4) % 4)
            // if_tsresol: a power of ten, or of two where the high bit is set.
            guard code == 9, let exponent = value.first else { continue }
            guard exponent & 0x80 == 0 ? exponent <= 18 : exponent & 0x7F <= 60 else { throw .contradiction }
            interface.perSecond = exponent & 0x80 == 0 ? (0..<exponent).reduce(1) { power, _ in power * 10 } : 1 << UInt64(exponent & 0x7F)
        }
        return interface
    }

    private static func time(_ units: UInt64, perSecond: UInt64) -> UInt64 {
        let (seconds, rest) = units.quotientAndRemainder(dividingBy: perSecond)
        let fraction = perSecond.dividingFullWidth(rest.multipliedFullWidth(by: 1_000_000_000)).quotient
        return (seconds % (1 << 33)) * 1_000_000_000 + fraction
    }
}

/// A place in bytes.
struct Reader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(bytes: some Collection<UInt8>) {
        self.bytes = ArraySlice(bytes)
        position = self.bytes.startIndex
    }

    var left: Int { bytes.endIndex - position }
    var isAtEnd: Bool { left == 0 }

    mutating func skip(_ count: UInt64) throws(PacketFile.Complaint) { _ = try take(count) }

    mutating func take(_ count: UInt64) throws(PacketFile.Complaint) -> ArraySlice<UInt8> {
        guard count <= UInt64(left) else { throw .cutOff }
        defer { position += Int(count) }
        return bytes[position..<position + Int(count)]
    }

    /// Of at most eight bytes.
    mutating func number(_ count: UInt64, isLittle: Bool) throws(PacketFile.Complaint) -> UInt64 {
        let bytes = try take(count)
        return isLittle ? bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } : bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
