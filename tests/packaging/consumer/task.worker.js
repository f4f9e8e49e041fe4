import { serveTasks } from 'prometheus-parking-lot/worker';

import { sumOf } from './report.js';

serveTasks((payload) => sumOf(payload));
