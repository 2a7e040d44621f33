# SPDX-License-Identifier: BSD-2-Clause
"""Parts of misbehave.py: AAP (hmip-aap(7)) with everything wrong, against the helper as responder
and as initiator.
"""
import os
import shlex
import subprocess

import aap_vectors as aap
import homeless as h
from homeless import (
    CONFIRM,
    HOMELESS_SUPPORT,
    INIT,
    RESPONSE,
    aap_option,
    address,
    alt_coa,
    bu_option,
    header,
    packet,
)


def flipped(data, first, last):
    return [data[:n] + bytes([data[n] ^ 1 << n % 8]) + data[n + 1 :] for n in range(first, last)]


def answered(c, host):
    """Begins a run and has its Response."""
    host.heard.clear()
    run = host.init()
    c.wire.pump(run.answered, 3)
    return run


def bu(host, subs=b""):
    return bu_option(host.next_seq(), 600, HOMELESS_SUPPORT + subs)


def inits(c, x):
    dst = x.dst

    def opened(data, src=None, dst=dst):
        return packet(src or x.addr, dst, header(aap_option(data)))

    good = h.Run(x).data
    ways = [opened(good[:n]) for n in range(3, 252)]
    c.case("X4 an Init cut at every octet", ways, malformed=len(ways))
    ways = [opened(b"HM\1" + bytes([kind]) + good[4:]) for kind in [0, *range(2, 256)]]
    c.total("X4 every other kind in an Init's form", ways, ("malformed", "no-ah"))
    ways = [opened(aap.init(spi, os.urandom(16), good[24:56])) for spi in (0, 1, 255)]
    c.case("X4 an Init with a reserved SPI", ways, malformed=3)
    ways = [opened(good[:n] + bytes([good[n] ^ 255]) + good[n + 1 :]) for n in range(3)]
    c.case("X4 another experiment's option, another version", ways)
    ways = [opened(aap.init(0x5000, os.urandom(16), share)) for share in aap.low_order()]
    c.case("X4 an Init with each share of low order", ways, aap_refused=len(ways))
    run = answered(c, x)
    c.case(
        "X4 an Init with the responder's own share",
        [opened(aap.init(0x5000, os.urandom(16), run.response[24:56]))],
        aap_refused=1,
    )
    ways = [
        opened(good, src=address(a))
        for a in ("ff02::1", "::1", "fe80::1", "::", "::ffff:192.0.2.1")
    ]
    c.case("X4 an Init from an address that cannot be anybody's", ways, refused_address=len(ways))
    c.case(
        "X4 an Init from the host's own address",
        [opened(good, src=dst), opened(good, src=address(c.args.also))],
        wrong_entry=2,
    )
    c.case(
        "X4 an Init to an address that is not the host's",
        [opened(good, dst=address("ff02::1"))],
    )
    ways = [
        opened(aap.retry(os.urandom(16), os.urandom(20))),
        packet(x.addr, dst, header(aap_option(aap.retry(run.nonce, os.urandom(20))))),
    ]
    c.case("X4 Retries nobody waits for", ways, aap_refused=2)
    ways = [opened(aap.retry(os.urandom(16), bytes(20)))] + [
        opened(aap.retry(bytes(16), b"\1" * 20)[:n]) for n in range(4, 40)
    ]
    c.case("X4 a Retry without a cookie, and cut at every octet", ways, malformed=len(ways))
    ways = [
        c.evil(aap_option(aap.init(0x5000, os.urandom(16), good[24:56])), src=x.addr),
        c.alice.signed(header(aap_option(good)), src=x.addr),
    ]
    c.case("X4 an Init under AH, from an address that is not proven", ways, aap_refused=2)
    c.check(
        "X4 no Response is longer than its Init",
        len(run.message.raw) <= len(run.packet),
        f"{len(run.message.raw)} > {len(run.packet)}",
    )
    c.check(
        "X4 B1 B2 B3 a Response bears the Initial Binding Update, which tells a stranger no more"
        " than the address that it asked",
        run.message.home == run.message.src
        and run.message.bu[0]["homeless"]
        and run.message.bu[0]["named"] == [dst],
        str(run.message.bu),
    )
    c.check("X4 X8 no Init has made an entry", c.helper.entry(x.addr) is None)


