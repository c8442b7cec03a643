#!/usr/bin/env python3
"""The bundle on machines that have no Swift: in an empty root with the few libraries of the system that a bare installation has,
and in the smallest roots of Debian 12 and whatever else debootstrap is told to make; in Debian's also the steps of the Dockerfile.

    python3 Tests/Bundle/bare.py ARCHIVE ... [--suite SUITE[,MIRROR[,SCRIPT[,KEYRING]]] ...]      (default: bookworm)

Linux, and root for chroot; without it, or without debootstrap, the output says what was left out. Last line: N passed, N failed.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time

from image import check_image
from program import check_extension, check_program
from roots import PATH, Root, copy_system_libraries, debian

MEMBERS = ["models/demo", "settings.json", "README.md", "commit"]


class Results:
    """Each check has a line; what was seen stands there only where it failed."""

    def __init__(self):
        self.good = self.bad = 0

    def __call__(self, what, holds, seen=""):
        self.good, self.bad = self.good + bool(holds), self.bad + (not holds)
        print(("✔ " if holds else "✘ ") + what + (f": {seen}" if seen and not holds else ""), flush=True)
        return bool(holds)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("archives", nargs="+")
    arguments.add_argument("--suite", nargs="*", default=["bookworm"])
    options = arguments.parse_args()
    check = Results()
    if os.geteuid() != 0:
        print("chroot needs root: skipped")
    else:
        for archive in options.archives:
            with Root() as root:
                named_libraries(root, archive, check)
            # One file wants no more of a distribution than the first root has.
            for suite in options.suite if "-static" not in archive else []:
                distribution(suite.split(","), archive, check)
    print(f"{check.good} passed, {check.bad} failed")
    return 1 if check.bad else 0


def named_libraries(root, archive, check):
    print(f"== {os.path.basename(archive)} in a root with the C and C++ libraries alone")
    folder = root.unpack(archive)
    foreign = copy_system_libraries(folder, root.folder)
    check("the program and its libraries want nothing but the C and C++ libraries of the system", not foreign, foreign)
    if "-static" in archive:
        members = MEMBERS
        check("the program is one file", not list(folder.glob("*.so")))
        symbols = subprocess.run(["nm", "-D", "--defined-only", folder / "modelhost"], capture_output=True, text=True).stdout
        check("it exports nothing to an extension", "HostCore" not in symbols, symbols[:500])
    else:
        members = ["Modules/HostCore.swiftmodule", *MEMBERS]
        runpath = subprocess.run(["readelf", "-d", folder / "modelhost"], capture_output=True, text=True).stdout
        check("the program looks for libraries in its own folder", re.search(r"R(UN)?PATH.*\$ORIGIN", runpath), runpath)
    for path in members:
        check(f"{path} is there", (folder / path).exists())
    dead = dead_links(folder)
    check("what is written in it links to what is in it", not dead, dead)
    if root.prepare():
        check_program(root, folder, check)
    else:
        print("/proc cannot be mounted in another root here: the program is not started")


def dead_links(folder):
    """Links of its pages to files that are not there."""
    return [
        f"{page.relative_to(folder)}: {target}" for page in sorted(folder.rglob("*.md"))
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()) if "://" not in target and not (page.parent / target).exists()]


def distribution(names, archive, check):
    suite = names[0]
    print(f"== the smallest root of {suite}")
    if not shutil.which("debootstrap", path=PATH):
        print("debootstrap is not installed (Debian: debootstrap): skipped")
        return
    start = time.monotonic()
    try:
        made = debian(*names)
    except RuntimeError as error:
        # The mirror's trouble is not the bundle's.
        print(f"{error}: skipped")
        return
    with made as root:
        print(f"debootstrap took {time.monotonic() - start:.0f} s")
        folder = root.unpack(archive)
        if not root.prepare():
            print("/proc cannot be mounted in another root here: the program is not started")
            return
        check_program(root, folder, check)
        if shutil.which("swiftc"):
            check_extension(root, folder, check)
        if suite == "bookworm":
            check_image(root, folder, check)


if __name__ == "__main__":
    sys.exit(main())
