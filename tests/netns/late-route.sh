#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A second address is there before it has a route: the Response to the server's Challenge cannot be
# sent, and is sent when the route comes, without another Challenge. Then the first default route is
# withdrawn although its address stays: a third address is announced from where there is a way (X5,
# B7, B13). At last somebody flushes the routes that hmip made: they are put back.
source "$(dirname "$0")/lib.sh"

# More Responses left than there were Challenges.
response_repeated()
{
	(($(events client response-sent) > $(events client challenge-heard)))
}

not_sent()
{
	grep '"dropped"' "$dir/client.events" | grep -q "\"local\":\"$1\".*could not be sent"
}

topology c0 s0
helpers
serve
talk t
must_soon 10 "the server has verified the client's address" is_active server $C0

ip -n "$client" link set c1 up
ip -n "$client" addr replace $C1/64 dev c1
must_soon 10 "the Response has no route" not_sent $C1
must_not "there is no way to prove it" is_active server $C1
default_route c1
must_soon 10 "the Response is sent anew" response_repeated
must_soon 10 "the server has verified the address" is_active server $C1

third=2001:db8:a1::30
ip -n "$client" -6 route del default dev c0
ip -n "$client" addr add $third/64 dev c1 nodad
must_soon 10 "the third address is announced" is_active server $third
goes_on t 10 "after all that"

routes()
{
	ip -n "$client" -6 route show table all proto 109 | sed -E 's/ metric .*//' | sort
}

are_back()
{
	[[ $(routes) == "$made" ]]
}

ip -n "$client" addr del $C0/64 dev c0
must_soon 10 "the client has moved" not uses client $C0
must_soon 10 "the client needs routes" eval '[[ -n $(routes) ]]'
goes_on t 5 "after the move"
made=$(routes)
ip -n "$client" -6 route flush table local proto 109
ip -n "$client" -6 route flush table main proto 109
must_soon 5 "the routes are back" are_back
goes_on t 5 "without a new connection"
stop_talk t
