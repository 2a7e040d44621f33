#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks that no two files of the product call or include each other in a circle, and that a file
calls and includes only files of the folders that LAYERS lists for its own.

The calls come from nm on the objects in the build directory: a symbol, function or data, that one
file leaves undefined and another defines. Nothing is parsed, so no macro hides a call."""
import collections
import os
import pathlib
import re
import subprocess
import sys

BUILD = pathlib.Path(os.environ.get("HMIP_BUILD", "build")).resolve()
SOURCE = pathlib.Path(os.environ.get("HMIP_SOURCE", pathlib.Path(__file__).parent.parent)).resolve()
PRODUCT = ("common", "helper", "hmipctl", "shim")

CORE_DATA = "helper/core/core_types.h helper/core/core_action.h"
# A folder, and what else its files may use: a folder, one header, or (without suffix) one module.
LAYERS = {
    "common/base": "",
    "common/wire": "common/base",
    "common/ipc": "common/base",
    "common/exec": "",
    # The core. Its own folder has the headers that the shells include.
    "helper/core": "common/base common/wire helper/core/base/sa.h",
    "helper/core/base": f"common/base common/wire {CORE_DATA}",
    "helper/core/model": f"common/base common/wire {CORE_DATA} helper/core/base",
    "helper/core/proto": f"common/base common/wire {CORE_DATA} helper/core/base helper/core/model",
    "helper/core/event": "common/base common/wire helper/core helper/core/base helper/core/model"
    " helper/core/proto",
    # The shells. Only the daemon uses all of them.
    "helper/kernel": "common/base common/wire common/ipc",
    "helper/control": "common/base common/ipc",
    "helper/datapath": "common/base common/wire helper/core helper/kernel/netlink"
    " helper/kernel/tc_filter",
    "helper/datapath/bpf": "common/wire/masquerade.h helper/datapath/dp_abi.h",
    "helper/daemon": "common/base common/wire common/ipc helper/core helper/core/base/sa.h"
    " helper/kernel helper/control helper/datapath",
    "hmipctl": "common/base common/ipc common/exec helper/kernel/fib helper/kernel/inet_diag"
    " helper/kernel/netlink helper/kernel/sock_info.h helper/kernel/tc_filter",
    "shim": "common/base common/ipc common/exec shim/lib",
    "shim/lib": "common/base common/ipc",
    "shim/hooks": "common/base common/ipc shim/lib",
}
# The folders that define the functions of helper/core/*.h.
BEHIND = {
    "helper/core": (
        "helper/core/base",
        "helper/core/model",
        "helper/core/proto",
        "helper/core/event",
    )
}


def sources():
    return sorted(
        p.relative_to(SOURCE)
        for d in PRODUCT
        for p in (SOURCE / d).rglob("*.[ch]")
        if not p.name.endswith(".skel.h")
    )


def module(path):
    """A .c file and its header are one module."""
    return str(path.with_suffix("")).removesuffix(".bpf")


def objects():
    """Yields each compiled source, one of its objects, and all files that it included."""
    for deps in sorted(p for d in PRODUCT for p in (BUILD / d).rglob(".deps/*.P*o")):
        rule = deps.read_text().replace("\\\n", " ").split("\n")[0]
        if ":" not in rule or rule.startswith("#"):
            continue
        target, files = rule.split(":", 1)
        # Rules are relative to the folder that has the Makefile.
        base = deps.parent
        while not (base / "Makefile").exists():
            base = base.parent
        files = [(base / f).resolve() for f in files.split()]
        if not files[0].is_relative_to(SOURCE) or not files[0].exists():
            continue  # a file that was renamed since
        o = (base / target).with_suffix(".o")
        o = next((x for x in (o, o.parent / ".libs" / o.name) if x.exists()), None)
        if o:
            yield (
                files[0].relative_to(SOURCE),
                o,
                [f.relative_to(SOURCE) for f in files[1:] if f.is_relative_to(SOURCE)],
            )


def symbols(o):
    """Returns the symbols that an object defines, and those that it leaves undefined."""
    out = subprocess.run(["nm", "-P", "-g", str(o)], check=True, capture_output=True, text=True)
    kind = {
        line.split()[0]: line.split()[1]
        for line in out.stdout.splitlines()
        if len(line.split()) > 1
    }
    lacks = {s for s, k in kind.items() if k in "Uvw"}
    return kind.keys() - lacks, lacks


def linked(user, definer):
    """Whether one program can have both. The shim defines functions that have the names of libc's,
    which the other programs do not call."""
    if str(user) == "shim/hmip-run.c":
        return definer.parts[0] == "common"
    return definer.parts[0] in ("common", user.parts[0]) or (user.parts[0], definer.parts[0]) == (
        "hmipctl",
        "helper",
    )


def calls(compiled):
    """Returns {(file, file): a symbol}."""
    defines, needs = collections.defaultdict(set), collections.defaultdict(set)
    for src, o, _ in compiled:
        has, lacks = symbols(o)
        needs[src] |= lacks
        for s in has - {"main"}:
            defines[s].add(src)
    return {
        (src, d): s
        for src, all_of in needs.items()
        for s in sorted(all_of)
        for d in defines[s]
        if d != src and linked(src, d)
    }


def includes(compiled):
    """Returns {(file, file): ""} for each #include, resolved as the compiler resolved it."""
    seen = collections.defaultdict(set)
    by_name = collections.defaultdict(set)
    for src, _, deps in compiled:
        seen[src].update(deps)
    for p in sources():
        by_name[p.name].add(p)
    arrows = {}
    for p in sources():
        for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', (SOURCE / p).read_text(), re.M):
            near = pathlib.Path(os.path.normpath(p.parent / name))
            if (SOURCE / near).exists():
                to = {near}
            else:
                found = {c for c in by_name[pathlib.Path(name).name] if str(c).endswith("/" + name)}
                users = [deps for src, deps in seen.items() if src == p or p in deps]
                to = {c for c in found if any(c in deps for deps in users)} or found
            for c in to:
                arrows[p, c] = ""
    return arrows


