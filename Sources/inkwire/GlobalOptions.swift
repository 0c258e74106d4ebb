import ArgumentParser
import Foundation
import InkFormats
import InkPrimitives
import InkRendezvous
import InkRuntime
import InkSession
import InkStore
import InkTerminal

/// Options that every command takes. A flag goes before the environment, the environment before the configuration, that before the default.
struct GlobalOptions: ParsableArguments {
    @Option(name: .customLong("data-dir"), help: ArgumentHelp("Where boards and keys are kept.", valueName: "dir"), completion: .directory)
    var dataDirectory: String?

    @Option(
        name: .customLong("config"),
        help: ArgumentHelp("The configuration; without it, inkwire/config.toml in XDG_CONFIG_HOME or ~/.config.", valueName: "file"),
        completion: .file())
    var configFile: String?

    @Option(
        name: .customLong("rendezvous"),
        help: ArgumentHelp("Where peers are introduced to each other; may be given more than once.", valueName: "ws[s]://host:port"))
    var rendezvousTexts: [String] = []

    @Option(
        name: .customLong("tls-ca"),
        help: ArgumentHelp(
            "Certificates (PEM) to trust for a rendezvous of wss:// beside those that the system trusts.", valueName: "file"),
        completion: .file())
    var authorityFile: String?

    @Option(
        name: .customLong("token-file"),
        help: ArgumentHelp("A token to show to the rendezvous that --rendezvous names, if it asks for one.", valueName: "file"),
        completion: .file())
    var tokenFile: String?

    @Flag(name: .customLong("no-relay"), help: "Never send by way of the rendezvous what peers say to each other.")
    var isRelayForbidden = false

    @Flag(name: .customLong("relay-only"), help: "Send by way of the rendezvous only: no peer learns an address of this machine.")
    var isRelayOnly = false

    @Flag(name: .customLong("metered"), help: "What passes is paid for: send and ask for as little as may be.")
    var isMeteredByFlag = false
    @Flag(name: .customLong("no-lan"), help: "Look for nobody on this machine's own networks, and be found by nobody there.")
    var isLANForbidden = false

    @Option(name: .customLong("name"), help: ArgumentHelp("What the others call you.", valueName: "name"))
    var givenName: String?

    @Option(name: .customLong("direct"), help: ArgumentHelp("A peer's UDP address to dial without any rendezvous.", valueName: "host:port"))
    var directTexts: [String] = []

    @Option(name: .customLong("port"), help: ArgumentHelp("The UDP port to use; without it, the one used last or any.", valueName: "port"))
    var port: UInt16?

    @Option(
        name: .customLong("impair"),
        help: ArgumentHelp(
            "Treat sent datagrams badly, for tests: loss, dup, reorder in percent, delay, jitter in ms, rate in kbit/s.",
            valueName: "loss=10,delay=50,…"))
    var impairText: String?

    @Flag(name: .customLong("json"), help: "Write results and errors as JSON.")
    var isJSON = false

    @Flag(name: [.customShort("q"), .customLong("quiet")], help: "Say nothing but errors.")
    var isQuiet = false

    @Flag(
        name: [.customShort("v"), .customLong("verbose")],
        help: "Say more about what happens: the ways to peers; -vv also those that are tried.")
    var verbosity: Int

    @Option(
        name: .customLong("key-log"),
        help: ArgumentHelp(
            "Append the keys of all connections to this file, for tools/capture. Whoever has it can read what is said.", valueName: "file"),
        completion: .file())
    var keyLogFile: String?

    @Flag(name: .customLong("no-input"), help: "Never ask for anything.")
    var isInputForbidden = false

    @Option(name: .customLong("color"), help: ArgumentHelp("auto, always or never.", valueName: "when"))
    var givenColor: ColorChoice?

    /// What the person typed when asked what to be called; no option.
    var typedName: String?
    /// What was read of the configuration; no option.
    private var readConfig: ConfigFile?

    enum ColorChoice: String, ExpressibleByArgument { case auto, always, never }

