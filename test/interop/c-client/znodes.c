/* Znodes: create, read, change, delete; Stats, versions, numbers, owners. */
#include "harness.h"

#include <string.h>

static struct Stat stat_of(zhandle_t *client, const char *path) {
    struct Stat stat;
    OK(zoo_exists(client, path, 0, &stat));
    return stat;
}

static void create_returns_the_path(Context *context) {
    zhandle_t *client = connect_client(context);
    const char *path = path_of(context, "a");
    char created[PATH_SIZE];
    OK(zoo_create(client, path, "data", 4, &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT, created,
                  sizeof created));
    EQUAL_TEXT(created, path);
    EQUAL_TEXT(data_of(client, path), "data");
    RETURNS(zoo_create(client, path, "x", 1, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0), ZNODEEXISTS);
    EQUAL_TEXT(data_of(client, path), "data");
}

static void create2_fills_a_stat(Context *context) {
    zhandle_t *client = connect_client(context);
    const char *path = path_of(context, "a");
    char created[PATH_SIZE];
    struct Stat stat;
    OK(zoo_create2(client, path, "12345", 5, &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT, created,
                   sizeof created, &stat));
    EQUAL_TEXT(created, path);
    EQUAL(stat.dataLength, 5);
    struct Stat again = stat_of(client, path);
    EQUAL(stat.czxid, again.czxid);
    EQUAL(stat.ctime, again.ctime);
    EQUAL(stat.pzxid, again.czxid);
    HOLDS(stat.czxid > 0);
}

static void data_may_be_absent_or_any_bytes(Context *context) {
    zhandle_t *client = connect_client(context);
    char bytes[256], read[256];
    for (int index = 0; index < 256; index++) bytes[index] = (char)index;
    const char *path = path_of(context, "bytes");
    OK(zoo_create(client, path, bytes, 256, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0));
    int length = sizeof read;
    OK(zoo_get(client, path, 0, read, &length, NULL));
    EQUAL(length, 256);
    EQUAL(memcmp(bytes, read, 256), 0);

    const char *absent = path_of(context, "absent");
    OK(zoo_create(client, absent, NULL, -1, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0));
    length = sizeof read;
    OK(zoo_get(client, absent, 0, read, &length, NULL));
    EQUAL(length, -1);

    const char *empty = path_of(context, "empty");
    create(client, empty, "", 0);
    length = sizeof read;
    OK(zoo_get(client, empty, 0, read, &length, NULL));
    EQUAL(length, 0);
}

static void versions_are_guarded(Context *context) {
    zhandle_t *client = connect_client(context);
    const char *path = path_of(context, "a");
    create(client, path, "one", 0);
    struct Stat before = stat_of(client, path), stat;
    RETURNS(zoo_set(client, path, "two", 3, 1), ZBADVERSION);
    OK(zoo_set2(client, path, "three", 5, 0, &stat));
    EQUAL(stat.version, 1);
    EQUAL(stat.dataLength, 5);
    EQUAL(stat.czxid, before.czxid);
    HOLDS(stat.mzxid > before.mzxid);
    RETURNS(zoo_delete(client, path, 0), ZBADVERSION);
    EQUAL_TEXT(data_of(client, path), "three");
    OK(zoo_delete(client, path, 1));
    RETURNS(zoo_exists(client, path, 0, &stat), ZNONODE);
}

static void children_are_listed(Context *context) {
    zhandle_t *client = connect_client(context);
    const char *parent = path_of(context, "parent");
    create(client, parent, "xy", 0);
    create(client, path_of(context, "parent/b"), "", 0);
    create(client, path_of(context, "parent/a"), "", 0);
    struct String_vector names;
    struct Stat stat;
    OK(zoo_get_children2(client, parent, 0, &names, &stat));
    EQUAL(names.count, 2);
    bool is_sorted = strcmp(names.data[0], "a") == 0;
    EQUAL_TEXT(names.data[is_sorted ? 0 : 1], "a");
    EQUAL_TEXT(names.data[is_sorted ? 1 : 0], "b");
    deallocate_String_vector(&names);
    EQUAL(stat.numChildren, 2);
    EQUAL(stat.cversion, 2);
    EQUAL(stat.dataLength, 2);
    OK(zoo_get_children(client, path_of(context, "parent/a"), 0, &names));
    EQUAL(names.count, 0);
    deallocate_String_vector(&names);
    RETURNS(zoo_delete(client, parent, -1), ZNOTEMPTY);
}

