import Dispatch
import InkPrimitives
import InkRendezvous
import InkSession
import NIOCore

/// Which file holds the token for which rendezvous.
///
/// A token is for that host and port alone, whoever names another: a link, a code, a redirect (RT-166).
public struct TokenFiles: Sendable {
    private struct Place: Hashable, Sendable {
        /// In small letters: a name has one meaning however it is written (RFC 4343).
        let name: String
        let port: UInt16
        let usesTLS: Bool

        init(_ host: Invite.Host, usesTLS: Bool) { (name, port, self.usesTLS) = (host.name.lowercased(), host.port, usesTLS) }
    }

    private var files: [Place: String] = [:]

    public init() {}

    /// Whether a token may go there at all: over TLS, or without leaving this machine.
    public static func mayGo(to host: Invite.Host, usesTLS: Bool) -> Bool { usesTLS || host.isLoopback }

    /// The token in this file is for this rendezvous, in place of what was before.
    public mutating func set(_ path: String, for host: Invite.Host, usesTLS: Bool) {
        precondition(Self.mayGo(to: host, usesTLS: usesTLS), "a token goes over TLS, or to this machine")
        files[Place(host, usesTLS: usesTLS)] = path
    }

    /// Nil where none is for it.
    func file(for host: Invite.Host, usesTLS: Bool) -> TokenFile? {
        files[Place(host, usesTLS: usesTLS)].map { TokenFile(path: $0) }
    }
}

/// A token on the disk. It is read anew for each connection, so that one that was renewed is used.
public struct TokenFile: Sendable {
    private let path: String

    public init(path: String) { self.path = path }

    /// The token.
    public func read() throws(SecretFile.Refusal) -> String {
        // With the line feed that an editor writes.
        let bytes = try SecretFile.read(path, limit: AccessKeys.tokenBytesMax + 2)
        let text = String(decoding: bytes, as: UTF8.self)
        let token = String(text.drop(while: \.isWhitespace).prefix { !$0.isWhitespace })
        guard token.utf8.count <= AccessKeys.tokenBytesMax, AccessKeys.isToken(token),
            text.drop(while: \.isWhitespace).dropFirst(token.count).allSatisfy(\.isWhitespace)
        else { throw SecretFile.refusal(path, "holds no token: that is one word of letters, digits and -._~+/=, as it was given out") }
        return token
    }

    /// The token, read beside the loop: a disk may be slow.
    func read(on loop: any EventLoop) -> EventLoopFuture<String> {
        let promise = loop.makePromise(of: String.self)
        DispatchQueue.global().async { promise.completeWith(Result { try read() }) }
        return promise.futureResult
    }
}
