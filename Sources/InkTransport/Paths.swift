import InkPrimitives

/// The ways to one peer: which one is in use, which are tried, and when one is left for another (TR-60 to TR-66).
///
///     named, or heard from ──▶ challenged ──answered──▶ proven ──better──▶ in use ──silent──▶ in doubt ──▶ left, and challenged again
///                                  │ nobody answers                          ▲                   │ heard
///                                  ▼                                         └───────────────────┘
///                               forgotten, or asked ever more rarely
///
/// A direct way is better than a relay, of two direct ones the clearly quicker. To leave a way of which nothing comes is never put off; to
/// return to one that was left is, for a minute.
struct Paths: Sendable {
    /// The path that packets take.
    private(set) var mainID: PathID
    private var all: [Path]
    private var nextNumber: UInt32 = 1
    /// Since when it is in doubt.
    private var doubtedAt: Instant?
    /// The path that operations take besides, and until when.
    private var shadow: (path: PathID, until: Instant)?
    private var changes = TokenBucket(rate: 1.0 / 60, burst: 2, now: .distantPast)

    /// Paths of addresses that the peer named, those that packets came from and nobody named, and relays.
    static let invitedMax = Limits.candidates
    // TR-62
    static let uninvitedMax = 2
    static let relaysMax = 8
    /// A way that was left is not returned to before (TR-192).
    static let returnAfter: Duration = .seconds(60)
    /// So long operations ride on both ways.
    static let shadowTime: Duration = .seconds(1)
    /// While a direct way is in use others are looked for so long.
    private static let searchTime: Duration = .seconds(120)
    /// How often the peer's word, and how often a doubt, has us begin anew to challenge one address.
    private static let inviteTime: Duration = .seconds(3)
    private static let doubtTime: Duration = .seconds(1)
    /// Between the first challenges to two addresses.
    private static let stagger: Duration = .milliseconds(10)

    init(route: Route, proof: Path.Proof) {
        mainID = PathID(number: 0)
        all = [Path(id: mainID, route: route, proof: proof, isInvited: false)]
    }

    // MARK: Looking

    private func index(_ id: PathID) -> Int? { all.firstIndex { $0.id == id } }
    private var mainIndex: Int {
        guard let index = index(mainID) else { preconditionFailure("the path in use is never forgotten") }
        return index
    }

    /// Read in place: a path is some hundred bytes, and is asked for a dozen things with each packet.
    var main: Path {
        @inline(__always) _read { yield all[mainIndex] }
    }
    /// Bytes that may still go where the handshake came through, while the peer has not proved that it is there; nil once it has.
    var allowance: Int? {
        @inline(__always) get { if case .handshake(let left) = main.proof { left } else { nil } }
        set { all[mainIndex].proof = newValue.map { .handshake(allowance: $0) } ?? .proven }
    }
    subscript(id: PathID?) -> Path? { id.flatMap { index($0) }.map { all[$0] } }
    /// Where a path is, for `subscript(at:)`; nil if it is gone.
    func position(of id: PathID?) -> Int? { id.flatMap { index($0) } }
    subscript(at position: Int) -> Path {
        @inline(__always) _read { yield all[position] }
        @inline(__always) _modify { yield &all[position] }
    }
    func id(of route: Route) -> PathID? { all.first { $0.route == route }?.id }
    var isInDoubt: Bool { doubtedAt != nil }
    /// Smoothed, of all that are known.
    var slowestRoundTrip: Duration { all.reduce(.zero) { max($0, $1.rtt.smoothed) } }
    /// All of them, in the order in which they became known.
    var known: [Path] { all }

    mutating func update(_ id: PathID?, _ body: (inout Path) -> Void) {
        if let index = id.flatMap({ index($0) }) { body(&all[index]) }
    }
    mutating func updateMain<R>(_ body: (inout Path) -> R) -> R { body(&all[mainIndex]) }
    mutating func updateAll(_ body: (inout Path) -> Void) { for index in all.indices { body(&all[index]) } }

    /// A way to send what is doubtful besides.
    func shadowPath(now: Instant) -> PathID? {
        guard let shadow, now < shadow.until, shadow.path != mainID, index(shadow.path) != nil else { return nil }
        return shadow.path
    }

