import InkBoard
import InkCrypto
import InkFrontEnd
import InkPrimitives
import InkRendezvous
import InkSession

/// Makes one of each of what programs of one person say to each other, with values of all sizes; the seed decides.
struct Inventor {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    // MARK: Messages

    mutating func requests() -> [AttachRequest] {
        var requests: [AttachRequest] = [
            .hello(AttachRequest.Hello(strand: number(), pending: list(upTo: 5) { $0.number() })),
            .hello(AttachRequest.Hello(version: AttachProtocol.version + 1, strand: 0, pending: [])), .leave,
        ]
        for question in BoardQuestion.allCases { requests.append(.question(number(), question)) }
        for intent in intents() { requests.append(.intent(intent, ref: maybe { $0.number() })) }
        return requests
    }

    mutating func replies() -> [AttachReply] {
        var replies: [AttachReply] = [
            .welcome(
                AttachReply.Welcome(
                    frontEnd: UInt8(random.below(256)), me: name(), peer: name(), board: name(), name: text(),
                    done: list(upTo: 5) { $0.number() })),
            .refused(.version(UInt16(random.below(65_536)))), .refused(.full), .refused(.leaving),
        ]
        for event in events() { replies.append(.event(event)) }
        for answer in answers() { replies.append(.answer(number(), answer)) }
        return replies
    }

    mutating func intents() -> [Intent] {
        var intents: [Intent] = [
            .draw(draft()), .drawAll(list(upTo: 3) { $0.draft() }), .set(shapeID(), changes()), .setAll(shapeIDs(), changes()),
            .change(
                BoardChange(
                    drawn: list(upTo: 3) { $0.draft() }, depths: list(upTo: 3) { $0.depth() },
                    edits: list(upTo: 3) { ShapeEdit($0.shapeID(), $0.changes()) }, deleted: shapeIDs())),
            .setEach(list(upTo: 3) { ShapeEdit($0.shapeID(), $0.changes()) }), .amend(shapeID(), changes()),
            .type(shapeID(), from: text(), to: text(), continues: flip(), isMerged: flip()),
            .move(shapeIDs(), by: point()), .resize(shapeID(), by: point(), growing: point()), .delete(shapeIDs()), .undo, .redo,
            .extend(path()), .commit,
            .cancel, .cursor(point()), .cursor(nil), .laser(flip()), .view(maybe { $0.box() }), .lookHere(box()), .say(text()), .typing,
            .attention(pick(Attending.allCases)),
            .resend(name()),
            .readChat(ChatOrder(before: maybe { $0.name() }, count: count())),
            .rename(text()),
            .invite(
                InviteOrder(
                    role: maybe { $0.role() }, uses: UInt32(truncatingIfNeeded: number()), timeToLive: UInt32(truncatingIfNeeded: number()),
                    code: pick([.none, .atHand, .wanted]))
            ),
            .grant(name(), role()),
            .remove(RemovalOrder(.device(name()), withInvited: flip(), reason: text())), .remove(RemovalOrder(.invite(name()))),
            .calm(.takeBack(TakeBackOrder(.device(name())))), .calm(.takeBack(TakeBackOrder(.named(text()), .last(seconds: 7)))),
            .calm(.takeBack(TakeBackOrder(.named(text()), .since(number())))),
            .calm(.lock(shapeIDs(), flip())), .calm(.pace(milliseconds: UInt32(truncatingIfNeeded: number()))),
            .calm(.takeBack(TakeBackOrder(.device(name()), .sequences(1...max(1, number()))))),
            .verify(name(), flip()),
        ]
        for gesture in gestures() { intents += [.begin(gesture), .update(gesture)] }
        return intents
    }

