import InkBoard
import InkFormats
import InkFrontEnd
import InkPrimitives
import InkSession

/// What each line asks of the session, of files, or of what is known here.
extension Linear {
    mutating func start(_ command: LinearCommand, now: Instant) throws(LineFault) {
        switch command {
        case .named(let name, let drawing):
            guard !numbers.isUsed(name) else {
                throw LineFault("you have used the name “\(name)” before: a name means one shape for good; take another")
            }
            submit(.draw(try draft(of: drawing, label: name)))
        case .box, .line, .pen, .text: submit(.draw(try draft(of: command, label: "")))
        case .label(let ref, let text): try label(ref, text)
        case .move(let refs, let by): submit(.move(try units(refs), by: by))
        case .place(let ref, let point): submit(.set(try one(ref), [.position(point)]))
        case .resize(let ref, let size):
            let id = try one(ref)
            guard let kind = front.board[id]?.content.kind, KnownProperty.size.isPart(of: kind) else {
                throw LineFault(
                    "shape \(numbers.known(id) ?? 0) has no size of its own: `path`, `from` and `to` change a line, `move` puts it elsewhere"
                )
            }
            submit(.set(id, [.size(size)]))
        case .pull(let ref, let isStart, let end): try pull(ref, isStart, end)
        case .path(let ref, let points): try lead(ref, points)
        case .delete(let refs): submit(.delete(try units(refs)))
        case .look(let refs, let choice): try restyle(refs, choice)
        case .fitLabel(let refs): try fitLabels(refs)
        case .arrange(let refs, let arrangement): try arrange(refs, arrangement)
        case .lock(let refs, let isLocked):
            submit(.calm(.lock(try units(refs), isLocked)), saying: isLocked ? "that is locked already" : "nothing of that is locked")
        case .undo: submit(.undo)
        case .redo: submit(.redo)
        case .copy(let refs, _):
            let ids = try ids(refs)
            do throws(ArrangementError) {
                perform(.keepClip(try front.board.copying(ids).bytes()))
            } catch {
                throw LineFault("\(error)")
            }
        case .paste: perform(.fetchClip)
        case .say(let text): submit(.say(text), saying: "said")
        case .messages(let count): submit(.readChat(ChatOrder(count: count)))
        case .point(let point): submit(.cursor(point), saying: point.map { "you point at \(Cells.words($0))" } ?? "you point at nothing")
        case .lookHere(let box): submit(.lookHere(box), saying: "all are asked to look there")
        case .name(let name):
            front.ownName = name
            perform(.keepName(name))
            submit(.rename(name), saying: "from now on the others call you \(name)")
        case .list, .find, .near, .describe, .who, .help: try answerHere(command, now: now)
        case .members, .role, .remove, .safety, .verify: ask(.members)
        case .status: ask(.state)
        case .connection: ask(.links)
        case .invite(nil): ask(.invite)
        case .invite(.some(let order)): submit(.invite(order))
        case .takeBack(let who, let span): submit(.calm(.takeBack(TakeBackOrder(.named(who), span))))
        case .slow(let seconds): submit(.calm(.pace(milliseconds: seconds * 1000)), saying: "done")
        // What is read for it is what the disk has.
        case .export: wait(for: .saved, until: now + .seconds(10))
        case .importFile(let path): perform(.importFile(path))
        case .wait(let condition, let seconds): wait(for: condition, until: now + .seconds(seconds))
        case .quit: quit()
        }
    }

    // MARK: Which shapes

    func one(_ ref: ShapeRef) throws(LineFault) -> ShapeID { try numbers.shape(ref, on: front.board) }

    /// The shapes that were named, each once.
    func ids(_ refs: [ShapeRef]) throws(LineFault) -> [ShapeID] {
        var ids: [ShapeID] = []
        for ref in refs { for id in try numbers.shapes(ref, on: front.board) where !ids.contains(id) { ids.append(id) } }
        guard !ids.isEmpty else { throw LineFault("nothing stands on the board: draw something first, as rectangle 10 5 12 4 cache") }
        return ids
    }

