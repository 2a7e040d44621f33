#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A person at a terminal: types a line, waits for the right answer, types the next, until SIGTERM;
then takes leave.

  dialogue.py --say TEXT --hear TEXT [--bye TEXT] [--again SECONDS] [--think SECONDS] -- COMMAND...

{n} in both texts is the number of the question, {square} its square. COMMAND has a pseudo-terminal
of its own, with echo; all that it shows goes to standard output. With --again a line is typed anew
if there is no answer, as it is over datagrams. The exit status is COMMAND's, or 1 if an answer did
not come.
"""
import argparse
import os
import pty
import select
import signal
import sys
import time

PATIENCE = 60 * float(os.environ.get("HMIP_PATIENCE", 1))


def hear(fd, heard, want, seconds):
    """Reads until want has been shown. Returns what was shown after it, None if the time is over
    or all has ended.
    """
    end = time.monotonic() + seconds
    while want not in heard:
        if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
            return None
        try:
            piece = os.read(fd, 65536)
        except OSError:  # what reading from a terminal says that nobody has open any more
            return None
        sys.stdout.buffer.write(piece)
        sys.stdout.flush()
        heard += piece
    return heard[heard.index(want) + len(want) :]


def drain(fd, seconds):
    hear(fd, b"", b"\0no such thing", seconds)


def question(fd, args, n, heard):
    words = {"n": n, "square": n * n}
    say, want = args.say.format(**words), args.hear.format(**words)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        os.write(fd, say.encode() + b"\n")
        rest = hear(fd, heard, want.encode(), args.again or PATIENCE)
        if rest is not None or not args.again:
            return rest
    return None


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--say", required=True)
    p.add_argument("--hear", required=True)
    p.add_argument("--bye")
    p.add_argument("--again", type=float)
    p.add_argument("--think", type=float, default=0.05)
    p.add_argument("command", nargs="+")
    args = p.parse_args()
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(True))

    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(args.command[0], args.command)
    n, heard = 0, b""
    while not told:
        n += 1
        heard = question(fd, args, n, heard)
        if heard is None:
            print(f"\nno answer to question {n}")
            os.kill(pid, signal.SIGKILL)
            sys.exit(1)
        time.sleep(args.think)
    if args.bye:
        os.write(fd, args.bye.encode() + b"\n")
        drain(fd, PATIENCE)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    else:
        os.kill(pid, signal.SIGTERM)
        status = 0
    print(f"\n{n} questions answered, exit status {status}")
    sys.exit(status)


if __name__ == "__main__":
    main()