def confirms(c, x):
    run, other = answered(c, x), answered(c, x)
    wrong = h.Sa(run.spi_r, os.urandom(32), 0, b"")
    reverse = h.Sa(run.spi_r, run.sa.from_key, 0, b"")
    spi = h.Sa(run.spi_r ^ 1, run.sa.to_key, 0, b"")
    elsewhere = h.Sa(0x7FFF0000 ^ run.spi_r & 0xFFFF, run.sa.to_key, 0, b"")
    ways = [run.confirm(bu(x), sealed=s) for s in flipped(run.sealed, 0, len(run.sealed))]
    c.case("X4 a Confirm with each octet of the sealed state changed", ways, aap_refused=len(ways))
    ways = [run.confirm(bu(x), sealed=run.sealed[:n]) for n in range(1, len(run.sealed))] + [
        run.confirm(bu(x), sealed=run.sealed + b"\0")
    ]
    c.case(
        "X4 a Confirm with the sealed state cut at every octet, and longer",
        ways,
        aap_refused=len(ways),
    )
    c.case("X4 a Confirm without sealed state", [run.confirm(bu(x), sealed=b"")], malformed=1)
    ways = [run.confirm(bu(x), sa=sa) for sa in (wrong, reverse, spi, elsewhere)]
    c.case(
        "X4 a Confirm under a wrong key, the other direction's, another SPI",
        ways,
        aap_refused=len(ways),
    )
    ways = [run.confirm(bu(x), sealed=other.sealed), other.confirm(bu(x), sealed=run.sealed)]
    c.case("X4 a Confirm with another run's sealed state", ways, aap_refused=len(ways))
    ways = [
        run.confirm(bu(x), src=c.mallory.addr),
        run.confirm(bu(x), src=c.alice.addr),
        run.confirm(bu(x), src=address("2001:db8:ee::7")),
    ]
    c.case("X4 X7 a Confirm from another address", ways, aap_refused=len(ways))
    data = header(aap_option(aap.confirm(run.sealed)), bu(x))
    c.case(
        "X4 a Confirm to another address of the host",
        [x.signed(data, dst=address(c.args.also), home=x.addr, sa=run.sa)],
        aap_refused=1,
    )
    good = run.confirm(bu(x))
    at = h.ah_place(good)
    ways = [
        good[: at + 12 + n] + bytes([good[at + 12 + n] ^ 1]) + good[at + 13 + n :]
        for n in range(16)
    ]
    c.case("X4 X1 a Confirm with each octet of the ICV wrong", ways, aap_refused=16)
    c.case("R4 a Confirm that is all right, but for AH", [packet(x.addr, x.dst, data)], no_ah=1)
    c.case(
        "X4 a Response sent back, as it is and with its addresses exchanged",
        [run.message.raw, run.message.raw[:8] + x.addr + x.dst + run.message.raw[40:]],
        wrong_entry=1,
        not_local=1,
    )
    c.case("X4 C4 a Confirm without a Binding Update", [run.confirm()])
    c.check("X4 X8 none of it has made an entry", c.helper.entry(x.addr) is None)
    for place, what, odd, counter in (
        ("2001:db8:f1::f", "a multicast address", "ff02::1", "refused-address"),
        ("2001:db8:f2::f", "the host's own address", c.dst, "wrong-entry"),
        ("2001:db8:f3::f", "Alice's address", h.text(c.alice.addr), "wrong-entry"),
    ):
        x = h.Host(c.wire, "Xenia", place, c.dst)
        x.answers = False
        run = answered(c, x)
        c.case(
            f"X4 X7 a Confirm whose Binding Update names {what}",
            [run.confirm(bu(x, alt_coa(x.addr) + alt_coa(address(odd))))],
            loose=("conflicts",),
            **{"aap_confirmed": 1, counter.replace("-", "_"): 1},
        )
        c.wire.pump(timeout=0.1)
        c.check(
            "X8 C10 no entry is without addresses",
            c.wait(lambda: all(e["addresses"] for e in c.helper.cache()), 5),
        )
        entry = c.helper.entry(x.addr)
        c.check(
            "X5 X8 what the Confirm came from is not proven, and alone in its entry",
            entry
            and [(a["address"], a["state"]) for a in entry["addresses"]] == [(place, "tentative")],
            str(entry),
        )


