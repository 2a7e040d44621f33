# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# MPTCP; the second path is established before the handover, but only as a backup.
source "$here/systems/mptcp_full.sh"
b_flags="subflow fullmesh backup"
