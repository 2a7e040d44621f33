#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The attack of the draft's appendix C, on two real helpers (X7): Mallory has an SA with Alice, the
server, and one with Bob, and wants to stand between them. It is also the router between the two, as
whoever carries out step 6 would wish to be, but that is not held against it: it forwards what is
addressed to others.

  steps 1 to 4   Mallory has SAs with Alice and tells her that Bob is where Mallory is
  steps 5, 6     Bob connects to Alice: her packets to him go through Mallory, or do not
  step 7a        Mallory tells Bob that Alice is where Mallory is
  step 7b        Mallory sends Bob packets with a Routing header, that he may reverse
"""
import argparse
import shlex
import subprocess
import sys
import time

import homeless as h
from homeless import (
    HOMELESS_SUPPORT,
    ROUTING,
    TCP,
    address,
    alt_coa,
    alt_prefixes,
    bu_option,
    hao_option,
    header,
    packet,
    text,
)

BARE = header((bytes([h.PADN, 4, 0, 0, 0, 0]), 1, 0))


class Attack:
    def __init__(self, args):
        self.args, self.failed = args, 0
        self.alice, self.bob = address(args.alice), address(args.bob)
        self.wire = h.Wire(
            (args.alice_interface, args.alice_mac, [args.alice]),
            (args.bob_interface, args.bob_mac, [args.bob]),
        )
        self.at_alice = h.Helper(args.hmipctl, args.alice_socket, 0)
        self.at_bob = h.Helper(args.hmipctl, args.bob_socket, 0)
        self.to_alice = h.Host(self.wire, "Mallory", "2001:db8:e::a", args.alice)
        self.to_bob = h.Host(self.wire, "Mallory", "2001:db8:e::b", args.bob)

    def check(self, name, held, why=""):
        self.failed += not held
        print(
            f"{'ok' if held else 'FAILED':7}{name}{': ' + why if why and not held else ''}",
            flush=True,
        )

    def wait(self, what, seconds=10):
        end = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end:
                return False
            self.wire.pump(timeout=0.02)
        return True

    def claims(self, mallory, victim):
        """All ways to say that the victim is where Mallory is."""
        n = mallory.next_seq
        return [
            mallory.signed(header(bu_option(n(), 600)), home=victim),
            mallory.signed(header(bu_option(n(), 600, HOMELESS_SUPPORT)), home=victim),
            mallory.signed(header(bu_option(n(), 600, alt_coa(mallory.addr))), home=victim),
            mallory.signed(header(bu_option(n(), 600, alt_coa(victim)))),
            mallory.signed(
                header(bu_option(n(), 600, alt_coa(mallory.addr) + alt_prefixes(16, victim)))
            ),
            mallory.signed(header(bu_option(n(), 600)), src=victim),
            mallory.signed(header(bu_option(n(), 600, alt_coa(mallory.addr))), src=victim),
            mallory.signed(header(bu_option(n(), 0, alt_coa(victim)))),
        ]

    def routed(self, mallory, victim, inner):
        """Packets for the victim of step 7b that come, so the Routing header says, from inner by
        way of Mallory.
        """
        body = header(bu_option(mallory.next_seq(), 600, HOMELESS_SUPPORT))
        ways = []
        for front, left, behind in (
            ((), 1, inner),
            ((BARE,), 1, inner),
            ((BARE,), 1, victim),
            ((BARE,), 0, inner),
            ((), 0, inner),
        ):
            rh0 = ROUTING, bytes([0, left, 0, 0, 0, 0]) + behind
            for src in (mallory.addr, inner):
                ah = h.ah_header(mallory.sa.to_spi, mallory.sa.next())
                ways.append(h.sign_again(mallory, packet(src, victim, *front, rh0, ah, body)))
                ways.append(
                    h.sign_again(
                        mallory, packet(src, victim, header(hao_option(inner)), rh0, ah, body)
                    )
                )
        return ways

    def owner(self, helper, addr):
        """The SPI of the entry that has the address Active."""
        entry = helper.entry(addr)
        held = entry and any(
            a["address"] == text(addr) and a["state"] == "active" for a in entry["addresses"]
        )
        return entry["sa"] and entry["sa"]["spi_in"] if held else None

    def data(self):
        """(source, destination) of all segments between the two."""
        return {(p[8:24], p[24:40]) for p in self.wire.routed if p[6] == TCP}

    def carry_out(self):
        met = self.to_alice.contact() and self.to_bob.contact()
        self.check("X7 C.1 step 1: Mallory has SAs with Alice and with Bob", met)
        if not met:
            return
        for pkt in self.claims(self.to_alice, self.bob):
            self.wire.send(pkt)
        self.wire.pump(timeout=0.2)
        self.check(
            "X7 C.1 steps 2 to 4: Alice does not believe that Bob is at Mallory's",
            self.owner(self.at_alice, self.bob) is None,
        )
        caller = subprocess.Popen(shlex.split(self.args.call))
        try:
            self.connected()
        finally:
            caller.kill()
            caller.wait()

    def connected(self):
        both = lambda: self.owner(self.at_alice, self.bob) and self.owner(
            self.at_bob, self.alice
        )  # noqa: E731
        self.check(
            "X6 X7 Bob and Alice get to know each other, though Mallory has named Bob",
            self.wait(both, 15),
            str(self.at_alice.cache()),
        )
        straight = {(self.bob, self.alice), (self.alice, self.bob)}
        self.check(
            "X7 C.1 steps 5, 6: Alice answers Bob, and him alone",
            self.data() == straight and not self.to_alice.segments,
        )
        sas = self.owner(self.at_alice, self.bob), self.owner(self.at_bob, self.alice)
        before = self.at_bob.counters()
        claims = self.claims(self.to_bob, self.alice)
        for pkt in claims:
            self.wire.send(pkt)
        self.wire.pump(timeout=0.3)
        rose = self.at_bob.counters()["wrong-entry"] - before["wrong-entry"]
        self.check(
            "X7 C.1 step 7a: Bob refuses all that says Alice is at Mallory's",
            rose
            == len(claims) - 1,  # that Alice is not at her own address any more, Mallory may say
            f"{rose} of {len(claims) - 1}",
        )
        before = self.at_bob.counters()
        ways = self.routed(self.to_bob, self.bob, self.alice)
        for pkt in ways:
            self.wire.send(pkt)
        self.wire.pump(timeout=0.3)
        now = self.at_bob.counters()
        self.check(
            "X7 S1 C.1 step 7b: Bob takes nothing that a Routing header leads on",
            now["not-local"] > before["not-local"]
            and now["bu-heard"] - before["bu-heard"] <= len(ways),
        )
        for pkt in self.claims(self.to_alice, self.bob) + self.routed(
            self.to_alice, self.alice, self.bob
        ):
            self.wire.send(pkt)
        self.wire.pump(timeout=4)  # whatever the claims began has come to its end
        self.check(
            "X7 the entries are those they were",
            sas == (self.owner(self.at_alice, self.bob), self.owner(self.at_bob, self.alice)),
        )
        n = len(self.wire.routed)
        self.wire.pump(timeout=0.5)
        self.check(
            "X7 A3 Bob and Alice go on to talk",
            any(p[6] == TCP and len(p) > 100 for p in self.wire.routed[n:]),
        )
        self.check(
            "X7 A3 no segment ever went to Mallory, or bore another address",
            self.data() == straight and not self.to_alice.segments and not self.to_bob.segments,
        )
        self.check("X1 all that the helpers sent to Mallory was authentic", self.wire.wrong == 0)


def main():
    p = argparse.ArgumentParser()
    names = (
        "alice",
        "alice_interface",
        "alice_mac",
        "alice_socket",
        "bob",
        "bob_interface",
        "bob_mac",
        "bob_socket",
    )
    for name in (*names, "hmipctl", "call"):
        p.add_argument("--" + name.replace("_", "-"), required=True)
    attack = Attack(p.parse_args())
    attack.carry_out()
    sys.exit(1 if attack.failed else 0)


if __name__ == "__main__":
    main()
