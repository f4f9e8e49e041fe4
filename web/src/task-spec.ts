import { checkObject } from './checked.js';
import { dedups, onDisconnects, priorities, resourceKinds } from './codes.js';
import type { MailboxKey, RetrySpec } from './config.js';
import { digestOf } from './digest.js';
import { invalid, ParkingLotError } from './errors.js';
import { durationMs, momentMs } from './moments.js';
import type { NameCache } from './names.js';
import { nearest } from './spelling.js';
import type { TaskNumbers } from './wasm/core.js';
import { Field } from './wasm/raw.js';

type Numbered = Readonly<Record<string, number | undefined>>;
const numbered = (names: readonly string[]): Numbered =>
  Object.assign(Object.create(null), Object.fromEntries(names.map((name, i) => [name, i]))) as Numbered;

const priorityNumbers = numbered(priorities);
const kindNumbers = numbered(resourceKinds);
const dedupNumbers = numbered(dedups);
const onDisconnectNumbers = numbered(onDisconnects);

/** Absent moments on the way into the core. */
const never = Number.POSITIVE_INFINITY;

const defaults = new Float64Array(Field.count);
defaults[Field.deadline] = never;
defaults[Field.maxLost] = -1;
defaults[Field.kind] = kindNumbers.mixed!;

/** Which of the two kinds of arguments is read: a task for an executor, or the options of `pool.run`. */
export type SpecUse = 'submit' | 'run';
const onlyOf: Record<string, SpecUse | undefined> = {
  payload: 'submit',
  mailbox: 'submit',
  mailboxKey: 'submit',
  mailbox_key: 'submit',
  taskId: 'submit',
  task_id: 'submit',
  dedup: 'submit',
  onDisconnect: 'submit',
  on_disconnect: 'submit',
  maxLost: 'submit',
  max_lost: 'submit',
  signal: 'run',
  onProgress: 'run',
};
const fieldNames = [
  ...[
    'payload',
    'units',
    'priority',
    'deadline',
    'timeout',
    'startAfter',
    'estimate',
    'mailbox',
    'taskId',
    'tenant',
  ],
  ...['retry', 'maxLost', 'onDisconnect', 'dedup', 'kind', 'signal'],
];

/**
 * Reads what a caller says of a task, checks it, and turns it into numbers. One reader serves all tasks of a lot, one
 * after the other: its fields are those of the task read last.
 */
export class SpecReader {
  units = 1;
  /** Instead of units, for a pool that counts several resources. */
  private resources: Readonly<Record<string, unknown>> | undefined;
  private costKey = 'units';
  priority = 1;
  payload: unknown;
  taskId = '';
  /** Nothing but payload, units and priority: the short way into the core will do. */
  isPlain = true;
  /** All fields of a task that is not plain, but for units and priority. */
  readonly numbers: TaskNumbers = new Float64Array(Field.count);
  private readings = 0;

  constructor(
    private readonly names: Pick<NameCache, 'tenant' | 'mailboxKey'>,
    private readonly wallNow: () => number,
  ) {}

  /** The numbers of the task that was read, also of a plain one. */
  get allNumbers(): TaskNumbers {
    if (this.isPlain) {
      this.numbers.set(defaults);
      this.numbers[Field.units] = this.units;
      this.numbers[Field.priority] = this.priority;
    }
    return this.numbers;
  }

  /** Answers the number of this reading, for `assertLast`. */
  read(spec: object, use: SpecUse): number {
    const reading = ++this.readings;
    this.units = 1;
    this.resources = undefined;
    this.costKey = 'units';
    this.priority = 1;
    this.payload = undefined;
    this.taskId = '';
    this.isPlain = true;
    for (const key in spec) {
      const value = (spec as Record<string, unknown>)[key];
      if (value === undefined) continue;
      if (key === 'units' && typeof value === 'object') this.readCost(key, value);
      else if (key === 'units') this.units = checkUnits('units', value);
      else if (key === 'priority') this.priority = checkName('priority', value, priorityNumbers, priorities);
      else if (key === 'payload' && use === 'submit') this.payload = value;
      else if (use !== 'run' || (key !== 'signal' && key !== 'onProgress')) this.readRare(key, value, use);
    }
    if (this.isPlain) return reading;
    this.numbers[Field.units] = this.units;
    this.numbers[Field.priority] = this.priority;
    if (this.taskId !== '') {
      const digest = this.payload === undefined ? { high: 0, low: 0 } : digestOf(this.payload);
      this.numbers[Field.digestHigh] = digest.high;
      this.numbers[Field.digestLow] = digest.low;
    }
    return reading;
  }

