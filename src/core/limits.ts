/**
 * What one request may come to, for a namespace. Each has its error, and harms nobody but who asked.
 */
export interface CoreLimits {
  /** Bytes of a reply's frame. Past it: a marshalling error, since a client with a smaller buffer would hang up. */
  readonly replyBytesMax: number;
  /** Names in a list of children. Past it: a marshalling error. */
  readonly childrenPerReplyMax: number;
  /** Watches of a session, one for data and one for children counting as two. Past it: bad arguments. */
  readonly watchesPerSessionMax: number;
}

export const NO_LIMITS: CoreLimits = {
  replyBytesMax: Infinity,
  childrenPerReplyMax: Infinity,
  watchesPerSessionMax: Infinity,
};
