import InkCrypto
import InkPrimitives

/// Who this device is: the key that signs its transactions and the key of its handshakes, kept in `identity.key`.
///
///     0       8    9        41       73       81
///     inkwire\n │ 1 │ signing seed │ static secret │ check │        check: the first 8 bytes of BLAKE2b-256 of what precedes
package struct Identity: Sendable {
    package let signing: SigningKey
    package let staticKey: StaticKey

    /// Reads the identity at `path`, or makes one there; of two processes that do so at once, both get the one that was first.
    package static func loadOrCreate(at path: String) throws(StoreError) -> Identity {
        if let identity = try load(path) { return identity }
        try Files.makeDirectory(Files.parent(of: path))
        var generator = SystemRandomNumberGenerator()
        // Growing would leave copies of the keys behind.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        defer { erase(&bytes) }
        bytes += header
        for _ in 0..<8 { withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) } }
        bytes += check(bytes)
        _ = try Files.create(path, bytes: bytes)
        guard let identity = try load(path) else { throw .failed(path: path, detail: "it went away while it was being made") }
        return identity
    }

    private static let header = Array("inkwire\n".utf8) + [1]
    private static let byteCount = 81

    private static func check(_ bytes: [UInt8]) -> [UInt8] { Array(Blake2b.hash256(bytes).prefix(8)) }

    /// Nil when the file is not there.
    private static func load(_ path: String) throws(StoreError) -> Identity? {
        guard Files.exists(path) else { return nil }
        var bytes = try Files.read(path, limit: 4096)
        defer { erase(&bytes) }
        guard bytes.starts(with: header.dropLast()), bytes.count > header.count else {
            throw .corrupt(path: path, detail: "it is not an identity file")
        }
        guard bytes[8] <= header[8] else { throw .newer(path: path, found: Int(bytes[8]), known: Int(header[8])) }
        var covered = Array(bytes.prefix(73))
        defer { erase(&covered) }
        guard bytes.count == byteCount, check(covered) == Array(bytes[73...]), let seed = Secret32(bytes[9..<41]),
            let secret = Secret32(bytes[41..<73])
        else { throw .corrupt(path: path, detail: "its checksum does not match") }
        return Identity(signing: SigningKey(seed: seed), staticKey: StaticKey(secret: secret))
    }
}
