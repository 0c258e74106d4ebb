import CBench
import Glibc
import InkPrimitives

/// UDP and a window of credit in place of a protocol: the limit that others are held against.
struct Yardstick: Link {
    private var socket: UnsafeMutablePointer<bench_socket>
    private var yardstick = bench_yardstick()

    private init(_ options: Options) throws {
        socket = .allocate(capacity: 1)
        socket.initialize(to: try BatchSocket(options).socket)
        socket.pointee.is_timed = options.with.contains("timed") ? 1 : 0
        yardstick.socket = socket
        yardstick.is_server = options.isServer ? 1 : 0
        yardstick.is_sealed = options.with.contains("sealed") ? 1 : 0
        yardstick.is_packed = options.with.contains("packed") ? 1 : 0
        guard bench_yardstick_start(&yardstick) == 0 else { throw Failure("libsodium does not start") }
        if !options.isServer, case .v4(let ip) = try options.address.ip {
            let reason = bench_connect(socket, ip, options.port)
            guard reason == 0 else { throw Failure(String(cString: strerror(reason))) }
        }
    }

    /// A server without a client has nobody to send to.
    var isConnected: Bool { true }
    var isDelivered: Bool { true }

    mutating func send(_ message: UnsafeRawBufferPointer) -> Bool {
        bench_yardstick_send(&yardstick, message.assumingMemoryBound(to: UInt8.self).baseAddress, UInt32(message.count)) != 0
    }

    static func run(_ options: Options, workload: inout Workload) throws {
        workload.isReliable = false
        var link = try Yardstick(options)
        if options.isServer { announceReady() }
        while !workload.isOver {
            let now = Clock.now
            let at = workload.turn(&link, now: now)
            bench_yardstick_flush(&link.yardstick)
            let until = at.map { $0 > now ? Int64($0) : 0 } ?? -1
            withUnsafeMutablePointer(to: &workload) { workload in
                bench_yardstick_poll(&link.yardstick, until, workload) { workload, message, count in
                    _ = workload?.assumingMemoryBound(to: Workload.self).pointee.receive(
                        UnsafeRawBufferPointer(start: message, count: Int(count)))
                }
            }
        }
    }
}
