"""A listener on loopback that stands where a rendezvous should."""

import contextlib
import socket
import threading


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
