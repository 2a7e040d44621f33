#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Everything a peer, and who is none, can do wrong, done to a real helper.

  misbehave.py --hmipctl PATH --socket PATH --pid N --interface IF --mac MAC --to ADDR [PART]...

Two peers are victims: Alice has configured keys, Carol ran AAP. Mallory ran AAP, too, and has a
good SA of its own. Each case sends packets; then the victims' entries are as before, exactly the
expected counters have risen, and Alice gets an update through. The names begin with the ids of the
requirements they are about.
"""
import argparse
import os
import random
import struct
import sys
import time

import aap_vectors as aap
import homeless as h
import malformed
import strangers
from homeless import (
    aap_option,
    address,
    alt_coa,
    alt_prefixes,
    ba_option,
    bu_option,
    challenge,
    hao_option,
    header,
    raw_header,
    text,
)

REFUSALS = (
    "malformed",
    "no-ah",
    "unknown-spi",
    "bad-icv",
    "replayed",
    "not-local",
    "wrong-entry",
    "old-sequence",
    "bad-response",
    "unexpected-ba",
    "refused-address",
    "no-room",
    "port-clash",
    "aap-confirmed",
    "aap-refused",
    "conflicts",
    "evicted",
    "verified",
    "limited",
)
CHUNK = 150  # what the helper's capture holds in any case
# Binding Updates that a peer may send, at once and then in a second (hmip-helper(8), LIMITS).
UPDATES, UPDATES_PER_SECOND = 64, 20
ODD_ADDRESSES = {
    "multicast": "ff02::1",
    "loopback": "::1",
    "link-local": "fe80::1",
    "unspecified": "::",
    "v4-mapped": "::ffff:192.0.2.1",
}


class Court:
    everything = REFUSALS

    def __init__(self, args):
        self.wire = h.Wire((args.interface, args.mac, [args.to, args.also]))
        self.helper = h.Helper(args.hmipctl, args.socket, args.pid)
        self.dst, self.args = args.to, args
        self.random = random.Random(args.seed)
        self.failed = self.cases = self.packets = 0
        self.start = time.monotonic()

        def key(octets):
            return bytes.fromhex(octets)

        self.alice = h.Host(
            self.wire,
            "Alice",
            "2001:db8:a::a",
            self.dst,
            h.Sa(0x1001, key(args.key_in), 0x1002, key(args.key_out)),
        )
        self.dave = h.Host(
            self.wire,
            "Dave",
            "2001:db8:d::d",
            self.dst,
            h.Sa(0x2001, key(args.key_out), 0x2002, key(args.key_in)),
        )
        self.alice.sa.seq = self.dave.sa.seq = 1000
        self.carol = h.Host(self.wire, "Carol", "2001:db8:c::c", self.dst)
        self.mallory = h.Host(self.wire, "Mallory", "2001:db8:e::e", self.dst)

    def say(self, line):
        print(line, flush=True)

    def verdict(self, name, why, count=0):
        self.cases += 1
        self.packets += count
        self.failed += bool(why)
        self.say(
            f"{'FAILED' if why else 'ok':7}{name}{f' ({count} packets)' if count else ''}"
            f"{': ' + why if why else ''}"
        )

    def check(self, name, held, why="it does not hold"):
        self.verdict(name, "" if held else why)

    # the victims

    def beliefs(self):
        cache = self.helper.cache()
        found = [
            next((e for e in cache for a in e["addresses"] if a["address"] == text(v.addr)), None)
            for v in (self.alice, self.carol)
        ]
        return [self.helper.beliefs(e) for e in found]

    def refusals(self):
        counters = self.helper.counters()
        return {name: counters[name] for name in REFUSALS}

    def settle(self):
        """All that was sent has been read, and a legitimate exchange works."""
        return self.alice.exchange()

    def refill(self):
        """Waits until each peer may send as many Updates at once as ever."""
        self.wire.pump(timeout=UPDATES / UPDATES_PER_SECOND)

    def hail(self, packets, slowly=False):
        """Returns whether exchanges worked all the while. slowly: as a peer may send Updates."""
        chunk = UPDATES // 4 if slowly else CHUNK
        if slowly:
            self.refill()
        for i in range(0, len(packets), chunk):
            for pkt in packets[i : i + chunk]:
                self.wire.send(pkt)
            if not self.settle():
                return False
            if slowly and i >= UPDATES // 2:
                self.wire.pump(timeout=chunk / UPDATES_PER_SECOND)
        return True

    def case(self, name, packets, then=None, loose=(), slowly=False, **expected):
        """expected: counters, '_' for '-'; a value may be a range of two. loose: those that do not
        matter.
        """
        before, counted = self.beliefs(), self.refusals()
        packets = list(packets)
        why = "" if self.hail(packets, slowly) else "Alice does not get through"
        if not why and then:
            why = "" if then() else "what should follow does not"
        if not why:
            now = self.refusals()
            rose = {
                k: now[k] - counted[k] for k in REFUSALS if now[k] != counted[k] and k not in loose
            }
            want = {k.replace("_", "-"): v for k, v in expected.items() if v}
            if rose != want:
                why = f"counted {rose}, not {want}"
        if not why and (after := self.beliefs()) != before:
            why = f"a victim's entry was {before} and is {after}"
        self.verdict(name, why, len(packets))
        return not why

    def total(self, name, packets, counters, loose=(), n=None):
        """As case, where it does not matter which of several counters rises: their sum is n, or
        that of the packets.
        """
        before, packets = self.refusals(), list(packets)
        n = len(packets) if n is None else n

        def sums_up():
            now = self.refusals()
            return sum(now[c] - before[c] for c in counters) == n

        return self.case(name, packets, then=sums_up, loose=tuple(counters) + tuple(loose))

    def meet(self):
        """Alice and Carol become known and verified, with two addresses each; Mallory with one."""
        ok = self.alice.exchange(home=self.alice.addr)
        second = self.alice.take("2001:db8:a1::a")
        ok &= self.alice.exchange(subs=alt_coa(self.alice.addr) + alt_coa(second))
        for host in (self.carol, self.mallory):
            ok &= host.contact() is not None
        second = self.carol.take("2001:db8:c1::c")
        ok &= self.carol.exchange(subs=alt_coa(self.carol.addr) + alt_coa(second))

        def verified():
            self.wire.pump(timeout=0.05)
            return all(
                self.state(a) == "active"
                for v in (self.alice, self.carol, self.mallory)
                for a in v.addrs
            )

        ok &= self.wait(verified)
        self.check(
            "X4 X5 B1 B3 two peers and an attacker are met, by AAP and by configured keys,"
            " and verified",
            ok,
            str(self.helper.cache()),
        )
        self.mallory.answers = False
        if not ok:
            sys.exit(1)

    @staticmethod
    def wait(what, seconds=5):
        end = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def state(self, addr):
        return next(
            (
                a["state"]
                for e in self.helper.cache()
                for a in e["addresses"]
                if a["address"] == text(addr)
            ),
            None,
        )

    # Mallory's authentic packets

    def evil(self, *opts, **args):
        return self.mallory.signed(header(*opts), **args)

    def evil_bu(self, subs=b"", lifetime=600, flags=0x80, **args):
        return self.evil(bu_option(self.mallory.next_seq(), lifetime, subs, flags), **args)

    def evil_raw(self, octets, **args):
        return self.mallory.signed(raw_header(octets), **args)


# ---- who has no key ------------------------------------------------------------------------------


def outsiders(c):
    alice, dst, new = c.alice, address(c.dst), address("2001:db8:ee::1")
    bu, ba = bu_option(alice.seq + 5, 600, alt_coa(new)), ba_option(alice.seq)
    bare = [
        h.packet(alice.addr, dst, header(bu)),
        h.packet(alice.addr, dst, header(ba)),
        h.packet(alice.addr, dst, header(ba, bu)),
        h.packet(alice.addr, dst, header(hao_option(alice.addr)), header(bu)),
        h.packet(alice.addr, dst, header(hao_option(alice.addr), bu)),
        h.packet(alice.addr, dst, header(bu_option(9, 600, challenge(bytes(16))))),
        h.packet(alice.addr, dst, header(aap_option(aap.confirm(bytes(82))))),
        h.packet(
            alice.addr,
            dst,
            header(aap_option(aap.response(0x5000, bytes(16), bytes(32), bytes(82)))),
        ),
    ]
    c.case("R4 X1 what must be under AH and is not", bare, no_ah=len(bare))
    good = alice.signed(header(bu), seq=alice.sa.seq + 1000)
    ahead = [
        h.sign_again(
            c.alice,
            h.packet(
                alice.addr, dst, header(bu), h.ah_header(alice.sa.to_spi, alice.sa.next()), header()
            ),
        )
    ]
    c.case("R4 a Binding Update ahead of AH, in a packet that is authentic", ahead, no_ah=1)
    at = h.ah_place(good)
    flips = [flip(good, 8 * (at + 12) + bit) for bit in range(128)]
    c.case("X1 each bit of the ICV wrong", flips, bad_icv=128)
    covered = [
        o for o in range(8, len(good)) if not 24 <= o < 40 and not at <= o < at + 12 + h.ICV_LEN
    ]
    c.total(
        "X1 each octet that AH covers changed",
        [flip(good, 8 * o + c.random.randrange(8)) for o in covered],
        ("bad-icv", "malformed"),
    )
    c.case(
        "X1 an SPI that nobody has",
        [
            alice.signed(header(bu), sa=h.Sa(spi, alice.sa.to_key, 0, b""))
            for spi in (0, 1, 255, 256, 0x1002, 0x9999, 0xFFFFFFFF)
        ],
        unknown_spi=7,
    )
    c.case(
        "X2 another peer's key and SPI, each",
        [
            alice.signed(header(bu), sa=h.Sa(0x2001, alice.sa.to_key, 0, b"")),
            alice.signed(header(bu), seq=alice.sa.seq + 1000, sa=h.Sa(0x1001, b"\0" * 32, 0, b"")),
        ],
        bad_icv=2,
    )
    c.case(
        "R1 to an address that is not the host's, which forwards nothing",
        [
            alice.signed(header(bu), dst=address(a), seq=alice.sa.seq + 2000)
            for a in ("2001:db8:b0::21", "ff02::1", "2001:db8:b0::")
        ],
        not_local=2,
    )


def flip(pkt, bit):
    return pkt[: bit // 8] + bytes([pkt[bit // 8] ^ 1 << bit % 8]) + pkt[bit // 8 + 1 :]


def replays(c):
    said = [p for v in (c.alice, c.carol) for p in v.said if h.ah_place(p) is not None]
    c.case("X1 R5 all that the victims ever sent, once more", said, replayed=len(said))
    other = address("2001:db8:ee::2")
    moved = [p[:8] + other + p[24:] for p in said]
    c.case("X1 ... from another address", moved, replayed=len(moved))
    other = address(c.args.also)
    moved = [p[:24] + other + p[40:] for p in said]
    c.case("X1 ... to another address of the host", moved, replayed=len(moved))
    places = [h.ah_place(p) for p in said]
    fresh = [
        p[: at + 8] + struct.pack("!I", 0x7FFFFF00) + p[at + 12 :] for p, at in zip(said, places)
    ]
    c.case("X1 ... with a sequence number that is new", fresh, bad_icv=len(fresh))
    sa = c.mallory.sa
    top = sa.seq
    low = [c.evil_bu(seq=s) for s in (0, 1, top)]
    c.case("X1 AH sequence numbers that were used, and 0", low, replayed=3)


def sequence(c):
    m = c.mallory
    m.answers = True
    m.exchange()
    m.answers = False
    last = m.seq
    old = [0, -1, -2, -100, -32767, -32768]
    c.case(
        "R5 old Binding Update numbers under a new AH number",
        [c.evil(bu_option(last + d, 600, alt_coa(address("2001:db8:ee::3")))) for d in old],
        old_sequence=len(old),
    )
    pairs = [(1, 1), (2, 1), (5, 4), (1, 32770)]
    c.case(
        "R5 B8 numbers that do not grow within a packet",
        [
            c.evil(
                bu_option(last + a), bu_option(last + b, 600, alt_coa(address("2001:db8:ee::3")))
            )
            for a, b in pairs
        ],
        old_sequence=len(pairs),
    )
    c.check("R5 nothing of such packets is done", c.state(address("2001:db8:ee::3")) is None)


# ---- addresses nobody may name -------------------------------------------------------------------


def names(c):
    m = c.mallory
    for what, odd in ODD_ADDRESSES.items():
        odd = address(odd)
        ways = [
            c.evil_bu(alt_coa(odd)),
            c.evil_bu(alt_prefixes(16, odd)),
            c.evil_bu(alt_coa(address("2001:db8:ee::4")) + alt_coa(odd)),
            c.evil_bu(alt_coa(odd), lifetime=0),
        ]
        c.case(
            f"R5 X5 a Binding Update that names a {what} address", ways, refused_address=len(ways)
        )
        ways = [
            c.evil_bu(src=odd),
            c.evil_bu(alt_coa(m.addr), src=odd),
            c.evil(ba_option(1), src=odd),
        ]
        c.case(f"R5 an authentic packet from a {what} address", ways, refused_address=len(ways))
        c.case(
            f"R4 a Home Address option with a {what} address",
            [c.evil_bu(home=odd)],
            refused_address=1,
        )
    c.check(
        "R5 nothing of a Binding Update is done if a part must not be",
        c.state(address("2001:db8:ee::4")) is None,
    )
    for what, own in (
        ("the host's own address", address(c.dst)),
        ("another one of the host's own", address(c.args.also)),
    ):
        ways = [
            c.evil_bu(alt_coa(own)),
            c.evil_bu(alt_prefixes(16, own)),
            c.evil_bu(alt_coa(own), lifetime=0),
            c.evil_bu(home=own),
            c.evil_bu(src=own),
            c.evil_bu(alt_coa(m.addr), src=own),
        ]
        c.case(f"X7 A3 {what} is named", ways, wrong_entry=len(ways) - 1)  # not for what is deleted
    for victim in (c.alice, c.carol):
        for addr in victim.addrs:
            ways = [
                c.evil_bu(alt_coa(addr)),
                c.evil_bu(alt_prefixes(16, addr)),
                c.evil_bu(alt_coa(m.addr) + alt_coa(addr)),
                c.evil_bu(alt_coa(addr), lifetime=0),
                c.evil_bu(home=addr),
                c.evil_bu(src=addr),
                c.evil_bu(src=addr, lifetime=0),
                c.evil_bu(alt_coa(m.addr), src=addr),
                c.evil(ba_option(1), src=addr),
            ]
            ways += [
                c.evil_bu(alt_coa(addr[:12] + bytes(4)) + alt_prefixes(n, addr[:n]))
                for n in (4, 8, 12)
                if addr[n:] == addr[:12][n:] + bytes(4)
            ]
            c.case(
                f"X7 X6 {victim.name}'s address {text(addr)} is claimed, deleted and used by"
                " Mallory",
                ways,
                wrong_entry=len(ways)
                - 1,  # to delete what another has is no offence, and does nothing
                loose=("conflicts",),
            )
    c.wire.pump(timeout=3.5)
    c.settle()
    c.check(
        "X6 who has the address and answers keeps it",
        all(c.state(a) == "active" for v in (c.alice, c.carol) for a in v.addrs),
    )


def squat(c):
    """An address Mallory claims without being there cannot be kept from who comes to it."""
    m, place = c.mallory, address("2001:db8:a2::a")
    c.wire.send(c.evil_bu(alt_coa(m.addr) + alt_coa(place)))
    c.settle()
    c.check(
        "X5 what Mallory names without being there stays Tentative", c.state(place) == "tentative"
    )
    c.alice.take(place)
    n = c.alice.update(src=place, home=c.alice.addr)
    ok = False
    for _ in range(5):
        if ok := c.wire.pump(lambda n=n: c.alice.acknowledged(n), 1.5):
            break
        n = c.alice.update(src=place, home=c.alice.addr)
    c.wire.pump(timeout=0.3)
    owner = c.helper.entry(place)
    c.check(
        "X6 X7 Alice gets the address it moves to, though Mallory has named it before",
        ok and owner and owner["sa"]["spi_in"] == 0x1001 and c.state(place) == "active",
        str(owner),
    )
    c.alice.exchange(subs=alt_coa(place), lifetime=0)
    c.alice.leave(place)


# ---- reachability --------------------------------------------------------------------------------


def responses(c):
    m = c.mallory
    places = [m.take(f"2001:db8:e{i}::e") for i in range(1, 4)]
    one, two, three = places
    right = m.response_to

    def response(octets, subs=b"", lifetime=600, **args):
        return c.evil(bu_option(m.next_seq(), lifetime, subs + challenge(octets)), **args)

    c.case(
        "X5 a Response without Challenge, for an address nobody has named",
        [response(os.urandom(16), alt_coa(one)), response(bytes(16), src=one)],
        bad_response=2,
    )
    c.wire.send(c.evil_bu(alt_coa(m.addr) + b"".join(map(alt_coa, places))))
    asked = {}

    def challenged():
        for x in m.heard:
            for ba in x.ba:
                if ba["challenge"]:
                    asked[x.dst] = ba["challenge"]
        return all(p in asked for p in places)

    c.check(
        "X5 each Tentative address is challenged itself",
        c.wire.pump(challenged) and len(set(asked.values())) == 3,
    )
    if not challenged():
        return
    wrong = [
        response(os.urandom(16), alt_coa(one)),
        response(right(asked[one], one), alt_coa(two)),
        response(right(asked[one], two), alt_coa(two)),
        response(right(asked[two], one), src=one),
        response(asked[one], src=one),
        response(aap.sha256_mac(m.sa.from_key, asked[one] + one)[:16], src=one),
    ]
    c.case(
        "X5 wrong Responses: of chance, for another address' Challenge, the Challenge itself,"
        " under the other key",
        wrong,
        bad_response=len(wrong),
    )
    many = [
        response(right(asked[one], one), alt_coa(one) + alt_coa(two)),
        response(right(asked[one], one), alt_prefixes(16, two), src=one),
        response(right(asked[one], one), src=one, lifetime=0),
        c.evil(
            bu_option(m.next_seq(), 600, challenge(right(asked[one], one))),
            bu_option(m.next_seq(), 600, alt_coa(two)),
            src=one,
        ),
        c.evil(
            bu_option(m.next_seq(), 600, alt_coa(two)),
            bu_option(m.next_seq(), 600, challenge(right(asked[one], one))),
            src=one,
        ),
    ]
    c.case("X5 a right Response with more than a simple binding", many, bad_response=len(many))
    c.case(
        "X5 two Responses in one",
        [response(right(asked[one], one), challenge(right(asked[one], one)), src=one)],
        malformed=1,
    )
    c.check("X5 none of it made an address Active", {c.state(p) for p in places} == {"tentative"})
    for victim in (c.alice, c.carol):
        stolen = [
            response(right(asked[one], victim.addr), src=victim.addr),
            response(right(asked[one], victim.addr), alt_coa(victim.addr)),
        ]
        c.total(
            f"X5 X7 a Response for {victim.name}'s address",
            stolen,
            ("wrong-entry", "bad-response"),
            loose=("conflicts",),
        )
    c.case(
        "X5 R2 a right Response from the address, and one by Alternate CoA from another",
        [response(right(asked[one], one), src=one), response(right(asked[two], two), alt_coa(two))],
        verified=2,
    )
    c.check(
        "X5 these are Active now, the third is not",
        [c.state(p) for p in places] == ["active", "active", "tentative"],
    )
    c.case(
        "X5 the same Responses for the third",
        [
            response(right(asked[one], one), src=three),
            response(right(asked[two], two), alt_coa(three)),
        ],
        bad_response=2,
    )
    c.wire.send(c.evil_bu(b"".join(map(alt_coa, places)), lifetime=0))
    c.settle()
    c.case(
        "X5 a Response for an address that was deleted",
        [
            response(right(asked[three], three), src=three),
            response(right(asked[one], one), src=one),
        ],
        bad_response=2,
    )
    for p in places:
        m.leave(p)
    c.wire.pump(timeout=3.2)  # what the claims began


def acknowledgements(c):
    m = c.mallory
    entry = c.helper.entry(m.addr)
    last = m.bu_heard
    ahead = [c.evil(ba_option(last + n)) for n in (1, 2, 100, 1000, 32767)]
    c.case("B10 Binding Acknowledgements of what was not sent", ahead, unexpected_ba=len(ahead))
    c.case(
        "B10 ... from who has keys but no entry",
        [
            c.dave.signed(header(ba_option(1))),
            c.dave.signed(header(ba_option(1, subs=challenge(bytes(16))))),
        ],
        unexpected_ba=2,
    )
    odd = [c.evil(ba_option(0, status=s)) for s in (1, 127, 128, 130, 131, 134, 255)]
    c.case("B10 Binding Acknowledgements of every status", odd, loose=("unexpected-ba",))
    c.check(
        "B10 Mallory's entry is what it was",
        entry and c.helper.entry(m.addr)["sa"]["spi_in"] == entry["sa"]["spi_in"],
    )


PARTS = {
    "outsiders": outsiders,
    "replays": replays,
    "sequence": sequence,
    "names": names,
    "squat": squat,
    "responses": responses,
    "acknowledgements": acknowledgements,
    "truncation": malformed.truncation,
    "structure": malformed.structure,
    "responder": strangers.responder,
    "initiator": strangers.initiator,
}


def main():
    p = argparse.ArgumentParser()
    for name in ("hmipctl", "socket", "interface", "mac", "to", "also", "key_in", "key_out"):
        p.add_argument("--" + name.replace("_", "-"), required=True)
    p.add_argument("--pid", type=int, required=True)
    p.add_argument(
        "--call",
        required=True,
        help="a command that connects from the host under test; address and port are appended",
    )
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("part", nargs="*")
    c = Court(p.parse_args())
    c.meet()
    for name, part in PARTS.items():
        if not c.args.part or name in c.args.part:
            began = time.monotonic()
            part(c)
            c.say(f"       -- {name}: {time.monotonic() - began:.1f} s")
    c.check(
        "X1 all that the helper sent was authentic",
        c.wire.wrong == 0,
        f"{c.wire.wrong} packets were not",
    )
    signed = [m.raw for m in c.alice.heard if m.spi == c.alice.sa.from_spi]
    c.check(
        "X1 scapy thinks so, too",
        signed and all(h.scapy_agrees(p, c.alice.sa.from_spi, c.alice.sa.from_key) for p in signed),
    )
    c.say(
        f"{c.cases} cases, {c.failed} failed, {c.packets} packets,"
        f" {time.monotonic() - c.start:.1f} s"
    )
    sys.exit(1 if c.failed else 0)


if __name__ == "__main__":
    main()
