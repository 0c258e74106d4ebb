"""Who may not write tries it: a viewer, a commenter and one who was removed, each with a program that was changed, against eight with honest ones.

Beside him stand three more of his kind: a carrier, a viewer who brings to others what he signed, and an observer and a newcomer, viewers whom he never
meets: what of his comes to them was passed on by the eight. What may be written is tried, too, so that it shows that all these roads are open.
"""

import collections
import time

import inkwire_process as ink
from adversary_room import NAMES, Play, Room

DRAFTS = [{"kind": kind, "x": 0, "y": 0, **({"points": [[0, 0], [80, 80]]} if kind in ("line", "arrow", "freehand") else
                                          {"text": "mine"} if kind == "text" else {"w": 80, "h": 80})}
          for kind in ("rectangle", "ellipse", "diamond", "line", "arrow", "text", "note", "freehand")]
WAYS = ("live", "history", "asked", "compared")
# What an honest program says that may not be done, or of its own work that there is none to take back.
REFUSALS = {"not_allowed", "not_owner", "no_right", "nothing_to_undo", "nothing_to_redo", "no_such_shape"}


class Tries:
    """How often what was tried."""

    def __init__(self):
        self.routes, self.kinds = collections.defaultdict(collections.Counter), collections.Counter()

    def note(self, route, answer, way=""):
        self.routes[route][way] += sum(answer["tries"].values())
        self.kinds.update({kind: count for kind, count in answer["tries"].items() if count})
        return answer["figures"]

    def count(self, route, kind, number=1):
        self.routes[route][""] += number
        self.kinds[kind] += number

    def __str__(self):
        total = sum(sum(ways.values()) for ways in self.routes.values())
        routes = (f"{route} {sum(ways.values())}" + (f" ({', '.join(f'{way} {count}' for way, count in ways.items())})" if len(ways) > 1 else "")
                  for route, ways in self.routes.items())
        return f"{total} tries of {len(self.kinds)} kinds: " + ", ".join(routes)


def honest_program(room, tries, row, disk, rows, route, believes=False):
    """An honest program is opened on the attacker's disk, with rows that no honest one wrote, and told to do all that it may not.

    `believes`: its own disk says that it may, and nothing but what others make of it counts.
    """
    disk.add(rows)
    peer = ink.open_board("sketch", disk.folder, "attacker")
    try:
        is_in = room.role != "removed"
        if is_in:
            peer.wait("peers", count=len(room.peers), timeout=20)
        elif not believes:
            peer.event("rights", role=None, timeout=20)
        else:
            # He is told why, or where he goes on under a new key, or his device rests, that he is not let in.
            peer.await_condition(lambda: next((True for _, event in peer.events if event["event"] in ("not_admitted", "rights")), None), 20, "a refusal")
        shapes = [shape["id"] for shape in room.peers[0].state()["shapes"]][:2]
        orders = [("draw", {"shape": draft}) for draft in DRAFTS if room.role != "commenter" or draft["kind"] != "note"]
        orders += [("stroke", {"x": 0, "y": 0, "points": [[0, 0], [8, 8]], "over_ms": 50}), ("delete", {"id": shapes[0]}), ("undo", {}), ("redo", {}),
                   ("move", {"id": shapes[0], "by": [8, 8]}), ("group", {"ids": shapes}), ("order", {"ids": shapes[1:], "to": "back"}),
                   ("align", {"ids": shapes, "to": "left"}), ("duplicate", {"ids": shapes}), ("invite", {"role": "editor"}),
                   ("grant", {"who": room.devices["attacker"], "role": "owner"}), ("remove", {"who": room.authors[1]})]
        orders += [("set", {"id": shapes[0], "set": values}) for values in ({"x": 4}, {"text": "mine"}, {"stroke": "#D55E00"}, {"fill": "#D55E00"}, {"w": 9})]
        if room.role != "commenter":
            orders.append(("say", {"text": "mine"}))
        answers = collections.Counter()
        for do, fields in orders:
            answer = ask(peer, do, fields)
            tries.count("an honest program's commands", f"command {do}")
            answers["refused" if answer.get("code") in REFUSALS else "taken"] += 1
            if not believes:
                row.demand(answer.get("code") in REFUSALS, f"an honest program took {do} {fields}: {str(answer)[:100]}")
        row.say(f"{route}: {len(rows)} rows, {answers['refused']} of {len(orders)} commands refused")
        tries.count("rows on a disk", "a row", len(rows))
        if believes and is_in:
            row.demand(answers["taken"], "its disk says that it may, and the program does not believe it")
        # What it has to tell it has told.
        time.sleep(2)
    finally:
        peer.quit()


