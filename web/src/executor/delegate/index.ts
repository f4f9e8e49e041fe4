export { acceptPages, ConnectedPages, mustDelegate } from './connected_pages.js';
export { delegatedExecutor } from './delegated_executor.js';
export {
  type DelegatedWorkers,
  type DelegationTarget,
  serveDelegatedWorkers,
} from './serve_delegated_workers.js';
