import InkPrimitives

/// One statement inside a packet. The byte tables are in the overview.
///
/// What may be long is a part of the packet, not a copy.
enum Frame: Hashable, Sendable {
    /// Nothing; makes a packet as long as the answer that it may cause.
    case padding
    /// Asks for an acknowledgement.
    case ping
    case acknowledgement(Acknowledgement)
    /// Bytes of one stream of a lane.
    case stream(Lane, slot: UInt64, offset: UInt64, data: ArraySlice<UInt8>)
    /// One presence value; what its packet holds beyond it is nothing.
    case presence(ArraySlice<UInt8>)
    case close(code: CloseCode)
    case pathChallenge([UInt8])
    case pathResponse([UInt8])
    /// Sum of all stream offsets that the peer may reach.
    case maxData(UInt64)
    /// Asks for new keys, and answers that.
    case rekeyQuestion(RekeyMessage)
    case rekeyAnswer(RekeyMessage)

    // TR-120
    static let paddingType: UInt8 = 0x00
    static let pingType: UInt8 = 0x01
    static let acknowledgementType: UInt8 = 0x02
    static let presenceType: UInt8 = 0x03
    static let closeType: UInt8 = 0x04
    static let pathChallengeType: UInt8 = 0x05
    static let pathResponseType: UInt8 = 0x06
    static let maxDataType: UInt8 = 0x07
    /// Plus the lane's number.
    static let streamType: UInt8 = 0x08
    static let rekeyQuestionType: UInt8 = 0x0C
    static let rekeyAnswerType: UInt8 = 0x0D

    /// Runs of packet numbers in one acknowledgement, at most.
    static let ackRangesMax = 32
    static let challengeCount = 8

    /// Reads one frame. Throws on whatever is not exactly one of the above.
    init(from reader: inout ByteReader) throws(WireError) {
        let type = try reader.readUInt8()
        switch type {
        case Self.paddingType: self = .padding
        case Self.pingType: self = .ping
        case Self.acknowledgementType: self = .acknowledgement(try Acknowledgement(from: &reader))
        case Self.presenceType:
            guard !reader.isAtEnd else { throw .nonCanonical }
            let data = try reader.readSlice(reader.remaining)
            self = .presence(data)
        case Self.closeType:
            guard let code = CloseCode(rawValue: try reader.readUInt8()) else { throw .unexpected }
            self = .close(code: code)
        case Self.pathChallengeType: self = .pathChallenge(try reader.readBytes(Self.challengeCount))
        case Self.pathResponseType: self = .pathResponse(try reader.readBytes(Self.challengeCount))
        case Self.maxDataType: self = .maxData(try reader.readVarint())
        case Self.rekeyQuestionType: self = .rekeyQuestion(try RekeyMessage(from: &reader))
        case Self.rekeyAnswerType: self = .rekeyAnswer(try RekeyMessage(from: &reader))
        default:
            guard type >= Self.streamType, let lane = Lane(rawValue: type - Self.streamType) else { throw .unexpected }
            let slot = try reader.readVarint()
            let offset = try reader.readVarint()
            let data = try reader.readLengthPrefixedSlice(limit: Limits.datagramBytesMax)
            // An empty piece says nothing and would be a second way to say it.
            guard !data.isEmpty else { throw .nonCanonical }
            guard offset <= Varint.max - UInt64(data.count) else { throw .limitExceeded }
            self = .stream(lane, slot: slot, offset: offset, data: data)
        }
    }

    /// What a challenge asks to be sent back; nil for other frames.
    var challenge: [UInt8]? {
        if case .pathChallenge(let challenge) = self { challenge } else { nil }
    }

    /// True if it only asks or tells about the way (RFC 9000 §9.1): a packet of such frames moves nobody.
    var isProbing: Bool {
        switch self {
        case .padding, .pathChallenge, .pathResponse: true
        case .ping, .acknowledgement, .stream, .presence, .close, .maxData, .rekeyQuestion, .rekeyAnswer: false
        }
    }

    /// When the peer shall acknowledge a packet with this frame (RFC 9000 §13.2).
    var claim: AckClaim {
        switch self {
        // New keys are asked for again until the answer comes.
        case .padding, .acknowledgement, .close, .rekeyQuestion, .rekeyAnswer: .none
        case .presence: .lazy
        case .ping, .stream, .pathChallenge, .pathResponse, .maxData: .prompt
        }
    }
}

