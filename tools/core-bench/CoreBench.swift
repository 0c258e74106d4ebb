import CFuzzMeter
import Foundation
import InkCrypto
import InkPrimitives
import InkTransport

/// What the link's core takes of time and of memory: two endpoints in one process, without sockets.
///
///     core-bench [FLOW …]   these flows or all, at length
///     core-bench --guard    short, and exits with 1 where memory is over its bounds (TR-90 to TR-92)
@main struct CoreBench {
    static func main() {
        let isGuard = CommandLine.arguments.contains("--guard")
        meter_begin()
        let scale = isGuard ? 1 : 10
        let wanted = CommandLine.arguments.dropFirst().filter { !$0.hasPrefix("-") }
        let kinds: [(name: String, run: (String) -> Flow)] = [
            ("bulk-1024", { .stream($0, bytes: 1024, count: 20_000 * scale, lane: .bulk) }),
            ("bulk-40", { .stream($0, bytes: 40, count: 50_000 * scale, lane: .bulk) }),
            ("ops-40", { .stream($0, bytes: 40, count: 50_000 * scale, lane: .ops) }),
            ("ping-pong-64", { .pingPong($0, count: 5000 * scale) }),
        ]
        for name in wanted where !kinds.contains(where: { $0.name == name }) {
            print("core-bench: no flow \(name); there are \(kinds.map(\.name).joined(separator: ", "))")
            exit(2)
        }
        let flows = kinds.filter { wanted.isEmpty || wanted.contains($0.name) }.map { $0.run($0.name) }
        for flow in flows { print(flow) }
        guard wanted.isEmpty else { return }
        let idle = Idle.bytesEach(connections: 33)
        print("idle: \(idle) B a connection beyond the first")
        guard isGuard else { return }
        guard meter_allocations() >= 0 else { return print("no bound was looked at: the allocator cannot be watched here") }
        var complaints = flows.flatMap { flow in flow.complaints.map { "\(flow.name): \($0)" } }
        if idle > Idle.bytesMax { complaints.append("idle: more than \(Idle.bytesMax) bytes") }
        for complaint in complaints { print("over its bound: \(complaint)") }
        if !complaints.isEmpty { exit(1) }
    }
}
