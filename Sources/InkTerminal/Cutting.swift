import InkFrontEnd
import InkPrimitives
import InkSession

/// Shapes that are cut and stand until the program has them (TM-248): what a person does meanwhile comes after that.
///
///     X ──keepClip──▶ cutting ──kept──────────────────▶ deleted, and what waited is done
///                        └─────not kept, or silence──▶ all stands, and what was for a board without them is left out
struct Cutting: Sendable {
    /// When the program is no longer waited for.
    let until: Instant
    /// What a person did meanwhile, in order.
    fileprivate(set) var held: [Selection.Held] = []

    init(until: Instant) { self.until = until }
}

extension BoardScene {
    /// Keeps what is done while something is cut; false for what is done at once.
    mutating func waitsForCut(with held: Selection.Held) -> Bool {
        guard cutting != nil else { return false }
        cutting?.held.append(held)
        return true
    }

    /// The program has what was cut, or says why not.
    mutating func cutWasKept(_ clip: TerminalApp.KeptClip, complaint: String?, now: Instant) {
        guard let cut = cutting else {
            // It comes too late for the keys that followed it, and so for the shapes.
            return front.notices.add(complaint.map { "not copied: \($0)" } ?? "copied, not cut: that took too long", as: .setting, now: now)
        }
        cutting = nil
        if let complaint { return goOn(without: cut, saying: "not copied: \(complaint)", now: now) }
        ask(.delete(clip.cuts), showing: Overlay(erased: Set(clip.cuts)), now: now)
        selection.keep { !clip.cuts.contains($0) }
        front.notices.add(
            "\(Sentence.count(clip.shapeCount, "shape")) cut: V pastes here, or on another board of yours", as: .setting, now: now)
        replay(cut.held[...], now: now)
    }

    /// Nobody waits for ever.
    mutating func giveUpCut(now: Instant) {
        guard let cut = cutting, cut.until <= now else { return }
        cutting = nil
        goOn(without: cut, saying: "not cut: the disk has not taken it so far", now: now)
        touch()
    }

    /// All stands. Of the two sentences that this may need the second holds the first (TM-441).
    private mutating func goOn(without cut: Cutting, saying words: String, now: Instant) {
        front.notices.add(words, as: .setting, now: now)
        goOn(with: cut.held[...], without: words, now: now)
    }
}
