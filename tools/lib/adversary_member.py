"""The program that attacks, as adversary and adversary_room drive it."""

import collections
import subprocess
import threading


class Member:
    """One adversary-member. Its lines are read as they come; None is their end."""

    def __init__(self, arguments, environment, stdin=None):
        self.child = subprocess.Popen(arguments, env=environment, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines, self.changed = collections.deque(), threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.child.stdout:
            with self.changed:
                self.lines.append(line.strip())
                self.changed.notify_all()
        with self.changed:
            self.lines.append(None)
            self.changed.notify_all()
