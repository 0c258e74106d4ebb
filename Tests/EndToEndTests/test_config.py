"""What is said once for all boards: config.toml, who goes before whom, and what a bad one does."""

import json
import os
import pathlib
import subprocess

from harness import EndToEnd, ink, main
from terminal import Terminal


class Config(EndToEnd):
    def setUp(self):
        super().setUp()
        self.home = self.folder / "home"
        self.home.mkdir()
        self.path = self.home / ".config/inkwire/config.toml"

    def run_at_home(self, *arguments, **more):
        settings = {key: value for key, value in os.environ.items() if not key.startswith(("INKWIRE_", "XDG_"))}
        settings |= {"HOME": str(self.home), "USER": "login", **{key: str(value) for key, value in more.items()}}
        done = subprocess.run([str(ink.binary()), *map(str, arguments)], capture_output=True, text=True, env=settings, stdin=subprocess.DEVNULL, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def config(self, *arguments, **more):
        return self.run_at_home("config", *arguments, **more)

    def get(self, key, *arguments, **more):
        status, text, errors = self.config("get", key, *arguments, **more)
        self.assertEqual(status, 0, errors)
        return text.strip()

    def test_CL_240_CL_347_a_flag_goes_before_the_environment_and_that_before_the_file(self):
        self.assertEqual(self.config("path")[1].strip(), str(self.path))
        self.assertEqual(self.get("name", "--show-origin"), "default\tlogin")
        self.assertEqual(self.config("set", "name", "ana")[0], 0)
        self.assertEqual(self.path.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.get("name", "--show-origin"), f"file {self.path}:1\tana")
        self.assertEqual(self.get("name", "--show-origin", INKWIRE_NAME="bob"), "environment INKWIRE_NAME\tbob")
        self.assertEqual(self.get("name", "--show-origin", "--name", "cy", INKWIRE_NAME="bob"), "flag --name\tcy")
        other = self.folder / "other.toml"
        other.write_text('name = "dan"\n')
        self.assertEqual(self.get("name", INKWIRE_CONFIG=other), "dan")
        self.assertEqual(self.get("name", "--config", other), "dan")
        self.assertEqual(self.get("name", INKWIRE_CONFIG="/dev/null"), "login")
        self.config("set", "color", "never")
        self.assertEqual(self.get("color", "--show-origin", NO_COLOR=""), f"file {self.path}:2\tnever")
        self.assertEqual(self.get("color", "--show-origin", "--color", "always", NO_COLOR="1"), "flag --color\talways")
        # And it holds: a board is made at the place that the file says.
        self.config("set", "data_dir", "~/boards")
        maker = ink.Peer(["new", "sketch", "--peer", "--config", self.path], data=None, name=None,
                         environment={"INKWIRE_NAME": "", "INKWIRE_DATA_DIR": "", "HOME": str(self.home)})
        maker.event("ready", timeout=20)
        self.assertEqual(maker.quit(), 0)
        self.assertTrue((self.home / "boards/boards").is_dir())

    def test_CL_241_CL_346_a_broken_file_is_told_of_with_its_place_and_left_alone(self):
        self.path.parent.mkdir(parents=True)
        text = 'name = "ana"\nrelay = only\n'
        self.path.write_text(text)
        status, out, errors = self.config("get", "name")
        self.assertEqual((status, out.strip()), (0, "login"))
        self.assertIn(f"{self.path}:2:9: ", errors)
        self.assert_refused(self.config("set", "name", "bob"), 8, "left as it is", ":2:9:")
        self.assert_refused(self.config("unset", "name"), 8, "left as it is")
        self.assertEqual(self.path.read_text(), text)
        self.assert_refused(self.config("set", "relay", "sometimes"), 2, "never")
        self.assert_refused(self.config("set", "nmae", "x"), 2, "nmae")
        self.path.write_text('nmae = "ana"\nmetered = true\n')
        status, out, errors = self.config("get", "metered")
        self.assertEqual((status, out.strip()), (0, "true"))
        self.assertIn("did you mean name?", errors)

    def test_CL_243_CL_347_what_is_no_file_of_ours_holds_nobody_up(self):
        place = self.folder / "place"
        os.mkfifo(place)
        long = self.folder / "long"
        long.write_text("# a line\n" * 1_000_000)
        binary = self.folder / "binary"
        binary.write_bytes(b"\xff\xfe\x00name")
        for path in (place, self.home, long, binary, self.folder / "nothing"):
            with self.subTest(path):
                status, out, errors = self.config("get", "name", "--config", path)
                self.assertEqual((status, out.strip()), (0, "login"), errors)
                self.assertIn("inkwire: ", errors)
                self.assertNotEqual(self.config("set", "name", "x", "--config", path)[0] == 0, path != self.folder / "nothing")

    def test_an_editor_is_opened_on_a_file_that_shows_all_keys(self):
        script = self.folder / "editor"
        script.write_text("#!/bin/sh\ncp \"$2\" \"$1\"; printf 'name = 3\\n' >> \"$2\"\n")
        script.chmod(0o755)
        seen = self.folder / "seen"
        status, _, errors = self.config("edit", EDITOR=f"{script} {seen}")
        self.assertEqual(status, 0, errors)
        for key in ("name", "rendezvous", "relay", "ascii"):
            self.assertIn(f"# {key} = ", seen.read_text())
        self.assertRegex(errors, r"name takes a text in quotes|there is no terminal\.name")
        self.assert_refused(self.config("edit", EDITOR="false"), 8, "set EDITOR")

    def test_CL_241_on_a_board_the_mistake_is_told_too(self):
        self.path.parent.mkdir(parents=True)
        self.path.write_text("name = \n[terminal]\nascii = true\n")
        terminal = Terminal([ink.binary(), "new", "sketch", "--no-lan"], environment={
            "HOME": self.home, "INKWIRE_NAME": "ana", "INKWIRE_DATA_DIR": self.folder / "ana", "XDG_CONFIG_HOME": None, "INKWIRE_CONFIG": None})
        self.addCleanup(terminal.close)
        terminal.see("config.toml:1:8:")

    def test_CL_400_CL_402_commands_of_a_board_get_other_keys(self):
        self.assertEqual(self.config("set", "keys.undo", "F2", "ctrl+z")[0], 0)
        self.assertIn('[keys]\nundo = ["F2", "ctrl+z"]\n', self.path.read_text())
        status, text, errors = self.config("bindings", "--show-origin")
        self.assertEqual((status, errors), (0, ""))
        lines = [line.split(None, 3) for line in text.splitlines()]
        self.assertIn(["file", f"{self.path}:2", "undo", "F2 Ctrl+Z         take back what you did last"], lines)
        self.assertIn("default\tredo            U Ctrl+R Ctrl+Y   do again what was taken back", text.splitlines())
        self.assertEqual(json.loads(self.config("get", "keys.undo", "--json")[1])["bindings"][0]["keys"], ["F2", "Ctrl+Z"])
        for arguments, why in [
                (("keys.redo", "Esc"), "Esc goes back wherever you are"), (("keys.redo", "ctrl+ü"), "ctrl+ü is no key"),
                (("keys.quit", "Z"), "there is no keys.quit"), (("keys.undu", "x"), "did you mean keys.undo?"),
                (("terminal.quiet", "22"), 'two hours of the day as "22-7"'), (("limits.relay", "0"), "a whole number from 1")]:
            before = self.path.read_text()
            status, _, errors = self.config("set", *arguments)
            self.assertEqual(status, 2, errors)
            self.assertIn(why, errors)
            self.assertEqual(self.path.read_text(), before)
        self.assertEqual(self.config("unset", "keys.undo")[0], 0)
        self.assertNotIn("undo", self.path.read_text())

    def board(self, text, *arguments, name="sketch"):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(text)
        terminal = Terminal([ink.binary(), "new", name, "--no-lan", *arguments], columns=200, environment={
            "HOME": self.home, "INKWIRE_NAME": "ana", "INKWIRE_DATA_DIR": self.folder / "ana", "XDG_CONFIG_HOME": None, "INKWIRE_CONFIG": None})
        self.addCleanup(terminal.close)
        return terminal

    def test_CL_401_TM_503_a_board_goes_by_the_keys_of_the_file_and_tells_their_conflicts(self):
        terminal = self.board('[keys]\nundo = "x"\nredo = "x"\nrectangle = ["R"]\n')
        terminal.see("config.toml:2:1: x is for undo now, and no more for delete")
        terminal.see("x undo")
        terminal.see("R rectangle")

    def test_CL_403_notifications_of_the_file_hold(self):
        terminal = self.board('[terminal]\nbell = true\nquiet = "22-7"\n')
        terminal.see("? keys")
        terminal.send(":")
        terminal.see("Enter runs it")
        terminal.send("set title on")
        terminal.see(":set title on")
        terminal.send("\r")
        terminal.see("bell on, notify off, title on, quiet 22-7")

    def test_CL_404_the_paper_is_what_was_said_of_it(self):
        self.assertEqual(self.get("terminal.theme"), "auto")
        self.config("set", "terminal.theme", "light")
        self.assertEqual(self.get("terminal.theme", "--show-origin"), f"file {self.path}:2\tlight")
        ink_of = []
        for arguments in (["--theme", "dark"], []):
            terminal = self.board(self.path.read_text(), *arguments, name=f"sketch{len(ink_of)}")
            terminal.see("? keys")
            terminal.send("c")
            terminal.see("a digit picks")
            terminal.send("2")
            terminal.see("? keys")
            terminal.send("r\x1b[<0;11;6M\x1b[<32;31;12M\x1b[<0;31;12m")
            terminal.see("Enter writes")
            ink_of.append(terminal.screen.buffer[5][15].fg)
        self.assertNotEqual(ink_of[0], ink_of[1])


if __name__ == "__main__":
    main()
