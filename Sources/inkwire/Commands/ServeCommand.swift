import ArgumentParser
import Foundation
import InkAutomation
import InkPrimitives
import InkRendezvous
import InkRuntime
import InkSession
import Synchronization

/// `inkwire serve`: a rendezvous.
struct ServeCommand: ParsableCommand, TakesOptions, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a rendezvous, which introduces peers; it carries for those who have no direct way, and can read nothing.",
        discussion: """
            Keeps nothing on disk; restarting it loses nothing of a board. Whom it introduced and who has a direct way to each other goes on \
            without it; for who has none it carries sealed datagrams, as much as --relay and --relay-total let it.

            Without --tls-cert and --tls-key it speaks in clear (ws://); what peers say to each other is encrypted end to end either way. With \
            TLS (wss://), SIGHUP reads certificate and key again, and the old ones stay where the new are bad.

            With --auth people need a token to make boards here: jwt:FILE names a set of keys that sign tokens (JWKS: HS256, EdDSA, ES256), allow:FILE the \
            tokens themselves, a line each, with name=, topics=, relay= and mailboxes= behind one to limit it. Who has none is a guest, and comes to boards \
            and codes of those who have one, while they are there. SIGHUP reads FILE again. Who runs it can then know who uses which topic, and people are \
            told so.

            /healthz and /metrics answer plain requests at the same port.
            """)

    static let examples = [
        Example("inkwire serve", "port 4300, in clear"),
        Example("inkwire serve --tls-cert cert.pem --tls-key key.pem", "with TLS"),
        Example("inkwire serve --listen 127.0.0.1:4300 --proxy 127.0.0.1", "behind nginx"),
    ]

    @Option(
        name: .customLong("listen"),
        help: ArgumentHelp(
            "Where to accept WebSockets; without it, port \(Self.defaultPort) of all addresses. Port 0 for a free one.",
            valueName: "host:port"))
    var listen: String?

    @Option(
        name: .customLong("stun"),
        help: ArgumentHelp("Where to answer STUN on UDP; without it, the port of --listen.", valueName: "host:port"))
    var stun: String?

    @Option(
        name: .customLong("proxy"),
        help: ArgumentHelp(
            "A reverse proxy in front of this, by its address: its X-Forwarded-For says who connects. May be given more than once.",
            valueName: "address"))
    var proxies: [String] = []

    @Option(
        name: .customLong("tls-cert"),
        help: ArgumentHelp(
            "Speak TLS with the certificate in this file, PEM, and those that lead to its authority behind it. Without it, in clear.",
            valueName: "file"), completion: .file())
    var certificate: String?

    @Option(
        name: .customLong("tls-key"), help: ArgumentHelp("The private key of --tls-cert, PEM, without a password.", valueName: "file"),
        completion: .file())
    var key: String?

    @Option(
        name: .customLong("auth"),
        help: ArgumentHelp("Ask for tokens; who has none is a guest of who has.", valueName: "jwt:file|allow:file"))
    var auth: String?

    @Option(
        name: .customLong("auth-audience"),
        help: ArgumentHelp("Whom tokens must be for (aud). Without it, anybody.", valueName: "text"))
    var audience: String?

    @Option(
        name: .customLong("relay"),
        help: ArgumentHelp(
            "Sealed KiB a second to carry for a board while its peers have no direct way; off for none. Without it, \(Self.relayDefault).",
            valueName: "rate|off"))
    var relay: String?

    @Option(
        name: .customLong("relay-total"),
        help: ArgumentHelp(
            "The same for all boards together, counted for each receiver. Without it, \(Self.relayTotalDefault).", valueName: "rate"))
    var relayTotal: Int?

    @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

    mutating func validate() throws {
        guard (certificate == nil) == (key == nil) else { throw ValidationError("--tls-cert and --tls-key are given together") }
        guard relayTotal.map(Self.rates.contains) ?? true else {
            throw ValidationError("--relay-total takes KiB a second, 1 to \(Self.rates.upperBound)")
        }
        guard relay == nil || relay == "off" || relay.flatMap({ Int($0) }).map(Self.rates.contains) ?? false else {
            throw ValidationError("--relay takes KiB a second, 1 to \(Self.rates.upperBound), or off")
        }
        guard relay != "off" || relayTotal == nil else {
            throw ValidationError("--relay off carries nothing: --relay-total has no meaning")
        }
        guard auth == nil || gateForm != nil else { throw ValidationError("--auth takes jwt:FILE or allow:FILE") }
        // CL-408
        guard audience == nil || gateForm?.form == .keySet else { throw ValidationError("--auth-audience belongs to --auth jwt:FILE") }
        guard audience?.isEmpty != true else { throw ValidationError("--auth-audience names nobody: its value is empty") }
        for (isGiven, words) in foreign where isGiven { throw ValidationError(words) }
    }

    /// Options of who is on a board, which here would be taken for something else, or for done (CL-211).
    private var foreign: [(isGiven: Bool, words: String)] {
        [
            (options.port != nil, "--port is the UDP port of a peer: a rendezvous listens where --listen says"),
            (options.isRelayForbidden, "--no-relay is for peers: a rendezvous carries nothing with --relay off"),
            (options.isRelayOnly, "--relay-only is for peers: a rendezvous carries what --relay lets it"),
            (options.isMeteredByFlag, "--metered is for peers: a rendezvous carries little, and --relay off less"),
            (options.isLANForbidden, "--no-lan is for peers: a rendezvous looks for nobody"),
            (options.tokenFile != nil, "--token-file is for peers: a rendezvous takes tokens by --auth"),
            (options.authorityFile != nil, "--tls-ca is for peers: a rendezvous speaks TLS with --tls-cert and --tls-key"),
            (!options.rendezvousTexts.isEmpty, "--rendezvous is for peers: a rendezvous needs no other"),
            (!options.directTexts.isEmpty, "--direct is for peers: a rendezvous dials nobody"),
            (options.keyLogFile != nil, "--key-log is for peers: a rendezvous has no keys of theirs"),
            (options.impairText != nil, "--impair is for peers: a rendezvous treats all datagrams alike"),
        ]
    }

    static let relayDefault = (RendezvousServer.Configuration().relayRate ?? 0) >> 10
    static let relayTotalDefault = RendezvousServer.Configuration().relayTotalRate >> 10

    /// KiB a second, up to 8 GiB.
    static let rates = 1...(8 << 20)

    mutating func run() throws {
        var configuration = RendezvousService.Configuration()
        let place = try listen.map { try host($0, "--listen") }
        if let place { configuration.listen = [place] }
        configuration.stun = try stun.map { try host($0, "--stun") }
        configuration.proxies = TrustedProxies(Set(try proxies.map(proxy)))
        // From here on a SIGHUP is no end: who renews certificates does not know whether we are through with the first.
        let reloading = certificate == nil && auth == nil ? nil : Reloading()
        configuration.tls = try identity()
        configuration.tokens = try gate()
        limit(&configuration.server)
        configuration.advise = { [notices = options.notices] advice in notices.say(Self.sentence(for: advice)) }
        // A connection is a descriptor, and the usual soft limit is far below what a rendezvous may serve.
        DescriptorLimit.raise()
        try FileAllowance.check()
        let service: RendezvousService
        do {
            service =
                try place == nil
                ? RendezvousService.inBothFamilies(configuration, ports: [Self.defaultPort], clock: options.clock)
                : RendezvousService(configuration, clock: options.clock)
        } catch {
            throw failure(error, configuration, place: place)
        }
        // Before anybody is told that we listen, and may stop us.
        let asked = DispatchSemaphore(value: 0)
        let number = Counter()
        let (tls, tokens) = (configuration.tls, configuration.tokens)
        let signals = EndingSignals(reloading == nil ? [SIGTERM, SIGINT, SIGHUP] : [SIGTERM, SIGINT]) {
            number.add(Int($0))
            asked.signal()
        }
        reloading?.begin { [notices = options.notices] in
            if let tls { Self.reload(tls, notices) }
            if let tokens { Self.reload(tokens, service, notices) }
        }
        let places = service.addresses.map { "\(tls == nil ? "ws" : "wss")://\($0)" }.joined(separator: ", ")
        options.notices.say("rendezvous at \(places), STUN at \(service.stunAddress); interrupt to stop")
        if let tokens { tellTokens(tokens, service) }
        // Behind a proxy it has a name that only its owner knows (CL-350).
        if proxies.isEmpty { options.notices.say("who makes a board types: inkwire new --rendezvous \(meetingPlace(of: service))") }
        if options.isJSON {
            let line: JSONObject = [
                "schema": 1, "event": "listening", "rendezvous": .string(places), "stun": .string(service.stunAddress.description),
            ]
            // Where it does not arrive, whoever waits for it never learns the port that the system chose.
            try StandardStream.output.deliver(Array((JSONValue.object(line).text + "\n").utf8))
        }
        asked.wait()
        let done = DispatchSemaphore(value: 0)
        Task {
            await service.stop()
            done.signal()
        }
        done.wait()
        signals.cancel()
        reloading?.cancel()
        EndingSignals.die(by: Int32(number.add(0)))
    }

    private static func reload(_ tls: TLSIdentity, _ notices: Notices) {
        do throws(TLSError) {
            notices.say("the certificate was read again; it is valid until \(try tls.reload())")
        } catch {
            notices.say("the new certificate is not used, the old one stays: \(error)")
        }
    }

    // RT-168
    private static func reload(_ tokens: TokenGate, _ service: RendezvousService, _ notices: Notices) {
        do throws(SecretFile.Refusal) {
            try tokens.reload()
            service.tokensChanged()
            notices.say("the file of --auth was read again; it holds \(tokens.words)")
        } catch {
            notices.say("the new file of --auth is not used, what was read before stays: \(error)")
        }
    }

    /// What who runs it should know of tokens (CL-414).
    private func tellTokens(_ tokens: TokenGate, _ service: RendezvousService) {
        options.notices.say("tokens are asked for, by \(tokens.words); who has none is a guest")
        if tokens.takesAnyAudience { options.notices.say("tokens for whomever are taken: --auth-audience says whom they must be for") }
        if certificate == nil, proxies.isEmpty, !service.addresses.allSatisfy(\.ip.isLoopback) {
            options.notices.say(
                "tokens come over TLS only, and from this machine: give --tls-cert and --tls-key, or stand behind a proxy (--proxy)")
        }
    }

    /// What `--auth` says; nil for what it cannot.
    private var gateForm: (form: TokenGate.Form, file: String)? {
        guard let parts = auth?.split(separator: ":", maxSplits: 1), parts.count == 2, let form = TokenGate.Form(rawValue: String(parts[0]))
        else { return nil }
        return (form, String(parts[1]))
    }

    // CL-407
    private func gate() throws(Failure) -> TokenGate? {
        guard let (form, file) = gateForm else { return nil }
        do throws(SecretFile.Refusal) {
            return try TokenGate(form, file: file, audience: audience)
        } catch {
            throw Failure(
                .rendezvous, code: "bad_auth", what: "cannot serve with this file of --auth", why: "\(error)",
                next: form == .keySet
                    ? "name a set of keys (JWKS) with --auth jwt:FILE, which only this user may read"
                    : "name a list of tokens, one a line, with --auth allow:FILE, which only this user may read")
        }
    }

    /// What is carried, by the options and then by the configuration (CL-405).
    func limit(_ server: inout RendezvousServer.Configuration) {
        if let relay = relay ?? options.config[.relayRate] { server.relayRate = Int(relay).map { $0 << 10 } }
        if let total = relayTotal ?? options.config[.relayTotalRate].flatMap({ Int($0) }) { server.relayTotalRate = total << 10 }
    }

    static let defaultPort: UInt16 = 4300

    /// Where others reach it. A certificate is for a name, and a wildcard is no address (CL-220).
    private func meetingPlace(of service: RendezvousService) -> String {
        let address = service.addresses.first { !$0.ip.isUnspecified && certificate == nil }
        return (certificate == nil ? "ws" : "wss") + "://" + (address.map { "\($0)" } ?? "HOST:\(service.port)")
    }

    /// Names the option that leads out.
    private func failure(_ error: SocketError, _ configuration: RendezvousService.Configuration, place: Invite.Host?) -> Failure {
        var failure = Failure(error)
        guard case .portBusy(let port) = error else { return failure }
        let asked = place ?? Invite.Host(name: "0.0.0.0", port: Self.defaultPort)
        let (option, host) = configuration.stun.flatMap { port == asked.port ? nil : ("--stun", $0) } ?? ("--listen", asked)
        failure.next = "end that program, or let the system choose a port: \(option) \(Invite.Host(name: host.name, port: 0))"
        return failure
    }

    private func identity() throws -> TLSIdentity? {
        guard let certificate, let key else { return nil }
        do throws(TLSError) {
            return try TLSIdentity(certificate: certificate, key: key)
        } catch {
            throw Failure(
                error, what: "cannot serve with this certificate",
                next: "name the certificate with --tls-cert and its key with --tls-key, both in PEM")
        }
    }

    private func proxy(_ text: String) throws -> IPAddress {
        guard let address = IPAddress(text) else {
            throw Failure.usage("--proxy \(text) cannot be used", why: "it is not an IP address", next: "for example --proxy 127.0.0.1")
        }
        return address
    }

    private static func sentence(for advice: RendezvousService.Advice) -> String {
        switch advice {
        case .proxyNamesNobody(let proxy):
            "the proxy \(proxy) does not say for whom it speaks, so all who come through it share what one may have; "
                + "have it set X-Forwarded-For"
        case .proxyUnknown(let proxy):
            "\(proxy) speaks for others (X-Forwarded-For), and all of them share what one may have; "
                + "if it is your proxy, start this with --proxy \(proxy)"
        }
    }

    private func host(_ text: String, _ option: String) throws -> Invite.Host {
        guard let host = Invite.Host(text) ?? (text.hasSuffix(":0") ? Invite.Host(name: String(text.dropLast(2)), port: 0) : nil)
        else {
            throw Failure.usage(
                "\(option) \(text) cannot be used", why: "it is not of the form HOST:PORT",
                next: "for example \(option) 127.0.0.1:4300, or port 0 for a free one")
        }
        return host
    }
}

