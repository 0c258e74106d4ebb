"""The rows of tools/natlab that are stories: what happens to two, three or thirty-two people while they draw."""

import contextlib
import json
import random
import socket
import struct
import subprocess
import threading
import time

import inkwire_process as ink
import natlab_net as net

OPERATIONS_A_SECOND = 10
SAMPLES_A_SECOND = 30
STROKE_SECONDS = 12


class Row:
    """What one row showed: figures in the order of the table's columns, what of the promise was not kept, and lines to quote."""

    def __init__(self, name, figures, wrong, quotes=()):
        self.name, self.figures, self.wrong, self.quotes = name, figures, wrong, quotes


class People:
    """Programs of one story, each in its machine; all are ended with it."""

    def __init__(self, world):
        self.world, self.peers = world, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for peer in self.peers:
            peer.kill()

    def new(self, machine, name="host", rendezvous=None, arguments=()):
        peer = ink.Peer(["new", "lab", "--peer", *arguments], data=self.world.folder.fresh(name), name=name,
                        rendezvous=rendezvous or self.world.rendezvous, wrapper=machine.enter)
        self.peers.append(peer)
        peer.event("ready")
        peer.event("rendezvous", state="connected")
        return peer

    def join(self, machine, link, name="joiner", data=None, arguments=()):
        peer = ink.Peer(["join", "--peer", *arguments], data=data or self.world.folder.fresh(name), name=name, code=link, wrapper=machine.enter)
        self.peers.append(peer)
        return peer

    def open(self, machine, board, data, name="joiner"):
        peer = ink.Peer(["peer", board], data=data, name=name, rendezvous=self.world.rendezvous, wrapper=machine.enter)
        self.peers.append(peer)
        return peer

    def pair(self, host_machine, joiner_machine):
        """A host and a joiner who see each other."""
        host = self.new(host_machine)
        joiner = self.join(joiner_machine, host.link())
        for peer in (host, joiner):
            peer.wait("peers", count=1, timeout=10)
        return host, joiner


def came(condition, seconds):
    """Waits for something that may not come; whether it came."""
    with contextlib.suppress(ink.Failed):
        ink.wait_until(condition, seconds, "it")
        return True
    return False


def let_pass(seconds):
    """Time in which something must go on, or fail to come: it is the subject here, no guess at how long something takes."""
    time.sleep(seconds)


def is_there(event):
    """Whether an event tells of a path to somebody with whom a session lives; `joining` names the path that is tried."""
    return event.get("event") == "peer" and event.get("state") in ("joined", "idle", "away") and bool(event.get("path"))


def path_of(peer):
    """The path that a program told last."""
    return next((event["path"] for _, event in reversed(list(peer.events)) if is_there(event)), None)


def largest_gap(times, begin, end):
    inside = [begin, *(when for when in sorted(times) if begin < when < end), end]
    return max(later - earlier for earlier, later in zip(inside, inside[1:]))


class Operations:
    """One draws ten shapes a second, another sees them."""

    def __init__(self, source, target, prefix="op"):
        self.source, self.target, self.prefix = source, target, prefix
        self.sent, self.is_over = {}, threading.Event()
        self.thread = threading.Thread(target=self.draw, daemon=True)
        self.thread.start()

    def draw(self):
        number, due = 0, time.perf_counter()
        while not self.is_over.wait(max(0, due - time.perf_counter())):
            identifier = f"{self.prefix}-{number}"
            self.sent[identifier] = time.perf_counter()
            self.source.send("draw", id=identifier, ref=None, shape={"kind": "rectangle", "x": number % 100 * 8, "y": 8, "w": 8, "h": 8})
            number, due = number + 1, due + 1 / OPERATIONS_A_SECOND

    def stop(self):
        self.is_over.set()
        self.thread.join()

    @property
    def arrived(self):
        """When each operation was told at the other side first."""
        seen = {}
        for when, event in list(self.target.events):
            if event.get("event") == "shape" and event.get("change") == "added":
                name = event["id"].split("@")[0]
                if name in self.sent:
                    seen.setdefault(name, when)
        return seen

    @property
    def lost(self):
        return len(set(self.sent) - set(self.arrived))

    def rest(self, seconds):
        """Waits until all have arrived; the number that did not."""
        with contextlib.suppress(ink.Failed):
            ink.wait_until(lambda: not self.lost, seconds, "all operations", interval=0.2)
        return self.lost


def start_stroke(peer, seconds, identifier="live"):
    points = [[number, number % 40] for number in range(int(seconds * SAMPLES_A_SECOND) + 1)]
    peer.send("stroke", id=identifier, x=0, y=100, points=points, over_ms=int(seconds * 1000))


