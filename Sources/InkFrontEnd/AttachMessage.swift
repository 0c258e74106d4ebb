import InkBoard
import InkPrimitives
import InkSession

// What programs of one person say to each other on one machine, where one holds a board and the others attach to it. One message is one frame;
// who carries it keeps the order. The page `Attaching` has the bytes.

/// What all versions have in common, so that programs of different ones can tell each other.
package enum AttachProtocol {
    /// Raised with any change of the bytes of this target's codecs.
    package static let version: UInt16 = 17
    /// The first bytes of a hello and of the refusal of its version, for ever; two bytes of version follow. No other message begins so (FE-13).
    fileprivate static let magic = Array("INKA".utf8)
}

/// What a program says that attaches to a board. The first is a hello, and there is no second.
package enum AttachRequest: Hashable, Sendable {
    case hello(Hello)
    /// Something the person wants; with `ref` there will be one outcome.
    case intent(Intent, ref: UInt64?)
    /// Answered under the same number.
    case question(UInt64, BoardQuestion)
    /// The program ends; nothing follows.
    case leave

    /// The first words of a program.
    package struct Hello: Hashable, Sendable {
        /// The version that the program speaks. Of another than ours nothing else is known.
        package var version: UInt16
        /// The token of the program's history of undo, the same each time that it attaches.
        package var strand: UInt64
        /// The references of what it asked before and does not know to be saved.
        package var pending: [UInt64]

        /// - Parameter pending: at most `pendingMax`.
        package init(version: UInt16 = AttachProtocol.version, strand: UInt64, pending: [UInt64]) {
            precondition(pending.count <= Self.pendingMax, "a hello names at most \(Self.pendingMax) references, not \(pending.count)")
            (self.version, self.strand, self.pending) = (version, strand, pending)
        }

        // FE-160
        package static let pendingMax = 65_536
    }
}

/// What the program says that holds the board.
package enum AttachReply: Hashable, Sendable {
    case welcome(Welcome)
    /// Nothing follows.
    case refused(AttachRefusal)
    case event(Event)
    /// Under the number of the question.
    case answer(UInt64, BoardAnswer)

    /// The answer to a hello.
    package struct Welcome: Hashable, Sendable {
        package var version: UInt16
        /// The number of the program's place among those of its person.
        package var frontEnd: UInt8
        package var me: AuthorID
        package var peer: PeerID
        package var board: BoardID
        /// The board's name, unsanitised.
        package var name: String
        /// Those of the hello's references of which all that they did is on the disk.
        package var done: [UInt64]

        /// - Parameter done: at most `Hello.pendingMax`.
        package init(
            version: UInt16 = AttachProtocol.version, frontEnd: UInt8, me: AuthorID, peer: PeerID, board: BoardID, name: String,
            done: [UInt64]
        ) {
            self.version = version
            self.frontEnd = frontEnd
            self.me = me
            self.peer = peer
            self.board = board
            self.name = name
            self.done = done
        }
    }
}

/// Why a program may not attach.
package enum AttachRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The program that holds the board speaks this version.
    case version(UInt16)
    /// As many programs as take part at a time are there.
    case full
    /// The program that holds the board is ending.
    case leaving

    package var description: String {
        switch self {
        case .version(let theirs):
            "the board is open in \(theirs > AttachProtocol.version ? "a newer" : "an older") inkwire of this machine: end it there, or use that one"
        case .full: "as many programs as there may be have this board open"
        case .leaving: "the program that has this board open is ending"
        }
    }
}

