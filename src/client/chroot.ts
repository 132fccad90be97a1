/**
 * The path that a client's paths are below: hidden from its user, shown to the server.
 */
export class Chroot {
  readonly #prefix: string;

  /** Empty for none; otherwise with a slash in front and none behind. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /**
   * The server's path of a user's.
   *
   * @throws TypeError when it is not absolute, since it might then lead out.
   */
  hide(path: string): string {
    if (!path.startsWith("/")) throw new TypeError(`a path begins with a slash: ${path}`);
    if (this.#prefix === "") return path;
    return path === "/" ? this.#prefix : this.#prefix + path;
  }

  /** The user's path of a server's; of one that is elsewhere, the server's. */
  show(path: string): string {
    return this.contains(path) ? path.slice(this.#prefix.length) || "/" : path;
  }

  contains(path: string): boolean {
    return path === this.#prefix || path.startsWith(`${this.#prefix}/`);
  }
}