def gestures(peer, begin, end):
    """When a live sample of another was shown."""
    return [when for when, event in list(peer.events)
            if event.get("event") == "gesture" and event.get("state") != "ended" and begin <= when <= end]


def equal_after(seconds, *peers):
    """Seconds until all have equal fingerprints; None if they do not."""
    began = time.perf_counter()
    with contextlib.suppress(ink.Failed):
        ink.wait_until(lambda: len({peer.state()["fingerprint"] for peer in peers}) == 1, seconds, "equal boards", interval=0.2)
        return time.perf_counter() - began
    return None


# MARK: roam

def forget_flows(router):
    """Empties a router's table of flows: what comes next gets a mapping as if it were new."""
    with router.inside(), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as netlink:  # NETLINK_NETFILTER
        # IPCTNL_MSG_CT_DELETE without a tuple, for any family; asks for an answer.
        netlink.send(struct.pack("=IHHII", 20, 1 << 8 | 2, 1 | 4, 1, 0) + struct.pack("=BBH", socket.AF_UNSPEC, 0, 0))
        answer = netlink.recv(4096)
        code = struct.unpack("=i", answer[16:20])[0]
        if code:
            raise OSError(-code, "the table of flows cannot be emptied")


class Ports:
    """Gives a router another range of outer ports each time, as one does that lost its mappings."""

    def __init__(self):
        self.turn = 0

    def rebind(self, site):
        self.turn += 1
        first = 20000 + 1000 * self.turn
        router = site.routers[0]
        router.rules(f"""flush chain ip nat postrouting
add rule ip nat postrouting oifname "wan" meta l4proto udp masquerade to :{first}-{first + 999}
add rule ip nat postrouting oifname "wan" masquerade
""")
        forget_flows(router)


def renumber(machine, interface, uplink, host):
    """Another public address of the same uplink."""
    machine.ip(f"addr flush dev {interface} scope global", *uplink.addresses(interface, True, False, host))


def second_network(world, site):
    """Another connection of the same machine by another router, not in use yet; what switches to it."""
    router = world.machine("second router", forwards=True)
    uplink = world.plug(router, "wan", world.rtt_ms / 4)
    router.ip(*uplink.addresses("wan", True, False))
    net.connect(router, "lan", site.client, "eth1")
    router.ip(f"addr add 10.{uplink.number}.0.1/24 dev lan")
    router.rules(net.v4_rules("port"))
    site.client.ip(f"addr add 10.{uplink.number}.0.2/24 dev eth1", f"route add default via 10.{uplink.number}.0.1 metric 100")
    return lambda: site.client.ip("link set dev eth0 down")


def block_udp(world, family):
    world.internet.rules(f"table {family} cut {{\n chain forward {{\n type filter hook forward priority 0\n meta l4proto udp drop\n }}\n}}\n")


def roaming(world, name, host_kind, joiner_kind, change, turns=1, between=10.0, before=None, seconds=STROKE_SECONDS):
    """Operations one way and a live stroke the other way, in the middle of which something changes."""
    host_site, joiner_site = world.make_site("host", host_kind), world.make_site("joiner", joiner_kind)
    prepared = before(host_site, joiner_site) if before else None
    with People(world) as people:
        host, joiner = people.pair(host_site.client, joiner_site.client)
        # The story begins on the path that will be kept.
        came(lambda: path_of(host) == "direct" and path_of(joiner) == "direct", 6)
        if callable(prepared):
            prepared = prepared()
        operations = Operations(host, joiner)
        start_stroke(joiner, seconds)
        begin = time.perf_counter()
        host.event("gesture", timeout=10)
        ink.wait_until(lambda: time.perf_counter() > begin + 4, 10, "the middle of the stroke")
        changed = time.perf_counter()
        for turn in range(turns):
            until = changed + turn * between
            ink.wait_until(lambda: time.perf_counter() >= until, between + 5, "the next change", interval=0.005)
            if change:
                change(host_site, joiner_site)
        end = begin + seconds
        ink.wait_until(lambda: time.perf_counter() > end + 2, seconds + 10, "the end of the stroke")
        operations.stop()
        lost = operations.rest(70)
        arrived = list(operations.arrived.values())
        gap = largest_gap(arrived, changed - 0.5, max(arrived)) if arrived else None
        live = gestures(host, begin, end)
        same = equal_after(20, host, joiner)
        return {"gap": gap, "lost": lost, "sent": len(operations.sent), "live": len(live), "expected": int(seconds * SAMPLES_A_SECOND),
                "live_gap": largest_gap(live, min(live, default=begin), end), "equal": same, "paths": (path_of(host), path_of(joiner))}


def new_address(_, joiner):
    renumber(joiner.client, "eth0", joiner.uplink, 3)


def new_outer_address(_, joiner):
    renumber(joiner.routers[0], "wan", joiner.uplink, 3)


