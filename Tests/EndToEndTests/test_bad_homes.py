"""Homes that are full, read-only, broken, slow, without locks, of another user or far away: what is said, what stands there, what goes on."""

import contextlib
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from harness import EndToEnd, ink, main

import bad_disk

BOX = {"kind": "rectangle", "x": 0, "y": 0, "w": 8, "h": 8}


def files(folder):
    """What is in the files below a folder, by their paths in it; of what SQLite keeps beside a database, whether it is there or not, nothing."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in pathlib.Path(folder).rglob("*")
            if path.is_file() and not path.name.endswith(("-wal", "-shm", "ballast"))}


class BadHomes(EndToEnd):
    @classmethod
    def setUpClass(cls):
        cls.tools = ink.TemporaryFolder("inkwire-bad-disk")
        cls.addClassCleanup(cls.tools.remove)

    @classmethod
    @functools.cache
    def library(cls):
        return bad_disk.build(cls.tools.path)

    def disk(self, name="disk"):
        """A disk that can be made ill, and is well."""
        try:
            return bad_disk.BadDisk(self.folder / name, self.library())
        except bad_disk.NoCompiler as reason:
            self.skipTest(str(reason))

    def saved(self, data, board="sketch", **more):
        """A board with one box in that data directory, closed."""
        ana = ink.new_board(data, "ana", board, **more)
        ana.draw("a", **BOX)
        ana.wait("saved")
        self.assert_ends_well(ana)

    def listed(self, data, **more):
        """What `boards` says of those in a data directory."""
        status, out, errors = ink.run(["boards", "--json"], data=data, **more)
        self.assertEqual(status, 0, errors)
        return json.loads(out)["boards"]

    def assert_readable(self, data, **more):
        """The board of `saved` is listed and exported."""
        (board,) = self.listed(data, **more)
        self.assertNotIn("error", board)
        self.assertEqual((board["name"], board["open"]), ("sketch", False))
        status, out, errors = ink.run(["export", "sketch", "-o", "-", "--format", "json"], data=data, **more)
        self.assertEqual(status, 0, errors)
        self.assertEqual([shape["id"] for shape in json.loads(out)["shapes"]], ["a"])

    def test_CL_280_CL_281_a_board_for_which_there_is_no_room_is_not_there(self):
        link = self.link_to("inkwire://127.0.0.1:9/?tls=0")
        # At each of these SQLite has another thing no room for: the file, the index of its log, the log; the last has none for the board's name.
        for size in ("8k", "16k", "36k", "56k", "64k"):
            with self.subTest(size), self.small_disk(size) as disk:
                for arguments, code in ((["new", "b", "--peer"], None), (["join", "--peer", "--timeout", "1"], link)):
                    result = ink.run(arguments, data=disk / "data", name="ana", code=code)
                    if code is None or result[0] != 6:
                        self.assert_refused(result, 8, "the disk is full", "free some space, then do it again")
                    self.assertEqual(list((disk / "data/boards").iterdir()), [])
                    self.assertEqual(list(files(disk / "data")), ["identity.key"])
                    self.assertEqual(self.listed(disk / "data"), [])

    def test_CL_280_CL_282_a_board_on_a_full_disk_is_read_and_opened_when_there_is_room(self):
        with self.small_disk("400k") as disk:
            self.saved(disk / "data")
            self.fill(disk)
            self.assert_readable(disk / "data")
            # Also where a copy has no room either.
            self.assert_readable(disk / "data", environment={"TMPDIR": disk})
            for arguments in (["peer", "sketch"], ["say", "sketch", "hello"], ["boards", "--rename", "sketch", "plan"]):
                self.assert_refused(ink.run(arguments, data=disk / "data", name="ana"), 8, "the disk is full")
            self.assertEqual(ink.run(["boards", "--export", self.folder / "backup"], data=disk / "data")[0], 0)
            (disk / "ballast").unlink()
            ana = ink.open_board("sketch", disk / "data", "ana")
            self.assertEqual([shape["id"] for shape in ana.state()["shapes"]], ["a"])
            self.assert_ends_well(ana)

    def test_CL_281_what_a_full_disk_does_not_take_stands_as_it_was(self):
        other = self.folder / "other.key"
        self.saved(self.folder / "bob")
        self.assertEqual(ink.run(["identity", "export", other], data=self.folder / "bob")[0], 0)
        with self.small_disk("400k") as disk:
            data = disk / "data"
            self.saved(data)
            (disk / "old.svg").write_text("what stood there")
            (disk / "old.toml").write_text('name = "ana"\n')
            self.fill(disk)
            before = files(disk)
            for arguments, words in (
                    (["export", "sketch", "-o", disk / "old.svg"], "No space left"), (["export", "sketch", "-o", disk / "new.svg"], "No space left"),
                    (["replay", "sketch", "--format", "cast", "-o", disk / "new.cast"], "No space left"),
                    (["man", "--write", disk / "man"], "name one that you may write to"),
                    (["config", "set", "name", "bob", "--config", disk / "old.toml"], "another file with --config"),
                    (["config", "set", "name", "bob", "--config", disk / "new.toml"], "the disk is full.*\n.*another file with --config"),
                    (["identity", "export", disk / "copy"], "no copy was made\n.*copy: the disk is full.*\n.*another file"),
                    (["identity", "import", other, "--replace"], "the disk is full"),
                    (["boards", "--export", disk / "backup"], "the disk is full")):
                with self.subTest(" ".join(map(str, arguments[:2]))):
                    result = ink.run(arguments, data=data, name="ana")
                    self.assert_refused((result[0], "", result[2]), 8, words)
                    self.assertNotRegex(result[2], r"\.\d+\.new|may enter these boards", "neither a name of ours nor what has not happened")
                    self.assertEqual(files(disk), before)

    def test_CL_282_CL_283_without_locks_boards_are_read_and_nothing_is_written(self):
        disk = self.disk()
        self.saved(disk / "data", environment=disk.environment)
        before = files(disk / "data")
        for trouble in (bad_disk.NO_LOCK_DAEMON, bad_disk.NO_LOCKS):
            with self.subTest(trouble):
                disk.gets(trouble)
                self.assert_readable(disk / "data", environment=disk.environment)
                backup = self.folder / f"backup{trouble}"
                self.assertEqual(ink.run(["boards", "--export", backup], data=disk / "data", environment=disk.environment)[0], 0)
                for arguments in (["peer", "sketch"], ["new", "other", "--peer"], ["boards", "--rename", "sketch", "plan"],
                                  ["boards", "--restore", backup]):
                    result = ink.run(arguments, data=disk / "data", name="ana", environment=disk.environment)
                    self.assert_refused((result[0], "", result[2]), 8, "has no locks", "on a disk of this machine")
                disk.gets(0)
                self.assertEqual(files(disk / "data"), before)
                self.assert_readable(disk / "data")

    def test_CL_282_what_cannot_be_mapped_is_read_and_what_has_one_name_alone_is_used(self):
        disk = self.disk()
        disk.gets(bad_disk.ONE_NAME)
        self.saved(disk / "data", environment=disk.environment)
        self.saved(disk / "data", "other", environment=disk.environment)
        self.assertEqual(len(ink.run(["identity"], data=disk / "data")[1].split("\t")[0]), 64)
        self.assertNotEqual(ink.run(["identity", "export", disk / "data/identity.key"], data=disk / "data", environment=disk.environment)[0], 0)
        ink.run(["boards", "--delete", "other", "--yes"], data=disk / "data")
        disk.gets(bad_disk.NO_SHARED_MAP)
        self.assert_readable(disk / "data", environment=disk.environment)
        self.assert_refused(ink.run(["peer", "sketch"], data=disk / "data", environment=disk.environment), 8, "mapping a file into memory")
        self.assert_refused(ink.run(["new", "b", "--peer"], data=disk / "data", environment=disk.environment), 8, "mapping a file into memory")
        self.assertEqual(len(self.listed(disk / "data")), 1)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "it takes root to be two users")
    def test_CL_284_the_home_of_another_user_is_not_looked_into_and_nothing_is_made_there(self):
        os.chmod(self.folder.path, 0o755)
        self.saved(self.folder / "home")
        before = files(self.folder / "home")
        for mode in (0o700, 0o755):
            os.chmod(self.folder / "home", mode)
            for arguments in (["identity"], ["peer", "sketch"], ["new", "b", "--peer"], ["export", "sketch", "-o", "-"],
                              ["boards", "--export", self.folder / "none"], ["identity", "export", self.folder / "home/copy"],
                              ["config", "set", "name", "x", "--config", self.folder / "home/c"]):
                # Whoever may look into it may know that the keys are there, which are readable to their owner alone.
                with self.subTest(f"{mode:o} {arguments}"):
                    self.assert_refused(self.run_as_nobody(arguments, self.folder / "home"), 8, "this user may not read or write it")
        self.assertEqual(files(self.folder / "home"), before)

    def run_as_nobody(self, arguments, data):
        done = subprocess.run(
            ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", ink.binary(), *arguments], capture_output=True, text=True,
            stdin=subprocess.DEVNULL, env={**ink.base_environment(), "INKWIRE_DATA_DIR": str(data)}, timeout=30)
        return done.returncode, "", done.stderr

    def limited(self, limit, *arguments):
        """Runs a command after a `ulimit`."""
        done = subprocess.run(
            ["sh", "-c", f'ulimit {limit} && exec "$@"', "sh", ink.binary(), *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env={**ink.base_environment(), "INKWIRE_DATA_DIR": str(self.folder / "ana"), "INKWIRE_NAME": "ana"}, timeout=30)
        return done.returncode, done.stdout, done.stderr

    def test_CL_285_with_twenty_files_nothing_crashes_and_what_is_refused_leaves_nothing(self):
        self.saved(self.folder / "ana")
        before = files(self.folder / "ana")
        for arguments in (["peer", "sketch"], ["new", "other", "--peer"], ["serve", "--listen", "127.0.0.1:0"],
                          ["join", "--peer", "7-a-b-c@127.0.0.1"], ["say", "sketch", "hello"], ["members", "sketch"]):
            with self.subTest(arguments[0]):
                self.assert_refused(self.limited("-n 20", *arguments), 8, "may have 20 files and sockets open", "ulimit -n")
        self.assertEqual(files(self.folder / "ana"), before)
        for arguments in (["boards"], ["export", "sketch", "-o", "-"], ["identity"], ["config", "get"], ["guide"], ["man", "new"],
                          ["man", "--write", self.folder / "man"], ["boards", "--export", self.folder / "backup"]):
            with self.subTest(arguments[0]):
                status, _, errors = self.limited("-n 20", *arguments)
                self.assertEqual(status, 0, errors)
        # What may be raised is.
        status, out, errors = self.limited("-S -n 20", "peer", "sketch")
        self.assertEqual(status, 0, errors)
        self.assertIn('"event":"ready"', out)

    def test_CL_286_an_open_board_goes_on_says_what_is_wrong_and_saves_all_in_the_end(self):
        troubles = {bad_disk.READ_ONLY: "read-only", bad_disk.BROKEN: "the disk gave an error in writing", bad_disk.NO_LOCKS: "has no locks"}
        disks = {trouble: self.disk(f"disk{trouble}") for trouble in troubles}
        peers = {trouble: ink.new_board(disk / "data", "ana", environment=disk.environment) for trouble, disk in disks.items()}
        for peer in peers.values():
            peer.draw("a", **BOX)
            peer.wait("saved")
        for trouble, disk in disks.items():
            disk.gets(trouble)
            peers[trouble].draw("b", **BOX)
        for trouble, peer in peers.items():
            with self.subTest(troubles[trouble]):
                peer.event("sync", saved=False)
                refusal = self.refusal(peer)
                self.assertRegex(refusal["message"], troubles[trouble])
                self.assertEqual(refusal["code"], "disk")
                self.assertFalse(peer.state()["saved"])
        for disk in disks.values():
            disk.gets(0)
        for trouble, peer in peers.items():
            with self.subTest(troubles[trouble]):
                peer.wait("saved", timeout=10)
                peer.draw("last", **BOX)
                shown = {shape["id"] for shape in peer.state()["shapes"]}
                self.assertLessEqual({"a", "b", "last"}, shown)
                self.assert_ends_well(peer)
                again = ink.open_board("sketch", disks[trouble] / "data", "ana")
                self.assertEqual({shape["id"] for shape in again.state()["shapes"]}, shown)
                self.assert_ends_well(again)

    def refusal(self, peer):
        """The answer to what is drawn once the disk is known to refuse."""
        def draws():
            reference = peer.send("draw", shape=BOX)
            reply = peer.await_condition(lambda: next((event for _, event in peer.events if event.get("ref") == reference), None), 10, "a reply")
            return reply if reply["event"] == "error" else None

        return ink.wait_until(draws, 10, "a refusal", interval=0.1)

    def test_CL_287_a_disk_of_slow_flushes_holds_up_nobody(self):
        disk = self.disk()
        self.saved(disk / "data")
        ana = ink.open_board("sketch", disk / "data", "ana", environment={**disk.environment, "INKWIRE_BAD_DISK_FLUSH": 1000})
        disk.gets(bad_disk.SLOW_FLUSH)
        for number in range(20):
            # Each is answered before the disk has even the first.
            ana.draw(f"b{number}", timeout=1, **BOX)
        self.assertFalse(ana.state(timeout=1)["saved"])
        self.assert_ends_well(ana)
        ana = ink.open_board("sketch", disk / "data", "ana")
        self.assertEqual(len(ana.state()["shapes"]), 21)
        self.assert_ends_well(ana)

    @contextlib.contextmanager
    def mounted(self, *options):
        """A folder on a file system in user space, and the folder below it that is well."""
        below, mount = (self.folder / name for name in ("below", "mount"))
        for folder in (below, mount):
            folder.mkdir()
        # What a package of the system brings is for the system's own.
        knows_fuse = "import sys, importlib.util as u; sys.exit(not (u.find_spec('fusepy') or u.find_spec('fuse')))"
        python = next((one for one in (sys.executable, "/usr/bin/python3") if subprocess.run([one, "-c", knows_fuse]).returncode == 0), None)
        if python is None:
            self.skipTest("no Python here has fusepy (Debian: python3-fusepy)")
        server = subprocess.Popen(
            [python, "-B", ink.ROOT / "tools/lib/bad_fuse.py", below, mount, *options], stdout=subprocess.PIPE, text=True)
        try:
            self.assertEqual(server.stdout.readline(), "mounted\n")
            yield mount, below
        finally:
            subprocess.run(["umount", mount], check=True)
            server.stdout.close()
            self.assertEqual(server.wait(timeout=20 * ink.PATIENCE), 0)
            mount.rmdir()
            shutil.rmtree(below)

    @unittest.skipUnless(os.geteuid() == 0 and os.path.exists("/dev/fuse"), "it takes root and FUSE to mount a file system of one's own")
    def test_CL_283_CL_287_a_file_system_in_user_space_without_locks_or_with_slow_flushes(self):
        with self.mounted("--no-locks") as (mount, below):
            self.saved(below / "data")
            self.assert_readable(mount / "data")
            before = files(below)
            for arguments in (["peer", "sketch"], ["new", "other", "--peer"], ["boards", "--rename", "sketch", "plan"]):
                result = ink.run(arguments, data=mount / "data", name="ana")
                self.assert_refused((result[0], "", result[2]), 8, "has no locks", "on a disk of this machine")
                self.assertEqual(files(below), before)
            self.assertEqual([board["name"] for board in self.listed(mount / "data")], ["sketch"])
        with self.mounted("--flush-seconds", "0.3") as (mount, below):
            self.saved(mount / "data")
            self.assert_readable(mount / "data")
            self.assert_readable(below / "data")

    def test_CL_288_without_a_locale_all_is_as_with_one(self):
        words = "héllo “é” 漢"
        command = json.dumps({"do": "draw", "shape": {"kind": "text", "x": 0, "y": 0, "text": words}}, ensure_ascii=False) + "\n"
        seen = []
        for locale in ({}, {"LC_ALL": "nonsense"}, {"LC_ALL": "C.UTF-8"}):
            home = self.folder / f"home{len(seen)}"
            home.mkdir()
            outputs = []
            # Nothing else is known: no PATH, no USER, no TERM.
            for arguments in (["new", "Zoë 漢", "--peer"], ["export", "Zoë 漢", "-o", "-"], ["export", "Zoë 漢", "-o", home / "é.txt"],
                              ["guide", "first-board"], ["man", "new"], ["config", "set", "name", "Zoë"], ["config", "get", "name"], ["boards"]):
                done = subprocess.run([ink.binary(), *arguments], capture_output=True, input=command.encode(), timeout=30,
                                      env={"HOME": str(home), "INKWIRE_NO_LAN": "1", "NO_COLOR": "1", **locale})
                self.assertEqual(done.returncode, 0, (locale, arguments, done.stderr))
                outputs.append(done.stdout)
            self.assertEqual(outputs[1].decode(), words + "\n")
            self.assertEqual((home / "é.txt").read_text(encoding="utf-8"), words + "\n")
            self.assertEqual(outputs[6].decode(), "Zoë\n")
            self.assertTrue(outputs[7].startswith("Zoë 漢\t".encode()), outputs[7])
            seen.append([outputs[index] for index in (1, 3, 4, 6)])
        self.assertEqual(seen[0], seen[2])
        self.assertEqual(seen[1], seen[2])

    def long(self, count):
        """A path of so many bytes below the test's folder, in parts that a file system takes."""
        path = str(self.folder.path)
        while len(path) < count - 120:
            path += "/" + "x" * 100
        return path + "/" + "y" * (count - len(path) - 1)

    def test_CL_289_a_path_of_500_bytes_is_taken_or_refused_before_anything_is_made(self):
        place = self.long(480)
        self.assert_refused(ink.run(["new", "b", "--peer"], data=place, name="ana"), 8, "SQLite takes 504", "shorter path")
        self.assertFalse(os.path.exists(place))
        self.assertEqual(self.listed(place), [])
        data = self.folder / "ana"
        self.saved(data)
        os.makedirs(place)
        for arguments, made in ((["export", "sketch", "-o", f"{place}/a-board.in-ink.svg"], f"{place}/a-board.in-ink.svg"),
                                (["identity", "export", f"{place}/key"], f"{place}/key"),
                                (["man", "--write", f"{place}/man"], f"{place}/man/inkwire.1"),
                                (["config", "set", "name", "bob", "--config", f"{place}/toml"], f"{place}/toml")):
            with self.subTest(arguments[0]):
                status, _, errors = ink.run(arguments, data=data)
                self.assertEqual(status, 0, errors)
                self.assertGreater(os.path.getsize(made), 0)
        result = ink.run(["boards", "--export", f"{place}/backup"], data=data)
        self.assert_refused((result[0], "", result[2]), 8, "SQLite takes 504")
        self.assertEqual(files(f"{place}/backup"), {})
        for arguments, status in ((["peer", place], 5), (["new", place, "--peer"], 2), (["guide", place], 2)):
            self.assert_refused(ink.run(arguments, data=data, name="ana"), status)
        # Too long for a socket, and short enough for a board: a second program attaches all the same.
        far = self.long(300)
        ana = ink.new_board(far, "ana", environment={"XDG_RUNTIME_DIR": far})
        again = ink.open_board("sketch", far, "ana", environment={"XDG_RUNTIME_DIR": far})
        again.draw("b", **BOX)
        ana.event("shape", id="b")
        self.assert_ends_well(again, ana)


if __name__ == "__main__":
    main()
