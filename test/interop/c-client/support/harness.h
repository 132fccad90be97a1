/*
 * Runs the checks of one program against one ZooKeeper, and prints one line for each: "ok NAME" or
 * "not ok NAME: WHY". `PROGRAM --list` prints the names alone, without a server; `PROGRAM HOST:PORT
 * [NAME...]` runs all, or those named, and exits 0 only if all are ok.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <zookeeper/zookeeper.h>

enum {
    PATH_SIZE = 512,
    TEXT_SIZE = 512,
    /* How long something that should happen at once may take on a busy machine. */
    SOON_SECONDS = 15,
    SESSION_MS = 10000,
};

/* What one check works with; clients that it opened are closed after it. */
typedef struct {
    const char *address;
    char root[PATH_SIZE];
} Context;

/* What was heard, as lines of text in order, from any thread. */
typedef struct Log Log;

typedef struct {
    const char *name;
    void (*run)(Context *context);
} Check;

/* What a program has as its main: ends with the exit code. */
int run_checks(int argc, char **argv, const Check *checks, size_t count);

#define MAIN(checks)                                                         \
    int main(int argc, char **argv) {                                        \
        return run_checks(argc, argv, checks, sizeof checks / sizeof *checks); \
    }

/* Ends the check, which has failed; the text is in printf's way. */
void fail(const char *file, int line, const char *format, ...)
    __attribute__((noreturn, format(printf, 3, 4)));

#define FAIL(...) fail(__FILE__, __LINE__, __VA_ARGS__)

#define HOLDS(condition)                        \
    do {                                        \
        if (!(condition)) FAIL("not so: %s", #condition); \
    } while (0)

#define EQUAL(actual, expected)                                                          \
    do {                                                                                 \
        long long is = (actual), should_be = (expected);                                 \
        if (is != should_be) FAIL("%s is %lld, not %lld", #actual, is, should_be); \
    } while (0)

#define EQUAL_TEXT(actual, expected)                                                     \
    do {                                                                                 \
        const char *is = (actual), *should_be = (expected);                              \
        if (strcmp(is, should_be) != 0) FAIL("%s is %s, not %s", #actual, is, should_be); \
    } while (0)

/* A code of the client's: 0 is ZOK. */
#define RETURNS(call, code)                                                           \
    do {                                                                              \
        int is = (call), should_be = (code);                                          \
        if (is != should_be)                                                          \
            FAIL("%s returned %s, not %s", #call, zerror(is), zerror(should_be)); \
    } while (0)

#define OK(call) RETURNS(call, ZOK)

/* Waits until the condition is true. */
#define EVENTUALLY(condition)                                        \
    do {                                                             \
        Deadline deadline = soon();                                  \
        while (!(condition))                                         \
            if (!poll_again(deadline)) FAIL("still not so: %s", #condition); \
    } while (0)

typedef struct {
    int64_t at_ms;
} Deadline;

Deadline soon(void);
/* Waits a little; false when the deadline has passed. */
bool poll_again(Deadline deadline);

/* The path of a znode of this check, good until the check ends. */
const char *path_of(Context *context, const char *name);

/* A client that is connected; with an id it takes that session along. */
zhandle_t *connect_client(Context *context);
zhandle_t *connect_with(Context *context, const clientid_t *id);
/* A client that need not connect; its states go to the log. */
zhandle_t *start_client(Context *context, const clientid_t *id, Log *log);
/* Closes the session, ahead of the end of the check. */
void close_client(zhandle_t *client);
/* Breaks the connections of all clients of this process, as a network does. */
void drop_connections(Context *context);

/* Creates a znode with this text as its data. */
void create(zhandle_t *client, const char *path, const char *data, int mode);
/* The data of a znode as text, good until the next call. */
const char *data_of(zhandle_t *client, const char *path);

Log *new_log(void);
void note(Log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Waits until there are as many lines as in the text, which must then be the same. */
void await_log(const char *file, int line, Log *log, const char *expected);
#define AWAIT(log, expected) await_log(__FILE__, __LINE__, log, expected)
bool log_has(Log *log, const char *text);
/* A watcher, whose context is a log: notes the type and the last name of what it hears. */
void note_event(zhandle_t *client, int type, int state, const char *path, void *log);

#endif