def both_new(host, joiner):
    renumber(host.routers[0], "wan", host.uplink, 3)
    renumber(joiner.client, "eth0", joiner.uplink, 3)


def roam_rows(world):
    ports = Ports()
    switch = {}

    def prepare_lte(_, joiner):
        switch["go"] = second_network(world, joiner)

    def prepare_v4_rendezvous(host, joiner):
        world.name_rendezvous(world.rendezvous_uplink.v4())
        return prepare_v4(host, joiner)

    def prepare_v4(_, __):
        # They meet by IPv4 because nothing else passes; then IPv6 is open for so long that both may know it.
        block_udp(world, "ip6")

        def opened():
            world.internet.rules("delete table ip6 cut\n")
            let_pass(12)
        return opened

    def lose_v4(_, joiner):
        world.internet.rules(f"table ip gone {{\n chain forward {{\n type filter hook forward priority 0\n iifname \"{joiner.uplink.port}\" drop\n"
                             f" oifname \"{joiner.uplink.port}\" drop\n }}\n}}\n")

    return {
        "nothing": (dict(host_kind="port", joiner_kind="port", change=None), 0.5, 0.9),
        "rebinding": (dict(host_kind="port", joiner_kind="port", change=lambda _, joiner: ports.rebind(joiner)), 1.5, None),
        "rebinding-5": (dict(host_kind="port", joiner_kind="port", change=lambda _, joiner: ports.rebind(joiner), turns=5, seconds=60), 1.5, 0.9),
        "new-address": (dict(host_kind="port", joiner_kind="none", change=new_address), 2.0, None),
        "new-outer-address": (dict(host_kind="port", joiner_kind="port", change=new_outer_address), 2.0, None),
        "wifi-lte": (dict(host_kind="port", joiner_kind="port", change=lambda *_: switch["go"](), before=prepare_lte), 2.0, None),
        "both": (dict(host_kind="port", joiner_kind="none", change=both_new), 2.0, None),
        "v4-lost": (dict(host_kind="dualport", joiner_kind="dualport", change=lose_v4, before=prepare_v4), 2.0, None),
        # The rendezvous goes with it: new addresses can be told inside the session alone, and before.
        "v4-lost-all": (dict(host_kind="dualport", joiner_kind="dualport", change=lose_v4, before=prepare_v4_rendezvous), 2.0, None),
    }


def roam(world, name):
    arguments, gap_limit, share_limit = roam_rows(world)[name]
    seen = roaming(world, name, **arguments)
    wrong = []
    share = seen["live"] / seen["expected"]
    if seen["gap"] is None or seen["gap"] > gap_limit:
        wrong.append(f"operations stood still, {gap_limit:g} s are promised")
    if seen["lost"]:
        wrong.append(f"{seen['lost']} operations lost")
    if share_limit and share < share_limit:
        wrong.append(f"{share:.0%} of the live samples, {share_limit:.0%} are promised")
    # What goes on has no longer hole than operations may have.
    if seen["live_gap"] > gap_limit:
        wrong.append("the live stroke did not go on")
    if seen["equal"] is None:
        wrong.append("the boards differ")
    return Row(name, [figure(seen["gap"]), f"{seen['lost']}/{seen['sent']}", f"{share:.0%}", figure(seen["live_gap"]), figure(seen["equal"]),
                      "/".join(map(str, seen["paths"]))], wrong)


ROAM_COLUMNS = ["stall of operations, s", "lost/sent", "live samples", "longest hole in the stroke, s", "equal after, s", "path host/joiner"]


def figure(value):
    return "–" if value is None else f"{value:.2f}"


# MARK: interfaces

def add_bridges(machine, count):
    """Networks without anybody, as containers leave them. A bridge without ports is what every kernel has."""
    lines = []
    for number in range(count):
        lines += [f"link add name br{number} type bridge", f"link set dev br{number} up",
                  f"addr add 172.{17 + number % 15}.{16 * (number // 15)}.1/20 dev br{number}"]
    if lines:
        machine.ip(*lines)


class Lan:
    """Some machines on one wire, behind one port-restricted router without hairpin."""

    def __init__(self, world, router_address, addresses, label="lan"):
        self.router = world.machine(f"{label}-router", v6=True, forwards=True)
        uplink = world.plug(self.router, "wan", world.rtt_ms / 4)
        self.router.ip(*uplink.addresses("wan", True, True), "link add name lan type bridge", "link set dev lan up",
                       f"addr add {router_address} dev lan" + (" nodad" if ":" in router_address else ""))
        # What crosses the bridge is no matter of the router's rules.
        with contextlib.suppress(FileNotFoundError):
            self.router.settings({"bridge/bridge-nf-call-iptables": 0})
        self.router.rules(net.v4_rules("port"))
        self.clients = []
        for number, address in enumerate(addresses):
            client = world.machine(f"{label}-{number}", v6=True)
            net.connect(self.router, f"l{number}", client, "eth0")
            gateway = router_address.split("/")[0]
            self.router.ip(f"link set dev l{number} master lan")
            client.ip(f"addr add {address} dev eth0" + (" nodad" if ":" in address else ""),
                      f"route add {'::/0' if ':' in address else 'default'} via {gateway}")
            self.clients.append(client)


