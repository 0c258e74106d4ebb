import InkPrimitives
import InkRendezvous
import NIOCore
import NIOWebSocket

/// What this target reads of bytes that strangers send, each as a function of bytes alone: for tools/fuzz, which sees none of the names
/// behind it.
package enum RuntimeDecoders {
    /// One message to a rendezvous as JSON.
    package static func clientMessage(_ bytes: [UInt8]) throws -> ClientMessage {
        try SignallingJSON.decode(ClientMessage.self, from: ByteBuffer(bytes: bytes))
    }

    /// One message of a rendezvous as JSON.
    package static func serverMessage(_ bytes: [UInt8]) throws -> ServerMessage {
        try SignallingJSON.decode(ServerMessage.self, from: ByteBuffer(bytes: bytes))
    }

    /// A message to a rendezvous as it is sent.
    package static func json(_ message: ClientMessage) throws -> [UInt8] { Array(try SignallingJSON.encode(message).readableBytesView) }

    /// A message of a rendezvous as it is sent.
    package static func json(_ message: ServerMessage) throws -> [UInt8] { Array(try SignallingJSON.encode(message).readableBytesView) }

    /// Puts behind a channel what stands there once a WebSocket is open: from bytes to whole messages.
    package static func addWebSocket(
        to pipeline: ChannelPipeline.SynchronousOperations, isServer: Bool, receive: @escaping (ByteBuffer) -> Void,
        closed: @escaping (String) -> Void
    ) throws {
        try pipeline.addHandler(WebSocketFrameEncoder())
        try pipeline.addHandler(ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: Signalling.messageBytesMax)))
        let clock = MonotonicClock { .zero }
        try pipeline.addWebSocket(
            WebSocketHandler(role: isServer ? .server : .client, clock: clock, receive: receive, closed: closed))
    }
}
