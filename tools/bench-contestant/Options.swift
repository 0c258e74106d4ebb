import Glibc
import InkPrimitives

/// What a contestant was asked to be and to do: the line protocol of the bench.
struct Options {
    /// What moves the messages.
    enum Engine: String {
        /// An `Endpoint` in a loop of its own: ppoll, and datagrams in batches.
        case lean
        /// An `Endpoint` on the sockets and timers of the product's driver.
        case product
        /// UDP and a window of credit: how fast this could be at best.
        case yardstick
    }

    enum Work: String {
        /// Round trips one after the other.
        case pingpong
        /// As many messages as go.
        case stream
        /// Messages at a steady rate.
        case ops
        /// From nothing to the first answer.
        case handshake
        /// Connected, and silent.
        case idle
    }

    var isServer: Bool
    var engine = Engine.lean
    var host = "127.0.0.1"
    var port: UInt16 = 0
    var work = Work.pingpong
    /// Messages, or round trips.
    var count = 20_000
    /// Bytes of a message, `Message.bytesMin` at least.
    var size = 64
    /// Messages a second.
    var rate = 60.0
    var seconds = 20.0
    /// Words that make an engine behave otherwise.
    ///
    /// - lean, yardstick: `single`, `many`: how datagrams go to the system; both merged without one.
    /// - lean, product: `direct`: the attempt was announced to nobody. `ops`: a stream goes on the lane of operations. `idle`: nobody is present.
    ///   `beside`: the client's bulk lane is full all the time.
    /// - yardstick: `sealed`, `packed`; `timed`: each wait sets a timer, as that of most programs does.
    var with: Set<String> = []

    /// Where the server is.
    var address: SocketAddress {
        get throws(UsageError) {
            guard let address = SocketAddress("\(host):\(port)"), case .v4 = address.ip else {
                throw UsageError("no IPv4 address: \(host):\(port)")
            }
            return address
        }
    }

    struct UsageError: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    /// - Parameter words: the arguments without the program's name.
    init(_ words: [String]) throws(UsageError) {
        guard let role = words.first, ["client", "server"].contains(role) else { throw UsageError("the role is client or server") }
        isServer = role == "server"
        guard words.count % 2 == 1 else { throw UsageError("each option has a value") }
        for index in stride(from: 1, to: words.count, by: 2) { try take(words[index], words[index + 1]) }
        guard (Message.bytesMin...Message.bytesMax).contains(size) else {
            throw UsageError("a message has \(Message.bytesMin) to \(Message.bytesMax) bytes")
        }
        guard count > 0, rate > 0, seconds > 0 else { throw UsageError("there is something to do") }
    }

    private mutating func take(_ name: String, _ value: String) throws(UsageError) {
        func parsed<Value>(_ value: Value?) throws(UsageError) -> Value {
            guard let value else { throw UsageError("\(name) does not take this value") }
            return value
        }
        switch name {
        case "--engine": engine = try parsed(Engine(rawValue: value))
        case "--host": host = value
        case "--port": port = try parsed(UInt16(value))
        case "--work": work = try parsed(Work(rawValue: value))
        case "--n": count = try parsed(Int(value))
        case "--size": size = try parsed(Int(value))
        case "--rate": rate = try parsed(Double(value))
        case "--secs": seconds = try parsed(Double(value))
        case "--with": with = Set(value.split(separator: ",").map(String.init))
        default: throw UsageError("there is no option \(name)")
        }
    }
}
