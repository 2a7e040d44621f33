#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks text on standard input: Prometheus's text format 0.0.4, as far as hmipctl uses it, and as
"promtool check metrics" does.

    prometheus.py [SAMPLE...] [@FILE]

Each SAMPLE, such as 'hmip_peers{status="homeless"}', must be there; SAMPLE>NUMBER: and be larger.
@FILE: so must all names in that file, as a dashboard has them, that begin with hmip_.
"""
import re
import sys

SUFFIXES = {
    "gauge": [""],
    "counter": [""],
    "histogram": ["_bucket", "_count", "_sum"],
}
NAME = r"[a-z_:][a-z0-9_:]*"
LABEL = r'[a-z_][a-z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)")
METADATA = re.compile(rf"# (TYPE|HELP) ({NAME}) (.+)")


def check_family(name, meta, samples):
    kind = meta.get("TYPE")
    assert kind in SUFFIXES, f"{name} has no known type"
    assert meta.get("HELP"), f"{name} has no help"
    assert (kind == "counter") == name.endswith("_total"), f"{name} is a {kind}"
    assert not re.search("_(count|sum|bucket)$", name), f"{name} is as of a histogram"
    for _, labels, _ in samples:
        assert kind == "histogram" or not re.search("(^|,)le=", labels), f"{name} has le"
    for sample, _, value in samples:
        assert sample.removeprefix(name) in SUFFIXES[kind], f"{sample} is of no {kind} {name}"
        assert kind == "gauge" or value >= 0, f"{sample} is negative"
    keys = [(s, labels) for s, labels, _ in samples]
    assert len(keys) == len(set(keys)), f"{name} has a sample twice"
    if kind == "histogram":
        bounds = [re.fullmatch('le="(.*)"', la).group(1) for s, la, _ in samples if "_bucket" in s]
        counts = [v for s, _, v in samples if s.endswith("_bucket")]
        all_of = [v for s, _, v in samples if s.endswith("count")]
        assert bounds[-1] == "+Inf", f"{name} lacks a last bucket"
        assert [float(b) for b in bounds] == sorted(float(b) for b in bounds), f"{name}: order"
        assert counts == sorted(counts), f"{name} is not cumulative"
        assert all_of == counts[-1:], f"{name}: its count is not that of the last bucket"


def families(text):
    """Yields (name, metadata, samples) of each."""
    assert text.endswith("\n"), "the last line does not end"
    name, meta, samples, done = None, {}, [], set()
    for line in text.split("\n")[:-1]:
        m = METADATA.fullmatch(line)
        if m:
            if m.group(2) != name:
                if name:
                    yield name, meta, samples
                name, meta, samples = m.group(2), {}, []
                assert name not in done, f"{name} is there twice"
                done.add(name)
            assert not samples and m.group(1) not in meta, f"metadata out of place: {line}"
            meta[m.group(1)] = m.group(3)
            continue
        m = SAMPLE.fullmatch(line)
        assert m, f"neither metadata nor a sample: {line!r}"
        assert name and m.group(1).startswith(name), f"of another family than {name}: {line}"
        samples.append((m.group(1), m.group(2) or "", float(m.group(3))))
    yield name, meta, samples


def main():
    found = {}
    for name, meta, samples in families(sys.stdin.read()):
        check_family(name, meta, samples)
        found.update({s + (f"{{{la}}}" if la else ""): v for s, la, v in samples})
    names = {key.partition("{")[0] for key in found}
    for file in (a[1:] for a in sys.argv[1:] if a.startswith("@")):
        missing = set(re.findall(r"hmip_\w+", open(file).read())) - names
        assert not missing, f"{file} has names that there are not: {missing}"
    for want in (a for a in sys.argv[1:] if not a.startswith("@")):
        key, _, more = want.partition(">")
        assert key in found, f"no {key}"
        assert not more or found[key] > float(more), f"{key} is {found[key]}"


try:
    main()
except AssertionError as e:
    sys.exit(f"prometheus.py: {e}")
