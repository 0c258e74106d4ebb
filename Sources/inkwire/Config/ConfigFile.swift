import InkFrontEnd
import InkStore

/// The configuration of a person, as far as it could be read. It is never written but by `inkwire config`, and never where it is broken.
struct ConfigFile: Codable, Sendable {
    /// Where it is, or would be.
    let path: String
    /// What it says, by key; as texts, of which a flag has "true" or "false".
    private(set) var values: [String: [String]] = [:]
    /// The line of each key.
    private(set) var lines: [String: Int] = [:]
    /// Keys of commands, in the order in which they stand.
    private(set) var bindings: [KeyBinding] = []
    /// Files with tokens, in the order in which they stand (CL-410).
    private(set) var tokens: [TokenSetting] = []
    /// What is wrong with it, each with its line and column (CL-241, CL-345, CL-401).
    private(set) var complaints: [String] = []
    /// True where it could not be read as a whole: what is usual holds (CL-241).
    private(set) var isBroken = false

    /// More than a person writes (CL-243).
    static let bytesMax = 65_536

    /// Reads the file at `path`. One that is not there says nothing, nor does /dev/null, which is how somebody says that there is to be none
    /// (CL-347).
    ///
    /// - Parameter isNamed: somebody named it, so that it is to be there.
    init(path: String, isNamed: Bool) {
        self.path = path
        guard isNamed ? path != "/dev/null" : Files.exists(path) else { return }
        do {
            try read(try Self.text(at: path))
        } catch let fault as TOMLText.Fault {
            isBroken = true
            complaints = ["\(Failure.plain(path)):\(fault.line):\(fault.column): \(Failure.plain(fault.why)); nothing of the file is used"]
        } catch {
            isBroken = true
            let why = (error as? StoreError).map { "\($0.what): \($0.why)" } ?? "\(error)"
            complaints = ["\(Failure.plain(why)); nothing of the configuration is used"]
        }
    }

    /// What stands in a file.
    static func text(at path: String) throws -> String {
        let bytes = try Files.read(path, limit: bytesMax)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw TOMLText.Fault(line: 1, column: 1, why: "this is not text in UTF-8")
        }
        return text
    }

    // CL-345
    private mutating func read(_ text: String) throws(TOMLText.Fault) {
        for entry in try TOMLText(text).entries {
            let place = "\(Failure.plain(path)):\(entry.line):\(entry.column)"
            if let command = KeyBinding.command(of: entry.key) {
                guard let keys = KeyBinding.form.texts(of: entry.value) else {
                    complaints.append("\(place): \(Failure.plain(entry.key)) takes \(KeyBinding.form.words); what is usual holds")
                    continue
                }
                bindings.append(KeyBinding(command: command, keys: keys, line: entry.line, column: entry.column))
                continue
            }
            if let place = TokenSetting.place(of: entry.key) {
                do throws(TokenSetting.Fault) {
                    tokens.append(try TokenSetting(place, file: entry.value, line: entry.line))
                } catch {
                    complaints.append("\(Failure.plain(path)):\(entry.line):\(entry.column): \(error.words)")
                }
                continue
            }
            guard let key = ConfigKey(rawValue: entry.key) else {
                let meant = NearestWord.nearest(to: entry.key, among: ConfigKey.allCases.map(\.rawValue))
                let hint = meant.map { "did you mean \($0)?" } ?? "`inkwire config get` shows all keys"
                complaints.append("\(place): there is no \(Failure.plain(entry.key)); \(hint)")
                continue
            }
            guard let value = key.form.texts(of: entry.value) else {
                complaints.append("\(place): \(key.rawValue) takes \(key.form.words); what is usual holds")
                continue
            }
            (values[key.rawValue], lines[key.rawValue]) = (value, entry.line)
        }
        for (binding, words) in KeyBinding.complaints(of: bindings) {
            complaints.append("\(Failure.plain(path)):\(binding.line):\(binding.column): \(Failure.plain(words))")
        }
    }

    /// A text, or the first of several; nil where the file does not say it, or says nothing.
    subscript(_ key: ConfigKey) -> String? { values[key.rawValue]?.first.flatMap { $0.isEmpty ? nil : $0 } }

    func list(_ key: ConfigKey) -> [String]? { values[key.rawValue] }

    func flag(_ key: ConfigKey) -> Bool? { self[key].map { $0 == "true" } }

    /// Where a person's configuration is: the flag, else INKWIRE_CONFIG, else XDG_CONFIG_HOME/inkwire/config.toml, else the same in .config of the home.
    static func place(flag: String?, environment: (String) -> String?, accountHome: () -> String) -> (path: String, isNamed: Bool) {
        if let path = flag ?? environment("INKWIRE_CONFIG") { return (path, true) }
        func absolute(_ name: String) -> String? { environment(name).flatMap { $0.hasPrefix("/") ? $0 : nil } }
        let base = absolute("XDG_CONFIG_HOME") ?? "\(absolute("HOME") ?? accountHome())/.config"
        return ("\(base)/inkwire/config.toml", false)
    }
}