    mutating func events() -> [Event] {
        var events: [Event] = [
            .ready(name(), me: name(), role: maybe { $0.role() }), .invited(inviteNews(), ref: maybe { $0.number() }),
            .chatsGone(list(upTo: 3) { $0.name() }), .code(CodeNews(invite: name(), what: pick(codeNews()))),
            .rights(.role(role(), by: maybe { $0.name() })),
            .rights(.removed(by: maybe { $0.name() }, reason: text(), unseen: count())),
            .changed(shapeChanges(), ref: maybe { $0.number() }), .peer(peerStatus()),
            .cursor(
                source(),
                list(upTo: 5) { CursorSample(at: $0.span(), position: $0.maybe { $0.point() }, trail: $0.maybe { $0.number() }) }),
            .view(peer: name(), maybe { $0.box() }), .lookHere(peer: name(), box()), .typing(peer: name()),
            .chat(message(), ref: maybe { $0.number() }), .chatState(message()), .typingEnded(peer: name()),
            .chatPage(
                ChatPage(list(upTo: 4) { ChatPage.Entry($0.message(), name: $0.text()) }, next: maybe { $0.name() }),
                ref: maybe { $0.number() }),
            .sync(
                SyncStatus(
                    state: pick([.synced, .behind, .ahead]), missing: count(), unsent: count(), isSaved: flip(), fingerprint: name())),
            .rendezvous(.none), .rendezvous(.connecting), .rendezvous(.connected), .rendezvous(.unreachable(reason: text())),
            .tokens(.asked), .tokens(.refused(pick(RendezvousRefusal.allCases.filter(\.isOfTokens)))),
            .rejected(author: maybe { $0.name() }, rule: text()), .fork(author: name(), sequence: number()),
            .textMerged(TextNews(shape: shapeID(), other: name(), outcome: pick([.merged, .beside(shapeID()), .lost(text())]))),
            .restoring(isUnderWay: flip()), .duplicateDevice(name(), seconds: count()), .knownName(text(), author: name(), before: name()),
            .identity(IdentityNews(name: text(), device: name(), before: name(), wasVerified: flip())),
            .meeting(
                name(), author: name(), maybe { Obstacle(way: $0.pick(Obstacle.Way.allCases), relay: $0.pick(Obstacle.Relay.allCases)) }),
            .calm(.tookBack(by: name(), of: name(), changes: count())),
            .calm(.pace(milliseconds: UInt32(truncatingIfNeeded: number()), by: maybe { $0.name() })),
            .notAdmitted, .versionMismatch(theirs: count(), ours: count()), .stopped(unsaved: count(), unsent: count()),
        ]
        let refusals: [Refusal] = [
            .noSuchShape, .badValue(field: text()), .tooLarge, .ownHistoryMissing, .brokenRule(text()), .nothingToUndo, .nothingToRedo,
            .diskRefuses(text()), .notReady, .noGesture, .leaving, .beyondEdge, .tooSoon, .notAllowed(role()), .noRight, .notOwner,
            .noRoles, .senior, .oneself, .noSuchMember,
            .noSuchInvite, .reasonTooLong, .calm(.onlyOwners), .calm(.ownWork), .calm(.nobodyCalled(text())),
            .calm(.severalCalled(text(), list(upTo: 3) { $0.name() })), .calm(.nothingToTakeBack), .calm(.locked),
            .calm(.tooSoon(milliseconds: UInt32(truncatingIfNeeded: number()))),
            .saidTooFast, .noSuchMessage,
        ]
        for outcome in [.done, .skipped(shapeIDs())] + refusals.map(Outcome.refused) { events.append(.outcome(ref: number(), outcome)) }
        var steps: [GestureChange] = [
            .appended(list(upTo: 5) { TimedPoint(at: $0.span(), position: $0.point()) }), .ended(.committed(shapeIDs())),
            .ended(.cancelled), .ended(.hidden),
        ]
        for gesture in gestures() { steps += [.began(gesture, at: span()), .updated(gesture, at: span())] }
        for step in steps { events.append(.gesture(GestureID(source: source(), number: number()), step)) }
        return events
    }

    mutating func answers() -> [BoardAnswer] {
        var datagrams = DatagramReport()
        datagrams.foreign = count()
        datagrams.received = number()
        datagrams.accepted = number()
        datagrams.forged = number()
        datagrams.unknown = number()
        datagrams.replayed = number()
        datagrams.cookiesSent = number()
        datagrams.answersSent = number()
        datagrams.startsRefused = number()
        datagrams.handshakesRefused = number()
        datagrams.established = number()
        datagrams.punches = number()
        return [
            .board(
                BoardReport(
                    name: text(), shapes: list(upTo: 4) { $0.shape() }, role: text(), ownLabels: list(upTo: 4) { $0.text() },
                    unreadable: count())),
            .state(
                StateReport(
                    fingerprint: name(), transactionCount: count(), shapes: list(upTo: 4) { $0.shape() }, isSaved: flip(), unsent: count())),
            .status(
                StatusReport(
                    presentPeers: count(), isDelivered: flip(), isSaved: flip(), isSynced: flip(), arrivedCount: count(), unsaved: count(),
                    unsent: count(), isKeptOut: flip())),
            .links(list(upTo: 4) { $0.link() }, datagrams: datagrams), .invite(text()), .dump(text()),
            .members(list(upTo: 3) { $0.member() }, invites: list(upTo: 3) { $0.standingInvite() }),
        ]
    }

