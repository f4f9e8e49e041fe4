import { type News, names, type RealmKind } from './protocol.js';

/** How long a reign may be silent before it is taken for frozen, and how long it then has to answer. */
const silenceMs = 8_000;
const answerMs = 2_000;
const beatMs = 2_000;
const pulseMs = 1_000;
/** With nobody leading for so long, those who wait are told. */
const leaderlessMs = 20_000;

export interface ContenderEvents {
  /**
   * The lead is ours. Resolves when realms can be served; a rejection gives the lead back. A successor must have what the
   * reign before had stored, a first one may find that nothing can be stored.
   */
  crowned(epoch: number, as: 'first' | 'successor'): Promise<void>;
  /** It is no longer ours: given up (what is under way may be finished) or taken away (it is too late for that). */
  deposed(how: 'resigned' | 'stolen'): Promise<void>;
  /** Nobody has been serving for long. */
  leaderless(error: unknown): void;
  /** Every two seconds; `epoch` is the reign that was heard of last. */
  beat(epoch: number): void;
}

/**
 * Seeks the lead of a database and keeps it: the holder of one Web Lock leads. A tab waits in the lock's queue. A guest
 * takes the lead only while nobody has it or waits for it, and leaves it to the first tab that asks.
 *
 * A leader says every two seconds that it leads. One that is silent for 8 s and answers no question within 2 s is
 * frozen: the lock is stolen, and it learns so when it wakes. Its storage refuses what it writes from then on.
 */
