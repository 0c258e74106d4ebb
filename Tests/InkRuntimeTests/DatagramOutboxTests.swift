import CInkSystem
import InkPrimitives
import NIOCore
import NIOEmbedded
import Testing

@testable import InkRuntime

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct DatagramOutboxTests {
    private struct Sent: Hashable, CustomTestStringConvertible {
        var bytes: [UInt8]
        var port: UInt16
        var ip: IPAddress

        var testDescription: String { "\(bytes.count) bytes that begin with \(bytes.prefix(2)) to port \(port)" }
    }

    /// A kernel that can be told how to behave.
    private final class Kernel {
        /// Datagrams for which there is room.
        var room = Int.max
        /// What it says to trains of more than one datagram, and to any datagram to port 13.
        var refusesTrains: Int32?
        var refusesThirteen: Int32?
        var sent: [Sent] = []
        var trains: [ink_train] = []
        var calls = 0

        func take(_ bytes: UnsafePointer<UInt8>?, _ trains: UnsafeBufferPointer<ink_train>) -> Int {
            calls += 1
            for (index, train) in trains.enumerated() {
                func stop(_ reason: Int32) -> Int { index > 0 ? index : -Int(reason) }
                guard room >= train.datagramCount else { return stop(EAGAIN) }
                if train.port == 13, let refusesThirteen { return stop(refusesThirteen) }
                if train.datagramCount > 1, let refusesTrains { return stop(refusesTrains) }
                if room < Int.max { room -= train.datagramCount }
                self.trains.append(train)
                var start = Int(train.offset)
                let end = start + Int(train.byte_count)
                repeat {
                    let count = min(Int(train.segment), end - start)
                    let ip = train.is_six == 0 ? IPAddress.v4(UInt32(train.low)) : .v6(high: train.high, low: train.low)
                    sent.append(
                        Sent(bytes: [UInt8](UnsafeBufferPointer(start: bytes.map { $0 + start }, count: count)), port: train.port, ip: ip))
                    start += count
                } while start < end
            }
            return trains.count
        }
    }

    private let loop = EmbeddedEventLoop()
    private let kernel = Kernel()

    private func outbox(merges: Bool = true) -> DatagramOutbox {
        DatagramOutbox(loop: loop, merges: merges) { [kernel] in kernel.take($0, $1) }
    }

    /// Writes datagrams of these sizes to these ports, each other than all others.
    @discardableResult
    private func write(_ sizes: [Int], to ports: [UInt16] = [4000], _ outbox: DatagramOutbox) -> [Sent] {
        sizes.enumerated().map { index, size in
            let address = SocketAddress(ip: .v4(0x0A00_0001), port: ports[index % ports.count])
            let sent = Sent(bytes: (0..<size).map { UInt8(truncatingIfNeeded: $0 &+ index &* 7) }, port: address.port, ip: address.ip)
            outbox.write(sent.bytes, to: address)
            return sent
        }
    }

    @Test(arguments: [true, false], 0..<50 as Range<UInt64>)
    func `RT-90: what was written leaves in its order and whole, whatever becomes a train`(merges: Bool, seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let outbox = outbox(merges: merges)
        let addresses = ["10.0.0.1:4000", "10.0.0.1:4001", "[2001:db8::1]:4000"].compactMap { SocketAddress($0) }
        var written: [Sent] = []
        for _ in 0..<random.below(12) {
            let (address, size) = (addresses[random.below(addresses.count)], random.below(1500))
            for _ in 0...random.below(100) {
                let bytes = (0..<(random.chance(0.1) ? random.below(1500) : size)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                written.append(Sent(bytes: bytes, port: address.port, ip: address.ip))
                outbox.write(bytes, to: address)
            }
            if random.chance(0.3) { outbox.flush() }
        }
        outbox.flush()
        #expect(kernel.sent == written && outbox.refused == 0)
        for train in kernel.trains {
            #expect(
                train.datagramCount <= (merges ? DatagramBatch.trainSegmentsMax : 1) && Int(train.byte_count) <= DatagramBatch.trainBytesMax
            )
        }
    }

    @Test func `RT-155: neighbours of one size to one address leave as one, and one that is shorter ends them`() {
        let outbox = outbox()
        let written = write([1200, 1200, 1200, 300, 300, 1200, 1201], outbox)
        outbox.flush()
        #expect(kernel.trains.map(\.datagramCount) == [4, 1, 1, 1] && kernel.calls == 1)
        #expect(kernel.sent == written)
        outbox.flush()
        #expect(kernel.calls == 1, "there is nothing left")
    }

    @Test(arguments: [EIO, EINVAL, EOPNOTSUPP, ENOPROTOOPT])
    func `RT-92: a kernel that refuses to split trains is found out once, and nothing is lost by it`(reason: Int32) {
        let outbox = outbox()
        kernel.refusesTrains = reason
        var written = write([1200, 1200, 1200, 500, 500, 500, 90], outbox)
        outbox.flush()
        #expect(kernel.sent == written && outbox.refused == 0 && !outbox.merges)
        let calls = kernel.calls
        written += write([1200, 1200, 1200], outbox)
        outbox.flush()
        #expect(kernel.sent == written && kernel.calls == calls + 1, "it is not tried again")
    }

    @Test func `RT-157: a train that is too large for one device goes in pieces, and others go on as trains`() {
        let outbox = outbox()
        kernel.refusesTrains = EINVAL
        let written = write([1472, 1472], outbox)
        outbox.flush()
        #expect(kernel.sent == written && outbox.merges)
    }

    @Test func `RT-10, RT-90: a datagram that is refused is lost alone`() {
        let outbox = outbox()
        kernel.refusesThirteen = EPERM
        let written = write([100, 100, 100, 100, 100, 100], to: [4000, 13, 13], outbox)
        outbox.flush()
        #expect(kernel.sent == written.filter { $0.port != 13 } && outbox.refused == 4)
    }

    @Test func `RT-91: where there is no room all waits, in order, and the system is asked seldom`() {
        let outbox = outbox()
        kernel.room = 2
        var written = write([1200, 1201, 1202], outbox)
        outbox.flush()
        #expect(kernel.sent == Array(written.prefix(2)))
        let calls = kernel.calls
        written += write([1300, 1301], outbox)
        for _ in 0..<100 { outbox.flush() }
        #expect(kernel.calls == calls, "a flush does not ask again")
        kernel.room = 1
        loop.advanceTime(by: .milliseconds(1))
        #expect(kernel.sent == Array(written.prefix(3)))
        kernel.room = .max
        loop.advanceTime(by: .milliseconds(1))
        #expect(kernel.sent == written && outbox.refused == 0)
        written += write([64], outbox)
        outbox.flush()
        #expect(kernel.sent == written, "it is as before")
    }

    @Test func `RT-156: what finds no room for long is lost and counted, and so is what is too much to wait`() {
        let outbox = outbox()
        kernel.room = 0
        let many = [Int](repeating: 1000, count: 400)
        write(many, outbox)
        outbox.flush()
        loop.advanceTime(by: .seconds(10))
        #expect(outbox.refused == many.count && kernel.sent.isEmpty)
        #expect(kernel.calls <= (DatagramOutbox.pauses.count + 1) * 2, "asked \(kernel.calls) times")
        #expect(many.count * 1000 > DatagramOutbox.waitingMax, "or this proves nothing")
        kernel.room = .max
        let late = write([64], outbox)
        outbox.flush()
        #expect(kernel.sent == late)
    }

    @Test func `RT-156: a close sends what there is room for, and nothing is sent or waits after it`() {
        let outbox = outbox()
        kernel.room = 0
        let written = write([1000, 900], outbox)
        outbox.flush()
        kernel.room = .max
        outbox.close()
        #expect(kernel.sent == written)
        write([1000], outbox)
        outbox.flush()
        outbox.close()
        loop.advanceTime(by: .seconds(10))
        #expect(kernel.sent == written && outbox.refused == 1)
    }
}
