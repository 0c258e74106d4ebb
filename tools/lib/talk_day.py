"""A day of talk among many who draw meanwhile. Behind tools/talk-day."""

import argparse
import contextlib
import json
import sys
import threading
import time

import inkwire_process as ink
from latency import percentile
from small_disk import NoDisk, fill, small_disk

# Messages a second of one person, below the ten that are taken.
RATE_MAX = 8
PAGE = 50
LOOK_MS = 50  # at each page, by who looks for something further up
STROKE_MS = 300
DISK_SIZE = "64m"


def expect(holds, what):
    if not holds:
        raise ink.Failed(what)


def walk(peer, spans, count, rest_ms=0):
    """All that was said, read page by page from the newest on: (id, text) each, oldest first. Adds the seconds of each page to `spans`."""
    said, before = [], None
    while True:
        began = time.perf_counter()
        page = peer.ask("history", "history", of="chat", count=count, before=before, timeout=30)
        spans.append(time.perf_counter() - began)
        expect(len(page["messages"]) <= count, f"a page of {len(page['messages'])} messages where {count} were asked for")
        said = [(message["id"], message["text"]) for message in page["messages"]] + said
        before = page["next"]
        if before is None:
            return said
        if rest_ms:
            peer.ask("wait", "waited", ms=rest_ms, timeout=30)


def is_within(part, whole):
    """Whether all of `part` stands in `whole`, in the same order."""
    rest = iter(whole)
    return all(entry in rest for entry in part)


