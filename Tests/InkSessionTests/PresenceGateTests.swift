import InkPrimitives
import Testing

@testable import InkSession

@Suite struct PresenceGateTests {
    @Test func `SE-86: of a flood a hundred and twenty packets a second are read, and the one after which there is silence`() {
        var gate = PresenceGate(now: .zero)
        var (read, now) = ([[UInt8]](), Instant.zero)
        func number(_ step: Int) -> [UInt8] { withUnsafeBytes(of: UInt32(step).bigEndian) { [UInt8]($0) } }
        // Nineteen thousand a second, for ten seconds.
        for step in 0..<190_000 {
            now = .zero + .microseconds(Int64(step) * 1_000_000 / 19_000)
            if let deadline = gate.deadline, deadline <= now, let packet = gate.release(now: now) { read.append(packet) }
            if gate.admits(number(step), now: now) { read.append(number(step)) }
        }
        while let deadline = gate.deadline {
            #expect(deadline > now)
            now = max(now, deadline)
            if let packet = gate.release(now: now) { read.append(packet) }
        }
        #expect((1300...1450).contains(read.count), "\(read.count)")
        #expect(read.last == number(189_999))
        // Each once, and none older than one before it.
        #expect(zip(read, read.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
    }

    @Test func `SE-86: who keeps the rules is read at once, after four seconds of a line that stood still as well`() {
        var gate = PresenceGate(now: .zero)
        var read = 0
        for step in 0..<600 where gate.admits([1], now: .zero + .microseconds(Int64(step) * 16_667)) { read += 1 }
        for _ in 0..<240 where gate.admits([1], now: .zero + .seconds(14)) { read += 1 }
        #expect(read == 840)
        #expect(gate.deadline == nil)
    }
}
