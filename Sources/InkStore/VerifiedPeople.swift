import InkBoard
import InkPrimitives

/// Whom the person of a profile has verified, on whichever of its boards (ST-51).
///
///     <profile>/people/<64 hex of a device key>     version 1 (1) | verified (1) | name, after its length | check (8)
///
/// A file for each of whom anything was said: programs with other boards open say so at the same time, and none takes away what another said.
package struct VerifiedPeople: Sendable {
    /// What was said last of a device.
    package enum Word: Hashable, Sendable {
        /// Verified under a name, unsanitised.
        case verified(as: String)
        /// It was, and that was taken back.
        case unverified

        var name: String? { if case .verified(let name) = self { name } else { nil } }
    }

    private let directory: String

    /// - Parameter directory: of the profile.
    package init(ofProfile directory: String) { self.directory = "\(directory)/people" }

    /// A file that is damaged verifies nobody (ST-63).
    package func all() throws(StoreError) -> [AuthorID: Word] {
        var words: [AuthorID: Word] = [:]
        for file in try Files.list(directory) {
            guard let device = AuthorID(hex: file), device.hex == file else { continue }
            words[device] = Self.word(try Files.read("\(directory)/\(file)", limit: Self.bytesMax), of: device) ?? .unverified
        }
        return words
    }

    package func keep(_ word: Word, of device: AuthorID) throws(StoreError) {
        var writer = ByteWriter()
        writer.write([Self.version, word.name == nil ? 0 : 1])
        writer.writeText(word.name ?? "")
        writer.write(Self.check(writer.bytes, of: device))
        try Files.makeDirectory(directory)
        try Files.replace("\(directory)/\(device.hex)", bytes: writer.bytes)
    }

    private static func word(_ bytes: [UInt8], of device: AuthorID) -> Word? {
        var reader = ByteReader(bytes)
        guard (try? reader.readUInt8()) == version, let flag = try? reader.readUInt8(), flag <= 1,
            let name = try? reader.readText(limit: bytesMax),
            reader.remaining == checkCount, check(Array(bytes.dropLast(checkCount)), of: device) == Array(bytes.suffix(checkCount))
        else { return nil }
        return flag == 1 ? .verified(as: name) : .unverified
    }

    private static func check(_ bytes: [UInt8], of device: AuthorID) -> [UInt8] { Array(Schema.check([device.bytes, bytes])) }

    private static let version: UInt8 = 1
    private static let checkCount = 8
    /// Far more than a name takes.
    private static let bytesMax = 4096
}
