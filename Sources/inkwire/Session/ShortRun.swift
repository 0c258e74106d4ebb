import InkAutomation
import InkSession

/// How long a command that ends by itself looks for somebody who is there before it leaves its work for later.
private let lookAroundMilliseconds = 3000

/// Opens a board, runs commands of one piece of work on it, and ends when everybody present has what they did.
///
/// - Parameters:
///   - hears: what the board tells meanwhile.
///   - complaint: what happened when the command of this index failed.
@discardableResult func apply(
    _ commands: [AutomationCommand], to access: BoardAccess, options: GlobalOptions, hears: (@Sendable (Event) -> Void)? = nil,
    complaint: @escaping (Int) -> String
) throws -> Automation.Results {
    var run = HeadlessRun(options: options)
    run.readsCommands = false
    run.writesEvents = false
    // The look around comes before them.
    run.stopsAtError = { complaint($0 - 1) }
    run.commands = [.lookAround(milliseconds: lookAroundMilliseconds)] + commands + [.quit]
    run.hears = hears
    run.embeds = access.embedsRendezvous
    return try run.run(access)
}
