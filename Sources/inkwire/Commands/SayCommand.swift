import ArgumentParser
import Foundation
import InkAutomation
import InkFrontEnd
import InkPrimitives
import InkSession

/// `inkwire say`: one chat message.
struct SayCommand: ParsableCommand, TakesOptions, Exemplified {
    static let configuration = CommandConfiguration(
        commandName: "say", abstract: "Say something to everybody on a board; end when every present peer has it.",
        discussion: "Where nobody is there it is saved, and whoever comes next gets it.")

    static let examples = [
        Example("inkwire say sketch 'back in five minutes'", "to all who are on it"),
        Example("make 2>&1 | tail -1 | inkwire say sketch -", "what a program says"),
    ]

    @Argument(help: "The board's name, or digits with which its id begins.", completion: .boards)
    var board: String

    @Argument(help: "What to say; - reads it from stdin.")
    var text: String

    @OptionGroup(title: OptionGroups.all) var options: GlobalOptions

    mutating func run() throws {
        try options.check()
        let said = text == "-" ? try read() : text
        guard !said.isEmpty else {
            throw Failure.usage("this cannot be said", why: "it is empty", next: "give a text of 1 to \(Limits.chatBytes) bytes")
        }
        guard said.utf8.count <= Limits.chatBytes else {
            throw Failure.usage(
                "this cannot be said", why: "it is longer than the \(Limits.chatBytes) bytes of a message", next: "send it in parts")
        }
        let course = MessageCourse()
        try apply([.say(said)], to: try BoardAccess.open(board, catalog: options.catalog), options: options, hears: course.hear) { _ in
            "this was not said"
        }
        if let words = course.words { options.notices.say(words) }
    }

    /// What stdin says without the line ends around it; of what is too long as much as shows that (CL-332).
    private func read() throws -> String {
        var bytes: [UInt8] = []
        while bytes.count < 2 * Limits.chatBytes, let more = try FileHandle.standardInput.read(upToCount: Limits.chatBytes), !more.isEmpty {
            bytes += more
        }
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
}

/// How far the message of a run has come.
///
/// - Invariant of `@unchecked Sendable`: what changes is touched under the lock.
final class MessageCourse: @unchecked Sendable {
    private let lock = NSLock()
    private var id: TransactionName?
    private var state: MessageState?
    private var present: Set<PeerID> = []

    /// The one message that is ours and new is this run's: another program of this person may say something, too, and is told without a reference.
    func hear(_ event: Event) {
        lock.withLock {
            switch event {
            case .chat(let message, .some): (id, state) = (message.id, message.state)
            case .chatState(let message) where message.id == id: state = message.state
            case .peer(let status):
                switch status.state {
                case .joined, .idle, .away: present.insert(status.peer)
                case .joining, .left: present.remove(status.peer)
                }
            default: break
            }
        }
    }

    /// What is to be said of it at the end; nil where those who are there have it: for that the run has waited (CL-170).
    var words: String? {
        lock.withLock {
            guard state == .waiting, present.isEmpty else { return nil }
            return "waiting: nobody is there; it is saved, and whoever comes next gets it"
        }
    }
}
