#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""api.py ADDRESS PORT: does what the lines of its input say with one connection, by hmip.h's
functions of the library it is preloaded with, and answers each with a line: ok, the name of an
error, or what is known."""
import ctypes
import errno
import socket
import sys

library = ctypes.CDLL(None, use_errno=True)
FLAGS = {1: "known", 2: "homeless", 4: "trusted", 8: "moved"}


class Info(ctypes.Structure):
    _fields_ = [
        ("flags", ctypes.c_uint32),
        ("addresses", ctypes.c_uint32),
        ("connections", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
        ("pairs", ctypes.c_uint8 * 64),
    ]


def call(name, *args):
    return "ok" if getattr(library, name)(*args) == 0 else errno.errorcode[ctypes.get_errno()]


def info(fd):
    i = Info()
    said = call("hmip_info", fd, ctypes.byref(i))
    if said != "ok":
        return said
    return (
        " ".join(FLAGS[f] for f in FLAGS if i.flags & f) + f" {i.connections}"
        if i.flags
        else "alone"
    )


s = socket.socket(socket.AF_INET6)
for line in sys.stdin:
    command = line.strip()
    answer = "ok"
    if command == "connect":
        s.connect((sys.argv[1], int(sys.argv[2])))
    elif command == "close":
        s.close()
        s = socket.socket(socket.AF_INET6)
    elif command == "info":
        answer = info(s.fileno())
    else:
        answer = call(f"hmip_{command}", s.fileno())
    print(answer, flush=True)
