#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""AH against scapy, a second implementation, both ways and under all three algorithms.

The view of draft-13 5.4 and 10.2 (Home Address option and source exchanged, a type 0 Routing header
as it arrives) is made here, by other code than ours in C; scapy knows nothing of the Home Address
option's part in it and is given the view. Skipped (77) without scapy.
"""
import os
import struct
import subprocess
import sys

try:
    from scapy.layers.inet6 import IPv6
    from scapy.layers.ipsec import AH, AUTH_ALGOS, IPSecIntegrityError
except ImportError as e:
    print("skipped:", e, "(Debian: apt-get install python3-scapy)")
    sys.exit(77)

PACKETS = os.path.join(os.environ.get("HMIP_BUILD", "."), "tests", "packets")
ALGORITHM = {
    "hmac-md5-96": "HMAC-MD5-96",
    "hmac-sha1-96": "HMAC-SHA1-96",
    "hmac-sha256-128": "SHA2-256-128",
}
ICV_LEN = {"hmac-md5-96": 12, "hmac-sha1-96": 12, "hmac-sha256-128": 16}


def headers(pkt):
    """Yields (type, offset, length) of the extension headers up to and with AH."""
    kind, at = pkt[6], 40
    while kind in (0, 43, 60, 51):
        length = 4 * (pkt[at + 1] + 2) if kind == 51 else 8 * (pkt[at + 1] + 1)
        yield kind, at, length
        if kind == 51:
            return
        kind, at = pkt[at], at + length


def view(wire, travel=True):
    """The packet as its ICV is computed (RFC 4302 3.3.3; draft-13 5.4 and 10.2); what scapy zeroes
    by itself is left to it.
    """
    pkt = bytearray(wire)
    for kind, at, length in headers(wire):
        if travel and kind == 43 and pkt[at + 3] == 1:
            pkt[24:40], pkt[at + 8 : at + 24] = pkt[at + 8 : at + 24], pkt[24:40]
            pkt[at + 3] = 0
        o = at + 2
        while kind == 60 and o < at + length:
            if pkt[o] == 0:
                o += 1
                continue
            if pkt[o] == 0xC9:
                pkt[8:24], pkt[o + 2 : o + 18] = pkt[o + 2 : o + 18], pkt[8:24]
            o += 2 + pkt[o + 1]
    return bytes(pkt)


def icv_at(pkt):
    return [at + 12 for kind, at, _ in headers(pkt) if kind == 51][0]


def scapy_accepts(name, key, wire):
    v = view(wire)
    pkt = IPv6(v)
    assert bytes(pkt) == v and pkt.haslayer(AH), "scapy reads the packet otherwise"
    try:
        AUTH_ALGOS[ALGORITHM[name]].verify(pkt, key)
    except IPSecIntegrityError:
        return False
    return True


def check_ours():
    lines = subprocess.run(
        [PACKETS, "emit"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    for line in lines:
        name, key, wire = line.split()
        key, wire = bytes.fromhex(key), bytes.fromhex(wire)
        assert scapy_accepts(name, key, wire), "scapy refuses " + line
        for at in (8, 39, icv_at(wire), len(wire) - 1):
            bad = bytearray(wire)
            bad[at] ^= 1
            assert not scapy_accepts(
                name, key, bytes(bad)
            ), "scapy accepts octet %d changed in %s" % (at, line)
    assert {line.split()[0] for line in lines} == set(ALGORITHM)
    print("scapy accepts %d packets of ours" % len(lines))


def compose(name, home, route, options):
    """A packet made without our builder; the ICV is zero."""
    src, dst = bytes.fromhex("20010db8000200000000000000000001"), bytes.fromhex(
        "20010db8000900000000000000000009"
    )
    parts = []  # (type, octets without Next Header)
    if options == "hop-by-hop":
        parts.append((0, b"\x00\x3e\x04mut\xff"))
    if route:
        parts.append((43, b"\x02\x00\x01\x00\x00\x00\x00" + route))
    if home:
        parts.append((60, b"\x02\x01\x02\x00\x00\xc9\x10" + home))
    room = {12: 12, 16: 20}[ICV_LEN[name]]
    parts.append(
        (
            51,
            struct.pack("!BHII", (12 + room) // 4 - 2, 0, 0xABCD, 77)
            + bytes(ICV_LEN[name])
            + b"free"[: room - ICV_LEN[name]],
        )
    )
    parts.append((60, b"\x01\xc6\x08\x80\x00\x00\x01\x00\x00\x02\x58\x01\x02\x00\x00"))
    kinds = [k for k, _ in parts] + [59]
    body = b"".join(bytes([kinds[i + 1]]) + p for i, (_, p) in enumerate(parts)) + b"behind"
    return struct.pack("!IHBB", 0x6AB12345, len(body), kinds[0], 17) + src + dst + body


def scapy_signs(name, key, wire):
    """scapy leads the packet through the Routing header by itself."""
    at, n = icv_at(wire), ICV_LEN[name]
    pkt = IPv6(view(wire, travel=False))
    pkt[AH].padding, pkt[AH].icv = pkt[AH].icv[n:], pkt[AH].icv[:n]
    icv = AUTH_ALGOS[ALGORITHM[name]].sign(pkt, key)[AH].icv
    return wire[:at] + icv + wire[at + n :]


def check_theirs():
    home, route = bytes.fromhex("20010db8000100000000000000000001"), bytes.fromhex(
        "20010db8000700000000000000000007"
    )
    lines = []

    def ours(text):
        return subprocess.run([PACKETS, "verify"], input=text, text=True, stderr=subprocess.PIPE)

    for name in ALGORITHM:
        key = os.urandom(20)
        for h in (None, home):
            for r in (None, route):
                for options in (None, "hop-by-hop"):
                    wire = scapy_signs(name, key, compose(name, h, r, options))
                    lines.append("%s %s %s\n" % (name, key.hex(), wire.hex()))
    result = ours("".join(lines))
    assert result.returncode == 0, result.stderr
    for line in lines:
        bad = line[:-2] + ("0" if line[-2] != "0" else "1") + "\n"
        assert ours(bad).returncode == 1, "accepted with its end changed: " + line
    print("%d packets signed by scapy are accepted" % len(lines))


check_ours()
check_theirs()
