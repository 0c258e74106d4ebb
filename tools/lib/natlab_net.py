"""Networks for tools/natlab: namespaces, wires with a length, routers of each kind, and what proves that they are as meant.

A namespace here has no name: it is held by a process and seen through /proc, so it is gone, with its wires and rules, once that process and
those in it are; the holder dies with the lab however that ends. Any number of labs run side by side, each with the same addresses.
"""

import contextlib
import ctypes
import fcntl
import os
import pathlib
import re
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

import inkwire_process as ink

KINDS = ("none", "cone", "restr", "port", "sym", "dbl", "dblsym", "v6", "v6fw", "dual", "noudp")
# Both families, the IPv4 one behind a port-restricted router: none of the eleven, but what people at home have.
DUAL_PORT = "dualport"
HAS_V4 = frozenset(KINDS) - {"v6", "v6fw"} | {DUAL_PORT}
HAS_V6 = {"v6", "v6fw", "dual", DUAL_PORT}

RENDEZVOUS_NAME = "rdv.test"
RENDEZVOUS_PORT = 4300
# The public addresses are those for documentation (RFC 5737, RFC 3849): each uplink has a /29 and a /64 of its own, so that two clients share
# no wire and link-local addresses reach nobody.
UPLINKS_MAX = 32

CLONE_NEWNET = 0x40000000
PREFIX = "inkwire-natlab-"

_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    _libc.prctl(1, 9)


def reason_to_skip():
    """Why no lab can be made here; None where one can."""
    if sys.platform != "linux":
        return "network namespaces are a thing of Linux"
    if os.geteuid() != 0:
        return "network namespaces need root"
    for program in ("ip", "nft", "nsenter", "unshare"):
        if not shutil.which(program):
            return f"{program} is not installed"
    if not (shutil.which("cc") or shutil.which("clang")):
        return "no C compiler is installed"
    probe = ("ip link add natlab0 type veth peer name natlab1 && nft 'add table ip t; add chain ip t c "
             "{ type nat hook postrouting priority 100 ; }; add rule ip t c masquerade fully-random'")
    tried = subprocess.run(["unshare", "--net", "--mount", "sh", "-c", probe], capture_output=True, text=True)
    if tried.returncode != 0:
        return "this machine allows no namespace with wires and address translation: " + " ".join(tried.stderr.split())[:200]
    return None


class LabFolder:
    """Files of one lab; those that a dead lab left are removed when one is made."""

    def __init__(self):
        for old in pathlib.Path(tempfile.gettempdir()).glob(PREFIX + "*"):
            owner = re.match(r"(\d+)-", old.name[len(PREFIX):])
            if owner and not os.path.exists(f"/proc/{owner[1]}"):
                shutil.rmtree(old, ignore_errors=True)
        self.path = pathlib.Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self.count = 0

    def __truediv__(self, name):
        return self.path / name

    def fresh(self, name):
        self.count += 1
        return self.path / f"{self.count}-{name}"

    def remove(self):
        if os.environ.get("INKWIRE_KEEP"):
            print(f"kept: {self.path}", file=sys.stderr)
        else:
            shutil.rmtree(self.path, ignore_errors=True)


def build_line(folder):
    """The program that makes a wire long."""
    program = folder / "natlab_line"
    compiler = shutil.which("cc") or shutil.which("clang")
    subprocess.run([compiler, "-O2", "-Wall", "-o", str(program), str(ink.ROOT / "tools" / "lib" / "natlab_line.c")], check=True)
    return program


