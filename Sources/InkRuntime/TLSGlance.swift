import NIOCore

/// Says, of the first bytes that a plain connection gets, whether they are TLS: then the other end was spoken to in clear by mistake.
final class TLSGlance: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var hasSeen = false
    /// True for the first byte of an alert or a handshake record (RFC 8446 §5.1).
    private(set) var isTLS = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !hasSeen {
            let bytes = unwrapInboundIn(data)
            hasSeen = true
            isTLS = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self).map { $0 == 0x15 || $0 == 0x16 } ?? false
        }
        context.fireChannelRead(data)
    }
}
