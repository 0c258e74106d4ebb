import InkCrypto
import InkPrimitives

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Who this device is: the key that signs its transactions and the key of its handshakes, kept in `identity.key`.
///
///     0       8    9        41       73       81
///     inkwire\n │ 1 │ signing seed │ static secret │ check │        check: the first 8 bytes of BLAKE2b-256 of what precedes
package struct Identity: Sendable {
    package let signing: SigningKey
    package let staticKey: StaticKey
    /// True if it was made just now: whatever was signed on this machine before was signed by another.
    package private(set) var isNew = false

    /// Reads the identity at `path`, or makes one there; of two processes that do so at once, both get the one that was first.
    package static func loadOrCreate(at path: String) throws(StoreError) -> Identity {
        if let identity = try existing(at: path) { return identity }
        try Files.makeDirectory(Files.parent(of: path))
        var generator = SystemRandomNumberGenerator()
        // Growing would leave copies of the keys behind.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount)
        defer { erase(&bytes) }
        bytes += header
        for _ in 0..<8 { withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) } }
        bytes += check(bytes)
        let isNew = try Files.create(path, bytes: bytes)
        guard var identity = try existing(at: path) else { throw .failed(path: path, detail: "it went away while it was being made") }
        identity.isNew = isNew
        return identity
    }

    private static let header = Array("inkwire\n".utf8) + [1]
    private static let byteCount = 81

    private static func check(_ bytes: [UInt8]) -> [UInt8] { Array(Blake2b.hash256(bytes).prefix(8)) }

    /// The identity at `path`; nil when the file is not there.
    ///
    /// - Throws: `exposed` where others on this machine can read or change our file, as ssh does with its keys (ST-29): what they have read they can
    ///   sign.
    package static func existing(at path: String) throws(StoreError) -> Identity? {
        guard let access = Files.rights(of: path) else {
            // Nothing can be made where a link is, and what it led to may come back.
            // Who may not look shall not be told that there is none (CL-284).
            guard !Files.isHidden(path) else { throw .permission(path: path) }
            guard !Files.isDangling(path) else { throw .corruptIdentity(path: path, detail: "it is a link that leads to nothing") }
            return nil
        }
        guard Files.isFile(path) else { throw .corruptIdentity(path: path, detail: "it is not a file") }
        guard access.owner != geteuid() || access.mode & 0o077 == 0 else { throw .exposed(path: path, mode: UInt16(access.mode)) }
        var bytes = try Files.read(path, limit: 4096)
        defer { erase(&bytes) }
        guard bytes.starts(with: header.dropLast()), bytes.count > header.count else {
            throw .corruptIdentity(path: path, detail: "it is not an identity file")
        }
        guard bytes[8] <= header[8] else { throw .newer(path: path, found: Int(bytes[8]), known: Int(header[8])) }
        var covered = Array(bytes.prefix(73))
        defer { erase(&covered) }
        guard bytes.count == byteCount, check(covered) == Array(bytes[73...]), let seed = Secret32(bytes[9..<41]),
            let secret = Secret32(bytes[41..<73])
        else { throw .corruptIdentity(path: path, detail: "its checksum does not match") }
        return Identity(signing: SigningKey(seed: seed), staticKey: StaticKey(secret: secret))
    }
}
