"""A disk that is soon full: a file system in memory, which only root may mount."""

import contextlib
import os
import shutil
import subprocess

import inkwire_process as ink


class NoDisk(Exception):
    """It cannot be mounted here."""


@contextlib.contextmanager
def small_disk(place, size="8m"):
    """The folder, as a disk of so many bytes until the end, when all processes are ended, since one could hold it."""
    place.mkdir(exist_ok=True)
    options = f"size={size},mode=700"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "inkwire-test", str(place)], capture_output=True).returncode:
        raise NoDisk("mounting a small disk needs root")
    try:
        yield place
    finally:
        ink.stop_everything()
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk):
    """Leaves room for nothing; what takes it is `ballast` in that folder."""
    file = os.open(disk / "ballast", os.O_WRONLY | os.O_CREAT, 0o600)
    with contextlib.suppress(OSError):
        while True:
            os.write(file, bytes(4096))
    os.close(file)
    if shutil.disk_usage(disk).free >= 4096:
        raise ink.Failed("the disk is not full")
