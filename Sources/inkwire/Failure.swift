import ArgumentParser
import Foundation
import InkAutomation
import InkBoard
import InkFormats
import InkPrimitives
import InkRuntime
import InkSession
import InkStore
import InkTerminal

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Why a command ends badly, in the three parts that every error of the program has, with its exit code.
package struct Failure: Error, Equatable {
    /// Exit codes of the program.
    package enum Exit: Int32 {
        case bug = 1
        case usage = 2
        case invite = 3
        case identity = 4
        case notFound = 5
        case rendezvous = 6
        case path = 7
        case local = 8
        case version = 9
        case timeout = 10
    }

    /// A stable word for programs.
    package var code: String
    package var exit: Int32
    /// What happened.
    package var what: String
    /// Why it happened.
    package var why: String
    /// What to do next.
    package var next: String

    package init(_ exit: Exit, code: String, what: String, why: String, next: String) {
        (self.code, self.exit, self.what, self.why, self.next) = (code, exit.rawValue, what, why, next)
    }

    package init(_ error: StoreError) {
        (code, exit, what, why, next) = (error.code, error.exitCode, error.what, error.why, error.next)
    }

    package init(_ error: InviteLinkError) {
        let isNewer = error == .newer
        self.init(
            isNewer ? .version : .invite, code: isNewer ? "newer_invite" : "bad_invite", what: "this invite cannot be used",
            why: error.description,
            next: isNewer
                ? "install the newer inkwire"
                : error == .tooMany
                    ? "ask for a link that names fewer" : "ask for the link again and paste all of it, in quotes where a shell reads it")
    }

    /// The genesis of a saved board cannot be read.
    package init(genesis violation: RuleViolation) {
        if case .unknownVersion = violation {
            self.init(
                .version, code: "newer_board", what: "this board cannot be opened", why: "a newer inkwire made it",
                next: "install the newer inkwire")
        } else {
            self.init(
                .local, code: "corrupt", what: "this board cannot be opened", why: "its first change is damaged: \(violation)",
                next: "join it again by its link while somebody is there who has it")
        }
    }

    /// A file with certificates or a key cannot be used; or nothing of TLS can, and then `what` and `next` have no meaning (CL-406).
    package init(_ error: TLSError, what: String, next: String) {
        switch error {
        case .unusableFile(let why): self.init(.rendezvous, code: "bad_certificate", what: what, why: why, next: next)
        case .absent:
            self.init(
                .local, code: "no_tls", what: "wss:// cannot be spoken here", why: "this program was built without TLS",
                next: TLSError.wayOut)
        }
    }

    /// What should not happen.
    package static func bug(_ error: any Error) -> Failure {
        Failure(
            .bug, code: "bug", what: "an error that inkwire does not know", why: "\(error)",
            next: "please report it with what you did; what was saved is not touched")
    }

    /// A wrong use of the command line.
    package static func usage(_ what: String, why: String, next: String) -> Failure {
        Failure(.usage, code: "usage", what: what, why: why, next: next)
    }

    /// The failure as three lines for people, or one JSON object for programs (CL-10).
    ///
    /// What stands behind the `#` of an invite is its secret: it is not repeated, whatever the person gave where (CL-15).
    package func text(isJSON: Bool) -> String {
        let (what, why, next) = (Self.withoutSecrets(what), Self.withoutSecrets(why), Self.withoutSecrets(next))
        guard isJSON else { return "inkwire: \(Self.plain(what))\n  why: \(Self.plain(why))\n  next: \(Self.plain(next))\n" }
        let error: JSONObject = [
            "code": .string(code), "exit": .integer(Int64(exit)), "message": .string(what), "why": .string(why), "next": .string(next),
        ]
        return JSONValue.object(["schema": 1, "error": .object(error)]).text + "\n"
    }

    /// Text in which the secret part of each invite is left out.
    package static func withoutSecrets(_ text: String) -> String {
        var (result, rest) = ("", text[...])
        while let start = rest.range(of: "inkwire:", options: .caseInsensitive) {
            result += rest[..<start.upperBound]
            rest = rest[start.upperBound...]
            let link = rest.prefix { !$0.isWhitespace }
            guard let mark = link.firstIndex(of: "#") else { continue }
            result += rest[...mark] + "..."
            rest = rest[rest.index(after: mark)...].drop { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.%".contains($0)) }
        }
        return result + rest
    }

    /// Text that is safe on a terminal: parts of a message may come from a file, a link or a peer (CL-10).
    package static func plain(_ text: String) -> String { safeForTerminal(text) }
}

/// Lines for the person, on stderr; data never goes there.
struct Notices: Sendable {
    var isQuiet = false
    var isVerbose = false

    /// Something the person should know; silent with `-q`.
    func say(_ text: String) { if !isQuiet { Self.tell("inkwire: \(Failure.plain(text))\n") } }

    /// Something for who looks for a cause; only with `-v`.
    func detail(_ text: String) { if isVerbose { Self.tell("inkwire: \(Failure.plain(text))\n") } }

    /// Words for a person, spelled as his terminal can show them.
    static func tell(_ text: String) { write(spelled(text)) }

    /// The same, for who writes them.
    static func spelled(_ text: String) -> String { speaksASCII ? spelledInASCII(text) : text }

    /// Our own marks as a typewriter has them; what others named stays what it is (CL-41).
    static func spelledInASCII(_ text: String) -> String {
        text.reduce(into: "") { $0 += Self.twins[$1] ?? String($1) }
    }

    private static let twins: [Character: String] = ["“": "\"", "”": "\"", "‘": "'", "’": "'", "…": "...", "–": "-", "—": "-"]

    /// True for a terminal that shows ASCII alone.
    static var isASCII: Bool { speaksASCII }

    private static let speaksASCII: Bool = {
        let environment = ProcessInfo.processInfo.environment
        return environment["TERM"] == "dumb" || GlyphStyle(environment: environment) == .ascii
    }()

    /// UTF-8, whatever the locale says (CL-288).
    static func write(_ text: String) { StandardStream.error.write(Array(text.utf8)) }
}

/// stdout and stderr, unbuffered: a reader of JSON lines must not wait for a buffer to fill.
enum StandardStream: Int32 {
    case output = 1
    case error = 2

    /// Writes all of `bytes`, which are what a command is for.
    ///
    /// - Throws: `Failure` when they could not be written. A reader that has gone has seen enough, and is no failure (CL-300).
    func deliver(_ bytes: [UInt8]) throws(Failure) {
        guard !write(bytes), errno != EPIPE else { return }
        throw Failure.cannotWrite(errno)
    }

    /// Writes all of `bytes`. False once the reader has gone.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { systemWrite(rawValue, $0.baseAddress! + written, bytes.count - written) }
            if count > 0 {
                written += count
            } else if errno == EAGAIN {
                // A pipe that a parent made non-blocking: wait until it takes more.
                var descriptor = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
                poll(&descriptor, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}

func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer, _ count: Int) -> Int { write(descriptor, buffer, count) }