def interfaces_row(world, name, idle):
    """`nat-N` and `lan-N`: so many networks more at both sides; `mesh-…`: three members of a wide network; `idle`."""
    kind, _, rest = name.partition("-")
    if kind == "mesh":
        return mesh_row(world, name, rest)
    if kind == "idle":
        return idle_row(world, name, idle)
    count = int(rest)
    if kind == "nat":
        machines = [world.make_site("host", "port").client, world.make_site("joiner", "port").client]
    else:
        machines = Lan(world, "192.168.1.1/24", ["192.168.1.10/24", "192.168.1.11/24"]).clients
    for machine in machines:
        add_bridges(machine, count)
    with People(world) as people, contextlib.ExitStack() as stack:
        host = people.new(machines[0])
        link = host.link()
        capture = stack.enter_context(contextlib.closing(net.Capture(machines[1], "eth0")))
        joiner = people.join(machines[1], link)
        joiner.send("draw", id="first", shape={"kind": "rectangle", "x": 8, "y": 8, "w": 80, "h": 48})
        met = None
        with contextlib.suppress(ink.Failed):
            met = host.timed_event("shape", timeout=8, matching=lambda event: event["id"].startswith("first"))[0] - joiner.started
        is_direct = came(lambda: path_of(host) == "direct" and path_of(joiner) == "direct", 3)
        ink.wait_until(lambda: time.perf_counter() > joiner.started + 3, 5, "three seconds")
        sent = len(capture.datagrams(joiner.started + 3))
    wrong = ["not met"] if met is None else (["0.5 s are promised"] if met > 0.5 else [])
    wrong += [] if is_direct else ["not direct"]
    wrong += [f"{sent} datagrams, 40 are promised"] if sent > 40 else []
    return Row(name, [figure(met), path_of(joiner) or "–", str(sent), ""], wrong)


MESHES = {
    "16": ("10.7.0.1/16", ["10.7.1.2/16", "10.7.2.2/16", "10.7.200.2/16"]),
    "cgnat": ("100.64.0.1/10", ["100.64.1.2/10", "100.80.2.2/10", "100.127.3.2/10"]),
    "ula": ("fd00::1/48", ["fd00:0:0:1::2/48", "fd00:0:0:2::2/48", "fd00:0:0:3::2/48"]),
}


def mesh_row(world, name, which):
    router, addresses = MESHES[which]
    lan = Lan(world, router, addresses)
    with People(world) as people, contextlib.ExitStack() as stack:
        # The rendezvous is inside, as where a LAN has no way out: no outer address tells two members that they are behind one router.
        server = ink.Process(["serve", "--listen", "[::]:4300"], stdin=subprocess.DEVNULL, label="serve", wrapper=lan.router.enter)
        stack.callback(server.kill)
        place = router.split("/")[0]
        address = f"ws://[{place}]:4300" if ":" in place else f"ws://{place}:4300"
        host = people.new(lan.clients[0], rendezvous=address)
        link = host.link()
        began = time.perf_counter()
        members = [host, *(people.join(machine, link, name=f"joiner{number}") for number, machine in enumerate(lan.clients[1:]))]

        def direct_peers(peer):
            last = {event["peer"]: event["path"] if is_there(event) else None for event in peer.events_named("peer")}
            return sum(path == "direct" for path in last.values())

        is_whole = came(lambda: all(direct_peers(member) == 2 for member in members), 8)
        seconds = time.perf_counter() - began
        pairs = sum(map(direct_peers, members))
    return Row(name, [figure(seconds if is_whole else None), f"{pairs} of 6 ways direct", "", ""], [] if is_whole else ["the mesh is not whole"])


def idle_row(world, name, idle):
    """Connected, behind two routers, and nobody does anything: what goes where nobody is?"""
    sites = [world.make_site("host", "port"), world.make_site("joiner", "port")]
    known = {world.rendezvous_uplink.v4(), world.rendezvous_uplink.v6(), *(site.uplink.v4() for site in sites)}
    with People(world) as people, contextlib.ExitStack() as stack:
        people.pair(sites[0].client, sites[1].client)
        # Looking for each other is over by now.
        let_pass(5)
        captures = [stack.enter_context(contextlib.closing(net.Capture(site.client, "eth0"))) for site in sites]
        let_pass(idle)
        stray = [entry for capture in captures for entry in capture.datagrams() if entry[1] not in known]
        all_bytes = sum(entry[4] for capture in captures for entry in capture.datagrams())
    total, targets = sum(entry[4] for entry in stray), sorted({entry[1] for entry in stray})
    return Row(name, ["", "", "", f"{total} B to {', '.join(targets) or 'nobody'}, {all_bytes} B in all, {idle:g} s"],
               [f"{total} bytes where no peer lives"] if total else [])


