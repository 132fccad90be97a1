/**
 * The language of a stream: plain JSON that means something wherever it stands, so that a failing stream can lose any of
 * its steps and still be played.
 *
 * At the start of a path `~` is the stream's own root znode, and `@2` the path of the third most recent sequential znode;
 * `/zookeeper/quota~` is where the root's quota is. Sessions are named by slot; a step whose slot has no connection is
 * skipped.
 */

/** `right` is the last version that the server told of this path; `next` and `previous` are one off. */
export type Version = number | "right" | "next" | "previous";

export interface AclEntry {
  readonly perms: number;
  readonly scheme: string | null;
  readonly id: string | null;
}

export type Acl = readonly AclEntry[] | null;

export type CreateOp = "create" | "create2" | "createContainer" | "createTTL";

export interface CreateStep {
  readonly op: CreateOp;
  readonly path: string | null;
  /** Text; `#5000` stands for so many bytes. */
  readonly data: string | null;
  readonly acl: Acl;
  readonly flags: number;
  readonly ttl?: number;
}

export interface VersionedStep {
  readonly op: "delete" | "check";
  readonly path: string | null;
  readonly version: Version;
}

export interface SetDataStep {
  readonly op: "setData";
  readonly path: string | null;
  readonly data: string | null;
  readonly version: Version;
}

export interface SetACLStep {
  readonly op: "setACL";
  readonly path: string | null;
  readonly acl: Acl;
  readonly version: Version;
}

export interface ReadStep {
  readonly op: "exists" | "getData" | "getChildren" | "getChildren2";
  readonly path: string | null;
  readonly watch: boolean;
}

export interface PathStep {
  readonly op: "getACL" | "getAllChildrenNumber" | "sync" | "getEphemerals" | "deleteContainer";
  readonly path: string | null;
}

export interface SetWatchesStep {
  readonly op: "setWatches" | "setWatches2";
  /** How many zxids before the last one that the slot has seen. */
  readonly ago: number;
  readonly data: readonly string[];
  readonly exist: readonly string[];
  readonly child: readonly string[];
  readonly persistent?: readonly string[];
  readonly recursive?: readonly string[];
}

export type RequestStep = (
  | CreateStep
  | VersionedStep
  | SetDataStep
  | SetACLStep
  | ReadStep
  | PathStep
  | SetWatchesStep
  | { readonly op: "multi" | "multiRead"; readonly ops: readonly RequestStep[] }
  | { readonly op: "auth"; readonly scheme: string | null; readonly credential: string | null }
  | { readonly op: "addWatch"; readonly path: string | null; readonly mode: number }
  | {
      readonly op: "checkWatches" | "removeWatches";
      readonly path: string | null;
      readonly watcherType: number;
    }
  | { readonly op: "reconfig"; readonly members: string | null; readonly config: number }
  | { readonly op: "sasl"; readonly token: string | null }
  | { readonly op: "whoAmI" | "ping" | "closeSession" }
  /** Any type with any body, in hex. */
  | { readonly op: "raw"; readonly type: number; readonly body: string }
) & {
  /** Bytes that the body is short of. */
  readonly cut?: number;
};

export type RequestOp = RequestStep["op"];

/** How a slot comes to a connection. */
export interface ConnectStep {
  readonly do: "connect";
  readonly s: number;
  /** The password to come with, where there is a session to come back to. */
  readonly passwd?: "wrong" | "null" | "short";
  readonly seen?: "zero" | "last" | "ahead";
  /** Comes back though it is connected, which ends the earlier connection. */
  readonly move?: boolean;
  readonly timeout?: number;
  /** A client from before 3.4, which does not send the byte. */
  readonly old?: boolean;
  /** A session id that nobody has. */
  readonly foreign?: boolean;
}

export type Step =
  | { readonly do: "request"; readonly s: number; readonly r: RequestStep }
  /** Several requests in one piece. */
  | { readonly do: "burst"; readonly s: number; readonly rs: readonly RequestStep[] }
  | ConnectStep
  | { readonly do: "drop"; readonly s: number }
  /** Lets the slot's session expire, with its connection open or not. */
  | { readonly do: "expire"; readonly s: number; readonly held: boolean }
  /** Deletes everything below the stream's root. */
  | { readonly do: "clear" }
  /** Kills both servers and starts them again on what they have written. */
  | { readonly do: "restart" };

/** Whether playing a step ends a session, so that its ephemerals go in an order that nothing specifies. */
export function endsSession(step: Step): boolean {
  if (step.do === "expire") return true;
  if (step.do === "request") return step.r.op === "closeSession";
  return step.do === "burst" && step.rs.some((r) => r.op === "closeSession");
}
