import type { ExecutedSubmission } from './executor-port.js';

/** A task with its payload as it was stored, and the submission that waits for it, if one does in this realm. */
export class StoredTask implements ExecutedSubmission {
  constructor(
    readonly payload: unknown,
    private readonly submission: ExecutedSubmission | undefined,
  ) {}

  get settled(): boolean {
    return this.submission?.settled ?? true;
  }

  progressed(value: unknown): void {
    this.submission?.progressed(value);
  }

  // What becomes of the task is told to the submission itself.
  admitted(): void {}
  refused(): void {}
  ended(): void {}
  abandoned(): void {}
}
