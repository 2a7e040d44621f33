#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What programs do while signalling fails, at both ends of one host pair, in plain sockets: a
download, an upload, a quiet session, and datagrams on a connected and an unconnected socket.

Each sends numbered requests that say how long the answer shall be, without waiting for it. All
octets are compared. The client begins at once; SIGUSR1 makes all of it silent, SIGUSR2 begins anew,
and the session says something then. SIGTERM ends it.

  serve --port N
  talk  --to ADDR --port N [--mark N] --status FILE
"""
import argparse
import asyncio
import json
import os
import signal
import socket
import struct
import time

HEAD = struct.Struct("!IHH")  # number, octets that follow, octets of the answer
PATTERN = bytes(i % 251 for i in range(20000))
PERIOD = 0.05


def message(number, length, answer):
    at = number % 251
    return HEAD.pack(number, length, answer) + PATTERN[at : at + length]


def check(number, payload):
    at = number % 251
    if payload != PATTERN[at : at + len(payload)]:
        raise ValueError(f"message {number} is not what was sent")


async def read_message(reader):
    number, length, answer = HEAD.unpack(await reader.readexactly(HEAD.size))
    check(number, await reader.readexactly(length))
    return number, answer


async def serve_stream(reader, writer):
    try:
        while True:
            number, answer = await read_message(reader)
            writer.write(message(number, answer, 0))
            await writer.drain()
    except (OSError, EOFError, ValueError) as e:
        print(f"server: {e}", flush=True)
    writer.close()


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(data, addr)


async def serve(arg):
    await asyncio.get_running_loop().create_datagram_endpoint(Echo, ("::", arg.port))
    await asyncio.start_server(serve_stream, "::", arg.port)
    await asyncio.Event().wait()


class Work:
    """One of the programs. once: it says one thing at the beginning and after each silence."""

    def __init__(self, name, length, answer, once=False):
        self.name, self.length, self.answer, self.once = name, length, answer, once
        self.sent = self.answered = 0
        self.error, self.max_gap, self.last = None, 0.0, time.monotonic()

    def heard(self):
        now = time.monotonic()
        self.max_gap, self.last = max(self.max_gap, now - self.last), now
        self.answered += 1

    def next(self):
        self.sent += 1
        return message(self.sent, self.length, self.answer)

    async def speak(self, going):
        """Calls send() for as long as going is set; what comes back is counted elsewhere."""
        try:
            while True:
                await going.wait()
                self.last = time.monotonic()
                self.send(self.next())
                while going.is_set():
                    await asyncio.sleep(PERIOD)
                    if not self.once and going.is_set():
                        self.send(self.next())
        except OSError as e:
            self.error = str(e)


class Stream(Work):
    async def begin(self, arg):
        sock = socket.socket(socket.AF_INET6)
        sock.setblocking(False)
        if arg.mark:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, arg.mark)
        await asyncio.get_running_loop().sock_connect(sock, (arg.to, arg.port))
        self.reader, self.writer = await asyncio.open_connection(sock=sock)

    def send(self, data):
        self.writer.write(data)

    async def listen(self):
        try:
            while True:
                await read_message(self.reader)
                self.heard()
        except (OSError, EOFError, ValueError) as e:
            self.error = str(e) or type(e).__name__


class Datagrams(Work, asyncio.DatagramProtocol):
    def __init__(self, name, connected):
        super().__init__(name, 160, 0)
        self.connected = connected

    async def begin(self, arg):
        self.to = (arg.to, arg.port)
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.setblocking(False)
        if arg.mark:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, arg.mark)
        if self.connected:
            sock.connect(self.to)
        else:
            sock.bind(("::", 0))
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=sock)

    def send(self, data):
        self.transport.sendto(data, None if self.connected else self.to)

    def datagram_received(self, data, addr):
        number, _, _ = HEAD.unpack_from(data)
        check(number, data[HEAD.size :])
        self.heard()

    async def listen(self):
        await asyncio.Event().wait()


async def report(path, works, going):
    while True:
        now = time.monotonic()
        doc = {
            w.name: {
                "sent": w.sent,
                "answered": w.answered,
                "error": w.error,
                "max_gap_ms": int(1000 * w.max_gap),
                "gap_ms": int(1000 * (now - w.last)) if going.is_set() else 0,
            }
            for w in works
        }
        with open(path + ".new", "w") as f:
            json.dump({"going": going.is_set(), "work": doc}, f)
        os.rename(path + ".new", path)
        await asyncio.sleep(0.1)


async def talk(arg):
    going = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, going.clear)
    loop.add_signal_handler(signal.SIGUSR2, going.set)
    works = [
        Stream("download", 0, 10000),
        Stream("upload", 10000, 0),
        Stream("session", 40, 80, once=True),
        Datagrams("connected", True),
        Datagrams("unconnected", False),
    ]
    for w in works:
        await w.begin(arg)
    going.set()
    await asyncio.gather(
        report(arg.status, works, going),
        *(w.speak(going) for w in works),
        *(w.listen() for w in works),
    )


parser = argparse.ArgumentParser()
parser.add_argument("role", choices=["serve", "talk"])
parser.add_argument("--to")
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--mark", type=int, default=0)
parser.add_argument("--status")
parsed = parser.parse_args()
asyncio.run(serve(parsed) if parsed.role == "serve" else talk(parsed))
