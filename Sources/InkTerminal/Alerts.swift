import InkFormats

/// How a person who looks elsewhere is told that somebody said something: by what they chose, while the terminal is known not to have the focus,
/// and not in quiet hours.
package struct Alerts: Sendable {
    /// What a terminal is asked to show beside its own window.
    enum Notification: String, CaseIterable, Sendable { case off, osc9, osc777 }

    /// Hours in which nothing sounds or shows, from the first on and before the last; through midnight where the first is the later one (TM-429).
    struct Quiet: Hashable, Sendable {
        let from: Int
        let to: Int

        func contains(_ hour: Int) -> Bool { from <= to ? (from..<to).contains(hour) : hour >= from || hour < to }
    }

    private(set) var rings = false
    private(set) var notification = Notification.off
    private(set) var marksTitle = false
    private(set) var quiet: Quiet?
    /// The terminal has said that it lost the focus. One that says nothing of it has it.
    private(set) var isAway = false
    /// The hour of the day where the person is; nil while nobody has said.
    var hour: Int?
    private var hasMarkedTitle = false

    // MARK: What was chosen

    /// Takes `bell on`, `notify osc9`, `title off`, `quiet 22-7`; says what is wrong with it, or nil for nothing.
    mutating func set(_ words: String) -> String? {
        let parts = words.lowercased().split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        guard parts.count == 2 else { return "two words are needed: \(Self.choices)" }
        switch (parts[0], parts[1]) {
        case ("bell", "on"), ("bell", "off"): rings = parts[1] == "on"
        case ("title", "on"), ("title", "off"): marksTitle = parts[1] == "on"
        case ("bell", _), ("title", _): return "\(parts[0]) is on or off"
        case ("notify", let word):
            guard let chosen = Notification(rawValue: word) else { return "notify is osc9, osc777 or off" }
            notification = chosen
        case ("quiet", "off"): quiet = nil
        case ("quiet", let word):
            let hours = word.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard hours.count == 2, let from = hours[0], let to = hours[1], (0...23).contains(from), (0...24).contains(to), from != to
            else {
                return "quiet is off, or two hours of the day as 22-7"
            }
            quiet = Quiet(from: from, to: to == 24 ? 0 : to)
        default: return "there is no setting \(parts[0]): \(Self.choices)"
        }
        return nil
    }

    /// What is wrong with a line that `set` takes; nil for nothing.
    package static func complaint(of line: String) -> String? {
        var tried = Alerts()
        return tried.set(line)
    }

    /// As `set` takes it, a line each (TM-430).
    var lines: [String] {
        [
            "bell \(rings ? "on" : "off")", "notify \(notification.rawValue)", "title \(marksTitle ? "on" : "off")",
            "quiet " + (quiet.map { "\($0.from)-\($0.to)" } ?? "off"),
        ]
    }

    /// What was kept; a line that says nothing is left out.
    init(kept: String = "") { for line in kept.split(whereSeparator: \.isNewline) { _ = set(String(line)) } }

    static let choices = "bell on, notify osc9 or osc777, title on, quiet 22-7, or off"

    /// Where the person is and looks is as it was known before.
    mutating func takeOver(from before: Alerts) { (isAway, hour, hasMarkedTitle) = (before.isAway, before.hour, before.hasMarkedTitle) }

    // MARK: Telling

    /// The terminal told whether it has the focus; the bytes that follow (TM-278).
    mutating func focus(_ isGained: Bool, title: String) -> [UInt8] {
        isAway = !isGained
        guard isGained, hasMarkedTitle else { return [] }
        hasMarkedTitle = false
        return Self.command("2;\(title)")
    }

    /// Somebody said something; the bytes that tell of it (TM-278).
    ///
    /// - Parameters:
    ///   - who: and `text`, unsanitised.
    ///   - title: that the window has, sanitised.
    ///   - unread: how many messages wait.
    mutating func tell(_ who: String, _ text: String, isNamed: Bool, title: String, unread: Int) -> [UInt8] {
        guard isAway else { return [] }
        var bytes: [UInt8] = []
        // Seen, and no noise: it may stand there in quiet hours.
        if marksTitle {
            hasMarkedTitle = true
            bytes += Self.command("2;(\(unread)\(isNamed ? "!" : "")) \(title)")
        }
        if let hour, quiet?.contains(hour) == true { return bytes }
        if rings { bytes.append(0x07) }
        let (who, text) = (Self.part(who, columnsMax: 30), Self.part(text, columnsMax: 100))
        switch notification {
        case .off: break
        case .osc9: bytes += Self.command("9;\(who): \(text)")
        case .osc777: bytes += Self.command("777;notify;\(who);\(text)")
        }
        return bytes
    }

    /// What another wrote, as one part of a command. Semicolons separate parts, and stand in none: of `9;4;…`, `9;6;…` and others terminals make
    /// no notice, but what those say (ConEmu, Windows Terminal) (TM-12, TM-431).
    private static func part(_ text: String, columnsMax: Int) -> String {
        safeForTerminal(text, columnsMax: columnsMax).replacing(";", with: ",")
    }

    private static func command(_ words: String) -> [UInt8] { Array("\u{1B}]\(words)\u{1B}\\".utf8) }
}
