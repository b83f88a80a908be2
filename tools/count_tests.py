#!/usr/bin/env python3
"""Count the single tests in GoogleTest's XML results and print `N passed, N failed, N skipped`.

A test program that died left no result, or an incomplete one; ctest's exit status says so: --exit-status 8 with no
failed test in the results counts as one failure, so nothing red can come out green.
"""
import argparse
import pathlib
import sys
import xml.etree.ElementTree as xml


def counted(folder):
    passed = failed = skipped = 0
    for path in sorted(folder.glob("*.xml")):
        try:
            cases = list(xml.parse(path).getroot().iter("testcase"))
        except xml.ParseError:
            failed += 1
            continue
        for case in cases:
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
            elif case.find("skipped") is not None or case.get("status") == "notrun":
                skipped += 1
            else:
                passed += 1
    return passed, failed, skipped


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--exit-status", type=int, default=0)
    arguments = parser.parse_args()
    passed, failed, skipped = counted(arguments.folder)
    if arguments.exit_status != 0 and failed == 0:
        failed = 1
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
