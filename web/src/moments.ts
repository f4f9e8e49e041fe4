import { invalid } from './errors.js';

const unitsMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const durationForm = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/;
const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const hundredYearsMs = 100 * 366 * 86_400_000;

function parseRelative(text: string): number | undefined {
  const match = durationForm.exec(text.trim());
  return match ? Math.round(Number(match[1]) * unitsMs[match[2]!]!) : undefined;
}

/** Milliseconds of a duration; throws `invalid_task` naming the field. */
export function durationMs(field: string, value: unknown): number {
  const ms = typeof value === 'string' ? parseRelative(value) : value;
  if (typeof ms === 'number' && Number.isFinite(ms) && ms >= 0 && ms <= hundredYearsMs) return Math.round(ms);
  throw invalid(
    'invalid_task',
    field,
    'must be milliseconds or a text like 250ms, 30s, 5m, 2h, at most 100 years',
    value,
  );
}

/** The moment in Unix milliseconds; throws `code` naming the field. */
export function momentMs(
  field: string,
  value: unknown,
  nowMs: number,
  code: 'invalid_deadline' | 'invalid_task' | 'invalid_argument',
): number {
  let ms: unknown = value;
  if (value instanceof Date) ms = value.getTime();
  else if (typeof value === 'string') {
    const relative = parseRelative(value);
    ms = relative !== undefined ? nowMs + relative : rfc3339.test(value) ? Date.parse(value) : Number.NaN;
  }
  if (typeof ms === 'number' && Number.isFinite(ms) && ms >= 0 && ms <= nowMs + hundredYearsMs)
    return Math.floor(ms);
  throw invalid(
    code,
    field,
    'must be a time within 100 years: Unix milliseconds, a Date, an RFC 3339 text, or relative like 30s',
    value,
  );
}
