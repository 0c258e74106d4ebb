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

/// How often what waits for an hour and longer was due in a node.
package struct NodeTimers: Hashable, Sendable {
    /// It was looked for invites whose time is over: at the end of each, and once an hour while one is to end.
    package let inviteLooks: Int
    /// A device of which no process had taken another's place for two hours began anew.
    package let devicesForgotten: Int

    package init(inviteLooks: Int, devicesForgotten: Int) { (self.inviteLooks, self.devicesForgotten) = (inviteLooks, devicesForgotten) }
}

extension Node {
    package var timers: NodeTimers { NodeTimers(inviteLooks: rights.looks, devicesForgotten: endpoint.devicesForgotten) }
}
