// The worker in which a lot in a browser database lives. A realm starts it; nobody imports it.

import { storage } from '../storage/index.js';
import { Station } from './station.js';

new Station(globalThis as unknown as ConstructorParameters<typeof Station>[0], storage);
