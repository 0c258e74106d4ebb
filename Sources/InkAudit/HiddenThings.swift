import InkPrimitives

/// What only members know, and in which forms it may stand where others see it: as it is, in hex, and in base64 at each place in a group of three bytes
/// (AU-7).
///
/// All are looked for in one walk over the bytes, by the first four of each form.
struct HiddenThings {
    private struct Form {
        var thing: Int
        var name: String
        var bytes: [UInt8]
    }

    private var names: [String] = []
    private var forms: [UInt32: [Form]] = [:]
    /// By the low 16 bits of the first four bytes: false where no form begins so.
    private var mayBegin = [Bool](repeating: false, count: 1 << 16)

    /// Things that are looked for.
    var count: Int { names.count }

    /// What is shorter, or stands in the words that are always said, may be met by chance and is not looked for.
    static let bytesMin = 6

    /// - Returns: false for what cannot be looked for.
    mutating func add(_ name: String, _ bytes: [UInt8]) -> Bool {
        guard bytes.count >= Self.bytesMin, !PublishedWords.contain(bytes) else { return false }
        add(Form(thing: count, name: "", bytes: bytes))
        let hex = Hex.encode(bytes)
        add(Form(thing: count, name: "in hex", bytes: Array(hex.utf8)))
        add(Form(thing: count, name: "in hex", bytes: Array(hex.uppercased().utf8)))
        for shift in 0..<3 {
            // The signs at the edges mix with what is beside them.
            let first = (shift * 8 + 5) / 6
            let last = (shift + bytes.count) * 8 / 6
            let url = Array(Base64URL.encode([UInt8](repeating: 0, count: shift) + bytes).utf8)
            let safe = Array(url[first..<min(last, url.count)])
            let plain = safe.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "+") : $0 == UInt8(ascii: "_") ? UInt8(ascii: "/") : $0 }
            for text in Set([safe, plain]) where text.count >= Self.bytesMin { add(Form(thing: count, name: "in base64", bytes: text)) }
        }
        names.append(name)
        return true
    }

    private mutating func add(_ form: Form) {
        let key = form.bytes[0..<4].reduce(0) { $0 << 8 | UInt32($1) }
        forms[key, default: []].append(form)
        mayBegin[Int(key & 0xFFFF)] = true
    }

    /// Which are to be seen, each once: "the name of a member, in hex".
    func sights(in bytes: some Collection<UInt8>) -> [String] {
        guard !forms.isEmpty, bytes.count >= 4 else { return [] }
        let bytes = Array(bytes)
        var found: [String] = []
        var key: UInt32 = bytes[0..<3].reduce(0) { $0 << 8 | UInt32($1) }
        for end in 3..<bytes.count {
            key = key << 8 | UInt32(bytes[end])
            guard mayBegin[Int(key & 0xFFFF)], let all = forms[key] else { continue }
            for form in all where bytes[(end - 3)...].starts(with: form.bytes) {
                let sight = names[form.thing] + (form.name.isEmpty ? "" : ", \(form.name)")
                if !found.contains(sight) { found.append(sight) }
            }
        }
        return found
    }
}
