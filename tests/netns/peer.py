#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Two ends of TCP conversations for the tests, in plain sockets: they know nothing of hmip.

Each direction carries a known pseudo-random stream that the receiver compares octet by octet and
hashes. The client ends it by half-closing; the server answers with the hash of what it received, so
that both hold their results.

  serve --kind epoll|fork|thread --port N
  talk  --to ADDR --port N --rate OCTETS/S --bytes N --status FILE     until SIGTERM, or N octets
                                                                       have been sent
"""
import argparse
import hashlib
import json
import os
import random
import selectors
import signal
import socket
import sys
import threading
import time

PERIOD = 1 << 20
TRAILER = 64  # hex SHA-256


def stream(seed):
    block = random.Random(seed).randbytes(PERIOD)
    return memoryview(block + block)


class Sender:
    """A paced source of the stream with that seed."""

    def __init__(self, seed, rate, limit=None):
        self.data, self.rate, self.limit = stream(seed), rate, limit
        self.sent, self.hash, self.start = 0, hashlib.sha256(), time.monotonic()

    def room(self):
        room = (
            PERIOD
            if not self.rate
            else int(self.rate * (time.monotonic() - self.start)) - self.sent
        )
        if self.limit is not None:
            room = min(room, self.limit - self.sent)
        return max(0, min(room, 1 << 18))

    def step(self, sock):
        at = self.sent % PERIOD
        n = sock.send(self.data[at : at + self.room()])
        self.hash.update(self.data[at : at + n])
        self.sent += n
        if self.rate:  # what an outage held back is not caught up
            self.start = max(self.start, time.monotonic() - (self.sent + self.rate / 4) / self.rate)

    def done(self):
        return self.limit is not None and self.sent >= self.limit


class Receiver:
    def __init__(self, seed, trailer):
        self.data, self.received, self.hash = stream(seed), 0, hashlib.sha256()
        self.trailer, self.tail, self.total = trailer, b"", None
        self.last, self.max_gap = time.monotonic(), 0.0

    def take(self, chunk):
        now = time.monotonic()
        self.max_gap, self.last = max(self.max_gap, now - self.last), now
        if self.trailer:  # the last octets are no stream
            chunk = self.tail + chunk
            self.tail, chunk = chunk[-TRAILER:], chunk[:-TRAILER]
        at = self.received % PERIOD
        if chunk != self.data[at : at + len(chunk)]:
            raise ValueError(f"wrong octets near {self.received}")
        self.hash.update(chunk)
        self.received += len(chunk)


class Conversation:
    """One connection of the server."""

    def __init__(self, sock):
        sock.setblocking(False)
        self.sock, self.head = sock, b""
        self.sender = self.receiver = self.trailer = None

    def readable(self):
        chunk = self.sock.recv(1 << 18)
        if not chunk:
            digest = self.receiver.hash.hexdigest() if self.receiver else "-" * TRAILER
            self.trailer = digest.encode()
            self.sender.limit = self.sender.sent
            return
        if self.sender is None:
            self.head += chunk
            line, end, chunk = self.head.partition(b"\n")
            if not end:
                return
            self.sender, self.receiver = Sender(2, int(line)), Receiver(1, False)
        if chunk:
            self.receiver.take(chunk)

    def writable(self):
        """Returns False when all is said."""
        if self.trailer is not None:
            n = self.sock.send(self.trailer)
            self.trailer = self.trailer[n:]
            return bool(self.trailer)
        if self.sender is not None:
            self.sender.step(self.sock)
        return True

    def wants(self):
        if self.trailer is not None:
            return selectors.EVENT_WRITE
        if self.sender is not None and self.sender.room():
            return selectors.EVENT_READ | selectors.EVENT_WRITE
        return selectors.EVENT_READ

    def run(self):
        with selectors.DefaultSelector() as sel:
            sel.register(self.sock, self.wants())
            while True:
                sel.modify(self.sock, self.wants())
                for _, ready in sel.select(0.01):
                    if not self.step(ready):
                        self.sock.close()
                        return

    def step(self, ready):
        try:
            if ready & selectors.EVENT_READ and self.trailer is None:
                self.readable()
            if ready & selectors.EVENT_WRITE:
                return self.writable()
            return True
        except BlockingIOError:
            return True
        except (OSError, ValueError) as e:
            print(f"server: {e}", file=sys.stderr, flush=True)
            return False


def serve_epoll(listener):
    listener.setblocking(False)
    sel = selectors.EpollSelector()
    sel.register(listener, selectors.EVENT_READ)
    while True:
        for key in list(sel.get_map().values()):
            if key.data:
                sel.modify(key.fileobj, key.data.wants(), key.data)
        for key, ready in sel.select(0.01):
            if key.data is None:
                sock, _ = listener.accept()
                talk_ = Conversation(sock)
                sel.register(sock, selectors.EVENT_READ, talk_)
            elif not key.data.step(ready):
                sel.unregister(key.fileobj)
                key.fileobj.close()


def serve_fork(listener):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        sock, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            Conversation(sock).run()
            os._exit(0)
        sock.close()


def serve_thread(listener):
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=Conversation(sock).run, daemon=True).start()


def serve(args):
    listener = socket.create_server(("::", args.port), family=socket.AF_INET6, backlog=64)
    {"epoll": serve_epoll, "fork": serve_fork, "thread": serve_thread}[args.kind](listener)


class Talk:
    def __init__(self, args):
        self.path, self.stopping, self.written = args.status, False, 0.0
        self.sender, self.receiver = Sender(1, args.rate, args.bytes), Receiver(2, True)
        self.sock, self.names = None, {}

    def stop(self, *_):
        self.stopping = True

    def write(self, result, force=True):
        if not force and time.monotonic() - self.written < 0.05:
            return
        self.written = time.monotonic()
        try:
            self.names = {
                "local": list(self.sock.getsockname()[:2]),
                "peer": list(self.sock.getpeername()[:2]),
            }
        except (
            OSError,
            AttributeError,
        ):  # not connected yet, or closed at both ends: what they were
            pass
        doc = {
            "result": result,
            "sent": self.sender.sent,
            "received": self.receiver.received,
            "max_gap_ms": int(self.receiver.max_gap * 1000),
            "sha256_sent": self.sender.hash.hexdigest(),
            "sha256_received": self.receiver.hash.hexdigest(),
        }
        doc.update(self.names)
        with open(self.path + ".new", "w") as f:
            json.dump(doc, f)
        os.rename(self.path + ".new", self.path)

    def run(self, args):
        signal.signal(signal.SIGTERM, self.stop)
        self.sock = socket.socket(socket.AF_INET6)
        self.sock.settimeout(10)
        if args.mark:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, args.mark)
        if args.traffic_class:
            self.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, args.traffic_class)
        self.sock.connect((args.to, args.port))
        self.sock.sendall(b"%d\n" % args.rate)
        self.sock.setblocking(False)
        half_closed = False
        with selectors.DefaultSelector() as sel:
            sel.register(self.sock, selectors.EVENT_READ)
            while True:
                if not half_closed and (self.stopping or self.sender.done()):
                    self.sock.shutdown(socket.SHUT_WR)
                    half_closed = True
                writes = not half_closed and self.sender.room()
                sel.modify(
                    self.sock, selectors.EVENT_READ | (selectors.EVENT_WRITE if writes else 0)
                )
                for _, ready in sel.select(0.01):
                    try:
                        if ready & selectors.EVENT_WRITE:
                            self.sender.step(self.sock)
                        if ready & selectors.EVENT_READ:
                            chunk = self.sock.recv(1 << 18)
                            if not chunk:
                                return self.judge(half_closed)
                            self.receiver.take(chunk)
                    except BlockingIOError:
                        pass
                self.write("running", False)

    def judge(self, half_closed):
        if not half_closed:
            return "the server closed early"
        if self.receiver.tail.decode() != self.sender.hash.hexdigest():
            return "the server received something else than was sent"
        return "ok"


def talk(args):
    t = Talk(args)
    try:
        result = t.run(args)
    except (OSError, ValueError) as e:
        result = str(e)
    t.write(result)
    print(result)
    return 0 if result == "ok" else 1


def main():
    p = argparse.ArgumentParser()
    p.add_argument("what", choices=["serve", "talk"])
    p.add_argument("--kind", default="epoll", choices=["epoll", "fork", "thread"])
    p.add_argument("--to", default="2001:db8:b0::20")
    p.add_argument("--port", type=int, default=7000)
    p.add_argument(
        "--rate",
        type=int,
        default=2000000,
        help="octets a second and direction, 0: as fast as it goes",
    )
    p.add_argument("--bytes", type=int)
    p.add_argument("--mark", type=int, default=0, help="of the packets, for policy rules")
    p.add_argument(
        "--traffic-class",
        type=lambda text: int(text, 0),
        default=0,
        help="of the packets, for policy rules",
    )
    p.add_argument("--status")
    args = p.parse_args()
    return serve(args) if args.what == "serve" else talk(args)


if __name__ == "__main__":
    sys.exit(main())
