import InkConnectivity
import InkPrimitives
import Testing

@testable import InkRendezvous

/// A search on one link, in virtual time.
private struct Searcher {
    let question: LinkQuestion
    var search: LinkSearch
    var now = Instant.zero
    var asked: [Instant] = []
    var ending: (LinkSearch.Ending, at: Instant)?

    init() throws {
        let number = try #require(MailboxNumber(4711))
        question = try #require(LinkQuestion(number: number, nonce: [UInt8](1...8)))
        let own = LocalAddress(
            address: try #require(SocketAddress("192.168.1.4:7000")), prefixLength: 24, standing: .routed, interface: 2)
        let own6 = LocalAddress(
            address: SocketAddress(ip: IPAddress.v6(high: 0xFE80_0000_0000_0000, low: 4).inZone(2), port: 7000), prefixLength: 64,
            standing: .routed, interface: 2)
        search = LinkSearch(question, on: OwnLinks([own, own6]))
        search.start(now: now)
        drain()
    }

    mutating func drain() {
        while let output = search.nextOutput() {
            switch output {
            case .ask(let bytes):
                #expect(bytes == question.encoded && ending == nil)
                asked.append(now)
            case .over(let what):
                #expect(ending == nil, "it ends once")
                ending = (what, now)
            }
        }
    }

    mutating func hear(_ answer: LinkAnswer, from text: String, zone: UInt16 = 0, interface: Int = 2) throws {
        var source = try #require(SocketAddress(text))
        source.ip = source.ip.inZone(zone)
        search.received(answer.encoded, from: source, interface: interface, now: now)
        drain()
    }

    mutating func run(until end: Instant) {
        while let next = search.deadline, next <= end {
            now = max(now, next)
            search.handleTimeout(now: now)
            drain()
        }
        now = max(now, end)
    }

    func answer(_ holder: UInt8, port: UInt16 = 40_000, to other: LinkQuestion? = nil) -> LinkAnswer {
        LinkAnswer(to: other ?? question, port: port, holder: [UInt8](repeating: holder, count: 8))
    }
}

@Suite struct LinkSearchTests {
    @Test func `RV-92: where nobody holds it that is known after four seconds and six questions`() throws {
        var searcher = try Searcher()
        searcher.run(until: .zero + .seconds(60))
        #expect(searcher.ending?.0 == .nobody && searcher.ending?.at == .zero + .seconds(4))
        #expect(searcher.asked.count == 6 && searcher.asked[0] == .zero && searcher.asked[5] == .zero + .milliseconds(2500))
        #expect(searcher.search.deadline == nil)
    }

    @Test func `RV-163, RV-164: who answers is found a quarter of a second later, by all the addresses that he answers from`() throws {
        var searcher = try Searcher()
        searcher.run(until: .zero + .milliseconds(150))
        try searcher.hear(searcher.answer(1), from: "192.168.1.5:50000")
        try searcher.hear(searcher.answer(1), from: "192.168.1.5:50001")
        try searcher.hear(searcher.answer(1), from: "[fe80::5]:50000", zone: 2)
        searcher.run(until: .zero + .seconds(10))
        let places = [SocketAddress("192.168.1.5:40000"), SocketAddress("[fe80:2::5]:40000")].compactMap { $0 }
        #expect(searcher.ending?.0 == .found(places))
        // Twice before somebody answered, and once more for others.
        #expect(searcher.ending?.at == .zero + .milliseconds(400) && searcher.asked.count == 3)
        #expect(searcher.asked.last == .zero + .milliseconds(150))
    }

    @Test func `RV-165: of several who hold one number none is tried, and it is told where they are`() throws {
        var searcher = try Searcher()
        try searcher.hear(searcher.answer(2, port: 40_002), from: "192.168.1.6:50000")
        searcher.run(until: .zero + .milliseconds(249))
        try searcher.hear(searcher.answer(1, port: 40_001), from: "192.168.1.5:50000")
        searcher.run(until: .zero + .seconds(10))
        let places = [SocketAddress("192.168.1.6:40002"), SocketAddress("192.168.1.5:40001")].compactMap { $0 }
        #expect(searcher.ending?.0 == .several(places))
    }

    @Test func `RV-92: who answers by the hundred fills no memory`() throws {
        var searcher = try Searcher()
        try searcher.hear(searcher.answer(2, port: 40_002), from: "192.168.1.6:50000")
        try searcher.hear(searcher.answer(1, port: 40_001), from: "192.168.1.5:50000")
        try searcher.hear(searcher.answer(3, port: 40_003), from: "192.168.1.5:50000")
        for holder in 4..<100 as Range<UInt8> { try searcher.hear(searcher.answer(holder), from: "192.168.1.7:50000") }
        searcher.run(until: .zero + .seconds(10))
        guard case .several(let places)? = searcher.ending?.0 else { return #expect(Bool(false)) }
        #expect(places.count == LinkSearch.holdersMax && places.first == SocketAddress("192.168.1.6:40002"))
    }

    @Test func `CN-20, RV-92: what answers another question, comes from elsewhere or leads to a service is no answer`() throws {
        var searcher = try Searcher()
        let number = try #require(MailboxNumber(4712))
        let nonce = searcher.question.nonce
        let others = [
            try #require(LinkQuestion(number: searcher.question.number, nonce: [UInt8](2...9))),
            try #require(LinkQuestion(number: number, nonce: nonce)),
        ]
        for other in others { try searcher.hear(searcher.answer(1, to: other), from: "192.168.1.5:50000") }
        try searcher.hear(searcher.answer(1), from: "192.168.2.5:50000")
        try searcher.hear(searcher.answer(1), from: "192.168.1.5:50000", interface: 3)
        try searcher.hear(searcher.answer(1, port: 22), from: "192.168.1.5:50000")
        searcher.search.received(
            [UInt8](repeating: 0, count: 24), from: try #require(SocketAddress("192.168.1.5:1")), interface: 2, now: .zero)
        searcher.run(until: .zero + .seconds(10))
        #expect(searcher.ending?.0 == .nobody)
    }
}
