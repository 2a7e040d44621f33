#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""AAP computed a second time, from hmip-aap(7) alone: hashlib, hmac, and X25519 and
ChaCha20-Poly1305 in plain Python.

  aap_vectors.py             compares what it computes with the page and with
                             unit/wire/aap_vectors.h, which
                             check_aap.c and check_aap_keys.c compare with C
  aap_vectors.py print       prints that file
  aap_vectors.py seeds DIR   writes the messages as files: the fuzzers' seed corpus

The keys are counting octets; never use code like this, which is slow and leaks by its timing, for
real ones.
"""
import hashlib
import hmac
import os
import struct
import sys
import textwrap

P = 2**255 - 19
ICV_LEN = 16


def x25519(scalar, point):
    """RFC 7748, section 5."""
    k = int.from_bytes(scalar, "little")
    k = k & ~7 & ~(1 << 255) | 1 << 254
    x1 = int.from_bytes(point, "little") & (1 << 255) - 1
    x2, z2, x3, z3, swap = 1, 0, x1 % P, 1, 0
    for t in reversed(range(255)):
        bit = k >> t & 1
        if bit != swap:
            x2, z2, x3, z3 = x3, z3, x2, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def chacha20_block(key, counter, nonce):
    """RFC 8439, 2.3."""
    first = list(
        struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce)
    )
    s = first[:]

    def quarter(a, b, c, d):
        for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = s[x] + s[y] & 0xFFFFFFFF
            s[z] ^= s[x]
            s[z] = (s[z] << n | s[z] >> 32 - n) & 0xFFFFFFFF

    for _ in range(10):
        for q in (
            (0, 4, 8, 12),
            (1, 5, 9, 13),
            (2, 6, 10, 14),
            (3, 7, 11, 15),
            (0, 5, 10, 15),
            (1, 6, 11, 12),
            (2, 7, 8, 13),
            (3, 4, 9, 14),
        ):
            quarter(*q)
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(s, first)))


def poly1305(key, text):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    acc = 0
    for i in range(0, len(text), 16):
        acc = (acc + int.from_bytes(text[i : i + 16] + b"\1", "little")) * r % (2**130 - 5)
    return (acc + int.from_bytes(key[16:], "little") & (1 << 128) - 1).to_bytes(16, "little")


def aead_seal(key, nonce, plain, ad):
    """RFC 8439, 2.8."""

    def fill(text):
        return text + bytes(-len(text) % 16)

    stream = b"".join(chacha20_block(key, 1 + i, nonce) for i in range(len(plain) // 64 + 1))
    box = bytes(a ^ b for a, b in zip(plain, stream))
    mac = fill(ad) + fill(box) + struct.pack("<QQ", len(ad), len(box))
    return box + poly1305(chacha20_block(key, 0, nonce)[:32], mac)


def sha256_mac(key, text):
    return hmac.new(key, text, hashlib.sha256).digest()


def hkdf_extract(salt, secret):
    return sha256_mac(salt, secret)


def hkdf_expand(prk, info):
    """One block of it: 32 octets."""
    return sha256_mac(prk, info + b"\1")


def self_test():
    """By the vectors of the RFCs."""
    h = bytes.fromhex
    assert x25519(
        h("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
        h("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
    ) == h("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")
    prk = hkdf_extract(bytes(range(13)), b"\x0b" * 22)
    assert prk == h("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
    assert hkdf_expand(prk, bytes(range(0xF0, 0xFA))) == h(
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
    )
    text = (
        b"Ladies and Gentlemen of the class of '99: "
        b"If I could offer you only one tip for the future, "
        b"sunscreen would be it."
    )
    assert aead_seal(
        bytes(range(0x80, 0xA0)), h("070000004041424344454647"), text, h("50515253c0c1c2c3c4c5c6c7")
    )[-16:] == h("1ae10b594f09e26a7e902ecbd0600691")


def header(kind):
    return b"HM" + bytes([1, kind])


def init(spi, nonce, share, cookie=b""):
    return (header(1) + struct.pack("!I", spi) + nonce + share + cookie).ljust(252, b"\0")


def retry(nonce, cookie):
    return header(2) + nonce + cookie


def response(spi, nonce, share, sealed):
    return header(3) + struct.pack("!I", spi) + nonce + share + sealed


def confirm(sealed):
    return header(4) + sealed


def make_cookie(secret, i, r, init_data, seconds):
    time = struct.pack("!I", seconds)
    return time + sha256_mac(secret, i + r + init_data[:56] + time)[:16]


def schedule(i, r, init_data, response_data, product, old=b""):
    """Returns PRK, K_ir, K_ri."""
    salt = hashlib.sha256(i + r + init_data[:56] + response_data[:56]).digest()
    prk = hkdf_extract(salt, product + old)
    return prk, hkdf_expand(prk, b"hmip aap ir"), hkdf_expand(prk, b"hmip aap ri")


def options(*opts):
    """A Destination Options header without its first two octets; opts are (option, x, y): aligned
    to xn+y.
    """
    body = b""

    def pad(n):
        return b"" if n == 0 else b"\0" if n == 1 else bytes([1, n - 2]) + bytes(n - 2)

    for opt, x, y in opts:
        body += pad((y - len(body) - 2) % x) + opt
    return body + pad((-len(body) - 2) % 8)


def packet(src, dst, headers):
    """headers: (type, octets behind Next Header and length)."""
    body = b""
    for n, (kind, rest) in enumerate(headers):
        follows = headers[n + 1][0] if n + 1 < len(headers) else 59
        units = len(rest) + 2
        body += bytes([follows, units // 4 - 2 if kind == 51 else units // 8 - 1]) + rest
    return struct.pack("!IHBB", 0x60000000, len(body), headers[0][0], 64) + src + dst + body


def aap_option(data):
    return bytes([0x1E, len(data)]) + data, 4, 2


def bu(seq, subs):
    body = b"\x80\0" + struct.pack("!HI", seq, 600) + subs
    return bytes([0xC6, len(body)]) + body, 4, 2


def ba(seq):
    return b"\x07\x0b\0" + struct.pack("!HII", seq, 600, 600), 4, 3


def under_ah(src, dst, spi, key, *opts):
    """With a Home Address option that is the source, so that exchanging the two (draft-13, 5.4)
    changes nothing.
    """
    head = [(60, options((b"\xc9\x10" + src, 8, 6)))]
    tail = [(60, options(*opts))]

    def whole(icv):
        return packet(
            src, dst, head + [(51, struct.pack("!HII", 0, spi, 1) + icv + bytes(4))] + tail
        )

    view = bytearray(whole(bytes(ICV_LEN)))
    view[7] = 0
    return whole(sha256_mac(key, bytes(view))[:ICV_LEN])


def count(first, n):
    return bytes((first + i) & 0xFF for i in range(n))


def low_order():
    """Shares every secret key makes zeros of: RFC 7748, 6.1."""
    points = [
        0,
        1,
        P - 1,
        P,
        P + 1,
        int("00b8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0", 16),
        int("57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5f", 16),
    ]
    for p in points:
        assert x25519(count(3, 32), p.to_bytes(32, "little")) == bytes(32)
    return [p.to_bytes(32, "little") for p in points]


def run():
    """Two runs: a first contact, and its keys replaced by a run the other way round. Yields (name,
    octets).
    """
    i, r = bytes.fromhex("20010db8000200000000000000000001"), bytes.fromhex(
        "20010db8000900000000000000000009"
    )
    spi_i, spi_r, base = 0x11223344, 0x55667788, (9).to_bytes(32, "little")
    i_private, r_private, ni, nr = (
        count(0x10, 32),
        count(0x60, 32),
        count(0xA0, 16),
        count(0xC0, 16),
    )
    i_share, r_share = x25519(i_private, base), x25519(r_private, base)
    product = x25519(i_private, r_share)
    assert product == x25519(r_private, i_share)

    hello = init(spi_i, ni, i_share)
    cookie = make_cookie(count(0x40, 32), i, r, hello, 0x01020304)
    prk, k_ir, k_ri = schedule(i, r, hello, response(spi_r, nr, r_share, b""), product)
    seal_nonce = count(0xE0, 12)
    state = struct.pack("!QIIIH", 0x0001020304050607, spi_i, spi_r, 0, 0x0102) + prk
    sealed = seal_nonce + aead_seal(count(0x80, 32), seal_nonce, state, i + r)
    answer, echo = response(spi_r, nr, r_share, sealed), confirm(sealed)
    homeless, prefix = b"\xf0\0", b"\1\1\0\xf1\x09\x41" + bytes.fromhex("20010db800100000")

    yield "I_ADDR", i
    yield "R_ADDR", r
    yield "I_PRIVATE", i_private
    yield "I_SHARE", i_share
    yield "R_PRIVATE", r_private
    yield "R_SHARE", r_share
    yield "COOKIE_SECRET", count(0x40, 32)
    yield "SEAL_KEY", count(0x80, 32)
    yield "INIT", hello
    yield "RETRY", retry(ni, cookie)
    yield "INIT_COOKIE", init(spi_i, ni, i_share, cookie)
    yield "RESPONSE", answer
    yield "CONFIRM", echo
    yield "PRK", prk
    yield "K_IR", k_ir
    yield "K_RI", k_ri
    yield "INIT_PACKET", packet(i, r, [(60, options(aap_option(hello)))])
    yield "RETRY_PACKET", packet(r, i, [(60, options(aap_option(retry(ni, cookie))))])
    yield "RESPONSE_PACKET", under_ah(
        r, i, spi_i, k_ri, aap_option(answer), bu(0x0102, homeless + prefix)
    )
    yield "CONFIRM_PACKET", under_ah(
        i, r, spi_r, k_ir, aap_option(echo), ba(0x0102), bu(0x0304, homeless)
    )

    again = init(spi_r + 1, count(0x30, 16), x25519(count(0x90, 32), base))
    product = x25519(count(0x90, 32), i_share)
    new = schedule(
        r, i, again, response(spi_i + 1, count(0x50, 16), i_share, b""), product, k_ri + k_ir
    )
    yield "REKEY_I_PRIVATE", count(0x90, 32)
    yield "REKEY_INIT", again
    yield "REKEY_RESPONSE_HEAD", response(spi_i + 1, count(0x50, 16), i_share, b"")
    yield "REKEY_PRK", new[0]
    yield "REKEY_K_IR", new[1]
    yield "REKEY_K_RI", new[2]


def text():
    out = [
        "/* SPDX-License-Identifier: BSD-2-Clause */",
        "/* Two runs of AAP as peers/aap_vectors.py computes them; it also checks that this file"
        " says so. */",
        "#ifndef HMIP_TEST_AAP_VECTORS_H",
        "#define HMIP_TEST_AAP_VECTORS_H",
        "",
    ]
    for name, octets in run():
        lines = textwrap.wrap(octets.hex(), 64)
        out += ["#define V_%s \\" % name] + [
            '\t"%s"%s' % (s, " \\" if s is not lines[-1] else "") for s in lines
        ]
    out += (
        [
            "",
            "/* Points of low order, and numbers beyond the field that are the same as some. */",
            "static const char *const v_low_order[] = {",
        ]
        + ['\t"%s",' % p.hex() for p in low_order()]
        + ["};"]
    )
    return "\n".join(out + ["", "#endif", ""])


def seeds(folder):
    for name, octets in run():
        if name in ("INIT", "RETRY", "INIT_COOKIE", "RESPONSE", "CONFIRM"):
            with open(os.path.join(folder, name.lower().replace("_", "-")), "wb") as f:
                f.write(octets)


def compare():
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "..", "unit", "wire", "aap_vectors.h")) as f:
        assert (
            f.read() == text()
        ), "unit/wire/aap_vectors.h is not what \"aap_vectors.py print\" prints"
    with open(os.path.join(here, "..", "..", "man", "hmip-aap.7")) as f:
        page = f.read()
    for what, octets in run():
        if what in ("I_PRIVATE", "I_SHARE", "R_PRIVATE", "R_SHARE", "PRK", "K_IR", "K_RI"):
            assert "\n  %s\n" % octets.hex() in page, "hmip-aap(7) has another " + what
    print("unit/wire/aap_vectors.h and hmip-aap(7) are right")


if __name__ == "__main__":
    self_test()
    if sys.argv[1:] == ["print"]:
        sys.stdout.write(text())
    elif len(sys.argv) == 3 and sys.argv[1] == "seeds":
        seeds(sys.argv[2])
    else:
        compare()
