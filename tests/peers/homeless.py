# SPDX-License-Identifier: BSD-2-Clause
"""Homeless hosts in Python, independent of our C code: they speak Binding Update, Acknowledgement,
Challenge, Response and AAP (both roles) to a real helper over a packet socket, and whatever else a
test has them say.

A Wire is everything outside the host under test: its router and all other hosts. A Host is a peer
on it; it answers as the drafts ask until a test tells it not to (answers = False). The cryptography
of AAP is aap_vectors.py's; AH is computed here and, for what the helper sends, a second time by
scapy.
"""
import errno
import hashlib
import hmac
import json
import os
import select
import socket
import struct
import subprocess
import time

from scapy.layers.inet import TCP as Segment
from scapy.layers.inet6 import IPv6
from scapy.layers.ipsec import AH as scapy_ah
from scapy.layers.ipsec import IPSecIntegrityError, SecurityAssociation

import aap_vectors as aap

NONE, HOPOPTS, TCP, ROUTING, AH, DESTINATION = 59, 0, 6, 43, 51, 60
PAD1, PADN, BA, BR, AAP, BU, HAO = 0, 1, 7, 8, 0x1E, 0xC6, 0xC9
UNIQUE_ID, ALT_COA, HOMELESS, ALT_PREFIXES, CHALLENGE = 2, 4, 0xF0, 0xF1, 0xF2
INIT, RETRY, RESPONSE, CONFIRM = 1, 2, 3, 4
ICV_LEN = 16


def address(text):
    return socket.inet_pton(socket.AF_INET6, text)


def text(addr):
    return socket.inet_ntop(socket.AF_INET6, addr)


# ---- writing: everything can be made wrong -------------------------------------------------------


def tlv(kind, data, length=None):
    return bytes([kind, len(data) if length is None else length]) + data


def bu_option(seq, lifetime=600, subs=b"", flags=0x80, prefix_len=0):
    return tlv(BU, struct.pack("!BBHI", flags, prefix_len, seq & 0xFFFF, lifetime) + subs), 4, 2


def ba_option(seq, lifetime=600, refresh=None, status=0, subs=b""):
    return (
        tlv(
            BA,
            struct.pack(
                "!BHII", status, seq & 0xFFFF, lifetime, lifetime if refresh is None else refresh
            )
            + subs,
        ),
        4,
        3,
    )


def alt_coa(addr):
    return tlv(ALT_COA, addr)


