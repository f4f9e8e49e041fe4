import { environmentText, factsOf, type OpenedConfig, refuseUnusable } from '../checked-config.js';
import { ParkingLotError } from '../errors.js';
import { builtStorage } from '../recovery.js';
import type { StorageModule } from '../storage/index.js';
import { Core } from '../wasm/core.js';
import { holdAliveLock } from '../worker/alive-lock.js';
import { carryError } from './carried-error.js';
import { Contender } from './contender.js';
import { Leader } from './leader.js';
import {
  type ClientMessage,
  type Envelope,
  type LeaderMessage,
  names,
  type StationOrder,
  type StationReport,
} from './protocol.js';
import { RealmLines } from './realm-lines.js';

/** The other end: the realm that this station serves. */
export interface StationPort {
  postMessage(report: StationReport): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

type Opening = Extract<StationOrder, { say: 'open' }>;

/**
 * What every realm has to host the lot with: in a dedicated worker of its own, or, in shared and service workers, in the
 * realm itself. It seeks the lead; while it has it, it runs the lot and serves all realms.
 */
export class Station {
  private opening: Opening | undefined;
  private contender: Contender | undefined;
  private leader: Leader | undefined;
  private epoch = 0;
  private channel: BroadcastChannel | undefined;
  private lines: RealmLines<LeaderMessage> | undefined;
  private pools: readonly string[] = [];

  constructor(
    private readonly port: StationPort,
    private readonly storage: StorageModule,
  ) {
    port.addEventListener('message', (event) => void this.obey(event.data as StationOrder));
  }

  private async obey(order: StationOrder): Promise<void> {
    switch (order.say) {
      case 'open':
        await this.open(order);
        break;
      case 'to leader':
        this.toLeader(order.envelope);
        break;
      case 'close':
        await this.contender?.close();
        this.channel?.close();
        this.port.postMessage({ say: 'closed' });
        break;
    }
  }

  /** Checks the config before the lead is sought: a realm with a wrong one must not get it. */
  private async open(opening: Opening): Promise<void> {
    try {
      const core = await Core.load(this.storage.core, opening.wasm);
      const environment = environmentText(opening.config, opening.environment);
      const opened = JSON.parse(
        core.raw.checkConfig(opening.config, environment, builtStorage()),
      ) as OpenedConfig;
      refuseUnusable(opened);
      const pools = factsOf(core, opened);
      this.opening = opening;
      this.pools = pools.map(({ name }) => name);
      const lock = (await holdAliveLock('worker'))?.name;
      this.port.postMessage({ say: 'checked', pools, warnings: opened.issues, lock });
    } catch (error) {
      this.port.postMessage({ say: 'failed', error: carryError(error) });
      return;
    }
    const { database, realm, kind } = opening;
    this.channel = new BroadcastChannel(names.leader(database));
    this.channel.addEventListener('message', (event: MessageEvent) =>
      this.toLeader(event.data as Envelope<ClientMessage>),
    );
    this.contender = new Contender(database, realm, kind, {
      crowned: (epoch, as) => this.reign(epoch, as),
      deposed: (how) => this.depose(how),
      leaderless: (error) =>
        this.port.postMessage({
          say: 'leaderless',
          ...(error === undefined ? {} : { error: carryError(error) }),
        }),
      beat: (epoch) => this.beat(epoch),
    });
  }

  private async reign(epoch: number, as: 'first' | 'successor'): Promise<void> {
    const { database, realm, config, environment, wasm, entropy, orphans } = this.opening!;
    this.epoch = epoch;
    const lines = new RealmLines<LeaderMessage>(database, realm, epoch, (envelope) =>
      this.port.postMessage({ say: 'from leader', envelope }),
    );
    this.lines = lines;
    const leader = await Leader.open({
      database,
      config,
      pools: this.pools,
      storage: this.storage,
      options: {
        environment,
        ...(wasm === undefined ? {} : { wasm }),
        ...(entropy === undefined ? {} : { entropy }),
        ...(orphans === undefined ? {} : { orphans }),
      },
      send: (realm, message) => lines.say(realm, message),
      forget: (realm) => lines.forget(realm),
      broke: () => this.contender?.abdicate(),
    });
    const { stores } = await leader.lot.health();
    const volatile = stores.find(({ status }) => status === 'volatile');
    if (this.epoch === epoch && (as === 'first' || volatile === undefined)) {
      this.leader = leader;
      return;
    }
    await leader.close();
    if (volatile) throw new ParkingLotError('storage_unavailable', volatile.reason ?? 'It cannot be read.');
  }

  private async depose(_how: 'resigned' | 'stolen'): Promise<void> {
    const { leader } = this;
    this.leader = undefined;
    this.epoch = 0;
    this.lines?.close();
    await leader?.close();
  }

  private toLeader(envelope: Envelope<ClientMessage>): void {
    if (envelope.epoch === this.epoch) this.leader?.hear(envelope.realm, envelope.messages);
  }

  private beat(epoch: number): void {
    if (epoch === 0) return;
    const realm = this.opening!.realm;
    const envelope: Envelope<ClientMessage> = { epoch, realm, messages: [{ say: 'alive' }] };
    if (epoch === this.epoch) this.toLeader(envelope);
    else this.channel!.postMessage(envelope);
  }
}
