import Foundation

/// What stands where a file is to be written.
enum StandingFile {
    /// True for a file, and where there is nothing yet.
    static func isReplaceable(_ path: String) -> Bool { kind(path).map { $0 == S_IFREG } ?? true }

    /// True for a file.
    static func isThere(_ path: String) -> Bool { kind(path) == S_IFREG }

    private static func kind(_ path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }
}
