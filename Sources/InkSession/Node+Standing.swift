import InkBoard
import InkPrimitives
import InkTransport

// On a board with roles: who may be in the room, and how we come to be there.
extension Node {
    /// People have roles on the board; before it is here, by the link with which we came.
    var hasRoles: Bool { board.map { $0.admission == .grants } ?? (rights.invite != nil) }

    /// The first words on a connection: what we have to show, and whether the other may be here, where that is known already.
    mutating func knock(on connection: ConnectionID, now: Instant) {
        if let claim = rights.claim, rights.role == nil { say(.claim(claim), on: connection, now: now) }
        sayHello(on: connection, now: now)
        guard let author = neighbours[connection]?.remote.author, board?.role(of: author) != nil else { return }
        judge(connection, now: now)
    }

    private mutating func sayHello(on connection: ConnectionID, now: Instant) {
        say(.hello(hasGenesis: board != nil, right: rights.shown(work.unsaved)), on: connection, now: now)
    }

    /// What somebody says who may be no member. Nothing of it is told to front ends (SE-319): strangers could make them busy.
    mutating func receiveWord(_ message: SessionMessage, on connection: ConnectionID, now: Instant) {
        guard let isInitiator = neighbours[connection]?.remote.isInitiator, let standing = neighbours[connection]?.standing else { return }
        switch message {
        case .hello(let hasGenesis, let right):
            neighbours[connection]?.credentials.spoke(naming: right)
            carryOut(neighbours[connection]?.standing?.heard(hasGenesis: hasGenesis), on: connection, now: now)
            judge(connection, now: now)
        case .claim(let claim):
            neighbours[connection]?.credentials.claims(claim)
            if neighbours[connection]?.credentials.hasSpoken == true { judge(connection, now: now) }
        case .askChain:
            carryOut(neighbours[connection]?.standing?.asked(showsFirst: isInitiator), on: connection, now: now)
        case .chain(let chain):
            // What nobody asked for is not verified.
            guard case .stranger(let stranger) = standing, stranger.isAsked else { return }
            receiveChain(chain, on: connection, now: now)
        case .welcome: carryOut(neighbours[connection]?.standing?.cameWelcome(), on: connection, now: now)
        default: break
        }
    }

    private mutating func receiveChain(_ chain: RightsChain, on connection: ConnectionID, now: Instant) {
        guard let board, let author = neighbours[connection]?.remote.author else { return }
        do throws(ChainFault) {
            try neighbours[connection]?.credentials.shows(chain, of: author, on: board)
        } catch {
            // Who joins is told who wanted to show him a room that is none (SE-323).
            if !isReady { rejected(author: author, rule: "rights: \(error)", now: now) }
        }
        judge(connection, now: now)
    }

    /// Decides anew whether a peer may be here.
    mutating func judge(_ connection: ConnectionID, now: Instant) {
        guard let remote = neighbours[connection]?.remote else { return }
        let (wallTime, isReady) = (clock.isSet ? clock.time(now: now) : nil, isReady)
        let isPassed = remote.epoch != epochs.inUse.keys.epoch && neighbours[connection]?.standing?.isInRoom == false
        let verdict = neighbours[connection]?.credentials.judged(
            as: remote.author, on: board, isReady: isReady, wallTime: wallTime, isPassed: isPassed)
        guard let verdict else { return }
        // Who is removed is told so by what did it, which nobody may know before the disk does (SE-187).
        if verdict == .refused, let removal = board?.removal(of: remote.author), work.unsaved.contains(removal.transaction.name) { return }
        carryOut(neighbours[connection]?.standing?.judged(verdict, showsFirst: remote.isInitiator), on: connection, now: now)
    }

    private mutating func carryOut(_ steps: [Neighbour.Standing.Step]?, on connection: ConnectionID, now: Instant) {
        for step in steps ?? [] {
            switch step {
            case .giveGenesis: if let genesis = board?.transactions.first { say(.genesis(genesis.encoded), on: connection, now: now) }
            case .askChain: say(.askChain, on: connection, now: now)
            case .giveChain: giveChain(on: connection, now: now)
            case .welcome:
                // From here on its presence may come, before its own welcome does: times go on from those told of it before.
                if let remote = neighbours[connection]?.remote, let person = roster.people[remote.peer] ?? roster.before(remote) {
                    neighbours[connection]?.shown.resume(as: person.status.peer, clock: person.clock.anew)
                }
                say(.welcome, on: connection, now: now)
            case .enter:
                if rights.isLetIn() { tellOwnRights() }
                if let author = neighbours[connection]?.remote.author { codeMeetings.judged(author) }
                // What was told before need not have been heard.
                neighbours[connection]?.places.forgetTold()
                meet(connection, now: now)
                enteredRoom(connection, now: now)
                tellAddresses(now: now)
                tellAdjacency(now: now)
            case .refuse: refuse(connection, now: now)
            }
        }
    }

