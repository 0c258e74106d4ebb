// swift-tools-version: 6.2
// Inkwire: a shared whiteboard, peer-to-peer and end-to-end encrypted. See README.md.
//
// Targets stand floor by floor; arrows point down only (`tools/check-layers` proves it).

import PackageDescription

// The session and all that lies below it. Whoever holds a value of the session holds values of all of these within it, and names them all, even
// those it does not import: for whether a layout has changed, and code must be made anew, the build looks at named dependencies alone.
let session: [Target.Dependency] = [
    "InkPrimitives", "InkCrypto", "InkConnectivity", "InkBoard", "InkTransport", "InkRendezvous", "InkSession",
]

// What only some need. SwiftPM does not even fetch a package that no enabled trait asks for: with none of them there is NIO, and what that needs.
// One trait is on by default, and stands for the other as well: SwiftPM 6.2 names the enabled ones to the compiler in an order of chance, and with two of
// them every second plan of the build would make everything anew (RT-164).
let withProgram = TargetDependencyCondition.when(traits: ["Program", "TLS"])
let withTLS = TargetDependencyCondition.when(traits: ["TLS"])

let package = Package(
    name: "inkwire",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "inkwire", targets: ["inkwire"]),
        // What a program needs to take part in a board: the session as a value, and the driver that runs it on sockets.
        .library(
            name: "Inkwire",
            targets: [
                "InkPrimitives", "InkCrypto", "InkConnectivity", "InkBoard", "InkTransport", "InkRendezvous", "InkSession", "InkRuntime",
            ]),
        // Encrypted peer-to-peer lanes alone.
        .library(name: "InkTransport", targets: ["InkPrimitives", "InkCrypto", "InkTransport"]),
    ],
    // For who embeds a library: `.package(url: …, traits: [])` has none of these, and `tools/embed-check` shows what that spares him.
    traits: [
        .default(enabledTraits: ["TLS"]),
        .trait(
            name: "TLS",
            description: "TLS with a rendezvous (wss://) and as one, and what Program brings; without it TLS is refused with a sentence."),
        .trait(
            name: "Program",
            description: "The program inkwire: its store and its command line. With neither the libraries can be built, and no more."),
    ],
    dependencies: [
        // Event loop, UDP, WebSocket: without it we would write epoll and kqueue loops, HTTP parsing and WebSocket framing.
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        // TLS on those loops: without it we would bind a TLS library in C, and carry its certificates, errors and events over by hand.
        .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
        // SQLite with prepared statements and typed rows; without it we would bind, step and finalise by hand in C.
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        // Options, help, completions and usage errors of the command line; without it each command would parse `argv` by hand.
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    ],
    targets: [
        // Floor 0
        .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"]), .brew(["libsodium"])]),
        .target(name: "CInkSystem"),
        // OpenSSL's cipher for packets, opened at run time where the machine has it: half of the time of libsodium's. Nothing is linked, and nothing needed
        // to build; without it libsodium seals all. Signatures over P-256, too, for tokens that are signed so.
        .target(name: "CInkCipher"),
        // What rounds and takes roots; a program that has Foundation or Glibc has it with these.
        .target(name: "InkPrimitives", linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
        // Floor 1
        .target(name: "InkCrypto", dependencies: ["CInkCipher", "CSodium", "InkPrimitives"]),
        .target(name: "InkConnectivity", dependencies: ["InkPrimitives"]),
        // Floor 2
        .target(name: "InkBoard", dependencies: ["InkPrimitives", "InkCrypto"]),
        .target(name: "InkTransport", dependencies: ["InkPrimitives", "InkCrypto"]),
        // Tokens are read and verified here. jwt-kit would do that, and brings BoringSSL a second time (swift-crypto) and swift-certificates: 170 s of
        // processor in a clean build, for three algorithms of which libsodium has two.
        .target(name: "InkRendezvous", dependencies: ["InkPrimitives", "InkCrypto", "InkConnectivity"]),
        // Floor 3
        .target(
            name: "InkSession",
            dependencies: ["InkPrimitives", "InkCrypto", "InkConnectivity", "InkBoard", "InkTransport", "InkRendezvous"]),
        // Floor 4
        .target(
            name: "InkRuntime",
            dependencies: session + [
                "CInkSystem", .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: withTLS),
            ]),
        .target(name: "InkFormats", dependencies: ["InkPrimitives", "InkBoard"]),
        .target(name: "InkFrontEnd", dependencies: session),
        .target(name: "InkAutomation", dependencies: session + ["InkFrontEnd"]),
        .target(name: "InkLinear", dependencies: session + ["InkFormats", "InkFrontEnd"]),
        .target(name: "InkTerminal", dependencies: session + ["CInkSystem", "InkFormats", "InkFrontEnd"]),
        .target(name: "InkSimulator", dependencies: session),
        .target(name: "InkAudit", dependencies: session),
        // Tools
        .executableTarget(
            name: "simulate", dependencies: session + ["CFuzzMeter", "InkFrontEnd", "InkSimulator"], path: "tools/simulate-world"),
        // Tools: our link on lines of many kinds, alone, beside each other and beside TCP, in virtual time.
        .executableTarget(name: "link-stand", dependencies: session + ["InkSimulator"], path: "tools/link-stand"),
        // Tools: random histories of rights, the rules of rights in a second, naive form, and the laws that both must keep.
        .executableTarget(name: "rights-histories", dependencies: ["InkPrimitives", "InkCrypto", "InkBoard"], path: "tools/rights-stand"),
        // Tools: strangers by the thousand at the door of a board with roles, and what rights take of bytes and of frames.
        .executableTarget(name: "admission-stand", dependencies: session, path: "tools/admission-stand"),
        // Tools: gliding cursors over simulated links, held against the paths that hands drew.
        .executableTarget(
            name: "cursor-figures", dependencies: session + ["InkFrontEnd", "InkSimulator"], path: "tools/cursor-stand",
            exclude: ["README.md", "traces"]),
        // Tools: the terminal on a board in memory, for its tests and measurements.
        .executableTarget(
            name: "terminal-stand", dependencies: session + ["InkFormats", "InkFrontEnd", "InkSimulator", "InkTerminal"],
            path: "tools/terminal-stand"),
        // Tools: random events at two terminals on a board in memory, and the screens held against full repaints.
        .executableTarget(
            name: "terminal-storm", dependencies: session + ["InkFormats", "InkFrontEnd", "InkSimulator", "InkTerminal"],
            path: "tools/storm-stand"),
        // Tools: what the link's core takes of time and of memory, without sockets.
        .executableTarget(
            name: "core-bench", dependencies: ["CFuzzMeter", "InkPrimitives", "InkCrypto", "InkTransport"], path: "tools/core-bench"),
        // Tools: what stands in a capture of the link, by the transport's own reader.
        .executableTarget(name: "capture", dependencies: session + ["InkAudit"], path: "tools/capture-reader"),
        // Tools: every decoder under mutated bytes, with what each input takes of time and memory.
        .target(name: "CFuzzMeter", path: "tools/fuzz/meter"),
        .executableTarget(
            name: "fuzz",
            dependencies: session + [
                "CFuzzMeter", "InkAutomation", "InkFrontEnd", "InkFormats", "InkRuntime", "InkSimulator", "InkStore", "InkTerminal",
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            path: "tools/fuzz", exclude: ["meter", "run"]),
        .target(
            name: "InkStore",
            dependencies: session + [.product(name: "GRDB", package: "GRDB.swift", condition: withProgram)]),
        // Floor 5
        .executableTarget(
            name: "inkwire",
            dependencies: session + [
                "CInkSystem", "InkAudit", "InkStore", "InkRuntime", "InkFormats", "InkFrontEnd", "InkAutomation", "InkLinear",
                "InkTerminal",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ArgumentParser", package: "swift-argument-parser", condition: withProgram),
            ],
            // The pages that `inkwire guide` shows: as bytes within the program, so that it needs no file beside it.
            resources: [
                "Guide/FirstBoard", "Guide/TeamRendezvous", "Guide/Scripts", "Guide/WhatOthersSee", "Guide/WhenItDoesNotConnect",
                "Guide/BackupAndDevices", "JSONLines", "Changes", "Security",
            ].map { .embedInCode("inkwire.docc/\($0).md") }),
        // Tests
        .testTarget(name: "InkPrimitivesTests", dependencies: ["InkPrimitives"]),
        .testTarget(name: "InkBoardTests", dependencies: ["InkBoard", "InkCrypto", "InkPrimitives", "rights-histories"]),
        .testTarget(name: "InkCryptoTests", dependencies: ["InkCrypto", "InkPrimitives"], resources: [.copy("Resources")]),
        .testTarget(name: "InkConnectivityTests", dependencies: ["InkConnectivity", "InkPrimitives"]),
        .testTarget(
            name: "InkTransportTests", dependencies: ["InkPrimitives", "InkCrypto", "InkTransport"], resources: [.copy("Resources")]),
        .testTarget(name: "InkRendezvousTests", dependencies: ["InkRendezvous", "InkPrimitives", "InkCrypto", "InkConnectivity"]),
        .testTarget(name: "InkSessionTests", dependencies: session + ["InkSimulator", "admission-stand"]),
        // GRDB: to leave files behind as a process does that dies within SQLite.
        .testTarget(
            name: "InkStoreTests",
            dependencies: session + ["InkStore", .product(name: "GRDB", package: "GRDB.swift", condition: withProgram)],
            resources: [.copy("Resources")]),
        .testTarget(
            name: "InkwireTests",
            dependencies: session + [
                "CInkSystem", "InkStore", "InkRuntime", "InkFormats", "InkFrontEnd", "InkAutomation", "InkLinear", "InkTerminal", "inkwire",
            ]),
        .testTarget(
            name: "InkFormatsTests", dependencies: ["InkPrimitives", "InkCrypto", "InkBoard", "InkFormats"],
            resources: [.copy("Resources")]),
        .testTarget(name: "InkFrontEndTests", dependencies: session + ["InkFrontEnd"]),
        .testTarget(name: "CursorFiguresTests", dependencies: session + ["InkFrontEnd", "InkSimulator", "cursor-figures"]),
        .testTarget(name: "InkAuditTests", dependencies: session + ["InkAudit"]),
        .testTarget(name: "CaptureTests", dependencies: session + ["InkAudit", "capture"]),
        .testTarget(name: "InkAutomationTests", dependencies: session + ["InkFormats", "InkFrontEnd", "InkAutomation"]),
        .testTarget(name: "InkLinearTests", dependencies: session + ["InkFormats", "InkFrontEnd", "InkLinear"]),
        .testTarget(
            name: "InkTerminalTests",
            dependencies: session + ["CInkSystem", "InkFormats", "InkFrontEnd", "InkSimulator", "InkTerminal", "terminal-storm"]),
        .testTarget(name: "InkSimulatorTests", dependencies: session + ["InkFrontEnd", "InkSimulator"]),
        .testTarget(
            name: "InkRuntimeTests",
            dependencies: session + [
                "CInkSystem", "InkRuntime", .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl", condition: withTLS),
            ]),
    ],
    swiftLanguageModes: [.v6]
)