def responder(c):
    x = h.Host(c.wire, "Xavier", "2001:db8:f::f", c.dst)
    x.answers = False
    inits(c, x)
    confirms(c, x)
    run = answered(c, x)
    good = run.confirm(bu(x))
    x.answers, x.sa = True, run.sa
    c.case(
        "X4 the Confirm as it should be",
        [good],
        then=lambda: c.wait(lambda: c.wire.pump(timeout=0.05) or c.state(x.addr) == "active"),
        aap_confirmed=1,
        loose=("verified",),
    )
    elsewhere = [
        good[:8] + c.mallory.addr + good[24:],
        good[:24] + address(c.args.also) + good[40:],
    ]
    c.case(
        "X4 a Confirm sent again, from and to other addresses, too", [good, *elsewhere], replayed=3
    )
    c.wire.pump(timeout=0.05)
    c.case("X4 all of the run sent again", [p for p in x.said if h.ah_place(p) is None])
    entry = c.helper.entry(x.addr)
    c.check(
        "X4 C1 there is one entry",
        entry["sa"]["spi_in"] == run.spi_r and entry["status"] == "homeless",
        str(entry),
    )
    # X6: somebody else hears what is sent to x, too, and completes a run from there; both answer.
    twin = h.Host(c.wire, "Twin", "2001:db8:f::f", c.dst)
    twin.answers = False
    twin_run = answered(c, twin)
    c.wire.hosts[x.addr] = x
    c.case(
        "X6 who completes AAP from a peer's address while that one answers, ends both",
        [twin_run.confirm(bu(twin))],
        then=lambda: c.wait(lambda: c.wire.pump(timeout=0.05) or c.helper.entry(x.addr) is None),
        conflicts=1,
    )
    c.case("X4 the Confirm of an SA that has ended, again", [good], aap_refused=1)
    c.check("X4 it brings nothing back", c.helper.entry(x.addr) is None)


def initiator(c):
    y = h.Host(c.wire, "Yvonne", "2001:db8:99::9", c.dst)
    z = h.Host(c.wire, "Zoe", "2001:db8:98::8", c.dst)
    y.answers = z.answers = False
    taken_back(c, y, z)
    meet(c, y, called)
    meet(c, z, ruined)


def taken_back(c, *hosts):
    """A program that connects to an address that Mallory had for his, and took back, is not
    connected to Mallory: it is Tentative for some seconds, for a Response under way, and goes.
    """
    c.refill()
    for lifetime in (600, 0):
        c.wire.send(c.evil_bu(b"".join(alt_coa(x.addr) for x in hosts), lifetime=lifetime))
        c.settle()
        c.check(
            "A3 X5 what was never proven is Tentative at most",
            all(c.state(x.addr) == "tentative" for x in hosts),
        )
    c.check(
        "A3 X5 what was never proven is not kept as Deprecated",
        c.wait(lambda: c.wire.pump(timeout=0.1) or all(c.state(x.addr) is None for x in hosts), 15),
    )


def meet(c, y, then):
    """Lets a program of the helper's host call y; what y does with the Init is up to then."""
    caller = subprocess.Popen([*shlex.split(c.args.call), h.text(y.addr), "80"])
    try:
        if not c.wire.pump(lambda: any(m.aap_kind == INIT for m in y.heard), 10):
            c.check("B1 X4 a peer that was called and answered gets an Init", False)
            return
        m = next(m for m in y.heard if m.aap_kind == INIT)
        c.check(
            "B1 X4 a peer that was called and answered gets an Init",
            y.segments and m.home is None and m.spi is None,
        )
        then(c, y, m)
    finally:
        caller.terminate()
        caller.wait()


def ruined(c, y, m):
    """Eight Responses that fail end a run."""
    y.dst = m.src
    r = h.Responder(y, m)
    ways = [r.packet(data=d) for d in flipped(r.data, 4, 56)]
    c.case(
        "X4 a Response with each octet changed that the keys depend on", ways, aap_refused=len(ways)
    )
    ways = [r.packet(data=aap.response(r.spi_r, r.data[8:24], s, b"x")) for s in aap.low_order()]
    c.case("X4 a Response with each share of low order", ways, aap_refused=len(ways))
    y.heard.clear()
    c.case("X4 the Response as it should be, after so many", [r.packet()], aap_refused=1)
    c.wire.pump(timeout=0.05)
    c.check("X4 it is not answered", not any(x.aap_kind == CONFIRM for x in y.heard))


