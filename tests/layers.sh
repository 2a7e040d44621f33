#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs layers.py, where there is a Python.
command -v python3 >/dev/null || { echo "python3 is not installed, skipping"; exit 77; }
exec python3 "$(dirname "$0")/layers.py"