def ask(peer, do, fields):
    """The first answer to a command."""
    after, reference = peer.mark, peer.send(do, **fields)
    return peer.await_condition(lambda: next((event for _, event in peer.events[after:] if event.get("ref") == reference), None), 15, f"an answer to {do}")


def attack_as_member(play, room, tries, row):
    """A viewer, or a commenter, whose right stands."""
    everybody = list(range(len(room.peers)))
    last = everybody[-1]
    figures = play.order("meet", who="attacker", direct=[last])["figures"]
    row.demand(figures["sessions"] == 1, "the attacker did not get in")
    for way in WAYS:
        figures = tries.note("to one", play.order("try", who="attacker", way=way), way)
        row.demand(figures["judged"] == figures["passed_on"] == 1, f"to one, {way}: what is allowed was not taken and passed on: {figures}")
    row.demand(room.rejected(last), "the one to whom all was given refused nothing")
    told = [NAMES[index] for index in everybody[:-1] if room.rejected(index)]
    row.demand(not told, f"passed on to {told}")
    room.work()
    play.order("leave", who="attacker")
    figures = play.order("meet", who="attacker", direct=everybody)["figures"]
    row.demand(figures["sessions"] == len(everybody), f"the attacker is with {figures}")
    allowed = {}
    if room.role == "commenter":
        for what in ("note", "words"):
            play.order("control", who="attacker", what=what)
        allowed["note"] = 1
    for way in WAYS:
        figures = tries.note("to all", play.order("try", who="attacker", way=way), way)
        row.demand(figures["judged"] == len(everybody), f"{way}: not judged by all: {figures}")
        row.demand(way not in ("asked", "compared") or figures["asked" if way == "asked" else "wanted"] >= len(everybody), f"{way}: nobody asked: {figures}")
    tries.note("gestures", play.order("gestures"))
    row.demand(all(room.since(index, "cursor") for index in everybody), "not all saw the pointer that is allowed")
    room.work()
    tries.note("words", play.order("words"))
    play.order("leave", who="attacker")
    figures = play.order("meet", who="attacker", relayed=everybody)["figures"]
    row.demand(figures["relayed"] == len(everybody), f"over the relay the attacker is with {figures}")
    for way in ("live", "history"):
        figures = tries.note("over the relay", play.order("try", who="attacker", way=way), way)
        row.demand(figures["judged"] == len(everybody), f"relayed, {way}: not judged by all: {figures}")
    play.order("leave", who="attacker")
    for way in WAYS:
        tries.note("by another", play.order("try", who="carrier", way=way), way)
    return allowed


