import InkCrypto
import InkPrimitives

/// In which of the forms that the page *Wire format* publishes a datagram is, and what in it is not as that page says. For who audits a capture: a
/// session drops what is malformed, and does not say why. Takes any bytes.
package struct PacketForm: Hashable, Sendable {
    /// Start, answer, finish, cookie, punch or data.
    package var name: String
    /// What is not as it is published; nil where nothing is.
    package var fault: String?
    /// A room's key says that a member made it.
    package var isProved = false

    /// Nil for what does not begin as a packet of ours.
    ///
    /// - Parameter rooms: by whose keys a handshake may be proved; with none, none has to be.
    package init?(_ datagram: [UInt8], rooms: [RoomKeys]) {
        guard let type = datagram.first.flatMap(PacketType.init(rawValue:)) else { return nil }
        name = Self.name(of: type)
        switch type {
        case .data, .dataLong: fault = Self.fault(ofData: datagram)
        case .start, .answer, .finish, .cookie, .punch:
            fault = Self.fault(of: datagram, type)
            isProved = rooms.contains { HandshakeMAC.isRight(datagram, key: $0.mac) }
            if fault == nil, !rooms.isEmpty, !isProved { fault = "its MAC is none of a board that was named" }
        }
    }

    /// The datagrams of a captured packet: a kernel sends several of one size and a shorter last one as one, and a capture shows them so (UDP_SEGMENT,
    /// udp(7)). The first may be one of a handshake.
    package static func datagrams(of train: [UInt8], rooms: [RoomKeys]) -> [[UInt8]] {
        guard let type = train.first.flatMap(PacketType.init(rawValue:)) else { return [train] }
        let size = type == .data || type == .dataLong ? sizeOfData(in: train) : size(of: type, in: train, rooms)
        guard let size else { return [train] }
        return stride(from: 0, to: train.count, by: size).map { Array(train[$0..<min($0 + size, train.count)]) }
    }

    /// Bytes of the packet of a handshake with which a train begins; nil where it is no train.
    private static func size(of type: PacketType, in train: [UInt8], _ rooms: [RoomKeys]) -> Int? {
        guard train.count > lengths(of: type).upperBound || type == .finish else { return nil }
        let isRight = { (size: Int) in
            let packet = Array(train[..<size])
            return rooms.isEmpty
                ? train[size] == PacketType.data.rawValue : rooms.contains { HandshakeMAC.isRight(packet, key: $0.mac) }
        }
        return lengths(of: type).first { $0 < train.count && isRight($0) }
    }

    private static func sizeOfData(in train: [UInt8]) -> Int? {
        let least = DataHeader.overhead + 1
        guard train.count >= 2 * least, DataHeader(train) != nil else { return nil }
        let isHead = { (at: Int) in train[at] | 6 == train[0] | 6 && train.count >= at + 5 && train[at + 1..<at + 5] == train[1..<5] }
        // That an index of 32 bits stands in what is sealed, at each of these places, does not happen by chance.
        return (least...train.count - 5).first { size in stride(from: size, to: train.count, by: size).allSatisfy(isHead) }
    }

    private static func name(of type: PacketType) -> String {
        switch type {
        case .start: "start"
        case .answer: "answer"
        case .finish: "finish"
        case .cookie: "cookie"
        case .punch: "punch"
        case .data, .dataLong: "data"
        }
    }

    // AU-3
    private static func fault(of datagram: [UInt8], _ type: PacketType) -> String? {
        guard lengths(of: type).contains(datagram.count) else { return "it has \(datagram.count) bytes, as none has" }
        guard datagram[2] == 0, datagram[3] == 0 else { return "the third and fourth byte are not zero" }
        // Of another version we know what no version changes.
        guard datagram[1] == Endpoint.version, type == .start else { return nil }
        do {
            _ = try StartPacket(decoding: datagram)
            return nil
        } catch {
            return "what is to be zeros is not"
        }
    }

    private static func lengths(of type: PacketType) -> ClosedRange<Int> {
        switch type {
        case .start: StartPacket.byteCount...StartPacket.byteCount
        case .answer: AnswerPacket.byteCount...AnswerPacket.byteCount
        case .finish: AnswerPacket.byteCount - HandshakeIdentity.payloadMax...AnswerPacket.byteCount
        case .cookie: 80...80
        case .punch: PunchPacket.byteCount...PunchPacket.byteCount
        case .data, .dataLong: DataHeader.overhead + 1...dataMax
        }
    }

    // MARK: Data

    private static let dataMax = PathMTU.sizes.max() ?? PathMTU.floor

    // AU-4
    private static func fault(ofData datagram: [UInt8]) -> String? {
        guard let header = DataHeader(datagram) else { return "it is too short to be sealed" }
        guard lengths(of: .data).contains(datagram.count) else { return "it has \(datagram.count) bytes, as none has" }
        let sealed = datagram[header.byteCount...]
        if longestRun(in: sealed) >= runMin { return "one byte stands \(runMin) times on end in it, as in nothing that is sealed" }
        let readable = sealed.count { (0x20...0x7E).contains($0) || $0 == 0x0A }
        guard sealed.count >= readableMin, readable * 5 >= sealed.count * 4 else { return nil }
        return "it reads as text, as nothing that is sealed does"
    }

    /// A run of twelve is met once in 2^88 bytes; 96 of 256 bytes can be read, and four of five of 64 that can are met once in 10^12 packets.
    private static let runMin = 12
    private static let readableMin = 64

    private static func longestRun(in bytes: ArraySlice<UInt8>) -> Int {
        var (longest, run, last): (Int, Int, UInt8?) = (0, 0, nil)
        for byte in bytes {
            run = byte == last ? run + 1 : 1
            (longest, last) = (max(longest, run), byte)
        }
        return longest
    }
}
