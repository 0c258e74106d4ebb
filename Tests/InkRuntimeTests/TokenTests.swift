import Foundation
import InkPrimitives
import InkRendezvous
import InkSession
import NIOCore
import NIOPosix
import Testing

@testable import InkRuntime

/// A folder for one test, and files of chosen modes in it.
private final class Folder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "inkwire-token-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, _ name: String = "file", mode: Int = 0o600) throws -> String {
        let file = "\(path)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: file))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        return file
    }
}

/// What one connector is told.
private final class Caller: Sendable {
    enum Event: Sendable, Equatable { case opened, welcomed(Admittance?), refused(RendezvousRefusal), closed(String) }

    private let loop = MultiThreadedEventLoopGroup.singleton.next()
    private let connector: NIOLoopBound<RendezvousConnector>
    private let events: AsyncStream<Event>

    init(_ host: Invite.Host, _ tokens: TokenFiles?, at addresses: [InkPrimitives.SocketAddress]? = nil) throws {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        self.events = events
        connector = try loop.submit { [loop] in
            let connector = RendezvousConnector(
                host: host, loop: loop, clock: .system, tokens: tokens,
                find: { host, loop in addresses.map { loop.makeSucceededFuture($0) } ?? HostAddresses.find(host, on: loop) },
                opened: { _ in continuation.yield(.opened) },
                received: { message in
                    switch message {
                    case .welcome(_, _, _, _, let auth): continuation.yield(.welcomed(auth))
                    case .refused(let reason): continuation.yield(.refused(reason))
                    case .joined, .envelope, .mailbox: break
                    }
                },
                closed: { continuation.yield(.closed($0)) })
            connector.connect()
            return NIOLoopBound(connector, eventLoop: loop)
        }.wait()
    }

    /// The next so many events.
    func next(_ count: Int) async -> [Event] {
        var heard: [Event] = []
        for await event in events {
            heard.append(event)
            if heard.count == count { break }
        }
        return heard
    }

    func again() { loop.execute { [connector] in connector.value.connect() } }
    func stop() { loop.execute { [connector] in connector.value.shutDown() } }
}

