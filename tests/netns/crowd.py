#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Many connections at once, in plain sockets that know nothing of hmip.

  serve --port N                              echoes
  talk --to ADDR --port N --control FIFO --status FILE
                                              on a line with a number, that many more connections;
                                              on all, ten times a second, a word that is unlike all
                                              others goes out and must come back
"""
import argparse
import json
import os
import selectors
import socket
import sys
import time

PACE = (
    0.01  # between two connections: a helper is not waited for when it is shown one, but left out
)


def serve(args):
    sel = selectors.DefaultSelector()
    listener = socket.create_server(("::", args.port), family=socket.AF_INET6, backlog=1024)
    sel.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in sel.select():
            if key.fileobj is listener:
                sel.register(listener.accept()[0], selectors.EVENT_READ)
                continue
            try:
                word = key.fileobj.recv(4096)
                key.fileobj.sendall(word)
            except OSError as e:
                print(f"server: {e}", file=sys.stderr, flush=True)
                word = b""
            if not word:
                sel.unregister(key.fileobj)
                key.fileobj.close()


class Line:
    """One connection."""

    def __init__(self, number, to):
        self.number, self.rounds, self.heard = number, 0, b""
        self.sock = socket.create_connection(to, timeout=10)
        self.port = self.sock.getsockname()[1]
        self.sock.setblocking(False)
        self.say()

    def say(self):
        self.word = f"{self.number}.{self.rounds};".encode()
        self.sock.sendall(self.word)

    def hear(self):
        chunk = self.sock.recv(4096)
        self.heard += chunk
        if not chunk or not self.word.startswith(self.heard):
            raise ValueError(
                f"connection {self.number} said {self.word} and heard {self.heard or 'its end'}"
            )
        if self.heard == self.word:
            self.rounds, self.heard = self.rounds + 1, b""
            return True
        return False


def tell(path, lines, errors):
    ports = [line.port for line in lines]
    doc = {
        "open": len(lines),
        "slowest": min((line.rounds for line in lines), default=0),
        "errors": errors,
        "shared_ports": len(ports) - len(set(ports)),
    }
    with open(path + ".new", "w", encoding="ascii") as f:
        json.dump(doc, f)
    os.rename(path + ".new", path)


def ready(sel, line, due, errors):
    try:
        if line.hear():
            due.append(line)
    except (OSError, ValueError) as e:
        errors.append(str(e))
        sel.unregister(line.sock)


def grow(sel, to, lines, errors):
    try:
        lines.append(Line(len(lines), to))
        sel.register(lines[-1].sock, selectors.EVENT_READ, lines[-1])
    except OSError as e:
        errors.append(f"connection {len(lines)}: {e}")


def talk(args):
    sel, lines, errors, due, wanted = selectors.DefaultSelector(), [], [], [], 0
    opened = told = time.monotonic()
    control = os.open(args.control, os.O_RDWR)  # does not end when a writer does
    sel.register(control, selectors.EVENT_READ)
    while True:
        for key, _ in sel.select(PACE):
            if key.data:
                ready(sel, key.data, due, errors)
            else:
                wanted += int(os.read(control, 64))
        if len(lines) < wanted and not errors and time.monotonic() - opened > PACE:
            grow(sel, (args.to, args.port), lines, errors)
            opened = time.monotonic()
        if time.monotonic() - told > 0.1:
            while due:
                due.pop().say()
            tell(args.status, lines, errors)
            told = time.monotonic()


def main():
    p = argparse.ArgumentParser()
    sub = p.add_subparsers(required=True)
    s = sub.add_parser("serve")
    s.add_argument("--port", type=int, required=True)
    s.set_defaults(run=serve)
    t = sub.add_parser("talk")
    t.add_argument("--to", required=True)
    t.add_argument("--port", type=int, required=True)
    t.add_argument("--control", required=True)
    t.add_argument("--status", required=True)
    t.set_defaults(run=talk)
    args = p.parse_args()
    args.run(args)


main()
