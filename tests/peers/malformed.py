# SPDX-License-Identifier: BSD-2-Clause
"""Parts of misbehave.py: what no well-formed packet looks like (O1, O2, R4), behind good AH."""
import os
import struct

import aap_vectors as aap
import homeless as h
from homeless import (
    ALT_COA,
    ALT_PREFIXES,
    BA,
    BR,
    BU,
    CHALLENGE,
    HAO,
    HOMELESS,
    HOMELESS_SUPPORT,
    UNIQUE_ID,
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
    tlv,
)

ACK, HOME = 0x80, 0x40  # flags of a Binding Update
NO_HOME_REGISTRATION = 132  # status: home registration not supported
SUBS = {
    "Alternate CoA": alt_coa(address("2001:db8:ee::5")),
    "Homeless Support": HOMELESS_SUPPORT,
    "Unique Identifier": tlv(UNIQUE_ID, b"\0\7"),
    "Response": challenge(bytes(range(16))),
} | {
    f"Alternate Prefixes of {n}": alt_prefixes(
        n, address("2001:db8:ee::6"), address("2001:db8:ef::6")
    )
    for n in (4, 8, 12, 16)
}


def truncation(c):
    m = c.mallory
    whole = c.evil(
        bu_option(
            m.next_seq(),
            600,
            alt_coa(address("2001:db8:ee::5")) + HOMELESS_SUPPORT + challenge(bytes(16)),
        ),
        home=m.addr,
    )
    cut = [whole[:4] + struct.pack("!H", n - 40) + whole[6:n] for n in range(40, len(whole))]
    c.case("O1 X8 a packet cut at every octet, its length adjusted", cut, malformed=len(cut))
    fixed = {BU: 8, BA: 11, HAO: 16}
    for kind, name in ((BU, "Binding Update"), (BA, "Binding Acknowledgement")):
        ways = [c.evil_raw(tlv(kind, bytes(n))) for n in range(fixed[kind])]
        c.case(f"O1 a {name} shorter than its fixed part", ways, malformed=len(ways))
    dst = address(c.dst)
    ways = [
        h.sign_again(
            m,
            h.packet(
                m.addr,
                dst,
                raw_header(tlv(HAO, m.addr[:n])),
                h.ah_header(m.sa.to_spi, m.sa.next()),
                header(bu_option(m.next_seq())),
            ),
        )
        for n in range(16)
    ]
    c.case("O1 a Home Address option shorter than an address", ways, malformed=len(ways))
    for name, sub in SUBS.items():
        ways = [c.evil_raw(bu_option(m.next_seq(), 600, sub[:n])[0]) for n in range(1, len(sub))]
        c.case(f"O1 {name} cut at every octet", ways, malformed=len(ways))
        ways = [
            c.evil_raw(
                bu_option(m.next_seq(), 600, sub[:1] + bytes([n]) + (sub[2:] + bytes(64))[:n])[0]
            )
            for n in lengths(sub)
        ]
        c.case(f"O1 {name} of every other length", ways, malformed=len(ways))
        ways = [
            c.evil_raw(bu_option(m.next_seq(), 600, sub[:1] + bytes([n]) + sub[2:])[0])
            for n in range(len(sub) - 1, 256)
        ]
        c.case(f"O1 {name} that claims more than the option has", ways, malformed=len(ways))
    good = bu_option(m.next_seq(), 600, SUBS["Alternate CoA"])[0]
    ways = [c.evil_raw(good[:1] + bytes([n]) + good[2:]) for n in range(len(good) + 8, 256)]
    c.case("O1 an option that claims more than the header has", ways, malformed=len(ways))
    ways = [long_header(c, n) for n in range(6, 256)]
    c.case("O1 a header that claims more than the packet has", ways, malformed=len(ways))
    ways = [long_ah(c, n) for n in list(range(0, 6)) + list(range(7, 256))]
    c.total(
        "X1 every other length of AH",
        ways,
        ("malformed", "bad-icv", "replayed", "no-ah"),
        n=len(ways),
        loose=(),
    )
    ways = [c.evil_raw(ba_option(1, subs=challenge(bytes(16))[:n])[0]) for n in range(1, 18)]
    c.case("O1 a Challenge cut at every octet", ways, malformed=len(ways))
    ways = [
        c.evil_raw(tlv(BR, sub[:n]))
        for sub in (tlv(UNIQUE_ID, b"\0\7"),)
        for n in range(1, len(sub))
    ]
    c.case("O1 B10 a Binding Request cut at every octet", ways, malformed=len(ways))