    // MARK: Their parts

    private mutating func link() -> LinkReport {
        LinkReport(
            peer: name(), roundTrip: maybe { $0.span() }, loss: Double(random.below(1001)) / 1000, bytesIn: number(), bytesOut: number(),
            packetsIn: number(), packetsOut: number(), packetsForged: number(), packetsReplayed: number(), pendingBytes: count())
    }

    private mutating func peerStatus() -> PeerStatus {
        PeerStatus(
            peer: name(), author: maybe { $0.name() }, name: text(), state: pick([.joining, .joined, .idle, .away, .left]),
            path: maybe { _ in .direct }, roundTrip: maybe { $0.span() }, silentSeconds: maybe { $0.count() }, hasOurName: flip(),
            role: maybe { $0.pick(Role.allCases) }, isVerified: flip())
    }

    private mutating func role() -> Role { pick(Role.allCases) }

    private mutating func inviteNews() -> InviteNews {
        let invite: TransactionName = name()
        let seed = Secret32((0..<32).map { _ in UInt8(random.below(256)) }) ?? Secret32.random()
        var news = InviteNews(
            invite: invite, key: InviteKey(invite: invite, seed: seed), role: role(), isForOwnDevice: flip(),
            uses: UInt32(truncatingIfNeeded: number()),
            timeToLive: UInt32(truncatingIfNeeded: number()),
            endsAt: maybe { $0.number() }, orLater: flip())
        (news.code, news.codeEndsAt, news.codeObstacle) = (maybe { $0.text() }, maybe { $0.number() }, maybe { $0.text() })
        return news
    }

    private mutating func codeNews() -> [CodeNews.What] {
        [
            .lost, .inviter(.mismatch), .inviter(.left), .inviter(.over), .inviter(.spent), .inviter(.otherForm),
            .inviter(.given(name(), name: text())),
        ]
    }

    private mutating func member() -> MemberNews {
        var news = MemberNews(
            device: name(), person: name(), name: text(), role: role(), origin: pick([.founder, .granted, .invited(by: name())]),
            giver: maybe { $0.name() },
            isPresent: flip(), since: number(), right: name(), isOverUse: flip())
        (news.isVerified, news.lastSeen, news.takesNameOf) = (flip(), maybe { $0.number() }, maybe { $0.name() })
        return news
    }

    private mutating func standingInvite() -> StandingInvite {
        StandingInvite(
            name: name(), role: role(), uses: UInt32(truncatingIfNeeded: number()), usedCount: count(), endsAt: maybe { $0.number() },
            giver: name(),
            isKeyHeld: flip())
    }

    private mutating func message() -> ChatMessage {
        ChatMessage(
            id: name(), author: name(), text: text(), wallTime: number(),
            state: maybe { $0.pick([.waiting, .sent(by: $0.count(), of: $0.count()), .delivered, .failed(.diskRefuses($0.text()))]) },
            instead: maybe { $0.name() })
    }

    private mutating func box() -> WorldBox {
        let (from, to) = (point(), point())
        return WorldBox(left: Int(from.x), top: Int(from.y), right: Int(to.x), bottom: Int(to.y))
    }

    private mutating func source() -> LiveSource {
        LiveSource(peer: name(), frontEnd: FrontEndID(random.below(FrontEndID.countMax)) ?? .holder)
    }

    private mutating func shapeChanges() -> [ShapeChange] {
        list(upTo: 4) { ShapeChange(kind: $0.pick([.added, .changed, .removed]), id: $0.shapeID(), author: $0.name(), shape: $0.shape()) }
    }

    private mutating func gestures() -> [Gesture] {
        [
            .stroke(draft()), .shape(draft()), .move(shapeIDs(), by: point()),
            .resize(shapeID(), position: point(), size: Size(width: number32(), height: number32())),
            .text(shapeID(), maybe { $0.text() }), .pull(shapeID(), draft()),
        ]
    }