    mutating func validate() throws {
        // A variable of a script that was never set: neither the root of the system nor a person's own boards are meant (CL-303).
        guard dataDirectory?.isEmpty != true else { throw ValidationError("--data-dir names no directory: its value is empty") }
        guard !isRelayForbidden || !isRelayOnly else {
            throw ValidationError("--no-relay and --relay-only together leave no way to a peer")
        }
        readConfig = Self.config(flag: configFile)
        guard relayPolicy != .only || directTexts.isEmpty else {
            throw ValidationError("\(isRelayOnly ? "--relay-only" : "relay = \"only\"") dials nobody: --direct cannot be given with it")
        }
    }

    /// What the person's file says.
    var config: ConfigFile { readConfig ?? Self.config(flag: configFile) }

    private static func config(flag: String?) -> ConfigFile {
        let place = ConfigFile.place(flag: flag, environment: environment, accountHome: NSHomeDirectory)
        return ConfigFile(path: place.path, isNamed: place.isNamed)
    }

    private func isSet(_ key: ConfigKey) -> Bool { setting(key).values == ["true"] }

    /// Which ways may be taken to a peer.
    var relayPolicy: RelayPolicy {
        switch setting(.relay).values {
        case ["never"]: .never
        case ["only"]: .only
        default: .any
        }
    }

    /// What passes is paid for (CL-211).
    var isMetered: Bool { isSet(.metered) }
    /// Whether people are looked for on the networks that this machine is on: never where only relays are to be seen (CL-202).
    var usesLAN: Bool { isSet(.lan) && relayPolicy != .only }

    /// What keeps this program from its networks, as the person said it; of use where something does.
    var lanObstacle: String {
        let key = relayPolicy == .only ? ConfigKey.relay : .lan
        switch setting(key).origin {
        case .flag(let name), .environment(let name): return name
        case .file, .usual: return "\(key.rawValue) in the configuration"
        }
    }

    /// When messages are coloured. NO_COLOR is for who reads it.
    var colorChoice: ColorChoice {
        let setting = setting(.color)
        return setting.origin == .environment("NO_COLOR") ? .auto : setting.values.first.flatMap(ColorChoice.init) ?? .auto
    }

    /// Refuses what is wrong in the options before anything is made or opened.
    func check() throws {
        try FileAllowance.check()
        _ = try displayName(profile: 1)
        _ = try rendezvous()
        _ = try tokenFiles()
        _ = try direct()
        _ = try trust()
        _ = try impairment()
        if let keyLogFile { try KeyLogFile.check(keyLogFile) }
    }

    /// The clock of this process. Named here and handed down, so that all that keeps time reads the same one.
    var clock: MonotonicClock { .system }

    /// Lines for the person.
    var notices: Notices { Notices(isQuiet: isQuiet, isVerbose: verbosity > 0) }

    /// All saved boards.
    var catalog: BoardCatalog { BoardCatalog(dataDirectory: resolvedDataDirectory) }

    private var resolvedDataDirectory: String {
        let setting = setting(.dataDirectory)
        let path = setting.values.first ?? ""
        if case .file = setting.origin { return Self.path(path) }
        return path
    }

    /// A path of the configuration, which no shell has read before.
    private static func path(_ text: String) -> String {
        text.hasPrefix("~/") ? (environment("HOME") ?? NSHomeDirectory()) + text.dropFirst() : text
    }

    /// Tells the person what is wrong with the configuration.
    func tellComplaints() { for complaint in config.complaints { notices.say(complaint) } }

    /// How the configuration wants this person to be told of messages, as `:set` takes it; what was said there goes before it (CL-403).
    var alertSettings: String {
        func word(_ key: ConfigKey) -> String { setting(key).values.first ?? "" }
        func isOn(_ key: ConfigKey) -> String { word(key) == "true" ? "on" : "off" }
        return "bell \(isOn(.bell))\nnotify \(word(.notify))\ntitle \(isOn(.title))\nquiet \(word(.quiet))\n"
    }

    var keptSettings: KeptSettings { KeptSettings(dataDirectory: resolvedDataDirectory) }
    private var keptName: KeptName { KeptName(dataDirectory: resolvedDataDirectory) }

    /// What was copied last.
    var keptClip: KeptClip { KeptClip(dataDirectory: resolvedDataDirectory) }

