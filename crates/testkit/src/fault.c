/* Makes a database's disk fail: stands before the C library's calls, and looks at the file `fault` beside the database.
 * It holds a word and a number: `write 28` fails every write with that error, `sync 5` every sync. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* The error that this kind of call on this file fails with; 0 for none. */
static int fault(int fd, const char *kind) {
    char link[64], path[512], name[600], word[16];
    int error = 0;
    const char *folder = getenv("CALLOUT_TEST_FOLDER");
    if (!folder) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (!strstr(path, "callout.db")) return 0;
    snprintf(name, sizeof name, "%s/fault", folder);
    FILE *file = fopen(name, "r");
    if (!file) return 0;
    if (fscanf(file, "%15s %d", word, &error) != 2 || strcmp(word, kind) != 0) error = 0;
    fclose(file);
    return error;
}

#define FAILS(kind) { int error = fault(fd, kind); if (error) { errno = error; return -1; } }
#define REAL(name, ...) static __typeof__(&name) real; if (!real) real = dlsym(RTLD_NEXT, #name); return real(__VA_ARGS__)

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { FAILS("write") REAL(pwrite, fd, bytes, count, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) { FAILS("write") REAL(pwrite64, fd, bytes, count, at); }
ssize_t write(int fd, const void *bytes, size_t count) { FAILS("write") REAL(write, fd, bytes, count); }
int ftruncate(int fd, off_t length) { FAILS("write") REAL(ftruncate, fd, length); }
int ftruncate64(int fd, off64_t length) { FAILS("write") REAL(ftruncate64, fd, length); }
int fsync(int fd) { FAILS("sync") REAL(fsync, fd); }
int fdatasync(int fd) { FAILS("sync") REAL(fdatasync, fd); }
