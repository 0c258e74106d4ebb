"""Takes the commands out of the pages of the guide, and does what the pages say, as the people whom they name.

A page is Markdown; what its fenced blocks are is said by their first line:

    ```sh WHO        commands, run by bash to their end, all in order; each block ends with 0
    ```terminal WHO  one command, run in a terminal of 100x30, which stays
    ```keys WHO      what is typed there, a key or a text a line; a code there is the newest that another terminal shows
    ```text WHO      what is seen then: each line in the terminal, or in the output of the commands, whichever was last; … stands for anything
    ```json and others: a file that the reader writes; its name is in backticks, the last in the line before

Who is not named is one person. Each person has a fresh home and data of their own; the directory is one for all on a page, since they send each other files.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys

import inkwire_process as ink
from first_minute import CODE
from terminal import Terminal

FOLDER = ink.ROOT / "Sources" / "inkwire" / "inkwire.docc" / "Guide"
KEYS = {"Ctrl+C": "\x03", "Enter": "\r", "Esc": "\x1b", "Tab": "\t", "Up": "\x1b[A", "Down": "\x1b[B", "Right": "\x1b[C", "Left": "\x1b[D"}
NAMED = re.compile(r"`([^`]+)`[^`]*:\Z")


class Block:
    """A fenced block: its kind, who does it, its text, and where it stands."""

    def __init__(self, kind, who, lines, place, file=None):
        self.kind, self.who, self.text, self.place, self.file = kind, who, "\n".join(lines), place, file
        # What its commands said, once they have run.
        self.said = ""


def blocks(page):
    """The blocks of a page; a fence without a kind, or a file without a name, is an error."""
    found, inside, before = [], None, ""
    for number, line in enumerate((FOLDER / f"{page}.md").read_text(encoding="utf-8").splitlines(), 1):
        if inside is not None:
            if line.startswith("```"):
                found.append(inside)
                inside = None
            else:
                inside.text += ("\n" if inside.text else "") + line
        elif line.startswith("```"):
            kind, _, who = line[3:].partition(" ")
            if not kind:
                raise AssertionError(f"{page}.md:{number}: a fence that does not say what it is")
            inside = Block(kind, who or "you", [], f"{page}.md:{number}")
            if kind not in ("sh", "terminal", "keys", "text"):
                name = NAMED.search(before)
                if not name:
                    raise AssertionError(f"{inside.place}: the line before a file names it in backticks and ends with a colon")
                inside.file = name.group(1)
        elif line.strip():
            before = line.strip()
    if inside is not None:
        raise AssertionError(f"{inside.place}: a fence that does not end")
    return found


class Reader:
    """Does what a page says.

    - `table`: what stands there for what the page says, as (regular expression, text), in order: names, ports and places that a reader puts in.
    """

    def __init__(self, folder, table, environment, settings):
        self.folder, self.table, self.environment, self.settings = pathlib.Path(folder), table, environment, settings
        self.work = self.folder / "work"
        self.work.mkdir()
        self.people, self.terminals, self.last = {}, {}, {}
        self.ran = []

    def close(self):
        for terminal in self.terminals.values():
            terminal.close()

    def put(self, text):
        for pattern, value in self.table:
            text = re.sub(pattern, lambda _: value, text) if "\\1" not in value else re.sub(pattern, value, text)
        return text

    def person(self, who):
        """The environment of somebody, whose home is made when he is met first."""
        if who not in self.people:
            home = self.folder / f"home-{who}"
            (home / ".config" / "inkwire").mkdir(parents=True)
            (home / ".config" / "inkwire" / "config.toml").write_text(self.settings)
            self.people[who] = {**self.environment, "HOME": str(home), "USER": who}
        return self.people[who]

    def follow(self, page, who=None):
        """All blocks, or those of the people named."""
        for block in blocks(page):
            if who is None or block.who in who:
                self.do(block)
                self.ran.append(block)

    def do(self, block):
        try:
            getattr(self, f"_{block.kind}" if block.file is None else "_file")(block)
        except AssertionError as error:
            raise AssertionError(f"{block.place} ({block.kind} {block.who})\n{block.text}\n\n{error}") from None

    def _file(self, block):
        name = self.put(block.file)
        path = pathlib.Path(name) if name.startswith("/") else self.work / name
        if not str(path).startswith(str(self.folder)):
            raise AssertionError(f"{path} is outside of the test's folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.put(block.text) + "\n")

    def _sh(self, block):
        done = subprocess.run(["bash", "-eo", "pipefail", "-c", self.put(block.text)], cwd=self.work, env=self.person(block.who), text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60 * ink.PATIENCE)
        self.last[block.who] = block.said = done.stdout
        if done.returncode != 0:
            raise AssertionError(f"ended with {done.returncode}; it said:\n{done.stdout}")

    def _terminal(self, block):
        if block.who in self.terminals:
            # He who starts another program has left the first, or is at a second terminal.
            self.terminals.pop(block.who).close()
        # A terminal takes its environment beside our own, of which nothing is to be left.
        given = {**dict.fromkeys(os.environ), "INKWIRE_CONFIG": None, **self.person(block.who)}
        command = f"cd {shlex.quote(str(self.work))}; {self.put(block.text)}"
        terminal = Terminal(["bash", "-c", command], columns=100, rows=30, environment=given)
        self.terminals[block.who] = terminal
        self.last[block.who] = terminal

    def _keys(self, block):
        terminal = self.terminals.get(block.who)
        if terminal is None:
            raise AssertionError("nobody of that name is at a terminal")
        terminal.settle()
        for line in block.text.splitlines():
            if CODE.fullmatch(line):
                line = self.code(but=block.who)
            terminal.send(KEYS.get(line, line))
            terminal.settle()
        self.last[block.who] = terminal

    def code(self, but):
        """The newest code on the screens of the others."""
        for who, terminal in reversed(self.terminals.items()):
            found = CODE.search(terminal.text) if who != but else None
            if found:
                return found.group(0)
        raise AssertionError("no terminal shows a code")

    def _text(self, block):
        for line in block.text.splitlines():
            wanted = re.compile(".*".join(re.escape(piece.strip()) for piece in line.split("…")))
            seen = self.last.get(block.who)
            if isinstance(seen, Terminal):
                seen.until(lambda: wanted.search(seen.text), f"{line!r}")
            elif seen is None or not wanted.search(seen):
                # What somebody says comes to who listens at a terminal.
                listening = self.terminals.get(block.who)
                if listening is None:
                    raise AssertionError(f"{line!r} is not in:\n{seen}")
                listening.until(lambda: wanted.search(listening.text), f"{line!r}")


def environment(programs, authority):
    """What a person's shell has: nothing of ours, no network of the machine's, and an authority whom all here believe."""
    return {"PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "PS1": "$ ",
            "INKWIRE_NO_LAN": "1", "CURL_CA_BUNDLE": str(authority), "PYTHON": sys.executable}
