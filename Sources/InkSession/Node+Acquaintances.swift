import InkBoard
import InkPrimitives

// Who is known here and who is verified, and who comes by the name of one of them (SE-240 to SE-245).
extension Node {
    /// Somebody is here, or goes.
    mutating func saw(_ device: AuthorID, now: Instant) {
        guard device != author else { return }
        let time = clock.isSet ? clock.time(now: now) : 0
        keep(acquaintances.saw(device, called: board?.personName(device) ?? "", at: time))
        inheritTrust(device)
    }

    /// A further device of somebody who is verified is so, too (SE-242): the one before has certified it.
    private mutating func inheritTrust(_ device: AuthorID) {
        guard !acquaintances.verified.isEmpty, !acquaintances.isVerified(device), let board,
            let right = board.bestRight(of: device)
        else { return }
        let others = board.standingRights.filter { $0.isSamePerson(as: right) }.compactMap(\.subject)
        guard let name = others.compactMap({ acquaintances[$0]?.verifiedAs }).first else { return }
        keep(acquaintances.verify(device, as: name))
    }

    /// Rights have changed: somebody here may be a further device of one who is verified.
    mutating func followPersons() {
        guard !acquaintances.verified.isEmpty else { return }
        for device in presentDevices.sorted() where device != author { inheritTrust(device) }
    }

    /// Our person has compared safety words with somebody, or takes that back.
    mutating func verify(_ device: AuthorID, _ isVerified: Bool, now: Instant) throws(Refusal) {
        guard device != author else { throw .badValue(field: "who") }
        let isKnown = acquaintances[device] != nil || board?.role(of: device) != nil || presentDevices.contains(device)
        guard isKnown else { throw .noSuchMember }
        let name = board?.personName(device) ?? acquaintances[device]?.firstName ?? ""
        for device in devices(ofPersonOf: device) where device != author {
            keep(acquaintances.verify(device, as: isVerified ? name : nil))
            acquaintances.forgetTold(of: device)
        }
        for peer in roster.peers { tellPerson(peer) }
        checkIdentities(now: now)
    }

    private func devices(ofPersonOf device: AuthorID) -> [AuthorID] {
        guard let board, let right = board.bestRight(of: device) else { return [device] }
        return Set(board.standingRights.filter { $0.isSamePerson(as: right) }.compactMap(\.subject) + [device]).sorted()
    }

    private mutating func keep(_ acquaintance: Acquaintance?) {
        if let acquaintance { saves.append(.acquaintance(acquaintance)) }
    }

    // Names.

    /// Looks whether somebody who is here goes by the name of one who is trusted under it (SE-243).
    mutating func checkIdentities(now: Instant) {
        for device in presentDevices.sorted() { checkIdentity(of: device) }
    }

    mutating func checkIdentity(of device: AuthorID) {
        guard device != author, let news = identityNews(of: device, among: trustedNames) else { return }
        if acquaintances.mayTell(device, takes: news.before) { tell(.identity(news)) }
    }

    /// What is to be said of those who are here, to a program that begins now.
    var identities: [IdentityNews] {
        let names = trustedNames
        return presentDevices.sorted().compactMap { $0 == author ? nil : identityNews(of: $0, among: names) }
    }

    /// Nil where a device takes nobody's name.
    func identityNews(of device: AuthorID, among names: TrustedNames) -> IdentityNews? {
        guard let board, let name = board.personName(device) else { return nil }
        let person = board.firstDevice(ofPersonOf: device)
        let claim = names.owner(of: name, but: device) { person != nil && board.firstDevice(ofPersonOf: $0) == person }
        return claim.map { IdentityNews(name: name, device: device, before: $0.device, wasVerified: $0.isVerified) }
    }

    /// By which names whom our person trusts: who was verified, by the name under which (SE-375) that was done; who has a right by his key, by the
    /// first that he had here. By one that he took later he would take it from whoever had it.
    var trustedNames: TrustedNames {
        var names = TrustedNames()
        for one in acquaintances.verified { names.add(one.verifiedAs ?? "", of: one.device, isVerified: true) }
        guard let board, board.admission == .grants else { return names }
        for right in board.standingRights {
            guard let subject = right.subject, subject != author, board.transaction(right.name)?.isAdmission == false else { continue }
            let first = acquaintances[subject]?.firstName ?? ""
            names.add(first.isEmpty ? board.personName(subject) ?? "" : first, of: subject, isVerified: false)
        }
        return names
    }
}

/// Names under which somebody is trusted (SE-376).
struct TrustedNames: Sendable {
    private struct Owner: Sendable {
        let device: AuthorID
        let isVerified: Bool
    }
    private var owners: [String: [Owner]] = [:]

    mutating func add(_ name: String, of device: AuthorID, isVerified: Bool) {
        let fold = PersonName.fold(name)
        guard !fold.isEmpty else { return }
        owners[fold, default: []].append(Owner(device: device, isVerified: isVerified))
    }

    /// Whose name it is that a device takes; nil where it is nobody's (SE-244), or its own by as good a right: who was verified under a name is
    /// taken for nobody else, and of two who have rights by their keys neither was here before the other.
    ///
    /// - Parameter isSame: whether a device is of the same person.
    func owner(of name: String, but device: AuthorID, isSame: (AuthorID) -> Bool) -> (device: AuthorID, isVerified: Bool)? {
        guard let all = owners[PersonName.fold(name)] else { return nil }
        let own = all.filter { $0.device == device || isSame($0.device) }
        guard !own.contains(where: \.isVerified) else { return nil }
        let others = all.filter { other in !own.contains { $0.device == other.device } && !isSame(other.device) }
        let stronger = others.first(where: \.isVerified) ?? (own.isEmpty ? others.first : nil)
        return stronger.map { ($0.device, $0.isVerified) }
    }
}
