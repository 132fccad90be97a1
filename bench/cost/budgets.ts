/**
 * How many rows an operation may write (docs/cost.md): a row written is what a user pays for.
 */

export interface Budget {
  /** Of a request that is alone in its batch. */
  readonly single: number;
  /** Of one among two hundred: a parent's row is the batch's, not its own. */
  readonly batch: number;
}

export interface Spending {
  readonly title: string;
  readonly budget: Budget | undefined;
  readonly single: { readonly rowsWritten: number };
  /** Undefined for what was not done in batches. */
  readonly batch: { readonly rowsWritten: number } | undefined;
}

/** A row reserves a thousand zxids. What is counted of an operation takes fewer, but may begin just before the next row. */
const ZXID_SHARE = 0.03;

/** What arrives at once may still be several batches: so much each operation may write of a row that a batch shares. */
const BATCH_SHARE = 0.1;

const NOTHING: Budget = { single: 0, batch: 0 };

/** A budget of rows of the operation's own, and others that a batch writes once: those of parents. */
function rows(own: number, shared = 0): Budget {
  return {
    single: own + shared + ZXID_SHARE,
    batch: own + shared * BATCH_SHARE + ZXID_SHARE,
  };
}

/** A budget of what many connections do: how much of it meets in a batch is up to the machine. */
function evenAlone(most: number): Budget {
  return { single: most + ZXID_SHARE, batch: most + ZXID_SHARE };
}

export const budgets = {
  read: NOTHING,
  ping: NOTHING,
  idle: NOTHING,
  setData: rows(1),
  create: rows(1, 1),
  delete: rows(1, 1),
  createEphemeral: rows(2, 1),
  deleteEphemeral: rows(2, 1),
  /** A znode is created and deleted; waiting for it costs nothing. */
  lock: evenAlone(6),
  contendedLock: evenAlone(6),
  openSession: evenAlone(1),
  closeSession: evenAlone(1),
  /** Opened, a znode created, closed: then the session's row, the znode's, its parent's and its entry go. */
  sessionWithEphemeral: evenAlone(8),
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
  return [
    `${what}: ${rowsWritten.toFixed(2)} rows written per operation, the budget is ${most.toFixed(2)}`,
  ];
}
