import InkBoard
import InkPrimitives

/// Our presence as one peer has it: when to send, what to say, what it has acknowledged.
///
/// Each packet says all that is small: who is active, which gestures are under way and where. What is large goes as long as it may be
/// missing: style and ends until a packet that said them is acknowledged; a sample of a stroke in the packet in which it is new and in
/// the next, and then on request; samples of the pointer once, and the newest of a packet once more in the next.
package struct PresenceOutbox: Sendable {
    /// How far what was sent reaches.
    private struct Marks: Sendable {
        var strokes: [FrontEndID: StrokeMark] = [:]
        /// Number of the first sample of the pointer that was never sent.
        var pointer: UInt64 = 0
        var version: UInt64 = 0
        /// The newest packet said something for the first time: it goes once more.
        var owesCopy = false
        var retries = 0

        func stroke(of frontEnd: FrontEndID, _ live: OwnGesture) -> StrokeMark {
            guard let mark = strokes[frontEnd], mark.number == live.number else { return StrokeMark(number: live.number) }
            return mark
        }

        /// The peer lacks a stroke from a sample on, or all of it; then what it has is of that version.
        mutating func rewind(_ live: OwnGesture, of frontEnd: FrontEndID, to sample: Int, acknowledged: UInt64) {
            var mark = stroke(of: frontEnd, live)
            (mark.sent, mark.next) = (min(mark.sent, sample), min(mark.next, sample))
            strokes[frontEnd] = mark
            if sample == 0 { version = min(version, acknowledged) }
        }
    }

    private struct StrokeMark: Hashable, Sendable {
        var number: UInt64
        /// One past the last sample that a packet has carried.
        var sent = 0
        /// The sample with which the next packet begins: the first one that was new in the newest.
        var next = 0

        /// What was new does not go once more.
        mutating func forgoCopy() { next = sent }
    }

    /// What a packet on the way has said.
    private struct Flight: Sendable {
        var token: UInt64
        var version: UInt64
        var strokes: [FrontEndID: StrokeMark]
    }

    private var marks = Marks()
    /// As they were before the newest packet, in case it does not leave.
    private var marksBefore = Marks()
    /// The version, and of strokes how much, the peer is known to have.
    private var acknowledged: UInt64 = 0
    private var acknowledgedStrokes: [FrontEndID: StrokeMark] = [:]
    private var flights: [Flight] = []
    private var lastSent: Instant = .distantPast
    private var rewoundAt: Instant = .distantPast

    package init() {}

    /// True if the peer is known to have what changed at a version and before.
    package func isKnown(_ version: UInt64) -> Bool { acknowledged >= version }

    /// When the next packet is due; nil when the peer has everything (SE-289).
    ///
    /// - Parameters:
    ///   - requestAt: when we shall ask the peer for something.
    ///   - present: people on the board, ourselves among them.
    ///   - pause: packets are to be so far apart at least.
    package func deadline(
        for presence: OwnPresence, requestAt: Instant? = nil, roundTrip: Duration?, present: Int, pause: Duration = .zero
    ) -> Instant? {
        let soonest = lastSent + max(pause, PresenceTiming.interval(roundTrip: roundTrip, present: present))
        let asking = requestAt.map { max($0, soonest) }
        if hasNews(presence) { return soonest }
        guard acknowledged < presence.version else { return asking }
        if marks.owesCopy { return soonest }
        return earliest(asking, max(soonest, lastSent + PresenceTiming.patience(roundTrip: roundTrip, retries: marks.retries)))
    }

    /// The packet to send now.
    ///
    /// - Parameters:
    ///   - requests: what we lack of the peer's strokes.
    ///   - isCoarse: nothing is said twice for good measure, and of the pointer only where it is (SE-161).
    package mutating func packet(
        for presence: OwnPresence, requests: [StrokeRequest] = [], isCoarse: Bool = false, now: Instant
    ) -> [UInt8] {
        marksBefore = marks
        let isNews = hasNews(presence)
        if isNews {
            marks.retries = 0
        } else if !marks.owesCopy, acknowledged < presence.version {
            marks.retries += 1
            for (frontEnd, hand) in presence.hands {
                guard let live = hand.live else { continue }
                var mark = marks.stroke(of: frontEnd, live)
                mark.next = min(mark.next, acknowledgedStrokes[frontEnd].flatMap { $0.number == live.number ? $0.sent : nil } ?? 0)
                marks.strokes[frontEnd] = mark
            }
        }
        let bytes = compose(presence, requests, isCoarse: isCoarse, at: now.wholeMilliseconds).bytes
        precondition(bytes.count <= PresenceTiming.packetBytes, "presence of \(bytes.count) bytes fits no packet")
        marks.pointer = presence.pointer.next
        marks.version = presence.version
        (marks.owesCopy, lastSent) = (isNews && !isCoarse, now)
        return bytes
    }

    /// The packet just made leaves under `token`.
    package mutating func sent(token: UInt64) {
        flights.append(Flight(token: token, version: marks.version, strokes: marks.strokes))
        // Acknowledgements that never come must not pile up; the oldest are superseded anyway.
        if flights.count > Self.flightsMax { flights.removeFirst() }
    }

    /// The newest packet did not leave, and will not. What the peer asked for since then (SE-87) is still to come.
    package mutating func takeBack() {
        marks = marksBefore
        flights.removeLast(min(1, flights.count))
    }

    /// The peer has what the packet `token` said.
    package mutating func acknowledged(token: UInt64) {
        guard let index = flights.lastIndex(where: { $0.token <= token }), flights[index].token == token else { return }
        acknowledged = max(acknowledged, flights[index].version)
        acknowledgedStrokes = flights[index].strokes
        flights.removeFirst(index + 1)
    }

    /// The peer lacks samples of a stroke, or its style. It gets them again, but not more often than each `PresenceTiming.rewindPause`.
    package mutating func requested(_ request: StrokeRequest, of presence: OwnPresence, now: Instant) {
        guard request.origin == nil, let live = presence.hands[request.frontEnd]?.live, live.number == request.number,
            request.from <= live.sampleCount, now >= rewoundAt + PresenceTiming.rewindPause
        else { return }
        rewoundAt = now
        if request.from == 0 {
            // What is on the way may say the stroke without its style, and its acknowledgement means nothing for that.
            acknowledged = min(acknowledged, live.styleVersion - 1)
            (acknowledgedStrokes[request.frontEnd], flights) = (nil, [])
        }
        marks.rewind(live, of: request.frontEnd, to: request.from, acknowledged: acknowledged)
        marksBefore.rewind(live, of: request.frontEnd, to: request.from, acknowledged: acknowledged)
    }

    private func hasNews(_ presence: OwnPresence) -> Bool {
        guard marks.version == presence.version else { return true }
        return presence.hands.contains { frontEnd, hand in
            hand.live.map { marks.stroke(of: frontEnd, $0).sent < $0.sampleCount } ?? false
        }
    }

    /// Packets of four seconds at 60 Hz: an acknowledgement that takes longer finds its packet forgotten, and another does instead.
    private static let flightsMax = 256

    // MARK: Composing

    /// How much of what might be said is said, where much is said at once.
    private enum Thrift: CaseIterable { case none, some, most }

    private mutating func compose(
        _ presence: OwnPresence, _ requests: [StrokeRequest], isCoarse: Bool, at now: Int64
    ) -> PresencePacket {
        let live = presence.hands.filter { $0.value.live != nil }
        marks.strokes = marks.strokes.filter { live[$0.key] != nil }
        var packet = PresencePacket(own: PresenceValue())
        var room = 0
        for thrift in Thrift.allCases.dropFirst(isCoarse ? 1 : 0) {
            packet = skeleton(presence, requests, thrift, at: now)
            // A hand that has nothing but its gesture gets a first byte besides.
            room = PresenceTiming.packetBytes - packet.bytes.count - live.count - 2
            if room >= live.count * Self.gestureBytesMin { break }
        }
        for frontEnd in live.keys.sorted() {
            guard let gesture = live[frontEnd]?.live else { continue }
            let isPen = presence.pointer.isPen && presence.pointer.frontEnd == frontEnd
            var share = room / live.count
            let look = GestureLook(of: gesture, frontEnd).flatMap { share >= Self.gestureBytesMin + GestureLook.bytesMax ? $0 : nil }
            if look != nil { share -= GestureLook.bytesMax }
            let value = liveValue(gesture, of: frontEnd, isPen: isPen, bytesMax: share, at: now)
            if isCoarse { marks.strokes[frontEnd]?.forgoCopy() }
            if let look, value.style != nil { packet.own.gestureLooks.append(look) }
            if let index = packet.own.hands.firstIndex(where: { $0.frontEnd == frontEnd }) {
                packet.own.hands[index].live = value
            } else {
                var hand = HandValue(frontEnd: frontEnd)
                hand.live = value
                packet.own.hands.append(hand)
            }
        }
        packet.own.hands.sort { $0.frontEnd < $1.frontEnd }
        if packet.own.hands.isEmpty { packet.own.sentAt = 0 }
        return packet
    }

    /// Everything but gestures under way.
    private func skeleton(_ presence: OwnPresence, _ requests: [StrokeRequest], _ thrift: Thrift, at now: Int64) -> PresencePacket {
        var own = PresenceValue()
        (own.attention, own.isTyping, own.sentAt) = (presence.attention, presence.isTyping, UInt16(truncatingIfNeeded: now))
        own.needs = presence.needs
        (own.view, own.look) = presence.sight.untold(after: acknowledged, at: now)
        if let laser = presence.pointer.laser, laser.version > acknowledged {
            let age = laser.endedAt.map { min(max(0, now - $0), GestureBody.ageMax) }
            own.laser = LaserValue(number: laser.number, endedAge: age)
        }
        for frontEnd in Set(presence.hands.keys).union([presence.pointer.frontEnd]).sorted() {
            var hand = HandValue(frontEnd: frontEnd)
            if let known = presence.hands[frontEnd] {
                hand.isOver = known.overSince.map { $0 > acknowledged } ?? false
                hand.ended = known.ended.filter { $0.version > acknowledged }.map(\.end)
                if thrift == .most { hand.ended = hand.ended.suffix(1) }
            }
            if presence.pointer.frontEnd == frontEnd { hand.cursor = cursor(presence.pointer, thrift, at: now) }
            if !hand.isEmpty { own.hands.append(hand) }
        }
        return PresencePacket(own: own, requests: requests)
    }

    private func cursor(_ pointer: OwnPointer, _ thrift: Thrift, at now: Int64) -> CursorValue? {
        guard pointer.version > acknowledged, !pointer.isPen else { return nil }
        guard pointer.position != nil else { return .gone(age: min(max(0, now - pointer.leftAt), GestureBody.ageMax)) }
        // The one before those that are new; where none is, that is the newest.
        let fresh = pointer.samples.filter { $0.number >= marks.pointer }
        let before = pointer.samples.last { $0.number < marks.pointer }
        var samples = (before.map { [$0] } ?? []) + fresh
        samples = samples.suffix(thrift == .none ? CursorValue.samplesMax : 1)
        return .samples(SampleRun(samples.map(\.sample), after: SampleRun.History(), sentAt: now))
    }

    private mutating func liveValue(
        _ live: OwnGesture, of frontEnd: FrontEndID, isPen: Bool, bytesMax: Int, at now: Int64
    ) -> LiveValue {
        let hasStyle = live.styleVersion > acknowledged
        let age = min(max(0, now - live.changedAt), GestureBody.ageMax)
        switch live.gesture {
        case .stroke(let draft):
            var mark = marks.stroke(of: frontEnd, live)
            let style = hasStyle ? Self.cut(OwnGesture.strokeStyle(draft), to: (bytesMax - 64) / 2) : nil
            let room = bytesMax - Self.headBytesMax - (style.map { Self.strokeStyleBytesMax + $0.text.utf8.count } ?? 0)
            let run = Self.run(of: live, from: mark.next, bitsMax: room * 8, at: now)
            let body = GestureBody.stroke(from: mark.next, run, isPen: isPen)
            let end = mark.next + run.count
            // What was new here goes once more (SE-32).
            (mark.next, mark.sent) = (min(mark.sent, end), max(mark.sent, end))
            marks.strokes[frontEnd] = mark
            return LiveValue(number: live.number, style: style.map(GestureStyle.stroke), body: body)
        case .shape(let draft), .pull(_, let draft):
            var style: ShapeDraft?
            if hasStyle { style = Self.cut(OwnGesture.shapeStyle(draft), to: min(640, (bytesMax - 64) * 2 / 3)) }
            // A preview shows the first points where not all have room.
            var room = bytesMax - 64 - (style?.text.utf8.count ?? 0)
            let points = draft.points.prefix(GestureBody.pointsMax).prefix { point in
                room -= [point.x, point.y].reduce(0) { $0 + Varint.length(BitWriter.zigzag(Int64($1))) }
                return room >= 0
            }
            let body = GestureBody.shape(position: draft.position, size: draft.size, points: Array(points), age: age)
            return LiveValue(number: live.number, style: style.map(GestureStyle.shape), body: body)
        case .move(let shapes, let by):
            let count = min(GestureBody.shapesMax, (bytesMax - 40) / Self.shapeBytesMax)
            let style = hasStyle ? GestureStyle.move(Array(shapes.prefix(count))) : nil
            return LiveValue(number: live.number, style: style, body: .move(by: by, age: age))
        case .resize(let shape, let position, let size):
            let style = hasStyle ? GestureStyle.resize(shape) : nil
            return LiveValue(number: live.number, style: style, body: .resize(position: position, size: size, age: age))
        case .text(let shape, let text):
            // Letters are shown whole or not at all: a part would look as if the rest had been deleted.
            let fitting = text.flatMap { $0.utf8.count <= min(640, (bytesMax - 64) * 2 / 3) ? $0 : nil }
            return LiveValue(number: live.number, style: hasStyle ? .text(shape, fitting) : nil, body: .text(age: age))
        }
    }

    /// As many samples from number `from` on as the bits hold, one at least where there is one.
    private static func run(of live: OwnGesture, from: Int, bitsMax: Int, at now: Int64) -> SampleRun {
        let history = live.sample(from - 1).map { SampleRun.History(last: $0, beforeLast: live.sample(from - 2)) } ?? SampleRun.History()
        var count = min(live.sampleCount - from, max(1, bitsMax / 3))
        while true {
            let run = SampleRun(live.samples(from..<from + count), after: history, sentAt: now)
            var bits = BitWriter()
            bits.writeDelta(UInt64(count))
            run.write(to: &bits)
            if bits.bitCount <= bitsMax || count <= 1 { return run }
            count = max(1, min(count - 1, count * bitsMax / bits.bitCount))
        }
    }

    /// The draft with as much of its text as fits, cut between characters.
    private static func cut(_ draft: ShapeDraft, to bytesMax: Int) -> ShapeDraft {
        guard draft.text.utf8.count > bytesMax else { return draft }
        var (cut, text, count) = (draft, "", 0)
        for character in draft.text {
            count += character.utf8.count
            guard count <= bytesMax else { break }
            text.append(character)
        }
        cut.text = text
        return cut
    }

    /// Number and kind of a gesture, and the first sample of its run, at their longest, bytes.
    private static let headBytesMax = 10
    /// Kind, colours, width, length of the text, and place, at their longest, bytes.
    private static let strokeStyleBytesMax = 29
    /// The name of a shape at its longest, bytes.
    private static let shapeBytesMax = 40
    /// Any gesture, told as sparingly as can be: a resize takes most.
    private static let gestureBytesMin = 90
}
