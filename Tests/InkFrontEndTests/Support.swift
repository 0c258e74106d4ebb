import InkBoard
import InkPrimitives

/// An identifier that begins with this number.
func identifier<Tag>(_ number: Int) -> Identifier<Tag> {
    var numbers = Numbers(number: UInt64(number))
    return Identifier(using: &numbers)
}

/// Places in the depth order that ascend with `number`.
func depth(_ number: UInt64) -> DepthKey {
    var writer = ByteWriter(capacity: 8)
    writer.writeVarint(number)
    return DepthKey(writer.bytes) ?? .first
}

private struct Numbers: RandomNumberGenerator {
    let number: UInt64
    mutating func next() -> UInt64 { number }
}

/// The seeds that a costly law is tried with: a fifth of `count` where code is not optimised and takes ten times as long.
func seeds(_ count: UInt64) -> Range<UInt64> {
    #if DEBUG
        0..<max(1, count / 5)
    #else
        0..<count
    #endif
}
