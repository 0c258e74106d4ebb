import InkPrimitives

/// Ours, where NIO has one of the same name.
typealias SocketAddress = InkPrimitives.SocketAddress

/// Moves something that is not Sendable to the loop that will own it; nobody else keeps it.
struct UncheckedTransfer<Value>: @unchecked Sendable { let value: Value }
