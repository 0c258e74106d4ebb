import InkRuntime
import InkSession

/// The file with the token for one rendezvous, from the table `tokens` of the configuration (CL-410):
///
///     [tokens]
///     "wss://rendezvous.example.org" = "~/.config/inkwire/token"
struct TokenSetting: Codable, Sendable {
    /// Why one is not used.
    struct Fault: Error {
        /// Without what stands in the key: it may be a secret.
        let words: String
    }

    static let table = "tokens."

    /// As it is written.
    let place: String
    let file: String
    let line: Int

    init(_ place: String, file: TOMLText.Value, line: Int) throws(Fault) {
        if let words = Self.complaint(of: place) { throw Fault(words: words) }
        guard case .text(let file) = file, !file.isEmpty else {
            throw Fault(words: "tokens takes the name of a file, in quotes; this one is not used")
        }
        (self.place, self.file, self.line) = (place, file, line)
    }

    /// Where the token goes.
    var address: RendezvousAddress {
        guard let address = RendezvousAddress(place) else { preconditionFailure("it was read before") }
        return address
    }

    /// The address that a key of the configuration is about; nil for one of another table.
    static func place(of key: String) -> String? { key.hasPrefix(table) ? String(key.dropFirst(table.count)) : nil }

    /// What is wrong with an address; nil for nothing.
    static func complaint(of place: String) -> String? {
        guard let address = RendezvousAddress(place), !RendezvousAddress.holdsSecret(place) else {
            return "tokens takes the address of a rendezvous, as \"wss://HOST\", and the name of a file; this one is not used"
        }
        guard TokenFiles.mayGo(to: address.host, usesTLS: address.usesTLS) else {
            return "a token goes over TLS only (wss://), or stays on this machine; this one is not used"
        }
        return nil
    }
}
