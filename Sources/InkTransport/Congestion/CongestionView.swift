import InkPrimitives

/// How a controller sees its path, for tools and metrics.
package struct CongestionView: Hashable, Sendable {
    package enum Phase: Hashable, Sendable { case startup, steady, contest }

    package internal(set) var phase = Phase.startup
    /// Bytes that may be on the way.
    package internal(set) var window = 0.0
    /// The round trip without any queue; nil while none is known.
    package internal(set) var base: Duration?
    /// What the newest sample waited beyond that.
    package internal(set) var queue: Duration = .zero
    /// What arrived of late in a second, at best; nil while it is not known.
    package internal(set) var bytesPerSecond: Double?
    /// How far two samples in a row are apart.
    package internal(set) var noise: Duration = .zero
    /// Times that the queue was left and stayed.
    package internal(set) var strikes = 0
}
