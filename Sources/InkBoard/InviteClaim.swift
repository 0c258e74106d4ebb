import InkCrypto
import InkPrimitives

/// What somebody says who wants to join by an invite and has not written so yet: it lets him see the board, so that he can (BD-115).
package struct InviteClaim: Hashable, Sendable {
    /// The transaction that gives the invite.
    package let invite: TransactionName
    /// That of his admission to come, by the invite's key; 64 bytes.
    package let signature: [UInt8]

    package init(invite: TransactionName, signature: [UInt8]) { (self.invite, self.signature) = (invite, signature) }

    /// The claim of `author` by who has an invite's key.
    package init(of author: AuthorID, to board: BoardID, by invite: TransactionName, key: SigningKey) {
        self.init(invite: invite, signature: RightsAdmission(of: author, to: board, inviteKey: key).signature)
    }

    package func write(to writer: inout ByteWriter) {
        writer.write(invite)
        writer.write(signature)
    }

    package init(from reader: inout ByteReader) throws(WireError) {
        invite = try reader.readIdentifier()
        signature = try reader.readBytes(Signature.byteCount)
    }
}

/// Why a claim lets nobody in.
package enum ClaimFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The invite is not here, or what is named is none.
    case unknownInvite
    /// The invite was removed, or the right that this one had by it.
    case ended
    /// As many others have joined by it as may.
    case spent
    /// Its time is over by our clock.
    case expired
    /// The invite's key did not sign for this one.
    case badSignature

    package var description: String {
        switch self {
        case .unknownInvite: "an invite that is not known here"
        case .ended: "an invite that was ended"
        case .spent: "an invite that was used up"
        case .expired: "an invite whose time is over"
        case .badSignature: "the invite's key did not sign"
        }
    }
}
