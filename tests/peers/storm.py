#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Floods from 100,000 addresses that are not the sender's (X4, X8): AAP's Inits, Confirms, and
Binding Updates forged in several ways. They make no entry, the helper's memory stays what it was, a
peer with keys has its updates acknowledged and a stranger completes AAP meanwhile.
"""
import argparse
import ctypes
import os
import socket
import struct
import subprocess
import sys
import time

import aap_vectors as aap
import homeless as h
from homeless import aap_option, address, alt_coa, bu_option, header, packet

SPOOFED = "2001:db8::9"
FLAT = 1024  # kB that VmRSS may grow by, once the helper has seen a first flood


def deafen(sock):
    """Drops what is sent to the spoofed sources, which end in 9: Python could not read it all."""
    code = [(0x28, 0, 0, 52), (0x15, 0, 1, 9), (6, 0, 0, 0), (6, 0, 0, 65535)]
    octets = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *c) for c in code))
    sock.setsockopt(
        socket.SOL_SOCKET, 26, struct.pack("HL", len(code), ctypes.addressof(octets))
    )  # SO_ATTACH_FILTER


class Storm:
    def __init__(self, args):
        self.args, self.failed = args, 0
        self.wire = h.Wire((args.interface, args.mac, [args.to]))
        deafen(self.wire.first)
        self.helper = h.Helper(args.hmipctl, args.socket, args.pid)
        key_in, key_out = bytes.fromhex(args.key_in), bytes.fromhex(args.key_out)
        self.alice = h.Host(
            self.wire, "Alice", "2001:db8:a::a", args.to, h.Sa(0x1001, key_in, 0x1002, key_out)
        )
        self.alice.sa.seq = 1000
        self.strangers = 0
        self.dst = address(args.to)
        self.src = address("2001:db8:f::1")

    def check(self, name, held, figures=""):
        self.failed += not held
        print(
            f"{'ok' if held else 'FAILED':7}{name}{': ' + figures if figures else ''}", flush=True
        )

    def stranger(self):
        self.strangers += 1
        return h.Host(self.wire, "a stranger", f"2001:db8:5:{self.strangers:x}::5", self.args.to)

    def templates(self):
        """By name: the packets of a flood."""
        alice, run = self.alice, h.Run(self.alice)
        bu = header(bu_option(9, 600, alt_coa(address("2001:db8:ee::1"))))
        forged = h.Sa(0x1001, os.urandom(32), 0, b"")
        unknown = h.Sa(0x3FFFFFFF, os.urandom(32), 0, b"")
        seq = alice.sa.seq + 100000
        anonymous = h.Sa(self.run.spi_r ^ 1, os.urandom(32), 0, b"")
        confirm = header(aap_option(aap.confirm(os.urandom(82))), bu_option(9))
        return {
            "Inits": [packet(self.src, self.dst, header(aap_option(run.data)))],
            "Binding Updates without AH": [packet(self.src, self.dst, bu)],
            "Binding Updates under a wrong key and under nobody's SPI": [
                alice.signed(bu, sa=forged, seq=seq),
                alice.signed(bu, sa=unknown, seq=1),
                alice.signed(bu, sa=forged, seq=seq, home=alice.addr),
            ],
            "Confirms": [alice.signed(confirm, sa=anonymous, seq=1)],
        }

    def flood(self, packets, count, rate):
        files = []
        for n, pkt in enumerate(packets):
            files.append(os.path.join(self.args.dir, f"flood-{n}.packet"))
            with open(files[-1], "wb") as f:
                f.write(pkt)
        command = [
            self.args.flood,
            self.args.interface,
            self.args.mac,
            str(count),
            str(rate),
            SPOOFED,
            *files,
        ]
        return subprocess.Popen(command)

    def weather(self, name, packets, count, rate):
        before, entries, rss = self.helper.counters(), len(self.helper.cache()), self.helper.rss()
        began = time.monotonic()
        flood = self.flood(packets, 4 * count, rate)  # more than it takes: it is stopped
        self.wire.pump(timeout=0.5)
        self.wire.stray.clear()
        stranger, start = self.stranger(), time.monotonic()
        met = stranger.contact() is not None
        took = time.monotonic() - start
        meanwhile = flood.poll() is None
        start = time.monotonic()
        through = self.alice.exchange()
        update = time.monotonic() - start
        peak = rss
        while flood.poll() is None and time.monotonic() - began < count / rate:
            self.wire.pump(timeout=0.05)
            self.wire.stray.clear()
            peak = max(peak, self.helper.rss())
        flood.terminate()
        flood.wait()
        lasted = time.monotonic() - began
        calm = self.alice.exchange()
        now = self.helper.counters()
        rose = {
            k: now[k] - before[k]
            for k in now
            if now[k] > before[k] and k not in ("packets", "bu-sent", "ba-sent")
        }
        seen = now["packets"] - before["packets"]
        self.check(
            f"X4 X8 {name}: a stranger completes AAP meanwhile",
            met and meanwhile and took < 8,
            f"in {took * 1000:.0f} ms",
        )
        self.check(
            f"X8 {name}: a peer's update is acknowledged",
            through and calm,
            f"in {update * 1000:.0f} ms",
        )
        after = self.helper.cache()
        self.check(
            f"X8 C4 {name}: no entry is made but the stranger's",
            len(after) == entries + met,
            f"{len(after)}",
        )
        grown = max(peak, self.helper.rss()) - rss
        self.check(
            f"X8 {name}: memory stays flat",
            grown <= FLAT,
            f"VmRSS {rss} kB before, {self.helper.rss()} kB after, {peak} kB at most",
        )
        print(f"       {rate} a second for {lasted:.1f} s, {seen} read; {rose}", flush=True)

    def run_all(self):
        self.check(
            "B1 X4 two peers are known", self.alice.exchange(home=self.alice.addr) and self.first()
        )
        # What the helper needs once: the list of actions, buffers, the state's file.
        warm = self.flood([p for t in self.templates().values() for p in t], 20000, 50000)
        while warm.poll() is None:
            self.wire.pump(timeout=0.05)
        self.alice.exchange()
        for name, packets in self.templates().items():
            self.weather(name, packets, self.args.count, self.args.rate)
        return self.failed == 0

    def first(self):
        self.run = self.stranger().contact()
        return self.run is not None


def main():
    p = argparse.ArgumentParser()
    for name in (
        "hmipctl",
        "socket",
        "interface",
        "mac",
        "to",
        "key_in",
        "key_out",
        "flood",
        "dir",
    ):
        p.add_argument("--" + name.replace("_", "-"), required=True)
    p.add_argument("--pid", type=int, required=True)
    p.add_argument("--count", type=int, default=100000)
    p.add_argument("--rate", type=int, default=25000)
    sys.exit(0 if Storm(p.parse_args()).run_all() else 1)


if __name__ == "__main__":
    main()