    /// When to call `look` or to challenge next. Written as a change, so that paths are asked in place.
    var deadline: Instant? {
        mutating get {
            var soonest: Instant?
            for index in all.indices { soonest = earliest(soonest, inPlace(&all[index]) { $0.check?.nextAt }) }
            if let doubtedAt {
                if alternative != nil { soonest = earliest(soonest, doubtedAt + updateMain { $0.leaveAfter }) }
            } else if let since = main.waitingSince {
                soonest = earliest(soonest, since + updateMain { $0.doubtAfter })
            }
            if all.count > 1, main.isRelay, doubtedAt == nil {
                for path in all {
                    if isDirectSpare(path), let leftAt = path.leftAt { soonest = earliest(soonest, leftAt + Self.returnAfter) }
                }
            }
            return soonest
        }
    }

    // MARK: Becoming known

    /// The addresses at which the peer says to be; those of an earlier word that are not among them are tried no more.
    ///
    /// - Parameter addresses: best first, at most `invitedMax` are used.
    mutating func invite(_ addresses: [SocketAddress], now: Instant) {
        let routes = addresses.prefix(Self.invitedMax).map { Route.direct($0) }
        all.removeAll { $0.isInvited && !$0.isProven && $0.id != mainID && !routes.contains($0.route) && !$0.route.isRelay }
        for (place, route) in routes.enumerated() {
            let at = now + Self.stagger * place
            if let index = all.firstIndex(where: { $0.route == route }) {
                all[index].isInvited = true
                // TR-186
                guard !all[index].isProven, all[index].id != mainID, all[index].check?.isFresh(Self.inviteTime, now: now) != true else {
                    continue
                }
                all[index].check = PathCheck(at: at, budget: nil)
            } else {
                add(route, proof: .none, isInvited: true, check: PathCheck(at: at, budget: nil))
            }
        }
    }

    /// The peer is to be found behind this socket of a rendezvous (TR-194). Another number at one place is the same way: the peer connected anew.
    ///
    /// - Parameter rate: bytes a second that it carries of our room; nil if it is not known.
    /// - Returns: the path whose packets went to the number before, and are lost.
    mutating func relay(over point: RelayPoint, rate: Int? = nil, now: Instant) -> PathID? {
        let route = Route.relay(point)
        defer { if let rate, let index = all.firstIndex(where: { $0.route == route }) { all[index].relayRate = rate } }
        if let index = all.firstIndex(where: { $0.route == route }), all[index].isInvited || all[index].id == mainID {
            // Also where the session began over it: it is a way out for as long as the rendezvous names it.
            all[index].isInvited = true
            return nil
        }
        // Packets may have come from there before the word did.
        all.removeAll { $0.route == route }
        let old = all.firstIndex { if case .relay(let known) = $0.route { known.place == point.place } else { false } }
        if let old {
            (all[old].route, all[old].isInvited, all[old].check) = (route, true, PathCheck(at: now, budget: nil))
            if all[old].id != mainID { all[old].proof = .none }
            return all[old].id
        }
        guard all.count(where: \.isRelay) < Self.relaysMax else { return nil }
        add(route, proof: .none, isInvited: true, check: PathCheck(at: now, budget: nil))
        return nil
    }

    /// What a rendezvous carried it carries no more.
    ///
    /// - Returns: paths that are gone (TR-195).
    mutating func relayLost(at place: Int, now: Instant) -> [PathID] {
        let lost = all.filter { if case .relay(let point) = $0.route { point.place == place } else { false } }
        for path in lost {
            if path.id == mainID, let other = alternative(besides: place) { use(other, now: now) }
            guard path.id != mainID else {
                // There is no other. Until there is, nothing is heard of the peer.
                all[mainIndex].check = nil
                continue
            }
            all.removeAll { $0.id == path.id }
        }
        return lost.map(\.id)
    }

