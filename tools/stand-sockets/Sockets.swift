import Glibc
import InkPrimitives

/// The time of this process.
package func currentTime() -> Instant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}

/// What a stand cannot do its work without.
package struct Trouble: Error, CustomStringConvertible {
    package let description: String
    package init(_ text: String) { description = "\(text): \(String(cString: strerror(errno)))" }
}

private func withSocketAddress<Result>(_ address: SocketAddress, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) throws -> Result {
    guard case .v4(let number) = address.ip else { throw Trouble("\(address) is not IPv4, the only family that attacks are made over") }
    var raw = sockaddr_in()
    raw.sin_family = sa_family_t(AF_INET)
    raw.sin_port = address.port.bigEndian
    raw.sin_addr.s_addr = number.bigEndian
    return withUnsafePointer(to: &raw) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
}

/// A UDP socket that never waits.
package final class DatagramSocket {
    package let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// - Parameter host: the address to send from; port 0 for any.
    package init(_ host: SocketAddress) throws {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { throw Trouble("no socket") }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        var size: Int32 = 4 << 20
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        guard try withSocketAddress(host, { bind(descriptor, $0, $1) }) == 0 else { throw Trouble("cannot bind \(host)") }
    }

    deinit { close(descriptor) }

    package var port: UInt16 {
        var raw = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &raw) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        return UInt16(bigEndian: raw.sin_port)
    }

    /// What does not fit is lost, as on a line.
    package func send(_ bytes: [UInt8], to address: SocketAddress) throws {
        _ = try withSocketAddress(address) { sendto(descriptor, bytes, bytes.count, 0, $0, $1) }
    }

    package func receive() -> (bytes: [UInt8], from: SocketAddress)? {
        var raw = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = withUnsafeMutablePointer(to: &raw) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { recvfrom(descriptor, &buffer, buffer.count, 0, $0, &size) }
        }
        guard count >= 0 else { return nil }
        return (
            Array(buffer[..<count]), SocketAddress(ip: .v4(UInt32(bigEndian: raw.sin_addr.s_addr)), port: UInt16(bigEndian: raw.sin_port))
        )
    }
}

/// One WebSocket to a rendezvous, in the fewest words that it takes.
package final class WebSocket {
    private let descriptor: Int32
    private var held: [UInt8] = []
    /// Whether binary messages are kept until they are taken, or lost.
    package var keepsBinaries = false
    private var binaries: [[UInt8]] = []
    package private(set) var isOpen = true

    /// - Parameter source: the address to come from.
    package init(_ server: SocketAddress, from source: SocketAddress) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Trouble("no socket") }
        guard try withSocketAddress(source, { bind(descriptor, $0, $1) }) == 0 else { throw Trouble("cannot bind \(source)") }
        guard try withSocketAddress(server, { connect(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            throw Trouble("cannot connect to \(server)")
        }
        // Who does not read is left.
        var patience = timeval(tv_sec: 0, tv_usec: 200_000)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let request =
            "GET / HTTP/1.1\r\nHost: \(server)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: inkwire.v1\r\n\r\n"
        write(Array(request.utf8))
    }

    deinit { if isOpen { close(descriptor) } }

    /// Nothing more is said or heard.
    package func shut() { end() }

    private func write(_ bytes: [UInt8]) {
        guard isOpen, Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return end() }
    }

    private func end() {
        if isOpen { close(descriptor) }
        isOpen = false
    }

    /// Sends one text, masked with zeros.
    package func say(_ text: [UInt8]) { frame(0x81, text) }

    /// Sends one binary message, of less than 64 KiB.
    package func say(binary: [UInt8]) { frame(0x82, binary) }

    private func frame(_ head: UInt8, _ body: [UInt8]) {
        let length: [UInt8] = body.count < 126 ? [0x80 | UInt8(body.count)] : [0xFE, UInt8(body.count >> 8), UInt8(body.count & 255)]
        write([head] + length + [0, 0, 0, 0] + body)
    }

    /// The binary messages that have come by the last look for texts, where they are kept.
    package func takeBinaries() -> [[UInt8]] {
        defer { binaries = [] }
        return binaries
    }

    /// The texts that have come. Pings are answered.
    package func texts() -> [[UInt8]] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while isOpen {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count != 0 else {
                end()
                break
            }
            guard count > 0 else { break }
            held += buffer[..<count]
        }
        if held.starts(with: "HTTP/1.1".utf8) {
            guard let end = (0..<max(0, held.count - 3)).first(where: { held[$0..<$0 + 4].elementsEqual("\r\n\r\n".utf8) }) else {
                return []
            }
            if !held.starts(with: "HTTP/1.1 101".utf8) { self.end() }
            held.removeFirst(end + 4)
        }
        var texts: [[UInt8]] = []
        while held.count >= 2 {
            var (length, start) = (Int(held[1] & 0x7F), 2)
            if length == 126 {
                guard held.count >= 4 else { break }
                (length, start) = (Int(held[2]) << 8 | Int(held[3]), 4)
            }
            guard held.count >= start + length else { break }
            let body = Array(held[start..<start + length])
            switch held[0] & 15 {
            case 1: texts.append(body)
            case 2: if keepsBinaries { binaries.append(body) }
            case 9: frame(0x8A, body)
            case 8: end()
            default: break
            }
            held.removeFirst(start + length)
        }
        return texts
    }
}
