#if os(Linux)
    import InkPrimitives
    import InkRuntime
    import Testing

    @testable import code_stand

    @Suite struct CodeRunsTests {
        // A sample of `tools/code-runs`.
        @Test
        func `SE-272: right codes let in and no others do, each is good once, the inviter is told, and no guess is confirmed offline`()
            throws
        {
            let services = try (0..<3).map { _ in try loopbackService() }
            let places = services.map { SocketAddress(ip: .v4(0x7F00_0001), port: $0.port) }
            let runs = CodeRuns(at: places[0], quiet: places[1], other: places[2], seed: 1)
            try runs.run(50, strangers: 2)
            #expect(runs.tally.faults.isEmpty, "\(runs.tally.faults.prefix(5))")
            for kind in Kind.allCases where kind != .secondServer { #expect(runs.tally.runs[kind, default: 0] > 0, "\(kind)") }
            for kind in Kind.allCases {
                let isGood = kind == .right || kind == .reused || kind == .secondServer
                #expect(runs.tally.joined[kind, default: 0] == (isGood ? runs.tally.runs[kind, default: 0] : 0), "\(kind)")
            }
            #expect(runs.tally.bystanders > 16)
        }
    }
#endif
