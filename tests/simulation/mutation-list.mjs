// Laws broken on purpose. `from` stands exactly once in `file`; when the core's text changes, so does it here.

export const mutations = [
  {
    name: 'effects-before-durability',
    law: 'law 1: no effect before its cause is durable',
    file: 'core/src/outbox.h',
    from: '!held.empty() && held.front().sequence <= through',
    to: '!held.empty() && held.front().sequence <= through + 2',
  },
  {
    name: 'one-unit-too-many',
    law: 'units in use never exceed capacity',
    file: 'core/src/pool.cc',
    from: 'return capacity() - in_use;',
    to: 'return capacity() - in_use + (in_use > 0 ? 1 : 0);',
  },
  {
    name: 'strict-lets-pass',
    law: 'strict: nobody passes the head',
    file: 'core/src/allocator.cc',
    from: 'if (pool.config.policy == Policy::strict) {',
    to: 'if (pool.config.policy == Policy::strict && pool.capacity() == 0) {',
  },
  {
    name: 'leases-start-again',
    law: 'law 7: no lease number returns',
    file: 'core/src/recovery.cc',
    from: 'incarnation = pool.incarnations.empty() ? 1 : pool.incarnations.back() + 1;',
    to: 'incarnation = 1;',
  },
  {
    name: 'messages-come-twice',
    law: 'law 5: one message for one outcome',
    file: 'core/src/mailbox.cc',
    from: 'message.sequence <= store.senders',
    to: 'message.sequence == 0 && message.sequence <= store.senders',
  },
  {
    name: 'cancelled-runs-free-their-units-at-once',
    law: 'units go when the run is known to have ended',
    file: 'core/src/commands.cc',
    from: 'finish(pool, slot, Status::dropped, reason, {}, Holding::held);',
    to: 'finish(pool, slot, Status::dropped, reason, {}, Holding::freed);',
  },
  {
    name: 'quarantine-is-skipped',
    law: 'the units of a lost run are quarantined',
    file: 'core/src/runs.cc',
    from: 'if (pool.config.quarantine.ms == 0) {',
    to: 'if (pool.config.quarantine.ms >= 0) {',
  },
  {
    name: 'failed-writes-answer-nobody',
    law: 'law 4: a submission whose write failed is answered',
    file: 'core/src/recovery.cc',
    from: 'refuse(reply->request, Refusal::unconfirmed);',
    to: 'static_cast<void>(reply);',
  },
  {
    name: 'late-reports-count',
    law: 'law 7: a late report with an old lease changes nothing',
    file: 'core/src/runs.cc',
    from: 'task != nullptr && task->run != no_slot && runs_[task->run].lease == lease',
    to: 'task != nullptr && task->run != no_slot',
  },
  {
    name: 'deadlines-are-forgotten',
    law: 'a parked task expires at its deadline',
    file: 'core/src/timers.cc',
    from: 'WallTime due = task.attempt == 0 ? task.deadline : never_wall;',
    to: 'WallTime due = never_wall;',
  },
];
