import InkBoard
import InkSession

/// What front ends say to a person: every sentence and every word of a status that more than one of them needs, each in one place.
///
/// The page `Sentences` of `inkwire.docc` lists them; a test holds the two together. Names and texts of peers go in as they came: who draws a
/// sentence makes it safe for what it is drawn on (FE-5).
package enum Sentence: Hashable, Sendable {
    // Words of a status.
    case saved
    case saving
    case typing
    case drawing
    case notSavedYet
    case catchingUp
    case unsent(Int)
    case onlyYou
    case noRendezvous
    case connecting
    case path(PeerStatus.Path, step: Int)
    /// Of several people some are reached by a relay.
    case somePaths(relayed: Int, of: Int, step: Int)
    /// Nobody is reached, and no rendezvous.
    case offline
    case silent(String, seconds: Int)
    case silentFor(seconds: Int)
    case waitingForBoard
    /// Messages that were not read, and those of them that name the reader.
    case unread(Int, naming: Int)
    /// Who types a message.
    case typists([String])
    /// - Parameter shapes: how many it had when it was left last; nil where that is not known.
    case opening(String, shapes: Int?)

    // Who comes and goes.
    case joined([String])
    /// One alone: what he may do, how he is reached, and how safety words are come by.
    case joinedAs(String, Role?, String?, hint: String)
    case left([String])
    case back([String])
    case alone(isSaved: Bool)
    case lost([String], seconds: Int, unsent: Int)
    case lostShort([String], seconds: Int, unsent: Int)
    case said(String, String)

    // What became of work.
    case refused(Refusal)
    case skipped(Int)
    case textDeleted
    case textGoesOn
    case text(String, TextNews.Outcome)
    case writesHere([String])
    case asksToLook(String)
    case restoring
    case restored

    // What became of our own right.
    /// Nil where nobody knows who gave it.
    case roleGiven(String?, Role)
    case removed(by: String?, reason: String, unseen: Int)

    /// What an owner did so that the board stays calm. Nil is oneself.
    case tookBack(by: String?, of: String?, changes: Int)

    /// How often who is no owner may change something; 0 for as often as they like. Of who said so nil is oneself, "" is nobody.
    case slowMode(by: String?, milliseconds: UInt32)

    // What is wrong elsewhere.
    case usingRelay(milliseconds: Int)
    case invitesUnavailable(reason: String)
    /// Somebody who is there.
    case unreachable(String, Obstacle)
    case rejected(String, rule: String)
    case fork(String)
    /// Nil for this very device.
    case duplicateDevice(String?, seconds: Int)
    /// Of who takes a name that another was known by, or you.
    case knownName(String, isYours: Bool)
    /// Of who takes the name of one who is trusted under it.
    case identity(String, wasVerified: Bool)
    /// Somebody who is there does not let us in.
    case notAdmitted
    /// A rendezvous asks for tokens, or does not let us in for want of one.
    case tokens(TokenNews)
    /// What becomes of a short code of ours.
    case code(CodeNews.What)
    case versionMismatch(theirs: Int, ours: Int)
    // Its two halves, for whoever says them apart.
    case whichIsOlder(theirs: Int, ours: Int)
    case versionRemedy(theirs: Int, ours: Int)

    package var text: String {
        switch self {
        case .saved: "saved"
        case .saving: "saving"
        case .typing: "typing"
        case .drawing: "drawing"
        case .notSavedYet: "NOT SAVED YET"
        case .catchingUp: "catching up"
        case .unsent(let count): "\(count) unsent"
        case .onlyYou: "only you"
        case .noRendezvous: "no rendezvous"
        case .connecting: "connecting"
        case .path(let path, let step): "\(Self.word(path)) \(step <= 5 ? "<5" : "~\(step)") ms"
        case .somePaths(let relayed, let count, let step): "\(relayed) of \(count) by relay \(step <= 5 ? "<5" : "~\(step)") ms"
        case .offline: "offline"
        case .silent(let name, let seconds): "\(name) ... \(seconds)s"
        case .silentFor(let seconds): "silent \(seconds) s"
        case .unread(let count, let naming): "\(count) unread" + (naming > 0 ? ", \(naming) to you" : "")
        case .typists(let names): "\(Self.few(names)) \(names.count == 1 ? "is" : "are") typing"
        case .waitingForBoard: "waiting for the board to arrive ..."
        case .opening(let name, let shapes):
            "opening \(name)" + (shapes.map { ", \(Self.count($0, "shape")) when it was left" } ?? "") + " ..."
        case .joined(let names): "\(Self.list(names)) joined"
        case .joinedAs(let name, let role, let path, let hint):
            "\(name) joined" + (role.map { " as \(Self.article($0)) \($0)" } ?? "") + (path.map { ", \($0)" } ?? "")
                + (hint.isEmpty ? "" : "; \(hint)")
        case .left(let names): "\(Self.list(names)) left"
        case .back(let names): "\(Self.list(names)) \(names.count == 1 ? "is" : "are") back"
        case .alone(let isSaved): isSaved ? "Only you. Everything is saved on this machine." : "Only you."
        case .lost(let names, let seconds, let unsent):
            "Connection to \(Self.few(names)) lost \(seconds) s ago - trying again. You can go on drawing."
                + (unsent > 0 ? " \(Self.count(unsent, "change")) will be sent later." : "")
        case .lostShort(let names, let seconds, let unsent):
            (unsent > 0 ? "\(unsent) unsent: " : "") + "\(Self.few(names)) lost \(seconds) s ago"
        case .said(let name, let text): "\(name): \(text)"
        case .refused(let refusal): Self.pointFirst(refusal).description
        case .skipped(let count): "skipped \(count == 1 ? "a shape" : "\(count) shapes") that somebody changed since"
        case .textDeleted: "somebody deleted the shape whose text you were editing"
        case .textGoesOn: "somebody deleted the shape: what you typed becomes a new one"
        case .text(let name, .merged): "\(name) wrote in the same text: the words of both are kept"
        case .text(let name, .beside): "\(name) changed the same words: one of the two texts now stands beside the other"
        case .text(let name, .lost(let words)):
            "\(name) changed the same words; kept in history only: \(Self.cut(words))"
        case .writesHere(let names): "\(Self.list(names)) \(names.count == 1 ? "is" : "are") writing here"
        case .asksToLook(let name): "\(name) asks everybody to look here"
        case .restoring: "earlier work of this device is coming back from the others: what you finish meanwhile waits for it"
        case .restored: "earlier work of this device is back"
        case .roleGiven(let name, let role):
            (name.map { "\($0) made you" } ?? "you are now") + " \(Self.article(role)) \(role) here"
        case .removed(let name, let reason, let unseen):
            "you were removed from this board" + (name.map { " by \($0)" } ?? "") + (reason.isEmpty ? "" : ": \(Self.cut(reason))")
                + (unseen > 0 ? "; \(Self.count(unseen, "change")) of yours the others do not see: kept on this machine" : "")
        case .tookBack(let owner, let victim, let changes):
            "\(owner ?? "you") took back what \(victim ?? "you") did: \(Self.count(changes, "change"))"
        case .slowMode(let owner, 0): "slow mode is over" + (owner == "" ? "" : ", ended by \(owner ?? "you")")
        case .slowMode(let owner, let milliseconds):
            "slow mode: who is no owner changes something once in \((UInt64(milliseconds) + 999) / 1000) s"
                + (owner == "" ? "" : ", set by \(owner ?? "you")")
        case .invitesUnavailable(let reason):
            "Invites unavailable (\(Self.cut(reason))). "
                + "Peers already here are unaffected."
        case .usingRelay(let milliseconds):
            "Direct path blocked; using relay (still encrypted end to end). RTT \(milliseconds) ms"
        case .unreachable(let name, let obstacle): "\(name) is there and cannot be reached: \(obstacle)"
        case .rejected(let name, let rule): "refused something of \(name): \(rule)"
        case .fork(let name): "\(name) sent two different versions of one change: both are kept, their key may be copied"
        case .duplicateDevice(let name, let seconds):
            name.map { "the device of \($0) is open twice: only one of the two is let in for \(seconds) s; its owner should close one" }
                ?? "this device is open twice, here and elsewhere: only one of the two is let in for \(seconds) s; close one of them"
        case .knownName(let name, let isYours):
            isYours ? "\(name) goes by your name, too" : "\(name) goes by a name that somebody else had here: ask who it is"
        case .identity(let name, let wasVerified):
            "WARNING: \(name) is another than " + (wasVerified ? "you verified" : "was given a right")
                + " by this name: compare safety words"
        case .notAdmitted:
            "somebody who is there does not let you in: your right or your invite has ended. What you drew stays here; ask for another invite"
        case .tokens(.asked): "this rendezvous asks for tokens: who runs it can know who uses which board, not what is on it"
        case .tokens(.refused(let reason)): "the rendezvous does not let you in: \(reason)"
        case .code(.inviter(.mismatch)): "somebody typed a wrong code, or guessed: that code is good for nobody any more. Give a new one"
        case .code(.inviter(.left)): "somebody came by the code and went without joining"
        case .code(.inviter(.spent)): "somebody else typed the code right, after all had come who may: they were not let in"
        case .code(.inviter(.otherForm)):
            "somebody came by the code with an inkwire that speaks of codes in another form: give them the link"
        case .code(.inviter(.given(_, let name))): "\(Self.cut(name)) typed the code right and is joining"
        case .code(.inviter(.over)): "the code is over: nobody more comes by it"
        case .code(.lost): "the code is lost with the rendezvous that kept it: give a new one"
        case .versionMismatch(let theirs, let ours):
            "\(Sentence.whichIsOlder(theirs: theirs, ours: ours).text): \(Sentence.versionRemedy(theirs: theirs, ours: ours).text)"
        case .whichIsOlder(let theirs, let ours):
            theirs < ours
                ? "somebody's inkwire is older (protocol \(theirs), yours speaks \(ours))"
                : "your inkwire is older (protocol \(ours), theirs speaks \(theirs))"
        case .versionRemedy(let theirs, let ours):
            theirs < ours
                ? "they should install the one that you have, or a newer one" : "install the one that they have, or a newer one"
        }
    }

    /// How packets reach a peer, in one word.
    package static func word(_ path: PeerStatus.Path) -> String {
        switch path {
        case .direct: "direct"
        case .relayRendezvous: "relay"
        }
    }

    private static func article(_ role: Role) -> String { role == .owner || role == .editor ? "an" : "a" }

    private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }

    /// Of many names the first two, for a sentence that must fit a row.
    private static func few(_ names: [String]) -> String {
        names.count > 2 ? "\(list(Array(names.prefix(2)))) and \(names.count - 2) more" : names.joined(separator: " and ")
    }

    /// A number of things, by the noun of one.
    package static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    /// The reason of a disk first: it is what is wrong, and the path before it may be longer than a screen is wide.
    private static func pointFirst(_ refusal: Refusal) -> Refusal {
        guard case .diskRefuses(let reason) = refusal else { return refusal }
        let parts = reason.split(separator: ": ", omittingEmptySubsequences: true)
        guard parts.count > 1, let last = parts.last else { return refusal }
        return .diskRefuses("\(last) - \(parts.dropLast().joined(separator: ": "))")
    }

    /// As much of others' words as a sentence holds.
    private static func cut(_ text: String) -> String { text.count > reasonMax ? text.prefix(reasonMax - 1) + "…" : text }

    /// A reason is cut at so many characters: what follows it must be read, too.
    private static let reasonMax = 60
}
