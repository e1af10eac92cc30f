#!/usr/bin/env python3
"""Checks that every C++ name that a document gives is one.

Usage: names_exist.py DOCUMENT INCLUDE_DIR COMPILER [FLAG...]

In code spans of tables, `muster::...` must name something in a namespace: the compiler is given a
using-declaration for each. A call of a member, `x.Name(`, must be declared in a header there. Exit
status 1 if a name does not exist, or if the document has none of either kind.
"""
import pathlib
import re
import subprocess
import sys

QUALIFIED = re.compile(r"\bmuster(?:::\w+)+")
MEMBER = re.compile(r"\b[a-z]\w*\.([A-Z]\w+)\(")


def ours(document):
    """The second cells of all table rows: what Muster has for what Go has."""
    for line in document.read_text().splitlines():
        cells = re.split(r"(?<!\\)\|", line)
        if len(cells) > 3 and "---" not in cells[1]:
            yield " ".join(re.findall(r"`([^`]+)`", cells[2]))


def main():
    document, include, compiler, *flags = sys.argv[1:]
    text = "\n".join(ours(pathlib.Path(document)))
    names, members = sorted(set(QUALIFIED.findall(text))), sorted(set(MEMBER.findall(text)))
    headers = sorted(pathlib.Path(include).glob("muster/*.h"))
    includes = [f"#include <muster/{header.name}>" for header in headers if header.stem != "net_beast"]
    uses = [f"namespace check{i} {{ using {name}; }}" for i, name in enumerate(names)]
    compiled = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", *flags, "-I", include, "-x", "c++", "-"],
                              input="\n".join([*includes, *uses, ""]), text=True, check=False)
    declared = "\n".join(header.read_text() for header in headers)
    missing = [member for member in members if not re.search(rf"\b{member}\(", declared)]
    for member in missing:
        print(f"{document}: no member {member}")
    print(f"{len(names)} names and {len(members)} members checked")
    return 1 if compiled.returncode or missing or not names or not members else 0


if __name__ == "__main__":
    sys.exit(main())