/// How soon a packet wants to be acknowledged: as its most urgent frame does.
enum AckClaim: UInt8, Comparable, Sendable {
    /// Not at all.
    case none
    /// With what leaves anyway, and seldom alone: the next one says more than its acknowledgement.
    case lazy
    /// Soon: its sender waits for it, and else sends it again.
    case prompt

    static func < (left: AckClaim, right: AckClaim) -> Bool { left.rawValue < right.rawValue }
}

/// Why a side says goodbye.
enum CloseCode: UInt8, Sendable {
    /// Nothing is wrong.
    case goodbye = 0
    /// Another session with the same peer or device survives.
    case replaced = 1
    /// The peer broke the protocol.
    case misbehaved = 2
    /// The peer did not answer.
    case timedOut = 3
    /// The peer has no right to be here. Whatever the reason is, this is all that is said of it.
    case notAdmitted = 4
}

/// Which packets arrived (RFC 9000 §19.3): the largest number, how long it waited, and runs with gaps, downwards.
struct Acknowledgement: Hashable, Sendable {
    /// Unit of the delay on the wire.
    static let delayUnitMicroseconds: Int64 = 256
    /// Four minutes; nobody waits that long, and products with it stay small.
    static let delayUnitsMax: UInt64 = 1 << 20

    /// The run with the largest number.
    let newest: Range<UInt64>
    /// The others, newest first; all are disjoint and do not touch. Mostly there are none.
    let older: Runs
    let delay: Duration

    var largest: UInt64 { newest.upperBound - 1 }
    /// All runs, newest first.
    var ranges: [Range<UInt64>] { [newest] + older.all }

    /// - Parameter received: not empty; the newest runs that fit into `limit` bytes are named.
    static func write(_ received: RangeSet, delay: Duration, limit: Int, to packet: inout [UInt8]) -> Bool {
        guard let newest = received.ranges.last else { return false }
        // One that was held longer, by a machine that slept, is said to have been held as long as can be said.
        let units = min(UInt64(max(0, delay.nanoseconds / 1000 / delayUnitMicroseconds)), delayUnitsMax)
        var body: [UInt8] = []
        var count: UInt64 = 0
        var previous = newest
        for range in received.ranges.dropLast().reversed() {
            guard Int(count) + 1 < Frame.ackRangesMax else { break }
            var piece: [UInt8] = []
            piece.appendVarint(previous.lowerBound - range.upperBound - 1)
            piece.appendVarint(UInt64(range.count) - 1)
            // Type, largest, delay, count and first run take at most 29 bytes.
            guard 29 + body.count + piece.count <= limit else { break }
            body += piece
            count += 1
            previous = range
        }
        packet.append(Frame.acknowledgementType)
        packet.appendVarint(newest.upperBound - 1)
        packet.appendVarint(units)
        packet.appendVarint(count)
        packet.appendVarint(UInt64(newest.count) - 1)
        packet += body
        return true
    }

    init(from reader: inout ByteReader) throws(WireError) {
        let largest = try reader.readVarint()
        let units = try reader.readVarint()
        guard units <= Self.delayUnitsMax else { throw .limitExceeded }
        let count = try reader.readCount(limit: Frame.ackRangesMax - 1)
        var run = try reader.readVarint()
        guard run <= largest else { throw .unexpected }
        newest = largest - run..<largest + 1
        var older = Runs()
        var lowest = largest - run
        for _ in 0..<count {
            let gap = try reader.readVarint()
            run = try reader.readVarint()
            guard gap <= Varint.max, lowest >= 2, gap <= lowest - 2 else { throw .unexpected }
            let top = lowest - gap - 2
            guard run <= top else { throw .unexpected }
            older.append(top - run..<top + 1)
            lowest = top - run
        }
        self.older = older
        delay = .microseconds(Int64(units) * Self.delayUnitMicroseconds)
    }
}

extension [Frame] {
    /// Appends the frames of a packet, but for padding: parts of its bytes.
    ///
    /// - Parameter count: bytes of frames, from the beginning of `packet`.
    mutating func read(_ packet: [UInt8], count: Int) throws(Misbehaviour) {
        var reader = ByteReader(packet, range: 0..<count)
        var acknowledges = false
        do throws(WireError) {
            while !reader.isAtEnd {
                let frame = try Frame(from: &reader)
                switch frame {
                case .padding: continue
                case .acknowledgement:
                    // One says all; a hundred in a packet would cost us a hundred times what they cost the peer (TR-31).
                    guard !acknowledges else { throw .unexpected }
                    acknowledges = true
                default: break
                }
                append(frame)
            }
        } catch {
            throw .malformedFrame
        }
    }
}
