import InkCrypto
import InkPrimitives

/// Both keys of one space, for the log that a person asked for: whoever has them reads all that is said under them (TR-121).
///
/// Made only where `Endpoint.Configuration.disclosesKeys` is set, once a space, as it is made. It cannot be printed or mirrored; `lines` says it.
public struct KeyDisclosure: Sendable {
    /// What packets to us bear, and what they open with, 32 bytes.
    let localIndex: UInt32
    let receiving: [UInt8]
    /// What packets from us bear, and what they are sealed with, 32 bytes.
    let remoteIndex: UInt32
    let sending: [UInt8]

    init(localIndex: UInt32, remoteIndex: UInt32, keys: TransportKeys) {
        (self.localIndex, self.remoteIndex) = (localIndex, remoteIndex)
        (sending, receiving) = keys.disclosed
    }

    /// What each line begins with, and the version of its form.
    static let label = "INKWIRE_KEYS 1"

    /// As the log says it: a line for each direction, each with its line feed (page *Wire format*).
    public var lines: String {
        [(localIndex, receiving, "in"), (remoteIndex, sending, "out")].map { index, key, direction in
            let digits = String(index, radix: 16)
            return "\(Self.label) \(String(repeating: "0", count: 8 - digits.count))\(digits) \(Hex.encode(key)) \(direction)\n"
        }.joined()
    }
}

extension KeyDisclosure: CustomReflectable, CustomStringConvertible {
    /// Empty: keys have no parts to show but where `lines` is asked for.
    public var customMirror: Mirror { Mirror(self, children: []) }
    public var description: String { "keys of a connection" }
}