static void what_is_not_there_is_no_node(Context *context) {
    zhandle_t *client = connect_client(context);
    const char *path = path_of(context, "missing");
    struct Stat stat;
    struct String_vector names;
    char data[8];
    int length = sizeof data;
    RETURNS(zoo_exists(client, path, 0, &stat), ZNONODE);
    RETURNS(zoo_get(client, path, 0, data, &length, &stat), ZNONODE);
    RETURNS(zoo_set(client, path, "x", 1, -1), ZNONODE);
    RETURNS(zoo_delete(client, path, -1), ZNONODE);
    RETURNS(zoo_get_children(client, path, 0, &names), ZNONODE);
    RETURNS(zoo_create(client, path_of(context, "missing/a"), "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL,
                       0),
            ZNONODE);
}

static void sequential_names_count_every_child(Context *context) {
    zhandle_t *client = connect_client(context);
    const char *prefix = path_of(context, "n-");
    char created[PATH_SIZE];
    OK(zoo_create(client, prefix, "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT_SEQUENTIAL, created,
                  sizeof created));
    EQUAL_TEXT(created, path_of(context, "n-0000000000"));
    create(client, path_of(context, "plain"), "", 0);
    OK(zoo_delete(client, path_of(context, "plain"), -1));
    OK(zoo_create(client, prefix, "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL_SEQUENTIAL, created,
                  sizeof created));
    EQUAL_TEXT(created, path_of(context, "n-0000000002"));
    EQUAL(stat_of(client, created).ephemeralOwner, zoo_client_id(client)->client_id);
}

static void an_ephemeral_belongs_to_its_session(Context *context) {
    zhandle_t *client = connect_client(context), *other = connect_client(context);
    const char *path = path_of(context, "e");
    create(client, path, "x", ZOO_EPHEMERAL);
    EQUAL(stat_of(other, path).ephemeralOwner, zoo_client_id(client)->client_id);
    RETURNS(zoo_create(client, path_of(context, "e/child"), "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL,
                       0),
            ZNOCHILDRENFOREPHEMERALS);
    close_client(client);
    struct Stat stat;
    RETURNS(zoo_exists(other, path, 0, &stat), ZNONODE);
}

static void note_set(int code, const struct Stat *stat, const void *log) {
    note((Log *)log, "set %d %d", code, code == ZOK ? stat->version : -1);
}

static void note_get(int code, const char *data, int length, const struct Stat *stat,
                     const void *log) {
    (void)stat;
    note((Log *)log, "get %d %.*s", code, code == ZOK ? length : 0, data);
}

static void note_sync(int code, const char *path, const void *log) {
    note((Log *)log, "sync %d %s", code, strrchr(path, '/') + 1);
}

static void replies_come_in_the_order_of_the_requests(Context *context) {
    zhandle_t *client = connect_client(context);
    const char *path = path_of(context, "a"), *missing = path_of(context, "missing");
    create(client, path, "", 0);
    Log *log = new_log();
    OK(zoo_aset(client, path, "one", 3, -1, note_set, log));
    OK(zoo_aget(client, path, 0, note_get, log));
    OK(zoo_aset(client, path, "no", 2, 7, note_set, log));
    OK(zoo_async(client, path, note_sync, log));
    OK(zoo_aset(client, path, "two", 3, 1, note_set, log));
    OK(zoo_aget(client, missing, 0, note_get, log));
    OK(zoo_aget(client, path, 0, note_get, log));
    AWAIT(log, "set 0 1\nget 0 one\nset -103 -1\nsync 0 a\nset 0 2\nget -101 \nget 0 two\n");
}

static void the_configuration_of_a_lone_server_is_empty(Context *context) {
    zhandle_t *client = connect_client(context);
    char config[PATH_SIZE];
    int length = sizeof config;
    struct Stat stat;
    OK(zoo_getconfig(client, 0, config, &length, &stat));
    HOLDS(length <= 0);
    EQUAL(stat.version, 0);
}

static const Check checks[] = {
    {"create returns the path", create_returns_the_path},
    {"create2 fills a stat", create2_fills_a_stat},
    {"data may be absent or any bytes", data_may_be_absent_or_any_bytes},
    {"versions are guarded", versions_are_guarded},
    {"children are listed", children_are_listed},
    {"what is not there is no node", what_is_not_there_is_no_node},
    {"sequential names count every child", sequential_names_count_every_child},
    {"an ephemeral belongs to its session", an_ephemeral_belongs_to_its_session},
    {"replies come in the order of the requests", replies_come_in_the_order_of_the_requests},
    {"the configuration of a lone server is empty", the_configuration_of_a_lone_server_is_empty},
};

MAIN(checks)
