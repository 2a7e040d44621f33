#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""ah_replay.py FILE INTERFACE MAC [spoil]: puts the AH packets of a capture on an interface, once
each, and prints how many.

With spoil, a bit of each ICV is turned over.
"""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "../netns"))
from wire import packets, walk  # noqa: E402


def ah_at(packet):
    kind, at = packet[6], 40
    while kind != 51:
        kind, at = packet[at], at + (packet[at + 1] + 1) * 8
    return at


def main():
    path, interface, mac = sys.argv[1:4]
    ethernet = bytes.fromhex(mac.replace(":", "")) + bytes(6) + b"\x86\xdd"
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((interface, 0))
    n = 0
    for packet in packets(path):
        if "AH" not in walk(packet)[0]:
            continue
        if sys.argv[4:] == ["spoil"]:
            packet = bytearray(packet)
            packet[ah_at(packet) + 12] ^= 1
        sock.send(ethernet + packet)
        n += 1
    print(n)


if __name__ == "__main__":
    main()
