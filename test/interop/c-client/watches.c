/* One-shot watches: what they hear of, once, in which order, and after a lost connection. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

/* Returns when the client has heard of all that changed before: watchers run in order. */
static void flush(Context *context, zhandle_t *client, zhandle_t *writer) {
    const char *path = path_of(context, "fence");
    struct Stat stat;
    Log *log = new_log();
    RETURNS(zoo_wexists(client, path, note_event, log, &stat), ZNONODE);
    create(writer, path, "", 0);
    AWAIT(log, "created fence\n");
    OK(zoo_delete(writer, path, -1));
}

static void watch_data(zhandle_t *client, const char *path, Log *log) {
    char data[TEXT_SIZE];
    int length = sizeof data;
    OK(zoo_wget(client, path, note_event, log, data, &length, NULL));
}

static void watch_children(zhandle_t *client, const char *path, Log *log) {
    struct String_vector names;
    OK(zoo_wget_children(client, path, note_event, log, &names));
    deallocate_String_vector(&names);
}

static void exists_hears_of_a_whole_life(Context *context) {
    zhandle_t *reader = connect_client(context), *writer = connect_client(context);
    const char *path = path_of(context, "a");
    struct Stat stat;
    Log *log = new_log();
    RETURNS(zoo_wexists(reader, path, note_event, log, &stat), ZNONODE);
    create(writer, path, "", 0);
    AWAIT(log, "created a\n");
    OK(zoo_wexists(reader, path, note_event, log, &stat));
    OK(zoo_set(writer, path, "x", 1, -1));
    AWAIT(log, "created a\nchanged a\n");
    OK(zoo_wexists(reader, path, note_event, log, &stat));
    OK(zoo_delete(writer, path, -1));
    AWAIT(log, "created a\nchanged a\ndeleted a\n");
}

static void a_watch_fires_once(Context *context) {
    zhandle_t *reader = connect_client(context), *writer = connect_client(context);
    const char *path = path_of(context, "a");
    create(writer, path, "", 0);
    Log *log = new_log();
    watch_data(reader, path, log);
    OK(zoo_set(writer, path, "one", 3, -1));
    OK(zoo_set(writer, path, "two", 3, -1));
    flush(context, reader, writer);
    AWAIT(log, "changed a\n");
}

static void a_failed_get_leaves_no_watch(Context *context) {
    zhandle_t *reader = connect_client(context), *writer = connect_client(context);
    const char *path = path_of(context, "a");
    char data[8];
    int length = sizeof data;
    Log *log = new_log();
    RETURNS(zoo_wget(reader, path, note_event, log, data, &length, NULL), ZNONODE);
    create(writer, path, "", 0);
    flush(context, reader, writer);
    AWAIT(log, "");
}

static void children_are_heard_of(Context *context) {
    zhandle_t *reader = connect_client(context), *writer = connect_client(context);
    const char *path = path_of(context, "a"), *child = path_of(context, "a/b");
    create(writer, path, "", 0);
    Log *log = new_log();
    watch_children(reader, path, log);
    OK(zoo_set(writer, path, "not told", 8, -1));
    create(writer, child, "", 0);
    AWAIT(log, "children a\n");
    watch_children(reader, path, log);
    OK(zoo_set(writer, child, "not told", 8, -1));
    OK(zoo_delete(writer, child, -1));
    AWAIT(log, "children a\nchildren a\n");
    watch_children(reader, path, log);
    OK(zoo_delete(writer, path, -1));
    AWAIT(log, "children a\nchildren a\ndeleted a\n");
}

static void events_come_in_the_order_of_the_changes(Context *context) {
    enum { COUNT = 50 };
    zhandle_t *reader = connect_client(context), *writer = connect_client(context);
    Log *log = new_log();
    const char *paths[COUNT];
    static char expected[COUNT * 16];
    expected[0] = '\0';
    for (int index = 0; index < COUNT; index++) {
        char name[16];
        snprintf(name, sizeof name, "n%02d", index);
        paths[index] = path_of(context, name);
        create(writer, paths[index], "", 0);
        watch_data(reader, paths[index], log);
    }
    for (int index = COUNT - 1; index >= 0; index--) {
        OK(zoo_set(writer, paths[index], "x", 1, -1));
        snprintf(expected + strlen(expected), 16, "changed n%02d\n", index);
    }
    AWAIT(log, expected);
}

static void note_set(int code, const struct Stat *stat, const void *log) {
    (void)stat;
    note((Log *)log, "set %d", code);
}

static void note_get(int code, const char *data, int length, const struct Stat *stat,
                     const void *log) {
    (void)stat;
    note((Log *)log, "get %d %.*s", code, code == ZOK ? length : 0, data);
}

static void an_event_comes_before_a_reply_that_shows_the_change(Context *context) {
    zhandle_t *client = connect_client(context);
    const char *path = path_of(context, "a");
    create(client, path, "old", 0);
    Log *log = new_log();
    watch_data(client, path, log);
    OK(zoo_aget(client, path, 0, note_get, log));
    OK(zoo_aset(client, path, "new", 3, -1, note_set, log));
    OK(zoo_aget(client, path, 0, note_get, log));
    AWAIT(log, "get 0 old\nchanged a\nset 0\nget 0 new\n");
}

static void watches_survive_a_lost_connection(Context *context) {
    zhandle_t *reader = connect_client(context);
    int64_t session = zoo_client_id(reader)->client_id;
    const char *data = path_of(context, "data"), *later = path_of(context, "later");
    const char *parent = path_of(context, "parent");
    struct Stat stat;
    Log *log = new_log();
    create(reader, data, "", 0);
    create(reader, parent, "", 0);
    watch_data(reader, data, log);
    watch_children(reader, parent, log);
    RETURNS(zoo_wexists(reader, later, note_event, log, &stat), ZNONODE);
    drop_connections(context);
    EVENTUALLY(zoo_exists(reader, context->root, 0, &stat) == ZOK);
    EQUAL(zoo_client_id(reader)->client_id, session);

    zhandle_t *writer = connect_client(context);
    OK(zoo_set(writer, data, "x", 1, -1));
    create(writer, path_of(context, "parent/child"), "", 0);
    create(writer, later, "", 0);
    AWAIT(log, "changed data\nchildren parent\ncreated later\n");
}

static const Check checks[] = {
    {"exists hears of a whole life", exists_hears_of_a_whole_life},
    {"a watch fires once", a_watch_fires_once},
    {"a failed get leaves no watch", a_failed_get_leaves_no_watch},
    {"children are heard of", children_are_heard_of},
    {"events come in the order of the changes", events_come_in_the_order_of_the_changes},
    {"an event comes before a reply that shows the change",
     an_event_comes_before_a_reply_that_shows_the_change},
    {"watches survive a lost connection", watches_survive_a_lost_connection},
};

MAIN(checks)