    /// A packet came from where nothing was known of, and it was no more than a question about the way.
    mutating func heard(from route: Route, byteCount: Int, now: Instant) {
        guard all.count(where: { !$0.isInvited && !$0.isProven && $0.id != mainID }) < Self.uninvitedMax else { return }
        var check = PathCheck(at: now, budget: 0)
        check.received(byteCount: byteCount)
        add(route, proof: .none, isInvited: false, check: check)
    }

    /// A packet came over a known one.
    ///
    /// - Parameter isChallenge: the peer tries this way: now both do.
    mutating func received(over id: PathID, byteCount: Int, isChallenge: Bool, now: Instant) {
        let isInUse = id == mainID
        update(id) { path in
            path.check?.received(byteCount: byteCount)
            guard isChallenge, !path.isProven, !isInUse else { return }
            if path.check == nil { path.check = PathCheck(at: now, budget: path.isInvited ? nil : byteCount) }
            path.check?.trigger(now: now)
        }
    }

    private mutating func add(_ route: Route, proof: Path.Proof, isInvited: Bool, check: PathCheck?) {
        var path = Path(id: PathID(number: nextNumber), route: route, proof: proof, isInvited: isInvited)
        path.check = check
        nextNumber += 1
        all.append(path)
    }

    // MARK: Challenges

    func isCheckDue(now: Instant) -> Bool { all.contains { $0.check.map { now >= $0.nextAt } ?? false } }

    /// The next path that is to be challenged now; call until nil.
    ///
    /// - Parameter challenge: eight secret bytes, new each time.
    mutating func nextCheck(challenge: [UInt8], byteCount: Int, now: Instant) -> Path? {
        let isNeeded = main.isRelay || isInDoubt
        var index = 0
        while index < all.count {
            guard let check = all[index].check, now >= check.nextAt else {
                index += 1
                continue
            }
            let isSearch = !all[index].isProven && all[index].id != mainID
            if check.isExhausted || (isSearch && !isNeeded && now - check.began >= Self.searchTime) {
                let isGone = giveUp(at: index)
                index += isGone ? 0 : 1
                continue
            }
            if all[index].check?.take(challenge: challenge, byteCount: byteCount, isNeeded: isNeeded, now: now) == true {
                return all[index]
            }
            index += 1
        }
        return nil
    }

    /// Nobody answers there.
    ///
    /// - Returns: true if the path is forgotten.
    private mutating func giveUp(at index: Int) -> Bool {
        all[index].check = nil
        guard all[index].id != mainID else { return false }
        all[index].proof = .none
        guard !all[index].isInvited else { return false }
        all.remove(at: index)
        return true
    }

    /// A challenge of ours came back.
    ///
    /// - Returns: the path that it proves; nil if it answers none.
    mutating func answered(_ response: [UInt8], now: Instant) -> PathID? {
        for index in all.indices {
            guard let sentAt = all[index].check?.sentAt(answering: response) else { continue }
            all[index].rtt.observe(now - sentAt, ackDelay: .zero)
            all[index].proof = .proven
            all[index].check = nil
            let id = all[index].id
            consider(now: now)
            keepWarm(now: now)
            return id
        }
        return nil
    }

    // MARK: Choosing

    /// Ends up with the best way that is known: call when something was answered, and at `deadline`.
    ///
    /// - Returns: the path that was left, whose packets are lost.
    mutating func look(now: Instant) -> PathID? {
        guard let since = main.waitingSince, now >= since + updateMain({ $0.doubtAfter }) else {
            if main.waitingSince == nil || doubtedAt != nil { doubtedAt = nil }
            consider(now: now)
            return nil
        }
        guard let began = doubtedAt else {
            doubtedAt = now
            shadow = alternative.map { ($0, now + Self.shadowTime) }
            searchAgain(freshTime: Self.doubtTime, now: now)
            return nil
        }
        guard now >= began + main.leaveAfter, let other = alternative else { return nil }
        let left = mainID
        update(left) { ($0.leftAt, $0.proof, $0.check) = (now, .none, PathCheck(at: now, budget: nil)) }
        use(other, now: now)
        shadow = (left, began + Self.shadowTime)
        return left
    }

    /// Our addresses changed: what did not carry before may now.
    mutating func forgive(now: Instant) {
        for index in all.indices {
            all[index].leftAt = nil
            all[index].forgetLength()
        }
        searchAgain(freshTime: .zero, now: now)
    }

