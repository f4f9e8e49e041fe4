export { serveTasks } from './serve-tasks.js';
export type { TaskContext, TaskHandler } from './task-runner.js';
export { transfer } from './transfer.js';
