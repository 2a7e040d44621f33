#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The story and the figures of the demonstration, from what run.sh recorded.

timeline.py DIR RUN BEGAN TO SERVER SIZE

    prints what happened during a run in which the client moved to address TO, with times in seconds
    since BEGAN. Reads RUN.marks (what run.sh did), addresses.log (ip monitor at the client),
    client.events and server.events (hmipctl monitor --json), and two captures, RUN-client.pcap and
    RUN-server.pcap. Writes RUN.rate and RUN.gp for the picture, and the figures to RUN.json.

timeline.py DIR results

    prints a table of the figures of all runs. The exit status is 0 if all transfers died in the run
    without hmip and all went on in the others.

Progress is data that the receiver's kernel can hand to its program: in order, without a hole. The
gap of a transfer is the time from the loss of the address to the first progress over the other.
"""
import collections
import datetime
import json
import os
import socket
import struct
import sys

RUNS = {
    "without": "without hmip",
    "fresh": "with hmip, to a link just up",
    "known": "with hmip, to a known link",
}
KINDS = {
    "ftp-download": "FTP download",
    "ftp-upload": "FTP upload",
    "http-download": "HTTP download",
}
STEP = 0.1  # seconds of throughput in one point of the picture
COARSE = 0.2  # the same of one character
WORDS = {
    "bu-sent": "sends a Binding Update",
    "bu-heard": "receives the Binding Update",
    "ba-sent": "sends a Binding Acknowledgement",
    "ba-heard": "receives the Binding Acknowledgement",
    "challenge-sent": "sends a Challenge to",
    "challenge-heard": "receives the Challenge",
    "response-sent": "sends the Response",
    "response-heard": "receives the Response: reachability is proven",
    "switched": "switches",
    "address-lost": "has lost",
    "address-up": "can use",
}
LINK_HEADER = {1: 14, 113: 16, 276: 20}  # octets, by pcap's link type: Ethernet, two of "any"

Segment = collections.namedtuple("Segment", "when source destination ports seq octets")


def address(text):
    return socket.inet_pton(socket.AF_INET6, text)


def segments(path):
    """The TCP segments with data in a capture."""
    with open(path, "rb") as f:
        head = f.read(24)
        order = "<" if head[:4] == b"\xd4\xc3\xb2\xa1" else ">"
        skip = LINK_HEADER[struct.unpack(order + "I", head[20:24])[0]]
        while len(record := f.read(16)) == 16:
            seconds, fraction, length, _ = struct.unpack(order + "IIII", record)
            ip = f.read(length)[skip:]
            if len(ip) < 60 or ip[0] >> 4 != 6 or ip[6] != socket.IPPROTO_TCP:
                continue
            octets = struct.unpack("!H", ip[4:6])[0] - (ip[52] >> 4) * 4
            if octets > 0:
                ports, seq = struct.unpack("!HH", ip[40:44]), struct.unpack("!I", ip[44:48])[0]
                yield Segment(seconds + fraction / 1e6, ip[8:24], ip[24:40], ports, seq, octets)


def flows(path, chosen):
    """By ports, the chosen segments of a capture."""
    of = collections.defaultdict(list)
    for s in segments(path):
        if chosen(s):
            of[s.ports].append(s)
    return of


def progress(flow):
    """(time, octets, segment) whenever a segment made the data without a hole longer."""
    first = flow[0].seq if flow else 0
    reached, waiting = 0, {}
    for s in flow:
        begin = (s.seq - first + 2**31) % 2**32 - 2**31
        waiting[begin] = max(waiting.get(begin, 0), begin + s.octets)
        had = reached
        while ready := [b for b in waiting if b <= reached]:
            reached = max([reached] + [waiting.pop(b) for b in ready])
        if reached > had:
            yield s.when, reached - had, s


def transfers(directory, run, server):
    """The progress of each kind of transfer, at its receiver."""
    down = flows(f"{directory}/{run}-client.pcap", lambda s: s.source == server)
    up = flows(f"{directory}/{run}-server.pcap", lambda s: s.destination == server)

    def most(of, chosen):
        return max(
            (f for p, f in of.items() if chosen(p)),
            key=lambda f: sum(s.octets for s in f),
            default=[],
        )

    return {
        "ftp-download": list(progress(most(down, lambda p: p[0] not in (22, 80)))),
        "ftp-upload": list(progress(most(up, lambda p: p[1] not in (21, 22, 80)))),
        "http-download": list(progress(most(down, lambda p: p[0] == 80))),
    }


def lines(path):
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return [json.loads(line) for line in f if line.endswith("\n")]


def usable_since(directory, new, end):
    """When the kernel last reported, before end, that the address can be used."""
    usable = None
    with open(f"{directory}/addresses.log") as f:
        for line in f:
            word = line.split()
            when = datetime.datetime.fromisoformat(word[0].strip("[]")).timestamp()
            if f"{new}/64" in word and not {"Deleted", "tentative"} & set(word) and when < end:
                usable = when
    return usable


def helpers(directory, began, end):
    """(time, who, what) of what the helpers reported."""
    for side in ("client", "server"):
        for e in lines(f"{directory}/{side}.events"):
            if e["event"] in WORDS and began <= e["time"] <= end:
                what = WORDS[e["event"]]
                if e["event"] == "switched":
                    what += f" to {e['local']} - {e['foreign']}"
                elif e["event"].startswith("address-"):
                    what += f" {e['local']}"
                elif e["event"] == "challenge-sent":
                    what += f" {e['foreign']}"
                elif e.get("seq"):
                    what += f", number {e['seq']}"
                yield e["time"], side, what


def rates(flow, began, end, step):
    """Mbit/s in each step from began to end."""
    octets = [0] * (int((end - began) / step) + 1)
    for when, more, _ in flow:
        if began <= when <= end:
            octets[int((when - began) / step)] += more
    return [o * 8 / step / 1e6 for o in octets]


def figures(flow, mark, new, lost, usable):
    """The figures of one transfer whose end is marked so."""
    f = {key: mark[key] for key in ("octets", "same", "status")}
    f["ended"] = mark["time"]
    after = [when for when, _, s in flow if new in (s.source, s.destination)]
    if f["same"] and after:
        f["gap_ms"] = (after[0] - lost) * 1000
        # "ip monitor" takes its time to report.
        f["gap_after_usable_ms"] = max(0, after[0] - max(lost, usable)) * 1000
    return f


def verdict(f):
    if f["same"]:
        return f"GOES ON, gap {f['gap_ms']:.0f} ms" if "gap_ms" in f else "ended before the move"
    return f"DIES at {f['octets'] / 1e6:.1f} MB"


def strip(flow, began, lost, end):
    """A character for each step: # data, . none; | between those before and after the loss."""
    line = "".join("#" if r else "." for r in rates(flow, began, end, COARSE))
    at = int((lost - began) / COARSE) + 1
    return line[:at] + "|" + line[at:]


