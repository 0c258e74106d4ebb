import InkCrypto
import InkPrimitives

// A copy of the device keys of this machine, and the way back.
extension BoardCatalog {
    /// Where the device keys of the first profile are.
    package var identityPath: String { Self.identityPath(dataDirectory) }

    /// Whose device this is; nil where it has no key yet.
    package func device() throws(StoreError) -> AuthorID? { try Identity.existing(at: identityPath)?.signing.author }

    /// Copies the device keys, which are made where there are none, into a new file of mode 0600 (ST-33).
    ///
    /// - Throws: `failed` where a file of that name is already: no copy takes the place of another.
    package func copyIdentity(to path: String) throws(StoreError) -> AuthorID {
        let identity = try identity(ofProfile: 1)
        var bytes = try Files.read(identityPath, limit: 4096)
        defer { erase(&bytes) }
        guard try Files.create(path, bytes: bytes) else { throw .failed(path: path, detail: "there is a file of that name already") }
        return identity.signing.author
    }

    /// Makes the device keys in a file those of this machine. Keys that were here before stay, beside them (ST-59).
    ///
    /// - Parameter replaces: whether other keys that are here may be put aside.
    /// - Returns: whose device it is now, and where the keys that were here are.
    /// - Throws: `failed` where other keys are here and may not be put aside, `locked` where some process has a board open under them.
    package func takeIdentity(from path: String, replaces: Bool) throws(StoreError) -> (device: AuthorID, aside: String?) {
        guard let copied = try Identity.existing(at: path)?.signing.author else { throw .missing(what: "a copy of device keys in \(path)") }
        var bytes = try Files.read(path, limit: 4096)
        defer { erase(&bytes) }
        guard let here = try device() else {
            try Files.makeDirectory(dataDirectory)
            guard try Files.create(identityPath, bytes: bytes) else {
                throw .failed(path: identityPath, detail: "another program made keys at the same moment")
            }
            return (copied, nil)
        }
        guard here != copied else { return (copied, nil) }
        guard replaces else { throw .failed(path: identityPath, detail: "this machine has other keys, which sign what is drawn here") }
        if let open = try entries().first(where: { $0.isOpen && $0.profile == 1 }) { throw .locked(path: open.directory) }
        var number = 1
        while Files.exists("\(identityPath).before-\(number)") { number += 1 }
        let aside = "\(identityPath).before-\(number)"
        // Beside them first, and then in their place in one step: where the disk takes no more the old ones stand (CL-281).
        var old = try Files.read(identityPath, limit: 4096)
        defer { erase(&old) }
        guard try Files.create(aside, bytes: old) else { throw .failed(path: aside, detail: "another program made it at the same moment") }
        do throws(StoreError) {
            try Files.replace(identityPath, bytes: bytes)
        } catch {
            Files.remove(aside)
            throw error
        }
        return (copied, aside)
    }
}
