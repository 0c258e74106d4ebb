import InkPrimitives

/// Round trips as they are shown: in steps with a dead band, so that an idle board stays silent.
package enum RoundTripSteps {
    private static let steps = [5, 10, 20, 35, 50, 75, 100, 150, 200, 300, 500, 1000]

    /// The step to show, milliseconds: the least that is not below the sample; `shown` stays while the sample is between 0.7 times the
    /// next lower step and 1.3 times its own (FE-4).
    package static func step(for roundTrip: Duration?, shown: Int?) -> Int? {
        guard let milliseconds = roundTrip?.milliseconds else { return shown }
        if let shown, let index = steps.firstIndex(of: shown) {
            let low = index > 0 ? Double(steps[index - 1]) * 0.7 : 0
            if milliseconds >= low, milliseconds <= Double(shown) * 1.3 { return shown }
        }
        return steps.first { milliseconds <= Double($0) } ?? steps[steps.count - 1]
    }
}
