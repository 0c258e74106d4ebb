import InkTerminal

/// What a configuration can say. A flag goes before the environment, the environment before the file, the file before what is usual.
enum ConfigKey: String, CaseIterable {
    case name
    case rendezvous
    case dataDirectory = "data_dir"
    case authorities = "tls_ca"
    case relay
    case lan
    case metered
    case color
    case ascii = "terminal.ascii"
    case reducedMotion = "terminal.reduced_motion"
    case highContrast = "terminal.high_contrast"
    case linear = "terminal.linear"
    case theme = "terminal.theme"
    case bell = "terminal.bell"
    case notify = "terminal.notify"
    case title = "terminal.title"
    case quiet = "terminal.quiet"
    case relayRate = "limits.relay"
    case relayTotalRate = "limits.relay_total"

    /// What its value is.
    enum Form: Equatable {
        case text
        /// A text, or a list of them.
        case texts
        case flag
        /// One of these words.
        case choice([String])
        /// A whole number from 1 on; or "off", where that is said.
        case number(max: Int, orOff: Bool)
        /// Two hours of the day with a line between them, or "off".
        case hours

        /// What is to be written.
        var words: String {
            switch self {
            case .text: "a text in quotes"
            case .texts: "a text in quotes, or a list of them"
            case .flag: "true or false"
            case .choice(let words): words.map { "\"\($0)\"" }.joined(separator: ", ")
            case .number(let max, let orOff): "a whole number from 1 to \(max)" + (orOff ? ", or \"off\"" : "")
            case .hours: "two hours of the day as \"22-7\", or \"off\""
            }
        }

        /// The value as texts; nil where it is of another form.
        func texts(of value: TOMLText.Value) -> [String]? {
            switch (self, value) {
            case (.texts, .list(let values)):
                let texts = values.compactMap { if case .text(let text) = $0 { text } else { nil } }
                return texts.count == values.count ? texts : nil
            case (.text, .text(let text)), (.texts, .text(let text)): return [text]
            case (.choice, .text(let text)), (.hours, .text(let text)), (.number, .text(let text)):
                return takes([text]) && Int(text) == nil ? [text] : nil
            case (.number, .number(let digits)): return takes([digits]) ? [digits] : nil
            case (.flag, .flag(let isSet)): return ["\(isSet)"]
            default: return nil
            }
        }

        /// True for what may be typed as the value.
        func takes(_ values: [String]) -> Bool {
            guard case .texts = self else {
                guard values.count == 1 else { return false }
                switch self {
                case .text, .texts: return true
                case .flag: return values == ["true"] || values == ["false"]
                case .choice(let words): return words.contains(values[0])
                case .number(let max, let orOff): return Int(values[0]).map { (1...max).contains($0) } ?? (orOff && values[0] == "off")
                case .hours: return Alerts.complaint(of: "quiet \(values[0])") == nil
                }
            }
            return true
        }
    }

    var form: Form {
        switch self {
        case .name, .dataDirectory, .authorities: .text
        case .rendezvous: .texts
        case .lan, .metered, .ascii, .reducedMotion, .highContrast, .bell, .title, .linear: .flag
        case .theme: .choice(["auto", "dark", "light"])
        case .notify: .choice(["off", "osc9", "osc777"])
        case .quiet: .hours
        case .relayRate: .number(max: ServeCommand.rates.upperBound, orOff: true)
        case .relayTotalRate: .number(max: ServeCommand.rates.upperBound, orOff: false)
        case .relay: .choice(["any", "never", "only"])
        case .color: .choice(["auto", "always", "never"])
        }
    }

    /// What it is.
    var text: String {
        switch self {
        case .name: "What the others call you."
        case .rendezvous: "Where peers are introduced to each other."
        case .dataDirectory: "Where boards and keys are kept."
        case .authorities: "Certificates (PEM) to trust for a rendezvous of wss:// beside those that the system trusts."
        case .relay: "Whether a rendezvous may carry what peers say: any way, never, or only so."
        case .lan: "Whether people are looked for on this machine's own networks."
        case .metered: "Whether what passes is paid for."
        case .color: "When messages are coloured."
        case .ascii: "Draw with ASCII characters only."
        case .reducedMotion: "Draw others' pointers where they are told, without motion in between."
        case .highContrast: "Draw in black, white, yellow and cyan alone."
        case .linear: "Tell what happens a sentence a line, and take typed commands."
        case .theme: "Whether the paper is dark or light; auto asks the terminal."
        case .bell: "Whether a message rings while you look elsewhere. This, and the next three, until :set says otherwise."
        case .notify: "By which sequence the terminal is asked to show a message while you look elsewhere."
        case .title: "Whether the window's title is marked by a message while you look elsewhere."
        case .quiet: "Hours in which nothing of that is done."
        case .relayRate: "Of serve: sealed KiB a second to carry for a board."
        case .relayTotalRate: "Of serve: the same for all boards together."
        }
    }

    /// What holds where nobody says anything, as TOML writes it; nil for what depends on the machine.
    var usual: String? {
        switch self {
        case .name, .dataDirectory, .authorities: nil
        case .rendezvous: "[]"
        case .relay: "\"any\""
        case .color: "\"auto\""
        case .lan: "true"
        case .theme: "\"auto\""
        case .notify, .quiet: "\"off\""
        case .relayRate: "\(ServeCommand.relayDefault)"
        case .relayTotalRate: "\(ServeCommand.relayTotalDefault)"
        case .metered, .ascii, .reducedMotion, .highContrast, .bell, .title, .linear: "false"
        }
    }

    /// The variable that goes before the file; nil for none.
    var variable: String? {
        switch self {
        case .name: "INKWIRE_NAME"
        case .rendezvous: "INKWIRE_RENDEZVOUS"
        case .dataDirectory: "INKWIRE_DATA_DIR"
        case .lan: "INKWIRE_NO_LAN"
        case .metered: "INKWIRE_METERED"
        case .color: "NO_COLOR"
        case .reducedMotion: "INKWIRE_REDUCED_MOTION"
        case .highContrast: "INKWIRE_HIGH_CONTRAST"
        case .linear: "INKWIRE_LINEAR"
        case .authorities, .relay, .ascii, .theme, .bell, .notify, .title, .quiet, .relayRate, .relayTotalRate: nil
        }
    }
}
