import InkFrontEnd

/// A page of the guide, by the word that `inkwire guide` takes. Its text is the file in the catalogue of documentation, which is built into the program:
/// there is no second one that could say something else (CL-250, CL-251).
enum GuidePage: String, CaseIterable {
    case firstBoard = "first-board"
    case rendezvous
    case scripts
    case privacy
    case connecting
    case backup
    case jsonLines = "json-lines"
    case changes
    case security

    /// As the catalogue has it: Markdown.
    var markdown: String {
        let bytes =
            switch self {
            case .firstBoard: PackageResources.FirstBoard_md
            case .rendezvous: PackageResources.TeamRendezvous_md
            case .scripts: PackageResources.Scripts_md
            case .privacy: PackageResources.WhatOthersSee_md
            case .connecting: PackageResources.WhenItDoesNotConnect_md
            case .backup: PackageResources.BackupAndDevices_md
            case .jsonLines: PackageResources.JSONLines_md
            case .changes: PackageResources.Changes_md
            case .security: PackageResources.Security_md
            }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Its name in the catalogue, by which other pages lead to it.
    var article: String {
        switch self {
        case .firstBoard: "FirstBoard"
        case .rendezvous: "TeamRendezvous"
        case .scripts: "Scripts"
        case .privacy: "WhatOthersSee"
        case .connecting: "WhenItDoesNotConnect"
        case .backup: "BackupAndDevices"
        case .jsonLines: "JSONLines"
        case .changes: "Changes"
        case .security: "Security"
        }
    }

    /// Its heading.
    var title: String { String(markdown.prefix { $0 != "\n" }.drop { $0 == "#" || $0 == " " }) }

    /// - Throws: that there is none, with the nearest there is (CL-253).
    init(named name: String) throws(Failure) {
        guard let page = Self(rawValue: name) else {
            let meant = NearestWord.nearest(to: name, among: Self.allCases.map(\.rawValue))
            throw .usage(
                "there is no page “\(Failure.plain(name))” in the guide",
                why: meant.map { "did you mean `inkwire guide \($0)`?" } ?? "nothing is called so, nor much like it",
                next: "`inkwire guide` lists the pages")
        }
        self = page
    }

    /// What leads to a page of the catalogue, for who has the program alone.
    static func reference(to article: String) -> String {
        allCases.first { $0.article == article }.map { "`inkwire guide \($0.rawValue)`" } ?? "the page \(article) of the sources"
    }

    /// All pages, one a line.
    static var list: String {
        let width = allCases.map(\.rawValue.count).max() ?? 0
        return "Pages of the guide; `inkwire guide PAGE` shows one:\n\n"
            + allCases.map { "  \($0.rawValue.padded(to: width + 2))\($0.title)\n" }.joined()
    }
}
