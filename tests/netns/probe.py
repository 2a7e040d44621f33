#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints what a program sees of the calls a preload could touch: results and errors, with ports
left out.
"""
import errno
import os
import signal
import socket

S = socket
signal.alarm(20)


def show(name, call):
    try:
        result = call()
    except OSError as e:
        result = errno.errorcode.get(e.errno, e)
    if isinstance(result, tuple):
        result = tuple("port" if isinstance(x, int) and x > 1023 else x for x in result)
    print(f"{name}: {result}", flush=True)


def stream(family, host):
    listener = S.socket(family, S.SOCK_STREAM)
    show(f"{host} name unbound", listener.getsockname)
    show(f"{host} peer unconnected", listener.getpeername)
    show(f"{host} accept without listen", listener.accept)
    show(f"{host} bind", lambda: listener.bind((host, 0)))
    show(f"{host} bind again", lambda: listener.bind((host, 0)))
    listener.listen()
    port = listener.getsockname()[1]
    again = S.socket(family, S.SOCK_STREAM)
    show(f"{host} bind in use", lambda: again.bind((host, port)))
    show(f"{host} name bound", listener.getsockname)
    client = S.socket(family, S.SOCK_STREAM)
    show(f"{host} connect", lambda: client.connect((host, port)))
    show(f"{host} connect twice", lambda: client.connect((host, port)))
    server, peer = listener.accept()
    show(f"{host} accepted", lambda: peer)
    show(f"{host} client peer", client.getpeername)
    show(f"{host} server name", server.getsockname)
    show(f"{host} server peer", server.getpeername)
    same = (client.getsockname(), client.getpeername()) == (
        server.getpeername(),
        server.getsockname(),
    )
    show(f"{host} the same at both ends", lambda: same)
    client.sendall(b"x")
    show(f"{host} data", lambda: server.recv(1))
    duplicate = S.socket(fileno=os.dup(client.fileno()))
    show(f"{host} peer of a duplicate", duplicate.getpeername)
    duplicate.close()
    client.close()
    show(f"{host} end", lambda: server.recv(1))
    server.close()
    listener.setblocking(False)
    show(f"{host} accept with nobody", listener.accept)
    listener.close()
    late = S.socket(family, S.SOCK_STREAM)
    show(f"{host} refused", lambda: late.connect((host, port)))


for family, host in (
    (S.AF_INET6, "::1"),
    (S.AF_INET6, "2001:db8:a0::10"),
    (S.AF_INET, "127.0.0.1"),
    (S.AF_INET6, "::ffff:127.0.0.1"),
):
    stream(family, host)

s = S.socket(S.AF_INET6, S.SOCK_DGRAM)
show("datagram connect", lambda: s.connect(("2001:db8:a0::10", 9)))
show("datagram peer", s.getpeername)
s = S.socket(S.AF_INET6, S.SOCK_STREAM)
show("no such address", lambda: s.bind(("2001:db8:ffff::1", 0)))
s = S.socket(S.AF_INET6, S.SOCK_STREAM)
s.setblocking(False)
show("in progress", lambda: s.connect(("2001:db8:b0::20", 4)))
a, b = S.socketpair()
show("unix name", a.getsockname)
show("unix peer", b.getpeername)
read, write = os.pipe()
show("not a socket", lambda: S.socket(S.AF_INET6, S.SOCK_STREAM, fileno=read).getpeername())
