#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A session in which nobody says anything for a long time; the kernel's keep-alive alone guards it.

  serve --port N                       echoes lines, one client after the other, without keep-alive
                                       of its own
  sit   --to ADDR --port N             after each SIGUSR1 says a line and hears it; "echo K" on
                                       standard output for each

--keepalive: TCP probes after 1 s, each 1 s, and gives up after 10. Both end with status 1, and the
error, if TCP gives up.
"""
import argparse
import select
import signal
import socket
import sys


def guard(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 10)


def serve(args):
    listener = socket.create_server(("::", args.port), family=socket.AF_INET6)
    while True:
        sock, _ = listener.accept()
        if args.keepalive:
            guard(sock)
        while chunk := sock.recv(4096):
            sock.sendall(chunk)


def sit(args):
    wake, woken = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGUSR1, lambda *_: None)
    sock = socket.create_connection((args.to, args.port))
    if args.keepalive:
        guard(sock)
    print("connected", flush=True)
    said, heard = 0, b""
    while True:
        for ready in select.select([sock, woken], [], [])[0]:
            if ready is woken:
                said += len(woken.recv(16))
                sock.sendall(b"line %d\n" % said)
                continue
            chunk = sock.recv(4096)
            if not chunk:
                raise OSError("the server closed")
            heard += chunk
            while b"\n" in heard:
                line, heard = heard.split(b"\n", 1)
                print("echo", line.split()[1].decode(), flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("what", choices=["serve", "sit"])
    p.add_argument("--to", default="2001:db8:b0::20")
    p.add_argument("--port", type=int, default=7001)
    p.add_argument("--keepalive", action="store_true")
    args = p.parse_args()
    try:
        serve(args) if args.what == "serve" else sit(args)
    except OSError as e:
        print(e, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
