import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// Light that a pointer leaves, one's own and others': drawn over the picture, and never a shape.
extension BoardScene {
    // MARK: One's own

    /// The laser is pressed: from here on the pointer leaves light (TM-210).
    mutating func beginLight(at here: CellPlace, now: Instant) {
        // Another program of the same person may have pointed since: light is where this one points (TM-240).
        point(at: here, isAgain: true, now: now)
        ask(.laser(true), now: now)
        shine(at: here, now: now)
    }

    /// The laser went on.
    mutating func moveLight(to here: CellPlace, now: Instant) {
        // A pointer that was nowhere for a moment, or in another program, took its light along; to say so again changes nothing (TM-240).
        point(at: here, isAgain: true, now: now)
        ask(.laser(true), now: now)
        shine(at: here, now: now)
    }

    /// The laser is let go: what it left fades.
    mutating func endLight(at here: CellPlace, now: Instant) {
        ask(.laser(false), now: now)
        light.take([CursorSample(at: Self.time(now), position: grid.middle(of: here))])
        lookAtLight(now: now)
    }

    private mutating func shine(at here: CellPlace, now: Instant) {
        light.take([CursorSample(at: Self.time(now), position: grid.middle(of: here), trail: UInt64(dragCount))])
        lookAtLight(now: now)
    }

    /// The view stays where it is meanwhile: the hand is in it still (TM-371).
    private mutating func lookAtLight(now: Instant) {
        motionAt = motionDeadline(after: now)
        touch()
    }

    /// Own light is on our own clock.
    private static func time(_ now: Instant) -> Duration { .nanoseconds(now.nanoseconds) }

    // MARK: What is seen

    /// All light that is seen now, to the dot.
    func lights(at now: Instant) -> [Motion.Light] {
        var lights: [Motion.Light] = []
        func add(_ peer: PeerID?, _ paths: [[LaserTrail.Spot]]) {
            let paths = paths.map { path in
                path.map { Motion.Light.Spot(dot: $0.position.rounded(to: Int32(grid.dotUnits)), step: $0.step) }
            }
            if !paths.isEmpty { lights.append(Motion.Light(peer: peer, paths: paths)) }
        }
        for (peer, person) in front.people.present where !front.mutes.contains(person) { add(peer, front.glides.light(of: peer, at: now)) }
        add(nil, light.paths(at: Self.time(now), head: nil, fades: !front.glides.isStill))
        return lights
    }

    /// When own light looks different next.
    func lightDeadline(after now: Instant) -> Instant? {
        guard !light.isOver else { return nil }
        return light.nextChange(after: Self.time(now), fades: !front.glides.isStill).map { now + max(Glide.frame, $0 - Self.time(now)) }
    }

    /// Forgets own light that has gone out.
    mutating func forgetLight(now: Instant) { if !light.isOver { light.forget(before: Self.time(now)) } }

    // MARK: Drawing

    /// Draws all light, the newest part of each brightest and widest. Letters under it stay to be read, and lines keep their form
    /// (TM-211, TM-396, TM-397).
    func drawLights(on buffer: inout CellBuffer) {
        for light in shownMotion.lights {
            for step in Self.lightWidths.indices.reversed() { draw(light, step, on: &buffer) }
        }
    }

    private func draw(_ light: Motion.Light, _ step: Int, on buffer: inout CellBuffer) {
        var trace = DotTrace(region: viewport.region, grid: grid)
        for path in light.paths {
            // A piece is as old as where it ends.
            for (index, spot) in path.enumerated() where spot.step == step {
                trace.add(from: path[max(0, index - 1)].dot, to: spot.dot)
            }
        }
        trace.widen(to: Self.lightWidths[step])
        let person = light.peer.flatMap { front.people[$0] }
        let color = person.map { front.people.color($0) } ?? front.me.map { Roster.color(of: $0) } ?? PersonColor.all[0]
        let ink = color.ink(onDark: display.isDark)
        let weight: Cell.Attributes = step == 0 ? .bold : step == 1 ? [] : .dim
        trace.forEachCell { place, dots in
            guard let (column, row) = viewport.seen(place) else { return }
            let cell = buffer[column, row]
            if isRead(buffer, column, row) {
                buffer.restyle(column: column, row: row) { ($0.foreground, $0.background, $0.attributes) = (ink, nil, [.reverse, weight]) }
            } else if cell.glyph == .space {
                let glyph = display.style == .ascii ? Glyph(step < 2 ? "*" : ":") : dots
                buffer.put(Cell(glyph, foreground: ink, background: cell.background, attributes: weight), column: column, row: row)
            } else {
                buffer.restyle(column: column, row: row) { ($0.foreground, $0.attributes) = (ink, weight) }
            }
        }
    }

    /// Width of each step of fading, in dots (TM-211).
    private static let lightWidths = [3, 2, 1]
}
