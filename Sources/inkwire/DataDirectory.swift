/// Where boards and keys are kept.
enum DataDirectory {
    /// The flag, else INKWIRE_DATA_DIR, else XDG_DATA_HOME/inkwire, else .local/share/inkwire in HOME, else the same in the account's home.
    ///
    /// HOME goes before what the account says (CL-30): who sets it, as tests, containers and `sudo -E` do, means another place than the boards of a
    /// person. A relative path is ignored in XDG_DATA_HOME, as its specification asks, and in HOME, where it would mean another place each time.
    ///
    /// - Parameters:
    ///   - environment: the value of a variable; nil where it is not set, or empty.
    ///   - accountHome: what the system's list of accounts says.
    static func path(flag: String?, environment: (String) -> String?, accountHome: () -> String) -> String {
        if let path = flag ?? environment("INKWIRE_DATA_DIR") { return path }
        func absolute(_ name: String) -> String? { environment(name).flatMap { $0.hasPrefix("/") ? $0 : nil } }
        if let base = absolute("XDG_DATA_HOME") { return "\(base)/inkwire" }
        return "\(absolute("HOME") ?? accountHome())/.local/share/inkwire"
    }
}
