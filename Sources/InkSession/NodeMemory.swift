/// What others can make a node remember, each of it bounded.
package struct NodeMemory: Hashable, Sendable {
    /// Of transactions that wait for their parents, bytes.
    package let orphanBytes: Int
    /// Of transactions that wait to be checked, or for a pace, bytes.
    package let waitingBytes: Int
    /// Names of transactions that were refused.
    package let refusedNames: Int
    /// Devices that were not let in.
    package let refusedDevices: Int
    /// Parents that are asked for.
    package let asks: Int
    /// Broken rules that were told lately.
    package let rejections: Int
}

extension Node {
    package var memory: NodeMemory {
        NodeMemory(
            orphanBytes: board?.orphanByteCount ?? 0, waitingBytes: agreement.verification.byteCount,
            refusedNames: board?.refusedNameCount ?? 0, refusedDevices: endpoint.refusedDevices.count, asks: agreement.asks.count,
            rejections: rejections.rememberedCount)
    }
}

extension Node {
    /// How often it was looked for invites whose time is over: at the end of each, and once an hour while one is to end.
    package var inviteLooks: Int { rights.looks }
}
