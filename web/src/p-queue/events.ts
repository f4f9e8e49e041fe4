type Listener = (...values: unknown[]) => void;

interface Entry {
  readonly listener: Listener;
  readonly once: boolean;
}

/** The part of Node's event emitter that users of p-queue know. Listeners are called in the order of their adding. */
export class Events<Map extends Record<string, unknown[]>> {
  private readonly entries = new globalThis.Map<string, readonly Entry[]>();

  on<Name extends keyof Map & string>(name: Name, listener: (...values: Map[Name]) => void): this {
    return this.append(name, { listener: listener as unknown as Listener, once: false });
  }

  once<Name extends keyof Map & string>(name: Name, listener: (...values: Map[Name]) => void): this {
    return this.append(name, { listener: listener as unknown as Listener, once: true });
  }

  off<Name extends keyof Map & string>(name: Name, listener?: (...values: Map[Name]) => void): this {
    const gone = listener as unknown as Listener | undefined;
    const kept = gone ? this.listed(name).filter((entry) => entry.listener !== gone) : [];
    if (kept.length > 0) this.entries.set(name, kept);
    else this.entries.delete(name);
    return this;
  }

  addListener<Name extends keyof Map & string>(name: Name, listener: (...values: Map[Name]) => void): this {
    return this.on(name, listener);
  }

  removeListener<Name extends keyof Map & string>(
    name: Name,
    listener?: (...values: Map[Name]) => void,
  ): this {
    return this.off(name, listener);
  }

  removeAllListeners(name?: keyof Map & string): this {
    if (name === undefined) this.entries.clear();
    else this.entries.delete(name);
    return this;
  }

  /** Whether anybody listened. */
  emit<Name extends keyof Map & string>(name: Name, ...values: Map[Name]): boolean {
    const entries = this.listed(name);
    for (const entry of entries) {
      if (entry.once) this.removeEntry(name, entry);
      entry.listener(...values);
    }
    return entries.length > 0;
  }

  listenerCount(name: keyof Map & string): number {
    return this.listed(name).length;
  }

  listeners<Name extends keyof Map & string>(name: Name): ((...values: Map[Name]) => void)[] {
    return this.listed(name).map((entry) => entry.listener as unknown as (...values: Map[Name]) => void);
  }

  eventNames(): (keyof Map & string)[] {
    return [...this.entries.keys()];
  }

  private listed(name: string): readonly Entry[] {
    return this.entries.get(name) ?? [];
  }

  // Lists are replaced, never changed: who is added or removed meanwhile does not disturb an emit.
  private append(name: string, entry: Entry): this {
    this.entries.set(name, [...this.listed(name), entry]);
    return this;
  }

  private removeEntry(name: string, gone: Entry): void {
    const kept = this.listed(name).filter((entry) => entry !== gone);
    if (kept.length > 0) this.entries.set(name, kept);
    else this.entries.delete(name);
  }
}
