import Foundation
import InkSession

/// Where the text of an invite comes from, in this order: the argument, a file, the environment, the person.
///
/// An argument stands in the process list for a moment (CL-35) and in the shell's history, so it earns a line of warning; the others do not.
struct InviteSource {
    var argument: String?
    var file: String?
    var options: GlobalOptions

    /// The invite of the link, or that which comes by the code.
    ///
    /// - Parameter beforeVisit: called before a code is tried; gives the options as they are from then on.
    func arrival(beforeVisit: () throws -> GlobalOptions? = { nil }) throws -> Arrival {
        let text = try text()
        if let read = try code(in: text) {
            for correction in read.corrections {
                options.notices.say("\"\(correction.typed)\" is no word of codes: taken for \"\(correction.taken)\"")
            }
            let (options, notices) = (try beforeVisit() ?? options, options.notices)
            return try CodeVisit(code: read.code, options: options, say: { notices.say($0) }).arrival()
        }
        do throws(InviteLinkError) {
            return Arrival(invite: try Invite(link: text))
        } catch {
            throw Failure(error)
        }
    }

    private func code(in text: String) throws -> ShortCode.Reading? {
        do throws(ShortCodeError) {
            return try ShortCode.read(text)
        } catch {
            guard error == .notACode else { throw Failure(error) }
            return nil
        }
    }

    private func text() throws -> String {
        if let argument, argument != "-" {
            options.notices.say(
                "warning: an invite on the command line can be read by others on this machine; pipe it in or use INKWIRE_CODE")
            return argument
        }
        if let file {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw Failure(
                    .notFound, code: "not_found", what: "cannot read the invite file \(file)",
                    why: "it is not there, or this user may not read it",
                    next: "check the path after --invite-file")
            }
            return String(decoding: data.prefix(65_536), as: UTF8.self)
        }
        if argument == nil, let code = GlobalOptions.environment("INKWIRE_CODE") { return code }
        let isTerminal = isatty(0) == 1
        func read(_ prompt: String) -> String? {
            // Who says `-` pipes it, or types what he is not asked for.
            argument == nil ? CodePrompt.read(prompt, limit: 65_536) : StandardInput.readLine(limit: 65_536)
        }
        if argument == nil {
            guard isTerminal, !options.isInputForbidden else {
                throw Failure.usage(
                    "no invite was given", why: "there is no terminal to ask on",
                    next: "pipe it in with `join -`, or use --invite-file or INKWIRE_CODE")
            }
        }
        guard var text = read("Code or link: ") else {
            throw Failure.usage("no invite was given", why: "the input ended", next: "type the code, or paste the link as one line")
        }
        // A terminal shows a long link on several lines, and so it is pasted. An empty line ends one that really is cut off.
        while isTerminal, argument == nil, Self.isCut(text) {
            guard let more = read("... and the rest of it: "), !more.isEmpty else { break }
            text += more
        }
        return text
    }

    /// True for the beginning of a link.
    private static func isCut(_ text: String) -> Bool {
        do throws(InviteLinkError) {
            _ = try Invite(link: text)
            return false
        } catch {
            return error == .truncated
        }
    }
}

/// stdin, read without a buffer.
enum StandardInput {
    /// The next line without its line feed; nil at the end. What is beyond `limit` bytes is dropped.
    static func readLine(limit: Int) -> String? {
        var bytes: [UInt8] = []
        while let byte = readByte() {
            if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
            if bytes.count < limit { bytes.append(byte) }
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// The next byte, for what follows belongs to whoever reads stdin next; nil at the end.
    static func readByte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = read(0, &byte, 1)
            if count < 0, errno == EINTR { continue }
            return count == 1 ? byte : nil
        }
    }
}
