/* Sessions: lost connections, taking a session along, its end. */
#include "harness.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The session of a process that creates an ephemeral znode and then dies without closing it. No
 * client may be open: the process is a copy of this one.
 */
static clientid_t leave_a_session_behind(Context *context, const char *path) {
    int ends[2];
    HOLDS(pipe(ends) == 0);
    pid_t pid = fork();
    HOLDS(pid >= 0);
    if (pid == 0) {
        /* A failure in here would jump to where only the parent should be. */
        zhandle_t *client = zookeeper_init(context->address, NULL, SESSION_MS, NULL, NULL, 0);
        Deadline deadline = soon();
        while (client != NULL && zoo_state(client) != ZOO_CONNECTED_STATE && poll_again(deadline))
            continue;
        int code = client == NULL ? ZSYSTEMERROR
                                  : zoo_create(client, path, "", 0, &ZOO_OPEN_ACL_UNSAFE,
                                               ZOO_EPHEMERAL, NULL, 0);
        const clientid_t *id = zoo_client_id(client);
        _exit(code == ZOK && write(ends[1], id, sizeof *id) == sizeof *id ? 0 : 1);
    }
    close(ends[1]);
    clientid_t id;
    memset(&id, 0, sizeof id);
    ssize_t length = read(ends[0], &id, sizeof id);
    close(ends[0]);
    int status;
    HOLDS(waitpid(pid, &status, 0) == pid);
    EQUAL(status, 0);
    EQUAL(length, sizeof id);
    return id;
}

static int64_t owner_of(zhandle_t *client, const char *path) {
    struct Stat stat;
    OK(zoo_exists(client, path, 0, &stat));
    return stat.ephemeralOwner;
}

static void the_timeout_is_granted(Context *context) {
    zhandle_t *client = connect_client(context);
    EQUAL(zoo_recv_timeout(client), SESSION_MS);
    HOLDS(zoo_client_id(client)->client_id != 0);
}

static void a_lost_connection_keeps_session_and_ephemerals(Context *context) {
    Log *log = new_log();
    zhandle_t *client = start_client(context, NULL, log);
    AWAIT(log, "connected\n");
    const char *path = path_of(context, "e");
    create(client, path, "", ZOO_EPHEMERAL);
    int64_t session = zoo_client_id(client)->client_id;
    drop_connections(context);
    AWAIT(log, "connected\nconnecting\nconnected\n");
    EQUAL(zoo_client_id(client)->client_id, session);
    EQUAL(owner_of(client, path), session);
}

static void a_session_can_be_taken_along(Context *context) {
    const char *path = path_of(context, "e"), *more = path_of(context, "more");
    clientid_t id = leave_a_session_behind(context, path);
    zhandle_t *heir = connect_with(context, &id), *other = connect_client(context);
    EQUAL(zoo_client_id(heir)->client_id, id.client_id);
    EQUAL(owner_of(other, path), id.client_id);
    create(heir, more, "", ZOO_EPHEMERAL);
    EQUAL(owner_of(other, more), id.client_id);
    close_client(heir);
    struct Stat stat;
    RETURNS(zoo_exists(other, path, 0, &stat), ZNONODE);
    RETURNS(zoo_exists(other, more, 0, &stat), ZNONODE);
}

static void the_wrong_password_is_told_that_it_expired(Context *context) {
    const char *path = path_of(context, "e");
    clientid_t id = leave_a_session_behind(context, path), wrong = id;
    wrong.passwd[3] ^= 1;
    Log *log = new_log();
    zhandle_t *thief = start_client(context, &wrong, log);
    EVENTUALLY(log_has(log, "expired\n"));
    struct Stat stat;
    RETURNS(zoo_exists(thief, path, 0, &stat), ZINVALIDSTATE);
    close_client(thief);
    zhandle_t *heir = connect_with(context, &id);
    EQUAL(owner_of(heir, path), id.client_id);
}

static void a_closed_session_is_over(Context *context) {
    zhandle_t *client = connect_client(context);
    clientid_t id = *zoo_client_id(client);
    close_client(client);
    Log *log = new_log();
    zhandle_t *late = start_client(context, &id, log);
    EVENTUALLY(log_has(log, "expired\n"));
    EQUAL(zoo_state(late), ZOO_EXPIRED_SESSION_STATE);
}

static void closing_is_heard_of(Context *context) {
    zhandle_t *client = connect_client(context), *other = connect_client(context);
    const char *path = path_of(context, "e");
    create(client, path, "", ZOO_EPHEMERAL);
    struct Stat stat;
    Log *log = new_log();
    OK(zoo_wexists(other, path, note_event, log, &stat));
    close_client(client);
    AWAIT(log, "deleted e\n");
}

static const Check checks[] = {
    {"the timeout is granted", the_timeout_is_granted},
    {"a lost connection keeps session and ephemerals",
     a_lost_connection_keeps_session_and_ephemerals},
    {"a session can be taken along", a_session_can_be_taken_along},
    {"the wrong password is told that it expired", the_wrong_password_is_told_that_it_expired},
    {"a closed session is over", a_closed_session_is_over},
    {"closing is heard of", closing_is_heard_of},
};

MAIN(checks)
