"""How a colleague finds his way: the manual by man, what a shell completes, and what is said to who mistypes."""

import os
import re
import shutil
import subprocess

from harness import EndToEnd, ink, main
from terminal import Terminal


class Manual(EndToEnd):
    def test_CL_232_man_reads_every_page_without_a_warning(self):
        pages = self.folder / "pages"
        self.assertEqual(ink.run(["man", "--write", pages])[0], 0)
        names = sorted(page.name for page in pages.iterdir())
        self.assertIn("inkwire.1", names)
        self.assertIn("inkwire-identity.1", names)
        for page in pages.iterdir():
            shown = subprocess.run(
                ["groff", "-man", "-Tutf8", "-ww", "-z", page], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
            self.assertEqual((shown.returncode, shown.stderr), (0, ""), page.name)
        self.assert_refused(ink.run(["man", "--write", "/proc/nowhere"]), 8, "cannot be made")
        self.assert_refused(ink.run(["man", "exprot"]), 2, "inkwire export")

    def test_CL_233_on_a_terminal_man_shows_a_page_and_its_pager_takes_keys(self):
        terminal = Terminal([ink.binary(), "man", "export"], environment={"PAGER": "less", "MANPAGER": None, "LESS": None})
        self.addCleanup(terminal.close)
        terminal.see("INKWIRE-EXPORT(1)")
        terminal.see("inkwire export sketch -o sketch.svg")
        terminal.send("q")
        self.assertEqual(terminal.wait(), 0)
        plain = Terminal([ink.binary(), "man", "say"], environment={"PATH": self.folder.path})
        self.addCleanup(plain.close)
        plain.see("SEE ALSO")
        self.assertEqual(plain.wait(), 0)

    def test_CL_236_the_version_says_number_and_protocol(self):
        self.assertRegex(ink.run(["--version"])[1], r"\Ainkwire \d+\.\d+\.\d+ \((commit [0-9a-f]+, )?protocol \d+\)\n\Z")

    def test_CL_235_who_mistypes_a_command_an_option_or_a_board_is_told_what_there_is(self):
        ink.new_board(self.folder / "ana", "ana").quit()
        for arguments, status, words in (
                (["exprot"], 2, "did you mean `inkwire export`?"), (["help", "bords"], 2, "did you mean `inkwire boards`?"),
                (["boards", "--jsno"], 2, "--json"), (["export", "sketsh", "-o", "-"], 5, "did you mean “sketch”?"),
                (["say", "sekcth", "hello"], 5, "did you mean “sketch”?"), (["zzzzzz"], 2, "nothing is called so")):
            with self.subTest(arguments):
                self.assert_refused(ink.run(arguments, data=self.folder / "ana", name="ana"), status, words)


class Completion(EndToEnd):
    """CL-234: in real shells, by Tab."""

    def setUp(self):
        super().setUp()
        self.data = self.folder / "ana"
        for board in ("sketch", "skyline plan"):
            ink.new_board(self.data, "ana", board=board).quit()
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        (self.bin / "inkwire").symlink_to(ink.binary())
        (self.folder / "diagram.txt").write_text("box\n")

    def shell(self, *arguments, **more):
        settings = {"PATH": f"{self.bin}:{os.environ['PATH']}", "INKWIRE_DATA_DIR": self.data, "HOME": self.folder.path, "PS1": "$ ", **more}
        terminal = Terminal(arguments, columns=120, rows=30, environment=settings)
        self.addCleanup(terminal.close)
        return terminal

    def typed(self, terminal, line, *words):
        """Types a line and Tab, twice where once is not enough, and sees the words."""
        # A line of its own, at the top of a clear screen.
        terminal.send("\x15\x0c" + line)
        terminal.until(lambda: line.split()[-1] in terminal.text, f"the line {line!r}")

        def seen():
            text = terminal.text
            return all(re.search(word, text) for word in words)
        for _ in range(4):
            terminal.send("\t")
            try:
                terminal.until(seen, f"{words} after {line!r}", seconds=4)
                return
            except AssertionError:
                continue
        self.fail(f"{words} after {line!r} in:\n{terminal.text}")

    def tour(self, terminal, cd=True):
        if cd:
            terminal.send(f"cd {self.folder.path}\r")
        self.typed(terminal, "inkwire expo", r"inkwire export")
        self.typed(terminal, "inkwire mem", r"inkwire members")
        self.typed(terminal, "inkwire open ske", r"open sketch")
        self.typed(terminal, "inkwire open sky", r"open '?skyline\\? plan")
        self.typed(terminal, "inkwire export sketch --form", r"--format")
        self.typed(terminal, "inkwire export sketch --format excali", r"excalidraw")
        self.typed(terminal, "inkwire invite sketch --role comm", r"commenter")
        self.typed(terminal, "inkwire import sketch diag", r"diagram\.txt")

    def script(self, shell):
        status, text, errors = ink.run(["completion", shell])
        self.assertEqual(status, 0, errors)
        return text

    def test_CL_234_bash(self):
        (self.folder / "script").write_text(self.script("bash"))
        terminal = self.shell("bash", "--norc", "--noprofile", "-i")
        terminal.see("$")
        terminal.send(f"source {self.folder.path}/script\r")
        self.tour(terminal)

    def test_CL_234_zsh(self):
        functions = self.folder / "functions"
        functions.mkdir()
        (functions / "_inkwire").write_text(self.script("zsh"))
        terminal = self.shell("zsh", "-f", "-i")
        terminal.see("$")
        terminal.send(f"fpath=({functions} $fpath); autoload -Uz compinit; compinit -u -d {self.folder.path}/dump; echo re''ady\r")
        terminal.see("ready")
        self.tour(terminal)

    def test_CL_234_fish(self):
        place = self.folder / ".config" / "fish" / "completions"
        place.mkdir(parents=True)
        (place / "inkwire.fish").write_text(self.script("fish"))
        terminal = self.shell(
            "fish", "--private", "-i", "-C", "function fish_prompt; echo -n '$ '; end", XDG_CONFIG_HOME=self.folder / ".config", XDG_DATA_HOME=self.folder / "share")
        terminal.see("$")
        self.tour(terminal)

    def test_of_a_shell_that_is_not_known_it_is_said_which_are(self):
        self.assert_refused(ink.run(["completion", "csh"]), 2, "csh")


if __name__ == "__main__":
    main()
