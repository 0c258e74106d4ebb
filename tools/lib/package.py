"""Makes the packages; behind tools/package, whose --help says what and how."""

import argparse
import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

import inkwire_process
import package_elf
import package_notices

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Failed(Exception):
    """Ends the packaging: what, and what next."""

    def __init__(self, *lines, status=1):
        super().__init__("\n  ".join(lines))
        self.status = status


def tell(text):
    print(f"package: {text}", file=sys.stderr, flush=True)


def output(*command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise Failed(f"`{' '.join(map(str, command))}` ended with {done.returncode}:", *(done.stderr or done.stdout).splitlines()[-12:])
    return done.stdout


class Commit:
    """What is packed."""

    def __init__(self):
        self.name = output("git", "-C", ROOT, "rev-parse", "HEAD").strip()
        self.short = self.name[:12]
        self.time = int(output("git", "-C", ROOT, "show", "-s", "--format=%ct", "HEAD"))
        if output("git", "-C", ROOT, "status", "--porcelain").strip():
            tell(f"what is not committed does not get in; this is {self.short}")


PATH_BYTES = 160


def evenly_long(folder):
    """A directory within that one whose path has always as many bytes: where a closure is held not to escape, the compiler leaves the length of the path of
    its file in the program (`swift_isEscapingClosureAtFileLocation`), though it maps the path itself away."""
    folder = pathlib.Path(folder).absolute()
    room = PATH_BYTES - len(os.fsencode(folder)) - 1
    if room < 1:
        raise Failed(f"{folder} is no place for a build.", f"Its path must have less than {PATH_BYTES - 1} bytes; name a shorter one.")
    return folder / ("_" * room)


class Build:
    """A checkout of the commit and what is built of it, in a directory that holds nothing else."""

    def __init__(self, commit, folder):
        self.commit = commit
        place = evenly_long(folder)
        self.source = place / "source"
        self.scratch = place / "build"
        self.log = folder / "log"
        self.libraries = folder / "libraries"
        # What is written for the packages, of the commit as well.
        self.files = self.source / "tools/lib/package"

    def check_out(self):
        """Leaves a clean checkout. One that is there already is brought to the commit, so that only what differs is built anew."""
        if not (self.source / ".git").is_dir():
            output("git", "clone", "-q", "--shared", "--no-checkout", ROOT, self.source)
        output("git", "-C", self.source, "fetch", "-q", ROOT, "HEAD")
        stamp, words = self.source / "Sources/inkwire/BuildCommit.swift", f'let buildCommit: String? = "{self.commit.short}"\n'
        pins = self.source / "Package.resolved"
        changed = [line[3:] for line in output("git", "-C", self.source, "status", "--porcelain", "--ignored").splitlines()]
        is_there = output("git", "-C", self.source, "rev-parse", "HEAD").strip() == self.commit.name and stamp.exists()
        if not is_there or stamp.read_text() != words or set(changed) - {"Sources/inkwire/BuildCommit.swift", pins.name}:
            output("git", "-C", self.source, "checkout", "-q", "--force", "--detach", self.commit.name)
            output("git", "-C", self.source, "clean", "-qfdx")
            # The program says of which commit it is; the tree itself cannot know.
            stamp.write_text(words)
        # The versions of what our dependencies depend on, too: their own manifests give ranges.
        shutil.copyfile(self.files / "pins.json", pins)

    def flags(self):
        """No path of this machine gets into the program, and nothing else that differs from one build to the next."""
        flags = ["-c", "release", "--static-swift-stdlib", "-debug-info-format", "none", "--force-resolved-versions"]
        for path, name in ((self.source, "."), (self.scratch, ".build")):
            flags += ["-Xswiftc", "-file-prefix-map", "-Xswiftc", f"{path}={name}"]
            flags += ["-Xcc", f"-ffile-prefix-map={path}={name}"]
        for word in ("relro", "now"):
            flags += ["-Xlinker", "-z", "-Xlinker", word]
        return flags

    def program(self, into, is_within=False):
        """Builds, and leaves the stripped program in `into`. `is_within`: libsodium, SQLite and the runtime of C++ are linked in."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("INKWIRE_", "PKG_CONFIG"))}
        if is_within:
            environment["PKG_CONFIG_PATH"] = str(self.archives())
        self.swift_build(environment)
        shutil.copyfile(self.scratch / "release" / "inkwire", into)
        output("strip", "--strip-all", "--remove-section=.comment", into)
        into.write_bytes(package_elf.placeless(into.read_bytes()))
        into.chmod(0o755)

    def archives(self):
        """A directory with the libraries as archives alone, which the linker looks into first, and a libsodium.pc that names it.

        The flags of the compiler stay as they are, so that nothing is compiled anew for it."""
        shutil.rmtree(self.libraries, ignore_errors=True)
        self.libraries.mkdir()
        for name, wanted in (("libsodium.a", "libsodium.a"), ("libsqlite3.a", "libsqlite3.a"), ("libstdc++.a", "libstdc++.a"),
                             ("libgcc_s.a", "libgcc_eh.a")):
            (self.libraries / name).symlink_to(self.archive(wanted))
        text = f"Name: libsodium\nDescription: as an archive\nVersion: 0\nLibs: -L{self.libraries} -lsodium\n"
        (self.libraries / "libsodium.pc").write_text(text)
        return self.libraries

    def archive(self, name):
        triplet = output("dpkg-architecture", "-qDEB_HOST_MULTIARCH").strip()
        found = sorted([*pathlib.Path(f"/usr/lib/{triplet}").glob(name), *pathlib.Path(f"/usr/lib/gcc/{triplet}").glob(f"*/{name}")],
                       key=lambda path: [int(part) if part.isdigit() else 0 for part in path.parts])
        if not found:
            raise Failed(f"{name} is not on this machine, which the archive needs to have it within.",
                         "It comes with libsodium-dev, libsqlite3-dev or libstdc++-*-dev. Install that, then run this command again.", status=8)
        return found[-1]

    def swift_build(self, environment):
        began, said = time.monotonic(), time.monotonic()
        command = ["swift", "build", "--package-path", self.source, "--scratch-path", self.scratch, *self.flags(), "--product", "inkwire"]
        with open(self.log, "wb") as log:
            builder = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
            try:
                while True:
                    try:
                        status = builder.wait(1)
                        break
                    except subprocess.TimeoutExpired:
                        if time.monotonic() - said > 60:
                            said = time.monotonic()
                            tell(f"building, {said - began:.0f} s")
            finally:
                if builder.poll() is None:
                    # By SIGTERM it would forget what it has done so far, which a build that is kept needs.
                    builder.send_signal(signal.SIGINT)
                    builder.wait()
        if status != 0:
            lines = self.log.read_text(errors="replace").splitlines()
            raise Failed("the build failed:", *([line for line in lines if "error:" in line] or lines)[-12:])
        tell(f"built in {time.monotonic() - began:.0f} s")


class Program:
    """What the built program says of itself."""

    def __init__(self, path, home):
        self.path = path
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", "TERM": "dumb"}

    def run(self, *arguments):
        done = subprocess.run([self.path, *map(str, arguments)], capture_output=True, env=self.environment, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise Failed(f"the program cannot be packed: `inkwire {' '.join(map(str, arguments))}` ended with {done.returncode}:",
                         *done.stderr.decode(errors="replace").splitlines()[:4],
                         "A package has manual pages and completions, and the program itself writes them.")
        return done.stdout

    def version(self, commit):
        text = self.run("--version").decode()
        match = re.match(r"inkwire (\d[0-9A-Za-z.+~]*)", text)
        if not match or commit.short not in text:
            raise Failed(f"`inkwire --version` says {text.strip()!r}.", f"It must begin with `inkwire VERSION` and name its commit, {commit.short}.")
        return match.group(1)

    def completion(self, shell):
        """The script of a shell, which reads it and does not run it: without the line that names an interpreter."""
        return re.sub(rb"\A#!.*\n\n*", b"", self.run("completion", shell))

    def manual(self, folder):
        """(name, text) of each page, sorted."""
        folder.mkdir()
        self.run("man", "--write", folder)
        pages = sorted(folder.glob("inkwire*.1"))
        if not (folder / "inkwire.1").exists() or len(pages) < 2:
            raise Failed("`inkwire man --write` wrote no inkwire.1, or no page of a command.")
        return [(page.name, page.read_bytes()) for page in pages]


class Tree:
    """Files with their modes, as they come into a package: sorted, of one time, of nobody."""

    def __init__(self, moment):
        self.moment = moment
        self.files = {}

    def add(self, path, content, mode=0o644):
        self.files[path] = (content if isinstance(content, bytes) else content.encode(), mode)

    def add_packed(self, path, content):
        self.add(path, gzip.compress(content if isinstance(content, bytes) else content.encode(), 9, mtime=0))

    def folders(self):
        return sorted({str(folder) for path in self.files for folder in pathlib.PurePosixPath(path).parents if str(folder) != "."})

    def write(self, folder):
        for path in self.folders():
            (folder / path).mkdir(mode=0o755, exist_ok=True)
        for path, (content, mode) in self.files.items():
            (folder / path).write_bytes(content)
            (folder / path).chmod(mode)
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)
            os.utime(path, (self.moment, self.moment))

    def archive(self, path):
        """A tar of the kind that every tar reads, behind gzip without name and time."""
        plain = io.BytesIO()
        with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for name in sorted([*self.folders(), *self.files]):
                info = tarfile.TarInfo(name)
                info.mtime, info.uid, info.gid, info.uname, info.gname = self.moment, 0, 0, "root", "root"
                if name in self.files:
                    content, info.mode = self.files[name]
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
                else:
                    info.type, info.mode = tarfile.DIRTYPE, 0o755
                    tar.addfile(info)
        path.write_bytes(gzip.compress(plain.getvalue(), 9, mtime=0))

    @property
    def installed_size(self):
        """In KiB, as Debian counts it: each file in full blocks of 1 KiB, each folder one."""
        return sum(-(-len(content) // 1024) for content, _ in self.files.values()) + len(self.folders())


class Words:
    """The files of tools/lib/package, with what is known only now put in."""

    def __init__(self, folder, values):
        self.folder, self.values = folder, values

    def __call__(self, name, **more):
        text = (self.folder / name).read_text()
        for key, value in (self.values | more).items():
            text = text.replace(f"@{key}@", str(value))
        left = re.search(r"@[A-Z]+@", text)
        if left:
            raise Failed(f"tools/lib/package/{name} asks for {left.group()}, which nobody gives.")
        return text


def debian(work, moment, program, pages, completions, copyright_text, words):
    """The folder of which dpkg-deb makes the package."""
    tree, package = Tree(moment), work / "deb"
    tree.add("usr/bin/inkwire", program.read_bytes(), 0o755)
    for name, text in pages:
        tree.add_packed(f"usr/share/man/man1/{name}.gz", text)
    tree.add("usr/share/bash-completion/completions/inkwire", completions["bash"])
    tree.add("usr/share/zsh/vendor-completions/_inkwire", completions["zsh"])
    tree.add("usr/share/fish/vendor_completions.d/inkwire.fish", completions["fish"])
    tree.add("usr/share/doc/inkwire/copyright", copyright_text)
    tree.add_packed("usr/share/doc/inkwire/changelog.gz", words("changelog"))
    tree.add("usr/share/lintian/overrides/inkwire", words("lintian-overrides"))
    tree.add("usr/lib/systemd/system/inkwire-serve.service", words("system.service"))
    tree.add("usr/lib/systemd/user/inkwire-serve.service", words("user.service"))
    tree.add("etc/default/inkwire-serve", words("default"))
    sums = "".join(f"{hashlib.md5(content).hexdigest()}  {path}\n" for path, (content, _) in sorted(tree.files.items()) if path.startswith("usr/"))
    tree.add("DEBIAN/control", words("control", SIZE=tree.installed_size, DEPENDS=dependencies(work, program)))
    tree.add("DEBIAN/conffiles", "/etc/default/inkwire-serve\n")
    tree.add("DEBIAN/md5sums", sums)
    for name in ("postinst", "prerm", "postrm"):
        tree.add(f"DEBIAN/{name}", words(name), 0o755)
    package.mkdir()
    tree.write(package)
    return package


def dependencies(work, program):
    """What the program is linked with, as packages of this system with the versions that it needs."""
    (work / "debian").mkdir()
    (work / "debian/control").write_text("Source: inkwire\n\nPackage: inkwire\nArchitecture: any\n")
    said = output("dpkg-shlibdeps", "-O", program, cwd=work)
    return said.strip().removeprefix("shlibs:Depends=")


def plain(moment, program, pages, completions, copyright_text, words):
    tree, top = Tree(moment), f"inkwire-{words.values['VERSION']}"
    tree.add(f"{top}/bin/inkwire", program.read_bytes(), 0o755)
    for name, text in pages:
        tree.add(f"{top}/share/man/man1/{name}", text)
    tree.add(f"{top}/share/bash-completion/completions/inkwire", completions["bash"])
    tree.add(f"{top}/share/zsh/site-functions/_inkwire", completions["zsh"])
    tree.add(f"{top}/share/fish/vendor_completions.d/inkwire.fish", completions["fish"])
    tree.add(f"{top}/share/doc/inkwire/copyright", copyright_text)
    tree.add(f"{top}/README", words("README"))
    return tree


def toolchain():
    """Where the toolchain is: the folder with its bin, lib and share."""
    said = json.loads(output("swift", "-print-target-info"))
    return pathlib.Path(said["paths"]["runtimeResourcePath"]).resolve().parents[1]


def make(out, label, folder):
    """Returns the files that were made."""
    commit = Commit()
    build = Build(commit, folder)
    build.check_out()
    with tempfile.TemporaryDirectory(prefix="inkwire-package-") as name:
        work = pathlib.Path(name)
        linked, within = work / "linked", work / "within"
        build.program(linked)
        program = Program(linked, work)
        version, arch = label or program.version(commit), output("dpkg", "--print-architecture").strip()
        pages = program.manual(work / "manual")
        completions = {shell: program.completion(shell) for shell in ("bash", "zsh", "fish")}
        words = Words(build.files, {
            "VERSION": version, "ARCH": arch, "COMMIT": commit.short,
            "DATE": time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(commit.time)),
            "MAINTAINER": os.environ.get("INKWIRE_MAINTAINER", "The authors of Inkwire <inkwire@localhost>"),
        })
        gcc = build.archive("libstdc++.a").parent.name
        notices = package_notices.Notices(build.source, build.scratch / "checkouts", toolchain(), f"gcc-{gcc}-base")
        out.mkdir(parents=True, exist_ok=True)
        files = [out / f"inkwire_{version}_{arch}.deb"]
        package = debian(work, commit.time, linked, pages, completions, notices.text(commit.short, is_within=False), words)
        # One thread: the blocks of xz depend on their number.
        settings = os.environ | {"SOURCE_DATE_EPOCH": str(commit.time), "DPKG_DEB_THREADS_MAX": "1"}
        # One that is only tried is rather quick than small.
        packing = ["-Zxz"] if label is None else ["-Zgzip", "-z1"]
        output("dpkg-deb", "--root-owner-group", *packing, "--build", package, files[0], env=settings)
        if label is None:
            build.program(within, is_within=True)
            if Program(within, work).version(commit) != version:
                raise Failed("the two programs differ in what they say of their version.")
            files.append(out / f"inkwire-{version}-linux-{arch}.tar.gz")
            words.values["GLIBC"] = newest_glibc(within)
            plain(commit.time, within, pages, completions, notices.text(commit.short, is_within=True), words).archive(files[1])
    return files


def newest_glibc(program):
    """The newest version of the C library of which the program asks something."""
    found = re.findall(r"GLIBC_(\d+)\.(\d+)", output("objdump", "-T", program))
    return ".".join(map(str, max((int(major), int(minor)) for major, minor in found)))


def main():
    parser = argparse.ArgumentParser(prog="tools/package", add_help=False)
    parser.add_argument("out", nargs="?", default=str(ROOT / "dist"))
    parser.add_argument("--label")
    arguments = parser.parse_args()
    if arguments.label is not None and not re.fullmatch(r"\d[0-9A-Za-z.+~]*", arguments.label):
        print(f"inkwire: {arguments.label!r} is no version of a package\n  It begins with a digit; letters, digits and . + ~ follow.",
              file=sys.stderr)
        return 2
    inkwire_process.end_on_signals()
    kept = os.environ.get("INKWIRE_PACKAGE_BUILD")
    folder = pathlib.Path(kept).absolute() if kept else pathlib.Path(tempfile.mkdtemp(prefix="inkwire-package-build-"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in make(pathlib.Path(arguments.out).absolute(), arguments.label, folder):
            print(f"{file}  {file.stat().st_size / 1e6:.1f} MB  sha256 {hashlib.sha256(file.read_bytes()).hexdigest()}")
        return 0
    except (Failed, package_notices.Missing, package_elf.Unknown) as error:
        what = "a licence is missing: " if isinstance(error, package_notices.Missing) else ""
        print(f"inkwire: {what}{error}", file=sys.stderr)
        return getattr(error, "status", 1)
    finally:
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
