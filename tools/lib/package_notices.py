"""The licences of all that is inside a package, from the checkouts that were built, from the toolchain and from the system's own packages."""

import json
import pathlib


class Missing(Exception):
    """A text that must go along is not where it is looked for."""


# What each dependency brings along. A dependency without an entry here stops the packaging: nothing is given away without its licence.
# APACHE stands for the text of the Apache License 2.0, which Debian has in one place; all else is a path in the checkout.
APACHE = "Apache-2.0"
NAMED = "Under the Apache License 2.0, see above.\n"
DEPENDENCIES = {
    "grdb.swift": ("GRDB", ["LICENSE"]),
    "swift-argument-parser": ("Swift Argument Parser", [APACHE, "runtime exception"]),
    "swift-atomics": ("Swift Atomics", [APACHE, "runtime exception"]),
    "swift-collections": ("Swift Collections", [APACHE, "runtime exception"]),
    "swift-nio": (
        "SwiftNIO, with llhttp and the SHA-1 of the WIDE Project",
        [APACHE, "NOTICE.txt", "Sources/CNIOLLHTTP/LICENSE", "comment Sources/CNIOSHA1/c_nio_sha1.c"]),
    # The files of BoringSSL and of Fiat Cryptography in it are under the Apache License, the latter at one's choice (MIT or BSD else).
    "swift-nio-ssl": ("SwiftNIO SSL, with BoringSSL and Fiat Cryptography", [APACHE, "NOTICE.txt"]),
    "swift-system": ("Swift System", [APACHE, "runtime exception"]),
}
CHECKOUT_NAMES = {"grdb.swift": "GRDB.swift"}

# What stands in the archive besides, since it is linked into the program there. GCC's runtime is under the GPL with an exception that
# lets programs have it within.
SYSTEM_WITHIN = [("libsodium", "libsodium-dev"), ("SQLite", "libsqlite3-dev")]


def read(path):
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Missing(f"{path}: {error.strerror}") from None


def runtime_exception(text, place):
    """The paragraph with which Swift's licences end."""
    start = text.find("Runtime Library Exception")
    if start < 0:
        raise Missing(f"{place} has no Runtime Library Exception")
    return "Runtime Library Exception to the Apache 2.0 License:\n\n" + text[start:].split("\n", 1)[1].strip("\n") + "\n"


def comment(text, place):
    """The licence in a comment of C: the one that says under which conditions one may redistribute."""
    for part in text.split("/*")[1:]:
        part = part.split("*/")[0]
        if "Redistribution" in part:
            lines = (line.strip().removeprefix("*").removeprefix("-").removeprefix(" ") for line in part.split("\n"))
            return "\n".join(lines).strip("\n") + "\n"
    raise Missing(f"{place} has no comment with a licence")


def entry(checkout, source):
    if source == "runtime exception":
        return runtime_exception(read(checkout / "LICENSE.txt"), checkout)
    if source.startswith("comment "):
        return comment(read(checkout / source[8:]), source[8:])
    return read(checkout / source)


def section(title, texts):
    return f"{title}\n{'=' * len(title)}\n\n" + "\n".join(text.strip("\n") + "\n" for text in texts)


class Notices:
    """The file `copyright` of a package, from a checkout, from those of its dependencies and from the toolchain."""

    def __init__(self, source, checkouts, toolchain, gcc):
        self.source, self.checkouts, self.toolchain = source, checkouts, toolchain
        self.within = [*SYSTEM_WITHIN, ("The runtime of GCC: libstdc++ and libgcc", gcc)]
        self.files = source / "tools/lib/package"
        self.pins = json.loads(read(self.files / "pins.json"))["pins"]
        unknown = sorted({pin["identity"] for pin in self.pins} - set(DEPENDENCIES))
        if unknown:
            raise Missing(f"none is named for {', '.join(unknown)}: tools/lib/package_notices.py says for each what goes along")

    def text(self, commit, is_within):
        """`is_within`: with the system's libraries, and with the Apache License in full; else it is named where Debian has it."""
        apache = read(self.source / "LICENSE") if is_within else "On Debian its text is /usr/share/common-licenses/Apache-2.0.\n"
        parts = [
            f"Inkwire, commit {commit}.\n\nCopyright: the authors of Inkwire. Under the Apache License 2.0.\n"
            "Other works are linked into the program; their licences follow, each under its name.\n",
            section("Apache License 2.0", [apache]),
        ]
        parts += [self.dependency(pin) for pin in sorted(self.pins, key=lambda pin: pin["identity"])]
        # The compiler's own libraries, of which the runtime, Foundation and libdispatch are linked in.
        licence = self.toolchain / "share/swift/LICENSE.txt"
        parts.append(section("The Swift runtime, Foundation and libdispatch", [NAMED, runtime_exception(read(licence), licence)]))
        parts.append(section("ICU and the data of Unicode, in Foundation", [read(self.files / "ICU.txt")]))
        if is_within:
            parts += [section(title, [read(pathlib.Path("/usr/share/doc") / package / "copyright")]) for title, package in self.within]
        return "\n\n".join(parts)

    def dependency(self, pin):
        title, sources = DEPENDENCIES[pin["identity"]]
        checkout = self.checkouts / CHECKOUT_NAMES.get(pin["identity"], pin["identity"])
        texts = [NAMED if source == APACHE else entry(checkout, source) for source in sources]
        return section(title, [f"{pin['location']}, {pin['state']['version']}.\n", *texts])
