"""A real file system in user space that is not well: what is below one folder, seen at another, without locks or with flushes that take their time.

usage: bad_fuse.py FOLDER MOUNT [--no-locks] [--flush-seconds N]

It is mounted when it says "mounted", and ends when it is unmounted. Needs root, /dev/fuse and fusepy (Debian: python3-fusepy).
"""

import argparse
import errno
import os
import time

try:
    import fusepy as fuse  # as Debian calls it
except ImportError:
    import fuse


class Folder(fuse.Operations):
    """Hands everything on to the folder below but what it is ill of."""

    def __init__(self, root, flush_seconds):
        self.root, self.flush_seconds = root, flush_seconds

    def init(self, path):
        print("mounted", flush=True)

    def __call__(self, operation, path, *arguments):
        return super().__call__(operation, self.root + path, *arguments)

    def getattr(self, path, handle=None):
        status = os.lstat(path)
        return {name: getattr(status, name) for name in dir(status) if name.startswith("st_")}

    def readdir(self, path, handle):
        return [".", ".."] + os.listdir(path)

    def statfs(self, path):
        status = os.statvfs(path)
        return {name: getattr(status, name) for name in dir(status) if name.startswith("f_") and name != "f_fsid"}

    def access(self, path, mode):
        if not os.access(path, mode):
            raise fuse.FuseOSError(errno.EACCES)

    def open(self, path, flags):
        return os.open(path, flags)

    def create(self, path, mode, info=None):
        return os.open(path, os.O_RDWR | os.O_CREAT, mode)

    def read(self, path, size, offset, handle):
        return os.pread(handle, size, offset)

    def write(self, path, data, offset, handle):
        return os.pwrite(handle, data, offset)

    def truncate(self, path, length, handle=None):
        os.truncate(path, length)

    def fsync(self, path, is_data_only, handle):
        time.sleep(self.flush_seconds)
        os.fsync(handle)

    def release(self, path, handle):
        os.close(handle)

    def rename(self, old, new):
        os.rename(old, self.root + new)

    def link(self, target, source):
        os.link(self.root + source, target)

    def symlink(self, target, source):
        os.symlink(source, target)

    def utimens(self, path, times=None):
        os.utime(path, times)

    readlink, mkdir, rmdir, unlink, chmod, chown = (
        staticmethod(call) for call in (os.readlink, os.mkdir, os.rmdir, os.unlink, os.chmod, os.chown))


class FolderWithoutLocks(Folder):
    """Where nothing is said of locks, the system keeps them itself."""

    def lock(self, path, handle, command, lock):
        raise fuse.FuseOSError(errno.EOPNOTSUPP)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("mount")
    parser.add_argument("--no-locks", action="store_true")
    parser.add_argument("--flush-seconds", type=float, default=0)
    arguments = parser.parse_args()
    kind = FolderWithoutLocks if arguments.no_locks else Folder
    folder = kind(os.path.realpath(arguments.folder), arguments.flush_seconds)
    fuse.FUSE(folder, arguments.mount, foreground=True, nothreads=False, default_permissions=True)


if __name__ == "__main__":
    main()
