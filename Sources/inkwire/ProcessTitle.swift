#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What other users of this machine see of our command line.
enum ProcessTitle {
    /// Takes the secret of each invite out of what the system shows as our arguments (`ps`, /proc/PID/cmdline), which anybody may read for as long as we
    /// run. Who looked before this was quicker: that is why an invite on the command line earns a warning.
    ///
    /// The arguments that the program itself has must have been copied before.
    static func hideSecrets() {
        guard let place = argumentPlace() else { return }
        // The arguments stand one behind the other, each with a zero at its end.
        var bytes = UnsafeMutableRawBufferPointer(start: place.start, count: place.count)
        hideSecrets(in: &bytes)
    }

    /// Overwrites what stands behind the `#` of each argument that holds an invite.
    static func hideSecrets(in bytes: inout some (MutableCollection<UInt8> & RandomAccessCollection<UInt8>)) {
        let scheme = Array("inkwire:".utf8)
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: 0) ?? bytes.endIndex
            if contains(scheme, in: bytes[start..<end]), let mark = bytes[start..<end].firstIndex(of: UInt8(ascii: "#")) {
                var index = bytes.index(after: mark)
                while index < end {
                    bytes[index] = UInt8(ascii: ".")
                    bytes.formIndex(after: &index)
                }
            }
            start = end < bytes.endIndex ? bytes.index(after: end) : end
        }
    }

    /// `text` in any case.
    private static func contains(_ text: [UInt8], in bytes: some RandomAccessCollection<UInt8>) -> Bool {
        func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
        var rest = bytes.map(lower)[...]
        while rest.count >= text.count {
            if rest.starts(with: text) { return true }
            rest = rest.dropFirst()
        }
        return false
    }

    /// Where the system looks for our arguments; nil if it does not tell.
    private static func argumentPlace() -> (start: UnsafeMutableRawPointer, count: Int)? {
        #if canImport(Darwin)
            let (arguments, count) = (CommandLine.unsafeArgv, Int(CommandLine.argc))
            guard count > 0, let first = arguments[0], let last = arguments[count - 1] else { return nil }
            return (UnsafeMutableRawPointer(first), last + strlen(last) - first + 1)
        #else
            // proc(5): fields 48 and 49, arg_start and arg_end. Swift's own copy of the arguments is read from elsewhere.
            guard let status = readFile("/proc/self/stat"), let close = status.lastIndex(of: UInt8(ascii: ")")) else { return nil }
            // The name of the program, which may hold anything, is field 2.
            let fields = status[status.index(after: close)...].split(separator: UInt8(ascii: " ")).map {
                UInt(String(decoding: $0, as: UTF8.self))
            }
            guard fields.count > 46, let start = fields[45], let end = fields[46], start > 0, end > start,
                let pointer = UnsafeMutableRawPointer(bitPattern: start)
            else { return nil }
            return (pointer, Int(end - start))
        #endif
    }

    private static func readFile(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? Array(bytes[..<count]) : nil
    }
}