def lengths(sub):
    """Lengths of the data that are not right for it; of Alternate Prefixes, that do not agree with
    what it counts.
    """
    return [n for n in range(0, 40) if n != sub[1]]


def long_header(c, n):
    pkt = c.evil_bu(SUBS["Alternate CoA"])
    at = h.ah_place(pkt) + 32
    return h.sign_again(c.mallory, pkt[: at + 1] + bytes([n]) + pkt[at + 2 :])


def long_ah(c, n):
    pkt = c.evil_bu(SUBS["Alternate CoA"])
    at = h.ah_place(pkt)
    return pkt[: at + 1] + bytes([n]) + pkt[at + 2 :]


def structure(c):
    m, dst = c.mallory, address(c.dst)
    bu = lambda **a: bu_option(m.next_seq(), **a)  # noqa: E731

    def built(*headers):
        return h.sign_again(m, h.packet(m.addr, dst, *headers))

    def ah():
        return h.ah_header(m.sa.to_spi, m.sa.next())

    def rh0(addr, left=1):
        return h.ROUTING, bytes([0, left, 0, 0, 0, 0]) + addr

    home = hao_option(m.addr)
    ways = [
        built(ah(), header(home, bu())),
        built(ah(), header(bu(), home)),
        built(ah(), header(home), header(bu())),
        built(header(home), ah(), header(home, bu())),
    ]
    c.case("R4 a Home Address option behind AH", ways, malformed=len(ways))
    ways = [
        built(header(home, home), ah(), header(bu())),
        built(header(home), header(home), ah(), header(bu())),
        built(header(home), header(hao_option(c.alice.addr)), ah(), header(bu())),
    ]
    c.case("R4 two Home Address options", ways, malformed=len(ways))
    ways = [built(ah(), ah(), header(bu())), built(ah(), header(bu()), ah())]
    c.case("X1 two AHs", ways, malformed=len(ways))
    first = header(
        (bytes([h.PADN, 4, 0, 0, 0, 0]), 1, 0)
    )  # the helper reads what begins with AH or Destination Options
    ways = [
        built(header(home), rh0(m.addr), ah(), header(bu())),
        built(ah(), rh0(m.addr), header(bu())),
        built(first, rh0(m.addr, 2), ah(), header(bu())),
        built(first, rh0(address("ff02::1")), ah(), header(bu())),
    ]
    c.case("S1 Routing headers where they must not be, and odd ones", ways, malformed=len(ways))
    ways = [built(first, rh0(a), ah(), header(bu())) for a in (dst, m.addr, c.alice.addr)]
    c.case("S1 X7 packets that a Routing header leads on", ways, not_local=len(ways))
    ways = [
        c.evil_raw(tlv(kind, bytes(6)) + bu()[0])
        for kind in range(0x40, 256)
        if kind not in (BU, HAO)
    ]
    c.case("O1 every unknown option that says not to be skipped", ways, malformed=len(ways))
    ways = [
        c.evil(*[bu() for _ in range(9)]),
        c.evil(*[ba_option(1) for _ in range(9)]),
        c.evil((tlv(BR, b""), 1, 0), (tlv(BR, b""), 1, 0)),
        c.evil(
            bu(
                subs=alt_prefixes(4, *[struct.pack("!I", 0x20020000 + i) for i in range(55)])
                + bytes([ALT_PREFIXES, 5, 2])
                + bytes(4)
            )
        ),
    ]
    c.case("B8 O2 more of anything than there may be", ways, malformed=len(ways))
    aap_twice = (aap_option(aap.confirm(bytes(82))), aap_option(aap.confirm(bytes(82))))
    c.case("X4 two messages of AAP", [c.evil(*aap_twice)], malformed=1)
    understood(c, bu)
    limits(c)
    damaged(c)


