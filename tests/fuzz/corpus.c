/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A main() that puts files through a fuzz target's entry point: those named, else all of the seed
 * corpus CORPUS. So the seeds, and what fuzzing has found, are tests that need no clang.
 */
#include "fuzz.h"

#include <dirent.h>

#define INPUT_MAX 65536

/* Runs one file, in a buffer of exactly its size for the sanitizers' sake. Returns 0 or 1. */
static int run(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *buf = malloc(INPUT_MAX), *exact;
	size_t n;

	if (!f || !buf) {
		perror(path);
		return 1;
	}
	n = fread(buf, 1, INPUT_MAX, f);
	fclose(f);
	exact = malloc(n ? n : 1);
	if (!exact)
		abort();
	memcpy(exact, buf, n);
	free(buf);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	return 0;
}

/* Runs all files of a directory. Returns the number of failures; none at all is one, too. */
static int run_all(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int failed = 0, n = 0;

	if (!d) {
		perror(dir);
		return 1;
	}
	while ((e = readdir(d))) {
		char path[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		failed += run(path);
		n++;
	}
	closedir(d);
	printf("%s: %d inputs\n", dir, n);
	return n ? failed : 1;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc == 1)
		return run_all(CORPUS) ? EXIT_FAILURE : EXIT_SUCCESS;
	for (int i = 1; i < argc; i++)
		failed += run(argv[i]);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
