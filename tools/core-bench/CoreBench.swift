import CFuzzMeter
import Foundation
import InkCrypto
import InkPrimitives
import InkTransport

/// What the link's core takes of time and of memory: two endpoints in one process, without sockets.
///
///     core-bench            all flows, at length
///     core-bench --guard    short, and exits with 1 where memory is over its bounds (TR-90 to TR-92)
@main struct CoreBench {
    static func main() {
        let isGuard = CommandLine.arguments.contains("--guard")
        meter_begin()
        let scale = isGuard ? 1 : 10
        var flows = [
            Flow.stream("bulk 1024", bytes: 1024, count: 20_000 * scale, lane: .bulk),
            Flow.stream("bulk 40", bytes: 40, count: 50_000 * scale, lane: .bulk),
            Flow.stream("ops 40", bytes: 40, count: 50_000 * scale, lane: .ops),
            Flow.pingPong(count: 5000 * scale),
        ]
        for flow in flows { print(flow) }
        let idle = Idle.bytesEach(connections: 33)
        print("idle: \(idle) B a connection beyond the first")
        guard isGuard else { return }
        guard meter_allocations() >= 0 else { return print("no bound was looked at: the allocator cannot be watched here") }
        flows.removeAll { !$0.isOverBounds }
        for flow in flows { print("over its bound: \(flow.name)") }
        if idle > Idle.bytesMax { print("over its bound: idle") }
        guard flows.isEmpty, idle <= Idle.bytesMax else { exit(1) }
    }
}