@Suite(.timeLimit(.minutes(1))) struct TokenTests {
    private let token = "abcdefghijklmnop"

    private func tokens(_ file: String, for host: Invite.Host) -> TokenFiles {
        var tokens = TokenFiles()
        tokens.set(file, for: host, usesTLS: false)
        return tokens
    }

    @Test func `RT-167: a file that others may read or change, that is none, or too long is not used, and it is said why`() throws {
        let folder = try Folder()
        for mode in [0o400, 0o600, 0o700] { #expect(try SecretFile.read(try folder.write("x", mode: mode), limit: 1) == [0x78]) }
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644] {
            let file = try folder.write("x", mode: mode)
            let refusal = #expect(throws: SecretFile.Refusal.self) { try SecretFile.read(file, limit: 1) }
            let words = "\(file) may be read or changed by others on this machine: its mode is 0\(String(mode, radix: 8)); `chmod 600` it"
            #expect(refusal?.description == words)
        }
        // What a system hands to a service is root's, and read by way of the group.
        for (user, owner, mode, isFine) in [
            (1000, 1000, 0o440, false), (1000, 0, 0o440, true), (1000, 0, 0o460, false), (1000, 0, 0o444, false), (0, 0, 0o440, false),
        ] as [(uid_t, uid_t, mode_t, Bool)] {
            #expect((mode & SecretFile.forbidden(to: user, of: owner) == 0) == isFine, "\(user) \(owner) \(String(mode, radix: 8))")
        }
        let rows: [(path: String, words: String)] = [
            (try folder.write("xx"), "is longer than 1 bytes"), (folder.path, "is no plain file"), ("/dev/null", "is no plain file"),
            ("\(folder.path)/nothing", "cannot be read: No such file"),
        ]
        for row in rows {
            let refusal = #expect(throws: SecretFile.Refusal.self) { try SecretFile.read(row.path, limit: 1) }
            #expect(refusal?.description.contains(row.words) == true, "\(refusal.map { "\($0)" } ?? "")")
        }
        let pipe = "\(folder.path)/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(throws: SecretFile.Refusal.self, "nobody waits for who writes into it") { try SecretFile.read(pipe, limit: 1) }
    }

    @Test func `RT-167: a token is one word in its file, with or without a line feed`() throws {
        let folder = try Folder()
        for text in [token, "\(token)\n", "\(token)\r\n", " \(token) \n\n"] {
            #expect(try TokenFile(path: try folder.write(text)).read() == token)
        }
        for text in ["", "\n", "two words", "\(token)\n\(token)", "a\u{0}b", "tökentökentöken", "a=b", String(repeating: "a", count: 8193)]
        {
            let refusal = #expect(throws: SecretFile.Refusal.self, "\(text.prefix(20))") {
                try TokenFile(path: try folder.write(text)).read()
            }
            #expect(refusal?.description.contains(token) == false)
        }
    }

    @Test func `RT-166: a token is for one host, one port, with TLS or without`() {
        let host = Invite.Host(name: "Rendezvous.example", port: 443)
        var tokens = TokenFiles()
        tokens.set("/file", for: host, usesTLS: true)
        #expect(tokens.file(for: Invite.Host(name: "rendezvous.EXAMPLE", port: 443), usesTLS: true) != nil)
        #expect(tokens.file(for: host, usesTLS: false) == nil)
        for (name, port) in [("rendezvous.example", 444), ("rendezvous.example.", 443), ("evil.rendezvous.example", 443), ("example", 443)]
        {
            #expect(tokens.file(for: Invite.Host(name: name, port: UInt16(port)), usesTLS: true) == nil)
        }
        #expect(TokenFiles.mayGo(to: host, usesTLS: true) && !TokenFiles.mayGo(to: host, usesTLS: false))
        for name in ["localhost", "127.0.0.1", "127.9.9.9", "::1"] {
            #expect(TokenFiles.mayGo(to: Invite.Host(name: name, port: 1), usesTLS: false))
        }
        #expect(!TokenFiles.mayGo(to: Invite.Host(name: "192.168.1.1", port: 1), usesTLS: false))
    }

    @Test func `RT-166: a name of this machine that leads elsewhere is shown nothing in clear, and not even dialled`() async throws {
        let folder = try Folder()
        let host = Invite.Host(name: "localhost", port: 4300)
        // TEST-NET-1: nobody has it, and whoever is asked for it by a packet would take until the patience is over.
        let caller = try Caller(host, tokens(try folder.write(token), for: host), at: [SocketAddress(ip: .v4(0xC000_0201), port: 4300)])
        guard case .closed(let reason)? = await caller.next(1).first else { throw CancellationError() }
        #expect(reason.contains("goes over TLS") && !reason.contains(token))
        caller.stop()
    }

    @Test func `RT-165, RV-171: a token is taken or answered with its class before anything is opened; who has none is a guest`()
        async throws
    {
        let folder = try Folder()
        let gate = try TokenGate(.list, file: try folder.write("\(token)\n", "list"))
        let service = try loopbackService { $0.tokens = gate }
        let host = host(service)
        let right = try Caller(host, tokens(try folder.write(token, "right"), for: host))
        #expect(await right.next(2) == [.opened, .welcomed(.bearer)])
        let guest = try Caller(host, nil)
        #expect(await guest.next(2) == [.opened, .welcomed(.guest)])
        let file = try folder.write("ABCDEFGHIJKLMNOP", "other")
        let other = try Caller(host, tokens(file, for: host))
        let reason = "\(host): \(RendezvousRefusal.tokenUnknownKey)"
        #expect(await other.next(2) == [.refused(.tokenUnknownKey), .closed(reason)])
        // The file is read for each connection.
        _ = try folder.write(token, "other")
        other.again()
        #expect(await other.next(2) == [.opened, .welcomed(.bearer)])
        var status = try await service.status()
        #expect(status.server.bearers == 2 && status.server.guests == 1 && status.server.tokensRefused == [.tokenUnknownKey: 1])
        // RV-182
        _ = try folder.write("QRSTUVWXYZabcdef\n", "list")
        try gate.reload()
        service.tokensChanged()
        #expect(await right.next(1) == [.refused(.tokenUnknownKey)])
        while status.sockets != 1 { status = try await service.status() }
        for caller in [right, guest, other] { caller.stop() }
        await service.stop()
    }

    @Test func `RT-168: what is read again and is bad changes nothing`() throws {
        let folder = try Folder()
        let file = try folder.write("\(token)\n")
        let gate = try TokenGate(.list, file: file)
        for (text, mode) in [("short", 0o600), ("", 0o600), ("\(token)\n\(token)\n", 0o600), ("ABCDEFGHIJKLMNOP\n", 0o644)] {
            _ = try folder.write(text, mode: mode)
            #expect(throws: SecretFile.Refusal.self) { try gate.reload() }
            #expect(try gate.bearer(by: ["Authorization": "Bearer \(token)"]) != nil && gate.words == "1 token")
        }
        _ = try folder.write("ABCDEFGHIJKLMNOP\nQRSTUVWXYZabcdef\n")
        try gate.reload()
        #expect(throws: RendezvousRefusal.tokenUnknownKey) { try gate.bearer(by: ["Authorization": "Bearer \(token)"]) }
        #expect(gate.words == "2 tokens")
        #expect(throws: SecretFile.Refusal.self) { try TokenGate(.keySet, file: file) }
    }

    @Test func `RT-165: a head has one token in one field, of the kind Bearer, or none`() throws {
        let folder = try Folder()
        let gate = try TokenGate(.list, file: try folder.write("\(token)\n"))
        #expect(try gate.bearer(by: [:]) == nil)
        #expect(try gate.bearer(by: ["authorization": "bEARER   \(token)"])?.secondsLeft == .some(nil))
        for field in ["", "Bearer", "Basic \(token)", token, "Bearer \(token) x", "Bearer\(token)", "Bearer \(token),Bearer \(token)"] {
            #expect(throws: RendezvousRefusal.tokenMalformed, "\(field)") { try gate.bearer(by: ["Authorization": field]) }
        }
        #expect(throws: RendezvousRefusal.tokenMalformed) {
            try gate.bearer(by: ["Authorization": "Bearer \(token)", "authorization": "Bearer \(token)"])
        }
        #expect(throws: RendezvousRefusal.tokenTooLong) {
            try gate.bearer(by: ["Authorization": "Bearer " + String(repeating: "a", count: 8193)])
        }
    }

    @Test func `RT-169: the figures tell how many came with a token and without, and what was refused by class`() {
        var counters = RendezvousServer(seed: [UInt8](repeating: 1, count: 32)).counters
        (counters.bearers, counters.guests, counters.tokensRefused) = (3, 2, [.tokenExpired: 4])
        let metrics = RendezvousService.Status(sockets: 0, topics: 0, mailboxes: 0, server: counters, stunAnswered: 0, stunSilent: 0)
            .metrics
        for line in [
            "inkwire_bearers_total 3", "inkwire_guests_total 2", "inkwire_token_refused_total{reason=\"token-expired\"} 4",
            "inkwire_token_refused_total{reason=\"no-token\"} 0", "# TYPE inkwire_token_refused_total counter",
        ] {
            #expect(metrics.contains("\(line)\n"), "\(line)")
        }
    }
}