    /// What was kept of it. It is the first person's: a second one on this machine is another (CL-42).
    ///
    /// - Parameter profile: the person's, here and below.
    func keptName(profile: Int) -> String? { profile == 1 ? keptName.name : nil }

    /// True where the person has said what to be called, now or before.
    func knowsName(profile: Int) -> Bool {
        setting(.name).origin != .usual || typedName != nil || keptName(profile: profile) != nil
    }

    /// Keeps what the person wants to be called for the next time (CL-46).
    ///
    /// - Returns: why it is not kept; nil where it is.
    func keep(name: String, profile: Int) -> String? {
        guard profile == 1 else { return "this name is not kept: you are a second person on this machine" }
        do throws(StoreError) {
            try keptName.keep(name)
            return nil
        } catch {
            return "your name is not kept for the next time: \(error)"
        }
    }

    /// Keeps the first name that is given as an option: `open` has it the next time (CL-307).
    ///
    /// - Returns: why it is not kept; nil where it is, or need not be.
    func keepGivenName(profile: Int) -> String? {
        guard profile == 1, let name = givenName, keptName(profile: 1) == nil, personNameComplaint(name) == nil else { return nil }
        return keep(name: name, profile: 1)
    }

    /// What the others call this person: what was typed, flag, INKWIRE_NAME, the configuration, what was kept, the login name if it is short enough
    /// (CL-307).
    func displayName(profile: Int) throws -> String {
        if let typedName { return typedName }
        let setting = setting(.name)
        guard setting.origin != .usual, let name = setting.values.first, !name.isEmpty else { return usualName(profile: profile) }
        guard name.utf8.count <= Limits.nameBytes else {
            throw Failure.usage(
                "this name cannot be used", why: "it is longer than \(Limits.nameBytes) bytes", next: "give a shorter one with --name")
        }
        return name
    }

    /// What others call who has said nothing this time.
    func usualName(profile: Int) -> String {
        if let kept = keptName(profile: profile) { return kept }
        let login = Self.environment("USER") ?? "someone"
        return login.utf8.count <= Limits.nameBytes ? login : "someone"
    }

    /// Rendezvous that were named by flag, INKWIRE_RENDEZVOUS (a list with commas), or the configuration.
    func rendezvous() throws -> [RendezvousAddress] {
        let addresses = try setting(.rendezvous).values.map { text in
            if RendezvousAddress.holdsSecret(text) { throw Failure.secretInAddress }
            guard let address = RendezvousAddress(text) else {
                throw Failure.usage(
                    "the rendezvous “\(text)” cannot be used", why: "it is not of the form ws://HOST:PORT or wss://HOST:PORT",
                    next: "for example --rendezvous ws://127.0.0.1:4300")
            }
            return address
        }
        guard addresses.count <= Invite.placesMax else {
            throw Failure.usage(
                "\(addresses.count) rendezvous cannot be used", why: "a board has \(Invite.placesMax) at most, and who joins it dials each",
                next: "name the best of them; two or three are enough for when one fails")
        }
        // A link says once for all of its rendezvous whether they speak TLS.
        if let first = addresses.first, let other = addresses.first(where: { $0.usesTLS != first.usesTLS }) {
            throw Failure.usage(
                "\(first) and \(other) cannot be used together", why: "a board has its rendezvous all with TLS or all without",
                next: "name those of one kind; what peers say to each other is encrypted end to end either way")
        }
        return addresses
    }

    /// Which token goes to which rendezvous: those of the configuration, and the one of `--token-file` to the only one that is named (CL-409, CL-410).
    func tokenFiles() throws -> TokenFiles {
        var files = TokenFiles()
        for token in config.tokens { files.set(Self.path(token.file), for: token.address.host, usesTLS: token.address.usesTLS) }
        guard let tokenFile else { return files }
        func refusal(_ why: String, _ next: String) -> Failure { .usage("--token-file cannot be used", why: why, next: next) }
        let named = try rendezvous()
        guard named.count == 1, let address = named.first else {
            throw refusal(
                "a token is for one rendezvous, and \(named.isEmpty ? "none is" : "\(named.count) are") named",
                named.isEmpty
                    ? "name it with --rendezvous wss://HOST; a token is never shown to one that only a link or a code names"
                    : "put each into the table [tokens] of the configuration: `inkwire config set tokens.wss://HOST FILE`")
        }
        guard TokenFiles.mayGo(to: address.host, usesTLS: address.usesTLS) else {
            throw refusal(
                "\(address) is spoken to in clear, and a token goes over TLS only",
                "name the rendezvous as wss://HOST, or leave the token out")
        }
        do throws(SecretFile.Refusal) {
            _ = try TokenFile(path: tokenFile).read()
        } catch {
            throw Failure(
                .rendezvous, code: "bad_token_file", what: "the token of --token-file cannot be used", why: "\(error)",
                next: "write the token into a file of mode 0600, as it was given to you")
        }
        files.set(tokenFile, for: address.host, usesTLS: address.usesTLS)
        return files
    }