/// Does something at each SIGHUP; one that comes before it is said what to do is remembered (RT-152).
private final class Reloading {
    private let source: any DispatchSourceSignal
    private let queue = DispatchQueue(label: "inkwire reload")
    private let action = Action()

    init() {
        signal(SIGHUP, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: queue)
        source.setEventHandler { [action] in action.run() }
        let registered = DispatchSemaphore(value: 0)
        source.setRegistrationHandler { registered.signal() }
        source.resume()
        // From here on none is lost.
        registered.wait()
    }

    func begin(_ reload: @escaping @Sendable () -> Void) { if action.become(reload) { queue.async(execute: reload) } }
    func cancel() { source.cancel() }

    private final class Action: Sendable {
        private enum State {
            case unknown(isAsked: Bool)
            case known(@Sendable () -> Void)
        }

        private let state = Mutex(State.unknown(isAsked: false))

        /// - Returns: true where it has been asked for already.
        func become(_ reload: @escaping @Sendable () -> Void) -> Bool {
            state.withLock { state in
                defer { state = .known(reload) }
                return if case .unknown(isAsked: true) = state { true } else { false }
            }
        }

        func run() {
            let reload: (@Sendable () -> Void)? = state.withLock { state in
                if case .known(let reload) = state { return reload }
                state = .unknown(isAsked: true)
                return nil
            }
            reload?()
        }
    }
}
