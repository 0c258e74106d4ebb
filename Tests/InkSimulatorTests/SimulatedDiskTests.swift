import InkBoard
import InkCrypto
import InkPrimitives
import InkSession
import InkSimulator
import Testing

@Suite struct SimulatedDiskTests {
    /// Genesis and three transactions, each the child of the one before.
    private static func chain() throws -> [Transaction] {
        var generator = SecretGenerator(seed: [UInt8](repeating: 1, count: 32))
        let key = SigningKey(seed: generator.secret())
        let genesis = try Board.makeGenesis(owner: key, name: "b", wallTime: 1, nonce: generator.bytes(16))
        var board = try Board(genesis: genesis)
        return try [genesis]
            + (0..<3).map { try board.author(Board.writes(saying: "message \($0)", by: key.author), key: key, wallTime: 1).0 }
    }

    private static func persisted(_ answers: [SimulatedDisk.Answer]) -> [UInt64] {
        answers.compactMap { if case .persisted(let batch, _) = $0 { batch } else { nil } }
    }

    @Test func `SM-4: nothing is on disk before its commit ends, and one commit takes all that waited`() throws {
        let chain = try Self.chain()
        var disk = SimulatedDisk()
        try disk.install(chain[0])
        var isFree = [disk.persist(1, [.transaction(chain[1])])]
        var isStarted = [disk.startCommit(), disk.startCommit()]
        isFree += [disk.persist(2, [.transaction(chain[2])]), disk.persist(3, [.transaction(chain[3])])]
        #expect(isFree == [true, false, false])
        #expect(isStarted == [true, false])
        #expect(disk.transactions == [chain[0]])
        #expect(Self.persisted(try disk.endCommit()) == [1])
        #expect(disk.transactions == Array(chain[..<2]))
        isStarted = [disk.startCommit()]
        #expect(Self.persisted(try disk.endCommit()) == [2, 3])
        isStarted.append(disk.startCommit())
        #expect(isStarted == [true, false])
        #expect(disk.transactions == chain)
        #expect(disk.isIdle)
    }

    @Test(arguments: [true, false])
    func `SM-81: a crash loses what was queued, and keeps the commit under way whole or not at all`(isKept: Bool) throws {
        let chain = try Self.chain()
        var disk = SimulatedDisk()
        try disk.install(chain[0])
        _ = disk.persist(1, [.transaction(chain[1]), .transaction(chain[2])])
        _ = disk.startCommit()
        _ = disk.persist(2, [.transaction(chain[3])])
        try disk.crash(isKept: isKept)
        #expect(disk.transactions == Array(chain[..<(isKept ? 3 : 1)]))
        #expect(disk.isIdle)
    }

    @Test func `SM-4: a full disk takes nothing and says so`() throws {
        let chain = try Self.chain()
        var disk = SimulatedDisk()
        try disk.install(chain[0])
        disk.isFull = true
        _ = disk.persist(1, [.transaction(chain[1])])
        _ = disk.startCommit()
        #expect(Self.persisted(try disk.endCommit()).isEmpty)
        #expect(disk.transactions == [chain[0]])
        disk.isFull = false
        _ = disk.persist(2, [.transaction(chain[1])])
        _ = disk.startCommit()
        #expect(Self.persisted(try disk.endCommit()) == [2])
    }

    @Test func `SM-4: a child before its parent and a second copy are found out`() throws {
        let chain = try Self.chain()
        var disk = SimulatedDisk()
        try disk.install(chain[0])
        #expect(throws: Violation.self) { try disk.install(chain[2]) }
        #expect(throws: Violation.self) { try disk.install(chain[0]) }
    }

    @Test func `SM-23: a restored backup has what was here first, and nothing later`() throws {
        let chain = try Self.chain()
        var disk = SimulatedDisk()
        try disk.install(chain[0])
        _ = disk.persist(1, [.transaction(chain[1]), .receipt(peerDevice: chain[0].author, author: chain[0].author, sequence: 2)])
        _ = disk.startCommit()
        _ = try disk.endCommit()
        _ = disk.persist(2, [.transaction(chain[2])])
        let copy = disk.copied
        #expect(copy.isIdle)
        #expect(copy.transactions == Array(chain[..<2]))
        disk.rollBack(to: 0)
        #expect(disk.transactions == [chain[0]])
        #expect(disk.names == [chain[0].name])
        #expect(disk.receipts.isEmpty)
        #expect(disk.isIdle)
        disk = copy
        disk.rollBack(to: 5)
        #expect(disk.transactions == Array(chain[..<2]))
    }
}