  /** Throws if the code of a caller, a getter for example, had another task read meanwhile. */
  assertLast(reading: number): void {
    if (reading === this.readings) return;
    const message = 'The task submits another one while it is read; give it plain values.';
    throw new ParkingLotError('invalid_task', message);
  }

  private readRare(key: string, value: unknown, use: SpecUse): void {
    if (this.isPlain) {
      this.isPlain = false;
      this.numbers.set(defaults);
    }
    const only = onlyOf[key];
    if (only !== undefined && only !== use) {
      const where =
        only === 'submit'
          ? 'pool.submit(); pool.run() does not take it'
          : 'pool.run(), or to the second argument of pool.submit()';
      throw new ParkingLotError('invalid_task', `${key}: belongs to ${where}`, { field: key });
    }
    if (!this.readIdentity(key, value) && !this.readTime(key, value) && !this.readRules(key, value)) {
      const meant = nearest(key, fieldNames);
      const hint = meant ? `; did you mean ${meant}?` : '; see the fields of TaskSpec';
      throw new ParkingLotError('invalid_task', `${key}: is not a field of a task${hint}`, { field: key });
    }
  }

  private readIdentity(key: string, value: unknown): boolean {
    switch (key) {
      case 'taskId':
      case 'task_id':
        this.taskId = checkText(key, value);
        return true;
      case 'tenant':
        this.numbers[Field.tenant] = this.names.tenant(checkText(key, value));
        return true;
      case 'mailbox':
      case 'mailboxKey':
      case 'mailbox_key':
        this.numbers[Field.mailbox] = this.names.mailboxKey(checkMailboxKey(key, value, 'invalid_task'));
        return true;
      case 'kind':
        this.numbers[Field.kind] = checkName(key, value, kindNumbers, resourceKinds);
        return true;
      case 'resourceCost':
      case 'resource_cost':
        this.readCost(key, value);
        return true;
      default:
        return false;
    }
  }

  private readTime(key: string, value: unknown): boolean {
    switch (key) {
      case 'deadline':
        this.numbers[Field.deadline] = momentMs(key, value, this.wallNow(), 'invalid_deadline');
        return true;
      case 'startAfter':
      case 'start_after':
        this.numbers[Field.startAfter] = momentMs(key, value, this.wallNow(), 'invalid_task');
        return true;
      case 'timeout':
        this.numbers[Field.timeout] = durationMs(key, value);
        return true;
      case 'estimate':
        this.numbers[Field.estimate] = durationMs(key, value);
        return true;
      default:
        return false;
    }
  }

  private readRules(key: string, value: unknown): boolean {
    switch (key) {
      case 'retry':
        this.readRetry(key, value);
        return true;
      case 'maxLost':
      case 'max_lost':
        this.numbers[Field.maxLost] = checkWhole(key, value, 0, 65_535);
        return true;
      case 'onDisconnect':
      case 'on_disconnect':
        this.numbers[Field.onDisconnect] = checkName(key, value, onDisconnectNumbers, onDisconnects);
        return true;
      case 'dedup':
        this.numbers[Field.dedup] = checkName(key, value, dedupNumbers, dedups);
        return true;
      default:
        return false;
    }
  }

  /** Checks the cost against what the pool counts; `names` are its resources, none where it simply counts units. */
  spreadCost(names: readonly string[]): void {
    const given = this.resources;
    if (given === undefined && names.length === 0) return;
    if (given === undefined) {
      const must = `must give a number of each: the pool counts ${names.join(', ')}`;
      throw invalid('invalid_task', this.costKey, must, this.units);
    }
    const numbers = this.allNumbers;
    this.isPlain = false;
    numbers[Field.resourceCount] = names.length;
    for (const name in given) {
      const field = `${this.costKey}.${name}`;
      const place = names.indexOf(name);
      if (place >= 0) numbers[Field.resources + place] = checkUnits(field, given[name]);
      else if (names.length === 0) {
        const facts = { field: this.costKey };
        throw new ParkingLotError(
          'invalid_task',
          `${this.costKey}: the pool counts units; give one number`,
          facts,
        );
      } else {
        const message = `${field}: is not counted by this pool, but ${names.join(', ')}`;
        throw new ParkingLotError('invalid_task', message, { field });
      }
    }
  }

