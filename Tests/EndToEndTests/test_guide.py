"""The guide: every command of its pages is run from them, by people in fresh homes, and `inkwire guide` shows them. What is put in the place of a reader's own names stands in tables here.

nginx is the real one, and so are certificates, made by openssl for an authority that all here believe. There is no systemd: `systemctl` is a program of this test that starts
what the package's own unit says. That the package is installed, and that unit runs under systemd's bounds, is for tools/package-check to show.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import unittest

import guide
from authority import Authority
from harness import EndToEnd, ink, main
from terminal import Terminal

UNIT = ink.ROOT / "tools" / "lib" / "package" / "system.service"
PAGES = {"FirstBoard": "first-board", "TeamRendezvous": "rendezvous", "Scripts": "scripts", "WhatOthersSee": "privacy", "WhenItDoesNotConnect": "connecting",
         "BackupAndDevices": "backup"}

# As systemctl for the one unit: of what the unit says, what decides which program runs with which options and files.
SYSTEMCTL = """#!/usr/bin/python3
import os, pathlib, re, shlex, signal, subprocess, sys, time
root, unit = pathlib.Path({root!r}), pathlib.Path({unit!r}).read_text()
verb, names = sys.argv[1], [word for word in sys.argv[2:] if not word.startswith("-")]
if verb == "daemon-reload":
    sys.exit(0)
if names == ["nginx"] and verb == "reload":
    sys.exit(subprocess.run(["nginx", "-s", "reload"]).returncode)
if names != ["inkwire-serve"] or verb not in ("enable", "restart"):
    sys.exit(f"no such thing here: {{sys.argv}}")
pid, log = root / "serve.pid", root / "serve.log"
if pid.exists():
    os.kill(int(pid.read_text()), signal.SIGTERM)
    while pathlib.Path(f"/proc/{{int(pid.read_text())}}/exe").exists():
        time.sleep(0.01)
settings = {{}}
for line in re.findall(r"^EnvironmentFile=-?(.*)$", unit, re.M):
    for name, value in re.findall(r'^(\\w+)=\\"?(.*?)\\"?$', (root / line.lstrip("/")).read_text(), re.M):
        settings[name] = value
for drop in sorted((root / "etc/systemd/system/inkwire-serve.service.d").glob("*.conf")):
    for name, path in re.findall(r"^LoadCredential=(\\w+):(.*)$", drop.read_text(), re.M):
        place = root / "run/credentials/inkwire-serve.service" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.write_bytes(pathlib.Path(path).read_bytes())
        place.chmod(0o400)
before = log.stat().st_size if log.exists() else 0
line = re.search(r"^ExecStart=/usr/bin/(.*)$", unit, re.M).group(1)
line = re.sub(r"\\$(\\w+)", lambda found: settings[found.group(1)], line)
with open(log, "ab") as sink:
    child = subprocess.Popen(shlex.split(line), stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True)
pid.write_text(str(child.pid))
while b"rendezvous at" not in log.read_bytes()[before:]:
    if child.poll() is not None:
        sys.exit(f"inkwire-serve ended: {{log.read_text()}}")
    time.sleep(0.01)
