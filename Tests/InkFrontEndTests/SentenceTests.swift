import Foundation
import InkFrontEnd
import InkSession
import Testing

@Suite struct SentenceTests {
    @Test func `FE-5: the page of sentences says what the code says`() throws {
        let page = try String(contentsOf: Self.page, encoding: .utf8)
        var rows: [String: String] = [:]
        for line in page.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            try #require(cells.count == 3, "\(line)")
            rows[cells[0].trimmingCharacters(in: ["`"])] = cells[1]
        }
        for sentence in Self.examples { #expect(rows[Self.name(sentence)] == sentence.text) }
        #expect(Set(rows.keys) == Set(Self.examples.map(Self.name)))
    }

    @Test func `FE-5: a sentence says its point first and leaves out what is not so`() {
        #expect(Sentence.alone(isSaved: false).text == "Only you.")
        #expect(
            Sentence.lost(["bob"], seconds: 9, unsent: 0).text == "Connection to bob lost 9 s ago - trying again. You can go on drawing.")
        #expect(Sentence.lostShort(["bob"], seconds: 9, unsent: 0).text == "bob lost 9 s ago")
        #expect(Sentence.lost(["bob", "eve"], seconds: 9, unsent: 1).text.hasPrefix("Connection to bob and eve lost 9 s ago"))
        #expect(Sentence.lost(["bob"], seconds: 9, unsent: 1).text.hasSuffix(" 1 change will be sent later."))
        #expect(Sentence.lostShort(["bob", "eve", "ana"], seconds: 9, unsent: 0).text == "bob, eve and 1 more lost 9 s ago")
        #expect(Sentence.back(["bob"]).text == "bob is back")
        #expect(Sentence.skipped(1).text == "skipped a shape that somebody changed since")
        #expect(Sentence.path(.direct, step: 5).text == "direct <5 ms")
        #expect(Sentence.refused(.diskRefuses("full")).text == "the disk refuses to save: full")
        #expect(Sentence.refused(.noSuchShape).text == "no such shape on the board")
        #expect(
            Sentence.versionMismatch(theirs: 3, ours: 2).text
                == "your inkwire is older (protocol 2, theirs speaks 3): install the one that they have, or a newer one")
        let long = Sentence.invitesUnavailable(reason: String(repeating: "x", count: 80)).text
        #expect(long == "Invites unavailable (\(String(repeating: "x", count: 59))…). Peers already here are unaffected.")
    }

    /// One of each case, as the page shows it.
    private static let examples: [Sentence] = [
        .saved, .saving, .typing, .drawing, .notSavedYet, .catchingUp, .unsent(12), .onlyYou, .noRendezvous, .connecting,
        .path(.direct, step: 35), .somePaths(relayed: 1, of: 3, step: 100), .offline, .usingRelay(milliseconds: 88),
        .silent("bob", seconds: 3), .silentFor(seconds: 3), .waitingForBoard, .unread(3, naming: 1), .typists(["bob", "eve"]),
        .opening("plan", shapes: 50_000), .joined(["bob", "eve"]),
        .left(["bob", "eve"]),
        .back(["bob", "eve"]), .joinedAs("bob", .editor, "direct ~35 ms", hint: "P compares safety words"),
        .alone(isSaved: true), .lost(["bob"], seconds: 7, unsent: 12), .lostShort(["bob"], seconds: 7, unsent: 12), .said("bob", "hello"),
        .refused(.diskRefuses("cannot write board.sqlite: disk full")), .skipped(3), .textDeleted, .textGoesOn,
        .text("bob", .merged), .writesHere(["bob", "eve"]), .asksToLook("bob"), .restoring, .restored, .roleGiven("ann", .editor),
        .removed(by: "ann", reason: "so", unseen: 3), .tookBack(by: "ann", of: "mallory", changes: 500),
        .slowMode(by: "ann", milliseconds: 10_000), .duplicateDevice(nil, seconds: 30),
        .unreachable("bob", Obstacle(way: .noUDP, relay: .notAllowed)),
        .knownName("bob@7e5f7cb5", isYours: false), .identity("bob@7e5f7cb5", wasVerified: true), .notAdmitted, .tokens(.asked),
        .code(.inviter(.over)),
        .invitesUnavailable(reason: "refused"), .rejected("bob", rule: "too many points"), .fork("bob"),
        .versionMismatch(theirs: 1, ours: 2), .whichIsOlder(theirs: 3, ours: 2), .versionRemedy(theirs: 3, ours: 2),
    ]

    /// A new case does not compile until it stands here; then it wants its example and its row.
    private static func name(_ sentence: Sentence) -> String {
        switch sentence {
        case .saved: "saved"
        case .saving: "saving"
        case .typing: "typing"
        case .drawing: "drawing"
        case .notSavedYet: "notSavedYet"
        case .catchingUp: "catchingUp"
        case .unsent: "unsent"
        case .onlyYou: "onlyYou"
        case .noRendezvous: "noRendezvous"
        case .connecting: "connecting"
        case .path: "path"
        case .somePaths: "somePaths"
        case .offline: "offline"
        case .usingRelay: "usingRelay"
        case .silent: "silent"
        case .silentFor: "silentFor"
        case .waitingForBoard: "waitingForBoard"
        case .unread: "unread"
        case .typists: "typists"
        case .opening: "opening"
        case .joined: "joined"
        case .left: "left"
        case .joinedAs: "joinedAs"
        case .back: "back"
        case .alone: "alone"
        case .lost: "lost"
        case .lostShort: "lostShort"
        case .said: "said"
        case .refused: "refused"
        case .skipped: "skipped"
        case .textDeleted: "textDeleted"
        case .textGoesOn: "textGoesOn"
        case .text: "text"
        case .writesHere: "writesHere"
        case .asksToLook: "asksToLook"
        case .restoring: "restoring"
        case .restored: "restored"
        case .tookBack: "tookBack"
        case .slowMode: "slowMode"
        case .roleGiven: "roleGiven"
        case .removed: "removed"
        case .duplicateDevice: "duplicateDevice"
        case .unreachable: "unreachable"
        case .knownName: "knownName"
        case .notAdmitted: "notAdmitted"
        case .identity: "identity"
        case .tokens: "tokens"
        case .code: "code"
        case .invitesUnavailable: "invitesUnavailable"
        case .rejected: "rejected"
        case .fork: "fork"
        case .versionMismatch: "versionMismatch"
        case .whichIsOlder: "whichIsOlder"
        case .versionRemedy: "versionRemedy"
        }
    }

    private static let page = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../Sources/inkwire/inkwire.docc/Sentences.md")
}
