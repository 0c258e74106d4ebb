import CInkSystem
import InkPrimitives

/// Datagrams that wait to be sent, in order: one after the other in memory, and neighbours of one size (RT-155) to one address as one train.
struct DatagramBatch {
    private(set) var bytes: [UInt8] = []
    private(set) var trains: [ink_train] = []
    /// Datagrams in it.
    private(set) var count = 0
    /// Whether neighbours become a train at all.
    var merges: Bool

    /// What one datagram can hold over either family, and segments that each kernel with UDP_SEGMENT takes (UDP_MAX_SEGMENTS of Linux before 6.9).
    static let trainBytesMax = 65_000
    static let trainSegmentsMax = 64

    init(merges: Bool) { self.merges = merges }

    var isEmpty: Bool { trains.isEmpty }

    mutating func append(_ datagram: [UInt8], to address: SocketAddress) {
        let offset = bytes.count
        bytes.append(contentsOf: datagram)
        count += 1
        if merges, let last = trains.indices.last, trains[last].takes(datagram.count, to: address) {
            trains[last].byte_count += UInt32(datagram.count)
        } else {
            trains.append(ink_train(offset: offset, count: datagram.count, to: address))
        }
    }

    /// Makes single datagrams of the train at this place.
    mutating func split(at index: Int) {
        let train = trains[index]
        guard train.datagramCount > 1 else { return }
        var (parts, start) = ([ink_train](), train.offset)
        let end = train.offset + train.byte_count
        while start < end {
            var part = train
            part.offset = start
            part.byte_count = min(UInt32(train.segment), end - start)
            part.segment = UInt16(part.byte_count)
            parts.append(part)
            start += part.byte_count
        }
        trains.replaceSubrange(index...index, with: parts)
    }

    /// Takes the first trains out. Memory is kept for the next ones.
    mutating func removeFirst(_ trainCount: Int) {
        count -= trains[..<trainCount].reduce(0) { $0 + $1.datagramCount }
        guard trainCount < trains.count else {
            bytes.removeAll(keepingCapacity: true)
            trains.removeAll(keepingCapacity: true)
            return
        }
        let gone = trains[trainCount].offset
        trains.removeFirst(trainCount)
        bytes.removeFirst(Int(gone))
        for index in trains.indices { trains[index].offset -= gone }
    }
}

extension ink_train {
    fileprivate init(offset: Int, count: Int, to address: SocketAddress) {
        self.init()
        (self.offset, byte_count, segment, port) = (UInt32(offset), UInt32(count), UInt16(count), address.port)
        switch address.ip {
        case .v4(let word): (is_six, low) = (0, UInt64(word))
        case .v6(let high, let low): (is_six, self.high, self.low) = (1, high, low)
        }
    }

    var datagramCount: Int { segment == 0 ? 1 : (Int(byte_count) + Int(segment) - 1) / Int(segment) }

    /// True if a datagram of so many bytes may follow: all before it are of one size, and it is no longer.
    fileprivate func takes(_ count: Int, to address: SocketAddress) -> Bool {
        guard count > 0, count <= Int(segment), byte_count % UInt32(segment) == 0, Int(byte_count) + count <= DatagramBatch.trainBytesMax,
            datagramCount < DatagramBatch.trainSegmentsMax, port == address.port
        else { return false }
        return switch address.ip {
        case .v4(let word): is_six == 0 && low == UInt64(word)
        case .v6(let high, let low): is_six == 1 && self.high == high && self.low == low
        }
    }
}
