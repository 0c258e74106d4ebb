"""A disk that is not well, by bad_disk.c: what is below one folder is refused or slow for the processes that are given its environment."""

import os
import shutil
import subprocess

import inkwire_process as ink

READ_ONLY, NO_LOCK_DAEMON, NO_LOCKS, SLOW_FLUSH, NO_SHARED_MAP, BROKEN, ONE_NAME = 1, 2, 4, 8, 16, 32, 64


class NoCompiler(Exception):
    """It cannot be made here."""


def build(folder):
    """The library, made in that folder."""
    compiler = shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        raise NoCompiler("no C compiler is here")
    library = folder / "bad_disk.so"
    source = ink.ROOT / "tools" / "lib" / "bad_disk.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source, "-ldl"], check=True)
    return library


class BadDisk:
    """A folder that is well until somebody says otherwise."""

    def __init__(self, place, library):
        place.mkdir()
        self.place = place.resolve()
        self._state = self.place.with_name(f"{place.name}.state")
        self._state.write_bytes(b"\0")
        self.environment = {"LD_PRELOAD": str(library), "INKWIRE_BAD_DISK": str(self._state), "INKWIRE_BAD_DISK_ROOT": str(self.place)}

    def __truediv__(self, name):
        return self.place / name

    def gets(self, trouble):
        """From now on, for who runs already, too; 0 is well."""
        file = os.open(self._state, os.O_WRONLY)
        os.write(file, bytes([trouble]))
        os.close(file)
