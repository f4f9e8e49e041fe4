import { reasons } from './codes.js';
import { type ExecutedSubmission, ExecutorRun, poolExecutor, realmExecutor } from './executor-port.js';
import type { Host } from './host.js';
import { RealmRun, RunReports, type RunSubmission } from './realm-run.js';
import { StoredTask } from './stored-task.js';

const wordSize = 0x1_0000_0000;

/** Begins runs: functions in this realm, the other tasks with the executors of their pools. */
export class Starts {
  /** By the number of the run. */
  private readonly reports: RunReports[] = [];

  constructor(private readonly host: Host) {}

  /** The entry of a start, at `at` in the module's memory. */
  start(words: Int32Array, at: number): void {
    const { host } = this;
    const index = words[at + 1]!;
    const submission = host.submissions.at(index);
    const id = words[at + 2]!;
    const attempt = words[at + 3]!;
    if (words[at + 7] === realmExecutor) {
      const owner = submission as RunSubmission | undefined;
      if (!owner || (owner.settled && host.storage)) return this.dropRun(id, index);
      const run = new RealmRun(host, owner, id, attempt);
      owner.run = id;
      host.runs.set(id, run);
      if (owner.isTimed) {
        host.core.raw._pl_running(id);
        host.schedule();
      }
      while (this.reports.length <= id) this.reports.push(new RunReports());
      return run.begin(this.reports[id]!);
    }
    const executor = words[at + 7]! >>> 0;
    const ports = executor === poolExecutor ? host.ports : host.pinnedPorts.get(executor);
    const port = ports?.[words[at + 6]!];
    // A realm that went before its run was ordered: the core knows that.
    if (!port) return;
    const units = words[at + 5]! * wordSize + (words[at + 4]! >>> 0);
    const [slot, generation] = [words[at + 8]!, words[at + 9]!];
    const stored = words[at + 11]! * wordSize + (words[at + 10]! >>> 0);
    const executed = this.executed(submission as ExecutedSubmission | undefined, stored);
    if (!executed) {
      host.core.raw._pl_failed(id, reasons.indexOf('payload_unreadable'), 0, 1);
      return host.schedule();
    }
    const run = new ExecutorRun(port, executed, id, attempt, units, slot, generation);
    host.runs.set(id, run);
    port.start(run);
  }

  /** A function whose realm is another life of this one, or whose caller has left before its task was certain. */
  private dropRun(id: number, index: number): void {
    const { host } = this;
    host.core.raw._pl_cancel_submission(index);
    host.core.raw._pl_failed(id, reasons.indexOf('realm_gone'), 0, 1);
    host.schedule();
  }

  /** What an executor runs: with the stored payload where there is one. Undefined if that cannot be read. */
  private executed(
    submission: ExecutedSubmission | undefined,
    stored: number,
  ): ExecutedSubmission | undefined {
    if (stored === 0) return submission ?? new StoredTask(undefined, undefined);
    const text = this.host.core.kept(stored);
    return text === undefined ? undefined : new StoredTask(JSON.parse(text), submission);
  }
}
