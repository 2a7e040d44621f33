#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""timeline.py DIR NAME BEGAN FROM TO: tells what happened during one transfer, from what was recorded of it.

Reads NAME.marks (what run.sh did), client.events and server.events (hmipctl monitor --json) and NAME.pcap (the server's
link); prints the story with times since BEGAN (the client moves from address FROM to TO), and writes NAME.rate (seconds, Mbit/s) and NAME.moves for the picture.
"""
import collections
import json
import os
import socket
import struct
import sys

STEP = 0.1      # seconds of throughput in one point
WORDS = {
    "bu-sent": "sends a Binding Update", "bu-heard": "hears the Binding Update",
    "ba-sent": "sends a Binding Acknowledgement", "ba-heard": "hears the Binding Acknowledgement",
    "challenge-sent": "sends a Challenge to", "challenge-heard": "hears the Challenge",
    "response-sent": "sends the Response", "response-heard": "hears the Response: reachability is proven",
    "switched": "switched", "address-lost": "notes the loss of", "address-up": "has the address",
}


def frames(path):
    """(time, octets on the wire, first octets) of a capture."""
    with open(path, "rb") as f:
        head = f.read(24)
        order = "<" if head[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
        while len(record := f.read(16)) == 16:
            seconds, fraction, length, original = struct.unpack(order + "IIII", record)
            yield seconds + fraction / 1e6, original, f.read(length)


def data(path):
    """(time, payload octets, addresses) of the TCP segments with data of the connection that carried most."""
    of = collections.defaultdict(list)
    for when, size, frame in frames(path):
        if frame[12:14] == b"\x86\xdd" and frame[20] == 6 and len(frame) >= 74:
            payload = struct.unpack("!H", frame[18:20])[0] - (frame[66] >> 4) * 4
            if payload > 0:
                of[frozenset((frame[54:56], frame[56:58]))].append((when, payload, frame[22:54]))
    return max(of.values(), key=lambda segments: sum(payload for _, payload, _ in segments), default=[])


def lines(path):
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return [json.loads(line) for line in f if line.endswith("\n")]


def story(directory, name, began, end):
    """(time, who, what)"""
    for m in lines(f"{directory}/{name}.marks"):
        yield m["time"], "", m["detail"]
    if not name.endswith("-with"):
        return
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


def main():
    directory, name, began = sys.argv[1], sys.argv[2], float(sys.argv[3])
    old, new = (socket.inet_pton(socket.AF_INET6, a) for a in sys.argv[4:6])
    marks = lines(f"{directory}/{name}.marks")
    lost = next(m["time"] for m in marks if m["event"] == "address-lost")
    usable = next(m["time"] for m in marks if m["event"] == "address-usable")
    end = marks[-1]["time"]

    segments = list(data(f"{directory}/{name}.pcap"))
    before = [when for when, _, pair in segments if when <= lost and old in pair]
    after = [when for when, _, pair in segments if when > lost and new in pair]
    events = list(story(directory, name, began, end))
    if before:
        events.append((before[0], "", "the first data"))
    if after and name.endswith("-with"):
        events.append((after[0], "", "data flows again"))
    for when, who, what in sorted(events, key=lambda e: e[0]):
        print(f"  {when - began:8.3f} s  {who:7} {what}")
    if name.endswith("-with") and before and after:
        silence = after[0] - before[-1]
        print(f"  gap: {silence * 1000:.0f} ms without data, {max(0, after[0] - usable) * 1000:.0f} ms of it after the new address was usable")

    rate = [0] * (int((end - began) / STEP) + 1)
    for when, payload, _ in segments:
        if began <= when <= end:
            rate[int((when - began) / STEP)] += payload
    with open(f"{directory}/{name}.rate", "w") as f:
        for i, octets in enumerate(rate):
            f.write(f"{(i + 0.5) * STEP:.2f} {octets * 8 / STEP / 1e6:.3f}\n")
    with open(f"{directory}/{name}.moves", "w") as f:
        f.write(f"{lost - began:.3f} {usable - began:.3f}\n")


if __name__ == "__main__":
    main()
