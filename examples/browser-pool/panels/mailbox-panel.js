// The mailbox: outcomes wait in it until they are fetched and acknowledged.

import { clock, node } from './format.js';

const KEPT_ROWS = 60;

export class MailboxPanel {
  #at;
  #session;

  /** `elements`: fetch, acknowledge, unread, note, messages. */
  constructor(elements, session) {
    this.#at = elements;
    this.#session = session;
  }

  /** Fetches the next page and lists it, newest first. */
  async fetch() {
    const messages = await this.#session.mailbox.fetch();
    this.#at.messages.prepend(...messages.map((message) => this.#row(message)).reverse());
    while (this.#at.messages.childElementCount > KEPT_ROWS) this.#at.messages.lastElementChild.remove();
  }

  /** Drops from the mailbox what has been fetched. */
  async acknowledge() {
    await this.#session.mailbox.acknowledge();
    this.#at.messages.replaceChildren();
  }

  show() {
    const { fetch, acknowledge, unread, note } = this.#at;
    if (!this.#session.opened) return;
    const { delivered, toFetch, toAcknowledge, acknowledged } = this.#session.mailbox;
    unread.textContent = delivered;
    fetch.disabled = toFetch === 0;
    acknowledge.disabled = toAcknowledge === 0;
    note.textContent = describe(toFetch, toAcknowledge, acknowledged);
  }

  #row(message) {
    const task = this.#session.tasks.get(message.taskId);
    const text = message.reason ? `${message.status}: ${message.reason}` : message.status;
    const what = node('span', 'what', `Task ${task?.number ?? message.taskId}`);
    return node('li', '', node('span', 'when', clock(message.createdAt)), what, node('span', `status ${message.status}`, text));
  }
}

function describe(toFetch, toAcknowledge, acknowledged) {
  if (toFetch + toAcknowledge > 0) return `${toFetch} to fetch, ${toAcknowledge} to acknowledge`;
  return acknowledged === 0 ? 'Outcomes arrive here' : `Empty, ${acknowledged} acknowledged`;
}
