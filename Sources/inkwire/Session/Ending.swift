import InkFrontEnd
import InkRuntime

/// What a session leaves behind, in words and as an exit code.
struct Ending: Hashable, Sendable {
    /// Own changes that are not on disk.
    var unsaved: Int
    /// Own changes that no other device is known to have.
    var unsent: Int

    /// - Throws: `Failure` when something stays unsaved.
    func tell(_ notices: Notices) throws {
        if unsaved > 0 {
            throw Failure(
                .local, code: "unsaved", what: "\(Sentence.count(unsaved, "change")) \(unsaved == 1 ? "is" : "are") not saved",
                why: "the disk refused \(unsaved == 1 ? "it" : "them")",
                next: "free some space or mend the disk; changes that others have come back from them")
        }
        if let unsentWords { notices.say(unsentWords) }
    }

    /// What nobody else has, and what becomes of it; nil for nothing (CL-40).
    var unsentWords: String? {
        switch unsent {
        case ...0: nil
        case 1: "1 change is saved here and nobody else has it yet; it goes out when you open the board again"
        default: "\(unsent) changes are saved here and nobody else has them yet; they go out when you open the board again"
        }
    }
}
