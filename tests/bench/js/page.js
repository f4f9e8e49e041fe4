import { measureAll } from './measure.js';

window.measure = (options) => measureAll({ ...options, collect: window.gc });
