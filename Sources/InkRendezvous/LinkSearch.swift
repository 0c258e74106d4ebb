import InkConnectivity
import InkPrimitives

/// Looks on our links for who holds the mailbox of a code with four digits (RV-165).
///
///     idle ──start──▶ asking ──an answer──▶ collecting, asks once more ──¼ s──▶ over: found, or several
///                        └── 4 s without ───────────────────────────────────────▶ over: nobody
///
/// Who answers is not believed: it is one whose mailbox is tried, and what he knows shows there. A code is tried at one mailbox, and a wrong try burns
/// it: where several answer none of them is tried, for nobody knows whose code it is.
public struct LinkSearch: Sendable {
    public enum Output: Hashable, Sendable {
        /// To be said to the group on each link.
        case ask([UInt8])
        case over(Ending)
    }

    public enum Ending: Hashable, Sendable {
        /// Where the mailbox is, each a TCP address of the only one who answered.
        case found([SocketAddress])
        /// Several answered: the first place of each (RV-165), in the order in which they did.
        case several([SocketAddress])
        case nobody
    }

    private enum State: Sendable {
        case idle
        case asking(began: Instant, asked: Int)
        case collecting(until: Instant)
        case over
    }

    /// When it is asked, from the beginning: the first may be lost, and so may a machine's first datagram in a while.
    static let schedule: [Duration] = [
        .zero, .milliseconds(100), .milliseconds(300), .milliseconds(700), .milliseconds(1500), .milliseconds(2500),
    ]
    /// After which there is nobody (RV-92).
    public static let patience: Duration = .seconds(4)
    /// How long others may answer after the first, who are asked once more (RV-163): what was lost on the way must not make one of two the only one.
    static let collectTime: Duration = .milliseconds(250)
    /// Holders, and addresses of one, that are kept.
    static let holdersMax = 16
    static let addressesMax = 4

    private let question: LinkQuestion
    private let links: OwnLinks
    private var state = State.idle
    /// In the order in which they answered.
    private var holders: [(holder: [UInt8], addresses: [SocketAddress])] = []
    private var outputs = Outputs<Output>()

    /// - Parameter links: where it is asked; an answer from elsewhere is none.
    public init(_ question: LinkQuestion, on links: OwnLinks) { (self.question, self.links) = (question, links) }

    public mutating func nextOutput() -> Output? { outputs.next() }

    public mutating func start(now: Instant) {
        guard case .idle = state else { return }
        state = .asking(began: now, asked: 0)
        handleTimeout(now: now)
    }

    /// A datagram came.
    ///
    /// - Parameter interface: by which it came.
    public mutating func received(_ datagram: [UInt8], from source: SocketAddress, interface: Int, now: Instant) {
        switch state {
        case .asking, .collecting: break
        case .idle, .over: return
        }
        guard let answer = try? LinkAnswer(decoding: datagram), answer.nonce == question.nonce, answer.number == question.number else {
            return
        }
        let place = SocketAddress(ip: source.ip, port: answer.port)
        guard links.permits(place, heardBy: interface) else { return }
        note(place, of: answer.holder)
        guard case .asking = state else { return }
        outputs.append(.ask(question.encoded))
        state = .collecting(until: now + Self.collectTime)
    }

    private mutating func note(_ place: SocketAddress, of holder: [UInt8]) {
        guard let index = holders.firstIndex(where: { $0.holder == holder }) else {
            if holders.count < Self.holdersMax { holders.append((holder, [place])) }
            return
        }
        guard !holders[index].addresses.contains(place), holders[index].addresses.count < Self.addressesMax else { return }
        holders[index].addresses.append(place)
    }

    public var deadline: Instant? {
        switch state {
        case .idle, .over: nil
        case .asking(let began, let asked): began + (asked < Self.schedule.count ? Self.schedule[asked] : Self.patience)
        case .collecting(let until): until
        }
    }

    public mutating func handleTimeout(now: Instant) {
        guard let deadline, now >= deadline else { return }
        switch state {
        case .asking(let began, let asked):
            guard asked < Self.schedule.count else {
                state = .over
                return outputs.append(.over(.nobody))
            }
            outputs.append(.ask(question.encoded))
            state = .asking(began: began, asked: asked + 1)
        case .collecting:
            state = .over
            outputs.append(.over(holders.count == 1 ? .found(holders[0].addresses) : .several(holders.map { $0.addresses[0] })))
        case .idle, .over: break
        }
    }
}