INTERFACES = ["nat-0", "nat-14", "nat-20", "nat-60", "lan-0", "lan-14", "lan-20", "lan-60", "mesh-16", "mesh-cgnat", "mesh-ula", "idle"]
INTERFACES_COLUMNS = ["met, s", "path", "datagrams in 3 s", "bytes where nobody is"]


# MARK: outage

def silence(world, *addresses):
    """From now on no packet to or from these addresses of the rendezvous passes; all, where none is named."""
    rules = []
    for family, marker in (("ip", "."), ("ip6", ":")):
        mine = [address for address in addresses if marker in address]
        lines = ["drop"] if not addresses else [f"{family} {side} {{ {', '.join(mine)} }} drop" for side in ("daddr", "saddr")] if mine else []
        if family == "ip6" and not addresses:
            lines = ["meta l4proto { tcp, udp } drop"]
        for hook in ("input", "output"):
            body = "\n ".join(lines)
            rules.append(f"table {family} silence {{\n chain {hook} {{\n type filter hook {hook} priority 0\n {body}\n }}\n}}\n")
    world.rendezvous_machine.rules("".join(rules))


def speak(world):
    world.rendezvous_machine.rules("delete table ip silence\ndelete table ip6 silence\n")


def connections(world, address):
    """How many WebSockets the rendezvous holds at this address."""
    listed = world.rendezvous_machine.run("ss", "-Htn", "state", "established")
    local = [line.split()[2] for line in listed.splitlines() if len(line.split()) >= 4]
    return sum(place.endswith(f"{address}:{net.RENDEZVOUS_PORT}") or place.endswith(f"{address}]:{net.RENDEZVOUS_PORT}") for place in local)


def moved(world, name, kinds, limit):
    """The name means another address from now on, and the old one answers nothing."""
    uplink = world.rendezvous_uplink
    with People(world) as people:
        machines = [world.make_site(f"site{number}", kind).client for number, kind in enumerate(kinds)]
        if len(machines) == 1:
            people.new(machines[0])
        else:
            host, joiner = people.pair(*machines)
            if limit == 45:
                came(lambda: path_of(host) == "direct" and path_of(joiner) == "direct", 5)
        let_pass(5)
        world.name_rendezvous(uplink.v4(3), uplink.v6(3))
        silence(world, uplink.v4(2), uplink.v6(2))
        began = time.perf_counter()
        is_back = came(lambda: connections(world, uplink.v4(3)) + connections(world, uplink.v6(3)) >= len(machines), 90)
        seconds = time.perf_counter() - began
    wrong = [] if is_back and seconds <= limit else [f"{limit} s are promised"]
    return Row(name, [figure(seconds if is_back else None), ""], wrong)


def newcomer(world, name, seconds=60):
    """Somebody comes right after an outage."""
    with People(world) as people:
        machines = [world.make_site("host", "port").client, world.make_site("joiner", "port").client]
        host = people.new(machines[0])
        link = host.link()
        let_pass(3)
        mark = host.mark
        silence(world)
        let_pass(seconds)
        told = [event["state"] for event in host.events_named("rendezvous")]
        speak(world)
        began = time.perf_counter()
        back = None
        if told[-1] != "connected":
            with contextlib.suppress(ink.Failed):
                back = host.timed_event("rendezvous", timeout=60, after=mark, state="connected")[0] - began
        joiner = people.join(machines[1], link)
        joiner.send("draw", id="first", shape={"kind": "rectangle", "x": 8, "y": 8, "w": 80, "h": 48})
        met = None
        with contextlib.suppress(ink.Failed):
            met = host.timed_event("shape", timeout=40, matching=lambda event: event["id"].startswith("first"))[0] - joiner.started
    return Row(name, [figure(met), f"host back after {figure(back)} s"], [] if met is not None and met <= 1 else ["1 s is promised"])


