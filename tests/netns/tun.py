#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""tun.py TYPE NAMESPACE NAMESPACE: an interface t0 in each, joined, of a link type (ARPHRD_*) whose
packets begin with the IP header, whatever the type is. Prints "joined" when they are there."""
import ctypes
import fcntl
import os
import select
import struct
import subprocess
import sys

TUNSETIFF, TUNSETLINK = 0x400454CA, 0x400454CD
IFF_TUN, IFF_NO_PI = 1, 0x1000
CLONE_NEWNET = 0x40000000


def open_tun(namespace, link_type):
    """It comes to namespace with the type that it keeps."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"t0", IFF_TUN | IFF_NO_PI))
    fcntl.ioctl(tun, TUNSETLINK, link_type)
    subprocess.run(["ip", "link", "set", "t0", "netns", namespace], check=True)
    return tun


def main():
    here, there = (open_tun(namespace, int(sys.argv[1])) for namespace in sys.argv[2:])
    print("joined", flush=True)
    while True:
        for tun in select.select([here, there], [], [])[0]:
            packet = os.read(tun, 65536)
            try:
                os.write(there if tun == here else here, packet)
            except OSError:
                pass  # the other one is down


main()
