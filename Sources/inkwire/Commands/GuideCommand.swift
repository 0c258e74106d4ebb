import ArgumentParser
import Foundation
import InkPrimitives

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// `inkwire guide`: how things are done, for people; the pages are within the program.
struct GuideCommand: ParsableCommand, TakesOptions, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "guide", abstract: "Read how things are done, page by page; from a first board to what to do where none is reached.",
        discussion: """
            The same pages are part of the documentation of the sources. On a terminal they have its width and, unless NO_COLOR or --color say \
            otherwise, colours; elsewhere they are plain text of 80 columns.
            """)

    static let examples = [
        Example("inkwire guide", "list the pages"), Example("inkwire guide first-board", "one page"),
        Example("inkwire guide rendezvous | less", "in a pager"),
    ]

    @Argument(
        help: ArgumentHelp("The page; without it, a list of all.", valueName: "page"),
        completion: .list(GuidePage.allCases.map(\.rawValue)))
    var page: String?

    @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

    mutating func run() throws {
        let page = try page.map { try GuidePage(named: $0) }
        var text: String
        if options.isJSON {
            text = (page.map { Self.json(of: $0) } ?? Self.jsonList).text + "\n"
        } else if let page {
            text = GuideText(columns: Self.columns ?? HelpPage.columns, isStyled: isStyled).text(of: page.markdown)
        } else {
            text = GuidePage.list
        }
        if !options.isJSON, Notices.isASCII { text = Notices.spelledInASCII(text) }
        try StandardStream.output.deliver(Array(text.utf8))
    }

    private static var jsonList: JSONValue {
        let pages = GuidePage.allCases.map { JSONValue.object(["page": .string($0.rawValue), "title": .string($0.title)]) }
        return .object(["schema": 1, "pages": .array(pages)])
    }

    private static func json(of page: GuidePage) -> JSONValue {
        .object(["schema": 1, "page": .string(page.rawValue), "title": .string(page.title), "markdown": .string(page.markdown)])
    }

    /// Escapes are for a terminal that knows them, or for who asks for them.
    private var isStyled: Bool {
        switch options.colorChoice {
        case .always: return true
        case .never: return false
        case .auto:
            let environment = ProcessInfo.processInfo.environment
            return Self.columns != nil && environment["NO_COLOR", default: ""].isEmpty && (environment["TERM"] ?? "dumb") != "dumb"
        }
    }

    /// Of the terminal that stdout is; nil where it is none.
    private static var columns: Int? {
        guard isatty(1) == 1 else { return nil }
        var size = winsize()
        return ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : HelpPage.columns
    }
}
