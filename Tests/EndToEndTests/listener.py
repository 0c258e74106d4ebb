"""A listener on loopback that stands where a rendezvous should."""

import contextlib
import queue
import socket
import threading
import time


@contextlib.contextmanager
def accepting(serve):
    """Has each connection served by a thread of its own; the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        def accept():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            # Wakes `accept`, which a close does not.
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextlib.contextmanager
def delaying(port, seconds):
    """Stands before a listener on loopback, so that what is said takes that time each way, as over a long line; the line."""
    line = Line(port, seconds)
    with accepting(line.serve) as line.port:
        yield line


class Line:
    """A long line: its own `port`, and how often it was crossed for an answer."""

    def __init__(self, to, seconds):
        self.port = None
        self._to, self._seconds = to, seconds
        self._lock = threading.Lock()
        self._crossings = []

    def crossings(self):
        """Of each connection, in the order of their begin: once to open it, and for each word of the client that followed one of the server."""
        with self._lock:
            return [crossed["there"] for crossed in self._crossings]

    def serve(self, client):
        crossed = {"there": 1, "answered": True}
        with self._lock:
            self._crossings.append(crossed)
        with contextlib.suppress(OSError), client:
            # A line of that length is not open at once, either: what says so and what answers cross it.
            time.sleep(2 * self._seconds)
            with socket.create_connection(("127.0.0.1", self._to)) as server:
                threads = []
                for source, target, said in ((client, server, lambda: self._asks(crossed)), (server, client, lambda: self._answers(crossed))):
                    source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    waiting = queue.SimpleQueue()
                    threads += [threading.Thread(target=_take, args=(source, waiting, said), daemon=True),
                                threading.Thread(target=_give, args=(target, waiting, self._seconds), daemon=True)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()

    def _asks(self, crossed):
        with self._lock:
            crossed["there"] += crossed["answered"]
            crossed["answered"] = False

    def _answers(self, crossed):
        with self._lock:
            crossed["answered"] = True


def _take(source, waiting, said):
    with contextlib.suppress(OSError):
        while some := source.recv(65536):
            said()
            waiting.put((time.monotonic(), some))
    waiting.put((time.monotonic(), b""))


def _give(target, waiting, seconds):
    with contextlib.suppress(OSError):
        while True:
            at, some = waiting.get()
            time.sleep(max(0.0, at + seconds - time.monotonic()))
            if not some:
                return target.shutdown(socket.SHUT_WR)
            target.sendall(some)
