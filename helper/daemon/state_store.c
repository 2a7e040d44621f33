/* SPDX-License-Identifier: BSD-2-Clause */
#include "state_store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK_SECONDS	30	/* a damaged file may lead round in circles */
/* There is one process: it holds the helper's lock. No lock file, no table of readers. */
#define FLAGS		(MDB_NOSUBDIR | MDB_NOLOCK | MDB_NORDAHEAD)

struct state_store {
	char path[PATH_MAX], made[PATH_MAX];	/* made is empty once it is published */
	MDB_env *env;
	MDB_txn *txn;				/* NULL: nothing is changed */
	MDB_dbi dbi;
	bool durable, dirty;
};

/* LMDB's error as an errno of ours. Those of the system are positive. */
static int store_error(int r)
{
	if (r >= 0)
		return -r;
	if (r == MDB_NOTFOUND)
		return -ENOENT;
	if (r == MDB_MAP_FULL || r == MDB_TXN_FULL)
		return -ENOSPC;
	return r == MDB_PANIC ? -EIO : -EBADMSG;
}

/* An environment that is not open yet, with room for n octets. */
static int env_make(size_t n, MDB_env **ret)
{
	int r = mdb_env_create(ret);

	if (r == 0)
		r = mdb_env_set_mapsize(*ret, n);
	return store_error(r);
}

static int store_begin(struct state_store *s)
{
	int r = s->txn ? 0 : mdb_txn_begin(s->env, NULL, 0, &s->txn);

	if (r)
		s->txn = NULL;
	return store_error(r);
}

static void store_abort(struct state_store *s)
{
	if (s->txn)
		mdb_txn_abort(s->txn);
	s->txn = NULL;
	s->dirty = false;
}

/* Makes the file s->made, which must not be there before: whose it is would be another's choice. */
static int make_file(struct state_store *s)
{
	int fd;

	if (unlink(s->made) < 0 && errno != ENOENT)
		return -errno;
	fd = open(s->made, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int state_store_create(const char *path, bool durable, struct state_store **ret)
{
	struct state_store *s = calloc(1, sizeof(*s));
	int r = s ? 0 : -ENOMEM;

	if (r == 0 && (size_t)snprintf(s->path, sizeof(s->path), "%s", path) >= sizeof(s->path))
		r = -ENAMETOOLONG;
	if (r == 0 && (size_t)snprintf(s->made, sizeof(s->made), "%s.new", path) >=
		      sizeof(s->made))
		r = -ENAMETOOLONG;
	if (r == 0)
		r = make_file(s);
	if (r == 0)
		r = env_make(STATE_STORE_MAX, &s->env);
	if (r == 0)
		r = store_error(mdb_env_open(s->env, s->made, FLAGS | (durable ? 0 : MDB_NOSYNC),
					     0600));
	if (r == 0)
		r = store_begin(s);
	if (r == 0)
		r = store_error(mdb_dbi_open(s->txn, NULL, 0, &s->dbi));
	if (r < 0) {
		state_store_close(s);
		return r;
	}
	s->durable = durable;
	*ret = s;
	return 0;
}

/* The name of a file is durable when its directory is. */
static int sync_directory(const char *path)
{
	char copy[PATH_MAX];
	int fd, r;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return r;
}

int state_store_publish(struct state_store *s)
{
	if (rename(s->made, s->path) < 0)
		return -errno;
	*s->made = 0;
	return s->durable ? sync_directory(s->path) : 0;
}

void state_store_close(struct state_store *s)
{
	if (!s)
		return;
	store_abort(s);
	if (s->env)
		mdb_env_close(s->env);
	if (*s->made)
		unlink(s->made);
	free(s);
}

int state_store_put(struct state_store *s, const void *key, size_t key_len, const void *value,
		    size_t len)
{
	MDB_val k = { key_len, (void *)key }, v = { len, (void *)value }, old;
	int r = store_begin(s);

	if (r < 0)
		return r;
	r = mdb_get(s->txn, s->dbi, &k, &old);
	if (r == 0 && old.mv_size == len && memcmp(old.mv_data, value, len) == 0)
		return 0;
	if (r == 0 || r == MDB_NOTFOUND)
		r = mdb_put(s->txn, s->dbi, &k, &v, 0);
	s->dirty |= r == 0;
	return store_error(r);
}

int state_store_delete(struct state_store *s, const void *key, size_t key_len)
{
	MDB_val k = { key_len, (void *)key };
	int r = store_begin(s);

	if (r < 0)
		return r;
	r = mdb_del(s->txn, s->dbi, &k, NULL);
	s->dirty |= r == 0;
	return r == 0 ? 1 : r == MDB_NOTFOUND ? 0 : store_error(r);
}

int state_store_commit(struct state_store *s)
{
	int r = 0;

	if (s->txn && s->dirty) {
		r = mdb_txn_commit(s->txn);
		s->txn = NULL;
		s->dirty = false;
	}
	store_abort(s);
	return store_error(r);
}

static int each(MDB_env *env, state_store_fn *fn, void *ctx)
{
	MDB_cursor *at = NULL;
	MDB_txn *txn;
	MDB_val k, v;
	MDB_dbi dbi;
	int r = store_error(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn));

	if (r < 0)
		return r;
	r = store_error(mdb_dbi_open(txn, NULL, 0, &dbi));
	if (r == 0)
		r = store_error(mdb_cursor_open(txn, dbi, &at));
	while (r == 0 && (r = store_error(mdb_cursor_get(at, &k, &v, MDB_NEXT))) == 0)
		r = fn(ctx, k.mv_data, k.mv_size, v.mv_data, v.mv_size);
	if (at)
		mdb_cursor_close(at);
	mdb_txn_abort(txn);
	return r == -ENOENT ? 0 : r;	/* the end */
}

static int read_file(const char *path, state_store_fn *fn, void *ctx)
{
	MDB_env *env = NULL;
	int r = env_make(STATE_STORE_MAX, &env);

	if (r == 0)
		r = store_error(mdb_env_open(env, path, FLAGS | MDB_RDONLY, 0600));
	if (r == 0)
		r = each(env, fn, ctx);
	if (env)
		mdb_env_close(env);
	return r;
}

/* Reads the file and ends, with what came of it as the exit status. */
static _Noreturn void check_child(const char *path, state_store_fn *check, void *ctx)
{
	static const int fatal[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM };
	int r;

	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		signal(fatal[i], SIG_DFL);
	prctl(PR_SET_DUMPABLE, 0);	/* there are keys in it */
	alarm(CHECK_SECONDS);
	r = read_file(path, check, ctx);
	_exit(r < 0 && r > -UINT8_MAX ? -r : !!r);
}

static int check_file(const char *path, state_store_fn *check, void *ctx)
{
	int status, r;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		check_child(path, check, ctx);
	do {
		r = waitpid(pid, &status, 0);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EBADMSG;
}

int state_store_read(const char *path, state_store_fn *check, state_store_fn *fn, void *ctx)
{
	struct stat st;
	int r;

	if (lstat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return -EBADMSG;
	r = check_file(path, check, ctx);
	return r < 0 ? r : read_file(path, fn, ctx);
}