  private readCost(key: string, value: unknown): void {
    this.costKey = key;
    const isOfUnits = typeof value === 'object' && value !== null && ('units' in value || 'kind' in value);
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && !isOfUnits) {
      this.resources = value as Record<string, unknown>;
      return;
    }
    const cost = checkObject(key, value, ['kind', 'units'], 'invalid_task');
    if (cost.units !== undefined) this.units = checkUnits(`${key}.units`, cost.units);
    if (cost.kind !== undefined) {
      this.numbers[Field.kind] = checkName(`${key}.kind`, cost.kind, kindNumbers, resourceKinds);
    }
  }

  private readRetry(key: string, value: unknown): void {
    const retry = checkObject(
      key,
      value,
      ['maxAttempts', 'max_attempts', 'backoff'],
      'invalid_task',
    ) as RetrySpec;
    const backoffKeys = [
      'initial',
      'factorPercent',
      'factor_percent',
      'max',
      'jitterPercent',
      'jitter_percent',
    ];
    const backoff = checkObject(
      `${key}.backoff`,
      retry.backoff ?? {},
      backoffKeys,
      'invalid_task',
    ) as NonNullable<RetrySpec['backoff']>;
    const at = (name: string) => `${key}.backoff.${name}`;
    const { numbers } = this;
    numbers[Field.maxAttempts] = checkWhole(
      `${key}.maxAttempts`,
      retry.maxAttempts ?? retry.max_attempts ?? 1,
      1,
      65_535,
    );
    numbers[Field.factorPercent] = checkWhole(
      at('factorPercent'),
      backoff.factorPercent ?? backoff.factor_percent ?? 200,
      100,
      10_000,
    );
    numbers[Field.jitterPercent] = checkWhole(
      at('jitterPercent'),
      backoff.jitterPercent ?? backoff.jitter_percent ?? 0,
      0,
      100,
    );
    numbers[Field.initial] = durationMs(at('initial'), backoff.initial ?? 1000);
    numbers[Field.max] = durationMs(at('max'), backoff.max ?? 60_000);
  }
}

export function checkUnits(field: string, value: unknown): number {
  return checkWhole(field, value, 0, Number.MAX_SAFE_INTEGER);
}

export function checkWhole(field: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid('invalid_task', field, `must be a whole number from ${least} to ${most}`, value);
}

export function checkPriority(value: unknown): number {
  return checkName('priority', value, priorityNumbers, priorities);
}

function checkName(field: string, value: unknown, numbers: Numbered, names: readonly string[]): number {
  const number = typeof value === 'string' ? numbers[value] : undefined;
  if (number !== undefined) return number;
  throw invalid('invalid_task', field, `must be one of ${names.join(', ')}`, value);
}

function checkText(
  field: string,
  value: unknown,
  code: 'invalid_task' | 'invalid_argument' = 'invalid_task',
): string {
  if (typeof value === 'string' && isName(value)) return value;
  throw invalid(
    code,
    field,
    'must be a well-formed text of 1 to 128 bytes without control characters',
    value,
  );
}

function isName(text: string): boolean {
  if (text.length === 0 || text.length > 128) return false;
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    if (point < 0x20 || point === 0x7f || (point >= 0xd800 && point < 0xe000)) return false;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes <= 128;
}

const mailboxKeys = ['tenant', 'user', 'session', 'user_id', 'userId', 'session_id', 'sessionId'];

/** A mailbox key in either spelling. */
export function checkMailboxKey(
  field: string,
  value: unknown,
  code: 'invalid_task' | 'invalid_argument',
): MailboxKey {
  const given = checkObject(field, value, mailboxKeys, code);
  const user = given.user ?? given.user_id ?? given.userId;
  const session = given.session ?? given.session_id ?? given.sessionId;
  const key: MailboxKey = { tenant: checkText(`${field}.tenant`, given.tenant, code) };
  if (user !== undefined) key.user = checkText(`${field}.user`, user, code);
  if (session !== undefined) key.session = checkText(`${field}.session`, session, code);
  return key;
}
