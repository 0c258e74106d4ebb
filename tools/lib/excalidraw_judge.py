"""The real code of Excalidraw judges files; see tools/excalidraw-judge."""

import argparse
import collections
import pathlib
import sys

import chromium
import inkwire_process as ink
import scripted_boards
from excalidraw_finding import OWN_FIELDS, Finding, Page
from excalidraw_round import Round, Source


def print_differences(findings):
    repaired, later, measured, samples = collections.Counter(), collections.Counter(), collections.Counter(), {}
    for finding in findings:
        repaired.update(finding.repaired)
        later.update(finding.later)
        measured.update(finding.measured)
        samples.update(finding.samples)
    print(f"fields that loading sets anew, and are not compared: {', '.join(sorted(OWN_FIELDS))}")
    print(f"fields of later versions that this one drops: {', '.join(f'{count} {field}' for field, count in later.most_common()) or 'none'}")
    print("fields of texts that it measures anew, the same within 1 px or with letters that the font here lacks: "
          f"{', '.join(f'{count} {field}' for field, count in measured.most_common()) or 'none'}")
    print("fields that it repaired:" if repaired else "fields that it repaired: none")
    for field, count in repaired.most_common():
        print(f"  {count} {field}: {samples[field]}")


def judge(folder, page):
    findings = []
    for path in files(folder):
        finding = Finding(path.read_text(encoding="utf-8"), page)
        findings.append(finding)
        print(f"{path.name}: {finding.line()}", flush=True)
        for line in finding.details():
            print(f"  {line}")
    print_differences(findings)
    clean = sum(finding.is_clean for finding in findings)
    print(f"{clean} of {len(findings)} files pass whole, {sum(finding.count for finding in findings)} elements")
    return clean == len(findings)


def judge_rounds(folder, page):
    temporary = ink.TemporaryFolder("inkwire-judge")
    boards, losses, good, exports = scripted_boards.Boards(temporary), collections.Counter(), 0, []
    try:
        for path in files(folder):
            target = temporary / "export.excalidraw"
            name, told = boards.import_file(path)
            boards.run("export", name, "-o", target)
            text = path.read_text(encoding="utf-8")
            source = Source(text, Finding(text, page))
            export = Finding(target.read_text(encoding="utf-8"), page)
            exports.append(export)
            round = Round(source, export)
            losses.update(round.losses)
            wrong = round.wrong + list(export.details())
            good += not wrong
            print(f"{path.name}: {len(source.elements)} elements; exported again: {export.line()}"
                  + (f"; ends moved by {round.reach:.0f} px at most" if round.reach else "") + ("" if wrong else ", all in place"), flush=True)
            for line in told:
                if "nobody else has them" not in line:
                    print(f"  told: {line}")
            for line in round.far[:5]:
                print(f"  end moved: {line}")
            for line in wrong[:12]:
                print(f"  wrong: {line}")
    finally:
        temporary.remove()
    print_differences(exports)
    print("what becomes something else, or is lost:")
    for what, count in losses.most_common():
        print(f"  {count} {what}")
    print(f"{good} of {len(exports)} files come through")
    return good == len(exports)


def export_boards(folder):
    """Boards of the seeds from 0 as files of ours."""
    folder.mkdir(parents=True, exist_ok=True)
    temporary = ink.TemporaryFolder("inkwire-judge")
    try:
        boards = scripted_boards.Boards(temporary)
        for seed, name in enumerate(boards.make_all(range(30))):
            boards.run("export", name, "-o", folder / f"board-{seed}.excalidraw")
    finally:
        temporary.remove()


def files(folder):
    found = sorted(pathlib.Path(folder).glob("*.excalidraw"))
    if not found:
        raise SystemExit(f"tools/excalidraw-judge: there is no .excalidraw file in {folder}")
    return found


def main():
    parser = argparse.ArgumentParser(prog="tools/excalidraw-judge")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--round", action="store_true")
    parser.add_argument("--ours", action="store_true")
    parser.add_argument("--binary", help="read by the script around this")
    options = parser.parse_args()
    chromium.require("Excalidraw's code judges files")
    ink.end_on_signals()
    if options.ours:
        export_boards(options.folder)
    with chromium.Chromium() as browser:
        page = Page(browser)
        return 0 if (judge_rounds if options.round else judge)(options.folder, page) else 1


if __name__ == "__main__":
    sys.exit(main())
