import InkPrimitives
import InkRuntime

/// Ours, where NIO has one of the same name.
typealias SocketAddress = InkPrimitives.SocketAddress

extension UDPSockets {
    /// Sends one datagram at once.
    func send(_ datagram: [UInt8], to destination: SocketAddress) {
        write(datagram, to: destination)
        flush()
    }
}

/// Moves something that is not Sendable to the loop that will own it; nobody else keeps it.
struct UncheckedTransfer<Value>: @unchecked Sendable { let value: Value }
