import InkPrimitives

/// What a rendezvous carries between two sockets without being able to read it: a binary WebSocket message with one datagram (RV-30).
///
///     to the rendezvous    01 │ own number (4) │ count 1...8 (1) │ numbers of the receivers (4 each, ascending) │ datagram 1...1200
///     from the rendezvous  01 │ the receiver's own number (4) │ the sender's number (4) │ datagram 1...1200
///
/// Numbers are those of members of topics, as `joined` told them, so that a frame names its topic by its sender. Another first byte is another
/// kind of frame.
public enum RelayFrame {
    /// What a peer has carried.
    public struct ToServer: Hashable, Sendable {
        /// Our own number: as who, and so in which topic, we speak.
        public let sender: UInt32
        /// Who is to have it: one to eight, each once, ascending (RV-127), so that one frame has one form and nobody gets it twice.
        public let receivers: [UInt32]
        public let datagram: [UInt8]

        /// - Parameter receivers: one to eight; order and repeats do not matter.
        public init(sender: UInt32, receivers: [UInt32], datagram: [UInt8]) {
            let receivers = Set(receivers).sorted()
            precondition(RelayFrame.receiverCounts.contains(receivers.count), "a frame is for 1...8 receivers, not \(receivers.count)")
            precondition(RelayFrame.datagramSizes.contains(datagram.count), "a datagram of \(datagram.count) bytes is not relayed")
            (self.sender, self.receivers, self.datagram) = (sender, receivers, datagram)
        }

        public init(decoding bytes: [UInt8]) throws(WireError) {
            guard bytes.count <= RelayFrame.bytesMax else { throw .limitExceeded }
            var reader = ByteReader(bytes)
            guard try reader.readUInt8() == RelayFrame.kind else { throw .unexpected }
            sender = try reader.readUInt32()
            let count = Int(try reader.readUInt8())
            guard RelayFrame.receiverCounts.contains(count) else { throw .unexpected }
            var receivers: [UInt32] = []
            for _ in 0..<count {
                let receiver = try reader.readUInt32()
                if let last = receivers.last, receiver <= last { throw .nonCanonical }
                receivers.append(receiver)
            }
            self.receivers = receivers
            datagram = reader.readRest()
            guard RelayFrame.datagramSizes.contains(datagram.count) else { throw .unexpected }
        }

        public var encoded: [UInt8] {
            var writer = ByteWriter(capacity: 6 + 4 * receivers.count + datagram.count)
            writer.write(RelayFrame.kind)
            writer.write(sender)
            writer.write(UInt8(receivers.count))
            for receiver in receivers { writer.write(receiver) }
            writer.write(datagram)
            return writer.bytes
        }
    }

    /// What a peer gets.
    public struct ToClient: Hashable, Sendable {
        /// The receiver's own number: as who it gets this.
        public let receiver: UInt32
        /// Who sent it, by the rendezvous' word.
        public let sender: UInt32
        public let datagram: [UInt8]

        public init(receiver: UInt32, sender: UInt32, datagram: [UInt8]) {
            precondition(RelayFrame.datagramSizes.contains(datagram.count), "a datagram of \(datagram.count) bytes is not relayed")
            (self.receiver, self.sender, self.datagram) = (receiver, sender, datagram)
        }

        public init(decoding bytes: [UInt8]) throws(WireError) {
            guard bytes.count <= RelayFrame.bytesMax else { throw .limitExceeded }
            var reader = ByteReader(bytes)
            guard try reader.readUInt8() == RelayFrame.kind else { throw .unexpected }
            receiver = try reader.readUInt32()
            sender = try reader.readUInt32()
            datagram = reader.readRest()
            guard RelayFrame.datagramSizes.contains(datagram.count) else { throw .unexpected }
        }

        public var encoded: [UInt8] {
            var writer = ByteWriter(capacity: 9 + datagram.count)
            writer.write(RelayFrame.kind)
            writer.write(receiver)
            writer.write(sender)
            writer.write(datagram)
            return writer.bytes
        }
    }

    /// First byte of a frame that carries a datagram.
    private static let kind: UInt8 = 1
    /// How many may be named in one frame.
    public static let receiverCounts = 1...8
    /// What is carried: nothing that UDP would not.
    public static let datagramSizes = 1...Limits.datagramBytes
    /// The largest frame in either direction, bytes.
    public static let bytesMax = 6 + 4 * receiverCounts.upperBound + Limits.datagramBytes
}
