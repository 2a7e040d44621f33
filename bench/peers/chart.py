#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""chart.py TABLE [SVG]: what peers.sh measured at handovers, for people.

TABLE is the output of peers.sh or summary.py. Prints a line for each handover and kind of work,
with a column for each system, and draws it through gnuplot if SVG is named.
"""
import csv
import math
import subprocess
import sys

HANDOVERS = {
    "bbm": "the link in use fails",
    "mbb": "warned, to another link",
    "both": "both ends at once",
}
KINDS = {"down": "download", "up": "upload", "rpc": "dialogue"}
SYSTEMS = {
    "udpfloor": "floor",
    "mptcp_full": "MPTCP",
    "mptcp_backup": "MPTCP (b)",
    "mptcp_late": "MPTCP (l)",
    "wireguard": "WireGuard",
    "openvpn": "OpenVPN",
    "mobike": "MOBIKE",
    "quic": "QUIC",
}
WIDTH = 11


def measured(name):
    """{metric: {system: median}}, both in the order of the file."""
    cells = {}
    with open(name, encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            cells.setdefault(row["metric"], {})[row["system"]] = row["median"]
    return cells


def title(metric):
    """How a gap or an outage is called, or None for what is no handover."""
    what, _, rest = metric.partition("_")
    if what == "outage":
        return "15 s without any link, dialogue"
    if what != "gap":
        return None
    kind, handover, _ = rest.split(".", 2)
    return f"{HANDOVERS[handover]}, {KINDS[kind]}"


def rounded(value):
    return value if value in ("dead", "fail", "-") else f"{float(value):.0f}"


def handovers(cells):
    """[(title, {system: median})], by handover rather than by kind."""
    rows = [(title(metric), row) for metric, row in cells.items() if title(metric)]
    order = list(HANDOVERS.values())
    return sorted(rows, key=lambda r: order.index(h) if (h := r[0].split(",")[0]) in order else 9)


def print_table(rows, systems):
    label = max(len(name) for name, _ in rows) + 2
    print(" " * label + "".join(f"{SYSTEMS.get(s, s):>{WIDTH}}" for s in systems))
    for name, row in rows:
        print(
            f"{name:{label}}" + "".join(f"{rounded(row.get(s, '-')):>{WIDTH}}" for s in systems)
        )


def draw(rows, systems, svg):
    """Bars of what ended with a number. The axis is logarithmic, as one second is no small gap."""
    data = "\n".join(
        "\t".join([name.replace(", ", ",\\n")] + [bar(row.get(s)) for s in systems])
        for name, row in rows
    )
    plots = ", ".join(
        f"$d using {i + 2}:xtic(1) title '{SYSTEMS.get(s, s)}'" for i, s in enumerate(systems)
    )
    script = f"""
set terminal svg size 1100,480 dynamic background 'white' font 'sans-serif,12'
set output '{svg}'
set datafile separator '\\t'
set style data histograms
set style histogram clustered gap 1.5
set style fill solid 0.85 border -1
set boxwidth 0.9
set logscale y
set yrange [1:*]
set grid ytics
set key above
set ylabel 'ms of silence at the receiving program'
set xtics scale 0
set bmargin 4
set linetype 1 linecolor rgb '#aaaaaa'
$d << END
{data}
END
plot {plots}
"""
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def bar(value):
    number = math.nan if value in (None, "dead", "fail") else max(float(value), 1)
    return "NaN" if math.isnan(number) else f"{number:g}"


def main():
    cells = measured(sys.argv[1])
    rows = handovers(cells)
    systems = list(dict.fromkeys(s for _, row in rows for s in row if s != "plain"))
    print_table(rows, systems)
    if len(sys.argv) > 2:
        draw(rows, systems, sys.argv[2])


main()