"""

# What nginx has on Debian around the files in conf.d, within the test's folder.
NGINX = """user {user};
worker_processes 1;
pid {root}/nginx.pid;
error_log {root}/nginx.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    include {root}/etc/nginx/conf.d/*.conf;
}}
"""


class Guide(EndToEnd):
    """CL-250: page by page."""

    def setUp(self):
        super().setUp()
        self.programs, self.root = self.folder / "bin", self.folder / "root"
        for made in (self.programs, self.root):
            made.mkdir()
        self.authority = Authority(self.folder / "authority")
        self.certificate, self.key = self.authority.certificate("good", names="DNS:localhost")

    def reader(self, table):
        settings = f'tls_ca = "{self.authority.file}"\n'
        reader = guide.Reader(self.folder.path, table, guide.environment(self.programs, self.authority.file), settings)
        self.addCleanup(reader.close)
        return reader

    def install(self):
        (self.programs / "inkwire").symlink_to(ink.binary().resolve())

    def rendezvous_of_the_guide(self):
        """A rendezvous that runs already, and the table by which a page speaks of it."""
        server = self.rendezvous(arguments=["--tls-cert", str(self.certificate), "--tls-key", str(self.key)])
        return [(r"(wss|https)://rendezvous\.example\.org", rf"\1://localhost:{server.port}"), (r"rendezvous\.example\.org", f"localhost:{server.port}")]

    def test_CL_250_the_first_board_over_the_internet(self):
        self.install()
        reader = self.reader(self.rendezvous_of_the_guide())
        reader.follow("FirstBoard")
        self.assertIn("<svg", (reader.work / "sketch.svg").read_text())
        words = [re.search(r"(?m)^(\w+ ){5}\w+$", block.said).group(0) for block in reader.ran if "--safety" in block.text]
        self.assertEqual(len(words), 2)
        self.assertEqual(words[0], words[1])

    def test_CL_250_scripts(self):
        self.install()
        self.reader([(r"python3 ", '"$PYTHON" ')]).follow("Scripts")

    def test_CL_250_what_others_see(self):
        self.install()
        self.reader(self.rendezvous_of_the_guide()).follow("WhatOthersSee")

    def test_CL_250_when_it_does_not_connect(self):
        self.install()
        self.reader(self.rendezvous_of_the_guide()).follow("WhenItDoesNotConnect")

    def test_CL_250_backup_a_second_device_and_a_lost_one(self):
        self.install()
        reader = self.reader([])
        reader.follow("BackupAndDevices")
        listed = [block.said for block in reader.ran if "--remove" in block.text][-1]
        self.assertNotRegex(listed, r"(?m)^ana-laptop\t")

    def test_CL_250_a_rendezvous_for_a_team_behind_nginx_and_with_its_own_certificate(self):
        if not shutil.which("nginx", path="/usr/sbin:/usr/bin"):
            self.fail("nginx is missing: tools/test installs it")
        place = self.root / "etc" / "letsencrypt" / "live" / "localhost"
        place.mkdir(parents=True)
        shutil.copy(self.certificate, place / "fullchain.pem")
        shutil.copy(self.key, place / "privkey.pem")
        front, back = ink.free_port(), ink.free_port()
        # All are at one machine here; nginx has an address of its own on it, so that visitors come from another than the proxy does, as they would.
        proxy = "127.0.0.9"
        reader = self.reader([
            (r"(wss|https)://rendezvous\.example\.org:4300", rf"\1://localhost:{back}"), (r"(wss|https)://rendezvous\.example\.org", rf"\1://localhost:{front}"),
            (r"rendezvous\.example\.org", "localhost"), (r"listen 443 ssl", f"listen 127.0.0.1:{front} ssl"), (r" *listen \[::\]:443 ssl;\n", ""),
            (r"--proxy 127\.0\.0\.1", f"--proxy {proxy}"),
            (r"(proxy_http_version 1.1;)", rf"\1 proxy_bind {proxy};"), (r"(127\.0\.0\.1|0\.0\.0\.0):4300", f"127.0.0.1:{back}"),
            (r'OPTIONS="--tls-cert', f'OPTIONS="--listen 127.0.0.1:{back} --tls-cert'),
            (r"/etc/", f"{self.root}/etc/"), (r"/run/credentials/", f"{self.root}/run/credentials/")])
        self.make_machine()
        reader.follow("TeamRendezvous")
        # nginx said who it is that connects: nobody was told that all share one place.
        self.assertNotIn("X-Forwarded-For", (self.root / "serve.log").read_text())

    def make_machine(self):
        """What a machine with Debian has: sudo, apt, systemctl, and nginx that runs."""
        self.program("sudo", '#!/bin/sh\nexec "$@"\n')
        # The package brings the program, and no more is asked of it here.
        self.program("apt", f'#!/bin/sh\n[ "$*" = "install ./inkwire_*.deb" ] && ln -s {ink.binary().resolve()} {self.programs}/inkwire\n')
        self.program("systemctl", SYSTEMCTL.format(root=str(self.root), unit=str(UNIT)))
        self.program("nginx", f'#!/bin/sh\nexec /usr/sbin/nginx -p {self.root} -c {self.root}/nginx.conf "$@"\n')
        (self.root / "etc" / "nginx" / "conf.d").mkdir(parents=True)
        user = subprocess.run(["id", "-un"], capture_output=True, text=True).stdout.strip()
        (self.root / "nginx.conf").write_text(NGINX.format(root=self.root, user=user))
        subprocess.run([self.programs / "nginx"], check=True, capture_output=True)
        self.addCleanup(self.end, "nginx.pid")
        self.addCleanup(self.end, "serve.pid")

    def program(self, name, text):
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def end(self, file):
        path = self.root / file
        if path.exists():
            try:
                os.kill(int(path.read_text()), signal.SIGTERM)
            except ProcessLookupError:
                pass


class Shown(EndToEnd):
    """The same pages by `inkwire guide`."""

    def test_CL_251_each_page_is_in_the_program_as_it_is_in_the_sources(self):
        status, listed, errors = ink.run(["guide"])
        self.assertEqual((status, errors), (0, ""))
        pages = json.loads(ink.run(["guide", "--json"])[1])["pages"]
        names = [page["page"] for page in pages]
        self.assertEqual([line.split()[0] for line in listed.splitlines() if line.startswith("  ")], names)
        catalogue = guide.FOLDER.parent
        files = {**{name: f"Guide/{page}.md" for page, name in PAGES.items()}, "json-lines": "JSONLines.md", "changes": "Changes.md", "security": "Security.md"}
        self.assertEqual(sorted(names), sorted(files))
        self.assertEqual({path.stem for path in guide.FOLDER.iterdir()}, set(PAGES))
        for page in pages:
            told = json.loads(ink.run(["guide", page["page"], "--json"])[1])
            written = (catalogue / files[page["page"]]).read_text(encoding="utf-8")
            self.assertEqual(told["markdown"], written, page)
            self.assertTrue(written.startswith(f"# {told['title']}\n"), page)

    def test_CL_252_a_page_is_plain_where_it_is_piped_and_each_command_stays_whole(self):
        for page, name in PAGES.items():
            status, text, errors = ink.run(["guide", name], environment={"COLUMNS": "30"})
            self.assertEqual((status, errors), (0, ""))
            self.assertNotRegex(text, r"[\x00-\x09\x0b-\x1f\x7f]")
            self.assertNotRegex(text, r"^```|^\|", "a mark of Markdown")
            lines = text.splitlines()
            code = {"    " + line for block in guide.blocks(page) for line in block.text.splitlines()}
            self.assertEqual([line for line in code if line.rstrip() not in {shown.rstrip() for shown in lines}], [])
            self.assertEqual([line for line in lines if len(line) > 80 and line not in code], [])

    def test_CL_252_on_a_terminal_it_has_its_width_and_colours_unless_they_are_not_wanted(self):
        for columns, settings, has_escapes in ((40, {}, True), (120, {"NO_COLOR": "1"}, False), (80, {"TERM": "dumb"}, False), (12, {}, True)):
            with self.subTest(columns=columns, **settings):
                terminal = Terminal([ink.binary(), "guide", "privacy"], columns=columns, rows=24, environment={"INKWIRE_CONFIG": "/dev/null", **settings})
                self.addCleanup(terminal.close)
                self.assertEqual(terminal.wait(), 0)
                written = terminal.bytes.decode().replace("\r\n", "\n")
                self.assertEqual("\x1b" in written, has_escapes)
                plain = re.sub(r"\x1b\[\d*m", "", written)
                self.assertNotIn("\x1b", plain)
                limit = min(max(columns, 20), 100)
                long = [line for line in plain.splitlines() if len(line) > limit and not line.startswith("    ") and " " in line.strip()]
                self.assertEqual(long, [])
        terminal = Terminal([ink.binary(), "guide", "privacy", "--color", "never"], environment={"INKWIRE_CONFIG": "/dev/null"})
        self.addCleanup(terminal.close)
        self.assertEqual(terminal.wait(), 0)
        self.assertNotIn(b"\x1b", terminal.bytes)

    def test_CL_253_a_mistyped_page_is_answered_by_the_nearest(self):
        self.assert_refused(ink.run(["guide", "rendezvus"]), 2, "did you mean `inkwire guide rendezvous`")
        self.assert_refused(ink.run(["guide", "zzzzzzzz"]), 2, "lists the pages")


class Convention(unittest.TestCase):
    """CL-250: a page that says something else than what a reader can do is found."""

    def test_CL_250_every_fence_says_what_it_is_and_every_page_is_followed(self):
        tested = {name for name in re.findall(r'follow\("(\w+)"', pathlib.Path(__file__).read_text(encoding="utf-8"))}
        self.assertEqual(tested, set(PAGES))
        for page in PAGES:
            self.assertTrue(guide.blocks(page), page)


if __name__ == "__main__":
    main()
