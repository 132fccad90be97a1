#define _GNU_SOURCE
#include "harness.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS_MAX = 32, TEXTS_MAX = 512, POLL_MS = 5, CHECK_SECONDS_MAX = 60, FD_MAX = 1024 };

static jmp_buf check_end;
static char failure[4 * TEXT_SIZE];
/* Opened by the running check. */
static zhandle_t *clients[CLIENTS_MAX];
/* Freed after the running check. */
static void *texts[TEXTS_MAX];
static size_t text_count;
static Log *logs[TEXTS_MAX];
static size_t log_count;
static const char *running;

struct Log {
    pthread_mutex_t mutex;
    char *text;
};

void fail(const char *file, int line, const char *format, ...) {
    char why[3 * TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    const char *name = strrchr(file, '/');
    snprintf(failure, sizeof failure, "%s (%s:%d)", why, name ? name + 1 : file, line);
    for (char *c = failure; *c; c++) {
        if (*c == '\n') *c = '|';
    }
    longjmp(check_end, 1);
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

Deadline soon(void) {
    return (Deadline){now_ms() + SOON_SECONDS * 1000};
}

bool poll_again(Deadline deadline) {
    usleep(POLL_MS * 1000);
    return now_ms() < deadline.at_ms;
}

/* Keeps what was allocated until the check ends. */
static void *kept(void *memory) {
    if (memory == NULL || text_count == TEXTS_MAX) abort();
    texts[text_count++] = memory;
    return memory;
}

const char *path_of(Context *context, const char *name) {
    char *path = NULL;
    if (asprintf(&path, "%s/%s", context->root, name) < 0) abort();
    return kept(path);
}

static void ignore_event(zhandle_t *client, int type, int state, const char *path, void *data) {
    (void)client, (void)type, (void)state, (void)path, (void)data;
}

static void note_state(zhandle_t *client, int type, int state, const char *path, void *data) {
    (void)client, (void)path;
    if (type != ZOO_SESSION_EVENT || data == NULL) return;
    if (state == ZOO_CONNECTED_STATE) note(data, "connected");
    else if (state == ZOO_CONNECTING_STATE) note(data, "connecting");
    else if (state == ZOO_EXPIRED_SESSION_STATE) note(data, "expired");
    else if (state == ZOO_AUTH_FAILED_STATE) note(data, "authentication failed");
}

static zhandle_t *open_client(
    Context *context, const clientid_t *id, watcher_fn watcher, void *data) {
    zhandle_t *client = zookeeper_init(context->address, watcher, SESSION_MS, id, data, 0);
    if (client == NULL) FAIL("zookeeper_init failed");
    for (size_t index = 0; index < CLIENTS_MAX; index++) {
        if (clients[index] == NULL) {
            clients[index] = client;
            return client;
        }
    }
    abort();
}

zhandle_t *start_client(Context *context, const clientid_t *id, Log *log) {
    return open_client(context, id, note_state, log);
}

zhandle_t *connect_with(Context *context, const clientid_t *id) {
    zhandle_t *client = open_client(context, id, ignore_event, NULL);
    EVENTUALLY(zoo_state(client) == ZOO_CONNECTED_STATE);
    return client;
}

zhandle_t *connect_client(Context *context) {
    return connect_with(context, NULL);
}

void close_client(zhandle_t *client) {
    for (size_t index = 0; index < CLIENTS_MAX; index++) {
        if (clients[index] == client) clients[index] = NULL;
    }
    OK(zookeeper_close(client));
}

void drop_connections(Context *context) {
    int port = atoi(strrchr(context->address, ':') + 1);
    int dropped = 0;
    for (int fd = 0; fd < FD_MAX; fd++) {
        struct sockaddr_in peer;
        socklen_t length = sizeof peer;
        if (getpeername(fd, (struct sockaddr *)&peer, &length) != 0) continue;
        if (peer.sin_family != AF_INET || ntohs(peer.sin_port) != port) continue;
        if (shutdown(fd, SHUT_RDWR) == 0) dropped++;
    }
    HOLDS(dropped > 0);
}

void create(zhandle_t *client, const char *path, const char *data, int mode) {
    OK(zoo_create(client, path, data, strlen(data), &ZOO_OPEN_ACL_UNSAFE, mode, NULL, 0));
}

const char *data_of(zhandle_t *client, const char *path) {
    static char data[TEXT_SIZE];
    int length = sizeof data - 1;
    OK(zoo_get(client, path, 0, data, &length, NULL));
    data[length < 0 ? 0 : length] = '\0';
    return data;
}

Log *new_log(void) {
    Log *log = calloc(1, sizeof *log);
    if (log == NULL || log_count == TEXTS_MAX) abort();
    pthread_mutex_init(&log->mutex, NULL);
    log->text = strdup("");
    logs[log_count++] = log;
    return log;
}

void note(Log *log, const char *format, ...) {
    char line[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    pthread_mutex_lock(&log->mutex);
    char *longer = NULL;
    if (asprintf(&longer, "%s%s\n", log->text, line) < 0) abort();
    free(log->text);
    log->text = longer;
    pthread_mutex_unlock(&log->mutex);
}

void note_event(zhandle_t *client, int type, int state, const char *path, void *log) {
    (void)client, (void)state;
    const char *name = strrchr(path, '/');
    if (type == ZOO_CREATED_EVENT) note(log, "created %s", name + 1);
    else if (type == ZOO_DELETED_EVENT) note(log, "deleted %s", name + 1);
    else if (type == ZOO_CHANGED_EVENT) note(log, "changed %s", name + 1);
    else if (type == ZOO_CHILD_EVENT) note(log, "children %s", name + 1);
    else if (type != ZOO_SESSION_EVENT) note(log, "event %d %s", type, name + 1);
}

static char *copy_of(Log *log) {
    pthread_mutex_lock(&log->mutex);
    char *copy = strdup(log->text);
    pthread_mutex_unlock(&log->mutex);
    return kept(copy);
}

static size_t count_lines(Log *log, const char *text) {
    size_t count = 0;
    if (log != NULL) pthread_mutex_lock(&log->mutex);
    for (const char *c = log != NULL ? log->text : text; *c; c++) count += *c == '\n';
    if (log != NULL) pthread_mutex_unlock(&log->mutex);
    return count;
}

void await_log(const char *file, int line, Log *log, const char *expected) {
    size_t expected_lines = count_lines(NULL, expected);
    Deadline deadline = soon();
    while (count_lines(log, NULL) < expected_lines && poll_again(deadline)) continue;
    const char *seen = copy_of(log);
    if (strcmp(seen, expected) != 0) fail(file, line, "heard \"%s\", not \"%s\"", seen, expected);
}

bool log_has(Log *log, const char *text) {
    pthread_mutex_lock(&log->mutex);
    bool has = strstr(log->text, text) != NULL;
    pthread_mutex_unlock(&log->mutex);
    return has;
}

static void clean_up(void) {
    for (size_t index = 0; index < CLIENTS_MAX; index++) {
        if (clients[index] != NULL) zookeeper_close(clients[index]);
        clients[index] = NULL;
    }
    while (text_count > 0) free(texts[--text_count]);
    while (log_count > 0) {
        Log *log = logs[--log_count];
        free(log->text);
        free(log);
    }
}

static int delete_all(zhandle_t *client, const char *path) {
    struct String_vector names;
    int code = zoo_get_children(client, path, 0, &names);
    /* What must not be read by this client has no children in any of the checks. */
    if (code == ZNOAUTH) return zoo_delete(client, path, -1);
    if (code != ZOK) return code;
    for (int index = 0; index < names.count; index++) {
        char child[2 * PATH_SIZE];
        snprintf(child, sizeof child, "%s/%s", path, names.data[index]);
        code = delete_all(client, child);
        if (code != ZOK && code != ZNONODE) break;
    }
    deallocate_String_vector(&names);
    return code == ZOK || code == ZNONODE ? zoo_delete(client, path, -1) : code;
}

/* Says which check it was that hangs, since nothing else can end it. */
static void on_alarm(int signal) {
    (void)signal;
    static const char why[] = ": no result in time\n";
    bool is_said = write(STDOUT_FILENO, "not ok ", 7) > 0 &&
                   write(STDOUT_FILENO, running, strlen(running)) > 0 &&
                   write(STDOUT_FILENO, why, sizeof why - 1) > 0;
    _exit(is_said ? 2 : 3);
}

/* Creates the znode that holds those of all checks, or deletes it with what they left behind. */
static bool take_care(Context *caretaker, bool begins) {
    if (setjmp(check_end) != 0) {
        fprintf(stderr, "%s\n", failure);
        return false;
    }
    zhandle_t *client = connect_client(caretaker);
    if (begins) create(client, caretaker->root, "", ZOO_PERSISTENT);
    else OK(delete_all(client, caretaker->root));
    clean_up();
    return true;
}

static bool run_check(const char *address, const char *parent, const Check *check) {
    Context context = {.address = address};
    snprintf(context.root, sizeof context.root, "%s/%s", parent, check->name);
    for (char *c = context.root; *c; c++) {
        if (*c == ' ') *c = '-';
    }
    running = check->name;
    failure[0] = '\0';
    alarm(CHECK_SECONDS_MAX);
    if (setjmp(check_end) == 0) {
        create(connect_client(&context), context.root, "", ZOO_PERSISTENT);
        check->run(&context);
    }
    if (setjmp(check_end) == 0) clean_up();
    alarm(0);
    if (failure[0] == '\0') printf("ok %s\n", check->name);
    else printf("not ok %s: %s\n", check->name, failure);
    fflush(stdout);
    return failure[0] == '\0';
}

static bool is_named(const char *name, int argc, char **argv) {
    if (argc <= 2) return true;
    for (int index = 2; index < argc; index++) {
        if (strcmp(argv[index], name) == 0) return true;
    }
    return false;
}

int run_checks(int argc, char **argv, const Check *checks, size_t count) {
    if (argc < 2) {
        fprintf(stderr, "usage: %s HOST:PORT [CHECK...] | --list\n", argv[0]);
        return 2;
    }
    if (strcmp(argv[1], "--list") == 0) {
        for (size_t index = 0; index < count; index++) puts(checks[index].name);
        return 0;
    }
    /* It would tell of every lost connection, which checks cause on purpose. */
    zoo_set_debug_level((ZooLogLevel)0);
    signal(SIGALRM, on_alarm);

    Context caretaker = {.address = argv[1]};
    snprintf(caretaker.root, PATH_SIZE, "/interop-c-%ld-%d", (long)time(NULL), getpid());
    if (!take_care(&caretaker, true)) return 2;
    bool is_fine = true;
    for (size_t index = 0; index < count; index++) {
        if (!is_named(checks[index].name, argc, argv)) continue;
        is_fine &= run_check(caretaker.address, caretaker.root, &checks[index]);
    }
    return take_care(&caretaker, false) && is_fine ? 0 : 1;
}
