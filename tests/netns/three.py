# SPDX-License-Identifier: BSD-2-Clause
"""A download, an upload and a quiet session at once, for middleboxes.sh.

three.py serve            listens at port 7000
three.py talk ADDRESS DIR  keeps what it has seen in DIR/{download,upload,quiet}: octets received,
                          octets that the server counted, answers; each line of DIR/ask is asked
                          in the quiet session
"""

import os
import socket
import sys
import threading
import time

BLOCK = bytes(range(256)) * 4
PAUSE = 0.01


def serve_one(c):
    kind = c.recv(1)
    if kind == b"d":
        while True:
            c.sendall(BLOCK)
            time.sleep(PAUSE)
    n = 0
    while data := c.recv(65536):
        n += len(data)
        c.sendall(data if kind == b"q" else b"%d\n" % n)


def serve():
    listener = socket.create_server(("::", 7000), family=socket.AF_INET6)
    while True:
        c, _ = listener.accept()
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve_one, args=(c,), daemon=True).start()


def note(where, n):
    with open(where + ".new", "w") as f:
        f.write("%d\n" % n)
    os.rename(where + ".new", where)


def download(c, where):
    n = 0
    while data := c.recv(65536):
        assert data == (BLOCK * (len(data) // len(BLOCK) + 2))[n % 256 : n % 256 + len(data)]
        n += len(data)
        note(where, n)


def upload(c, where):
    def acknowledged():
        for line in c.makefile():
            note(where, int(line))

    threading.Thread(target=acknowledged, daemon=True).start()
    while True:
        c.sendall(BLOCK)
        time.sleep(PAUSE)


def quiet(c, where):
    asked = 0
    ask = os.path.join(os.path.dirname(where), "ask")
    while True:
        lines = open(ask).readlines() if os.path.exists(ask) else []
        if len(lines) > asked:
            c.sendall(lines[asked].encode())
            assert c.recv(100) == lines[asked].encode()
            asked += 1
            note(where, asked)
        time.sleep(0.02)


def talk(address, folder):
    kinds = (download, upload, quiet)
    for kind in kinds:
        c = socket.create_connection((address, 7000))
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        c.sendall(kind.__name__[:1].encode())
        where = os.path.join(folder, kind.__name__)
        threading.Thread(target=kind, args=(c, where), daemon=True).start()
    threading.Event().wait()


if sys.argv[1] == "serve":
    serve()
else:
    talk(sys.argv[2], sys.argv[3])
