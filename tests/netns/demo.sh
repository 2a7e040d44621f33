#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The demonstration (quickstart demo) is right about what it shows: transfers and a session die
# without hmip, and go on with it, after a shorter gap if the peer knew the other link (A1, B6, B7).
source "$(dirname "$0")/lib.sh"

out=$dir/ftp-demo
demo=$netns_dir/../../examples/ftp-demo/run.sh
limit=$((120 * ${HMIP_PATIENCE:-1}))	# seconds
soon_ms=$((1000 * ${HMIP_PATIENCE:-1}))	# milliseconds
status=0
HMIP_DEMO=$out timeout -k 20 $limit "$demo" >"$dir/demo.log" 2>&1 || status=$?
[[ $status != "$SKIP" ]] || skip "$(sed -n 's/^SKIP [^:]*: //p' "$dir/demo.log")"
must "the demonstration succeeds (status $status)" [ $status = 0 ]

# run RUN EXPRESSION: a figure of a run; transfer RUN KIND EXPRESSION: of one of its transfers.
run()
{
	json "$2" <"$out/$1.json"
}

transfer()
{
	run "$1" "(lambda t, size, wait: $3)(d['transfers']['$2'], d['size'], d['usable_after_ms'])"
}

# must_hold WHAT run|transfer ARGS...: the expression is true.
must_hold()
{
	local what=$1
	shift
	must "$what" "$@" >/dev/null
}

for kind in ftp-download ftp-upload http-download; do
	must_hold "without hmip, $kind dies" transfer without $kind \
		"t['status'] != 0 and not t['same'] and 0 < t['octets'] < size"
	for with in fresh known; do
		must_hold "with hmip, $kind goes on ($with)" transfer $with $kind \
			"t['status'] == 0 and t['same'] and t['octets'] == size"
	done
	say "$kind: the gap is $(transfer fresh $kind "round(t['gap_ms'], 1)") ms on the fresh" \
		"link, $(transfer known $kind "round(t['gap_ms'], 1)") ms on the known one"
	must_hold "the gap of $kind includes duplicate address detection" \
		transfer fresh $kind "t['gap_ms'] > wait - 100 and wait > 500"
done

# median RUN FIGURE: of the three transfers. A retransmission that is lost in its turn makes one
# connection wait for its timer; the bound for that is the patience of the program.
median()
{
	run "$1" "round(sorted(t['$2'] for t in d['transfers'].values())[1], 1)"
}

fresh=$(median fresh gap_ms) known=$(median known gap_ms)
must "a known link saves most of the gap: $known ms instead of $fresh" \
	[ $((2 * ${known%.*})) -lt "${fresh%.*}" ]
must_hold "they go on soon after the address can be used" run fresh \
	"sorted(t['gap_after_usable_ms'] for t in d['transfers'].values())[1] < $soon_ms"
must_hold "without hmip, the ssh session dies" run without "d['ssh'] != 0"
for with in fresh known; do
	must_hold "with hmip, the ssh session goes on ($with)" run $with "d['ssh'] == 0"
	must "the $with link's picture is of all transfers" grep -q '^dead = 0$' "$out/$with.gp"
done
must "the text says that transfers die" [ "$(grep -c '^  .* DIES at ' "$out/without.txt")" = 3 ]
picture=$(file -b "$out/throughput.png")
must "there is a picture, not $picture" [ "${picture%%,*}" = "PNG image data" ]
