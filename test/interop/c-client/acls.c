/* Permissions: digest credentials, and who may then do what. */
#include "harness.h"

#include <string.h>

static void note_auth(int code, const void *log) {
    note((Log *)log, "auth %d", code);
}

/* Gives the client a credential, and waits until the server has taken it. */
static void add_auth(zhandle_t *client, const char *credential) {
    Log *log = new_log();
    OK(zoo_add_auth(client, "digest", credential, strlen(credential), note_auth, log));
    AWAIT(log, "auth 0\n");
}

static void a_credential_opens_what_is_closed_to_others(Context *context) {
    zhandle_t *owner = connect_client(context), *stranger = connect_client(context);
    add_auth(owner, "alice:secret");
    const char *path = path_of(context, "a");
    struct Stat stat;
    struct String_vector names;
    char data[8];
    int length = sizeof data;
    OK(zoo_create(owner, path, "mine", 4, &ZOO_CREATOR_ALL_ACL, 0, NULL, 0));
    EQUAL_TEXT(data_of(owner, path), "mine");
    RETURNS(zoo_get(stranger, path, 0, data, &length, NULL), ZNOAUTH);
    RETURNS(zoo_set(stranger, path, "x", 1, -1), ZNOAUTH);
    RETURNS(zoo_get_children(stranger, path, 0, &names), ZNOAUTH);
    RETURNS(zoo_create(stranger, path_of(context, "a/b"), "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0),
            ZNOAUTH);
    OK(zoo_exists(stranger, path, 0, &stat));
    add_auth(stranger, "alice:guess");
    RETURNS(zoo_set(stranger, path, "x", 1, -1), ZNOAUTH);
    add_auth(stranger, "alice:secret");
    OK(zoo_set(stranger, path, "x", 1, -1));
}

static void creator_without_a_credential_is_refused(Context *context) {
    zhandle_t *client = connect_client(context);
    RETURNS(zoo_create(client, path_of(context, "a"), "", 0, &ZOO_CREATOR_ALL_ACL, 0, NULL, 0),
            ZINVALIDACL);
}

static void set_acl_changes_who_may(Context *context) {
    zhandle_t *owner = connect_client(context), *stranger = connect_client(context);
    add_auth(owner, "alice:secret");
    const char *path = path_of(context, "a");
    create(owner, path, "x", 0);
    RETURNS(zoo_set_acl(owner, path, 3, &ZOO_CREATOR_ALL_ACL), ZBADVERSION);
    OK(zoo_set_acl(owner, path, 0, &ZOO_CREATOR_ALL_ACL));
    RETURNS(zoo_set(stranger, path, "y", 1, -1), ZNOAUTH);
    OK(zoo_set(owner, path, "y", 1, -1));

    struct ACL_vector acl;
    struct Stat stat;
    OK(zoo_get_acl(owner, path, &acl, &stat));
    EQUAL(acl.count, 1);
    EQUAL(acl.data[0].perms, ZOO_PERM_ALL);
    EQUAL_TEXT(acl.data[0].id.scheme, "digest");
    HOLDS(strncmp(acl.data[0].id.id, "alice:", 6) == 0);
    deallocate_ACL_vector(&acl);
    EQUAL(stat.aversion, 1);
    EQUAL(stat.version, 1);
}

static void credentials_survive_a_lost_connection(Context *context) {
    zhandle_t *owner = connect_client(context);
    add_auth(owner, "alice:secret");
    const char *path = path_of(context, "a");
    struct Stat stat;
    OK(zoo_create(owner, path, "mine", 4, &ZOO_CREATOR_ALL_ACL, 0, NULL, 0));
    drop_connections(context);
    EVENTUALLY(zoo_exists(owner, context->root, 0, &stat) == ZOK);
    EQUAL_TEXT(data_of(owner, path), "mine");
}

static void an_unknown_scheme_ends_the_client(Context *context) {
    Log *log = new_log();
    zhandle_t *client = start_client(context, NULL, log);
    AWAIT(log, "connected\n");
    OK(zoo_add_auth(client, "nonsense", "x", 1, note_auth, log));
    EVENTUALLY(log_has(log, "authentication failed\n"));
    EVENTUALLY(log_has(log, "auth -115\n"));
    EQUAL(zoo_state(client), ZOO_AUTH_FAILED_STATE);
}

static const Check checks[] = {
    {"a credential opens what is closed to others", a_credential_opens_what_is_closed_to_others},
    {"creator without a credential is refused", creator_without_a_credential_is_refused},
    {"set acl changes who may", set_acl_changes_who_may},
    {"credentials survive a lost connection", credentials_survive_a_lost_connection},
    {"an unknown scheme ends the client", an_unknown_scheme_ends_the_client},
};

MAIN(checks)
