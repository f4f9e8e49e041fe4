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

void World::load(StreamName stream) {
  if (!is_closed(stream)) return;
  log("storage is loaded");
  if (!stream.is_pool) {
    scenario::StoreJournal& journal = stores_[stream.index];
    journal.lose_pending();
    std::vector<mailbox::Record> records(journal.durable().begin(), journal.durable().end());
    closed_.erase({false, stream.index});
    if (!records.empty())
      feed(mailbox::Input(mailbox::Recovered{.store = {stream.index}, .records = records}));
    feed(mailbox::Input(mailbox::RecoveryDone{.store = {stream.index}}));
    return;
  }
  scenario::PoolJournal& journal = pools_[stream.index];
  journal.lose_pending();
  model_.reloaded({stream.index}, journal);
  std::vector<Record> records(journal.durable().begin(), journal.durable().end());
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
}

}  // namespace parking_lot::simulation
