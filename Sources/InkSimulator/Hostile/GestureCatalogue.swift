import InkBoard
import InkPrimitives
import InkSession

/// All that a hand can show of what it is at: one of each kind, whoever may do it.
package struct GestureCatalogue {
    package struct Entry {
        package let what: String
        /// The least role that may do what it becomes (SE-188).
        package let least: Role
        package let style: GestureStyle
        package let body: GestureBody

        /// What is shown to others of a hand that is at this.
        ///
        /// - Parameter number: of the gesture, another each time.
        package func shown(number: UInt64, at time: UInt16 = 0) -> PresencePacket {
            var hand = HandValue(frontEnd: .holder)
            hand.live = LiveValue(number: number, style: style, body: body)
            var packet = PresencePacket(own: PresenceValue())
            (packet.own.sentAt, packet.own.hands) = (time, [hand])
            return packet
        }
    }

    package let entries: [Entry]

    /// - Parameter shape: one of somebody else's.
    package init(at shape: ShapeID) {
        let box = GestureBody.shape(position: .zero, size: Size(width: 8, height: 8), points: [], age: 0)
        let samples = SampleRun([HandSample(at: 0, point: .zero)], after: .init(), sentAt: 0)
        entries = [
            Entry(what: "a note", least: .commenter, style: .shape(ShapeDraft(kind: .note, position: .zero)), body: box),
            Entry(what: "an ellipse", least: .editor, style: .shape(ShapeDraft(kind: .ellipse, position: .zero)), body: box),
            Entry(what: "a move", least: .editor, style: .move([shape]), body: .move(by: Point(x: 80, y: 0), age: 0)),
            Entry(
                what: "a resize", least: .editor, style: .resize(shape),
                body: .resize(position: .zero, size: Size(width: 80, height: 8), age: 0)),
            Entry(what: "typing", least: .editor, style: .text(shape, "mine"), body: .text(age: 0)),
            Entry(
                what: "a stroke", least: .editor, style: .stroke(ShapeDraft(kind: .freehand, position: .zero)),
                body: .stroke(from: 0, samples, isPen: true)),
        ]
    }
}