def dead(world, name):
    """No rendezvous at all, and two who met before."""
    with People(world) as people:
        machines = [world.make_site("host", "none").client, world.make_site("joiner", "port").client]
        host = people.new(machines[0])
        data = world.folder.fresh("again")
        joiner = people.join(machines[1], host.link(), data=data)
        joiner.wait("peers", count=1)
        joiner.draw("before", kind="rectangle", x=8, y=8, w=80, h=48)
        joiner.wait("delivered")
        joiner.quit()
        world.server.kill()
        let_pass(3)
        again = people.open(machines[1], "lab", data)
        again.send("draw", id="again", shape={"kind": "rectangle", "x": 8, "y": 80, "w": 80, "h": 48})
        met = None
        with contextlib.suppress(ink.Failed):
            met = host.timed_event("shape", timeout=20, matching=lambda event: event["id"].startswith("again"))[0] - again.started
    world.serve()
    return Row(name, [figure(met), ""], [] if met is not None and met <= 2 else ["2 s are promised"])


def restart(world, name, count=8):
    """The rendezvous is killed and started anew under pairs that draw, as many relayed as direct."""
    sites = {"direct": [world.make_site(side, "port") for side in "ab"], "relay": [world.make_site(side, "sym") for side in "ab"]}
    with People(world) as people:
        flows = {"direct": [], "relay": []}
        wrong = []
        for path, (left, right) in sites.items():
            for number in range(count):
                try:
                    host, joiner = people.pair(left.client, right.client)
                except ink.Failed:
                    wrong.append(f"a pair by {path} did not meet")
                    break
                came(lambda: (path_of(joiner) or "").startswith(path), 5)
                flows[path].append(Operations(host, joiner, f"{path}{number}"))
        let_pass(3)
        changed = time.perf_counter()
        world.server.kill()
        world.serve()
        let_pass(10)
        texts = []
        for path, limit in (("direct", 0.5), ("relay", 2.0)):
            gaps, lost = [], 0
            for flow in flows[path]:
                flow.stop()
            for flow in flows[path]:
                lost += flow.rest(40)
                arrived = list(flow.arrived.values())
                gaps.append(largest_gap(arrived, changed - 0.5, max(arrived)))
            texts.append(f"{path}: {len(gaps)} pairs, longest gap {figure(max(gaps, default=None))} s, {lost} lost")
            if lost or (gaps and max(gaps) > limit):
                wrong.append(f"{path}: gap {max(gaps):.2f} s, {lost} lost")
    return Row(name, ["", "; ".join(texts)], wrong)


def fast_wire(world, sites):
    """A short wire between two that also have a long way; no UDP passes it yet."""
    left, right = (site.client for site in sites)
    net.connect(left, "eth1", right, "eth1")
    left.ip("addr add 10.77.0.1/24 dev eth1")
    right.ip("addr add 10.77.0.2/24 dev eth1")


def close_wire(machine):
    machine.rules("table ip wire {\n chain input {\n type filter hook input priority 0\n iifname \"eth1\" drop\n }\n}\n")


def round_trip(peer):
    rows = peer.stats()["peers"]
    return min((row["rtt_ms"] for row in rows if row.get("rtt_ms") is not None), default=None)


def fastpath(world, name):
    """The better way is blocked at first and opens later; afterwards it dies."""
    sites = [world.make_site("a", "none"), world.make_site("b", "none")]
    fast_wire(world, sites)
    for site in sites:
        close_wire(site.client)
    with People(world) as people:
        host, joiner = people.pair(*(site.client for site in sites))
        let_pass(4)
        slow = round_trip(joiner)
        for site in sites:
            site.client.rules("delete table ip wire\n")
        began = time.perf_counter()
        is_fast = came(lambda: (round_trip(joiner) or 1e9) < world.rtt_ms / 2 and (round_trip(host) or 1e9) < world.rtt_ms / 2, 25)
        seconds = time.perf_counter() - began
        wrong = [] if is_fast and seconds <= 10 else ["back on it within 10 s is promised"]
        stall = None
        if is_fast:
            operations = Operations(host, joiner)
            let_pass(2)
            dies = time.perf_counter()
            for site in sites:
                close_wire(site.client)
            let_pass(12)
            operations.stop()
            lost, arrived = operations.rest(30), list(operations.arrived.values())
            stall = largest_gap(arrived, dies - 0.5, max(arrived))
            wrong += [f"a stall of {stall:.2f} s, {lost} lost, after it died"] if stall > 1.5 or lost else []
    return Row(name, [figure(seconds if is_fast else None), f"round trip before {figure(slow)} ms; stall when it dies {figure(stall)} s"], wrong)


OUTAGES = {
    "fastpath": fastpath,
    "moved-alone": lambda world, name: moved(world, name, ["port"], 25),
    "moved-relayed": lambda world, name: moved(world, name, ["sym", "sym"], 25),
    "moved-direct": lambda world, name: moved(world, name, ["port", "port"], 45),
    "newcomer": newcomer,
    "dead": dead,
    "restart": restart,
}
OUTAGE_COLUMNS = ["s", ""]