    /// Whom to take for a rendezvous of wss://.
    func trust() throws(Failure) -> TLSTrust {
        do throws(TLSError) {
            return try TLSTrust(file: setting(.authorities).values.first.map(Self.path))
        } catch {
            throw Failure(
                error, what: "the authorities of \(authorityFile == nil ? "tls_ca in the configuration" : "--tls-ca") cannot be used",
                next: "name a file with certificates in PEM, which begin with -----BEGIN CERTIFICATE-----")
        }
    }

    /// Addresses to dial, named by flag or INKWIRE_DIRECT (a list with commas).
    func direct() throws -> [SocketAddress] {
        let texts = directTexts.isEmpty ? Self.list(Self.environment("INKWIRE_DIRECT")) : directTexts
        return try texts.flatMap { text in
            guard let host = Invite.Host(text) else {
                throw Failure.usage(
                    "the address “\(text)” cannot be used", why: "it is not of the form HOST:PORT",
                    next: "for example --direct 192.0.2.7:4400")
            }
            let addresses = HostResolver.addresses(of: host)
            guard !addresses.isEmpty else {
                throw Failure.usage(
                    "the address “\(text)” cannot be used", why: "the name has no address",
                    next: "check the name, or give the address itself")
            }
            return addresses
        }
    }

    static func environment(_ name: String) -> String? {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { return nil }
        return value
    }

    private static func list(_ text: String?) -> [String] { text?.split(separator: ",").map(String.init) ?? [] }
}

/// Where a rendezvous is, as the person writes it: `ws://HOST:PORT`, or `wss://HOST:PORT` with TLS.
package struct RendezvousAddress: Hashable, Sendable, CustomStringConvertible {
    package var host: Invite.Host
    package var usesTLS: Bool

    package init(host: Invite.Host, usesTLS: Bool = false) { (self.host, self.usesTLS) = (host, usesTLS) }

    /// From `ws://HOST[:PORT]` or `wss://HOST[:PORT]` with nothing but a slash behind; nil for anything else.
    package init?(_ text: String) {
        let usesTLS: Bool
        var rest: Substring
        if text.hasPrefix("ws://") {
            (usesTLS, rest) = (false, text.dropFirst(5))
        } else if text.hasPrefix("wss://") {
            (usesTLS, rest) = (true, text.dropFirst(6))
        } else {
            return nil
        }
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        guard let host = Invite.Host(String(rest)) ?? Invite.Host("\(rest):\(usesTLS ? 443 : 80)") else { return nil }
        self.init(host: host, usesTLS: usesTLS)
    }

    package var description: String { "\(usesTLS ? "wss" : "ws")://\(host)" }

    /// True for an address with somebody's name or password before the host, or a query or fragment behind it: nothing of it is repeated (CL-412).
    package static func holdsSecret(_ text: String) -> Bool {
        (text.hasPrefix("ws://") || text.hasPrefix("wss://")) && text.contains { $0 == "@" || $0 == "?" || $0 == "#" }
    }
}

extension Failure {
    /// An address that carries what others must not see: it would stand in lists of processes, in logs and in links.
    static var secretInAddress: Failure {
        .usage(
            "this address of a rendezvous cannot be used",
            why: "it carries a name, a password or a token (what stands before an @ or behind a ?)",
            next: "leave that out, and put the token into a file of mode 0600: --token-file FILE")
    }
}

/// A command that takes what all commands take.
protocol TakesOptions: ParsableCommand {
    var options: GlobalOptions { get }
}
