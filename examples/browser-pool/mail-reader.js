// What lies in the mailbox: outcomes of all tabs and of earlier lives of the page, until they are acknowledged.

const PAGE = 20;
const FOUND_PAGE = 50;

export class MailReader {
  fetched = 0;
  acknowledged = 0;
  #pool;
  #changed;
  /** Cursors of the messages, oldest first; the first `#read` of them have been fetched here. */
  #cursors = [];
  #read = 0;

  constructor(pool, changed) {
    this.#pool = pool;
    this.#changed = changed;
  }

  /** Counts what is there, and hears of what comes. Answers the count. */
  async open() {
    for (;;) {
      const found = await this.#pool.fetch(this.#cursors.at(-1), FOUND_PAGE);
      this.#cursors.push(...found.map(({ cursor }) => cursor));
      if (found.length < FOUND_PAGE) break;
    }
    void this.#hear();
    return this.#cursors.length;
  }

  async #hear() {
    for await (const { cursor } of this.#pool.arrivals(this.#cursors.at(-1))) {
      this.#cursors.push(cursor);
      this.#changed();
    }
  }

  get delivered() {
    return this.#cursors.length;
  }

  get toFetch() {
    return this.#cursors.length - this.#read;
  }

  get toAcknowledge() {
    return this.#read;
  }

  /** The oldest messages that have not been fetched yet, at most a page of them. */
  async fetch() {
    const messages = await this.#pool.fetch(this.#cursors[this.#read - 1], Math.min(PAGE, this.toFetch));
    this.#read += messages.length;
    this.fetched += messages.length;
    this.#changed();
    return messages;
  }

  /** Drops from the mailbox what has been fetched. */
  async acknowledge() {
    const read = this.#read;
    await this.#pool.acknowledge(this.#cursors[read - 1]);
    this.#drop(read);
    this.acknowledged += read;
    this.#changed();
  }

  /** Forgets what other tabs have acknowledged. */
  async look() {
    const latest = this.#cursors.at(-1);
    if (latest === undefined) return;
    const [oldest] = await this.#pool.fetch(undefined, 1);
    const gone = oldest ? this.#cursors.indexOf(oldest.cursor) : this.#cursors.indexOf(latest) + 1;
    if (gone > 0) this.#drop(gone);
  }

  #drop(count) {
    this.#cursors.splice(0, count);
    this.#read = Math.max(0, this.#read - count);
  }
}
