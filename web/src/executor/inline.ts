import { abortReason, type TaskContext } from '../realm-run.js';
import { checkUnits } from '../task-spec.js';
import type { Executor, ExecutorEvents, ExecutorFactory, ExecutorOptions, Run } from './executor.js';

/** Runs the tasks of a pool in this realm. */
export type Handler<Payload = never, Result = unknown> = (
  payload: Payload,
  context: TaskContext,
) => Result | PromiseLike<Result>;

/**
 * Runs tasks by calling `handler`, as many at once as the pool's units and `worker_count` allow. A run that is told to stop has its signal
 * aborted; nothing can end it by force, so that it holds its units until it returns, or until the core gives it up after the
 * pool's `kill_grace_secs` and `quarantine_secs`.
 */
export function inlineExecutor(handler: Handler): ExecutorFactory {
  return (events, options) => new InlineExecutor(handler as Handler<unknown>, events, options);
}

class InlineExecutor implements Executor {
  private readonly running = new Map<Run, InlineRun>();
  private cancelBeat: (() => void) | undefined;

  constructor(
    private readonly handler: Handler<unknown>,
    private readonly events: ExecutorEvents,
    private readonly options: ExecutorOptions,
  ) {
    events.credits(options.runsMax ?? Number.POSITIVE_INFINITY); // the end of each run gives its place back
  }

  start(run: Run): void {
    const inline = new InlineRun(run, this.events);
    this.running.set(run, inline);
    this.cancelBeat ??= this.options.clock.after(this.options.heartbeatMs, this.beat);
    this.events.running(run);
    this.execute(inline).then(
      (result) => {
        if (this.running.delete(run)) this.events.finished(run, result);
      },
      (error: unknown) => {
        if (this.running.delete(run)) this.events.failed(run, error, 'task_failed', true);
      },
    );
  }

  private async execute(inline: InlineRun): Promise<unknown> {
    return this.handler(inline.run.payload, inline);
  }

  stop(run: Run, reason: string): void {
    this.running.get(run)?.stop(reason);
  }

  close(): Promise<void> {
    this.cancelBeat?.();
    for (const inline of this.running.values()) inline.stop('shut_down');
    this.running.clear();
    return Promise.resolve();
  }

  /** The realm is alive, hence its runs are. */
  private readonly beat = (): void => {
    this.cancelBeat = undefined;
    if (this.running.size === 0) return;
    for (const run of this.running.keys()) this.events.heartbeat(run);
    this.cancelBeat = this.options.clock.after(this.options.heartbeatMs, this.beat);
  };
}

class InlineRun implements TaskContext {
  private readonly controller = new AbortController();

  constructor(
    readonly run: Run,
    private readonly events: ExecutorEvents,
  ) {}

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get attempt(): number {
    return this.run.attempt;
  }

  readonly progress = (value: unknown): void => this.events.progress(this.run, value);
  readonly reportUsage = (units: number): void => this.events.usage(this.run, checkUnits('units', units));

  stop(reason: string): void {
    this.controller.abort(abortReason(reason));
  }
}
