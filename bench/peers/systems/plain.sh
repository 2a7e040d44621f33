# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Plain TCP. A handover ends it.
