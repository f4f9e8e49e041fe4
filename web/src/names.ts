import type { MailboxKey } from './config.js';
import type { Core } from './wasm/core.js';

/** Names kept interned for the next submission; beyond this all are let go at once. */
const keptNames = 4096;

/** Interned tenants and mailbox keys, so that a repeated one costs a look-up and no text crosses into the core. */
export class NameCache {
  private readonly tenants = new Map<string, number>();
  private readonly keys = new Map<string, number>();

  constructor(private readonly core: Core) {}

  tenant(text: string): number {
    return this.find(this.tenants, text, () => this.core.name(text, 'tenant'));
  }

  mailboxKey(key: MailboxKey): number {
    const text = `${key.tenant}\u001f${key.user ?? ''}\u001f${key.session ?? ''}`;
    return this.find(this.keys, text, () =>
      this.core.mailboxKey(key.tenant, key.user ?? '', key.session ?? ''),
    );
  }

  private find(names: Map<string, number>, text: string, intern: () => number): number {
    const known = names.get(text);
    if (known !== undefined) return known;
    if (names.size >= keptNames) {
      for (const name of names.values()) this.core.raw._pl_release_name(name);
      names.clear();
    }
    const name = intern();
    names.set(text, name);
    return name;
  }
}
