import Foundation
import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import InkSimulator
import InkTransport
import StandSockets

/// Somebody who may not write tries every kind of write by every route, and three see what becomes of it: a carrier, who has a right of his own and
/// brings what the attacker signed, an observer, who never meets the attacker, and a newcomer, who comes when all is over.
///
/// The first line of the standard input is a `Scene`, each that follows an `Order`; each is answered by one line, an `Answer`. The end of the input is
/// the end.
final class RoleWrites {
    struct Scene: Decodable {
        struct Target: Decodable {
            var address: String
            var author: String
        }

        /// Of the room as it was when all of these joined.
        var link: String
        var role: UInt8
        /// The device of whose shapes, work and right are aimed at.
        var victim: String
        var attacker: PatchedMember.Estate
        var carrier: PatchedMember.Estate
        var observer: PatchedMember.Estate
        var newcomer: PatchedMember.Estate
        var targets: [Target]
        var rendezvous: String
    }

    enum Who: String, Decodable { case attacker, carrier, observer }

    struct Order: Decodable {
        var `do`: String
        var who: Who?
        /// Numbers of targets.
        var direct: [Int]?
        var relayed: [Int]?
        var way: PatchedMember.Way?
        /// Over all that is known, or over what was there before the removal.
        var isBackdated: Bool?
        /// To this target alone; nil to all whom it has met.
        var only: Int?
        var what: String?
        /// What an honest program wrote that believed its disk, in hex.
        var transactions: [String]?
    }

    struct Answer: Encodable {
        struct Row: Encodable {
            var kind: String
            var name: String
            var author: String
            var sequence: UInt64
            var lamport: UInt64
            var body: String
        }

        var figures: [String: Int] = [:]
        /// How often each kind of write was given to somebody.
        var tries: [String: Int] = [:]
        var rows: [Row] = []
        /// What was passed on that may not be: its kind, and by whom.
        var passedOn: [String: [String]] = [:]
        var failure: String?
    }

    let scene: Scene
    let invite: Invite
    let aims: WriteCatalogue.Aims
    let attacker: PatchedMember
    let carrier: PatchedMember
    private let observer: PatchedMember
    private let newcomer: PatchedMember
    /// Nil once nothing may be written any more.
    private(set) var role: Role?
    /// What nobody may pass on, and what it is.
    var forbidden: [TransactionName: String] = [:]
    var count: UInt64 = 0
    let stranger = SigningKey(seed: .random())

    static func run() throws -> [(String, Int)] {
        guard let first = readLine() else { throw Trouble("nothing says what is to be attacked") }
        let play = try RoleWrites(JSONDecoder().decode(Scene.self, from: Data(first.utf8)))
        say("ready")
        try play.obey()
        return [("forbidden", play.forbidden.count)]
    }

    private init(_ scene: Scene) throws {
        self.scene = scene
        invite = try Invite(link: scene.link)
        let keys = RoomKeys(roomSecret: invite.roomSecret, epoch: invite.epoch)
        attacker = try PatchedMember(scene.attacker, keys: keys, number: 1)
        carrier = try PatchedMember(scene.carrier, keys: keys, number: 2)
        observer = try PatchedMember(scene.observer, keys: keys, number: 3)
        newcomer = try PatchedMember(scene.newcomer, keys: keys, number: 4, knows: 0)
        guard let role = Role(rawValue: scene.role), let victim = Hex.decode(scene.victim).flatMap({ AuthorID($0) }),
            let aims = WriteCatalogue.Aims(on: attacker.board, of: victim)
        else { throw Trouble("there is nothing to aim at") }
        (self.role, self.aims) = (role, aims)
    }

    // MARK: Orders

