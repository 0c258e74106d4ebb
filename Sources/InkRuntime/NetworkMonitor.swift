import CInkSystem
import Dispatch
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Says when interfaces, addresses or routes of this machine may have changed (RT-60). What has changed, if anything, is for its owner to see.
///
/// Linux says so by itself (netlink, as rtnetlink(7) has it); elsewhere, and where that cannot be had, nobody does, and the owner looks often.
/// Used on its loop only.
package final class NetworkMonitor {
    /// A change comes as many words: an address, its routes, its link. What follows the first within this time is told with it.
    package static let settleTime: TimeAmount = .milliseconds(50)
    /// And so long after that nothing is told: an address that is given and taken in turn, or a router with the routes of the world, must not keep us
    /// looking.
    package static let pauseTime: TimeAmount = .milliseconds(200)

    private enum State {
        case quiet
        /// Something was said, and is told when it has settled.
        case settling
        /// Something was told. `again`: more has been said since.
        case pausing(again: Bool)
    }

    private let loop: any EventLoop
    private let changed: () -> Void
    private let times: (settle: TimeAmount, pause: TimeAmount)
    private var source: (any DispatchSourceRead)?
    private var state = State.quiet

    /// - Parameters:
    ///   - descriptor: what to read from, which is closed at the end; the system's, but in tests. Negative for none.
    ///   - times: others in tests.
    ///   - changed: called on the loop.
    package init(
        loop: any EventLoop, descriptor: Int32 = ink_network_watch_open(),
        times: (settle: TimeAmount, pause: TimeAmount) = (NetworkMonitor.settleTime, NetworkMonitor.pauseTime),
        changed: @escaping () -> Void
    ) {
        (self.loop, self.times, self.changed) = (loop, times, changed)
        guard descriptor >= 0 else { return }
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: DispatchQueue(label: "inkwire network"))
        let bound = NIOLoopBound(Weak(self), eventLoop: loop)
        source.setEventHandler {
            // Read here, so that the source rests until there is more.
            let said = ink_network_watch_drain(descriptor)
            guard said != 0 else { return }
            // What cannot be read stays readable (RT-153): it would be tried again without end until the loop has time to stop us. The source holds
            // itself by this until it is cancelled, as it is at our end.
            if said < 0 { source.cancel() }
            loop.execute { bound.value.monitor?.heard(said) }
        }
        source.setCancelHandler { close(descriptor) }
        source.activate()
        self.source = source
    }

    deinit { source?.cancel() }

    /// False where nobody says anything: then its owner looks by itself.
    package var isWatching: Bool { source != nil }

    package func stop() {
        source?.cancel()
        source = nil
    }

    func heard(_ said: Int32) {
        if said < 0 { stop() }
        switch state {
        case .quiet: settle()
        case .settling: break
        case .pausing: state = .pausing(again: true)
        }
    }

    private func settle() {
        state = .settling
        let bound = NIOLoopBound(Weak(self), eventLoop: loop)
        loop.scheduleTask(in: times.settle) { bound.value.monitor?.tell() }
    }

    private func tell() {
        state = .pausing(again: false)
        let bound = NIOLoopBound(Weak(self), eventLoop: loop)
        loop.scheduleTask(in: times.pause) { bound.value.monitor?.rested() }
        changed()
    }

    private func rested() {
        if case .pausing(again: true) = state { settle() } else { state = .quiet }
    }

    private struct Weak {
        weak var monitor: NetworkMonitor?

        init(_ monitor: NetworkMonitor) { self.monitor = monitor }
    }
}
