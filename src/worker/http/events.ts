/** `/events/{path}`: what becomes of a znode, as server-sent events. */
import * as z from "zod/mini";
import { ErrorCode } from "../../protocol/error-code.ts";
import { statJSON } from "./answer.ts";
import { toBase64 } from "./base64.ts";
import { type Asked, operation } from "./operation.ts";
import { ProblemError } from "./problem.ts";
import { component, described, Stat, zxid } from "./schemas.ts";

/** A stream that says nothing for longer than this is cut by some proxy on the way. */
const HEARTBEAT_MS = 25_000;

const State = component(
  "ZnodeState",
  "The data of an event: how the znode is now. States in between may be missing.",
  z.object({
    path: z.string(),
    exists: z.boolean(),
    zxid: described(
      zxid(),
      "`mzxid` or `pzxid`, or 0 while it does not exist; also the event's id.",
    ),
    stat: z.optional(Stat),
    data: z.optional(
      described(z.nullable(z.base64()), "In Base64, of events that are about data."),
    ),
  }),
);

type State = z.output<typeof State>;
type Of = "data" | "children";

const follow = operation(
  {
    id: "watch",
    method: "GET",
    resource: "events",
    target: "znode",
    tag: "Watches",
    summary: "Follow a znode",
    description:
      "Server-sent events: one of type `change` with the state at the beginning, and one whenever it is another. Comments are heartbeats. A client that comes back with `Last-Event-ID` is told only what is new. A stream that ends with an event of type `problem` says why.",
    writes: false,
    query: {
      of: described(z.optional(z.enum(["data", "children"])), "`data` unless it is given."),
      since: described(z.optional(zxid()), "As `Last-Event-ID`, for the first connection."),
    },
    headers: {
      "last-event-id": described(
        z.optional(z.string().check(z.regex(/^\d{1,15}$/))),
        "The id of the last event: a zxid.",
      ),
    },
    responses: {
      200: {
        description: "Events, whose data is a ZnodeState, until the client goes.",
        content: { "text/event-stream": State },
      },
    },
    problems: [],
  },
  async ({ path, query, headers, perform }) => {
    const { of = "data" } = query;
    const known = headers["last-event-id"];
    const since = known === undefined ? query.since : Number(known);
    const stream = new Follower(path, of, perform);
    // The first answer decides about the status.
    const first = await stream.start(since);
    return new Response(streamOf(stream, first), {
      headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
    });
  },
);

export const events = [follow];

class Follower {
  readonly #path: string;
  readonly #of: Of;
  readonly #perform: Asked["perform"];
  #since = 0;

  constructor(path: string, of: Of, perform: Asked["perform"]) {
    this.#path = path;
    this.#of = of;
    this.#perform = perform;
  }

  /** What there is to say at the beginning. */
  async start(since: number | undefined): Promise<string> {
    const reconnect = "retry: 1000\n\n";
    if (since === undefined) return `${reconnect}${this.#tell(await this.#read())}`;
    this.#since = since;
    return `${reconnect}${await this.next(0)}`;
  }

  /** The next event, or a heartbeat when there was none. */
  async next(waitMs = HEARTBEAT_MS): Promise<string> {
    const { value } = await this.#perform("awaitChange", {
      path: this.#path,
      of: this.#of,
      since: this.#since,
      waitMs,
    });
    if (!value.changed) return ":\n\n";
    const state = await this.#read();
    // It may have come and gone meanwhile.
    return state.zxid === this.#since ? ":\n\n" : this.#tell(state);
  }

  #tell(state: State): string {
    this.#since = state.zxid;
    return `id: ${state.zxid}\nevent: change\ndata: ${JSON.stringify(state)}\n\n`;
  }

  async #read(): Promise<State> {
    const path = this.#path;
    if (this.#of === "children") {
      const { stat } = (await this.#perform("exists", { path })).value;
      if (stat === null) return { path, exists: false, zxid: 0 };
      return { path, exists: true, zxid: stat.pzxid, stat: statJSON(stat) as State["stat"] };
    }
    try {
      const { data, stat } = (await this.#perform("getData", { path })).value;
      const text = data === null ? null : toBase64(data);
      const state = { path, exists: true, zxid: stat.mzxid, data: text };
      return { ...state, stat: statJSON(stat) as State["stat"] };
    } catch (error) {
      const isGone = error instanceof ProblemError && error.details.code === ErrorCode.noNode;
      if (isGone) return { path, exists: false, zxid: 0 };
      throw error;
    }
  }
}

/** Asks for the next event only when the last one is on its way, and for none once the client is gone. */
function streamOf(follower: Follower, first: string): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let isGone = false;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(first));
    },
    async pull(controller) {
      try {
        const event = await follower.next();
        if (!isGone) controller.enqueue(encoder.encode(event));
      } catch (error) {
        if (isGone) return;
        if (!(error instanceof ProblemError)) throw error;
        const problem = await error.toResponse().text();
        controller.enqueue(encoder.encode(`event: problem\ndata: ${problem}\n`));
        controller.close();
      }
    },
    cancel() {
      isGone = true;
    },
  });
}
