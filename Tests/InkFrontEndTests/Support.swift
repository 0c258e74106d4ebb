import InkPrimitives

/// An identifier that begins with this number.
func identifier<Tag>(_ number: Int) -> Identifier<Tag> {
    var numbers = Numbers(number: UInt64(number))
    return Identifier(using: &numbers)
}

private struct Numbers: RandomNumberGenerator {
    let number: UInt64
    mutating func next() -> UInt64 { number }
}