    /// All ways are asked at once.
    ///
    /// - Parameter freshTime: those that began within it go on as they are.
    private mutating func searchAgain(freshTime: Duration, now: Instant) {
        for index in all.indices {
            // The handshake's own address, while it is not proved, is asked for what came from there.
            guard all[index].id == mainID ? all[index].isProven : all[index].isInvited || all[index].isProven else { continue }
            // A way that is known from before is no way out until it has answered again.
            if all[index].id != mainID { all[index].proof = .none }
            if all[index].check?.isFresh(freshTime, now: now) != true { all[index].check = PathCheck(at: now, budget: nil) }
        }
    }

    /// The packets of the way in use come from another address now, where a challenge was answered.
    ///
    /// - Returns: true if that is another host: what went to the one before is to be given up.
    @discardableResult
    mutating func moveMain(to address: SocketAddress) -> Bool {
        let index = mainIndex
        // Another host is another path, and what was learned of the old one's capacity does not hold (RFC 9000 §9.4; TR-211).
        let isOtherHost = all[index].route.address?.ip != address.ip
        if isOtherHost { all[index].forgetCapacity() }
        all.removeAll { $0.route == .direct(address) && $0.id != mainID }
        update(mainID) { ($0.route, $0.proof, $0.leftAt) = (.direct(address), .proven, nil) }
        (doubtedAt, shadow) = (nil, nil)
        return isOtherHost
    }

    /// Where to go if the way in use does not answer: who was heard from directly, else a relay, even one that nobody has tried.
    private var alternative: PathID? { alternative(besides: nil) }

    /// - Parameter lost: the place whose relay is of no use.
    private func alternative(besides lost: Int?) -> PathID? {
        let others = all.filter { path in
            if case .relay(let point) = path.route, point.place == lost { return false }
            // A relay that only a frame named must answer first (TR-197).
            return path.id != mainID && (path.isProven || path.isRelay && path.isInvited)
        }
        return others.min {
            ($0.isRelay ? 1 : 0, $0.isProven ? 0 : 1, $0.rtt.smoothed) < ($1.isRelay ? 1 : 0, $1.isProven ? 0 : 1, $1.rtt.smoothed)
        }?.id
    }

    private mutating func use(_ id: PathID, now: Instant) {
        mainID = id
        (doubtedAt, shadow) = (nil, nil)
        update(id) { path in
            path.leftAt = nil
            // Where it is not proved that the relay leads to the peer, its answer will tell.
            if path.isProven { path.check = nil }
        }
        keepWarm(now: now)
    }

    /// It may be returned to: `deadline` waits for no other (TR-235).
    private func isDirectSpare(_ path: Path) -> Bool { path.id != mainID && path.isProven && !path.isRelay }

    /// Takes a better way, if there is one.
    private mutating func consider(now: Instant) {
        guard all.count > 1 else { return }
        let better = all.filter { path in
            isDirectSpare(path) && path.leftAt.map { now - $0 >= Self.returnAfter } ?? true
        }.min { $0.rtt.smoothed < $1.rtt.smoothed }
        guard let better else { return }
        // From where nobody answers yet any way leads on.
        if !main.isRelay, main.isProven {
            // TR-65
            guard main.rtt.hasSample, better.rtt.smoothed + .milliseconds(2) < main.rtt.smoothed * 3 / 4, changes.take(now: now) else {
                return
            }
        }
        use(better.id, now: now)
    }

    /// The best of the direct ways that are not in use is asked now and then, so that it is there when it is needed (TR-65).
    private mutating func keepWarm(now: Instant) {
        let spare = all.filter(isDirectSpare).sorted { $0.rtt.smoothed < $1.rtt.smoothed }
        for path in spare.dropFirst() { update(path.id) { ($0.proof, $0.check) = (.none, nil) } }
        if let best = spare.first, best.check == nil { update(best.id) { $0.check = .warm(now: now) } }
        // Nobody named them, and nothing asks whether they are there.
        all.removeAll { !$0.isInvited && $0.id != mainID && !$0.isProven && $0.check == nil }
    }
}
