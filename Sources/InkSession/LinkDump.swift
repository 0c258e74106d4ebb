import InkConnectivity
import InkPrimitives
import InkTransport

/// The state of all connections, for who looks for a cause: states, kinds and figures. No key, no name, nothing that was said, no address and no
/// identity of anybody is in it (TR-122), so that it can be shown to others.
extension Node {
    /// As one JSON object. Times are milliseconds; `in_ms` counts from the node's last input.
    package func dump() -> JSONValue {
        let connections = endpoint.connectionIDs.compactMap { id -> JSONValue? in
            guard let statistics = endpoint.statistics(id), let parts = endpoint.figures(of: id) else { return nil }
            return .object(Self.members(of: statistics, parts, number: id.number, time: time))
        }
        var members: JSONObject = [
            "schema": 1, "version": .integer(Int64(Endpoint.version)), "deadline_in_ms": Self.span(until: deadline, from: time),
            "attempts": .integer(Int64(endpoint.attemptCount)), "half_open": .integer(Int64(endpoint.halfOpenCount)),
            "endpoint_deadline_in_ms": Self.span(until: endpoint.deadline, from: time),
            "datagrams": .object(Self.members(of: endpoint.counters)),
            "connections": .array(connections), "rendezvous": .string(standingWord), "relaying": .bool(introductions.client != nil),
        ]
        if let counters = introductions.client?.counters {
            members["envelopes_refused"] = .object([
                "not_sealed": .integer(Int64(counters.notSealed)), "malformed": .integer(Int64(counters.malformed)),
                "not_signed": .integer(Int64(counters.notSigned)), "misdirected": .integer(Int64(counters.misdirected)),
                "stale": .integer(Int64(counters.stale)), "over_rate": .integer(Int64(counters.overRate)),
                "not_relayed": .integer(Int64(counters.notRelayed)),
            ])
        }
        return .object(members)
    }

    private var standingWord: String {
        switch rendezvousStatus {
        case .none: "none"
        case .connecting: "connecting"
        case .connected: "connected"
        // Why names the rendezvous.
        case .unreachable: "unreachable"
        }
    }

    private static func members(of figures: ConnectionStatistics, _ parts: LinkFigures, number: UInt64, time: Instant) -> JSONObject {
        [
            "connection": .integer(Int64(number)), "dialled": .bool(figures.isInitiator), "age_ms": span(time - figures.establishedAt),
            "way": .string(figures.route.kind), "degraded": .bool(figures.isDegraded), "silent_ms": span(figures.silence),
            "heard_ms_ago": span(time - figures.lastReceived), "deadline_in_ms": span(until: parts.deadline, from: time),
            "rtt_ms": span(figures.roundTrip), "loss": .number((figures.lossEstimate * 1000).rounded() / 1000),
            "way_changes": count(figures.pathChanges),
            "packets_in": count(figures.packetsIn), "packets_out": count(figures.packetsOut), "bytes_in": count(figures.bytesIn),
            "bytes_out": count(figures.bytesOut), "forged": count(figures.packetsForged), "replayed": count(figures.packetsReplayed),
            "lost": count(figures.packetsLost), "lost_spuriously": count(figures.packetsLostSpuriously),
            "bytes_again": count(figures.bytesRetransmitted), "bytes_repeated": count(figures.bytesRepeated),
            "paths": .array(parts.paths.map { .object(members(of: $0, time: time)) }),
            "lanes": .array(
                parts.lanes.map {
                    .object([
                        "lane": .string("\($0.lane)"), "streams": .integer(Int64($0.streams)), "pending_bytes": .integer(Int64($0.pending)),
                        "unsent_bytes": .integer(Int64($0.waiting)),
                    ])
                }),
        ]
    }

    private static func members(of path: PathFigures, time: Instant) -> JSONObject {
        [
            "way": .string(path.route.kind), "in_use": .bool(path.isInUse), "named_by_peer": .bool(path.isInvited),
            "proof": .string(path.proof.rawValue), "rtt_ms": span(path.roundTrip), "rtt_min_ms": span(path.roundTripMinimum),
            "congestion": .string(path.congestion.rawValue), "window": .integer(Int64(path.window)),
            "in_flight": .integer(Int64(path.bytesInFlight)), "mtu": .integer(Int64(path.mtu)), "sent": count(path.sent),
            "waiting_ms": span(path.waitingSince.map { time - $0 }),
        ]
    }

    private static func members(of counters: EndpointCounters) -> JSONObject {
        [
            "received": count(counters.datagrams), "accepted": count(counters.accepted), "forged": count(counters.forged),
            "unknown": count(counters.unknown), "replayed": count(counters.replayed), "cookies": count(counters.cookiesSent),
            "answers": count(counters.answersSent), "starts_refused": count(counters.startsRefused),
            "handshakes_refused": count(counters.handshakesRefused), "established": count(counters.established),
            "other_versions": count(counters.versionMismatches), "punches": count(counters.punches), "over_rate": count(counters.overRate),
        ]
    }

    private static func count(_ value: UInt64) -> JSONValue { .integer(Int64(clamping: value)) }

    private static func span(_ value: Duration?) -> JSONValue { value.map { .integer($0.nanoseconds / 1_000_000) } ?? .null }

    private static func span(until: Instant?, from: Instant) -> JSONValue { span(until.map { $0 - from }) }
}

extension Route {
    /// What kind of a way it is, without saying where it leads: `relay`, or `direct`, the family, and whose number it is.
    package var kind: String {
        guard let ip = address?.ip else { return "relay" }
        let space =
            switch AddressSpace(ip) {
            case .loopback: "loopback"
            case .privateUse: "private"
            case .global: "global"
            case .nowhere: "other"
            }
        return "direct \(ip.isV6 ? "v6" : "v4") \(space)"
    }
}
