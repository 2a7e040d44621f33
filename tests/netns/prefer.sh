#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Moves on purpose while both links are up, by interface and by address: the server follows each
# time, back to the address the connection was born with as well (C11). Only a switch that a loss
# caused reports the time since that loss.
source "$(dirname "$0")/lib.sh"

topology c0 c1 s0
helpers
serve
talk t
must_soon 10 "the server has verified the client's second address" is_active server $C1
for target in c1 $C0 c1 c0; do
	must "prefer $target" ctl client prefer $target
	goes_on t 5 "told to prefer $target"
	to=$C0
	[[ $target != c1 ]] || to=$C1
	must_soon 5 "the client sends from $to" uses client $to
	must_soon 5 "the server sends to $to" sends_to server $to
done
must_not "an address of nobody can be preferred" ctl client prefer 2001:db8:ffff::1

# last_switch EXPRESSION: it holds for the client's last switch, s.
last_switch()
{
	grep '"switched"' "$dir/client.events" | tail -n 1 | json "(lambda s: $1)(d)" >/dev/null
}

must "a switch on purpose reports no loss" last_switch "s['after_loss'] is None"
link_down c0
must_soon 5 "the client sends from its second address" uses client $C1
must_soon 5 "the switch reports the loss that caused it" \
	last_switch "s['local'] == '$C1' and s['after_loss'] is not None"
link_ready c0
must "prefer c0" ctl client prefer c0
must_soon 5 "the client sends from its first address again" uses client $C0
must_soon 5 "the switch back is in the events" last_switch "s['local'] == '$C0'"
must "the switch back does not report the old loss" last_switch "s['after_loss'] is None"

# What a monitoring system is given.
ctl client metrics >"$dir/metrics"
must "the metrics are as Prometheus wants them, and have the switches" \
	python3 "$netns_dir/../peers/prometheus.py" \
	'hmip_handovers_total{cause="another source is preferred"}>3' \
	'hmip_handovers_total{cause="the source was lost"}>0' \
	'hmip_handover_after_loss_seconds_count>0' 'hmip_peers{status="homeless"}>0' \
	'hmip_connections{proto="tcp",known_by="preload",state="unmoved"}' \
	'hmip_signalling_rtt_seconds_count>0' 'hmip_table_limit{table="connections"}>0' \
	'hmip_events_total{event="bu-sent"}>0' 'hmip_refusals_total{reason="bad-icv"}' \
	@"$netns_dir/../../packaging/monitoring/grafana.json" <"$dir/metrics"
stop_talk t