    /// The shapes that were named, and all that are in a group with them (LN-12).
    private func units(_ refs: [ShapeRef]) throws(LineFault) -> [ShapeID] { front.board.members(with: try ids(refs)) }

    // MARK: Drawing

    private func draft(of command: LinearCommand, label: String) throws(LineFault) -> ShapeDraft {
        switch command {
        case .box(let kind, let place, let size, let text):
            return ShapeDraft(kind: kind, position: place, size: size, text: text, label: label)
        case .text(let place, let text): return ShapeDraft(kind: .text, position: place, text: text, label: label)
        case .pen(let points): return path(.freehand, points, label: label)
        case .line(let kind, let spec, let text):
            let (start, end) = (try bound(spec.start), try bound(spec.end))
            var draft = path(kind, [start.place] + spec.via + [end.place], label: label)
            (draft.startBinding, draft.endBinding, draft.text) = (start.binding, end.binding, text)
            return start.binding != nil && end.binding != nil && spec.via.isEmpty ? front.board.placed(draft) : draft
        default: preconditionFailure("only what draws makes a shape, and \(command) does not")
        }
    }

    private func path(_ kind: ShapeKind, _ points: [Point], label: String) -> ShapeDraft {
        let first = points.first ?? .zero
        return ShapeDraft(kind: kind, position: first, points: points.map { $0 - first }, label: label)
    }

    /// Where a line ends, and what it stays at.
    private func bound(_ end: LinearCommand.LineEnd) throws(LineFault) -> (place: Point, binding: Binding?) {
        switch end {
        case .place(let place): return (place, nil)
        case .shape(let ref):
            let id = try one(ref)
            guard let content = front.board[id]?.content, content.isBindable else {
                throw LineFault(
                    "no line stays at shape \(numbers.known(id) ?? 0): lines end at rectangles, ellipses, diamonds, notes and texts; "
                        + "say a place as 10,5"
                )
            }
            let box = content.worldBox
            return (Point(clampingX: Int64(box.left + box.right) / 2, y: Int64(box.top + box.bottom) / 2), Binding(id))
        }
    }

    // MARK: Changing

    private mutating func label(_ ref: ShapeRef, _ text: String) throws(LineFault) {
        let id = try one(ref)
        guard let content = front.board[id]?.content else { return }
        guard content.kind != .text || !text.isEmpty else {
            throw LineFault("a text without words is nothing: say what shall stand there, or `delete \(numbers.known(id) ?? 0)`")
        }
        guard content.text != text else { return answer("that stands there already") }
        submit(.type(id, from: content.text, to: text, continues: false))
    }

    private func line(_ ref: ShapeRef) throws(LineFault) -> (id: ShapeID, content: ShapeDraft) {
        let id = try one(ref)
        guard let content = front.board[id]?.content, content.hasEnds else {
            throw LineFault(
                "shape \(numbers.known(id) ?? 0) is no line and no arrow: only those have ends; `move` and `place` put others elsewhere")
        }
        return (id, content)
    }

    private mutating func pull(_ ref: ShapeRef, _ isStart: Bool, _ end: LinearCommand.LineEnd) throws(LineFault) {
        let (id, content) = try line(ref)
        let (place, binding) = try bound(end)
        var points = content.points.map { content.position + $0 }
        if isStart { points[0] = place } else { points[points.count - 1] = place }
        let first = points.first ?? .zero
        submit(
            .set(
                id,
                [
                    .position(first), .points(points.map { $0 - first }), isStart ? .startBinding(binding) : .endBinding(binding),
                ]))
    }

    private mutating func lead(_ ref: ShapeRef, _ points: [Point]) throws(LineFault) {
        let (id, content) = try line(ref)
        let first = points.first ?? .zero
        let lets: [PropertyChange] =
            (content.startBinding == nil ? [] : [.startBinding(nil)]) + (content.endBinding == nil ? [] : [.endBinding(nil)])
        submit(.set(id, [.position(first), .points(points.map { $0 - first })] + lets))
    }

