export { acceptPages, ConnectedPages, mustDelegate } from './connected-pages.js';
export { delegatedExecutor } from './delegated-executor.js';
export {
  type DelegatedWorkers,
  type DelegationTarget,
  serveDelegatedWorkers,
} from './serve-delegated-workers.js';
