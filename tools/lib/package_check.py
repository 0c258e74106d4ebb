"""Tries the packages; behind tools/package-check, whose --help says what and how."""

import argparse
import contextlib
import os
import pathlib
import platform
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

import demo
import inkwire_process as ink

ROOT = pathlib.Path(__file__).resolve().parents[2]
OLDER, NEWER = "0.0.1", "99.0"
HOME = "/home/ink"
WANTED = ["usr/bin/inkwire", "usr/share/man/man1/inkwire.1.gz", "usr/share/man/man1/inkwire-serve.1.gz",
          "usr/share/bash-completion/completions/inkwire", "usr/share/zsh/vendor-completions/_inkwire",
          "usr/share/fish/vendor_completions.d/inkwire.fish", "usr/share/doc/inkwire/copyright", "usr/share/doc/inkwire/changelog.gz",
          "usr/lib/systemd/system/inkwire-serve.service", "usr/lib/systemd/user/inkwire-serve.service", "etc/default/inkwire-serve"]
INSIDE = ["GRDB", "SwiftNIO", "BoringSSL", "llhttp", "Swift Argument Parser", "Swift Atomics", "Swift Collections", "Swift System", "Swift runtime",
          "UNICODE LICENSE V3"]


def tell(text):
    print(f"package-check: {text}", file=sys.stderr, flush=True)


def check(holds, what):
    if not holds:
        raise ink.Failed(what)


def call(*command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)
    check(done.returncode == 0, f"`{' '.join(map(str, command))}` ended with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def package(out, build=None, label=None):
    """tools/package; the package, and without a label the archive, that it made."""
    settings = {name: value for name, value in os.environ.items() if name != "INKWIRE_PACKAGE_BUILD"}
    if build:
        settings["INKWIRE_PACKAGE_BUILD"] = str(build)
    command = [ROOT / "tools/package", out, *(["--label", label] if label else [])]
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, env=settings, stdin=subprocess.DEVNULL)
    check(done.returncode == 0, f"tools/package ended with {done.returncode}")
    files = [pathlib.Path(line.split("  ")[0]) for line in done.stdout.splitlines()]
    check(len(files) == (1 if label else 2) and all(file.is_file() for file in files), f"tools/package said {done.stdout!r}")
    return files


def compare(first, second):
    """Both are the same bytes; else what in them differs is said, and both stay where they can be looked at."""
    for one, other in zip(first, second):
        check(one.name == other.name, f"{one.name} and {other.name}")
        if one.read_bytes() == other.read_bytes():
            continue
        folder = pathlib.Path(tempfile.mkdtemp(prefix="inkwire-packages-differ-"))
        contents = [unpacked(file, folder / side) for file, side in ((one, "first"), (other, "second"))]
        names = sorted({name for content in contents for name in content})
        differing = [name for name in names if contents[0].get(name) != contents[1].get(name)]
        where = ", ".join(differing) or "how it is packed alone"
        check(False, f"{one.name} was made twice of one commit and differs in {where}; both are unpacked in {folder}")


def unpacked(file, folder):
    """The files of a package or an archive, put into that folder, each with its mode and bytes."""
    folder.mkdir()
    call(*(("dpkg-deb", "-R", file, folder) if file.suffix == ".deb" else ("tar", "-xf", file, "-C", folder)))
    return {str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"") for path in folder.rglob("*")}


def pathless(files, places):
    """No path of the build is in what is given away."""
    with tempfile.TemporaryDirectory() as folder:
        call("dpkg-deb", "-R", files[0], f"{folder}/deb")
        call("tar", "-xf", files[1], "-C", folder)
        for file in pathlib.Path(folder).rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                for place in places:
                    check(str(place).encode() not in content, f"{file.relative_to(folder)} has the path {place} in it")


