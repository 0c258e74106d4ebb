import InkPrimitives

/// Reverse proxies of ours, whose word on who speaks through them is taken.
public struct TrustedProxies: Hashable, Sendable {
    public var addresses: Set<IPAddress>

    public init(_ addresses: Set<IPAddress> = []) { self.addresses = addresses }

    /// Who is at the other end of a connection from `peer`.
    ///
    /// Each proxy writes at the end of the list whom it saw itself; what stands before the last entry that is no proxy of ours was said by
    /// the client and may be invented. From anybody but our proxies the header counts for nothing (RT-22).
    ///
    /// - Parameter forwardedFor: the values of all `X-Forwarded-For` fields, in order.
    /// - Returns: the proxy itself where it does not say, in an address, for whom it speaks.
    public func client(peer: IPAddress, forwardedFor: [String]) -> IPAddress {
        var client = peer
        for entry in forwardedFor.joined(separator: ",").split(separator: ",", omittingEmptySubsequences: false).reversed() {
            guard addresses.contains(client), let said = Self.address(entry) else { break }
            client = said
        }
        return client
    }

    /// An address with or without a port, IPv6 with or without brackets, IPv4 as programs with one socket for both see it: proxies differ.
    private static func address(_ entry: Substring) -> IPAddress? {
        var text = entry.filter { $0 != " " && $0 != "\t" }
        if let ip = IPAddress(text) ?? SocketAddress(text)?.ip { return ip }
        if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
        if text.lowercased().hasPrefix(mappedPrefix) { text = String(text.dropFirst(mappedPrefix.count)) }
        return IPAddress(text)
    }

    private static let mappedPrefix = "::ffff:"
}