def called(c, y, m):
    y.dst = m.src
    also = next(address(a) for a in (c.dst, c.args.also) if address(a) != m.src)
    dst, stranger = y.dst, address("2001:db8:ee::8")
    r = h.Responder(y, m)

    def opened(data, src=None):
        return packet(src or y.addr, dst, header(aap_option(data)))

    nonce = m.aap[8:24]
    ways = [
        opened(aap.retry(os.urandom(16), os.urandom(20))),
        opened(aap.retry(nonce, os.urandom(20)), src=stranger),
        opened(aap.retry(nonce, os.urandom(20)), src=c.mallory.addr),
    ]
    c.case("X4 Retries with another nonce, or from elsewhere", ways, aap_refused=len(ways))
    c.case("X4 a Retry without a cookie", [opened(aap.retry(nonce, bytes(20)))], malformed=1)
    y.heard.clear()
    c.case("X4 its own Init, sent back from the peer", [opened(m.aap)])
    low, high = opened(aap.init(0x5001, bytes(16), r.share)), opened(
        aap.init(0x5001, b"\xff" * 16, r.share)
    )
    c.case("X4 A4 an Init of the peer's with a smaller nonce", [low])
    c.wire.pump(timeout=0.05)
    c.check("X4 neither is answered", not any(x.aap_kind == RESPONSE for x in y.heard))
    c.case("X4 A4 an Init of the peer's with a greater nonce", [high])
    c.check("X4 ... is answered", c.wire.pump(lambda: any(x.aap_kind == RESPONSE for x in y.heard)))
    ways = [
        r.packet(data=aap.response(r.spi_r, r.data[8:24], s, b"x"))
        for s in (aap.low_order()[0], m.aap[24:56])
    ]
    c.case(
        "X4 a Response with a share of low order, and the initiator's own",
        ways,
        aap_refused=len(ways),
    )
    ways = [r.packet(sa=h.Sa(r.spi_i, k, 0, b"")) for k in (os.urandom(32), r.k_ir)]
    ways += [
        r.packet(src=stranger),
        r.packet(src=c.mallory.addr),
        r.packet(dst=also),
        r.packet(sa=h.Sa(r.spi_i ^ 1, r.k_ri, 0, b"")),
    ]
    c.case(
        "X4 a Response under wrong keys, from or to another address, with another SPI",
        ways,
        aap_refused=len(ways),
    )
    ways = [r.packet(data=r.data[:n]) for n in range(4, 57)]
    c.case("X4 a Response cut at every octet", ways, malformed=len(ways))
    y.heard.clear()
    y.secure(r.sa)
    y.answers = True
    good = r.packet()
    c.case("X4 the Response as it should be", [good], loose=("verified",))
    c.check(
        "X4 A4 the Confirm brings the sealed state and the Initial Binding Update",
        c.wire.pump(
            lambda: any(
                x.aap_kind == CONFIRM and x.aap[4:] == r.data[56:] and x.bu and x.spi == r.spi_r
                for x in y.heard
            ),
            3,
        ),
    )
    c.check(
        "X4 X5 the peer's address is proven",
        c.wait(
            lambda: c.wire.pump(timeout=0.05)
            or (c.helper.entry(y.addr) or {}).get("status") == "homeless"
        ),
    )
    again = h.Responder(y, m)
    c.case(
        "X4 the Response again, and another to the same Init",
        [good, again.packet(sa=h.Sa(r.spi_i, again.k_ri, 0, b""), data=again.data)],
        replayed=1,
        bad_icv=1,
    )
    fresh = h.Sa(r.spi_i, again.k_ri, 0, b"")
    fresh.seq = 1000
    c.case(
        "X4 another Response with a new AH number",
        [again.packet(sa=fresh, data=again.data)],
        bad_icv=1,
    )
    ways = [
        packet(y.addr, dst, header(aap_option(x.aap))) for x in y.heard if x.aap_kind == CONFIRM
    ]
    c.case(
        "X4 the helper's own Confirm, sent back",
        [*ways, *[x.raw[:8] + y.addr + dst + x.raw[40:] for x in y.heard if x.aap_kind == CONFIRM]],
        no_ah=len(ways),
        wrong_entry=len(ways),
    )
    entry = c.helper.entry(y.addr)
    c.check(
        "X4 X7 the entry is the one it was",
        entry and entry["sa"]["spi_in"] == r.spi_i and entry["sa"]["spi_out"] == r.spi_r,
        str(entry),
    )
