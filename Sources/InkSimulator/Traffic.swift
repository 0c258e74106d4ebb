import InkPrimitives

/// What one device sent since its world began, by all its processes.
package struct Traffic: Hashable, Sendable {
    /// Datagrams, and their bytes with the headers of IPv4 and UDP.
    package var datagrams = 0
    package var bytes = 0
    /// Of those, what was given to the rendezvous to be carried.
    package var relayedDatagrams = 0
    /// Messages to the rendezvous, and of it.
    package var messages = 0
    package var heard = 0
    /// How often a deadline came.
    package var wakes = 0

    /// A datagram left.
    mutating func sent(_ datagram: [UInt8]) {
        datagrams += 1
        bytes += datagram.count + Self.headers
    }

    /// A datagram was given to the rendezvous.
    mutating func relayed(_ datagram: [UInt8]) {
        sent(datagram)
        relayedDatagrams += 1
    }

    private static let headers = 28

    static func - (left: Traffic, right: Traffic) -> Traffic {
        var difference = left
        difference.datagrams -= right.datagrams
        difference.bytes -= right.bytes
        difference.relayedDatagrams -= right.relayedDatagrams
        difference.messages -= right.messages
        difference.heard -= right.heard
        difference.wakes -= right.wakes
        return difference
    }

    static func + (left: Traffic, right: Traffic) -> Traffic {
        var sum = left
        sum.datagrams += right.datagrams
        sum.bytes += right.bytes
        sum.relayedDatagrams += right.relayedDatagrams
        sum.messages += right.messages
        sum.heard += right.heard
        sum.wakes += right.wakes
        return sum
    }
}
