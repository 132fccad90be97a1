/**
 * How many rows an operation may write (docs/cost.md): a row written is what a user pays for.
 */

export interface Budget {
  /** Of a request that is alone in its batch. */
  readonly single: number;
  /** Of one among two hundred: the row of the zxid is the batch's, not its own. */
  readonly batch: number;
}

export interface Spending {
  readonly title: string;
  readonly budget: Budget | undefined;
  readonly single: { readonly rowsWritten: number };
  /** Undefined for what was not done in batches. */
  readonly batch: { readonly rowsWritten: number } | undefined;
}

/** What arrives at once may still be several batches: this much each operation may write of their zxids. */
const BATCH_SHARE = 0.1;

const NOTHING: Budget = { single: 0, batch: 0 };

/** A budget of rows of which one is the batch's. */
function withZxid(single: number): Budget {
  return { single, batch: single - 1 + BATCH_SHARE };
}

/** A budget of what many connections do: how much of it meets in a batch is up to the machine. */
function evenAlone(most: number): Budget {
  return { single: most, batch: most };
}

export const budgets = {
  read: NOTHING,
  ping: NOTHING,
  idle: NOTHING,
  setData: withZxid(2),
  create: withZxid(3),
  delete: withZxid(3),
  createEphemeral: withZxid(4),
  deleteEphemeral: withZxid(4),
  /** A znode is created and deleted; waiting for it costs nothing. */
  lock: { single: 8, batch: 6 + 2 * BATCH_SHARE },
  contendedLock: evenAlone(8),
  openSession: evenAlone(2),
  closeSession: evenAlone(2),
  /** Opened, a znode created, closed: then the session's row, the znode's, its parent's and its entry go. */
  sessionWithEphemeral: evenAlone(11),
} as const satisfies Record<string, Budget>;

/** Sentences about what was over its budget. */
export function findExcesses(spent: readonly Spending[]): string[] {
  return spent.flatMap(({ title, budget, single, batch }) => {
    if (budget === undefined) return [];
    return [
      ...excess(`${title}, one at a time`, single.rowsWritten, budget.single),
      ...(batch === undefined
        ? []
        : excess(`${title}, in batches`, batch.rowsWritten, budget.batch)),
    ];
  });
}

export function isOver(rowsWritten: number, most: number): boolean {
  return rowsWritten > most;
}

function excess(what: string, rowsWritten: number, most: number): string[] {
  if (!isOver(rowsWritten, most)) return [];
  return [`${what}: ${rowsWritten.toFixed(2)} rows written per operation, the budget is ${most}`];
}