def write_picture(directory, run, began, lost, usable, flow, figure, end):
    columns = [rates(flow[kind], began, end + STEP, STEP) for kind in KINDS]
    with open(f"{directory}/{run}.rate", "w") as f:
        for i, values in enumerate(zip(*columns)):
            f.write(f"{(i + 0.5) * STEP:.2f} {' '.join(f'{v:.3f}' for v in values)}\n")
    gap = max((f.get("gap_ms", 0) for f in figure.values()), default=0)
    dead = [f for f in figure.values() if not f["same"]]
    with open(f"{directory}/{run}.gp", "w") as f:
        f.write(f"step = {STEP}\nlost = {lost - began:.3f}\nusable = {usable - began:.3f}\n")
        f.write(f"gap = {gap:.0f}\ndad = {max(0, usable - lost) * 1000:.0f}\ndead = {len(dead)}\n")
        f.write(f"given_up = {max((d['ended'] for d in dead), default=end) - began:.3f}\n")


def tell(directory, run, began, new, server, size):
    marks = lines(f"{directory}/{run}.marks")
    end = max(m["time"] for m in marks)
    lost = next(m["time"] for m in marks if m["event"] == "address-lost")
    usable = usable_since(directory, new, end)
    flow = transfers(directory, run, address(server))
    figure = {
        m["kind"]: figures(flow[m["kind"]], m, address(new), lost, usable)
        for m in marks
        if m.get("kind") in KINDS
    }

    events = [(m["time"], "", m["what"]) for m in marks]
    events += helpers(directory, began, end)
    if usable > lost:
        events.append((usable, "", f"duplicate address detection is over, {new} is usable"))
    for when, who, what in sorted(events, key=lambda e: e[0]):
        print(f"  {when - began:8.3f} s  {who:7} {what}")
    print(f"\n  {COARSE} s a character: # data arrives, . none, | the address is lost")
    for kind, name in KINDS.items():
        one = figure[kind]
        print(f"  {name:14}{strip(flow[kind], began, lost, one['ended'])} {verdict(one)}")
    write_picture(directory, run, began, lost, usable, flow, figure, end)
    with open(f"{directory}/{run}.json", "w") as f:
        ssh = next(m["status"] for m in marks if m.get("kind") == "ssh")
        json.dump(
            {
                "run": run,
                "size": size,
                "usable_after_ms": max(0, usable - lost) * 1000,
                "ssh": ssh,
                "transfers": figure,
            },
            f,
            indent=1,
        )


def results(directory):
    """Prints the table. Returns whether it is as it has to be."""
    right, run_of = True, {}
    for run in RUNS:
        with open(f"{directory}/{run}.json") as f:
            run_of[run] = json.load(f)
    print(" " * 15 + "".join(f"{what:31}" for what in RUNS.values()))
    for kind, name in KINDS.items():
        of = {run: r["transfers"][kind] for run, r in run_of.items()}
        print(f"{name:15}" + "".join(f"{verdict(f):31}" for f in of.values()))
        right &= all(f["same"] == (run != "without") for run, f in of.items())
    ssh = ["DIES" if r["ssh"] else "GOES ON" for r in run_of.values()]
    print(f"{'ssh session':15}" + "".join(f"{s:31}" for s in ssh))
    right &= all((r["ssh"] != 0) == (run == "without") for run, r in run_of.items())
    wait = run_of["fresh"]["usable_after_ms"]
    print(
        f"\nOn the link just up, {wait:.0f} ms of the gap are duplicate address detection:"
        " the kernel allows no use\nof the new address before it is over."
    )
    return right


if __name__ == "__main__":
    if sys.argv[2] == "results":
        sys.exit(0 if results(sys.argv[1]) else 1)
    tell(sys.argv[1], sys.argv[2], float(sys.argv[3]), *sys.argv[4:6], int(sys.argv[6]))
