import InkCrypto
import InkPrimitives

/// Says what stands in captured datagrams, with the keys of a log: who looks for a cause sees frames, never what is within them.
///
/// Not for a session: it keeps no replay window and verifies no MAC of a handshake, for it has no room's key. Takes any bytes.
package struct PacketReader: Sendable {
    /// Keys of both directions.
    private struct Space: Sendable {
        let key: Secret32
        let direction: Direction
        /// Greatest number that verified; the next one is looked for behind it.
        var newest: UInt64?
    }

    /// As whoever wrote the log saw it.
    package enum Direction: String, Hashable, Sendable { case received = "in", sent = "out" }

    /// One datagram.
    package struct Reading: Hashable, Sendable {
        /// Start, answer, finish, cookie, punch, data, or what else it is.
        package var kind: String
        /// Receiver index of data, answer and finish, sender's of a start; nil where there is none.
        package var index: UInt32?
        /// Nil where no key of the log opens it.
        package var direction: Direction?
        package var number: UInt64?
        /// What it says, in order; empty where no key opens it.
        package var frames: [String] = []
    }

    /// Lines of a log that are read, at most: a file of anything is no trap.
    private static let keysMax = 1 << 16
    /// Keys of one index: an index is drawn from 32 bits, so more than two are rare.
    private static let keysEachMax = 8
    /// Where a capture begins late, the first number is looked for among so many times 2^16.
    private static let turnsMax = 64

    private var spaces: [UInt32: [Space]] = [:]
    private var count = 0
    /// Lines that were no key.
    package private(set) var unread = 0

    package init() {}

    /// Reads a log of keys, as `KeyDisclosure.lines` writes it. Other lines are counted and left.
    package mutating func read(log text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            guard count < Self.keysMax, words.count == 5, line.hasPrefix(KeyDisclosure.label + " "), words[2].utf8.count == 8,
                let index = UInt32(words[2], radix: 16), let bytes = Hex.decode(String(words[3])), let key = Secret32(bytes),
                let direction = Direction(rawValue: String(words[4]))
            else {
                unread += 1
                continue
            }
            // Both ends of a connection may have written: one key, told twice.
            let known = spaces[index, default: []]
            guard !known.contains(where: { $0.key == key }) else { continue }
            guard known.count < Self.keysEachMax else {
                unread += 1
                continue
            }
            spaces[index, default: []].append(Space(key: key, direction: direction))
            count += 1
        }
    }

    /// True if the log has keys for packets to this index.
    package func knows(_ index: UInt32) -> Bool { spaces[index] != nil }

    /// What the payload of one UDP datagram is; nil if it is none of ours.
    package mutating func read(_ datagram: [UInt8]) -> Reading? {
        guard let type = datagram.first.flatMap(PacketType.init(rawValue:)) else { return nil }
        switch type {
        case .data, .dataLong: return readData(datagram)
        case .start: return Reading(kind: "start", index: Self.index(in: datagram, at: 4))
        case .answer: return Reading(kind: "answer", index: Self.index(in: datagram, at: 8))
        case .finish: return Reading(kind: "finish", index: Self.index(in: datagram, at: 4))
        case .cookie: return Reading(kind: "cookie", index: Self.index(in: datagram, at: 4))
        case .punch: return Reading(kind: "punch")
        }
    }

    /// What the payload of a captured packet is: one datagram, or several of one size and a shorter last one, which a kernel sends as one and a capture
    /// therefore shows as one (UDP_SEGMENT, udp(7)). How long each is shows where the keys are known.
    ///
    /// - Returns: each with its length, bytes; empty if it is none of ours.
    package mutating func read(train: [UInt8]) -> [(reading: Reading, byteCount: Int)] {
        guard let whole = read(train) else { return [] }
        guard whole.kind == "data", whole.direction == nil, let size = firstSize(in: train) else { return [(whole, train.count)] }
        return stride(from: 0, to: train.count, by: size).compactMap { start in
            let part = Array(train[start..<min(start + size, train.count)])
            return read(part).map { ($0, part.count) }
        }
    }

    /// Length of the first datagram of several.
    private mutating func firstSize(in train: [UInt8]) -> Int? {
        let least = DataHeader.overhead + 1
        guard train.count >= 2 * least, spaces[Self.index(in: train, at: 1) ?? 0] != nil else { return nil }
        // The next one has the same receiver.
        for size in least...train.count - least where train[size] | 6 == train[0] | 6 && train[size + 1..<size + 5] == train[1..<5] {
            if readData(Array(train[..<size])).direction != nil { return size }
        }
        return nil
    }

    private static func index(in datagram: [UInt8], at offset: Int) -> UInt32? {
        guard datagram.count >= offset + 4 else { return nil }
        return datagram[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private mutating func readData(_ datagram: [UInt8]) -> Reading {
        guard let header = DataHeader(datagram) else { return Reading(kind: "short") }
        var reading = Reading(kind: "data", index: header.receiverIndex)
        for position in spaces[header.receiverIndex, default: []].indices {
            guard let space = spaces[header.receiverIndex]?[position] else { continue }
            guard let (number, frames) = Self.open(datagram, header, in: space) else { continue }
            spaces[header.receiverIndex]?[position].newest = max(space.newest ?? 0, number)
            (reading.direction, reading.number) = (space.direction, number)
            reading.frames = frames
            break
        }
        return reading
    }

    private static func open(_ datagram: [UInt8], _ header: DataHeader, in space: Space) -> (number: UInt64, frames: [String])? {
        let first = header.number(expected: space.newest.map { $0 + 1 } ?? 0)
        let turns = space.newest == nil && header.bits == 16 ? Self.turnsMax : 1
        for turn in 0..<UInt64(turns) {
            let number = first + turn << 16
            if let frames = open(datagram, header, number: number, key: space.key) { return (number, frames) }
        }
        return nil
    }

    private static func open(_ datagram: [UInt8], _ header: DataHeader, number: UInt64, key: Secret32) -> [String]? {
        var packet = datagram
        guard key.openPacket(&packet, headerCount: header.byteCount, counter: number) else { return nil }
        var reader = ByteReader(packet, range: header.byteCount..<packet.count)
        var frames: [String] = []
        var padding = 0
        func endPadding() {
            if padding > 0 { frames.append("padding \(padding)") }
            padding = 0
        }
        while !reader.isAtEnd {
            guard let frame = try? Frame(from: &reader) else {
                endPadding()
                frames.append("malformed, \(reader.remaining) bytes left")
                break
            }
            if case .padding = frame {
                padding += 1
            } else {
                endPadding()
                frames.append(frame.summary)
            }
        }
        endPadding()
        return frames
    }
}

extension Frame {
    /// What it is, without what people said in it.
    fileprivate var summary: String {
        switch self {
        case .padding: "padding"
        case .ping: "ping"
        case .acknowledgement(let acknowledgement):
            "ack "
                + acknowledgement.ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound - 1)" }
                .joined(separator: ",") + " held \(acknowledgement.delay.nanoseconds / 1_000_000) ms"
        case .stream(let lane, let slot, let offset, let data): "\(lane) \(slot) @\(offset) +\(data.count)"
        case .presence(let data): "presence +\(data.count)"
        case .close(let code): "close \(code)"
        case .pathChallenge(let bytes): "challenge \(Hex.encode(bytes))"
        case .pathResponse(let bytes): "response \(Hex.encode(bytes))"
        case .maxData(let limit): "credit \(limit)"
        case .rekeyQuestion(let message): "new keys? \(message.count)"
        case .rekeyAnswer(let message): "new keys \(message.count)"
        }
    }
}
