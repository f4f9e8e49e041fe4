/** CloudEvents 1.0. */
export interface CloudEvent<Data = unknown> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time: string;
  /** Whom it is about first of all: `task:ID`, `ticket:NUMBER` … */
  readonly subject?: string;
  readonly datacontenttype: 'application/json';
  readonly data: Data;
}

/** An event of a pool (`pool` says which) or of a garage. */
export interface AuditedEvent {
  readonly seq: number;
  readonly at: Date;
  readonly pool?: string;
  readonly action: string;
  readonly subjects: readonly { readonly kind: string; readonly id: string }[];
}

const byWeight = ['task', 'ticket', 'reservation', 'vehicle', 'mailbox'];

/** The event as `parking-lot audit export --format cloudevents` writes it. */
export function cloudEvent<E extends AuditedEvent>(event: E): CloudEvent<E> {
  const { seq, at, pool, action, subjects } = event;
  const garage = pool === undefined ? subjects.find(({ kind }) => kind === 'garage')?.id : undefined;
  const stream = pool ?? garage ?? '';
  const first =
    byWeight.map((wanted) => subjects.find(({ kind }) => kind === wanted)).find(Boolean) ?? subjects[0];
  return {
    specversion: '1.0',
    id: `${stream}-${seq}`,
    source: `parking-lot/${garage === undefined ? 'pools' : 'garages'}/${stream}`,
    type: `parking-lot.${garage === undefined ? '' : 'garage.'}${action}`,
    time: at.toISOString(),
    ...(first && { subject: `${first.kind}:${first.id}` }),
    datacontenttype: 'application/json',
    data: event,
  };
}
