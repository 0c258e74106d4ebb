"""Eight on a board with roles, and the disks and the program of those who are not honest, for adversary_roles."""

import contextlib
import hashlib
import json
import pathlib
import shutil
import sqlite3
import subprocess

import inkwire_process as ink
from adversary_member import Member

NAMES = ("ana", "bob", "cy", "dan", "eve", "fay", "gus", "hal")
ROLES = {"viewer": 1, "commenter": 2, "editor": 3}


class Play(Member):
    """The adversary-member that plays all who are not honest."""

    def __init__(self, program, scene):
        super().__init__([program, "role-writes"], ink.base_environment(), stdin=subprocess.PIPE)
        self._write(scene)
        first = self._next(40)
        if first != "ready":
            raise ink.Failed(f"the attacker did not get ready: {first}")

    def _write(self, value):
        self.child.stdin.write(json.dumps(value) + "\n")
        self.child.stdin.flush()

    def _next(self, timeout):
        with self.changed:
            if not self.changed.wait_for(lambda: self.lines, timeout * ink.PATIENCE):
                raise ink.Failed(f"the attacker said nothing for {timeout:g} s")
            return self.lines.popleft()

    def order(self, do, **more):
        """Its answer: `figures`, `tries` by kind, `rows`, `passedOn`."""
        try:
            self._write({"do": do, **more})
            line = self._next(120)
            answer = json.loads(line or "null")
        except (OSError, ValueError) as failure:
            raise ink.Failed(f"the attacker does not obey {do}: {failure}") from None
        if not answer or answer.get("failure"):
            raise ink.Failed(f"the attacker cannot {do} {more}: {answer}")
        return answer

    def end(self):
        self.child.stdin.close()
        try:
            self.child.wait(20)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


class Disk:
    """What an honest program left on a disk, and what somebody makes of it."""

    def __init__(self, folder):
        self.folder = folder
        self.database = next(pathlib.Path(folder).rglob("board.sqlite"))

    def estate(self):
        with contextlib.closing(sqlite3.connect(self.database)) as rows:
            bodies = [body.hex() for body, in rows.execute("SELECT body FROM transactions ORDER BY position")]
        return {"identity": str(self.folder / "identity.key"), "transactions": bodies}

    def copy(self, folder):
        shutil.copytree(self.folder, folder)
        return Disk(folder)

    def add(self, rows):
        """Rows that no honest program wrote, with a check that is right."""
        with contextlib.closing(sqlite3.connect(self.database)) as database, database:
            for row in rows:
                body = bytes.fromhex(row["body"])
                check = hashlib.blake2b(length(len(body)) + body, digest_size=32).digest()[:8]
                database.execute('INSERT INTO transactions (name, author, sequence, lamport, body, "check") VALUES (?, ?, ?, ?, ?, ?)',
                                 (bytes.fromhex(row["name"]), bytes.fromhex(row["author"]), row["sequence"], row["lamport"], body, check))


def length(count):
    """A count as it stands before bytes (RFC 9000 §16)."""
    for size, mark in ((1, 0), (2, 1), (4, 2)):
        if count < 1 << (8 * size - 2):
            return (count | mark << (8 * size - 2)).to_bytes(size, "big")
    raise ValueError(count)


