import InkConnectivity
import InkPrimitives
import Testing

private func seconds(_ value: Double) -> Instant { Instant(nanoseconds: Int64(value * 1e9)) }

@Suite struct STUNClientTests {
    let server: SocketAddress
    let mapped: SocketAddress

    init() throws {
        server = try #require(SocketAddress("198.51.100.1:3478"))
        mapped = try #require(SocketAddress("203.0.113.7:61000"))
    }

    private func drain(_ client: inout STUNClient) -> [STUNClient.Output] {
        var outputs: [STUNClient.Output] = []
        while let output = client.nextOutput() { outputs.append(output) }
        return outputs
    }

    private func request(_ outputs: [STUNClient.Output]) throws -> [UInt8] {
        guard case .transmit(let datagram, server) = try #require(outputs.first) else { throw WireError.unexpected }
        return datagram
    }

    @Test func `sends at the times of RFC 8489 and gives up at 39.5 s`() throws {
        var client = STUNClient(using: SplitMix64(seed: 1))
        client.start(server: server, now: .zero)
        var (times, requests): ([Double], Set<[UInt8]>) = ([], [])
        for output in drain(&client) { if case .transmit(let bytes, _) = output { times.append(0); requests.insert(bytes) } }
        var failedAt: Instant?
        while failedAt == nil, let deadline = client.deadline {
            client.handleTimeout(now: deadline)
            for output in drain(&client) {
                switch output {
                case .transmit(let bytes, _):
                    times.append(Double(deadline.nanoseconds) / 1e9)
                    requests.insert(bytes)
                case .failed: failedAt = deadline
                case .mapped: Issue.record("nobody answered")
                }
            }
        }
        #expect(times == [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5])
        #expect(requests.count == 1, "all are one transaction")
        #expect(failedAt == seconds(39.5))
    }

    @Test func `CN-3: tells a mapping when it changes and only then, asking again each 20 s or so`() throws {
        var client = STUNClient(using: SplitMix64(seed: 2))
        client.start(server: server, now: .zero)
        var now = Instant.zero
        var told: [SocketAddress] = []
        for round in 0..<4 {
            let question = try request(drain(&client))
            let from = round < 2 ? mapped : SocketAddress(ip: mapped.ip, port: 61001)
            let answer = try #require(STUN.answer(to: question, from: from))
            let isTaken = client.receive(answer, from: server, now: now)
            #expect(isTaken)
            told += drain(&client).compactMap { if case .mapped(let address) = $0 { address } else { nil } }
            let deadline = try #require(client.deadline)
            #expect((.seconds(16)...(.seconds(24))).contains(deadline - now))
            now = deadline
            client.handleTimeout(now: now)
        }
        #expect(told == [mapped, SocketAddress(ip: mapped.ip, port: 61001)])
    }

    @Test func `CN-2, CN-24: takes nothing from another address, another transaction, or with an attribute it must understand`() throws {
        var client = STUNClient(using: SplitMix64(seed: 3))
        client.start(server: server, now: .zero)
        let question = try request(drain(&client))
        let answer = try #require(STUN.answer(to: question, from: mapped))
        let before = client.deadline
        let other = try #require(SocketAddress("198.51.100.2:3478"))
        func take(_ datagram: [UInt8], from source: SocketAddress) -> Bool { client.receive(datagram, from: source, now: .zero) }
        let fromElsewhere = take(answer, from: other)
        #expect(!fromElsewhere)
        let foreign = try #require(STUN.answer(to: STUN.bindingRequest(transaction: Array(repeating: 9, count: 12)), from: mapped))
        let (ofAnother, ownQuestion) = (take(foreign, from: server), take(question, from: server))
        #expect(!ofAnother && !ownQuestion)
        var odd = try STUNMessage(decoding: answer)
        odd.attributes.append(.init(type: 0x0024, value: [0, 0, 0, 1]))
        let notUnderstood = take(odd.encoded(withFingerprint: true), from: server)
        #expect(!notUnderstood)
        #expect(client.deadline == before && client.mapped == nil && drain(&client).isEmpty)
        let (first, second) = (take(answer, from: server), take(answer, from: server))
        #expect(first && !second, "a transaction is answered once")
        #expect(client.mapped == mapped)
    }

    @Test func `starting again with the same server does nothing, with another asks anew`() throws {
        var client = STUNClient(using: SplitMix64(seed: 4))
        client.start(server: server, now: .zero)
        _ = drain(&client)
        client.start(server: server, now: .zero)
        #expect(drain(&client).isEmpty)
        let other = SocketAddress(ip: server.ip, port: 3479)
        client.start(server: other, now: .zero)
        guard case .transmit(_, other)? = client.nextOutput() else {
            Issue.record("no question to the new server")
            return
        }
        client.stop()
        #expect(client.deadline == nil)
    }

    @Test func `CN-31: asking anew is another transaction, and what is known stays until its answer`() throws {
        var client = STUNClient(using: SplitMix64(seed: 5))
        client.restart(now: .zero)
        #expect(drain(&client).isEmpty, "there is nobody to ask")
        client.start(server: server, now: .zero)
        let first = try request(drain(&client))
        client.receive(try #require(STUN.answer(to: first, from: mapped)), from: server, now: .zero)
        _ = drain(&client)
        client.restart(now: seconds(1))
        let second = try request(drain(&client))
        #expect(second != first && client.mapped == mapped)
        let moved = SocketAddress(ip: mapped.ip, port: 61001)
        let late = client.receive(try #require(STUN.answer(to: first, from: moved)), from: server, now: seconds(1))
        #expect(!late, "it may have come by the path that is no more")
        client.receive(try #require(STUN.answer(to: second, from: moved)), from: server, now: seconds(1))
        #expect(drain(&client) == [.mapped(moved)])
    }
}