    private mutating func restyle(_ refs: [ShapeRef], _ choice: StyleChoice) throws(LineFault) {
        var edits: [ShapeEdit] = []
        for id in try ids(refs) {
            guard let content = front.board.stored(id) else { continue }
            let changes = choice.changes(of: content)
            if !changes.isEmpty { edits.append(ShapeEdit(id, changes)) }
        }
        guard let first = edits.first else { throw LineFault("\(choice.complaint): name another shape; `describe` tells how one looks") }
        submit(edits.allSatisfy { $0.changes == first.changes } ? .setAll(edits.map(\.shape), first.changes) : .setEach(edits))
    }

    private mutating func fitLabels(_ refs: [ShapeRef]) throws(LineFault) {
        var edits: [ShapeEdit] = []
        for id in try ids(refs) {
            guard let content = front.board[id]?.content else { continue }
            let grown = content.grownToLabel()
            if grown.size != content.size { edits.append(ShapeEdit(id, [.size(grown.size)])) }
        }
        if edits.isEmpty { answer("the labels have room already") } else { submit(.setEach(edits)) }
    }

    private mutating func arrange(_ refs: [ShapeRef], _ arrangement: LinearCommand.Arrangement) throws(LineFault) {
        let (ids, board) = (try ids(refs), front.board)
        let intent: Intent?
        do throws(ArrangementError) {
            intent =
                switch arrangement {
                case .group: try board.grouping(ids)
                case .ungroup: try board.ungrouping(ids)
                case .order(let step): try board.ordering(ids, to: step)
                case .align(let side): try board.aligning(ids, to: side)
                case .distribute(let axis): try board.distributing(ids, axis)
                case .duplicate(let by): try board.duplicating(ids, by: by, author: me ?? .zero)
                }
        } catch {
            throw LineFault("\(error)")
        }
        if let intent { submit(intent) } else { answer("that is so already") }
    }

    // MARK: Files

    mutating func take(_ answer: EffectAnswer, now: Instant) {
        guard case .awaitingAnswer? = running?.stage, let command = running?.command else { return }
        do throws(ArrangementError) {
            switch (command, answer) {
            case (_, .failed(let why)): fail(why)
            case (.copy(let refs, true), .done):
                do throws(LineFault) {
                    submit(.delete(try units(refs)))
                } catch {
                    fail(error.description)
                }
            case (_, .done(let words)): self.answer(words)
            case (.paste(let by), .clip(let bytes)):
                guard let bytes else { return fail("nothing was copied: `copy` shapes first, on any board of yours") }
                do throws(ShapeClipError) {
                    paste(try ShapeClip(bytes), by: by)
                } catch {
                    fail("\(error)")
                }
            case (.importFile, .drawing(let drawing, let isWhole, let losses)): try add(drawing, isWhole: isWhole, losses)
            default: break
            }
        } catch {
            fail("\(error)")
        }
    }

    private mutating func paste(_ clip: ShapeClip, by: Point) {
        do throws(ArrangementError) {
            submit(try front.board.pasting(clip, by: by, author: me ?? .zero))
        } catch {
            fail("\(error)")
        }
    }

    private mutating func add(_ drawing: Drawing, isWhole: Bool, _ losses: [String]) throws(ArrangementError) {
        running?.more = losses.map { "; \($0)" }.joined()
        guard !isWhole else {
            let becoming = Becoming(front.board, drawing)
            return becoming.change.isEmpty ? answer("all is as the file says already") : submit(.change(becoming.change))
        }
        let numbers = numbers
        let intent = try front.board.importing(drawing, author: me ?? .zero) { numbers.isUsed($0) }
        if let intent { submit(intent) } else { answer("nothing to draw is in the file\(running?.more ?? "")") }
    }
}

extension KnownProperty {
    /// True for a part of the drawing that means something for shapes of a kind.
    fileprivate func isPart(of kind: ShapeKind) -> Bool { row.drawing?.kinds.contains(kind) ?? false }
}