class Room:
    """Eight who draw on a board with roles, and four who have been there."""

    def __init__(self, folder, role, server):
        self.folder, self.given, self.role = folder, role, role
        self.peers = [ink.new_board(folder / NAMES[0], NAMES[0], rendezvous=server.address)]
        link = self.peers[0].link()
        for name in NAMES[1:]:
            self.peers.append(ink.join_board(link, folder / name, name))
        self.authors = [peer.event("ready")["me"] for peer in self.peers]
        bob = self.peers[1]
        for number, kind in enumerate(("rectangle", "note", "ellipse")):
            bob.draw(f"b{number}", kind=kind, x=100 * number, y=0, w=80, h=80)
        bob.ask("delete", "shape", id="b2")
        links = {"attacker": self.peers[0].ask("invite", "invite", role=role)["link"], "viewer": self.peers[0].ask("invite", "invite", role="viewer")["link"]}
        self.disks, self.devices = {}, {}
        for who in ("attacker", "carrier", "observer", "newcomer"):
            peer = ink.join_board(links.get(who, links["viewer"]), folder / who, who)
            peer.wait("peers", count=len(self.peers))
            peer.wait("delivered")
            self.devices[who] = peer.event("ready")["me"]
            if peer.quit() != 0:
                raise ink.Failed(f"{who} did not end well\n{peer.report()}")
            self.disks[who] = Disk(folder / who)
        self.link = links["attacker"]
        self.drawn = 0
        self.settle()
        self.shapes = {shape["id"]: shape for shape in self.peers[0].state()["shapes"]}
        self.members, self.marks = self.rights(self.peers[0]), [peer.mark for peer in self.peers]

    def scene(self, server):
        return {"link": self.link, "role": ROLES[self.role], "victim": self.authors[1], "rendezvous": f"127.0.0.1:{server.port}",
                **{who: disk.estate() for who, disk in self.disks.items()},
                "targets": [{"address": f"127.0.0.1:{peer.udp_ports()[0]}", "author": author} for peer, author in zip(self.peers, self.authors)]}

    def settle(self):
        """Waits until the eight are equal."""
        ink.wait_until(lambda: len({peer.state()["fingerprint"] for peer in self.peers}) == 1, 30, "the eight boards are equal", 0.2)

    def rights(self, peer):
        """Who may do what, and which invites stand, as one of them tells it."""
        told, own = peer.ask("members", "members"), self.devices.get("attacker")
        # Everybody may have further devices, in his own role, as long as he has one.
        more = lambda who, role: own in who and role == self.role
        return ({member["author"]: member["role"] for member in told["members"] if not more([member.get("person")], member["role"])},
                sorted(invite["invite"] for invite in told["invites"] if not more([invite["by"]], invite["role"])))

    def work(self):
        """Honest work in between."""
        for peer in self.peers[1:4]:
            self.drawn += 1
            name = f"w{self.drawn}"
            self.shapes[name] = peer.draw(name, kind="ellipse", x=40 * self.drawn, y=400, w=32, h=32)["shape"]

    def since(self, index, kind):
        """What one of the eight was told of since the attack began."""
        return [event for _, event in self.peers[index].events[self.marks[index]:] if event.get("event") == kind]

    def rejected(self, index):
        return [event for event in self.since(index, "rejected") if event.get("author") == self.devices["attacker"]]

    def visible(self, allowed):
        """What any of the eight shows or tells that is not their own work, or `allowed`: kinds of shapes, and how many of them the attacker may have."""
        found = []
        for index, peer in enumerate(self.peers):
            found += [f"{peer.label}: {what}" for what in strange(peer.state()["shapes"], self.shapes, allowed)]
            told = [("chat", event["text"]) for event in self.since(index, "chat") if event["text"] != "control"]
            told += [(kind, {key: value for key, value in event.items() if key != "event"})
                     for kind in ("gesture", "rights", "chats_gone", "fork", "laser", "view", "look_here", "text")
                     for event in self.since(index, kind) if (kind, event.get("author")) != ("fork", self.devices["attacker"])]
            told += [("name", event["name"]) for event in self.since(index, "peer") if event["name"] == "mine"]
            told += [("role", event["role"]) for event in self.since(index, "peer")
                     if event.get("author") in self.devices.values() and event.get("role") not in (None, self.given, "viewer")]
            # What was taken away again was seen.
            told += [("shape", event["shape"].get("text", "")) for event in self.since(index, "shape")
                     if event.get("author") in self.devices.values() and event["shape"].get("text") != "control"]
            found += [f"{peer.label}: {kind} {what}" for kind, what in told]
            if (now := self.rights(peer)) != self.members:
                found.append(f"{peer.label}: rights {now}, before {self.members}")
        return found

    def saved(self, allowed):
        """The same, of what each has on its disk, once all have ended."""
        found = []
        for peer in self.peers:
            peer.send("quit")
        for peer in self.peers:
            ended = peer.wait_exit(30)
            if ended:
                found.append(f"{peer.label} ended with {ended}")
            status, text, errors = ink.run(["export", "sketch", "-o", "-", "--format", "json"], data=self.folder / peer.label, name=peer.label)
            if status:
                found.append(f"{peer.label}: no export: {errors}")
            else:
                found += [f"{peer.label}, from disk: {what}" for what in strange(json.loads(text)["shapes"], self.shapes, allowed)]
        return found


def strange(shapes, honest, allowed):
    """What of these is not as the honest drew it."""
    left, found = dict(allowed), []
    names = set(honest)
    for shape in shapes:
        known = honest.get(shape["id"])
        names.discard(shape["id"])
        if known is None and shape.get("text") == "control" and left.get(shape["kind"], 0):
            left[shape["kind"]] -= 1
        elif known is None:
            found.append(f"a {shape['kind']} {shape.get('text', '')}")
        elif any(shape.get(key) != known.get(key) for key in {*shape, *known} - {"author", "t_ms"}):
            found.append(f"{shape['id']} is changed")
    found += [f"{name} is gone" for name in names]
    return found + [f"a {kind} that is allowed is not there" for kind, count in left.items() if count]
