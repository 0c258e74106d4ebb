/// What one side of a WebSocket said (RFC 6455 §5.2), read from the bytes behind its head.
struct WebSocketStream {
    struct Message {
        enum Kind: UInt8 { case text = 1, binary = 2, close = 8, ping = 9, pong = 10 }
        var kind: Kind
        var payload: [UInt8]
    }

    private(set) var messages: [Message] = []
    /// What is not as the RFC has it, and as ours agree on; reading ends there.
    private(set) var fault: String?
    /// Bytes of a frame whose end is not in the capture.
    private(set) var cutOff = 0

    /// - Parameter isMasked: what a client says is, and what a server says is not.
    init(_ bytes: ArraySlice<UInt8>, isMasked: Bool) {
        var rest = bytes
        var whole: Message?
        while fault == nil, !rest.isEmpty {
            guard let frame = Frame(rest) else {
                cutOff = rest.count
                return
            }
            rest = rest.dropFirst(frame.byteCount)
            fault = Self.fault(of: frame, isMasked: isMasked)
            if fault == nil { take(frame, &whole) }
        }
    }

    private static func fault(of frame: Frame, isMasked: Bool) -> String? {
        if frame.bits != 0 { return "a frame of an extension" }
        if frame.isMasked != isMasked { return isMasked ? "a frame without a mask" : "a frame with a mask" }
        return frame.opcode >= 8 && (!frame.isLast || frame.payload.count > 125) ? "a long frame of control" : nil
    }

    /// - Parameter whole: the message whose frames are not all there yet.
    private mutating func take(_ frame: Frame, _ whole: inout Message?) {
        if frame.opcode == 0 {
            whole?.payload += frame.payload
            if whole == nil { fault = "a frame that goes on with nothing" }
            guard frame.isLast, let done = whole else { return }
            messages.append(done)
            whole = nil
        } else if let kind = Message.Kind(rawValue: frame.opcode) {
            let message = Message(kind: kind, payload: frame.payload)
            if frame.isLast {
                messages.append(message)
            } else if whole == nil {
                whole = message
            } else {
                fault = "a message within a message"
            }
        } else {
            fault = "a frame of kind \(frame.opcode)"
        }
    }

    private struct Frame {
        var isLast: Bool
        var bits: UInt8
        var opcode: UInt8
        var isMasked: Bool
        var payload: [UInt8]
        var byteCount: Int

        /// Nil where its end is not there.
        init?(_ bytes: ArraySlice<UInt8>) {
            guard let head = IPPacket.number(bytes, at: 0, count: 2) else { return nil }
            (isLast, bits, opcode) = (head >> 15 == 1, UInt8(head >> 12 & 7), UInt8(head >> 8 & 15))
            isMasked = head >> 7 & 1 == 1
            var (length, at) = (head & 127, 2)
            if length >= 126 {
                let count = length == 126 ? 2 : 8
                guard let long = IPPacket.number(bytes, at: at, count: count) else { return nil }
                (length, at) = (long, at + count)
            }
            let mask = isMasked ? Array(bytes.dropFirst(at).prefix(4)) : [0, 0, 0, 0]
            at += isMasked ? 4 : 0
            guard mask.count == 4, length <= UInt64(bytes.count), at + Int(length) <= bytes.count else { return nil }
            payload = bytes.dropFirst(at).prefix(Int(length)).enumerated().map { $1 ^ mask[$0 & 3] }
            byteCount = at + Int(length)
        }
    }
}
