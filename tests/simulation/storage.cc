#include "simulation/world.h"

/// The faulty backend. Writes wait, become durable one after the other, are reported late or never, and are
/// lost: by a failure that may well have written some of them, and by crashes.
namespace parking_lot::simulation {

namespace {

/// Makes each pending write durable as long as chance allows.
template <class Journal>
void persist_some(Journal& journal, Random& random, std::uint32_t percent) {
  while (journal.has_pending() && random.chance(percent)) journal.persist(journal.first_pending_end());
}

}  // namespace

bool World::has_pending(StreamName stream) {
  return stream.is_pool ? pools_[stream.index].has_pending() : stores_[stream.index].has_pending();
}

void World::persist(StreamName stream, std::uint32_t percent) {
  if (stream.is_pool) {
    persist_some(pools_[stream.index], random_, percent);
  } else {
    persist_some(stores_[stream.index], random_, percent);
  }
}

void World::report(StreamName stream) {
  if (stream.is_pool) {
    model_.pool_durable({stream.index}, pools_[stream.index]);
    feed(Input(Persisted{.pool = {stream.index}, .through = pools_[stream.index].durable_through()}));
  } else {
    feed(mailbox::Input(
        mailbox::Persisted{.store = {stream.index}, .through = stores_[stream.index].durable_through()}));
  }
}

void World::fail(StreamName stream) {
  if (is_closed(stream)) return;
  log("storage fails");
  persist(stream, 50);
  closed_.insert({stream.is_pool, stream.index});
  if (stream.is_pool) {
    pools_[stream.index].lose_pending();
    feed(Input(PersistFailed{.pool = {stream.index}}));
  } else {
    stores_[stream.index].lose_pending();
    feed(mailbox::Input(mailbox::PersistFailed{.store = {stream.index}}));
  }
}

/// One step of a checkpoint. Others follow while the lot goes on.
void World::checkpoint(StreamName stream) {
  CheckpointPlace& place = checkpoints_[{stream.is_pool, stream.index}];
  const auto limit = static_cast<std::uint32_t>(random_.between(1, 20));
  place = stream.is_pool ? scenario::checkpoint_step(lot_->scheduler(), PoolId{stream.index},
                                                     pools_[stream.index], place, limit)
                         : scenario::checkpoint_step(lot_->mailbox(), StoreId{stream.index},
                                                     stores_[stream.index], place, limit);
  if (place == end_of_checkpoint) {
    log("a checkpoint is complete");
  }
  if (place == end_of_checkpoint || place == no_checkpoint) place = 0;
}

void World::load(StreamName stream) {
  if (!is_closed(stream)) return;
  log("storage is loaded");
  checkpoints_.erase({stream.is_pool, stream.index});
  if (!stream.is_pool) {
    scenario::StoreJournal& journal = stores_[stream.index];
    journal.lose_pending();
    const std::vector<mailbox::Record> records = journal.recovery();
    closed_.erase({false, stream.index});
    std::span<const mailbox::Record> left(records);
    while (!left.empty()) {
      auto count = static_cast<std::size_t>(random_.between(1, left.size()));
      feed(mailbox::Input(mailbox::Recovered{.store = {stream.index}, .records = left.first(count)}));
      left = left.subspan(count);
    }
    feed(mailbox::Input(mailbox::RecoveryDone{.store = {stream.index}}));
    return;
  }
  scenario::PoolJournal& journal = pools_[stream.index];
  journal.lose_pending();
  model_.reloaded({stream.index}, journal);
  const std::vector<Record> records = journal.recovery();
  log_records({.pool = {stream.index}, .records = records});
  closed_.erase({true, stream.index});
  std::span<const Record> left(records);
  while (!left.empty()) {
    auto count = static_cast<std::size_t>(random_.between(1, left.size()));
    feed(Input(Recovered{.pool = {stream.index}, .records = left.first(count)}));
    left = left.subspan(count);
  }
  feed(Input(RecoveryDone{.pool = {stream.index}}));
  model_.recovered({stream.index});
}

void World::storage_step() {
  if (streams_.empty()) return;
  StreamName stream = random_.pick(streams_);
  if (is_closed(stream)) {
    if (random_.chance(30)) load(stream);
    return;
  }
  if (random_.chance(3)) return fail(stream);
  persist(stream, 80);
  if (random_.chance(80)) report(stream);
  if (random_.chance(50)) checkpoint(stream);
}

}  // namespace parking_lot::simulation
