import InkPrimitives

/// One connection of TCP in a capture: what each side said, in order.
struct Conversation {
    /// One direction.
    struct Side {
        private var first: UInt32?
        /// Offsets behind the first byte, and what stands there, as it came.
        private var parts: [(offset: Int, bytes: ArraySlice<UInt8>)] = []

        var isEmpty: Bool { parts.isEmpty }

        mutating func begin(after sequence: UInt32) { first = sequence &+ 1 }

        /// Takes a segment. What lies 2 GiB and more before or behind cannot be told apart, and no capture is that long.
        mutating func take(_ segment: Segment) {
            guard !segment.payload.isEmpty else { return }
            let begin = first ?? segment.sequence
            if first == nil { first = begin }
            parts.append((Int(Int32(bitPattern: segment.sequence &- begin)), segment.payload))
        }

        /// All bytes up to the first that is missing, and how many are known of behind it.
        var content: (bytes: [UInt8], missing: Int) {
            var (whole, behind): ([UInt8], Int) = ([], 0)
            for (offset, bytes) in parts.sorted(by: { $0.offset < $1.offset }) where offset + bytes.count > whole.count {
                guard offset <= whole.count else {
                    behind += bytes.count
                    continue
                }
                // Said again: the rest is news.
                whole += bytes.dropFirst(max(0, whole.count - offset))
            }
            return (whole, behind)
        }
    }

    /// Who called, and who was called. Where the beginning is not in the capture, whoever was seen first counts as the caller.
    let client: SocketAddress
    let server: SocketAddress
    /// Its beginning is in the capture.
    let isWhole: Bool
    let time: UInt64
    var ofClient = Side()
    var ofServer = Side()
}

/// The connections of a capture.
struct Conversations {
    private struct Ends: Hashable {
        let client: SocketAddress
        let server: SocketAddress
    }

    private(set) var all: [Conversation] = []
    private var open: [Ends: Int] = [:]

    mutating func take(_ segment: Segment, time: UInt64) {
        let (there, back) = (Ends(client: segment.from, server: segment.to), Ends(client: segment.to, server: segment.from))
        if segment.begins, !segment.answers {
            // The same two once more, but not the same word again.
            if let index = open[there], all[index].isWhole, all[index].ofClient.isEmpty { return }
            open[there] = all.count
            open[back] = nil
            all.append(Conversation(client: segment.from, server: segment.to, isWhole: true, time: time))
            all[all.count - 1].ofClient.begin(after: segment.sequence)
        } else if let index = open[there] {
            all[index].ofClient.take(segment)
        } else if let index = open[back] {
            if segment.begins { all[index].ofServer.begin(after: segment.sequence) } else { all[index].ofServer.take(segment) }
        } else if !segment.payload.isEmpty {
            open[there] = all.count
            all.append(Conversation(client: segment.from, server: segment.to, isWhole: false, time: time))
            all[all.count - 1].ofClient.take(segment)
        }
    }
}