class System:
    """A root in which nothing but the base system is, and a user `ink`."""

    def __init__(self, folder, keep):
        self.path, self.folder = folder / "root", folder
        bare = (keep or folder) / "bare"
        if not (bare / "etc/debian_version").exists():
            tell("making a bare system by debootstrap")
            unfinished = bare.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            call("debootstrap", "--variant=minbase", platform.freedesktop_os_release()["VERSION_CODENAME"], unfinished)
            unfinished.rename(bare)
        call("cp", "-a", bare, self.path)
        call("mount", "-t", "proc", "proc", self.path / "proc")
        # A program asks by which name it can open its terminal. Nothing in there can be deleted, should it stay mounted.
        call("mount", "--bind", "/dev/pts", self.path / "dev/pts")
        shutil.copyfile("/etc/resolv.conf", self.path / "etc/resolv.conf")
        # No daemon is to start; there is no init either.
        (self.path / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        (self.path / "usr/sbin/policy-rc.d").chmod(0o755)
        self.root("useradd", "-m", "-u", "1000", "ink")
        usr = self.path / "usr"
        check(not list(usr.rglob("libsodium*")) and not list(usr.rglob("libswift*")), "the bare system is not bare")

    def unmount(self):
        for place in ("dev/pts", "proc"):
            subprocess.run(["umount", "-l", self.path / place], stderr=subprocess.DEVNULL)

    def root(self, *command):
        return call("chroot", self.path, "env", "HOME=/", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8",
                    "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *command)

    def user(self, *command):
        return call(*self.as_user(), *command)

    def as_user(self):
        return ["chroot", "--userspec=1000:1000", self.path, "env", f"HOME={HOME}", "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TERM=xterm-256color"]

    def use(self, program):
        """From here on `inkwire_process` starts this program, in the root, as its user."""
        script = self.folder / "inkwire-in-root"
        words = " ".join(f"'{word}'" for word in [*self.as_user()[:3], "env", f"HOME={HOME}", program])
        script.write_text(f'#!/bin/sh\ncd /\nexec {words} "$@"\n')
        script.chmod(0o755)
        os.environ["INKWIRE_BINARY"] = str(script)

    def put(self, file):
        shutil.copyfile(file, self.path / "tmp" / file.name)
        return f"/tmp/{file.name}"

    def dpkg(self, file):
        self.root("dpkg", "-i", self.put(file))

    @property
    def version(self):
        return self.root("dpkg-query", "-W", "-f", "${Version}", "inkwire")


def libraries(system, program):
    """Names of the libraries that the loader gives to a program."""
    listed = re.findall(r"^\s*(\S+)", system.user("ldd", program), re.MULTILINE)
    return sorted(pathlib.Path(name).name for name in listed if "linux-vdso" not in name)


def seconds_to_version(system, program):
    times = []
    for _ in range(5):
        began = time.perf_counter()
        said = system.user(program, "--version")
        times.append(time.perf_counter() - began)
    return sorted(times)[2], said.strip()


def seconds_to_frame(system, program, board, data):
    """From the start of `open` until its first frame is on the terminal: the median of five."""
    times = []
    for _ in range(5):
        leader, follower = pty.openpty()
        os.fchown(follower, 1000, 1000)
        began = time.perf_counter()
        child = subprocess.Popen([*map(str, system.as_user()), f"INKWIRE_DATA_DIR={data}", "INKWIRE_NO_LAN=1", program, "open", board],
                                 stdin=follower, stdout=follower, stderr=follower, start_new_session=True)
        seen = b""
        while f"opening {board}".encode() not in seen:
            check(select.select([leader], [], [], 20)[0], f"no first frame within 20 s; there is {seen[-400:]!r}")
            seen += os.read(leader, 65536)
        times.append(time.perf_counter() - began)
        child.kill()
        child.wait()
        os.close(leader)
        os.close(follower)
    return sorted(times)[2]


def meets(system, program):
    """The main job of tools/demo."""
    system.use(program)
    # Its folder is one of the root's, where everybody may write.
    tempfile.tempdir = "/tmp"
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        check(demo.headless() == 0, f"{program}: the demo failed")


def archive(system, file):
    name = file.name.split("-linux-")[0]
    tell(f"{file.name}, unpacked by an ordinary user")
    system.user("tar", "-xf", system.put(file), "-C", HOME)
    program = f"{HOME}/{name}/bin/inkwire"
    meets(system, program)
    for wanted in ("README", "share/man/man1/inkwire.1", "share/bash-completion/completions/inkwire", "share/zsh/site-functions/_inkwire",
                   "share/fish/vendor_completions.d/inkwire.fish"):
        check((system.path / f".{HOME}/{name}/{wanted}").stat().st_size > 0, f"the archive lacks {wanted}")
    text = (system.path / f".{HOME}/{name}/share/doc/inkwire/copyright").read_text()
    for inside in [*INSIDE, "libsodium", "SQLite", "TERMS AND CONDITIONS FOR USE"]:
        check(inside in text, f"the archive's copyright says nothing of {inside}")
    return program


def installed(system, file):
    tell(f"{file.name}, installed by apt-get")
    system.root("apt-get", "update", "-q")
    system.root("apt-get", "install", "-y", "-q", "--no-install-recommends", system.put(file))
    for wanted in WANTED:
        check((system.path / wanted).is_file(), f"the package brought no {wanted}")
    text = (system.path / "usr/share/doc/inkwire/copyright").read_text()
    for inside in INSIDE:
        check(inside in text, f"the package's copyright says nothing of {inside}")
    meets(system, "/usr/bin/inkwire")


def service(system):
    """The unit is there, is not enabled, is understood, and what it starts needs neither home nor right nor a place to write."""
    check(not list((system.path / "etc/systemd").rglob("inkwire*")), "the service is enabled")
    if shutil.which("systemd-analyze"):
        for kind in ("system", "user"):
            # The program is where the unit says, in the root; on this machine another stands in, which verify only wants to be there.
            unit = system.folder / f"{kind}.service"
            text = (system.path / f"usr/lib/systemd/{kind}/inkwire-serve.service").read_text()
            unit.write_text(text.replace("/usr/bin/inkwire serve", "/bin/true serve"))
            # What it says of other units of this machine is not ours.
            done = subprocess.run(["systemd-analyze", f"--{kind}", "verify", "--man=no", unit], capture_output=True, text=True,
                                  env=os.environ | {"XDG_RUNTIME_DIR": str(system.folder)})
            check("Failed to initialize manager" not in done.stderr, f"{kind}.service was not read: {done.stderr}")
            ours = [line for line in done.stderr.splitlines() if unit.name in line]
            check(not ours, f"{unit.name}: {ours}")
        unit = system.path / "usr/lib/systemd/system/inkwire-serve.service"
        said = call("systemd-analyze", "security", "--offline=true", "--threshold=25", unit)
        tell("exposure of the service: " + re.search(r"Overall exposure level for \S+: ([0-9.]+)", said).group(1) + " of 10")
    script = system.folder / "serve-in-root"
    script.write_text(f"#!/bin/sh\ncd /\nexec chroot {system.path} setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs "
                      "--bounding-set -all env -i HOME=/ /usr/bin/inkwire \"$@\"\n")
    script.chmod(0o755)
    os.environ["INKWIRE_BINARY"] = str(script)
    rendezvous = ink.Rendezvous()
    check(rendezvous.kill(15) == 128 + 15, "the rendezvous did not end by SIGTERM")


def changes(system, file, older, newer):
    """Installs over what runs; removes beneath it."""
    tell("installed again, newer and older, over programs that run")
    system.use("/usr/bin/inkwire")
    rendezvous = ink.Rendezvous()
    ana = ink.new_board(f"{HOME}/ana", "ana", "kept", rendezvous.address)
    bob = ink.join_board(ana.link(), f"{HOME}/bob", "bob")
    own = os.readlink(f"/proc/{ana.pid}/exe")
    check(own.endswith("inkwire"), f"ana runs {own}")
    for number, other in enumerate((file, newer, older)):
        system.dpkg(other)
        check(system.version == other.name.split("_")[1], f"{other.name} is not what is installed")
        check(os.readlink(f"/proc/{ana.pid}/exe").endswith("(deleted)"), "the running program's file was written over")
        ana.draw(f"during-{number}", kind="rectangle", x=80 * number, y=0, w=64, h=48, text=other.name)
        bob.event("shape", id=f"during-{number}")
        # And who comes by the new one joins them.
        newcomer = ink.join_board(ana.link(), f"{HOME}/newcomer-{number}", "eve")
        newcomer.draw(f"new-{number}", kind="ellipse", x=80 * number, y=80, w=64, h=48)
        ana.event("shape", id=f"new-{number}")
        check(newcomer.quit() == 0, "the newcomer did not end well")
    tell("removed and purged beneath them")
    for command in ("remove", "purge"):
        system.root("apt-get", command, "-y", "-q", "inkwire")
        check(not (system.path / "usr/bin/inkwire").exists(), f"{command} left the program")
        ana.draw(f"after-{command}", kind="text", x=0, y=200, text=command)
        bob.event("shape", id=f"after-{command}")
    left = [wanted for wanted in WANTED if (system.path / wanted).exists()]
    check(not left, f"a purge left {left}")
    ana.wait("delivered")
    states = [peer.state() for peer in (ana, bob)]
    check(states[0]["fingerprint"] == states[1]["fingerprint"], "the boards differ")
    for peer in (ana, bob):
        check(peer.quit() == 0, "a peer did not end well without its program")
    system.root("apt-get", "install", "-y", "-q", "--no-install-recommends", system.put(file))
    again = ink.open_board("kept", f"{HOME}/ana", "ana", rendezvous.address)
    state = again.state()
    check(state["fingerprint"] == states[0]["fingerprint"] and len(state["shapes"]) == 8, "the board is not what it was")
    check(again.quit() == 0 and rendezvous.kill(15) == 128 + 15, "the last ones did not end well")


def figures(system, file, program):
    system.use(program)
    data = f"{HOME}/figures"
    if not (system.path / f".{data}").exists():
        peer = ink.new_board(data, "ana", "frame")
        check(peer.quit() == 0, "no board for the figures")
    to_version, said = seconds_to_version(system, program)
    size = (system.path / f".{program}").stat().st_size
    print(f"{file.name}: {file.stat().st_size / 1e6:.1f} MB, the program in it {size / 1e6:.1f} MB; {said}\n"
          f"  {to_version:.2f} s to --version, {seconds_to_frame(system, program, 'frame', data):.2f} s to the first frame of `open`\n"
          f"  loads {', '.join(libraries(system, program))}", flush=True)


def run(folder, keep, is_once):
    build = (keep or folder) / "build"
    first = package((keep or folder) / "packages", build)
    if is_once:
        print("bytes: not compared, since it was made once")
    else:
        tell("once more, elsewhere")
        second = package(folder / "again")
        compare(first, second)
        print("bytes: made twice, equal")
    pathless(first, [ROOT, build, folder, "/inkwire-package-"])
    older, newer = (package(folder / "others", build, label)[0] for label in (OLDER, NEWER))
    said = call("lintian", "--allow-root", "--fail-on", "error,warning", first[0])
    print(f"lintian: clean{': ' + said.strip() if said.strip() else ''}")
    system = System(folder, keep)
    try:
        program = archive(system, first[1])
        figures(system, first[1], program)
        print("archive: two peers met, by an ordinary user, on a bare system")
        installed(system, first[0])
        figures(system, first[0], "/usr/bin/inkwire")
        print("package: two peers met by what apt-get installed")
        service(system)
        print("service: not enabled, understood, and listens without a right, a home or a file")
        changes(system, first[0], older, newer)
        print("changes: installed over running programs, newer, older, removed, purged; the boards stayed")
    finally:
        ink.stop_everything()
        system.unmount()


def main():
    parser = argparse.ArgumentParser(prog="tools/package-check", add_help=False)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--keep")
    arguments = parser.parse_args()
    ink.end_on_signals()
    keep = pathlib.Path(arguments.keep).absolute() if arguments.keep else None
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="inkwire-package-check-"))
    # Its user passes through it.
    folder.chmod(0o755)
    try:
        run(folder, keep, arguments.once)
        return 0
    except ink.Failed as failure:
        print(f"inkwire: {failure}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
