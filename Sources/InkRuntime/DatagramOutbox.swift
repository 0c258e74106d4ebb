import CInkSystem
import InkPrimitives
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What leaves by one socket: gathered until `flush`, then given to the system with as few calls as it takes.
///
///     write ──▶ batch ──flush──▶ the system ──takes all──▶ empty
///                 ▲                 ├── refuses a train ──▶ its datagrams one by one; none is merged any more where it is the merging
///                 │                 ├── refuses a datagram ──▶ lost, counted (RT-10)
///                 └─── waits ◀──────┴── has no room ──▶ again after 1, 2, 4 … 16 ms (RT-91)
///
/// Used on its loop only.
final class DatagramOutbox {
    /// Gives trains to the system: how many it took whole, or -errno of the first.
    /// Without a byte in any of them there may be no address.
    typealias System = (_ bytes: UnsafePointer<UInt8>?, _ trains: UnsafeBufferPointer<ink_train>) -> Int

    private enum State {
        case open
        /// The system had no room, and is asked again then. `tries` so far.
        case waiting(Scheduled<Void>, tries: Int)
        case closed
    }

    /// Datagrams that the system refused, or had no room for in time. They are as good as lost on the way.
    private(set) var refused = 0

    private let loop: any EventLoop
    private let system: System
    private var batch: DatagramBatch
    private var state = State.open

    /// So much is gathered before it leaves by itself, and so much waits for room; what comes beyond that is lost.
    static let gatheredMax = 64 << 10
    static let waitingMax = 256 << 10
    /// When the system is asked again; after the last of these what waits is lost (RT-156): later than this it helps nobody.
    static let pauses: [TimeAmount] = [1, 2, 4, 8, 16, 16, 16, 16].map { .milliseconds($0) }
    /// Every device carries datagrams of so many bytes (RFC 8200 §5, less headers), so that it is the merging which is refused.
    private static let carriedBytes = 1232

    /// - Parameter merges: whether the system splits what is sent (`ink_merges_datagrams`).
    init(loop: any EventLoop, merges: Bool, system: @escaping System) {
        (self.loop, self.system, batch) = (loop, system, DatagramBatch(merges: merges))
    }

    /// True if neighbours of one size leave as one.
    var merges: Bool { batch.merges }

    func write(_ datagram: [UInt8], to address: InkPrimitives.SocketAddress) {
        // What no datagram holds is refused here: the system would be told another length.
        guard datagram.count <= DatagramBatch.trainBytesMax else { return refused += 1 }
        switch state {
        case .closed: refused += 1
        case .waiting:
            guard batch.bytes.count + datagram.count <= Self.waitingMax else { return refused += 1 }
            batch.append(datagram, to: address)
        case .open:
            batch.append(datagram, to: address)
            if batch.bytes.count >= Self.gatheredMax { send(tries: 0) }
        }
    }

    /// Sends what was gathered. What waits for room goes on waiting.
    func flush() {
        guard case .open = state, !batch.isEmpty else { return }
        send(tries: 0)
    }

    /// Sends what there is room for; the rest is lost, as is all that is written later.
    func close() {
        if case .closed = state { return }
        if case .waiting(let retry, _) = state { retry.cancel() }
        _ = give()
        lose()
        state = .closed
    }

    private func send(tries: Int) {
        let before = batch.count
        guard !give() else {
            state = .open
            return
        }
        // A system that takes some has begun to take: it is asked again soon.
        let tries = batch.count < before ? 0 : tries
        guard tries < Self.pauses.count else {
            lose()
            state = .open
            return
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        state = .waiting(loop.scheduleTask(in: Self.pauses[tries]) { bound.value.retry() }, tries: tries + 1)
    }

    private func retry() {
        guard case .waiting(_, let tries) = state else { return }
        send(tries: tries)
    }

    private func lose() {
        refused += batch.count
        batch.removeFirst(batch.trains.count)
    }

    /// Gives the batch to the system.
    ///
    /// - Returns: false if it has no room for what is left.
    private func give() -> Bool {
        var first = 0
        defer { batch.removeFirst(first) }
        while first < batch.trains.count {
            let result = batch.bytes.withUnsafeBufferPointer { bytes in
                batch.trains.withUnsafeBufferPointer { trains in
                    system(bytes.baseAddress, UnsafeBufferPointer(rebasing: trains[first...]))
                }
            }
            guard result <= 0 else {
                first += result
                continue
            }
            switch -Int32(result) {
            case EAGAIN, EWOULDBLOCK, ENOBUFS: return false
            case let reason where batch.trains[first].datagramCount > 1:
                if Self.isOfMerging(reason, batch.trains[first]) {
                    batch.merges = false
                    for index in batch.trains.indices[first...].reversed() { batch.split(at: index) }
                } else {
                    batch.split(at: first)
                }
            default:
                refused += 1
                first += 1
            }
        }
        return true
    }

    /// A kernel or a device that cannot split says so in several ways (RT-92): no checksums in hardware are EIO, a kernel in user space knows no
    /// such option. A train of larger datagrams may be too large for the device (RT-157), which is then no matter of merging.
    private static func isOfMerging(_ reason: Int32, _ train: ink_train) -> Bool {
        switch reason {
        case EIO, ENOPROTOOPT, EOPNOTSUPP: true
        case EINVAL: Int(train.segment) <= carriedBytes
        default: false
        }
    }
}