def allowed(user, other, called):
    here, there = str(user.parent), str(other.parent)
    if here == there:
        return True
    for may in LAYERS[here].split():
        if there == may or str(other) == may or module(other) == may:
            return True
        if called and there in BEHIND.get(may, ()):
            return True
    return False


def circles(arrows):
    """Returns the strongly connected components of more than one module (Tarjan)."""
    graph = collections.defaultdict(set)
    for a, b in arrows:
        if module(a) != module(b):
            graph[module(a)].add(module(b))
    index, low, stack, found = {}, {}, [], []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in sorted(graph[v]):
            if w not in index:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in stack:
                low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            ring = [stack.pop()]
            while ring[-1] != v:
                ring.append(stack.pop())
            if len(ring) > 1:
                found.append(sorted(ring))

    for v in sorted(graph):
        if v not in index:
            visit(v)
    return found


def main():
    sys.setrecursionlimit(10000)
    compiled = list(objects())
    called, included = calls(compiled), includes(compiled)
    files = sources()
    faults = []
    faults += [
        "%s has no object in %s: build everything first" % (p, BUILD)
        for p in files
        if p.suffix == ".c"
        and not p.name.endswith(".bpf.c")
        and p not in {src for src, _, _ in compiled}
    ]
    faults += [
        "%s: LAYERS has no row for %s" % (p, p.parent) for p in files if str(p.parent) not in LAYERS
    ]
    for arrows, verb in ((included, "includes"), (called, "calls")):
        for (a, b), what in sorted(arrows.items()):
            if str(a.parent) in LAYERS and not allowed(a, b, verb == "calls"):
                faults.append(
                    "%s %s %s%s: not a layer below %s"
                    % (a, verb, what + " of " if what else "", b, a.parent)
                )
    both = {**included, **called}
    for ring in circles(both):
        faults.append("a circle of %d: %s" % (len(ring), " ".join(ring)))
        faults += [
            "\t%s -> %s%s" % (a, b, " (%s)" % what if what else "")
            for (a, b), what in sorted(both.items())
            if module(a) in ring and module(b) in ring and module(a) != module(b)
        ]
    if faults:
        print("\n".join(faults))
    print(
        "%d files, %d calls and %d includes between them: %d faults"
        % (len(files), len(called), len(included), len(faults))
    )
    return 1 if faults or not called or not included else 0


if __name__ == "__main__":
    sys.exit(main())
