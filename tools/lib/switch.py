"""One switch without internet, and machines on it: network namespaces on a bridge."""

import inkwire_process as ink
import natlab_net as net


class Switch:
    """A switch, and machines on it, which reach nothing beyond."""

    def __init__(self):
        self.folder = net.LabFolder()
        self.hosts = self.folder / "hosts"
        self.hosts.write_text("127.0.0.1 localhost\n")
        self.machines = []
        self.switch = self.machine("switch")
        self.switch.ip("link add br0 type bridge", "link set dev br0 up")

    def machine(self, label, **more):
        made = net.Namespace(label, self.hosts, **more)
        self.machines.append(made)
        return made

    def plug(self, label, *addresses, v6=False):
        """A machine with these addresses at its one interface, and no route but to its own network."""
        made = self.machine(label, v6=v6)
        port = f"p{len(self.machines)}"
        net.connect(made, "eth0", self.switch, port)
        self.switch.ip(f"link set dev {port} master br0")
        self.address(made, *addresses)
        return made

    def address(self, machine, *addresses):
        machine.ip("addr flush dev eth0 scope global", *(f"addr add {address} dev eth0" for address in addresses))

    def close(self):
        ink.stop_everything()
        for machine in self.machines:
            machine.close()
        self.folder.remove()
