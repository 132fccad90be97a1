/* Containers, znodes with a TTL, watches that are taken away, reconfiguration. */
#include "harness.h"

#include <string.h>

enum { TTL_MS = 600000 };

static void a_container_takes_children(Context *context) {
    zhandle_t *client = connect_client(context);
    const char *path = path_of(context, "a");
    char created[PATH_SIZE];
    struct Stat stat, again;
    OK(zoo_create2(client, path, "one", 3, &ZOO_OPEN_ACL_UNSAFE, ZOO_CONTAINER, created,
                   sizeof created, &stat));
    EQUAL_TEXT(created, path);
    OK(zoo_exists(client, path, 0, &again));
    EQUAL(stat.czxid, again.czxid);
    EQUAL(again.ephemeralOwner, 0);
    create(client, path_of(context, "a/b"), "", 0);
    RETURNS(zoo_delete(client, path, -1), ZNOTEMPTY);
    create(client, path_of(context, "c"), "", ZOO_CONTAINER);
    OK(zoo_delete(client, path_of(context, "c"), 0));
}

static void a_ttl_is_taken(Context *context) {
    zhandle_t *client = connect_client(context);
    const char *path = path_of(context, "a");
    char created[PATH_SIZE];
    struct Stat stat;
    OK(zoo_create_ttl(client, path, "one", 3, &ZOO_OPEN_ACL_UNSAFE, ZOO_PERSISTENT_WITH_TTL, TTL_MS,
                      created, sizeof created));
    EQUAL_TEXT(created, path);
    EQUAL_TEXT(data_of(client, path), "one");
    OK(zoo_create2_ttl(client, path_of(context, "a/n-"), "", 0, &ZOO_OPEN_ACL_UNSAFE,
                       ZOO_PERSISTENT_SEQUENTIAL_WITH_TTL, TTL_MS, created, sizeof created, &stat));
    EQUAL_TEXT(created, path_of(context, "a/n-0000000000"));
    EQUAL(stat.ephemeralOwner, 0);
    HOLDS(stat.czxid > 0);
}

static void a_watch_that_is_taken_away_hears_no_more(Context *context) {
    zhandle_t *client = connect_client(context);
    const char *path = path_of(context, "a");
    struct Stat stat;
    Log *log = new_log(), *other = new_log();
    create(client, path, "", 0);
    OK(zoo_wexists(client, path, note_event, log, &stat));
    OK(zoo_remove_watches(client, path, ZWATCHTYPE_DATA, note_event, log, 0));
    RETURNS(zoo_remove_watches(client, path, ZWATCHTYPE_DATA, note_event, log, 0), ZNOWATCHER);
    OK(zoo_wexists(client, path, note_event, other, &stat));
    OK(zoo_set(client, path, "x", 1, -1));
    AWAIT(other, "changed a\n");
    HOLDS(!log_has(log, "changed"));
}

static void reconfiguration_is_disabled(Context *context) {
    zhandle_t *client = connect_client(context);
    char config[PATH_SIZE];
    int length = sizeof config;
    struct Stat stat;
    RETURNS(zoo_reconfig(client, "server.2=localhost:1:2;3", NULL, NULL, -1, config, &length,
                         &stat),
            ZRECONFIGDISABLED);
}

static const Check checks[] = {
    {"a container takes children", a_container_takes_children},
    {"a ttl is taken", a_ttl_is_taken},
    {"a watch that is taken away hears no more", a_watch_that_is_taken_away_hears_no_more},
    {"reconfiguration is disabled", reconfiguration_is_disabled},
};

MAIN(checks)
