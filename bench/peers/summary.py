#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""summary.py BASE FILE...: the table of what peers.sh --raw kept.

A file has lines "systems", then the names; and "system metric value unit note", a line for each
repetition in their order, separated by tabs. A value is a number, "dead" (the connection did not
go on) or "fail" (it could not be measured); in the table these are larger than any number.
"""
import math
import statistics
import sys

DEAD, FAIL = 1e30, math.inf
COLUMNS = ("system", "metric", "median", "min", "max", "unit", "n", "vs_{}", "note")


def number(text):
    return {"dead": DEAD, "fail": FAIL}.get(text) or float(text)


def text(value):
    if value >= DEAD:
        return "dead" if value == DEAD else "fail"
    return f"{value:.10g}"


def median(values):
    """The higher of two middle values if one is no number."""
    high = statistics.median_high(values)
    return high if high >= DEAD else statistics.median(values)


def compare(metric, values, base):
    """The median of the ratios of each repetition; of overhead, the difference."""
    if base is None or len(base) != len(values) or max(*values, *base, 0) >= DEAD:
        return "-"
    if metric == "overhead":
        return f"{median(values) - median(base):+.1f}"
    if min(base) <= 0:
        return "-"
    return f"{median([v / b for v, b in zip(values, base)]):.3f}"


def main():
    base, systems, metrics, rows, facts = sys.argv[1], [], [], {}, {}
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8") as file:
            for line in file:
                field = line.rstrip("\n").split("\t")
                if field[0] == "systems":
                    systems += [s for s in field[1].split() if s not in systems]
                    continue
                system, metric, value, unit, note = field
                if metric not in metrics:
                    metrics.append(metric)
                rows.setdefault((system, metric), []).append(number(value))
                facts[system, metric] = unit, note
    print("\t".join(COLUMNS).format(base))
    for metric in metrics:
        for system in systems:
            values = rows.get((system, metric))
            if values:
                unit, note = facts[system, metric]
                print(
                    system,
                    metric,
                    text(median(values)),
                    text(min(values)),
                    text(max(values)),
                    unit,
                    len(values),
                    compare(metric, values, rows.get((base, metric))),
                    note,
                    sep="\t",
                )


main()
