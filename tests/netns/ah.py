#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A second opinion on our AH: scapy's.

  ah.py verify FILE SPI KEY [SPI KEY]...   every AH packet of a capture is authentic
                                           (HMAC-SHA-256-128; keys in hex)

scapy does not know what a Home Address option does to the calculation (draft-ietf-mobileip-ipv6-13,
10.2), so it is handed the packet with source and Home Address exchanged.
"""
import sys

from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt
from scapy.layers.ipsec import AH, IPSecIntegrityError, SecurityAssociation

from wire import packets, walk

HOME_ADDRESS, BU, BA, PAD1 = 0xC9, 0xC6, 7, 0


def options(octets):
    """Offsets and types of the options of a Destination Options header at octets[0]."""
    at, end = 2, (octets[1] + 1) * 8
    while at < end:
        yield at, octets[at]
        at += 1 if octets[at] == PAD1 else octets[at + 1] + 2


def view(packet):
    packet = bytearray(packet)
    if packet[6] == 60:
        for at, kind in options(packet[40:]):
            if kind == HOME_ADDRESS:
                home = slice(40 + at + 2, 40 + at + 18)
                packet[8:24], packet[home] = packet[home], packet[8:24]
    return bytes(packet)


def verify(path, *keys):
    sas = {
        int(spi, 0): SecurityAssociation(
            AH, spi=int(spi, 0), auth_algo="SHA2-256-128", auth_key=bytes.fromhex(key)
        )
        for spi, key in zip(keys[::2], keys[1::2])
    }
    count = {BU: 0, BA: 0}
    packets_of = dict.fromkeys(sas, 0)
    for raw in packets(path):
        if "AH" not in walk(raw)[0]:
            continue
        packet = IPv6(view(raw))
        spi = packet[AH].spi
        try:
            sas[spi].decrypt(packet)
        except IPSecIntegrityError as e:
            sys.exit(f"not authentic: {e}\n{raw.hex()}")
        packets_of[spi] += 1
        at = raw.index(spi.to_bytes(4, "big")) - 4
        body = raw[at + (raw[at + 1] + 2) * 4 :]
        if raw[at] == 60:
            for _, kind in options(body):
                if kind in count:
                    count[kind] += 1
    if not all(packets_of.values()) or not all(count.values()):
        sys.exit(f"too little in the capture: {packets_of} {count}")
    print(
        f"scapy: {sum(packets_of.values())} packets authentic, with {count[BU]} Binding Updates"
        f" and {count[BA]} Acknowledgements"
    )


if __name__ == "__main__":
    {"verify": verify}[sys.argv[1]](*sys.argv[2:])