# MARK: three

THREES = {"v4-dual-v6": ("none", net.DUAL_PORT, "v6fw"), "sym-none-sym": ("sym", "none", "sym")}


def relay_off():
    """What makes the rendezvous carry no datagrams; nothing where it knows no relay."""
    said = subprocess.run([str(ink.binary()), "serve", "--help"], capture_output=True, text=True).stdout
    return ["--relay", "off"] if "--relay" in said else []


def three(world, name):
    """Only the one in the middle reaches both; does what the outer ones do reach each other?"""
    which, _, relay = name.rpartition("/")
    is_off = relay == "off"
    world.server.kill()
    world.serve(relay_off() if is_off else ())
    sites = [world.make_site(str(number), kind) for number, kind in enumerate(THREES[which])]
    wrong = []
    with People(world) as people:
        left = people.new(sites[0].client, name="left")
        link = left.link()
        try:
            middle = people.join(sites[1].client, link, name="middle")
            middle.event("ready", timeout=10)
            right = people.join(sites[2].client, link, name="right")
            right.event("ready", timeout=10)
        except ink.Failed as error:
            return Row(name, ["–", "–", "–"], [str(error).splitlines()[0]])
        let_pass(3)
        operations = Operations(left, right)
        let_pass(3)
        operations.stop()
        lost = operations.rest(10)
        delays = [when - operations.sent[name] for name, when in operations.arrived.items()]
        start_stroke(left, 5)
        begin = time.perf_counter()
        let_pass(5)
        shown = gestures(right, begin, begin + 5)
        rate = len(shown) / 5
        mark = right.mark
        for number in range(100):
            left.send("cursor", x=number * 8, y=number)
            let_pass(0.04)
        # Samples that came together count each.
        cursors = sum(max(1, len(event.get("samples") or [])) for _, event in list(right.events)[mark:] if event.get("event") == "cursor") / 4
    if lost:
        wrong.append(f"{lost} operations lost")
    if not is_off and (rate < 20 or cursors < 20):
        wrong.append("20 a second are promised")
    return Row(name, [f"{lost}/{len(operations.sent)} lost, median {figure(net.median(delays))} s", f"{rate:.0f}", f"{cursors:.0f}"], wrong)


THREE_ROWS = [f"{which}/{relay}" for which in THREES for relay in ("off", "on")]
THREE_COLUMNS = ["operations", "gestures a second", "cursor samples a second"]


# MARK: words

WORDS = {
    "noudp-none": ("noudp", "none"), "none-noudp": ("none", "noudp"), "sym-sym": ("sym", "sym"), "port-sym": ("port", "sym"), "port-v6fw": ("port", "v6fw"),
    "no-host": ("none", "none"), "no-rendezvous": ("port", "port"),
}


def words(world, name):
    """What both are told, when, and how it ends; without a relay."""
    world.server.kill()
    world.serve(relay_off())
    sites = [world.make_site(str(number), kind) for number, kind in enumerate(WORDS[name])]
    with People(world) as people:
        host = people.new(sites[0].client)
        link, mark = host.link(), host.mark
        if name == "no-host":
            host.quit()
        if name == "no-rendezvous":
            silence(world)
        joiner = people.join(sites[1].client, link)
        told = {}
        if name in ("no-host", "no-rendezvous"):
            # Nobody is there of whom an event could tell: a sentence does. Where none comes, the row says below that nobody was told.
            with contextlib.suppress(ink.Failed):
                joiner.await_condition(lambda: "so far" in joiner.stderr or None, 40, "a sentence tells what has been tried so far")
                told["joiner"] = time.perf_counter() - joiner.started
        with contextlib.suppress(subprocess.TimeoutExpired):
            joiner.child.wait(40)
        ended = time.perf_counter() - joiner.started
        status = joiner.wait_exit(5) if joiner.child.poll() is not None else None
        quotes = [f"{name}: the joiner ended with {status} after {ended:.1f} s"]
        for peer, label, first in ((joiner, "joiner", 0), (host, "host", mark)):
            for when, event in list(peer.events)[first:]:
                if event.get("event") in ("peer", "rendezvous", "error", "connecting", "unreachable"):
                    seconds = when - joiner.started
                    quotes.append(f"  {label} {seconds:6.2f} s  {json.dumps(event, ensure_ascii=False)}")
                    if "unreachable" in (event.get("state"), event.get("event")):
                        told.setdefault(label, seconds)
            quotes += [f"  {label} says: {line}" for line in peer.errors]
        if name == "no-rendezvous":
            speak(world)
    who = ["joiner"] if name in ("no-host", "no-rendezvous") else ["joiner", "host"]
    wrong = [f"{label} was not told within 5 s" for label in who if told.get(label, 1e9) > 5]
    return Row(name, [str(status), figure(told.get("joiner")), figure(told.get("host"))], wrong, quotes)


