import Foundation
import InkPrimitives
import InkRendezvous
import StandSockets

/// One socket to a rendezvous, from an address of its own: what is said there in messages, and all of it in bytes.
final class Line {
    private let socket: WebSocket
    /// All texts that went either way.
    private(set) var texts: [[UInt8]] = []

    init(to server: SocketAddress) throws { socket = try WebSocket(server, from: Self.nextSource()) }

    var isOpen: Bool { socket.isOpen }

    func say(_ message: ClientMessage) throws {
        let text = Array(try JSONEncoder().encode(message))
        texts.append(text)
        socket.say(text)
    }

    /// What has come.
    func heard() throws -> [ServerMessage] {
        try socket.texts().map { text in
            texts.append(text)
            return try JSONDecoder().decode(ServerMessage.self, from: Data(text))
        }
    }

    func shut() { socket.shut() }

    /// Each from another address of loopback: what a rendezvous allows to one source is not what is asked here.
    private static func nextSource() -> SocketAddress {
        sources += 1
        return SocketAddress(ip: .v4(0x7F01_0000 + sources), port: 0)
    }

    // One thread runs all of a stand.
    private nonisolated(unsafe) static var sources: UInt32 = 0
}

/// Lets others run, for less time than an answer takes.
func rest() { usleep(50) }
