#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Two ends of an exchange of datagrams, in plain sockets that are not connected: they know nothing
of hmip.

As with RTP each end sends numbered packets at its own pace, to the address it knows the other by,
whether or not anything comes back. The server learns that address from the first packet; the
client's never changes. Each notes by which names packets came, and how long it heard nothing.

  serve --port N [--bind ADDR] [--msg]
  talk  --to ADDR --port N [--bind ADDR] [--connect] [--msg]
  both with --status FILE, until SIGTERM. --msg: with sendmsg() and recvmsg(); --connect: this end
  is connected.
"""
import argparse
import json
import os
import select
import signal
import socket
import struct
import time

PERIOD = 0.01
FILLING = bytes(range(160))

arg = argparse.ArgumentParser()
arg.add_argument("role", choices=["serve", "talk"])
arg.add_argument("--to")
arg.add_argument("--port", type=int, required=True)
arg.add_argument("--bind", default="::")
arg.add_argument("--connect", action="store_true")
arg.add_argument("--msg", action="store_true")
arg.add_argument("--status", required=True)
arg = arg.parse_args()

sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
sock.setblocking(False)
sock.bind((arg.bind, arg.port if arg.role == "serve" else 0))
peers = {}  # name -> packets sent to it
names = {}  # name -> packets received from it
received = wrong = failed = 0
last, max_gap = time.monotonic(), 0.0
running = True


def stop(*_):
    global running
    running = False


def send(to, number):
    packet = struct.pack("!Q", number) + FILLING
    if arg.connect:
        sock.send(packet)
    elif arg.msg:
        sock.sendmsg([packet[:50], packet[50:]], [], 0, to)
    else:
        sock.sendto(packet, to)


def receive():
    if arg.msg:
        data, _, _, name = sock.recvmsg(2048)
        return data, name
    return sock.recvfrom(2048)


def report():
    with open(arg.status + ".new", "w") as f:
        json.dump(
            {
                "received": received,
                "sent": sum(peers.values()),
                "names": names,
                "wrong": wrong,
                "failed": failed,
                "max_gap_ms": round(max_gap * 1000),
            },
            f,
        )
    os.rename(arg.status + ".new", arg.status)


signal.signal(signal.SIGTERM, stop)
if arg.to:
    peers[(arg.to, arg.port, 0, 0)] = 0
if arg.connect:
    sock.connect((arg.to, arg.port))
due = reported = time.monotonic()
while running:
    now = time.monotonic()
    if now >= due:
        due = max(due + PERIOD, now - PERIOD)
        for to in list(peers):
            try:
                send(to, peers[to])
                peers[to] += 1
            except OSError:
                failed += 1
    if now >= reported + 0.05:
        reported = now
        report()
    if not select.select([sock], [], [], max(0, due - time.monotonic()))[0]:
        continue
    try:
        data, name = receive()
    except OSError:
        failed += 1
        continue
    now = time.monotonic()
    if received:
        max_gap = max(max_gap, now - last)
    last = now
    received += 1
    wrong += data[8:] != FILLING
    names[name[0]] = names.get(name[0], 0) + 1
    if arg.role == "serve":
        peers.setdefault(name, 0)
report()
