/* Stands before the C library in a server under test: a disk that goes bad under files that are open.
 *
 * A file system cannot be mounted read-only by hand while a file on it is open for writing; the kernel alone does that,
 * when a disk fails. Here every change to a file under $FAULTS_UNDER fails the same way, for as long as
 * $FAULTS/read-only exists; and for as long as $FAULTS/sync exists nothing reaches the disk for good.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int stands(const char *fault) {
    const char *folder = getenv("FAULTS");
    char path[PATH_MAX];
    if (!folder) return 0;
    snprintf(path, sizeof path, "%s/%s", folder, fault);
    int kept = errno;
    int found = access(path, F_OK) == 0;
    errno = kept;
    return found;
}

static int is_under(const char *path) {
    const char *under = getenv("FAULTS_UNDER");
    return under && strncmp(path, under, strlen(under)) == 0;
}

static int fails(int fd, const char *fault) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_under(path) && stands(fault);
}

#define NEXT(name) \
    static __typeof__(name) *next; \
    if (!next) next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define CHANGE(type, name, declared, given) \
    type name declared { \
        NEXT(name); \
        if (fails(fd, "read-only")) { errno = EROFS; return -1; } \
        return next given; \
    }

CHANGE(ssize_t, write, (int fd, const void *bytes, size_t count), (fd, bytes, count))
CHANGE(ssize_t, pwrite, (int fd, const void *bytes, size_t count, off_t at), (fd, bytes, count, at))
CHANGE(ssize_t, pwrite64, (int fd, const void *bytes, size_t count, off64_t at), (fd, bytes, count, at))
CHANGE(int, ftruncate, (int fd, off_t length), (fd, length))
CHANGE(int, ftruncate64, (int fd, off64_t length), (fd, length))
CHANGE(int, fallocate, (int fd, int mode, off_t at, off_t length), (fd, mode, at, length))

#define SYNC(name) \
    int name(int fd) { \
        NEXT(name); \
        if (fails(fd, "sync")) { errno = EIO; return -1; } \
        return next(fd); \
    }

SYNC(fsync)
SYNC(fdatasync)

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        NEXT(name); \
        mode_t mode = 0; \
        if (flags & (O_CREAT | __O_TMPFILE)) { \
            va_list more; \
            va_start(more, flags); \
            mode = va_arg(more, mode_t); \
            va_end(more); \
        } \
        if ((flags & (O_WRONLY | O_RDWR)) && is_under(path) && stands("read-only")) { errno = EROFS; return -1; } \
        return next(path, flags, mode); \
    }

OPEN(open)
OPEN(open64)