class Namespace:
    """A machine: its interfaces, routes and rules, with the lab's hosts file as /etc/hosts."""

    def __init__(self, label, hosts, v6=False, forwards=False):
        self.label = label
        # /sys is mounted anew, else it shows the interfaces of the machine that the lab runs on. No name server is asked.
        steps = ["mount -t sysfs sysfs /sys", f"mount --bind {hosts} /etc/hosts",
                 "if [ -e /etc/resolv.conf ]; then mount --bind /dev/null /etc/resolv.conf; fi", "echo ready", "exec cat"]
        self.holder = subprocess.Popen(["unshare", "--net", "--mount", "--propagation", "private", "sh", "-ec", "\n".join(steps)],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=_die_with_parent)
        if self.holder.stdout.readline() != b"ready\n":
            raise RuntimeError(f"no namespace for {label}: its holder ended with {self.holder.wait()}")
        self.path = f"/proc/{self.holder.pid}/ns"
        settings = {"ipv6/conf/default/accept_dad": 0, "ipv6/conf/default/accept_ra": 0, "ipv4/conf/all/send_redirects": 0,
                    "ipv4/conf/default/send_redirects": 0}
        if not v6:
            settings.update({"ipv6/conf/all/disable_ipv6": 1, "ipv6/conf/default/disable_ipv6": 1})
        if forwards:
            settings["ipv4/ip_forward"] = 1
            if v6:
                settings["ipv6/conf/all/forwarding"] = 1
        self.settings(settings)
        self.ip("link set dev lo up")

    @property
    def enter(self):
        """In front of a command: it then runs here."""
        return ("nsenter", f"--net={self.path}/net", f"--mount={self.path}/mnt")

    @contextlib.contextmanager
    def inside(self):
        """Sockets made meanwhile by this thread are here."""
        with open("/proc/thread-self/ns/net", "rb") as own, open(f"{self.path}/net", "rb") as other:
            self._set(other)
            try:
                yield
            finally:
                self._set(own)

    def _set(self, descriptor):
        if _libc.setns(descriptor.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter the network of {self.label}")

    def settings(self, values):
        with self.inside():
            for name, value in values.items():
                pathlib.Path("/proc/sys/net", name).write_text(str(value))

    def run(self, *command, text=None):
        done = subprocess.run([*self.enter, *command], input=text, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{self.label}: {' '.join(command)} {text or ''}: {done.stderr.strip()}")
        return done.stdout

    def ip(self, *lines):
        self.run("ip", "-batch", "-", text="\n".join(lines) + "\n")

    def rules(self, text):
        self.run("nft", "-f", "-", text=text)

    def plain_frames(self, interface):
        """Turns offload off: where a packet socket reads, no checksum would be there, and frames longer than the wire allows."""
        with self.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            # ETHTOOL_STXCSUM, STSO, SGSO, SGRO
            for command in (0x17, 0x1F, 0x24, 0x2C):
                value = ctypes.create_string_buffer(struct.pack("II", command, 0), 8)
                request = struct.pack("16sP16x", interface.encode(), ctypes.addressof(value))
                with contextlib.suppress(OSError):  # an interface that never had it is plain already
                    fcntl.ioctl(probe, 0x8946, request)

    def close(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdin.close()
        self.holder.stdout.close()


def connect(left, left_name, right, right_name):
    """A wire between two machines, up at both ends."""
    left.ip(f"link add name {left_name} type veth peer name {right_name} netns {right.holder.pid}", f"link set dev {left_name} up")
    right.ip(f"link set dev {right_name} up")


class Uplink:
    """One connection to the internet: a /29 and a /64, gateway 1, and 2 to 6 for who is connected."""

    def __init__(self, number, port):
        self.number, self.port = number, port

    def v4(self, host=2):
        return f"203.0.113.{self.number * 8 + host}"

    def v6(self, host=2):
        return f"2001:db8:{self.number:x}::{host}"

    @property
    def inner_v6(self):
        """The network behind it that is routed to it, without its last part."""
        return f"2001:db8:{0x100 + self.number:x}"

    def addresses(self, interface, v4, v6, host=2):
        lines = []
        if v4:
            lines += [f"addr add {self.v4(host)}/29 dev {interface}", f"route add default via {self.v4(1)} dev {interface}"]
        if v6:
            lines += [f"addr add {self.v6(host)}/64 dev {interface} nodad", f"route add ::/0 via {self.v6(1)} dev {interface}"]
        return lines


class Site:
    """A client in a network of one kind: where its programs run, and the routers between it and the internet."""

    def __init__(self, kind, client, routers, uplink):
        self.kind, self.client, self.routers, self.uplink = kind, client, routers, uplink


class World:
    """An internet, a rendezvous at it, and sites of any kind, made when they are first asked for."""

    def __init__(self, line, rtt_ms=100):
        self.folder, self.line, self.rtt_ms = LabFolder(), line, rtt_ms
        self.machines, self.wires, self.sites, self.uplinks, self.server = [], [], {}, 0, None
        self.hosts = self.folder / "hosts"
        self.hosts.touch()
        try:
            self.internet = self.machine("internet", v6=True, forwards=True)
            # What leads nowhere is lost without a word, as mostly in the world.
            self.internet.ip("route add blackhole default", "route add blackhole ::/0")
            self.rendezvous_machine = self.machine("rendezvous", v6=True)
            # It is near the internet: what lies between peers is in their own uplinks.
            uplink = self.rendezvous_uplink = self.plug(self.rendezvous_machine, "eth0", 0)
            # A second address each, to tell the kind of a network by, and one to move to.
            self.rendezvous_machine.ip(*uplink.addresses("eth0", True, True), f"addr add {uplink.v4(3)}/29 dev eth0",
                                       f"addr add {uplink.v6(3)}/64 dev eth0 nodad")
            self.name_rendezvous(uplink.v4(), uplink.v6())
        except BaseException:
            self.close()
            raise

    def close(self):
        ink.stop_everything()
        for wire in self.wires:
            wire.kill()
            wire.wait()
            wire.stdin.close()
            wire.stdout.close()
        for machine in self.machines:
            machine.close()
        self.folder.remove()

    def machine(self, label, **more):
        made = Namespace(label, self.hosts, **more)
        self.machines.append(made)
        return made

    def name_rendezvous(self, *addresses):
        """What the name of the rendezvous means from now on, everywhere. Written in place: it is mounted."""
        self.hosts.write_text("127.0.0.1 localhost\n" + "".join(f"{address} {RENDEZVOUS_NAME}\n" for address in addresses))

    def plug(self, machine, interface, delay_ms):
        """Connects a machine to the internet by a wire on which a packet takes that long."""
        number = self.uplinks
        if number >= UPLINKS_MAX:
            raise RuntimeError(f"a lab has no more than {UPLINKS_MAX} uplinks")
        self.uplinks += 1
        port = f"p{number}"
        if delay_ms:
            self.lengthen(machine, interface, self.internet, port, delay_ms)
        else:
            connect(machine, interface, self.internet, port)
        uplink = Uplink(number, port)
        self.internet.ip(f"addr add {uplink.v4(1)}/29 dev {port}", f"addr add {uplink.v6(1)}/64 dev {port} nodad",
                         f"route add {uplink.inner_v6}::/64 via {uplink.v6()} dev {port}")
        return uplink

    def lengthen(self, left, left_name, right, right_name, delay_ms):
        """A wire between two machines on which a packet takes that long."""
        middle = self.machine("wire")
        connect(left, left_name, middle, "a")
        connect(right, right_name, middle, "b")
        left.plain_frames(left_name)
        right.plain_frames(right_name)
        wire = subprocess.Popen([*middle.enter, str(self.line), "a", "b", str(int(delay_ms * 1000))], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, preexec_fn=_die_with_parent)
        self.wires.append(wire)
        if wire.stdout.readline() != b"ready\n":
            raise RuntimeError(f"the wire of {left.label} ended with {wire.wait()}")

    # MARK: sites

    def site(self, side, kind):
        """The site of that kind on that side; two sides have two, which share nothing."""
        if (side, kind) not in self.sites:
            self.sites[side, kind] = self.make_site(f"{side}-{kind}", kind)
        return self.sites[side, kind]

    def make_site(self, label, kind):
        # From one peer to the other a packet passes two uplinks.
        delay = self.rtt_ms / 4
        v4, v6 = kind in HAS_V4, kind in HAS_V6
        client = self.machine(label, v6=v6)
        if kind in ("none", "v6"):
            uplink = self.plug(client, "eth0", delay)
            client.ip(*uplink.addresses("eth0", v4, v6))
            return Site(kind, client, [], uplink)
        outer = self.machine(f"{label}-router", v6=v6, forwards=True)
        uplink = self.plug(outer, "wan", delay)
        outer.ip(*uplink.addresses("wan", v4, v6))
        routers, net = [outer], uplink.number
        if kind in ("dbl", "dblsym"):
            inner = self.machine(f"{label}-inner-router", forwards=True)
            connect(outer, "lan", inner, "wan")
            outer.ip(f"addr add 10.{100 + net}.0.1/24 dev lan")
            inner.ip(f"addr add 10.{100 + net}.0.2/24 dev wan", f"route add default via 10.{100 + net}.0.1")
            inner.rules(v4_rules("port"))
            routers.append(inner)
        connect(routers[-1], "lan", client, "eth0")
        if v4:
            routers[-1].ip(f"addr add 10.{net}.0.1/24 dev lan")
            client.ip(f"addr add 10.{net}.0.2/24 dev eth0", f"route add default via 10.{net}.0.1")
            outer.rules(v4_rules({"dbl": "port", "dblsym": "sym", "dual": "sym", DUAL_PORT: "port"}.get(kind, kind), f"10.{net}.0.2", uplink.v4()))
        if v6:
            inside = uplink.inner_v6
            outer.ip(f"addr add {inside}::1/64 dev lan nodad")
            client.ip(f"addr add {inside}::2/64 dev eth0 nodad", f"route add ::/0 via {inside}::1")
            outer.rules(V6_FIREWALL)
        return Site(kind, client, routers, uplink)

    # MARK: rendezvous

    def serve(self, arguments=(), listen=None):
        """Starts the rendezvous; ready when this returns."""
        listen = listen or f"[::]:{RENDEZVOUS_PORT}"
        self.server = ink.Process(["serve", "--listen", listen, *arguments], stdin=subprocess.DEVNULL, label="serve",
                                  wrapper=self.rendezvous_machine.enter)

        def answers():
            if self.server.child.poll() is not None:
                raise ink.Failed(f"the rendezvous ended at once\n{self.server.report()}")
            with self.rendezvous_machine.inside(), socket.socket() as probe:
                probe.settimeout(0.5)
                return probe.connect_ex((self.rendezvous_uplink.v4(), RENDEZVOUS_PORT)) == 0

        ink.wait_until(answers, 10, "the rendezvous listens")
        return self.server

    @property
    def rendezvous(self):
        return f"ws://{RENDEZVOUS_NAME}:{RENDEZVOUS_PORT}"


# MARK: routers

# What reaches the router itself unasked is dropped: else the kernel remembers an early punch of the other side as a flow of its own, the
# later one from inside gets another port, and honest punching fails.
GUARD = """
table ip guard {
  chain input {
    type filter hook input priority 0
    iifname "wan" drop
  }
  chain forward {
    type filter hook forward priority 0
    %s
  }
}
"""

V6_FIREWALL = """
table ip6 guard {
  chain forward {
    type filter hook forward priority 0
    iifname "wan" ct state new drop
  }
}
"""

NAT = """
table ip nat {
  %s
  chain prerouting {
    type nat hook prerouting priority -100
    %s
  }
  chain postrouting {
    type nat hook postrouting priority 100
    oifname "wan" %s
  }
}
"""

SEEN = """set seen {
    type ipv4_addr
    flags dynamic,timeout
    timeout 60s
  }
  chain notice {
    type filter hook forward priority 1
    iifname "lan" update @seen { ip daddr }
  }"""


def v4_rules(kind, inside=None, outside=None):
    """A router of a kind of RFC 4787: mapping and filtering of each."""
    if kind == "cone":
        # One outer address for all (endpoint-independent mapping), and whoever sends there reaches the client (no filter).
        return NAT % ("", f'iifname "wan" meta l4proto udp dnat to {inside}', f"snat to {outside}") + GUARD % ""
    if kind == "restr":
        # Only from addresses to which something went before, whatever the port.
        return NAT % (SEEN, f'iifname "wan" meta l4proto udp ip saddr @seen dnat to {inside}', f"snat to {outside}") + GUARD % ""
    forward = 'iifname "wan" ct state new drop'
    if kind == "noudp":
        forward = "meta l4proto udp drop\n    " + forward
    # Linux keeps the port of one client and lets in only what answers: port-restricted. fully-random: another port for each target.
    return NAT % ("", "", "masquerade fully-random" if kind == "sym" else "masquerade") + GUARD % forward


class Capture:
    """Notes every IP packet that leaves a machine by an interface: when, whereto, protocol, port, and its bytes from the IP header on."""

    def __init__(self, machine, interface):
        self.sent = []
        with machine.inside():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
            self.socket.bind((interface, 0x0003))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.is_over = False
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        self.socket.settimeout(0.2)
        while not self.is_over:
            try:
                packet, origin = self.socket.recvfrom(65536)
            except socket.timeout:
                continue
            if origin[2] != socket.PACKET_OUTGOING:
                continue
            now = time.perf_counter()
            if origin[1] == 0x0800:
                header, protocol = (packet[0] & 15) * 4, packet[9]
                target = socket.inet_ntop(socket.AF_INET, packet[16:20])
            elif origin[1] == 0x86DD:
                header, protocol = 40, packet[6]
                target = socket.inet_ntop(socket.AF_INET6, packet[24:40])
            else:
                continue
            port = struct.unpack("!H", packet[header + 2:header + 4])[0] if protocol in (6, 17) else 0
            self.sent.append((now, target, protocol, port, len(packet)))

    def datagrams(self, until=None):
        return [entry for entry in list(self.sent) if entry[2] == 17 and (until is None or entry[0] <= until)]

    def close(self):
        self.is_over = True
        self.thread.join()
        self.socket.close()


# MARK: the self-check

# What plain sockets must find: does one socket show the same address to two others, and who reaches it then: another port of an address that
# it sent to, and another address.
MEANT = {
    ("none", 4): ("same", True, True), ("cone", 4): ("same", True, True), ("restr", 4): ("same", True, False), ("port", 4): ("same", False, False),
    ("sym", 4): ("differs", False, False), ("dbl", 4): ("same", False, False), ("dblsym", 4): ("differs", False, False),
    ("v6", 6): ("same", True, True), ("v6fw", 6): ("same", False, False), ("dual", 4): ("differs", False, False),
    ("dual", 6): ("same", False, False), ("noudp", 4): ("silent", False, False),
}


class Found:
    """What plain sockets show of a network."""

    def __init__(self, mapping, from_port, from_address, rtt_ms, tcp):
        self.mapping, self.from_port, self.from_address, self.rtt_ms, self.tcp = mapping, from_port, from_address, rtt_ms, tcp

    @property
    def behaviour(self):
        return self.mapping, self.from_port, self.from_address


def examine(world, site, family):
    """Asks from a site's client two addresses of the rendezvous' machine, and has them answer from elsewhere."""
    kind = socket.AF_INET if family == 4 else socket.AF_INET6
    uplink = world.rendezvous_uplink
    first, second = (uplink.v4(2), uplink.v4(3)) if family == 4 else (uplink.v6(2), uplink.v6(3))
    wait = max(0.3, world.rtt_ms * 4 / 1000)
    with contextlib.ExitStack() as stack:
        def bound(machine, address=None):
            with machine.inside():
                made = stack.enter_context(socket.socket(kind, socket.SOCK_DGRAM))
            made.bind((address or ("0.0.0.0" if family == 4 else "::"), 0))
            made.settimeout(wait)
            return made

        near, other_port, far = (bound(world.rendezvous_machine, address) for address in (first, first, second))
        client = bound(site.client)

        def arrives(sender, target, word):
            sender.sendto(word, target)
            try:
                while client.recv(64) != word:
                    pass
                return True
            except socket.timeout:
                return False

        with world.rendezvous_machine.inside():
            listener = stack.enter_context(socket.socket(kind, socket.SOCK_STREAM))
        listener.bind((first, 0))
        listener.listen()
        with site.client.inside():
            caller = stack.enter_context(socket.socket(kind, socket.SOCK_STREAM))
        caller.settimeout(wait)
        tcp = caller.connect_ex(listener.getsockname()) == 0

        began = time.perf_counter()
        client.sendto(b"one", near.getsockname())
        try:
            _, seen = near.recvfrom(64)
        except socket.timeout:
            return Found("silent", False, False, None, tcp)
        assert arrives(near, seen, b"answer"), f"{site.kind}: what is asked for does not come back"
        rtt = (time.perf_counter() - began) * 1000
        from_port = arrives(other_port, seen, b"port")
        from_address = arrives(far, seen, b"address")
        client.sendto(b"two", far.getsockname())
        _, again = far.recvfrom(64)
        return Found("same" if seen == again else "differs", from_port, from_address, rtt, tcp)


def check(world, kinds=KINDS):
    """Prints what each network is; the number of those that are not as meant."""
    wrong = 0
    print("| network | family | mapping | in from another port | in from another address | TCP | round trip, ms | |\n|---|---|---|---|---|---|---|---|")
    for (kind, family), meant in MEANT.items():
        if kind not in kinds:
            continue
        found = examine(world, world.site("a", kind), family)
        # The way to the rendezvous is half of that to the other peer; a packet socket on a busy machine adds some.
        is_far = found.rtt_ms is None or world.rtt_ms / 2 <= found.rtt_ms + 0.5
        is_meant = found.behaviour == meant and found.tcp and is_far
        wrong += not is_meant
        print(f"| {kind} | IPv{family} | {found.mapping} | {'yes' if found.from_port else 'no'} | {'yes' if found.from_address else 'no'} | "
              f"{'yes' if found.tcp else 'no'} | {'' if found.rtt_ms is None else round(found.rtt_ms, 1)} | {'' if is_meant else 'not as meant'} |", flush=True)
    return wrong


def median(values):
    return statistics.median(values) if values else None
