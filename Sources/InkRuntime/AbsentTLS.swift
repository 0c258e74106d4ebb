#if !TLS
    // What stands in place of TLS.swift in a program that is built without the trait `TLS`. Nobody can make one of these values (RT-162): all that
    // takes one builds as it is, and what is meant for TLS is not sent in clear (RT-151).

    import InkSession
    import NIOCore

    /// Whom a client takes for a rendezvous: nobody over TLS.
    public final class TLSTrust: Sendable {
        /// Whether this program has TLS at all.
        public static let isBuiltIn = false

        /// Always throws `TLSError.absent`.
        public init(file: String? = nil) throws(TLSError) { throw .absent }

        func ready(on loop: any EventLoop) -> EventLoopFuture<Void> { loop.makeFailedFuture(TLSError.absent) }
        func secure(_ channel: any Channel, as host: Invite.Host) throws { throw TLSError.absent }
        func explain(_ error: any Error, on channel: any Channel, to host: Invite.Host) -> any Error { error }
    }

    /// Who a service is: nobody over TLS.
    public final class TLSIdentity: Sendable {
        public var validUntil: String { "" }

        /// Always throws `TLSError.absent`.
        public init(certificate: String, key: String) throws(TLSError) { throw .absent }

        public func reload() throws(TLSError) -> String { throw .absent }
        func secure(_ channel: any Channel) throws { throw TLSError.absent }
    }

    extension Channel {
        /// As `close`: there is no farewell of TLS to be left out (RT-127).
        func closeAtOnce() { close(promise: nil) }
    }

    extension Error {
        /// In words for a person, where it is an error of TLS: of none.
        var reasonOfTLS: String? { nil }
    }
#endif