class Speaker:
    """Somebody who draws a stroke each second, and says a part of the messages between them."""

    def __init__(self, peer, quota, seconds):
        self.peer, self.quota, self.seconds = peer, quota, seconds
        self.said, self.drawn = [], []  # (moment of the command, id) each
        self.trouble = None
        self.thread = threading.Thread(target=self._work, daemon=True)

    def _work(self):
        try:
            self._draw_and_speak()
        except Exception as trouble:  # told by who waits for this thread
            self.trouble = trouble

    def _draw_and_speak(self):
        began, number = time.perf_counter(), 0
        points = [[step * 4, step * step % 40] for step in range(24)]
        while len(self.said) < self.quota or time.perf_counter() < began + self.seconds:
            sent = time.perf_counter()
            shape = self.peer.ask("stroke", "shape", x=number % 40 * 96, y=number // 40 * 48, points=points, over_ms=STROKE_MS, timeout=60)
            self.drawn.append((sent, shape["id"]))
            number += 1
            next_stroke = began + number
            while time.perf_counter() < next_stroke:
                due = began + len(self.said) * self.seconds / max(1, self.quota)
                if len(self.said) == self.quota or due > next_stroke:
                    due = next_stroke
                # Paced by the program's own clock.
                if (left := due - time.perf_counter()) > 0:
                    self.peer.ask("wait", "waited", ms=int(left * 1000) + 1, timeout=30)
                elif len(self.said) < self.quota:
                    self._speak()

    def _speak(self):
        sent = time.perf_counter()
        text = f"{self.peer.label} {len(self.said)} says what comes to mind at noon, while others draw"
        self.said.append((sent, self.peer.ask("say", "chat", text=text, timeout=60)["id"]))
        if len(self.said) % RATE_MAX == 0:
            # Whoever was held up does not make up for it faster than is allowed.
            self.peer.ask("wait", "waited", ms=max(1, int((sent - self.said[-RATE_MAX][0]) * -1000 + 1000)))


class Reader:
    """Somebody who reads all that was said, again and again."""

    def __init__(self, peer, page):
        self.peer, self.page, self.pages, self.walks, self.trouble, self.is_over = peer, page, [], [], None, False
        self.thread = threading.Thread(target=self._work, daemon=True)

    def _work(self):
        try:
            while not self.is_over:
                # One that the disk refused is told under a name of its own, and never came to the board.
                known = {event["id"] for event in self.peer.events_named("chat") if event.get("state") != "failed"}
                self.walks.append((known, walk(self.peer, self.pages, self.page, LOOK_MS)))
                self.peer.ask("wait", "waited", ms=LOOK_MS, timeout=30)
        except Exception as trouble:  # told by who waits for this thread
            self.trouble = trouble

    def check(self, final):
        """Each walk missed nothing that was told before it, had nothing twice, and was in the order in which it all stands in the end."""
        expect(self.walks, f"{self.peer.label} read nothing")
        for known, said in self.walks:
            told = {identifier for identifier, _ in said}
            expect(len(told) == len(said), f"{self.peer.label} read a message twice")
            expect(known <= told, f"{self.peer.label} missed {len(known - told)} messages that had been told")
            expect(is_within(said, final), f"{self.peer.label} read in another order than the last")


class Day:
    """Ana, whose board it is, bob, and as many more as are to draw."""

    def __init__(self, messages, people, seconds, folder, disk, page=PAGE):
        self.messages, self.people, self.seconds, self.folder, self.disk, self.page = messages, people, seconds, folder, disk, page
        self.server = ink.Rendezvous()

    def run(self, has_full_disk=True):
        """Figures by name."""
        self.alone()
        self.one_there()
        if has_full_disk:
            self.full_disk()
        figures = self.noon()
        self.evening()
        return figures

    def states(self, peer, identifier):
        return [event["state"] for event in peer.events_named("chat", id=identifier)]

    def alone(self):
        self.ana = ink.new_board(self.disk, "ana", "plan", self.server.address)
        self.link = self.ana.link()
        self.first = self.ana.ask("say", "chat", text="is anybody here?")["id"]
        self.ana.wait("saved")
        expect(self.states(self.ana, self.first) == ["waiting"], f"alone: {self.states(self.ana, self.first)}")

    def one_there(self):
        self.bob = ink.join_board(self.link, self.folder / "bob", "bob")
        self.ana.event("chat", id=self.first, state="delivered")
        answer = self.bob.ask("say", "chat", text="I am")["id"]
        self.bob.event("chat", id=answer, state="delivered")
        self.before = ["is anybody here?", "I am"]

    def full_disk(self):
        """What the disk refuses is told as failed, and said again when there is room."""
        fill(self.disk)
        for number in range(400):
            text = f"full {number} " + "x" * 3000
            reference = self.ana.send("say", text=text)
            reply = self.ana.await_condition(
                lambda: next((event for _, event in self.ana.events if event.get("ref") == reference), None), 10, "a reply")
            self.before.append(text)
            if reply["event"] == "error":
                break
            self.ana.ask("wait", "waited", ms=110)
        else:
            raise ink.Failed("a full disk refused nothing")
        expect(reply["code"] == "disk", f"refused for another reason: {reply}")
        failed = {event["id"]: event["text"] for event in self.ana.events_named("chat", state="failed")}
        kept = [identifier for identifier, said in failed.items() if said == text]
        expect(len(kept) == 1, f"{len(kept)} messages are kept in the place of one")
        (self.disk / "ballast").unlink()
        self.ana.wait("saved", timeout=10)
        again = self.ana.ask("resend", "chat", id=kept[0])["id"]
        for identifier in failed.keys() - set(kept) | {again}:
            self.ana.event("chat", id=identifier, state="delivered")

    def noon(self):
        """Many draw and talk while two read."""
        quotas = [self.messages // self.people + (number < self.messages % self.people) for number in range(self.people)]
        peers = [ink.join_board(self.link, self.folder / f"p{number}", f"p{number}") for number in range(self.people)]
        everybody = [self.ana, self.bob, *peers]
        for peer in everybody:
            peer.wait("peers", count=len(everybody) - 1, timeout=60)
        readers = [Reader(self.ana, self.page), Reader(self.bob, self.page)]
        speakers = [Speaker(peer, quota, self.seconds) for peer, quota in zip(peers, quotas)]
        began = time.perf_counter()
        for worker in (*readers, *speakers):
            worker.thread.start()
        for speaker in speakers:
            speaker.thread.join()
        spoken = time.perf_counter() - began
        for reader in readers:
            reader.is_over = True
            reader.thread.join()
        for worker in (*readers, *speakers):
            if worker.trouble:
                raise worker.trouble
        for peer in everybody:
            peer.wait("delivered", timeout=60)
        ink.wait_until(lambda: len({peer.state(60)["fingerprint"] for peer in everybody}) == 1, 60, "equal fingerprints", interval=0.2)
        settled = time.perf_counter() - began - spoken
        self.final = self.check(everybody, readers, speakers)
        figures = {"messages": sum(len(speaker.said) for speaker in speakers), "strokes": sum(len(speaker.drawn) for speaker in speakers),
                   "walks": sum(len(reader.walks) for reader in readers), "spoken": spoken, "settled": settled,
                   "page": [span for reader in readers for span in reader.pages]}
        figures.update(self.spans(readers, speakers))
        for peer in (self.bob, *peers):
            expect(peer.quit() == 0, peer.report())
        return figures

    def check(self, everybody, readers, speakers):
        """The one history of all; nothing of it lost, twice or out of order."""
        histories = [walk(peer, [], 200) for peer in everybody]
        final = histories[0]
        for peer, history in zip(everybody, histories):
            expect(history == final, f"{peer.label} has another history than ana")
        told = [identifier for identifier, _ in final]
        expect(len(set(told)) == len(told), "a message stands twice")
        expect([text for _, text in final[:len(self.before)]] == self.before, "the morning is another one")
        rest = final[len(self.before):]
        expect(len(rest) == self.messages, f"{len(rest)} messages where {self.messages} were said")
        for speaker in speakers:
            own = [identifier for identifier, text in rest if text.startswith(f"{speaker.peer.label} ")]
            expect(own == [identifier for _, identifier in speaker.said], f"{speaker.peer.label} stands in another order than was said")
            for _, identifier in speaker.said:
                expect("failed" not in self.states(speaker.peer, identifier), f"{identifier} failed")
            # Of one's newest 256 it is followed how far they come.
            for _, identifier in speaker.said[-256:]:
                speaker.peer.event("chat", id=identifier, state="delivered")
        for reader in readers:
            reader.check(final)
        return final

    def spans(self, readers, speakers):
        """Seconds from a command to what the two readers see of it."""
        message, first, whole = [], [], []
        for reader in readers:
            with reader.peer.changed:
                events = list(reader.peer.events)
            chats, shapes, gestures, names = {}, {}, {}, {}
            for at, event in events:
                match event["event"]:
                    case "peer": names[event["peer"]] = event["name"]
                    case "chat": chats.setdefault(event["id"], at)
                    case "shape": shapes.setdefault(event["id"], at)
                    case "gesture": gestures.setdefault(names[event["peer"]], []).append(at)
            for speaker in speakers:
                message += [chats[identifier] - sent for sent, identifier in speaker.said]
                for sent, identifier in speaker.drawn:
                    whole.append(shapes[identifier] - sent - STROKE_MS / 1000)
                    seen = [at for at in gestures.get(speaker.peer.label, []) if sent <= at <= shapes[identifier]]
                    # Where much happens a gesture may be over before it was ever shown.
                    first.append(seen[0] - sent if seen else shapes[identifier] - sent)
        return {"message": message, "first ink": first, "stroke": whole}

    def evening(self):
        """The last one is alone again, and finds it all the next day."""
        last = self.ana.ask("say", "chat", text="good night")["id"]
        self.ana.wait("saved")
        expect(self.ana.quit() == 0, self.ana.report())
        self.ana = ink.open_board("plan", self.disk, "ana")
        newest = self.ana.ask("history", "history", of="chat", count=1)["messages"][0]
        expect((newest["id"], newest["state"]) == (last, "waiting"), f"the next day: {json.dumps(newest)}")
        expect(walk(self.ana, [], 200)[:-1] == self.final, "the next day the history is another one")
        expect(self.ana.quit() == 0, self.ana.report())


def line(name, spans):
    return f"  {name}: median {percentile(spans, 0.5) * 1000:.1f} ms, p99 {percentile(spans, 0.99) * 1000:.1f} ms, {len(spans)} samples"


def main():
    ink.end_on_signals()
    parser = argparse.ArgumentParser(prog="tools/talk-day")
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--binary")
    options = parser.parse_args()
    if min(options.messages, options.people, options.seconds) < 1:
        parser.error("messages, people and seconds are 1 at least")
    if options.messages > options.people * options.seconds * RATE_MAX:
        parser.error(f"a person says at most {RATE_MAX} messages a second here: more people or more seconds")
    folder = ink.TemporaryFolder("inkwire-talk")
    with contextlib.ExitStack() as stack:
        try:
            disk, has_full_disk = stack.enter_context(small_disk(folder / "disk", DISK_SIZE)), True
        except NoDisk as reason:
            print(f"skipped: the full disk, {reason}")
            disk, has_full_disk = folder / "ana", False
        day = Day(options.messages, options.people, options.seconds, folder, disk)
        figures = day.run(has_full_disk)
    print(f"alone: waiting; one there: delivered; {'disk full: failed, resent, delivered' if has_full_disk else 'disk full: not tried'}")
    print(f"{figures['messages']} messages and {figures['strokes']} strokes of {options.people} people in {figures['spoken']:.1f} s, "
          f"all equal {figures['settled']:.1f} s later; two read all of it {figures['walks']} times meanwhile")
    print(line(f"a page of {PAGE}", figures["page"]))
    print(line("a message, command to event", figures["message"]))
    print(line("first ink of a stroke", figures["first ink"]))
    print(line("a stroke, from its end to the shape", figures["stroke"]))
    print(f"{options.people + 2} histories equal, and of the next day; no message lost, twice or out of order")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ink.Failed as failure:
        print(f"talk-day: {failure}", file=sys.stderr)
        sys.exit(1)
