#if TLS
    import Foundation
    import InkPrimitives
    import InkSession
    import NIOCore
    import NIOHTTP1
    import NIOPosix
    import NIOSSL
    import Synchronization

    /// Whom a client takes for a rendezvous (RT-35): the authorities that the system trusts, and those of one file.
    ///
    /// Nothing is read before the first connection, and then off the loop: a system's authorities are some hundred certificates, and the
    /// first picture of a board does not wait for them.
    public final class TLSTrust: Sendable {
        /// Whether this program has TLS at all (RT-162).
        public static let isBuiltIn = true

        private let make: @Sendable () throws -> NIOSSLContext
        private let made = Mutex<NIOSSLContext?>(nil)

        /// - Parameter file: certificates in PEM to trust beside those that the system trusts; nil for none.
        public init(file: String? = nil) throws(TLSError) {
            let authorities = try file.map { path throws(TLSError) in try PEM.certificates(path) } ?? []
            make = { try Self.context(trusting: authorities) }
        }

        /// - Parameter make: for tests, in place of reading what the system has.
        init(make: @escaping @Sendable () throws -> NIOSSLContext) { self.make = make }

        /// Done when `secure` may be called.
        func ready(on loop: any EventLoop) -> EventLoopFuture<Void> {
            let promise = loop.makePromise(of: Void.self)
            // Not where signatures are checked: a disk may be slow.
            DispatchQueue.global().async { promise.completeWith(Result { _ = try self.context() }) }
            return promise.futureResult
        }

        /// Puts TLS at the front of the pipeline, where the other end is to prove that it is `host`.
        func secure(_ channel: any Channel, as host: Invite.Host) throws {
            // An address is no server name (RFC 6066 §3); the certificate has to name the address then.
            let name = IPAddress(host.name) == nil ? host.name : nil
            try channel.pipeline.syncOperations.addHandler(try NIOSSLClientHandler(context: context(), serverHostname: name))
        }

        /// What an error of a connection means, where it is one of TLS. To be asked as long as the channel's pipeline stands.
        func explain(_ error: any Error, on channel: any Channel, to host: Invite.Host) -> any Error {
            if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
                return TLSFailure("its certificate is for another name than \(host.name)")
            }
            guard case .handshakeFailed(let cause)? = error as? NIOSSLError else { return error }
            let text = "\(cause)"
            guard text.contains("CERTIFICATE_VERIFY_FAILED") else {
                // What a server without TLS says is read as a record of an unknown version (RT-150).
                let isPlain = text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST")
                return TLSFailure(isPlain ? "it does not speak TLS" : "it closed the connection while TLS was agreed on")
            }
            let certificate = try? channel.pipeline.syncOperations.nioSSL_peerCertificate()
            let validity = certificate.map { Int64($0.notValidBefore)...max(Int64($0.notValidBefore), Int64($0.notValidAfter)) }
            return TLSFailure(Self.refusal(validity: validity, now: Int64(Date().timeIntervalSince1970)))
        }

        /// Why a certificate was not believed (RT-149). A wrong clock is told as that: certificates are right more often than the clocks of small
        /// machines.
        ///
        /// - Parameters:
        ///   - validity: from when to when the certificate is valid, seconds since 1970; nil where it is not known.
        ///   - now: what our clock says.
        static func refusal(validity: ClosedRange<Int64>?, now: Int64) -> String {
            let (today, year) = (day(now), String(day(now).prefix { $0 != "-" }))
            if now < firstPossible { return "the clock of this machine says \(year), so no certificate can be judged: set the clock" }
            guard let validity else { return unknownAuthority }
            if now < validity.lowerBound - years {
                return "the clock of this machine says \(today), its certificate is valid from \(day(validity.lowerBound)): set the clock"
            }
            if now > validity.upperBound + years {
                return "its certificate ran out on \(day(validity.upperBound)), or the clock of this machine, which says \(today), is wrong"
            }
            if now < validity.lowerBound {
                return "its certificate is valid from \(day(validity.lowerBound)), and the clock here says \(today)"
            }
            if now > validity.upperBound { return "its certificate ran out on \(day(validity.upperBound))" }
            return unknownAuthority
        }

        private static let unknownAuthority =
            "nobody whom this machine trusts vouches for its certificate; if its authority is your own, name it with --tls-ca"
        /// 2025-01-01: this program is younger.
        private static let firstPossible: Int64 = 1_735_689_600
        /// Two of them, seconds.
        private static let years: Int64 = 2 * 365 * 86_400

        private func context() throws -> NIOSSLContext {
            try made.withLock { made in
                if let made { return made }
                let context = try make()
                made = context
                return context
            }
        }

        private static func context(trusting authorities: [NIOSSLCertificate]) throws -> NIOSSLContext {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            configuration.additionalTrustRoots = authorities.isEmpty ? [] : [.certificates(authorities)]
            return try NIOSSLContext(configuration: configuration)
        }
    }

    /// Tells who speaks in clear to a port with TLS what it is (RT-150), as RFC 2817 §4.2 has it, and closes; TLS alone would close without a word.
    private final class ClearTextGate: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private enum State { case unknown, isTLS, isRefused }
        private var state = State.unknown

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            if state == .unknown {
                let bytes = unwrapInboundIn(data)
                // A handshake record is the first thing that a client says (RFC 8446 §5.1).
                state = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) == 0x16 ? .isTLS : .isRefused
                if state == .isRefused { refuse(context) }
            }
            if state == .isTLS { context.fireChannelRead(data) }
        }

        private func refuse(_ context: ChannelHandlerContext) {
            let text = "This rendezvous speaks TLS: its address begins with wss://.\n"
            let answer = """
                HTTP/1.1 426 Upgrade Required\r\nUpgrade: TLS/1.2, HTTP/1.1\r\nConnection: close\r\nContent-Type: text/plain\r\n\
                Content-Length: \(text.utf8.count)\r\n\r\n\(text)
                """
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer))).whenComplete { _ in bound.value.close(promise: nil) }
        }
    }

    /// Who a service is: its certificates and its key, read anew when asked.
    public final class TLSIdentity: Sendable {
        private let certificateFile: String
        private let keyFile: String
        private let current: Mutex<NIOSSLContext>

        /// The last day on which the certificate is valid, as it was when this was made.
        public let validUntil: String

        /// - Parameters:
        ///   - certificate: a file with the certificate in PEM, and those that lead from it to an authority behind it.
        ///   - key: a file with the private key in PEM.
        public init(certificate: String, key: String) throws(TLSError) {
            (certificateFile, keyFile) = (certificate, key)
            let loaded = try Self.load(certificate, key)
            current = Mutex(loaded.context)
            validUntil = loaded.validUntil
        }

        /// Reads both files again (RT-36). Where something is wrong with them what was read before stays in use. Connections that are open go on.
        ///
        /// - Returns: the last day on which the new certificate is valid.
        public func reload() throws(TLSError) -> String {
            let loaded = try Self.load(certificateFile, keyFile)
            current.withLock { $0 = loaded.context }
            return loaded.validUntil
        }

        /// Puts TLS at the front of the pipeline of a connection that was accepted.
        func secure(_ channel: any Channel) throws {
            try channel.pipeline.syncOperations.addHandler(ClearTextGate())
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: current.withLock { $0 }))
        }

        private static func load(_ certificate: String, _ key: String) throws(TLSError) -> (context: NIOSSLContext, validUntil: String) {
            let certificates = try PEM.certificates(certificate)
            let keyBytes = try PEM.read(key)
            guard let privateKey = try? NIOSSLPrivateKey(bytes: keyBytes, format: .pem) else {
                throw TLSError.unusableFile("\(key) holds no private key in PEM, or one that asks for a password")
            }
            let now = Int64(Date().timeIntervalSince1970)
            if let leaf = certificates.first, Int64(leaf.notValidAfter) < now {
                throw TLSError.unusableFile("the certificate in \(certificate) ran out on \(day(Int64(leaf.notValidAfter)))")
            }
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(privateKey))
            configuration.minimumTLSVersion = .tlsv12
            do {
                return (try NIOSSLContext(configuration: configuration), day(Int64(certificates[0].notValidAfter)))
            } catch {
                throw TLSError.unusableFile("the key in \(key) is not that of the first certificate in \(certificate)")
            }
        }
    }

    extension Channel {
        /// Closes without the farewell of TLS (RT-127), for the answer to which its handler waits for seconds and keeps the descriptor. On the loop.
        func closeAtOnce() {
            if let tls = try? pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) {
                tls.close(promise: nil)
            } else {
                close(promise: nil)
            }
        }
    }

    /// Files with armoured certificates and keys.
    private enum PEM {
        /// Far more than a list of all authorities has.
        private static let bytesMax = 4 << 20

        static func read(_ path: String) throws(TLSError) -> [UInt8] {
            do {
                let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
                defer { try? file.close() }
                let data = try file.read(upToCount: bytesMax) ?? Data()
                return Array(data)
            } catch {
                throw TLSError.unusableFile("\(path) cannot be read: \(String(cString: strerror(Self.code(of: error))))")
            }
        }

        static func certificates(_ path: String) throws(TLSError) -> [NIOSSLCertificate] {
            let bytes = try read(path)
            guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
                throw TLSError.unusableFile("\(path) holds no certificate in PEM")
            }
            return certificates
        }

        private static func code(of error: any Error) -> Int32 {
            let error = error as NSError
            let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
            return cause.domain == NSPOSIXErrorDomain ? Int32(cause.code) : EIO
        }
    }

    extension Error {
        /// In words for a person, where it is an error of TLS.
        var reasonOfTLS: String? {
            switch self as any Error {
            case NIOSSLError.uncleanShutdown: "it closed the connection"
            case is NIOSSLError, is NIOSSLExtraError: "it breaks the rules of TLS"
            default: nil
            }
        }
    }

    /// A day in UTC, as 2026-11-27.
    private func day(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601.year().month().day())
    }

    /// Why TLS with a rendezvous did not come about.
    struct TLSFailure: Error, Hashable, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
#endif
