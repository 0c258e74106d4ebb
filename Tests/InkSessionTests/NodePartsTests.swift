import InkBoard
import InkConnectivity
import InkPrimitives
import Testing

@testable import InkSession

/// The small parts of a node, each by itself: what they let through, when they are due, and what they hold at most.
@Suite struct NodePartsTests {
    private static func author(_ byte: UInt8) -> AuthorID { AuthorID([UInt8](repeating: byte, count: 32)) ?? .zero }

    // MARK: Phase

    @Test func `a node is ready once, also while it quits, and never again when it leaves`() {
        var phase = Phase.joining
        #expect(!phase.isReady && !phase.isEnding && !phase.isOver)
        var became = phase.becameReady()
        #expect(became && phase.isReady)
        became = phase.becameReady()
        #expect(!became)
        phase.quit(handsOver: true, mark: 3, now: .zero)
        #expect(phase.isReady && phase.isEnding && !phase.isOver && phase.quitting?.until == Instant.zero + SessionTiming.quitPatience)
        // A second wish to quit changes nothing of the first.
        phase.quit(handsOver: false, mark: 9, now: Instant.zero + .seconds(5))
        #expect(phase.quitting?.handsOver == true && phase.quitting?.mark == 3 && phase.quitting?.since == .zero)
        phase.waits(for: 7)
        #expect(phase.quitting?.mark == 7)

        var late = Phase.joining
        late.quit(handsOver: false, mark: 0, now: .zero)
        #expect(!late.isReady)
        became = late.becameReady()
        #expect(became && late.isReady && late.isEnding)
        became = late.becameReady()
        #expect(!became)
        late.leave(with: .stopped(unsaved: 0, unsent: 0))
        #expect(late.isOver && !late.isReady && late.quitting == nil)
        became = late.becameReady()
        #expect(!became && !late.isReady)
        late.waits(for: 1)
        late.stop()
        became = late.becameReady()
        #expect(!became && late.isOver && late.isEnding)
    }

    @Test func `nobody leaves who has not begun to quit`() {
        var phase = Phase.ready
        phase.leave(with: .stopped(unsaved: 0, unsent: 0))
        #expect(phase.isReady && !phase.isOver)
    }

    // MARK: PeerReceipts