    private mutating func changes() -> [PropertyChange] {
        [
            .position(point()), .size(Size(width: number32(), height: number32())), .points(path()), .text(text()),
            .stroke(maybe { $0.color() }), .fill(maybe { $0.color() }), .strokeWidth(UInt16(random.below(65_536))), .depth(depth()),
            .startBinding(maybe { $0.binding() }), .endBinding(maybe { $0.binding() }), .lineStyle(pick(LineStyle.allCases)),
            .corners(pick(Corners.allCases)), .startHead(pick(LineHead.allCases)), .endHead(pick(LineHead.allCases)),
            .route(pick(LineRoute.allCases)), .groups(groups()),
        ].shuffled(using: &random)
    }

    private mutating func shape() -> Shape {
        let extra = list(upTo: 3) {
            ExtraProperty(property: Property(rawValue: UInt16(60 + $0.random.below(68))), bytes: $0.bytes(upTo: 40))
        }
        return Shape(id: shapeID(), content: draft(), depth: depth(), extra: extra, isLocked: flip())
    }

    private mutating func depth() -> DepthKey { DepthKey(bytes(upTo: 9)) ?? .first }

    private mutating func draft() -> ShapeDraft {
        ShapeDraft(
            kind: pick(ShapeKind.allCases), position: point(), size: Size(width: number32(), height: number32()), points: path(),
            text: text(), stroke: maybe { $0.color() }, fill: maybe { $0.color() }, strokeWidth: UInt16(random.below(65_536)),
            label: text(), startBinding: maybe { $0.binding() }, endBinding: maybe { $0.binding() }, lineStyle: pick(LineStyle.allCases),
            corners: pick(Corners.allCases), startHead: pick(LineHead.allCases), endHead: pick(LineHead.allCases),
            route: pick(LineRoute.allCases), groups: groups())
    }

    private mutating func groups() -> [GroupID] { list(upTo: 9) { GroupID(rawValue: $0.number()) } }

    private mutating func binding() -> Binding {
        Binding(shapeID(), x: UInt16(random.below(65_536)), y: UInt16(random.below(65_536)))
    }

    /// Mostly such as the board holds, in both forms.
    private mutating func path() -> [Point] {
        let isWild = random.chance(0.2)
        return list(upTo: 20) {
            isWild ? $0.point() : Point(x: Int32($0.random.below(4000)) - 2000, y: Int32($0.random.below(4000)) - 2000)
        }
    }

    private mutating func point() -> Point { Point(x: number32(), y: number32()) }

    private mutating func shapeIDs() -> [ShapeID] { list(upTo: 4) { $0.shapeID() } }

    private mutating func shapeID() -> ShapeID { ShapeID(author: name(), number: number()) }

    private mutating func color() -> Color { pick([Color(rgb: 0), Color(rgb: 0xFF_FFFF), Color(rgb: UInt32(random.below(1 << 24)))]) }

    private mutating func name<Tag>() -> Identifier<Tag> { Identifier(using: &random) }

    private mutating func text() -> String {
        pick(["", "a", "naïve\nтекст\u{301} 🖍️", "\0\u{1B}[2J", String(repeating: "long", count: 40)])
    }

    private mutating func bytes(upTo most: Int) -> [UInt8] { list(upTo: most) { UInt8($0.random.below(256)) } }

    private mutating func span() -> Duration { .nanoseconds(Int64(bitPattern: random.next()) >> Int64(random.below(63))) }

    private mutating func number() -> UInt64 { pick([0, 1, .max, random.next(), random.next() >> UInt64(random.below(64))]) }

    private mutating func count() -> Int { pick([0, 1, -1, .max, .min, random.below(1000)]) }

    private mutating func number32() -> Int32 { pick([0, -1, .min, .max, Int32(random.below(2000)) - 1000]) }

    private mutating func flip() -> Bool { random.chance(0.5) }

    private mutating func pick<Value>(_ values: [Value]) -> Value { values[random.below(values.count)] }

    private mutating func maybe<Value>(_ make: (inout Inventor) -> Value) -> Value? { flip() ? make(&self) : nil }

    private mutating func list<Value>(upTo most: Int, _ make: (inout Inventor) -> Value) -> [Value] {
        var values: [Value] = []
        for _ in 0..<random.below(most + 1) { values.append(make(&self)) }
        return values
    }
}
