import InkPrimitives

/// What who was told a code of four digits asks all on a link: who holds the mailbox with this number? Of the words there is nothing in it (RV-91).
///
///     "ink", 2 | nonce (8) | number (2) | zeros (18)
public struct LinkQuestion: Hashable, Sendable {
    /// Says of an answer that it is to this question.
    public let nonce: [UInt8]
    public let number: MailboxNumber

    public static let nonceCount = 8
    /// As long as the longest answer and more, so that nobody is sent more than was said in his name (RV-162).
    public static let byteCount = 32

    /// Nil where the number has not four digits: no other is asked for on a link.
    public init?(number: MailboxNumber, nonce: [UInt8]) {
        precondition(nonce.count == Self.nonceCount, "a nonce has \(Self.nonceCount) bytes, not \(nonce.count)")
        guard number.isLocal else { return nil }
        (self.number, self.nonce) = (number, nonce)
    }

    public var encoded: [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.write(.question, nonce, number)
        writer.write([UInt8](repeating: 0, count: Self.byteCount - writer.bytes.count))
        return writer.bytes
    }

    public init(decoding datagram: [UInt8]) throws(WireError) {
        var reader = ByteReader(datagram)
        (nonce, number) = try reader.readAboutMailbox(.question, byteCount: Self.byteCount)
        guard reader.readRest().allSatisfy({ $0 == 0 }) else { throw .nonCanonical }
    }
}

/// What who holds the mailbox answers, to who asked alone. Where he is met is the address that it comes from, and this port.
///
///     "ink", 3 | nonce (8) | number (2) | port (2) | holder (8)
public struct LinkAnswer: Hashable, Sendable {
    /// Of the question.
    public let nonce: [UInt8]
    public let number: MailboxNumber
    /// TCP port of the rendezvous that keeps the mailbox.
    public let port: UInt16
    /// Random bytes of the program that holds it: by several addresses it is one (RV-164), and two programs are two.
    public let holder: [UInt8]

    public static let holderCount = 8
    public static let byteCount = 24

    public init(to question: LinkQuestion, port: UInt16, holder: [UInt8]) {
        precondition(holder.count == Self.holderCount, "a holder has \(Self.holderCount) bytes, not \(holder.count)")
        (nonce, number, self.port, self.holder) = (question.nonce, question.number, port, holder)
    }

    public var encoded: [UInt8] {
        var writer = ByteWriter(capacity: Self.byteCount)
        writer.write(.answer, nonce, number)
        writer.write(port)
        writer.write(holder)
        return writer.bytes
    }

    public init(decoding datagram: [UInt8]) throws(WireError) {
        var reader = ByteReader(datagram)
        (nonce, number) = try reader.readAboutMailbox(.answer, byteCount: Self.byteCount)
        port = try reader.readUInt16()
        guard port > 0 else { throw .unexpected }
        holder = try reader.readBytes(Self.holderCount)
    }
}

// With what both begin: which of them it is, of which search, about which mailbox.

extension ByteWriter {
    fileprivate mutating func write(_ kind: LinkGroup.Kind, _ nonce: [UInt8], _ number: MailboxNumber) {
        write(kind.head)
        write(nonce)
        write(UInt16(truncatingIfNeeded: number.number))
    }
}

extension ByteReader {
    /// - Parameter byteCount: of all that there is to read.
    fileprivate mutating func readAboutMailbox(
        _ kind: LinkGroup.Kind, byteCount: Int
    ) throws(WireError) -> (nonce: [UInt8], number: MailboxNumber) {
        guard remaining == byteCount else { throw .truncated(needed: byteCount, available: remaining) }
        guard try readBytes(LinkGroup.Kind.headCount) == kind.head else { throw .unexpected }
        let nonce = try readBytes(LinkQuestion.nonceCount)
        guard let number = MailboxNumber(UInt32(try readUInt16())), number.isLocal else { throw .unexpected }
        return (nonce, number)
    }
}
