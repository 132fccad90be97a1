/* Multis: all of their operations or none, and what each of them results in. */
#include "harness.h"

#include <string.h>

static void all_operations_are_done(Context *context) {
    zhandle_t *client = connect_client(context);
    const char *old = path_of(context, "old"), *gone = path_of(context, "gone");
    create(client, old, "old", 0);
    create(client, gone, "", 0);
    char created[2][PATH_SIZE];
    struct Stat set, old_stat, new_stat;
    zoo_op_t ops[5];
    zoo_op_result_t results[5];
    zoo_check_op_init(&ops[0], old, 0);
    zoo_create_op_init(&ops[1], path_of(context, "new"), "data", 4, &ZOO_OPEN_ACL_UNSAFE, 0,
                       created[0], PATH_SIZE);
    zoo_set_op_init(&ops[2], old, "changed", 7, 0, &set);
    zoo_delete_op_init(&ops[3], gone, -1);
    zoo_create_op_init(&ops[4], path_of(context, "new/n-"), "", 0, &ZOO_OPEN_ACL_UNSAFE,
                       ZOO_EPHEMERAL_SEQUENTIAL, created[1], PATH_SIZE);
    OK(zoo_multi(client, 5, ops, results));
    for (int index = 0; index < 5; index++) EQUAL(results[index].err, ZOK);
    EQUAL_TEXT(created[0], path_of(context, "new"));
    EQUAL_TEXT(created[1], path_of(context, "new/n-0000000000"));
    EQUAL(set.version, 1);
    EQUAL_TEXT(data_of(client, old), "changed");
    RETURNS(zoo_exists(client, gone, 0, &old_stat), ZNONODE);
    OK(zoo_exists(client, old, 0, &old_stat));
    OK(zoo_exists(client, created[1], 0, &new_stat));
    EQUAL(old_stat.mzxid, new_stat.czxid);
    EQUAL(new_stat.ephemeralOwner, zoo_client_id(client)->client_id);
}

static void none_is_done_when_one_fails(Context *context) {
    zhandle_t *client = connect_client(context);
    const char *old = path_of(context, "old"), *new = path_of(context, "new");
    create(client, old, "old", 0);
    char created[PATH_SIZE];
    zoo_op_t ops[3];
    zoo_op_result_t results[3];
    struct Stat stat;
    zoo_create_op_init(&ops[0], new, "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, created, PATH_SIZE);
    zoo_check_op_init(&ops[1], old, 7);
    zoo_delete_op_init(&ops[2], old, -1);
    RETURNS(zoo_multi(client, 3, ops, results), ZBADVERSION);
    EQUAL(results[0].err, ZOK);
    EQUAL(results[1].err, ZBADVERSION);
    EQUAL(results[2].err, ZRUNTIMEINCONSISTENCY);
    RETURNS(zoo_exists(client, new, 0, &stat), ZNONODE);
    EQUAL_TEXT(data_of(client, old), "old");
}

static void later_operations_see_earlier_ones(Context *context) {
    zhandle_t *client = connect_client(context);
    const char *path = path_of(context, "a");
    char created[PATH_SIZE];
    struct Stat stat;
    zoo_op_t ops[4];
    zoo_op_result_t results[4];
    zoo_create_op_init(&ops[0], path, "0", 1, &ZOO_OPEN_ACL_UNSAFE, 0, created, PATH_SIZE);
    zoo_set_op_init(&ops[1], path, "1", 1, 0, &stat);
    zoo_check_op_init(&ops[2], path, 1);
    zoo_delete_op_init(&ops[3], path, 1);
    OK(zoo_multi(client, 4, ops, results));
    RETURNS(zoo_exists(client, path, 0, &stat), ZNONODE);
    RETURNS(zoo_multi(client, 1, &ops[3], results), ZNONODE);
}

static void note_multi(int code, const void *log) {
    note((Log *)log, "multi %d", code);
}

static void watches_fire_before_the_reply(Context *context) {
    zhandle_t *client = connect_client(context);
    const char *path = path_of(context, "a");
    create(client, path, "", 0);
    Log *log = new_log();
    struct Stat stat;
    struct String_vector names;
    OK(zoo_wexists(client, path, note_event, log, &stat));
    OK(zoo_wget_children(client, path, note_event, log, &names));
    deallocate_String_vector(&names);
    zoo_op_t ops[2];
    zoo_op_result_t results[2];
    char created[PATH_SIZE];
    zoo_create_op_init(&ops[0], path_of(context, "a/b"), "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, created,
                       PATH_SIZE);
    zoo_set_op_init(&ops[1], path, "x", 1, -1, NULL);
    OK(zoo_amulti(client, 2, ops, results, note_multi, log));
    AWAIT(log, "children a\nchanged a\nmulti 0\n");
}

static const Check checks[] = {
    {"all operations are done", all_operations_are_done},
    {"none is done when one fails", none_is_done_when_one_fails},
    {"later operations see earlier ones", later_operations_see_earlier_ones},
    {"watches fire before the reply", watches_fire_before_the_reply},
};

MAIN(checks)