def by_eights(kinds):
    """A packet with a kind that is not skipped is not heard, whatever else it has."""
    return [kinds[i : i + 8] for i in range(0, len(kinds), 8)]


def understood(c, bu):
    m = c.mallory
    c.wire.send(c.evil_bu())
    c.settle()
    before = c.helper.counters()
    m.heard.clear()
    options = [kind for kind in range(2, 0x40) if kind not in (BA, BR, h.AAP)]
    subs = [
        kind for kind in range(3, 256) if kind not in (ALT_COA, HOMELESS, ALT_PREFIXES, CHALLENGE)
    ]
    odd = [
        c.evil_raw(b"".join(tlv(kind, bytes(5)) for kind in some) + bu()[0])
        for some in by_eights(options)
    ]
    odd += [
        c.evil(bu(subs=b"".join(tlv(k, os.urandom(3)) for k in some) + HOMELESS_SUPPORT))
        for some in by_eights(subs)
    ]
    c.case(
        "O1 every unknown option that may be skipped, every unknown sub-option", odd, slowly=True
    )
    fields, want = [], {}
    for f in range(256):
        fields.append(c.evil(bu(lifetime=600, flags=f, prefix_len=f ^ 0x55)))
        if f & (ACK | HOME):
            want[m.seq] = NO_HOME_REGISTRATION if f & HOME else 0
    for t in (1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF):
        fields.append(c.evil(bu(lifetime=t)))
        want[m.seq] = 0
    c.case("B8 O2 every flag, prefix length and lifetimes to the end", fields, slowly=True)
    heard = c.helper.counters()["bu-heard"] - before["bu-heard"]
    sent = len(odd) + len(fields) - 128  # those with the H bit are refused
    c.check("O1 all of these were understood", 0 <= heard - sent < 40, f"{heard} of {sent}")
    status = {ba["seq"]: ba["status"] for x in m.heard for ba in x.ba}
    wrong = {n: status.get(n) for n, s in want.items() if status.get(n) != s}
    c.check("B8 each is acknowledged that asks for it, or to be a home", not wrong, str(wrong))


def limits(c):
    """What a peer sends beyond its budget is counted, and does nothing."""
    c.refill()
    before = c.helper.counters()
    many = [c.evil_bu(flags=0) for _ in range(300)]

    def counted():
        now = c.helper.counters()
        limited = now["limited"] - before["limited"]
        own = now["bu-heard"] - before["bu-heard"] + limited - len(many)
        return limited >= len(many) // 2 and 0 <= own < 20

    c.case("X8 more Updates than a peer may send", many, then=counted, loose=("limited",))
    c.refill()
    m = c.mallory
    m.answers = True
    c.check("X8 ... and it is heard again when it sends fewer", m.exchange())
    m.answers = False


def damaged(c):
    """By many peers, as of one not so many are looked at."""
    peers = [h.Host(c.wire, f"Peer {i}", f"2001:db8:77:{i}::7", c.dst) for i in range(16)]
    c.check("X4 many peers are met", all(p.contact() for p in peers))
    for p in peers:
        p.answers = False
    garbage = []
    for i in range(1500):
        m = peers[i % len(peers)]
        octets = bytearray(bu_option(m.next_seq(), subs=SUBS[c.random.choice(list(SUBS))])[0])
        for _ in range(c.random.randrange(1, 6)):
            octets[c.random.randrange(1, len(octets))] = c.random.choice(
                [0, 1, 2, 4, 7, 8, 0x7F, 0x80, 0xC6, 0xC9, 0xF1, 0xF2, 0xFF]
            )
        octets[4:6] = struct.pack("!H", m.next_seq())
        garbage.append(m.signed(raw_header(bytes(octets))))
    c.case("O1 X7 damaged options behind good AH", garbage, loose=c.everything)
    wrong = []
    for entry in c.helper.cache():
        active = {address(a["address"]) for a in entry["addresses"] if a["state"] == "active"}
        owners = [p for p in peers if p.addr in active]
        if not active <= set(owners[0].addrs if owners else c.wire.hosts):
            wrong.append(entry)
    c.check("X5 nothing damaged is believed", not wrong, str(wrong))
    for p in peers:
        p.leave(p.addr)
