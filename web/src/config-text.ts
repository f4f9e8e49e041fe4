import { type ConfigIssue, refuseIssues, spell } from './errors.js';

/** A config as the JSON that the core reads; throws `invalid_config` with all that JSON would drop, change or not take. */
export function configText(config: unknown): string {
  const issues: ConfigIssue[] = [];
  collect('', config, [], issues);
  refuseIssues(issues);
  return JSON.stringify(config) ?? 'null';
}

function collect(path: string, given: unknown, above: readonly object[], issues: ConfigIssue[]): void {
  const value = spokenFor(given);
  const what = unfit(value, above);
  if (what !== undefined) {
    issues.push({ severity: 'error', path, message: `must be JSON, not ${what}.` });
  } else if (Array.isArray(value)) {
    for (const [i, part] of value.entries()) collect(`${path}[${i}]`, part, [...above, value], issues);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, part] of Object.entries(value)) {
      collect(path === '' ? key : `${path}.${key}`, part, [...above, value], issues);
    }
  }
}

/** What an object that speaks JSON itself stands for. */
function spokenFor(value: unknown): unknown {
  const { toJSON } = (value ?? {}) as { toJSON?: unknown };
  return typeof toJSON === 'function' ? toJSON.call(value) : value;
}

/** What the value is, if JSON is no home for it. */
function unfit(value: unknown, above: readonly object[]): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? undefined : String(value);
    case 'bigint':
      return `the BigInt ${spell(value)}; write a plain number`;
    case 'function':
    case 'symbol':
      return `a ${typeof value}`;
    case 'object':
      if (value === null) return undefined;
      if (above.includes(value)) return 'an object that contains itself';
      return value instanceof Map || value instanceof Set ? `a ${value.constructor.name}` : undefined;
  }
  return undefined;
}
