import InkFrontEnd
import InkPrimitives
import Testing

@testable import InkSimulator

@Suite struct DaysWorldTests {
    // An hour of three people; five days of eight are `tools/simulate --days 5 1`.
    @Test(arguments: [1] as [UInt64])
    func `SM-91, SM-92, SM-93, SM-94, SM-95: people share a board for hours, and all agree, and nothing but the board grows`(seed: UInt64)
        throws
    {
        var world = try DaysWorld(seed: seed, hours: 1, people: 3, picture: BoardView.self)
        try world.run()
        #expect(world.report.meetings == 1 && world.report.acts > 20 && world.report.renewals > 50)
    }

    @Test func `SM-96: programs that are left open send keepalives, new keys and greetings`() throws {
        var world = try DaysWorld(seed: 3, hours: 2, people: 3, isHoliday: true)
        try world.run()
        #expect(world.report.quietHours == 1 && world.report.acts == 0)
    }

    @Test func `SM-3: the same seed gives the same days`() throws {
        var hashes: Set<String> = []
        for _ in 0..<2 {
            var world = try DaysWorld(seed: 2, hours: 1, people: 2)
            try world.run()
            hashes.insert(world.summary)
        }
        #expect(hashes.count == 1)
    }

    @Test func `SM-94: a board that is opened anew shares no byte with the disk that it is read from`() throws {
        var world = try World(seed: 1, options: .init(peers: 2, span: .seconds(3)))
        try world.run()
        let anew = world.openedAnew(0)
        let stored = world.participants[0].disk.transactions
        #expect(!stored.isEmpty && anew.transactions == stored)
        for (one, other) in zip(anew.transactions, stored) {
            let places = [one, other].map { $0.encoded.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) } }
            #expect(places[0] != places[1])
        }
    }
}