#if os(Linux)
    // Tools: a member, a stranger, a rendezvous that attacks. From many addresses of loopback, of which other systems have one.
    package.targets.append(
        .executableTarget(
            name: "adversary-member", dependencies: session + ["InkSimulator", "StandSockets"], path: "tools/adversary-member"))
    package.targets.append(.target(name: "StandSockets", dependencies: ["InkPrimitives"], path: "tools/stand-sockets"))
    // Tools: inviters and joiners by short codes at a real rendezvous, each from an address of its own, honest and not.
    package.targets.append(
        .executableTarget(name: "code-stand", dependencies: session + ["StandSockets"], path: "tools/code-stand"))
    package.targets.first { $0.name == "InkRuntimeTests" }?.dependencies.append("code-stand")
    // Tools: people by the thousand at a rendezvous, each from one of many addresses, and what they draw. From many addresses of loopback.
    package.targets.append(
        .executableTarget(
            name: "load-stand",
            dependencies: session + [
                "InkRuntime", .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "tools/load-stand"))
    // Tools: one end of the link's benchmark, its yardsticks, and a bad line between two ends. With calls that other systems have not.
    package.targets.append(.target(name: "CBench", dependencies: ["CSodium"], path: "tools/bench-contestant/system"))
    package.targets.append(
        .executableTarget(
            name: "bench-contestant",
            dependencies: session + [
                "CBench", "InkRuntime", "InkSimulator", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "tools/bench-contestant", exclude: ["system"]))
#endif

// `tools/try` names test targets here, and all else but what they need is left out: SwiftPM links every test of a package into one program,
// so that a changed line would otherwise build all that stands above it. What needs no foreign package is built without asking for one.
if let wanted = Context.environment["INKWIRE_TRY"] {
    var targets = Dictionary(uniqueKeysWithValues: package.targets.map { ($0.name, $0) })
    var kept: [Target] = []
    var isForeign = false
    var names = wanted.split(separator: ",").map(String.init)
    while let name = names.popLast() {
        guard let target = targets.removeValue(forKey: name) else { continue }
        kept.append(target)
        for dependency in target.dependencies {
            switch dependency {
            case .byNameItem(let name, _), .targetItem(let name, _): names.append(name)
            default: isForeign = true
            }
        }
    }
    package.targets = kept
    package.products = []
    package.dependencies = isForeign ? package.dependencies : []
}

// Test code is compiled without optimisation in a release build too: what it tests is optimised, and compiling a test target takes half as long.
for target in package.targets where target.type == .test {
    target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-Onone"])]
}
