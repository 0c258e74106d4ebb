"""A rendezvous whose relay lies: stands before a true one, passes on what is said there, and plays with the datagrams (threat T5).

It does to what it carries all that somebody can who has no key: says it twice, says it again much later, changes a bit, keeps it for a while,
sends it back to who said it, and gives it to others, of the same room and of another, in another's name.
"""

import asyncio
import collections
import json
import os
import random
import struct
import threading

MOVES = ("duplicate", "replay", "corrupt", "delay", "reflect", "cross")


class Client:
    """One who is connected: its own numbers, and where what goes to it is written."""

    def __init__(self, writer):
        self.writer, self.numbers = writer, []

    def give(self, receiver, sender, datagram):
        if not self.writer.is_closing():
            self.writer.write(frame(2, struct.pack(">BII", 1, receiver, sender) + datagram))


def frame(opcode, body, mask=None):
    """One frame of RFC 6455 §5.2."""
    bit = 128 if mask else 0
    if len(body) < 126:
        head = struct.pack(">BB", 128 | opcode, bit | len(body))
    elif len(body) < 65536:
        head = struct.pack(">BBH", 128 | opcode, bit | 126, len(body))
    else:
        head = struct.pack(">BBQ", 128 | opcode, bit | 127, len(body))
    if not mask:
        return head + body
    return head + mask + bytes(byte ^ mask[index & 3] for index, byte in enumerate(body))


async def read_frame(reader):
    """(opcode, body), unmasked."""
    first, second = await reader.readexactly(2)
    length = second & 127
    if length == 126:
        length, = struct.unpack(">H", await reader.readexactly(2))
    elif length == 127:
        length, = struct.unpack(">Q", await reader.readexactly(8))
    mask = await reader.readexactly(4) if second & 128 else b""
    body = await reader.readexactly(length)
    return first & 15, bytes(byte ^ mask[index & 3] for index, byte in enumerate(body)) if mask else body


class LyingRelay:
    """Listens on loopback until `stop`. `lies` turns it on and off; `done` counts what it did, by move."""

    def __init__(self, port, share=0.2, seed=1):
        self.true_port, self.share, self.random = port, share, random.Random(seed)
        self.lies, self.done, self.carried = False, collections.Counter(), 0
        self.clients, self.kept = [], collections.deque(maxlen=2000)
        self.loop, ready = asyncio.new_event_loop(), threading.Event()
        self.thread = threading.Thread(target=self.run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait(10)

    @property
    def address(self):
        return f"ws://127.0.0.1:{self.port}"

    def run(self, ready):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(asyncio.start_server(self.meet, "127.0.0.1", 0))
        self.port = self.server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()
        self.server.close()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.loop.close()

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    async def meet(self, reader, writer):
        """One client, and the connection to the true rendezvous that is opened for it."""
        client, true_writer = Client(writer), None
        try:
            true_reader, true_writer = await asyncio.open_connection("127.0.0.1", self.true_port)
            true_writer.write(await reader.readuntil(b"\r\n\r\n"))
            writer.write(await true_reader.readuntil(b"\r\n\r\n"))
            self.clients.append(client)
            await asyncio.gather(self.outbound(reader, true_writer, client), self.inbound(true_reader, writer, client))
        except (asyncio.IncompleteReadError, ConnectionError, OSError):
            pass  # one end is gone: so is the other
        finally:
            if client in self.clients:
                self.clients.remove(client)
            for stream in (writer, true_writer):
                if stream:
                    stream.close()

    async def outbound(self, reader, true_writer, client):
        while True:
            opcode, body = await read_frame(reader)
            if opcode == 2 and self.lies and self.random.random() < self.share and len(body) > 10 and body[0] == 1:
                # Back to who said it, as from whom it was for.
                own, count, receiver = struct.unpack_from(">IBI", body, 1)
                self.done["reflect"] += 1
                client.give(own, receiver, body[6 + 4 * count:])
            true_writer.write(frame(opcode, body, os.urandom(4)))
            await true_writer.drain()

    async def inbound(self, true_reader, writer, client):
        while True:
            opcode, body = await read_frame(true_reader)
            if opcode == 1:
                message = json.loads(body)
                if message.get("type") == "joined":
                    client.numbers.append(message["member"])
            if opcode == 2 and body[0] == 1:
                self.carry(client, *struct.unpack_from(">II", body, 1), body[9:])
            else:
                writer.write(frame(opcode, body))
            await writer.drain()

    def carry(self, client, receiver, sender, datagram):
        self.carried += 1
        if not self.lies:
            client.give(receiver, sender, datagram)
            return
        happens = {move: self.random.random() < self.share for move in MOVES}
        self.done.update(move for move in MOVES if move != "reflect" and happens[move])
        if happens["replay"] and self.kept:
            self.random.choice(self.kept)()
        self.kept.append(lambda: client.give(receiver, sender, datagram))
        if happens["cross"]:
            for other in self.clients:
                if other is not client and other.numbers:
                    # From the same number, and from one that the other knows.
                    other.give(other.numbers[-1], sender, datagram)
                    for known in self.clients:
                        if known is not other and known.numbers:
                            other.give(other.numbers[-1], known.numbers[-1], datagram)
        true = datagram
        if happens["corrupt"]:
            bit = self.random.randrange(len(datagram) * 8)
            true = bytearray(datagram)
            true[bit // 8] ^= 1 << bit % 8
            true = bytes(true)
        later = self.random.random() * 0.5 if happens["delay"] else 0
        for _ in range(2 if happens["duplicate"] else 1):
            if later:
                self.loop.call_later(later, client.give, receiver, sender, true)
            else:
                client.give(receiver, sender, true)
