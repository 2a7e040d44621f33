# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# MPTCP that learns of the second link when the first is gone: a host that does not know its next
# address in advance.
source "$here/systems/mptcp_full.sh"
b_early=0 d_signal=0
