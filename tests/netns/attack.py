#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sends what nobody should send. Its packets leave by whatever route the namespace has, with any
source address.

  segment    a TCP segment with data from --src --sport
  forged     a Binding Update whose ICV is wrong
  bare       a Binding Update without AH
  replay     every AH packet of the capture --pcap that goes to --dst, again
  steal      an authentic Binding Update that names --address
  garbage    --count authentic packets whose options are damaged in every way thought of, from
             --seed
  truncated  the same Binding Update cut at every octet, lengths adjusted, authentic where there is
             an AH left

SPI and key of the authentic ones are those the client sends with: the attacker is the peer itself.
"""
import argparse
import hashlib
import hmac
import random
import socket
import struct

from wire import packets, walk

BU, HOME_ADDRESS, ALT_COA, HOMELESS = 0xC6, 0xC9, 4, 0xF0
NONE, AH, DESTINATION, TCP = 59, 51, 60, 6


def address(text):
    return socket.inet_pton(socket.AF_INET6, text)


def ipv6(src, dst, kind, payload):
    return struct.pack("!IHBB", 6 << 28, len(payload), kind, 64) + src + dst + payload


def pad(content):
    """A Destination Options header's content, with two octets in front to come, filled up to a
    multiple of 8.
    """
    n = -(len(content) + 2) % 8
    return content + (b"" if n == 0 else b"\0" if n == 1 else bytes([1, n - 2]) + bytes(n - 2))


def destination(following, content):
    content = pad(content)
    return bytes([following, (len(content) + 2) // 8 - 1]) + content


def binding_update(seq, lifetime, subs=b"", flags=0x80):
    return bytes([BU, 8 + len(subs), flags, 0]) + struct.pack("!HI", seq, lifetime) + subs


def alt_coa(addr):
    return bytes([ALT_COA, 16]) + addr


class Attack:
    def __init__(self, args):
        self.args, self.src, self.dst = args, address(args.src), address(args.dst)
        self.seq, self.key = args.ah_seq, bytes.fromhex(args.key)
        self.sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def send(self, packet):
        self.sock.sendto(packet, (self.args.dst, 0))

    def authentic(self, body, body_kind=DESTINATION, home=None, spoil=False):
        """IPv6, a Home Address option if there is a home, AH, body."""
        self.seq += 1
        ah = struct.pack("!BBHII", body_kind, 6, 0, self.args.spi, self.seq)

        def whole(src, option_address, icv):
            front = b""
            if home is not None:
                front = destination(AH, bytes([1, 2, 0, 0, HOME_ADDRESS, 16]) + option_address)
            payload = front + ah + icv + bytes(4) + body
            return ipv6(src, self.dst, DESTINATION if front else AH, payload)

        view = bytearray(whole(home or self.src, self.src, bytes(16)))
        view[7] = 0  # hop limit
        icv = hmac.new(self.key, view, hashlib.sha256).digest()[:16]
        if spoil:
            icv = bytes([icv[0] ^ 1]) + icv[1:]
        return whole(self.src, home, icv)

    def segment(self):
        tcp = (
            struct.pack(
                "!HHIIBBHHH", self.args.sport, self.args.dport, 1, 1, 5 << 4, 0x18, 1000, 0, 0
            )
            + b"data"
        )
        total = sum(
            struct.unpack(
                f"!{(32 + 8 + len(tcp)) // 2}H",
                self.src + self.dst + struct.pack("!II", len(tcp), TCP) + tcp,
            )
        )
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        self.send(
            ipv6(self.src, self.dst, TCP, tcp[:16] + struct.pack("!H", total ^ 0xFFFF) + tcp[18:])
        )

    def update(self):
        return binding_update(self.args.seq, 600, alt_coa(address(self.args.address)))

    def forged(self):
        self.send(self.authentic(destination(NONE, self.update()), spoil=True))

    def bare(self):
        self.send(ipv6(self.src, self.dst, DESTINATION, destination(NONE, self.update())))

    def steal(self):
        self.send(self.authentic(destination(NONE, self.update())))
        self.send(
            self.authentic(
                destination(NONE, binding_update(self.args.seq + 1, 600)),
                home=address(self.args.address),
            )
        )

    def replay(self):
        for packet in packets(self.args.pcap):
            if "AH" in walk(packet)[0] and packet[24:40] == self.dst:
                self.send(packet)

    def garbage(self):
        rnd = random.Random(self.args.seed)
        for _ in range(self.args.count):
            good = bytearray(
                destination(
                    NONE, binding_update(self.args.seq, 600, bytes([HOMELESS, 0]) + self.subs(rnd))
                )
            )
            for _ in range(rnd.randrange(1, 6)):
                good[rnd.randrange(1, len(good))] = rnd.choice(
                    [0, 1, 2, 4, 7, 8, 0x7F, 0x80, 0xC6, 0xC9, 0xF1, 0xF2, 0xFF, rnd.randrange(256)]
                )
            good[3] |= rnd.choice([0, 0, 0xF0])
            self.send(self.authentic(bytes(good), home=rnd.choice([None, self.src])))

    @staticmethod
    def subs(rnd):
        kinds = [1, 2, 4, 0xF0, 0xF1, 0xF2, rnd.randrange(256)]
        return b"".join(
            bytes([rnd.choice(kinds), n]) + rnd.randbytes(n)
            for n in (rnd.randrange(20) for _ in range(rnd.randrange(4)))
        )

    def truncated(self):
        whole = destination(NONE, self.update())
        for n in range(len(whole)):
            self.send(self.authentic(whole[:n]))
        packet = self.authentic(whole)
        for n in range(40, len(packet)):
            self.send(packet[:4] + struct.pack("!H", n - 40) + packet[6:n])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("what")
    p.add_argument("--src", required=True)
    p.add_argument("--dst", required=True)
    p.add_argument("--sport", type=int)
    p.add_argument("--dport", type=int)
    p.add_argument("--address")
    p.add_argument("--pcap")
    p.add_argument("--spi", type=lambda s: int(s, 0), default=0)
    p.add_argument("--key", default="00")
    p.add_argument("--ah-seq", type=int, default=0xF0000000)
    p.add_argument("--seq", type=int, default=30000)
    p.add_argument("--count", type=int, default=300)
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()
    getattr(Attack(args), args.what)()


if __name__ == "__main__":
    main()