def attack_after_removal(play, room, tries, row):
    """One who drew as an editor, is removed, and goes on: as if before, and after."""
    everybody = list(range(len(room.peers)))
    half = len(everybody) // 2
    figures = play.order("meet", who="attacker", direct=everybody[:half], relayed=everybody[half:])["figures"]
    row.demand((figures["sessions"], figures["relayed"]) == (len(everybody), half), f"the attacker is with {figures}")
    figures = play.order("control", who="attacker", what="rectangle")["figures"]
    row.demand(figures["judged"] == len(everybody) and figures["passed_on"] == 1, f"what he drew as an editor did not come: {figures}")
    room.settle()
    begun = time.monotonic()
    room.peers[0].ask("remove", "done", who=room.devices["attacker"])
    for peer in room.peers:
        ink.wait_until(lambda: room.devices["attacker"] not in room.rights(peer)[0], 10, f"{peer.label} knows of the removal", 0.02)
    room.members = room.rights(room.peers[0])
    room.role = "removed"
    row.say(f"known to all after {time.monotonic() - begun:.2f} s")
    play.order("removed")
    tries.note("words", play.order("words"))
    # Before he knocks so often that his device has to rest: he is told then, and can do nothing.
    honest_program(room, tries, row, room.disks["attacker"].copy(room.folder / "plain"), [], "his own disk")
    for is_late in (False, True):
        when = "after" if is_late else "beside"
        for way in WAYS:
            tries.note("knocking", play.order("try", who="attacker", way=way, isBackdated=not is_late), way)
            only = tries.note("by another to one", play.order("try", who="carrier", way=way, isBackdated=not is_late, only=everybody[-1]), f"{when} {way}")
            row.demand(only["sessions"] == 1, f"the carrier is not with one: {only}")
        told = [NAMES[index] for index in everybody[:-1] if room.rejected(index)]
        row.demand(room.rejected(everybody[-1]), "the one to whom all was given refused nothing")
        row.demand(not told, f"passed on to {told}")
    room.work()
    for is_late in (False, True):
        for way in WAYS:
            figures = tries.note("by another to all", play.order("try", who="carrier", way=way, isBackdated=not is_late), f"{'after' if is_late else 'beside'} {way}")
            row.demand(figures["judged"] == len(everybody), f"carried, {way}: not judged by all: {figures}")
    # What lies beside the removal is in order, and kept: it counts for nothing.
    row.demand(all(any(event["rule"].startswith("rights:") for event in room.rejected(index)) for index in everybody), "not all have what he wrote beside it")
    tries.note("a further device", play.order("device"))
    room.work()
    figures = play.order("meet", who="attacker", relayed=everybody)["figures"]
    row.demand(figures["sessions"] == 0, f"who was removed is in the room: {figures}")
    play.order("leave", who="attacker")
    return {"rectangle": 1}


def role_writes(row, folder, options, role):
    """`role`: viewer, commenter, or editor, who is removed."""
    server = ink.Rendezvous()
    play, tries = None, Tries()
    try:
        room = Room(folder, role, server)
        play = Play(options.member, room.scene(server))
        everybody = list(range(len(room.peers)))
        for who in ("carrier", "observer"):
            figures = play.order("meet", who=who, direct=everybody)["figures"]
            row.demand(figures["sessions"] == len(everybody), f"the {who} is with {figures}")
        attack = attack_after_removal if role == "editor" else attack_as_member
        allowed = attack(play, room, tries, row)
        rows = play.order("rows")["rows"]
        lying = room.disks["attacker"].copy(folder / "lying")
        # Who was removed, and whose disk has two of his of one number, draws on under a new key, and nobody lets that in.
        honest_program(room, tries, row, room.disks["attacker"], [one for one in rows if one["kind"] == "row"], "doctored disk", role == "editor")
        honest_program(room, tries, row, lying, [one for one in rows if one["kind"] == "gift"], "disk that lies to its own program", True)
        noted = sum(play.order("note", transactions=disk.estate()["transactions"])["figures"]["noted"] for disk in (room.disks["attacker"], lying))
        row.demand(noted > 0 or role == "editor", "the honest program wrote nothing under the lie of its disk")
        room.work()
        room.settle()
        newcomer = play.order("newcomer")["figures"]
        row.demand(newcomer["sessions"] == len(everybody) and newcomer["brought"] > 0, f"a newcomer is not given the board: {newcomer}")
        report = play.order("report")
        figures, passed_on = report["figures"], {kind: len(bringers) for kind, bringers in report["passedOn"].items()}
        visible = room.visible(allowed) + room.saved(allowed)
        row.say(str(tries))
        row.say(f"visible {len(visible)} at eight; passed on {len(passed_on)} of {figures['forbidden']} to those who brought {figures['brought']} of others, "
                f"and on asking by name {newcomer['asked_for']} times eight")
        row.demand(not visible, f"visible: {visible[:12]}")
        row.demand(not passed_on, f"passed on, by how many: {dict(list(passed_on.items())[:12])}")
        if options.kinds:
            row.say("by kind: " + ", ".join(f"{kind} {count}" for kind, count in sorted(tries.kinds.items())))
    finally:
        if play:
            play.end()
    return row
