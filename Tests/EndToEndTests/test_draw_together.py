"""Two peers, one board: what one does, the other sees."""

from harness import EndToEnd, ink, main


class DrawTogether(EndToEnd):
    def test_every_kind_of_shape_arrives_as_it_was_drawn(self):
        ana, bob = self.pair()
        shapes = {
            "box": {"kind": "rectangle", "x": 80, "y": 80, "w": 96, "h": 64, "stroke": "#0072B2", "fill": None, "text": "cache"},
            "round": {"kind": "ellipse", "x": 200, "y": 80, "w": 64, "h": 64, "fill": "#F0E442"},
            "choice": {"kind": "diamond", "x": 300, "y": 80, "w": 64, "h": 48},
            "edge": {"kind": "line", "x": 0, "y": 0, "points": [[0, 0], [40, 24]]},
            "way": {"kind": "arrow", "x": 176, "y": 112, "points": [[0, 0], [24, 0]]},
            "scrawl": {"kind": "freehand", "x": 0, "y": 200, "points": [[0, 0], [4, 2], [9, 3], [12, 8]]},
            "words": {"kind": "text", "x": 0, "y": 300, "text": "grüße, 漢字 👍🏽"},
            "paper": {"kind": "note", "x": 100, "y": 300, "w": 96, "h": 96, "text": "two\nlines"},
        }
        for label, shape in shapes.items():
            own = ana.draw(label, **shape)
            self.assertEqual(own["change"], "added")
        for label, shape in shapes.items():
            seen = bob.event("shape", id=label, change="added")
            self.assertEqual(seen["shape"]["kind"], shape["kind"])
            self.assertEqual((seen["shape"]["x"], seen["shape"]["y"]), (shape["x"], shape["y"]))
            for key in ("w", "h", "points", "text", "stroke"):
                if shape.get(key) is not None:
                    self.assertEqual(seen["shape"][key], shape[key], f"{key} of {label}")
        picture = self.assert_equal_boards(ana, bob)
        self.assertEqual(set(picture), set(shapes))
        self.assert_ends_well(ana, bob)

    def test_changes_moves_and_deletions_arrive_and_undo_touches_only_ones_own(self):
        ana, bob = self.pair()
        ana.draw("a", kind="rectangle", x=0, y=0, w=64, h=32)
        ana.draw("b", kind="rectangle", x=100, y=0, w=64, h=32)
        bob.event("shape", id="b")
        bob.draw("c", kind="ellipse", x=200, y=0, w=64, h=32)
        ana.ask("set", "shape", id="a", set={"stroke": "#D55E00"})
        bob.ask("move", "shape", id="a", by=[16, 8])
        ana.event("shape", id="a", matching=lambda event: event["shape"]["x"] == 16)
        ana.ask("delete", "shape", id="b")
        picture = self.assert_equal_boards(ana, bob)
        self.assertEqual(set(picture), {"a", "c"})
        self.assertEqual((picture["a"]["x"], picture["a"]["y"], picture["a"]["stroke"]), (16, 8, "#D55E00"))

        ana.ask("undo", "shape")  # the deletion of b
        ana.ask("undo", "shape")  # the colour of a
        picture = self.assert_equal_boards(ana, bob)
        self.assertEqual(set(picture), {"a", "b", "c"})
        self.assertEqual((picture["a"]["x"], picture["a"]["y"]), (16, 8), "bob's move stands")
        self.assertNotEqual(picture["a"]["stroke"], "#D55E00")
        ana.ask("redo", "shape")
        self.assertEqual(self.assert_equal_boards(ana, bob)["a"]["stroke"], "#D55E00")
        self.assert_ends_well(ana, bob)

    def test_a_live_stroke_is_seen_growing_before_it_is_committed(self):
        ana, bob = self.pair()
        points = [[step * 4, (step * 7) % 30] for step in range(60)]
        ana.send("stroke", x=0, y=0, points=points, over_ms=600, id="live")
        committed, shape = bob.timed_event("shape", change="added")
        self.assertEqual(shape["shape"]["points"], points)
        with bob.changed:
            grown = [event["points_total"] for when, event in bob.events
                     if event.get("event") == "gesture" and event.get("points_total") and when < committed]
        self.assertGreaterEqual(len(set(grown)), 3, f"the stroke must be seen at several lengths before its commit: {grown}")
        self.assertEqual(grown, sorted(grown), "a stroke only grows")
        self.assertLess(grown[0], len(points) // 2, "the first sight of it is early")
        self.assert_equal_boards(ana, bob)
        self.assert_ends_well(ana, bob)

    def test_a_live_drag_is_one_transaction(self):
        ana, bob = self.pair()
        ana.draw("a", kind="rectangle", x=0, y=0, w=64, h=32)
        bob.event("shape", id="a")
        # With bob's own first change, which gives his name.
        self.assert_equal_boards(ana, bob)
        before = ana.state()["transactions"]
        after = bob.mark
        ana.ask("move", "shape", id="a", by=[160, 80], over_ms=300)
        bob.event("shape", after=after, id="a", matching=lambda event: (event["shape"]["x"], event["shape"]["y"]) == (160, 80))
        self.assertEqual(ana.state()["transactions"], before + 1)
        with bob.changed:
            self.assertTrue([event for _, event in bob.events[after:] if event.get("event") == "gesture"], "the drag was seen")
        self.assert_ends_well(ana, bob)

    def test_cursors_names_chat_and_leaving_are_seen(self):
        ana, bob = self.pair()
        self.assertEqual(ana.event("peer", matching=lambda event: event.get("name") == "bob")["state"] in ("joining", "joined"), True)
        ana.send("cursor", x=120, y=-40)
        cursor = bob.event("cursor", x=120, y=-40)
        self.assertEqual(cursor["peer"], bob.event("peer", matching=lambda event: event.get("name") == "ana")["peer"])
        ana.ask("say", "chat", text="hello, bob")
        self.assertEqual(bob.event("chat")["text"], "hello, bob")
        self.assert_ends_well(bob)
        ana.event("peer", state="left", timeout=20)
        self.assert_ends_well(ana)

    def test_one_label_used_by_two_authors_names_two_shapes(self):
        ana, bob = self.pair()
        ana.draw("x", kind="rectangle", x=0, y=0, w=8, h=8)
        bob.event("shape", id="x")
        bob.draw("x", kind="ellipse", x=50, y=0, w=8, h=8)
        again = ana.ask("draw", "error", id="x", shape={"kind": "rectangle", "x": 9, "y": 9, "w": 8, "h": 8})
        self.assertIn("id", str(again))
        for peer in (ana, bob):
            peer.wait("synced")
            shapes = peer.state()["shapes"]
            self.assertEqual(len(shapes), 2)
            self.assertEqual(len({shape["id"] for shape in shapes}), 2, "two shapes never share an id")
        self.assert_ends_well(ana, bob)

    def test_a_newcomer_gets_everything_and_end_of_input_delivers_what_is_on_its_way(self):
        ana, bob = self.pair()
        for number in range(50):
            ana.send("draw", id=f"n{number}", shape={"kind": "rectangle", "x": number * 8, "y": 0, "w": 8, "h": 8})
        ana.child.stdin.close()  # means quit after everything is delivered
        self.assertEqual(ana.wait_exit(20), 0, ana.report())
        self.assertEqual(len(bob.state()["shapes"]), 50)
        carol = ink.join_board(self.invite, self.folder / "carol", "carol")
        self.assertEqual(len(self.assert_equal_boards(bob, carol)), 50)
        self.assert_ends_well(bob, carol)


if __name__ == "__main__":
    main()
