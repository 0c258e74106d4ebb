import InkPrimitives
import InkRuntime
import Testing

@Suite struct ImpairmentTests {
    private let destination = SocketAddress(ip: .v4(0x7F00_0001), port: 9)

    /// Sends numbered datagrams at a steady pace and gives what comes out, with times.
    private func run(_ text: String, count: Int = 4000, size: Int = 100, every: Duration = .milliseconds(1)) throws -> [(
        number: Int, after: Duration
    )] {
        var link = ImpairedLink(try Impairment(text))
        var out: [(number: Int, after: Duration)] = []
        func collect(until now: Instant) {
            while let at = link.deadline, at <= now, let datagram = link.nextDue(now: at) {
                let number = Int(datagram.bytes[0]) << 8 | Int(datagram.bytes[1])
                out.append((number, at - (.zero + every * number)))
            }
        }
        for number in 0..<count {
            let now = Instant.zero + every * number
            collect(until: now)
            let bytes = [UInt8(number >> 8), UInt8(number & 255)] + [UInt8](repeating: 0, count: size - 2)
            link.send(.init(bytes: bytes, destination: destination), now: now)
        }
        collect(until: .distantFuture)
        return out
    }

    @Test func `RT-6: loses and repeats the asked share`() throws {
        let out = try run("loss=10,dup=2")
        let distinct = Set(out.map(\.number)).count
        #expect((3480...3720).contains(distinct))
        #expect((40...110).contains(out.count - distinct))
    }

    @Test func `RT-6: holds by delay plus or minus jitter`() throws {
        let out = try run("delay=50,jitter=20")
        #expect(out.count == 4000)
        #expect(out.allSatisfy { (.milliseconds(30)...(.milliseconds(70))).contains($0.after) })
        let mean = out.map { $0.after.milliseconds }.reduce(0, +) / 4000
        #expect((49...51).contains(mean))
    }

    @Test func `RT-6: without jitter order is kept, with reorder about the asked share is overtaken`() throws {
        func overtaken(_ text: String) throws -> Int {
            var highest = -1
            return try run(text).count { entry in
                defer { highest = max(highest, entry.number) }
                return entry.number < highest
            }
        }
        #expect(try overtaken("delay=20") == 0)
        #expect((140...260).contains(try overtaken("delay=20,reorder=5")))
    }

    @Test func `RT-6: a rate of 100 kbit a second passes as many bytes, and a full queue loses the rest`() throws {
        let out = try run("rate=100", count: 4000, size: 125, every: .milliseconds(1))
        // 125 bytes take 10 ms; 4 s of sending and 1 s of queue.
        #expect((480...520).contains(out.count))
        #expect(out.allSatisfy { $0.after <= ImpairedLink.queueTimeMax + .milliseconds(20) })
    }

    @Test func `RT-6: the same seed has the same luck, another has not`() throws {
        func numbers(_ text: String) throws -> [Int] { try run(text, count: 500).map(\.number) }
        #expect(try numbers("loss=20,jitter=5,seed=7") == numbers("loss=20,jitter=5,seed=7"))
        #expect(try numbers("loss=20,jitter=5,seed=7") != numbers("loss=20,jitter=5,seed=8"))
    }

    @Test func `reads what the manual shows`() throws {
        let impairment = try Impairment("loss=10,delay=50,jitter=20,dup=1,reorder=5,rate=1000,seed=7")
        #expect(impairment.lossPercent == 10 && impairment.duplicatePercent == 1 && impairment.reorderPercent == 5)
        #expect(impairment.delay == .milliseconds(50) && impairment.jitter == .milliseconds(20))
        #expect(impairment.rateKilobits == 1000 && impairment.seed == 7)
        #expect(try Impairment("") == Impairment())
    }

    @Test(arguments: ["loss=101", "loss=-1", "loss=nan", "loss", "lag=3", "delay=1e9", "rate=0", "seed=-1", "=", "delay=inf"])
    func `refuses what it cannot do`(text: String) {
        #expect(throws: Impairment.ParseError.self) { try Impairment(text) }
    }
}
