#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""cpython.py DIR ROUND WAY...: compares what Python's tests came to in ways to run them,
DIR/ROUND-WAY.xml each.

DIR/ROUND.totals gets a line of totals, DIR/ROUND.differ a line for every case that came out
differently or did not come up everywhere: its full name and its outcomes in the order of the ways.
If there is a DIR/ROUND.asked with names, each of these must have come up. The exit status is 1 if
there is nothing to compare.
"""
import collections
import pathlib
import sys
import xml.etree.ElementTree as ET


def outcome(case):
    """passed, or what is said instead: a reason to skip, the kind of an error."""
    for child in case:
        if child.tag in ("skipped", "error", "failure"):
            return child.tag + (
                ": " + child.text.strip() if child.tag == "skipped" and child.text else ""
            )
    return "passed"


def outcomes(path):
    """The outcomes of each case: there are several where a case runs more than once."""
    ret = collections.defaultdict(list)
    for case in ET.parse(path).getroot().iter("testcase"):
        ret[case.get("name", "nameless")].append(outcome(case))
    return {name: sorted(o) for name, o in ret.items()}


def lines(path):
    return path.read_text().split() if path.exists() else []


def main():
    at, number, *ways = sys.argv[1:]
    at = pathlib.Path(at)
    ran = [outcomes(at / f"{number}-{way}.xml") for way in ways]
    if not all(ran):
        sys.exit(1)
    names = set(lines(at / f"{number}.asked")).union(*ran)
    same = {n for n in names if n in ran[0] and all(r.get(n) == ran[0][n] for r in ran)}
    passed = sum(set(o) == {"passed"} for o in ran[0].values())
    (at / f"{number}.totals").write_text(
        f"{len(names)} cases, {passed} pass, {len(names - same)} differ\n"
    )
    with open(at / f"{number}.differ", "w") as f:
        for n in sorted(names - same):
            print(n, *(",".join(r.get(n, ["absent"])).replace(" ", "_") for r in ran), file=f)


if __name__ == "__main__":
    main()
