#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A server of datagrams as OpenVPN's is: answers a session from the address that its first packet
came to (IPV6_PKTINFO).

  pktinfo.py PORT STATUS     writes to STATUS, as JSON, how many it answered and how many answers
                             failed
"""
import json
import os
import socket
import sys
import time

sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
sock.bind(("::", int(sys.argv[1])))
answered = failed = 0
error, written = None, 0.0
sources = {}  # by client
while True:
    data, control, _, name = sock.recvmsg(2048, 256)
    info = [
        c[2][:16] + bytes(4) for c in control if c[:2] == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO)
    ]
    source = sources.setdefault(name[:2], info[0])
    try:
        sock.sendmsg([data], [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, source)], 0, name)
        answered += 1
    except OSError as e:
        failed += 1
        error = str(e)
    if time.monotonic() > written + 0.05:
        written = time.monotonic()
        with open(sys.argv[2] + ".new", "w") as f:
            json.dump({"received": answered, "failed": failed, "error": error}, f)
        os.rename(sys.argv[2] + ".new", sys.argv[2])
