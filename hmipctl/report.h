/* SPDX-License-Identifier: BSD-2-Clause */
/* hmipctl report: what belongs to a bug report, as one file without keys. */
#ifndef HMIP_CTL_REPORT_H
#define HMIP_CTL_REPORT_H

struct options;

/* The command. Returns the exit code: 0, also if no helper answers. */
int run_report(const char *path, char **argument, const struct options *options);

#endif
