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

    /// What its value is.
    enum Form: Equatable {
        case text
        /// A text, or a list of them.
        case texts
        case flag
        /// One of these words.
        case choice([String])

        /// What is to be written.
        var words: String {
            switch self {
            case .text: "a text in quotes"
            case .texts: "a text in quotes, or a list of them"
            case .flag: "true or false"
            case .choice(let words): words.map { "\"\($0)\"" }.joined(separator: ", ")
            }
        }
    }

    var form: Form {
        switch self {
        case .name, .dataDirectory, .authorities: .text
        case .rendezvous: .texts
        case .lan, .metered, .ascii, .reducedMotion, .highContrast: .flag
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
        case .metered, .ascii, .reducedMotion, .highContrast: "false"
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
        case .authorities, .relay, .ascii: nil
        }
    }
}
