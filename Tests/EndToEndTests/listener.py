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


def delaying(port, seconds):
    """Stands before a listener on loopback, so that what is said takes that time each way, as over a long line; the port."""
    def serve(client):
        with contextlib.suppress(OSError):
            # A line of that length is not open at once, either: what says so and what answers cross it.
            time.sleep(2 * seconds)
            server = socket.create_connection(("127.0.0.1", port))
            for source, target in ((client, server), (server, client)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                waiting = queue.SimpleQueue()
                threading.Thread(target=_take, args=(source, waiting), daemon=True).start()
                threading.Thread(target=_give, args=(target, waiting, seconds), daemon=True).start()

    return accepting(serve)


def _take(source, waiting):
    with contextlib.suppress(OSError):
        while some := source.recv(65536):
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
