#!/usr/bin/env python3
"""Checks that every test that docs/reference/go-parity.md names exists.

Usage: parity_names.py SOURCE_DIR [DOCUMENT]

In the columns headed "Test" a name is `Suite.Name`; `...` stands for any letters, and `*` at the end
too; a name that begins with `...` belongs to the suite before it. A path under tests/ must exist.
Exit status 1 if a name does not, or if the document names none at all.
"""
import pathlib
import re
import sys

TEST_MACRO = re.compile(r"^\s*(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", re.MULTILINE)
PATTERN = re.compile(r"[A-Za-z]\w*\.[\w.*]+|\.\.\.[\w.*]+")


def tests_of(source_dir):
    """All tests under tests/, as Suite.Name; aliases of fixtures keep the name that TEST_F uses."""
    names = set()
    for path in (source_dir / "tests").rglob("*.cc"):
        names.update(f"{suite}.{name}" for suite, name in TEST_MACRO.findall(path.read_text()))
    return names


def test_cells(document):
    """Yields (line number, text) of each cell in a column headed "Test"."""
    column = None
    for number, line in enumerate(document.read_text().splitlines(), 1):
        if not line.startswith("|"):
            column = None
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if column is None:
            heads = [cell.lower() for cell in cells]
            column = heads.index("test") if "test" in heads else -1
        elif 0 <= column < len(cells):
            yield number, cells[column]


def main():
    source_dir = pathlib.Path(sys.argv[1])
    document = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else source_dir / "docs/reference/go-parity.md")
    tests = tests_of(source_dir)
    checked, missing = 0, []
    for number, cell in test_cells(document):
        suite = ""
        for named in re.findall(r"`([^`]+)`", cell):
            if named.startswith("tests/"):
                checked += 1
                if not (source_dir / named).exists():
                    missing.append((number, named))
            elif PATTERN.fullmatch(named):
                checked += 1
                if not named.startswith("..."):
                    suite = named.split(".")[0]
                full = f"{suite}.{named}" if named.startswith("...") else named
                head, tail = full.split(".", 1)
                wild = re.escape(tail).replace(r"\.\.\.", r"\w*").replace(r"\*", r"\w*")
                if not any(re.fullmatch(rf"{re.escape(head)}\.{wild}", test) for test in tests):
                    missing.append((number, named))
            else:
                missing.append((number, named))
    for number, named in missing:
        print(f"{document}:{number}: no such test: {named}")
    print(f"{checked} names checked, {len(missing)} missing")
    return 1 if missing or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