    @Test func `receipts only grow, and go to the disk together, each once`() {
        var receipts = PeerReceipts([Self.author(1): 5])
        receipts.note(5, of: Self.author(1), now: .zero)
        receipts.note(4, of: Self.author(1), now: .zero)
        #expect(receipts.areSaved && receipts.deadline == nil && receipts.greatest == 5)
        receipts.note(3, of: Self.author(2), now: .zero)
        receipts.note(7, of: Self.author(1), now: Instant.zero + .milliseconds(100))
        receipts.note(9, of: Self.author(1), now: Instant.zero + .milliseconds(200))
        #expect(!receipts.areSaved && receipts.deadline == Instant.zero + SessionTiming.receiptInterval && receipts.greatest == 9)
        let own = Self.author(9)
        #expect(
            receipts.records(by: own) == [
                .receipt(peerDevice: Self.author(1), author: own, sequence: 9),
                .receipt(peerDevice: Self.author(2), author: own, sequence: 3),
            ])
        #expect(receipts.areSaved && receipts.deadline == nil && receipts.records(by: own).isEmpty)
    }

    // MARK: Rejections

    @Test func `SE-300: one rule of one author is told once a second, whatever figures are in it`() {
        var rejections = Rejections()
        func tells(_ author: UInt8?, _ rule: String, at milliseconds: Int64) -> Bool {
            rejections.mayTell(author: author.map(Self.author), rule: rule, now: Instant.zero + .milliseconds(milliseconds))
        }
        var told = [tells(1, "orphan 17", at: 0), tells(1, "orphan 18", at: 1), tells(1, "other", at: 2), tells(2, "orphan 17", at: 3)]
        #expect(told == [true, false, true, true])
        told = [tells(nil, "orphan 1", at: 4), tells(1, "orphan 19", at: 999), tells(1, "orphan 19", at: 1001)]
        #expect(told == [true, false, true])
    }

    @Test func `SE-300: made-up authors tell no more than twenty a second, and take no memory without end`() {
        var rejections = Rejections()
        var told = 0
        for number in 0..<100_000 as Range<UInt64> {
            let author = AuthorID([UInt8](repeating: 0, count: 24) + (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) })
            if rejections.mayTell(author: author, rule: "signature", now: Instant.zero + .milliseconds(Int64(number) / 10)) { told += 1 }
        }
        #expect((200...260).contains(told), "\(told) in ten seconds")
        #expect(rejections.rememberedCount <= 257)
    }

    // MARK: Whereabouts

    private static func local(_ text: String, _ standing: LocalAddress.Standing) throws -> LocalAddress {
        LocalAddress(address: try #require(SocketAddress(text)), prefixLength: 24, standing: standing)
    }

    @Test func `SE-305: containers that come and go move nobody, and a link does`() throws {
        var place = Whereabouts()
        let (link, bridge) = (try Self.local("10.1.0.5:4000", .link), try Self.local("172.17.0.1:4000", .inner))
        #expect(place.hasFamily(of: try #require(SocketAddress("[2001:db8::1]:1")).ip))
        var hasMoved = place.move(to: [link])
        #expect(!hasMoved)
        hasMoved = place.move(to: [link, bridge])
        #expect(!hasMoved && place.networks.count == 2)
        hasMoved = place.move(to: [bridge])
        #expect(hasMoved)
        hasMoved = place.move(to: [bridge])
        #expect(!hasMoved)
        #expect(!place.hasFamily(of: try #require(SocketAddress("[2001:db8::1]:1")).ip))
        #expect(place.hasFamily(of: try #require(SocketAddress("192.0.2.1:1")).ip))
    }

    @Test func `SE-113: where we are is told six times at once, then once a second, and the last is told`() {
        var place = Whereabouts()
        var told = 0
        for step in 0..<100 {
            let now = Instant.zero + .milliseconds(Int64(step) * 50)
            if place.mayTell(now: now) {
                told += 1
                place.told(now: now)
            } else {
                place.tellLater(now: now)
            }
        }
        // Six, and one in each of five seconds.
        #expect((10...11).contains(told))
        #expect(place.deadline.map { $0 <= Instant.zero + .milliseconds(99 * 50) + .seconds(1) } ?? true)
    }

    // MARK: StatusTeller

    @Test func `SE-19: status is told a moment after the first change, once, and only if it is another`() {
        var teller = StatusTeller()
        #expect(teller.saysSaved && teller.deadline == nil)
        teller.changed(now: .zero)
        teller.changed(now: Instant.zero + .milliseconds(90))
        #expect(teller.deadline == Instant.zero + SessionTiming.statusInterval)
        var isDue = teller.isDue(now: Instant.zero + .milliseconds(99))
        #expect(!isDue)
        isDue = teller.isDue(now: Instant.zero + .milliseconds(100))
        #expect(isDue && teller.deadline == nil)
        isDue = teller.isDue(now: Instant.zero + .seconds(9))
        #expect(!isDue)
    }

    // MARK: StrokeJournal

    private static var draft: ShapeDraft {
        var draft = ShapeDraft(kind: .freehand, position: .zero)
        draft.points = [Point(x: 0, y: 0), Point(x: 8, y: 8)]
        return draft
    }

    @Test func `SE-57: a stroke is on the disk a second after the hand began, and gone when it ended`() throws {
        var journal = StrokeJournal(stored: nil)
        #expect(journal.forget() == nil)
        journal.drew(now: .zero)
        journal.drew(now: Instant.zero + .milliseconds(900))
        #expect(journal.deadline == Instant.zero + SessionTiming.journalInterval)
        #expect(journal.record(of: .stroke(Self.draft), isRefused: true) == nil && journal.deadline == nil)
        #expect(journal.forget() == nil)
        #expect(journal.record(of: .stroke(Self.draft), isRefused: false) == .stroke(StrokeDraft.encode(Self.draft)))
        #expect(journal.record(of: nil, isRefused: false) == nil)
        #expect(journal.forget() == .stroke(nil))
        #expect(journal.forget() == nil)
    }

    @Test func `SE-57: the stroke of the process before is on the board before another takes its place`() {
        var journal = StrokeJournal(stored: StrokeDraft.encode(Self.draft))
        #expect(journal.recovered?.points == Self.draft.points)
        #expect(journal.record(of: .stroke(Self.draft), isRefused: false) == nil)
        #expect(journal.forget() == nil)
        journal.isRecovered()
        #expect(journal.forget() == .stroke(nil))
        // What cannot be read is not kept from being replaced.
        var damaged = StrokeJournal(stored: [9, 9])
        #expect(damaged.recovered == nil)
        #expect(damaged.forget() == .stroke(nil))
    }
}
