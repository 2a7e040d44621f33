#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Traffic whose results can be compared: an echo service, and a client that prints what came of
each thing it did.

  serve --port N [--at ADDR]...     TCP echo, and UDP echo at these addresses
  proxy --port N --to ADDR [--transparent]
                                    passes TCP connections on to ADDR, port 7000; or those that a
                                    tproxy rule hands over
  work ADDR PORT CLOSED             a line for each: calls, a transfer, datagrams; to the port
                                    CLOSED, too
  once ADDR PORT FROM               calls once, and sends a datagram, from the port FROM
  hold ADDR PORT FROM               the same over and over on one connection and one connected
                                    socket; prints what fails
  calls ADDR PORT RATE              so many short connections a second, until it is stopped
"""
import argparse
import asyncio
import errno
import hashlib
import random
import socket
import time

CALLS = 20
BULK = random.Random(7).randbytes(1 << 20)
PATIENCE = 20  # seconds: only what does not come at all is too late


def outcome(what):
    """What came of a call: what it returns, or the name of its errno."""
    try:
        return what()
    except TimeoutError:
        return "time-out"
    except OSError as e:
        return errno.errorcode.get(e.errno, str(e))


def call(address, port):
    with socket.create_connection((address, port), timeout=PATIENCE) as s:
        s.sendall(b"word")
        return s.recv(10).decode()


def transfer(address, port):
    digest = hashlib.sha256()
    got = 0
    with socket.create_connection((address, port), timeout=PATIENCE) as s:
        for at in range(0, len(BULK), 1 << 16):
            s.sendall(BULK[at : at + (1 << 16)])
            while got < min(at + (1 << 16), len(BULK)):
                chunk = s.recv(1 << 16)
                if not chunk:
                    return "closed early"
                digest.update(chunk)
                got += len(chunk)
    return "whole" if digest.digest() == hashlib.sha256(BULK).digest() else "changed"


def datagram(address, port):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.settimeout(PATIENCE)
        s.connect((address, port))
        s.send(b"word")
        return s.recv(10).decode()


def once(args):
    def from_port(kind, exchange):
        with socket.socket(socket.AF_INET6, kind) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("::", args.source))
            s.settimeout(PATIENCE)
            s.connect((args.address, args.port))
            return exchange(s)

    def word(s):
        s.send(b"word")
        return s.recv(10).decode()

    def many(s):
        return "words" if [word(s) for _ in range(CALLS)] == ["word"] * CALLS else "others"

    print("connection:", outcome(lambda: from_port(socket.SOCK_STREAM, many)))
    print("datagrams:", outcome(lambda: from_port(socket.SOCK_DGRAM, many)))


def hold(args):
    sockets = {
        kind: socket.socket(socket.AF_INET6, kind)
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)
    }
    for s in sockets.values():
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("::", args.source))
        s.settimeout(PATIENCE if s.type == socket.SOCK_STREAM else 0.2)
        s.connect((args.address, args.port))
    n = 0
    while True:
        for kind, s in sockets.items():
            mine = b"%08d" % n
            result = outcome(lambda: s.send(mine) and s.recv(100))
            if kind == socket.SOCK_DGRAM:  # may be lost, or late
                ok = result == "time-out" or result.isdigit() and int(result) <= n
            else:
                ok = result == mine
            if not ok:
                print(kind.name, result, flush=True)
                return
        n += 1
        if n == 1:
            print("held", flush=True)
        time.sleep(0.02)


def work(args):
    for i in range(CALLS):
        result = outcome(lambda: call(args.address, args.port))
        print(f"call {i}: {result}")
        if result != "word":  # the others would take as long
            break
    print("transfer:", outcome(lambda: transfer(args.address, args.port)))
    print("call to a closed port:", outcome(lambda: call(args.address, args.closed)))
    print("datagram:", outcome(lambda: datagram(args.address, args.port)))
    print("datagram to a closed port:", outcome(lambda: datagram(args.address, args.closed)))


def calls(args):
    while True:
        began = time.monotonic()
        outcome(lambda: call(args.address, args.port))
        time.sleep(max(0, 1 / args.rate - (time.monotonic() - began)))


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(data, addr)


async def copy(reader, writer):
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def serve(args):
    listener = socket.socket(socket.AF_INET6)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if args.transparent:
        listener.setsockopt(socket.IPPROTO_IPV6, getattr(socket, "IPV6_TRANSPARENT", 75), 1)
    listener.bind(("::", args.port))
    if args.what == "serve":
        for address in args.at or ["::"]:
            await asyncio.get_running_loop().create_datagram_endpoint(
                Datagrams, (address, args.port)
            )

    async def echo(reader, writer):
        await copy(reader, writer)

    async def proxy(reader, writer):
        there_reader, there = await asyncio.open_connection(args.to, 7000)
        await asyncio.gather(copy(reader, there), copy(there_reader, writer))

    server = await asyncio.start_server(
        echo if args.what == "serve" else proxy, sock=listener, backlog=128
    )
    await server.serve_forever()


def main():
    p = argparse.ArgumentParser()
    sub = p.add_subparsers(dest="what", required=True)
    for what in "serve", "proxy":
        s = sub.add_parser(what)
        s.add_argument("--port", type=int, default=7000)
        s.add_argument("--transparent", action="store_true")
        s.add_argument("--at", action="append")
        s.add_argument("--to")
    for what, last, kind in (
        ("work", "closed", int),
        ("once", "source", int),
        ("hold", "source", int),
        ("calls", "rate", float),
    ):
        s = sub.add_parser(what)
        s.add_argument("address")
        s.add_argument("port", type=int)
        s.add_argument(last, type=kind)
    args = p.parse_args()
    if args.what == "work":
        work(args)
    elif args.what in ("calls", "once", "hold"):
        {"calls": calls, "once": once, "hold": hold}[args.what](args)
    else:
        asyncio.run(serve(args))


if __name__ == "__main__":
    main()