    /// Says who gave our right; once there is one that may be told, where the one that we named has ended meanwhile (SE-179).
    private mutating func giveChain(on connection: ConnectionID, now: Instant) {
        let chain = rights.shown(work.unsaved).flatMap { board?.chain(of: $0) }
        if let chain { say(.chain(chain), on: connection, now: now) }
        neighbours[connection]?.owesChain = chain == nil
    }

    /// Nothing more is said to the peer but that it is not let in (SE-176); to one that was removed, by what, before that (SE-340).
    mutating func refuse(_ connection: ConnectionID, now: Instant) {
        if let author = neighbours[connection]?.remote.author, let removal = board?.removal(of: author), board?.role(of: author) == nil,
            !work.unsaved.contains(removal.transaction.name), neighbours[connection]?.credentials.isShownRemoval() == true
        {
            say(.removal(removal.transaction.encoded), on: connection, now: now)
            // It leaves before the goodbye.
            drainWays(now: now)
        }
        if let author = neighbours[connection]?.remote.author { codeMeetings.judged(author) }
        endpoint.refuse(connection, now: now)
        closed(connection, .notAdmitted, now: now)
    }

    mutating func judgeAll(now: Instant) {
        for connection in connections where neighbours[connection]?.standing != nil { judge(connection, now: now) }
    }

    /// Rights have changed: who may be here, and whether we may (SE-174).
    mutating func followRights(now: Instant) {
        guard let board, board.admission == .grants else { return }
        let rightsChanged = rights.follow(board, as: author, isReady: isReady)
        if rightsChanged {
            judgeAll(now: now)
            let members = endpoint.refusedDevices.isEmpty ? [] : Set(board.standingRights.compactMap(\.subject))
            for device in endpoint.refusedDevices where members.contains(device) {
                endpoint.forgive(device)
                introductions.dials.mayCome(device, now: now)
            }
            followPersons()
            for peer in roster.peers { tellPerson(peer) }
            followEpochs(now: now)
            planInviteEnds(now: now)
            followCodes(now: now)
            tellOwnRights()
            if rights.role != nil { introduce(now: now) }
        }
        if rights.isJoining { join(now: now) }
        showWhatCounts(now: now)
        followPace(rightsChanged: rightsChanged, now: now)
    }

    /// Other transactions count than are shown, since a removal came, or what makes one void.
    private mutating func showWhatCounts(now: Instant) {
        guard board?.isRecountDue == true, let recounted = board?.settle() else { return }
        if !recounted.chatsGone.isEmpty {
            messages.forget(recounted.chatsGone)
            tell(.chatsGone(recounted.chatsGone))
        }
        show(recounted.changes, recounted.chats, forks: [], renames: recounted.renames, of: .nobody, now: now)
    }

    /// Writes our admission, before anything else of ours. Waits for the board to know the (SE-173) invite, and for the wall clock, which the
    /// transaction claims.
    private mutating func join(now: Instant) {
        guard let invite = rights.invite, clock.isSet, saves.refusal == nil, !phase.isEnding, !isAdopting(now: now) else { return }
        guard board?.contains(invite.invite) == true else { return }
        let admission = RightsAdmission(of: author, to: boardID, inviteKey: invite.signer)
        do {
            let (_, outcome) = try author(
                Board.writes(joining: admission, by: author), of: .nobody, strand: .common, under: invite.invite, now: now)
            took(outcome, of: .nobody, now: now)
        } catch {
            // Tried again with the next input; meanwhile our person is told what is in the way.
            rejected(author: author, rule: "admission: \(error)", now: now)
        }
    }

    /// Writes what changes rights: what a person who may asks for.
    ///
    /// - Returns: the transaction that holds it; it gives the right, where one is given.
    package mutating func govern(
        now: Instant, _ writes: (Board, AuthorID) throws(RuleViolation) -> [Write]
    ) throws(Refusal) -> TransactionName {
        guard isReady, !phase.isEnding else { throw .notReady }
        if let reason = saves.refusal { throw .diskRefuses(reason) }
        let written = try plan { board, author throws(RuleViolation) in try writes(board, author) }
        time = now
        let transaction = try write(written, of: .nobody, now: now)
        settle(now: now)
        return transaction.name
    }

    /// Those who have not come in yet hear that we have another right than we said, once the disk has it.
    mutating func tellRight(now: Instant) {
        for connection in connections where neighbours[connection]?.standing?.isInRoom == false {
            sayHello(on: connection, now: now)
            if neighbours[connection]?.owesChain == true { giveChain(on: connection, now: now) }
        }
    }

    /// Strangers who show nothing keep no place (SE-332).
    mutating func dismissStrangers(now: Instant) {
        for connection in connections where neighbours[connection]?.standing?.isStranger == true {
            guard let until = neighbours[connection]?.credentials.until, now >= until else { continue }
            // Until the board is here nobody can be judged.
            guard isReady else {
                neighbours[connection]?.credentials.waits(now: now)
                continue
            }
            carryOut(neighbours[connection]?.standing?.judged(.refused, showsFirst: false), on: connection, now: now)
        }
    }
}