    /// Takes orders as they come, and looks after all sessions meanwhile.
    private func obey() throws {
        var input = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
        while true {
            try pump()
            guard poll(&input, 1, 1) > 0 else { continue }
            guard let line = readLine() else { return }
            var answer = Answer()
            do { answer = try act(JSONDecoder().decode(Order.self, from: Data(line.utf8))) } catch { answer.failure = "\(error)" }
            say(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
        }
    }

    private func act(_ order: Order) throws -> Answer {
        let member = order.who == .carrier ? carrier : order.who == .observer ? observer : attacker
        switch order.do {
        case "meet": return try meet(order, member)
        case "leave":
            try member.leave()
            return Answer()
        case "control": return try control(order.what ?? "name", member)
        case "try":
            return try tryAll(member, order.way ?? .live, over: order.isBackdated == true ? attacker.board : carrier.board, to: order.only)
        case "gestures": return try gesture()
        case "words": return try talk()
        case "device": return try bringDevice()
        case "rows": return try rows()
        case "removed":
            role = nil
            return Answer()
        case "note": return try note(order.transactions ?? [])
        case "newcomer": return try watch()
        case "report": return report()
        default: throw Trouble("no order is called \(order.do)")
        }
    }

    func pump() throws { for member in [attacker, carrier, observer, newcomer] { try member.pump() } }

    /// Until something holds, or the time is over.
    @discardableResult
    func pump(_ seconds: Double, until isDone: () -> Bool = { false }) throws -> Bool {
        let end = currentTime() + .milliseconds(Int64(seconds * 1000))
        while currentTime() < end {
            try pump()
            if isDone() { return true }
            usleep(300)
        }
        return isDone()
    }

    private func meet(_ order: Order, _ member: PatchedMember) throws -> Answer {
        for number in order.direct ?? [] { try member.dial(address(number)) }
        let devices = Set((order.relayed ?? []).compactMap { Hex.decode(scene.targets[$0].author).flatMap { AuthorID($0) } })
        if !devices.isEmpty {
            guard let rendezvous = SocketAddress(scene.rendezvous) else { throw Trouble("\(scene.rendezvous) is no address") }
            try member.meet(devices, at: rendezvous)
        }
        let wanted = (order.direct ?? []).count + devices.count
        // Who may not come in is not waited for.
        try pump(role == nil && member === attacker ? 3 : 15) { member.welcome.count >= wanted }
        let relayed = member.welcome.count { member.sessions[$0]?.remote.route.isRelay == true }
        return Answer(figures: ["sessions": member.welcome.count, "relayed": relayed, "closed": member.closed])
    }

    func address(_ number: Int) throws -> SocketAddress {
        guard let address = SocketAddress(scene.targets[number].address) else {
            throw Trouble("\(scene.targets[number].address) is no address")
        }
        return address
    }

    // MARK: What is allowed

    /// Writes what its role allows, and waits until all have it: so it is known that what was said before has been judged, and that all roads are open.
    func control(_ what: String, _ member: PatchedMember, by way: PatchedMember.Way = .live) throws -> Answer {
        count += 1
        let person = ShapeID(author: member.author, number: 0)
        let writes: [Write]
        switch what {
        case "name":
            // Nothing comes of a step that takes back another's work, and everybody may write it.
            writes = [Write(person, .displayName, .text("name \(count)")), Write(person, .undo, .name(aims.work))]
        case "words": writes = [Write(person, .chat, .text("control"))]
        default:
            let draft = ShapeDraft(
                kind: what == "note" ? .note : .rectangle, position: Point(x: 8000, y: 8000), size: Size(width: 800, height: 800),
                text: "control")
            writes = try member.board.writes(for: draft, number: 1000 + count, by: member.author)
        }
        let ids = member.welcome
        let transaction = try member.write(writes, to: ids, by: way)
        func judged() -> Int { ids.count { (member.sessions[$0]?.receipt ?? 0) >= transaction.sequence } }
        try pump(20) { judged() == ids.count }
        let isPassedOn = try pump(10) { observer.brought[transaction.name] != nil }
        return Answer(figures: ["sessions": ids.count, "judged": judged(), "passed_on": isPassedOn ? 1 : 0])
    }

    // MARK: What became of it

    /// One who knows nothing but genesis comes to all, is given all that they have, and asks each for all that it should not have.
    private func watch() throws -> Answer {
        for number in scene.targets.indices { try newcomer.dial(address(number)) }
        try pump(20) { newcomer.welcome.count == scene.targets.count }
        try pump(20) { newcomer.board.fingerprint == carrier.board.fingerprint }
        let names = forbidden.keys.sorted()
        for start in stride(from: 0, to: names.count, by: SessionMessage.asksMax) {
            try newcomer.say(.ask(Array(names[start..<min(start + SessionMessage.asksMax, names.count)])), to: newcomer.welcome)
        }
        try pump(3)
        return Answer(figures: ["sessions": newcomer.welcome.count, "brought": newcomer.brought.count, "asked_for": names.count])
    }

    private func report() -> Answer {
        var answer = Answer()
        var came = 0
        for member in [carrier, observer, newcomer] {
            came += member.brought.count
            for (name, bringers) in member.brought {
                guard let what = forbidden[name] else { continue }
                answer.passedOn[what, default: []] += bringers.map { Hex.encode($0.bytes.prefix(4)) }
            }
        }
        answer.figures = ["forbidden": forbidden.count, "passed_on": answer.passedOn.count, "brought": came]
        return answer
    }
}
