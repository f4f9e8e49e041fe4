// A classic worker cannot import statically.
import('/package/worker.js').then(({ serveTasks }) => serveTasks((payload) => `classic ${payload.value}`));
