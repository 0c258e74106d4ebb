"""A program as a file: where its sections are, and how it is freed of what tells where it was built."""

import hashlib
import struct


class Unknown(Exception):
    """A file that is not what is understood here."""


def sections(program):
    """Where the sections of an ELF file of 64 bits stand in it: name to slice."""
    if program[:6] != b"\x7fELF\x02\x01":
        raise Unknown("the program is no ELF file of 64 bits, lowest byte first.")
    start, size, count, names = struct.unpack_from("<Q10xHHH", program, 0x28)
    headers = [struct.unpack_from("<IIQQQQ", program, start + number * size) for number in range(count)]
    texts = headers[names][4]
    return {program[texts + header[0]:program.index(b"\0", texts + header[0])].decode(): slice(header[4], header[4] + header[5])
            for header in headers}


def placeless(program):
    """The same program without what tells of the place of its build: a hash that the compiler makes over its command line, which nothing
    reads, and the linker's over all that was stripped. The latter becomes one over the program itself. (Stripping these sections would take the
    protection of the tables of addresses along.)"""
    program, places = bytearray(program), sections(bytes(program))
    for name, kept in ((".swift_modhash", 0), (".note.gnu.build-id", 16)):
        if name in places:
            place = places[name]
            program[place.start + kept:place.stop] = bytes(place.stop - place.start - kept)
    if note := places.get(".note.gnu.build-id"):
        size = note.stop - note.start - 16
        program[note.start + 16:note.stop] = hashlib.sha512(program).digest()[:size]
    return bytes(program)