WORDS_COLUMNS = ["exit", "joiner told after, s", "host told after, s"]


# MARK: mtu

# Of each row: the kind of both networks, the longest IP packet that the internet carries from the start and from the middle of the transfer on
# (nothing says so to who sends a longer one), the host's own wire, and the bytes of UDP payload that must have been found at the end.
MTUS = {
    "wide-v4": ("none", None, None, None, 1472),
    "wide-v6": ("v6", None, None, None, 1452),
    "narrow-v4": ("none", 1320, None, None, 1280),
    "narrow-v6": ("v6", 1340, None, None, 1280),
    "least": ("none", 1250, None, None, 1200),
    "own-wire": ("none", None, None, 1440, 1400),
    "shrinks": ("none", None, 1250, None, 1200),
}
# Of a board; four times as many where the way changes on the way.
STROKES, STROKE_POINTS = 400, 500


def carry_at_most(machine, length):
    """Longer packets that this machine is to pass on are lost."""
    machine.rules(f"table inet narrow {{\n chain pass {{\n type filter hook forward priority 0\n meta length > {length} drop\n }}\n}}\n")


def lengths_found(peer):
    """UDP payload in bytes that the ways in use are known to carry."""
    return {path["mtu"] for link in peer.ask("dump", "dump")["link"]["connections"] for path in link["paths"] if path["in_use"]}


def mtu(world, name):
    """Somebody comes to a board of a few megabytes: is the length of packets found that the way carries, and all of the board there?"""
    kind, length, later, wire, promised = MTUS[name]
    sites = [world.make_site("host", kind), world.make_site("joiner", kind)]
    if wire:
        sites[0].client.ip(f"link set eth0 mtu {wire}")
    if length:
        carry_at_most(world.internet, length)
    chance, strokes = random.Random(1), STROKES * (4 if later else 1)
    had = 0
    with People(world) as people, contextlib.closing(net.Capture(sites[0].client, "eth0")) as capture:
        host = people.new(sites[0].client)
        link = host.link()
        for number in range(strokes):
            points = [[chance.randrange(-4000, 4000), chance.randrange(-4000, 4000)] for _ in range(STROKE_POINTS)]
            host.send("draw", id=f"s{number}", shape={"kind": "freehand", "x": 0, "y": 0, "points": points})
        ink.wait_until(lambda: len(host.state()["shapes"]) == strokes, 60, "the host has drawn")
        began = time.perf_counter()
        joiner = people.join(sites[1].client, link)
        if later:
            ink.wait_until(lambda: sum(length > later for *_, length in capture.datagrams()) > 500, 30, "longer packets than will pass soon", interval=0.01)
            carry_at_most(world.internet, later)
            had = sum(length for *_, length in capture.datagrams())
        joiner.event("ready", timeout=60)
        same = equal_after(60, host, joiner)
        seconds = time.perf_counter() - began
        is_found = came(lambda: lengths_found(host) == {promised}, 5)
        found, sent = lengths_found(host), sum(length for *_, length in capture.datagrams())
    wrong = [] if same is not None else ["the boards differ after 60 s"]
    wrong += [] if is_found else [f"{promised} bytes are promised"]
    wrong += ["nearly all was there before the way changed"] if had > sent * 0.9 else []
    return Row(name, [figure(seconds), " ".join(map(str, sorted(found)))], wrong)


MTU_COLUMNS = ["board there after, s", "bytes of a packet at the end"]


# MARK: commands

# Roundtrips between peers, in milliseconds, that a promise was made for; 100 where none is named.
ROUND_TRIPS = {"newcomer": 0, "dead": 0, **{name: 20 for name in MTUS}, "shrinks": 100, **{name: 0 for name in INTERFACES}}

# Of each command: what the columns are called, the rows, and what makes one.
COMMANDS = {
    "roam": (ROAM_COLUMNS, ["nothing", "rebinding", "rebinding-5", "new-address", "new-outer-address", "wifi-lte", "both", "v4-lost", "v4-lost-all"],
             lambda world, name, options: roam(world, name)),
    "interfaces": (INTERFACES_COLUMNS, INTERFACES, lambda world, name, options: interfaces_row(world, name, options.idle)),
    "outage": (OUTAGE_COLUMNS, list(OUTAGES), lambda world, name, options: OUTAGES[name](world, name)),
    "three": (THREE_COLUMNS, THREE_ROWS, lambda world, name, options: three(world, name)),
    "words": (WORDS_COLUMNS, list(WORDS), lambda world, name, options: words(world, name)),
    "mtu": (MTU_COLUMNS, list(MTUS), lambda world, name, options: mtu(world, name)),
}