extension AttachRequest {
    package func encode() -> [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .hello(let hello):
            writer.writeOuterForm(hello.version)
            // What another version would say next only that version knows (FE-159).
            guard hello.version == AttachProtocol.version else { break }
            writer.write(hello.strand)
            writer.writeList(hello.pending) { $0.write($1) }
        case .intent(let intent, let ref):
            writer.writeTag(1)
            writer.writeOptional(ref) { $0.write($1) }
            writer.write(intent)
        case .question(let number, let question):
            writer.writeTag(2)
            writer.write(number)
            writer.writeTag(question.rawValue)
        case .leave: writer.writeTag(3)
        }
        return writer.bytes
    }

    /// - Throws: for anything that `encode` does not make, but for a hello of another version: it is taken, whatever follows its version
    /// (FE-13, FE-159, FE-14).
    package init(decoding bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        if let version = try reader.readOuterForm() {
            guard version == AttachProtocol.version else {
                self = .hello(Hello(version: version, strand: 0, pending: []))
                return
            }
            let strand = try reader.readUInt64()
            self = .hello(Hello(strand: strand, pending: try reader.readReferences()))
        } else {
            switch try reader.readUInt8() {
            case 1:
                let ref = try reader.readReference()
                self = .intent(try reader.readIntent(), ref: ref)
            case 2:
                let number = try reader.readUInt64()
                guard let question = BoardQuestion(rawValue: try reader.readUInt8()) else { throw .unexpected }
                self = .question(number, question)
            case 3: self = .leave
            default: throw .unexpected
            }
        }
        try reader.finish()
    }
}

extension AttachReply {
    package func encode() -> [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .refused(.version(let version)): writer.writeOuterForm(version)
        case .welcome(let welcome):
            writer.writeTag(1)
            writer.write(welcome.version)
            writer.write(welcome.frontEnd)
            writer.write(welcome.me)
            writer.write(welcome.peer)
            writer.write(welcome.board)
            writer.writeText(welcome.name)
            writer.writeList(welcome.done) { $0.write($1) }
        case .refused(.full): writer.writeTag(2)
        case .refused(.leaving): writer.writeTag(3)
        case .event(let event):
            writer.writeTag(4)
            writer.write(event)
        case .answer(let number, let answer):
            writer.writeTag(5)
            writer.write(number)
            writer.write(answer)
        }
        return writer.bytes
    }

    /// - Throws: for anything that `encode` does not make, but for the refusal of a version: it is taken, whatever follows the version (FE-14).
    package init(decoding bytes: [UInt8]) throws(WireError) {
        var reader = ByteReader(bytes)
        if let version = try reader.readOuterForm() {
            self = .refused(.version(version))
            return
        }
        switch try reader.readUInt8() {
        case 1:
            let (version, frontEnd) = (try reader.readUInt16(), try reader.readUInt8())
            let (me, peer, board): (AuthorID, PeerID, BoardID) = (
                try reader.readIdentifier(), try reader.readIdentifier(), try reader.readIdentifier()
            )
            self = .welcome(
                Welcome(
                    version: version, frontEnd: frontEnd, me: me, peer: peer, board: board, name: try reader.readText(),
                    done: try reader.readReferences()))
        case 2: self = .refused(.full)
        case 3: self = .refused(.leaving)
        case 4: self = .event(try reader.readEvent())
        case 5:
            let number = try reader.readUInt64()
            self = .answer(number, try reader.readBoardAnswer())
        default: throw .unexpected
        }
        try reader.finish()
    }
}

extension ByteWriter {
    fileprivate mutating func writeOuterForm(_ version: UInt16) {
        write(AttachProtocol.magic)
        write(version)
    }
}

extension ByteReader {
    /// The version, if these are the first bytes of a message that all versions understand; nil, and nothing read, for any other message.
    fileprivate mutating func readOuterForm() throws(WireError) -> UInt16? {
        var ahead = self
        for byte in AttachProtocol.magic {
            guard !ahead.isAtEnd, try ahead.readUInt8() == byte else { return nil }
        }
        let version = try ahead.readUInt16()
        self = ahead
        return version
    }

    fileprivate mutating func readReferences() throws(WireError) -> [UInt64] {
        try readList(leastBytes: 8, limit: AttachRequest.Hello.pendingMax) { reader throws(WireError) in try reader.readUInt64() }
    }
}
