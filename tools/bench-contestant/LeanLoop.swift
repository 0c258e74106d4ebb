import CBench
import Glibc
import InkPrimitives

/// One thread: ppoll, and datagrams in batches. What a program pays that does nothing but this.
enum LeanLoop {
    static func run(_ options: Options, workload: inout Workload) throws {
        var link = try EndpointLink(options, way: BatchSocket(options), now: now)
        if options.isServer { announceReady() }
        while !workload.isOver {
            link.run(&workload, now: now)
            if let failure = link.failure, !workload.isOver { throw Failure(failure) }
            let at = earliest(link.deadline, link.wakeAt.map { Instant(nanoseconds: Int64($0)) })
            link.receive(until: at.map { $0 <= now ? 0 : $0.nanoseconds } ?? -1)
        }
    }

    static var now: Instant { Instant(nanoseconds: Int64(Clock.now)) }
}

extension EndpointLink<BatchSocket> {
    fileprivate mutating func receive(until: Int64) {
        var until = until
        // As long as more comes it is handed over together, and drained once.
        for _ in 0..<4 {
            var taken: UnsafePointer<bench_datagram>?
            let count = bench_take(&way.socket, until, &taken)
            guard count > 0 else { return }
            let now = LeanLoop.now
            for datagram in UnsafeBufferPointer(start: taken, count: Int(count)) {
                let bytes = [UInt8](UnsafeBufferPointer(start: datagram.bytes, count: Int(datagram.count)))
                receive(bytes, from: SocketAddress(ip: .v4(datagram.ip), port: datagram.port), now: now)
            }
            guard count >= UInt32(BENCH_SLOTS) else { return }
            until = 0
        }
    }
}

/// The socket of `CBench`.
struct BatchSocket: Carrier {
    var socket = bench_socket()

    init(_ options: Options) throws {
        let batch = options.with.contains("single") ? bench_single : options.with.contains("many") ? bench_many : bench_offload
        guard case .v4(let ip) = try options.address.ip else { preconditionFailure("the bench speaks IPv4") }
        let reason = bench_open(&socket, batch, ip, options.isServer ? options.port : 0)
        guard reason == 0 else { throw Failure(String(cString: strerror(reason))) }
    }

    mutating func write(_ packet: [UInt8], to address: SocketAddress) {
        guard case .v4(let ip) = address.ip, packet.count <= BENCH_SLOT_BYTES, let slot = bench_slot(&socket) else { return }
        packet.withUnsafeBytes {
            UnsafeMutableRawPointer(slot).copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(slot), byteCount: $0.count)
        }
        bench_put(&socket, UInt32(packet.count), ip, address.port)
    }

    mutating func flush() { bench_flush(&socket) }
}
