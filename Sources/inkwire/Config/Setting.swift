import Foundation

/// What holds of one key, and who said it.
struct Setting {
    enum Origin: Equatable {
        case flag(String)
        case environment(String)
        case file(path: String, line: Int)
        case usual

        var words: String {
            switch self {
            case .flag(let name): "flag \(name)"
            case .environment(let name): "environment \(name)"
            case .file(let path, let line): "file \(Failure.plain(path)):\(line)"
            case .usual: "default"
            }
        }
    }

    let key: ConfigKey
    /// As texts; of a flag "true" or "false". None where there is no default.
    let values: [String]
    let origin: Origin

    /// As TOML writes it.
    var literal: String { Self.literal(of: values, as: key.form) }

    static func literal(of values: [String], as form: ConfigKey.Form) -> String {
        switch form {
        case .flag: values.first ?? "false"
        case .text, .choice, .hours: TOMLText.literal(values.first ?? "")
        case .number: values.first.map { Int($0) == nil ? TOMLText.literal($0) : $0 } ?? "0"
        case .texts: "[\(values.map(TOMLText.literal).joined(separator: ", "))]"
        }
    }
}

extension GlobalOptions {
    /// What holds of a key for these options (CL-240).
    ///
    /// - Parameter terminal: what was said of the terminal.
    func setting(_ key: ConfigKey, terminal: TerminalOptions? = nil) -> Setting {
        if let (values, name) = flagged(key, terminal: terminal) { return Setting(key: key, values: values, origin: .flag(name)) }
        if let variable = key.variable, let values = told(key, by: variable) {
            return Setting(key: key, values: values, origin: .environment(variable))
        }
        if let values = config.list(key) {
            return Setting(key: key, values: values, origin: .file(path: config.path, line: config.lines[key.rawValue] ?? 0))
        }
        return Setting(key: key, values: usual(key), origin: .usual)
    }

    private func flagged(_ key: ConfigKey, terminal: TerminalOptions?) -> (values: [String], flag: String)? {
        func text(_ value: String?, _ flag: String) -> (values: [String], flag: String)? { value.map { ([$0], flag) } }
        func flag(_ isSet: Bool?, _ name: String) -> (values: [String], flag: String)? { isSet == true ? (["true"], name) : nil }
        return switch key {
        case .name: text(givenName, "--name")
        case .rendezvous: rendezvousTexts.isEmpty ? nil : (rendezvousTexts, "--rendezvous")
        case .dataDirectory: text(dataDirectory, "--data-dir")
        case .authorities: text(authorityFile, "--tls-ca")
        case .relay: isRelayOnly ? (["only"], "--relay-only") : isRelayForbidden ? (["never"], "--no-relay") : nil
        case .lan: isLANForbidden ? (["false"], "--no-lan") : nil
        case .metered: flag(isMeteredByFlag, "--metered")
        case .color: text(givenColor?.rawValue, "--color")
        case .ascii: flag(terminal?.isASCII, "--ascii")
        case .reducedMotion: flag(terminal?.reducedMotion, "--reduced-motion")
        case .highContrast: flag(terminal?.highContrast, "--high-contrast")
        case .linear: flag(terminal?.isLinear, "--linear")
        case .theme: text(terminal?.theme?.rawValue, "--theme")
        case .bell, .notify, .title, .quiet, .relayRate, .relayTotalRate: nil
        }
    }

    private func told(_ key: ConfigKey, by variable: String) -> [String]? {
        guard let value = Self.environment(variable) else { return nil }
        return switch key {
        case .rendezvous: value.split(separator: ",").map(String.init)
        // Set to anything it says so.
        case .lan: ["false"]
        case .color: ["never"]
        // CL-211
        case .metered: ["\(!["0", "no", "false"].contains(value.lowercased()))"]
        case .reducedMotion, .highContrast, .linear: ["\(value == "1")"]
        case .name, .dataDirectory, .authorities, .relay, .ascii, .theme, .bell, .notify, .title, .quiet, .relayRate, .relayTotalRate:
            [value]
        }
    }

    private func usual(_ key: ConfigKey) -> [String] {
        switch key {
        case .name: [usualName(profile: 1)]
        case .dataDirectory: [DataDirectory.path(flag: nil, environment: Self.environment, accountHome: NSHomeDirectory)]
        case .authorities, .rendezvous: []
        case .relay: ["any"]
        case .color: ["auto"]
        case .lan: ["true"]
        case .theme: ["auto"]
        case .notify, .quiet: ["off"]
        case .relayRate: ["\(ServeCommand.relayDefault)"]
        case .relayTotalRate: ["\(ServeCommand.relayTotalDefault)"]
        case .metered, .ascii, .reducedMotion, .highContrast, .bell, .title, .linear: ["false"]
        }
    }
}
