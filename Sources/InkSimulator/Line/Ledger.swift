import InkPrimitives
import InkTransport

/// What one end gave the other and what came of it: each message says its lane, stream and number, so that one that comes twice, early, changed or never
/// is told.
struct Ledger {
    struct Name: Hashable { var lane: Lane; var stream: UInt64 }

    private var given: [Name: UInt32] = [:]
    private var taken: [Name: UInt32] = [:]
    private var presenceGiven: UInt32 = 0
    private var presenceTaken: UInt32 = 0
    private(set) var bytesGiven = 0

    private static let headerCount = 13

    /// The next message of a stream: so many bytes, at least a header.
    mutating func give(_ name: Name, byteCount: Int) -> [UInt8] {
        let number = given[name, default: 0]
        given[name] = number + 1
        let message = Self.message(name, number, byteCount)
        bytesGiven += message.count
        return message
    }

    mutating func givePresence() -> [UInt8] {
        presenceGiven += 1
        return (0..<4).map { UInt8(truncatingIfNeeded: presenceGiven >> (24 - 8 * UInt32($0))) }
    }

    /// - Returns: what is wrong with it; nil if it is the next one of its stream.
    mutating func take(_ message: [UInt8], _ name: Name) -> String? {
        let number = taken[name, default: 0]
        guard number < given[name, default: 0] else { return "a message came that was not given, on \(name)" }
        guard message == Self.message(name, number, message.count) else {
            return "message \(number) of \(name) did not come as it was given"
        }
        taken[name] = number + 1
        return nil
    }

    mutating func takePresence(_ bytes: [UInt8]) -> String? {
        let number = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard number > presenceTaken, number <= presenceGiven else { return "presence \(number) came after \(presenceTaken)" }
        presenceTaken = number
        return nil
    }

    /// All reliable messages that were given have come.
    var isSettled: Bool { given == taken }
    var missing: String {
        given.filter { $0.value != taken[$0.key, default: 0] }.map {
            "\($0.key.lane) \($0.key.stream): \(taken[$0.key, default: 0]) of \($0.value)"
        }.sorted()
            .joined(separator: ", ")
    }

    private static func message(_ name: Name, _ number: UInt32, _ byteCount: Int) -> [UInt8] {
        var bytes = [name.lane.rawValue]
        bytes += (0..<8).map { UInt8(truncatingIfNeeded: name.stream >> (56 - 8 * UInt64($0))) }
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * UInt32($0))) }
        return bytes + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: max(0, byteCount - headerCount))
    }
}

/// A link that broke a promise.
package struct LinkFailure: Error, CustomStringConvertible, Sendable {
    package let seed: UInt64
    package let at: Instant
    package let text: String
    /// The newest events, oldest first; empty where none were kept.
    package let lines: [String]
    /// Arguments that show it again.
    package let again: String

    package var description: String {
        let events = lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
        return "\(events)seed \(seed) at \(at.nanoseconds / 1_000_000) ms: \(text)\n  again: tools/simulate \(again)"
    }
}
