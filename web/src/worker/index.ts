export { serveTasks } from './serve_tasks.js';
export type { TaskContext, TaskHandler } from './task_runner.js';
export { transfer } from './transfer.js';
