#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Judges a capture (pcap, Ethernet) octet by octet, with no help of the code under test.

  wire.py data FILE PORT [ADDRESS]   every TCP packet of PORT has a bare 40-octet IPv6 header and a
                                     right checksum; with
                                     ADDRESS only packets that bear it are looked at. Prints how
                                     many there were.
  wire.py seen FILE PORT ADDRESS     prints how many TCP packets of PORT bear ADDRESS, whatever they
                                     look like
  wire.py flow FILE                  a line for each signalling packet: source > destination: AH,
                                     AAP's messages, options
  wire.py rst FILE                   prints how many TCP resets there are
"""
import socket
import struct
import sys

TCP, UDP, ICMPV6 = 6, 17, 58
EXTENSIONS = {0: "Hop-by-Hop", 43: "Routing", 44: "Fragment", 51: "AH", 60: "Destination Options"}


def packets(path):
    """The IPv6 packets of a capture."""
    with open(path, "rb") as f:
        head = f.read(24)
        order = "<" if head[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
        (link,) = struct.unpack(order + "I", head[20:24])
        if link != 1:
            sys.exit(f"link type {link}, not Ethernet")
        while len(record := f.read(16)) == 16:
            _, _, length, original = struct.unpack(order + "IIII", record)
            frame = f.read(length)
            if length < original:
                sys.exit("a packet was cut by the capture")
            if frame[12:14] == b"\x86\xdd":
                yield frame[14 : 14 + 40 + struct.unpack("!H", frame[18:20])[0]]


def walk(packet):
    """(names of the extension headers, upper protocol, upper octets)"""
    names, kind, at = [], packet[6], 40
    while kind in EXTENSIONS and at + 8 <= len(packet):
        names.append(EXTENSIONS[kind])
        size = (
            8
            if kind == 44
            else (packet[at + 1] + 2) * 4
            if kind == 51
            else (packet[at + 1] + 1) * 8
        )
        kind, at = packet[at], at + size
    return names, kind, packet[at:]


def checksum_right(packet, kind, upper):
    data = packet[8:40] + struct.pack("!II", len(upper), kind) + upper + b"\0" * (len(upper) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total == 0xFFFF


def tcp(path, port, address):
    want = socket.inet_pton(socket.AF_INET6, address) if address else None
    for packet in packets(path):
        names, kind, upper = walk(packet)
        if kind == TCP and len(upper) >= 20 and port in struct.unpack("!HH", upper[:4]):
            if want is None or want in (packet[8:24], packet[24:40]):
                yield packet, names, upper


def data(path, port, address=None):
    n = 0
    for packet, names, upper in tcp(path, int(port), address):
        n += 1
        if names:
            sys.exit(f"a data packet carries {', '.join(names)}: {packet[:80].hex()}")
        if not checksum_right(packet, TCP, upper):
            sys.exit(f"packet {n} has a wrong checksum: {packet[:80].hex()}")
    print(n)


def seen(path, port, address):
    print(sum(1 for _ in tcp(path, int(port), address)))


OPTIONS = {0x07: "BA", 0x08: "BR", 0xC6: "BU"}
AAP = {1: "Init", 2: "Retry", 3: "Response", 4: "Confirm"}


def options(header):
    at = 2
    while at < len(header):
        kind = header[at]
        if kind == 0:
            at += 1
            continue
        body = header[at + 2 : at + 2 + header[at + 1]]
        if kind == 0x1E and body[:2] == b"HM":
            yield AAP[body[3]]
        elif kind in OPTIONS:
            yield OPTIONS[kind]
        at += 2 + len(body)


def flow(path):
    for packet in packets(path):
        kind, at, names = packet[6], 40, []
        while kind in EXTENSIONS and at + 8 <= len(packet):
            size = (
                8
                if kind == 44
                else (packet[at + 1] + 2) * 4
                if kind == 51
                else (packet[at + 1] + 1) * 8
            )
            if kind == 51:
                names.append("AH")
            if kind == 60:
                names.extend(options(packet[at : at + size]))
            kind, at = packet[at], at + size
        if kind == 59 and names:
            ends = (socket.inet_ntop(socket.AF_INET6, packet[i : i + 16]) for i in (8, 24))
            print(" > ".join(ends) + ": " + " ".join(names))


def rst(path):
    print(sum(1 for p in packets(path) if walk(p)[1] == TCP and walk(p)[2][13] & 4))


if __name__ == "__main__":
    {"data": data, "seen": seen, "flow": flow, "rst": rst}[sys.argv[1]](*sys.argv[2:])
