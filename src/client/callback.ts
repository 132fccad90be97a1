/**
 * Calls of what users gave. An exception there is theirs: it is reported as one that nobody caught, and must not keep
 * the client from telling the next one.
 */
export function callBack<T>(callback: (value: T) => void, value: T): void {
  try {
    callback(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