export class Contender {
  private readonly news: BroadcastChannel;
  private readonly pulse: ReturnType<typeof setInterval>;
  private state: 'seeking' | 'leading' | 'closed' = 'seeking';
  private epoch = 0;
  private isReady = false;
  private heardEpoch = 0;
  /** How often a leader was heard. */
  private words = 0;
  /** Somebody has served, and those who were told something have not been told that it cannot be had. */
  private hasHeardOfReign = false;
  /** Milliseconds since the last word of a leader, since one served, and since our last beat. */
  private silence = 0;
  private unserved = 0;
  private unbeaten = 0;
  private lastPulse = performance.now();
  private lastTrouble: unknown;
  private queue = new AbortController();
  private release: (() => void) | undefined;
  private reign: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: string,
    private readonly realm: number,
    private readonly kind: RealmKind,
    private readonly events: ContenderEvents,
  ) {
    this.news = new BroadcastChannel(names.news(database));
    this.news.addEventListener('message', (event: MessageEvent) => this.hear(event.data as News));
    this.pulse = setInterval(() => this.tick(), pulseMs);
    this.say({ say: 'who leads?' });
    if (kind === 'tab') this.say({ say: 'yield' });
    this.seek();
  }

  /** Gives the lead back and seeks it no more. */
  async close(): Promise<void> {
    if (this.state === 'closed') return;
    const wasLeading = this.state === 'leading';
    this.state = 'closed';
    clearInterval(this.pulse);
    this.queue.abort();
    if (wasLeading) await this.resign();
    this.news.close();
  }

  private seek(): void {
    if (this.kind === 'follower') return;
    const options: LockOptions = this.kind === 'tab' ? { signal: this.queue.signal } : { ifAvailable: true };
    this.request(options);
  }

  private request(options: LockOptions): void {
    navigator.locks
      .request(names.reign(this.database), options, (lock) => (lock === null ? undefined : this.lead()))
      .catch(() => this.dethroned());
  }

  /** Holds the lock as long as the answer is pending. */
  private async lead(): Promise<void> {
    if (this.state === 'closed') return;
    this.state = 'leading';
    this.isReady = false;
    const as = this.hasHeardOfReign ? 'successor' : 'first';
    // Greater than every epoch before, also after a reload that has heard of none.
    this.epoch = Math.max(this.heardEpoch + 1, Date.now());
    this.heardEpoch = this.epoch;
    const released = new Promise<void>((resolve) => {
      this.release = resolve;
    });
    const { epoch } = this;
    this.proclaim();
    this.reign = this.events.crowned(epoch, as);
    try {
      await this.reign;
      this.lastTrouble = undefined;
      if (this.state === 'leading' && this.epoch === epoch) {
        this.isReady = true;
        this.unserved = 0;
        this.hasHeardOfReign = true;
        this.proclaim();
      }
    } catch (error) {
      this.lastTrouble = error;
      if (this.state !== 'leading' || this.epoch !== epoch) return;
      this.state = 'seeking';
      await this.events.deposed('resigned');
      setTimeout(() => this.state === 'seeking' && this.seek(), beatMs);
      return;
    }
    await released;
  }

  private async resign(): Promise<void> {
    await this.reign.catch(() => undefined);
    this.isReady = false;
    await this.events.deposed('resigned');
    this.release?.();
  }

  /** The request was aborted, or the lock was stolen from us. */
  private dethroned(): void {
    if (this.state !== 'leading') return;
    this.state = 'seeking';
    this.isReady = false;
    this.release?.();
    void this.events.deposed('stolen').then(() => {
      if (this.state === 'seeking') this.seek();
    });
  }

  private hear(news: News): void {
    switch (news.say) {
      case 'who leads?':
        if (this.state === 'leading') this.proclaim();
        break;
      case 'later reign known':
        this.heardEpoch = Math.max(this.heardEpoch, news.epoch);
        if (this.epoch < news.epoch) this.abdicate();
        break;
      case 'yield':
        if (this.state === 'leading' && this.kind === 'guest') void this.yield();
        break;
      case 'leads':
        if (news.epoch < this.heardEpoch) break;
        this.heardEpoch = news.epoch;
        this.words += 1;
        this.silence = 0;
        if (!news.isReady) break;
        this.unserved = 0;
        this.hasHeardOfReign = true;
        break;
    }
  }

  private async yield(): Promise<void> {
    this.state = 'seeking';
    await this.resign();
  }

  /** The lot broke: gives the lead to whoever waits, and seeks it again after a pause. */
  abdicate(): void {
    if (this.state !== 'leading') return;
    void this.yield().then(() => setTimeout(() => this.state === 'seeking' && this.seek(), beatMs));
  }

  private tick(): void {
    // Of time in which this realm slept itself nothing is known.
    const now = performance.now();
    const passed = Math.min(now - this.lastPulse, 2 * pulseMs);
    this.lastPulse = now;
    this.unbeaten += passed;
    if (this.unbeaten >= beatMs) {
      this.unbeaten = 0;
      if (this.state === 'leading') this.proclaim();
      this.events.beat(this.heardEpoch);
    }
    this.unserved += this.isReady ? 0 : passed;
    if (this.unserved >= leaderlessMs) {
      this.unserved = 0;
      this.hasHeardOfReign = false;
      this.events.leaderless(this.lastTrouble);
    }
    if (this.state !== 'seeking') return;
    this.silence += passed;
    if (this.kind === 'guest' && this.silence >= beatMs) this.seek();
    if (this.silence >= silenceMs && this.kind !== 'follower') void this.usurp();
  }

  /** One at a time, so that nobody steals from a thief. */
  private async usurp(): Promise<void> {
    this.silence = 0;
    await navigator.locks.request(names.usurper(this.database), { ifAvailable: true }, async (lock) => {
      if (lock === null || this.state !== 'seeking' || !(await this.isHeld())) return;
      const before = this.words;
      this.say({ say: 'who leads?' });
      await new Promise((resolve) => setTimeout(resolve, answerMs));
      if (this.words !== before || this.state !== 'seeking') return;
      this.queue.abort();
      this.queue = new AbortController();
      this.request({ steal: true });
      await new Promise((resolve) => setTimeout(resolve, answerMs));
    });
  }

  private async isHeld(): Promise<boolean> {
    const { held } = await navigator.locks.query();
    return held?.some(({ name }) => name === names.reign(this.database)) ?? false;
  }

  private proclaim(): void {
    this.say({ say: 'leads', epoch: this.epoch, realm: this.realm, isReady: this.isReady });
  }

  private say(news: News): void {
    this.news.postMessage(news);
  }
}