def alt_prefixes(length, *prefixes):
    return tlv(
        ALT_PREFIXES,
        bytes([(length // 4 - 1) << 6 | len(prefixes)]) + b"".join(p[:length] for p in prefixes),
    )


def challenge(octets):
    return tlv(CHALLENGE, octets)


def aap_option(data):
    return tlv(AAP, data), 4, 2


HOMELESS_SUPPORT = tlv(HOMELESS, b"")


def hao_option(addr):
    return tlv(HAO, addr), 8, 6


def header(*opts):
    """A Destination Options header's octets behind Next Header and length; opts are (octets, x,
    y), aligned to xn+y.
    """
    return DESTINATION, aap.options(*opts)


def raw_header(octets):
    """The same, filled with options as they are; to a multiple of 8 with Pad1."""
    return DESTINATION, octets + bytes(-(len(octets) + 2) % 8)


def packet(src, dst, *headers):
    return aap.packet(src, dst, list(headers))


def headers_of(pkt, kinds):
    """(place, type, length) of the headers of a well-formed packet, as long as they are of these
    kinds.
    """
    at, nxt = 40, pkt[6]
    while nxt in kinds and at < len(pkt):
        size = (pkt[at + 1] + 2) * 4 if nxt == AH else (pkt[at + 1] + 1) * 8
        yield at, nxt, size
        at, nxt = at + size, pkt[at]


def exchange(pkt):
    """What AH covers: source and Home Address exchanged (draft-13, 10.2), hop limit and the like
    zero.
    """
    view = bytearray(pkt)
    view[0:4] = b"\x60\0\0\0"
    view[7] = 0
    for at, nxt, size in headers_of(pkt, (DESTINATION, AH, ROUTING)):
        if nxt == AH:
            break
        o, end = at + 2, at + size
        while nxt == DESTINATION and o + 2 <= end:
            if view[o] == PAD1:
                o += 1
                continue
            if view[o] == HAO and o + 18 <= end:
                view[8:24], view[o + 2 : o + 18] = view[o + 2 : o + 18], view[8:24]
                return view
            o += 2 + view[o + 1]
        if nxt == ROUTING and size == 24 and view[at + 3] == 1:
            view[24:40], view[at + 8 : at + 24] = view[at + 8 : at + 24], view[24:40]
            view[at + 3] = 0
    return view


def ah_place(pkt):
    for at, nxt, size in headers_of(pkt, (HOPOPTS, DESTINATION, ROUTING, AH)):
        if nxt == AH:
            return at
    return None


def icv_of(pkt, key):
    view = exchange(pkt)
    at = ah_place(pkt)
    view[at + 12 : at + 12 + ICV_LEN] = bytes(ICV_LEN)
    return hmac.new(key, view, hashlib.sha256).digest()[:ICV_LEN]


def ah_header(spi, seq):
    return AH, struct.pack("!HII", 0, spi, seq & 0xFFFFFFFF) + bytes(ICV_LEN + 4)


def sign(pkt, key):
    at = ah_place(pkt)
    return pkt[: at + 12] + icv_of(pkt, key) + pkt[at + 12 + ICV_LEN :]


def sign_again(host, pkt):
    return sign(pkt, host.sa.to_key)


# ---- reading -------------------------------------------------------------------------------------


class Message:
    """What a packet of the helper says."""

    def __init__(self, pkt):
        self.raw, self.src, self.dst = pkt, pkt[8:24], pkt[24:40]
        self.home = self.spi = self.aap = None
        self.seq, self.bu, self.ba, self.br = 0, [], [], 0
        self.proto, at = pkt[6], 40
        while self.proto in (DESTINATION, AH):
            size = (pkt[at + 1] + 2) * 4 if self.proto == AH else (pkt[at + 1] + 1) * 8
            if self.proto == AH:
                self.spi, self.seq = struct.unpack_from("!II", pkt, at + 4)
            else:
                self.options(pkt[at + 2 : at + size], at + 2 - at)
            self.proto, at = pkt[at], at + size
        self.rest = pkt[at:]

    @staticmethod
    def walk(octets):
        at = 0
        while at < len(octets):
            if octets[at] == PAD1:
                at += 1
                continue
            yield octets[at], octets[at + 2 : at + 2 + octets[at + 1]]
            at += 2 + octets[at + 1]

    def options(self, octets, _):
        for kind, data in self.walk(octets):
            if kind == HAO:
                self.home = data[:16]
            elif kind == BU:
                flags, plen, seq, life = struct.unpack_from("!BBHI", data)
                self.bu.append(
                    {"flags": flags, "prefix_len": plen, "seq": seq, "lifetime": life}
                    | self.subs(data[8:])
                )
            elif kind == BA:
                status, seq, life, refresh = struct.unpack_from("!BHII", data)
                self.ba.append(
                    {"status": status, "seq": seq, "lifetime": life, "refresh": refresh}
                    | self.subs(data[11:])
                )
            elif kind == BR:
                self.br += 1
            elif kind == AAP and data[:3] == b"HM\1":
                self.aap = data

    def subs(self, octets):
        r = {"named": [], "challenge": None, "homeless": False}
        base, source = self.src, True
        for kind, data in self.walk(octets):
            if kind == ALT_COA:
                base, source = data, False
                r["named"].append(data)
            elif kind == ALT_PREFIXES:
                n = 4 * ((data[0] >> 6) + 1)
                r["named"] += [data[i : i + n] + base[n:] for i in range(1, len(data), n)]
            elif kind == CHALLENGE:
                r["challenge"] = data
            elif kind == HOMELESS:
                r["homeless"] = True
        if source:
            r["named"].insert(0, self.src)
        return r

    @property
    def aap_kind(self):
        return self.aap[3] if self.aap else None


class Sa:
    """A pair of security associations; to is what this host sends under."""

    def __init__(self, to_spi, to_key, from_spi, from_key):
        self.to_spi, self.to_key, self.from_spi, self.from_key = to_spi, to_key, from_spi, from_key
        self.seq = 0

    def next(self):
        self.seq += 1
        return self.seq


def syn_ack(m):
    """The answer to a connection attempt: it gets no further than that."""
    sport, dport, seq = struct.unpack_from("!HHI", m.rest)
    return bytes(
        IPv6(src=text(m.dst), dst=text(m.src))
        / Segment(sport=dport, dport=sport, flags="SA", seq=7, ack=seq + 1)
    )


def summed(pkt):
    """A TCP segment whose checksum was left to hardware that is not there, completed."""
    rest = pkt[40:56] + b"\0\0" + pkt[58:]
    covered = pkt[8:40] + struct.pack("!II", len(rest), TCP) + rest + bytes(len(rest) % 2)
    total = sum(struct.unpack(f"!{len(covered) // 2}H", covered))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return pkt[:56] + struct.pack("!H", total ^ 0xFFFF) + pkt[58:]


def scapy_agrees(pkt, spi, key):
    """Whether scapy's AH takes a packet for authentic; it is handed what AH covers."""
    view = bytearray(pkt)
    view[8:] = exchange(pkt)[8:]
    try:
        SecurityAssociation(scapy_ah, spi=spi, auth_algo="SHA2-256-128", auth_key=key).decrypt(
            IPv6(bytes(view))
        )
    except IPSecIntegrityError:
        return False
    return True


# ---- the network ---------------------------------------------------------------------------------


class Wire:
    """All the world on packet sockets. A port is (interface, MAC at its other end, addresses behind
    it); what goes
    from one to another is forwarded, and noted in routed. hosts: the peers here, by address."""

    def __init__(self, *ports):
        self.hosts, self.stray, self.routed, self.sas, self.wrong = {}, [], [], {}, 0
        self.ports, self.way = {}, {}
        for interface, mac, addrs in ports:
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86DD))
            sock.bind((interface, 0))
            sock.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
            sock.setblocking(False)
            self.ports[sock] = (
                bytes.fromhex(mac.replace(":", "")) + sock.getsockname()[4] + b"\x86\xdd"
            )
            self.way.update({address(a): sock for a in addrs})
        self.first = next(iter(self.ports))

    def send(self, pkt):
        sock = self.way.get(pkt[24:40], self.first)
        while True:
            try:
                sock.send(self.ports[sock] + pkt)
                return
            except OSError as e:
                if e.errno not in (errno.EAGAIN, errno.ENOBUFS):
                    raise
                select.select([], [sock], [], 0.01)

    def pump(self, until=None, timeout=2.0):
        """Hosts hear and answer, until a condition holds. Returns whether it does."""
        end = time.monotonic() + timeout
        while not (until and until()):
            left = end - time.monotonic()
            ready = select.select(list(self.ports), [], [], left)[0] if left > 0 else []
            if not ready:
                break
            for sock in ready:
                frame, link = sock.recvfrom(65536)
                if link[2] != socket.PACKET_OUTGOING:
                    self.take(frame[14 : 54 + struct.unpack_from("!H", frame, 18)[0]])
        return bool(until and until())

    def take(self, pkt):
        host = self.hosts.get(pkt[24:40])
        if host:
            host.hear(pkt)
        elif pkt[24:40] in self.way:
            self.routed.append(pkt)
            self.send(pkt if pkt[6] != TCP else summed(pkt))
        elif pkt[24] != 0xFF:
            self.stray.append(pkt)


class Host:
    """A peer of the helper at dst. first: its first address."""

    def __init__(self, wire, name, first, dst, sa=None):
        self.wire, self.name, self.dst, self.sa = wire, name, address(dst), None
        self.addrs, self.heard, self.said, self.segments, self.answers = [], [], [], [], True
        self.seq = struct.unpack("!H", os.urandom(2))[0]
        self.bu_heard = None  # number of the last BU
        self.acked = False  # a BA came: Homeless Support is no longer sent (B4)
        self.take(first)
        if sa:
            self.secure(sa)

    def take(self, addr):
        """Is at that address, too."""
        addr = address(addr) if isinstance(addr, str) else addr
        self.addrs.append(addr)
        self.wire.hosts[addr] = self
        return addr

    def leave(self, addr):
        self.addrs.remove(addr)
        del self.wire.hosts[addr]

    @property
    def addr(self):
        return self.addrs[0]

    def secure(self, sa):
        self.sa = sa
        self.wire.sas[sa.from_spi] = sa

    # what it says

    def signed(self, *headers, src=None, dst=None, home=None, sa=None, seq=None, front=()):
        """Front headers, HAO, AH and headers, authentic."""
        sa = sa or self.sa
        front = list(front)
        if home is not None:
            front.append(header(hao_option(home)))
        pkt = packet(
            src or self.addr,
            dst or self.dst,
            *front,
            ah_header(sa.to_spi, sa.next() if seq is None else seq),
            *headers,
        )
        return sign(pkt, sa.to_key)

    def send(self, pkt):
        self.said.append(pkt)
        self.wire.send(pkt)

    def next_seq(self):
        self.seq = self.seq + 1 & 0xFFFF
        return self.seq

    def update(self, lifetime=600, subs=b"", src=None, home=None, flags=0x80, also=()):
        """Sends a Binding Update in good order. Returns its number."""
        n = self.next_seq()
        support = b"" if self.acked else HOMELESS_SUPPORT
        self.send(
            self.signed(
                header(*also, bu_option(n, lifetime, support + subs, flags)), src=src, home=home
            )
        )
        return n

    def acknowledged(self, n):
        return any(ba["seq"] == n and ba["status"] < 128 for m in self.heard for ba in m.ba)

    def exchange(self, **args):
        """An update, until it is acknowledged."""
        for _ in range(3):
            self.heard.clear()
            n = self.update(**args)
            if self.wire.pump(lambda n=n: self.acknowledged(n), 1.5):
                return True
        return False

    # what it hears

    def hear(self, pkt):
        m = Message(pkt)
        if m.proto == TCP:
            self.segments.append(m)
            if m.rest[13] == 2:
                self.send(syn_ack(m))
            return
        if m.spi is not None:
            sa = self.wire.sas.get(m.spi)
            right = sa and icv_of(pkt, sa.from_key) == pkt[ah_place(pkt) + 12 :][:ICV_LEN]
            if not right and m.aap_kind != RESPONSE:  # that, only who waits for it can tell
                self.wire.wrong += 1
                return
        self.heard.append(m)
        if m.bu:
            self.bu_heard = m.bu[-1]["seq"]
        if self.answers and self.sa and m.spi == self.sa.from_spi and m.aap_kind != RESPONSE:
            self.answer(m)

    def answer(self, m):
        acks = [ba_option(bu["seq"], bu["lifetime"]) for bu in m.bu[-1:] if bu["flags"] & 0x80]
        if acks:
            self.send(self.signed(header(*acks), src=m.dst, dst=m.src))
        for ba in m.ba:
            self.acked = True
            if ba["challenge"] and m.dst in self.addrs:
                self.respond(ba["challenge"], m.dst)

    def response_to(self, challenge_octets, addr):
        return aap.sha256_mac(self.sa.to_key, challenge_octets + addr)[:16]

    def respond(self, challenge_octets, addr, src=None, named=None):
        """Response = HMAC(K, Challenge | ADDR) (3.4.2), from that address unless told otherwise."""
        subs = alt_coa(addr) if src is not None or named is not None else b""
        n = self.next_seq()
        self.send(
            self.signed(
                header(
                    bu_option(n, 600, subs + challenge(self.response_to(challenge_octets, addr)))
                ),
                src=src or addr,
            )
        )
        return n

    # AAP

    def init(self, **args):
        """Begins a run; returns it."""
        run = Run(self, **args)
        self.send(run.packet)
        return run

    def contact(self, tries=4):
        """A whole run as the initiator, with what hmip-aap(7) says of repetition. Returns it, or
        None.
        """
        run, wait = Run(self), 1.0
        for _ in range(tries):
            self.heard.clear()
            self.send(run.packet)
            if self.wire.pump(run.answered, wait):
                break
            wait *= 2
        else:
            return None
        for _ in range(tries):
            n = self.next_seq()
            self.acked = False
            self.heard.clear()
            self.send(run.confirm(bu_option(n, 600, HOMELESS_SUPPORT)))
            if self.wire.pump(lambda n=n: self.acknowledged(n), 1.0):
                return run
        return None


class Run:
    """An initiator's run of AAP."""

    def __init__(self, host, src=None, share=None, spi=None):
        self.host, self.src = host, src or host.addr
        self.private, self.nonce = os.urandom(32), os.urandom(16)
        self.spi = spi or 0x20000000 | struct.unpack("!I", os.urandom(4))[0] >> 8
        self.share = share or aap.x25519(self.private, (9).to_bytes(32, "little"))
        self.data = aap.init(self.spi, self.nonce, self.share)
        self.message = self.response = None
        self.retries = 0

    @property
    def packet(self):
        return packet(self.src, self.host.dst, header(aap_option(self.data)))

    def answered(self):
        """Looks for the answer; a Retry is followed. Returns whether there is a Response that
        holds.
        """
        for m in self.host.heard:
            if (
                m.aap_kind == RETRY
                and m.aap[4:20] == self.nonce
                and self.retries < 3
                and m.aap[20:40] != self.data[56:76]
            ):
                self.retries += 1
                self.data = aap.init(self.spi, self.nonce, self.share, m.aap[20:40])
                self.host.send(self.packet)
            if m.aap_kind == RESPONSE and m.spi == self.spi and self.response is None:
                self.open(m)
        return self.response is not None

    def open(self, m):
        data = m.aap
        product = aap.x25519(self.private, data[24:56])
        _, k_ir, k_ri = aap.schedule(self.src, m.src, self.data, data, product)
        if icv_of(m.raw, k_ri) != m.raw[ah_place(m.raw) + 12 :][:ICV_LEN]:
            self.host.wire.wrong += 1
            return
        self.message, self.response, self.sealed = m, data, data[56:]
        self.spi_r = struct.unpack("!I", data[4:8])[0]
        self.sa = Sa(self.spi_r, k_ir, self.spi, k_ri)
        self.host.secure(self.sa)

    def confirm(self, *opts, sealed=None, sa=None, src=None, seq=None):
        acks = [ba_option(bu["seq"], bu["lifetime"]) for bu in self.message.bu]
        return self.host.signed(
            header(
                aap_option(aap.confirm(self.sealed if sealed is None else sealed)), *acks, *opts
            ),
            src=src or self.src,
            home=src or self.src,
            sa=sa or self.sa,
            seq=seq,
        )


class Responder:
    """Answers an Init of the helper's: m, heard by host. Everything can be overridden."""

    def __init__(self, host, m, share=None):
        self.host, self.m, self.init = host, m, m.aap
        self.private = os.urandom(32)
        self.share = share or aap.x25519(self.private, (9).to_bytes(32, "little"))
        self.spi_i = struct.unpack("!I", m.aap[4:8])[0]
        self.spi_r = 0x21000000 | struct.unpack("!I", os.urandom(4))[0] >> 8
        self.data = aap.response(self.spi_r, os.urandom(16), self.share, b"keep this for me")
        product = aap.x25519(self.private, self.init[24:56])
        _, self.k_ir, self.k_ri = aap.schedule(m.src, m.dst, self.init, self.data, product)
        self.sa = Sa(self.spi_i, self.k_ri, self.spi_r, self.k_ir)

    def packet(self, src=None, dst=None, data=None, sa=None):
        n = self.host.next_seq()
        return self.host.signed(
            header(aap_option(data or self.data), bu_option(n, 600, HOMELESS_SUPPORT)),
            src=src or self.m.dst,
            dst=dst or self.m.src,
            home=src or self.m.dst,
            sa=sa or self.sa,
        )


# ---- the helper under test -----------------------------------------------------------------------


class Helper:
    def __init__(self, hmipctl, sock, pid):
        self.hmipctl, self.sock, self.pid = hmipctl, sock, pid

    def ask(self, what):
        out = subprocess.run(
            [self.hmipctl, "-s", self.sock, "--json", what],
            stdout=subprocess.PIPE,
            timeout=20,
            check=True,
        )
        return json.loads(out.stdout)

    def counters(self):
        return self.ask("status")["counters"]

    def cache(self):
        return self.ask("cache")

    def rss(self):
        """kB"""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))

    def entry(self, addr):
        """The entry that has addr."""
        return next(
            (e for e in self.cache() if any(a["address"] == text(addr) for a in e["addresses"])),
            None,
        )

    @staticmethod
    def beliefs(entry):
        """What may not change: times and AH numbers left out."""
        return entry and {
            "id": entry["id"],
            "status": entry["status"],
            "trusted": entry["trusted"],
            "pair": entry["pair"],
            "connections": entry["connections"],
            "addresses": sorted(
                [a["address"], a["state"], a["lifetime_kind"]] for a in entry["addresses"]
            ),
            "bindings": sorted([b["address"], b["state"], b["wanted"]] for b in entry["bindings"]),
            "sa": {
                k: v for k, v in (entry["sa"] or {}).items() if k in ("spi_in", "spi_out", "class")
            },
        }
