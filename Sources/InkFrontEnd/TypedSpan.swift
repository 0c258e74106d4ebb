import InkPrimitives

/// A span of time as it is typed: a whole number of seconds, minutes, hours or days, as `90s`, `10m`, `2h`, `7d`.
package enum TypedSpan {
    /// Nil for none, or one beyond what a span can be.
    package static func seconds(_ text: some StringProtocol) -> UInt32? {
        let digits = text.dropLast()
        guard let unit = text.last, let scale = units[unit], !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let count = UInt32(digits), count > 0, count <= Limits.inviteCount / scale
        else { return nil }
        return count * scale
    }

    private static let units: [Character: UInt32] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
}
