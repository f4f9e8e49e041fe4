#include "host/log.h"
#include "host/loop.h"

/// Streams are read back at the opening, and again after a failed write.
namespace parking_lot {

// Mailboxes first: a pool that opens delivers at once what it still owes.
Result<void> Host::Loop::recover() {
  storage_->report_to({.of_pool =
                           [this](Input input) {
                             add(input);
                             ask_for_turn();
                           },
                       .of_mailbox =
                           [this](mailbox::Input input) {
                             add(input);
                             ask_for_turn();
                           },
                       .reload_is_due = [this] { ask_for_turn(); }});
  for (std::uint32_t i = 0; i < lot_.mailbox().store_count(); ++i) {
    if (!storage_->is_durable(StoreId{i})) continue;
    auto recovered = recover(StoreId{i});
    if (!recovered && !storage_->may_wait(StoreId{i})) return recovered;
    if (!recovered) storage_->failed_again(StoreId{i}, recovered.error());
  }
  for (std::uint32_t i = 0; i < scheduler().pool_count(); ++i) {
    if (!storage_->is_durable(PoolId{i})) continue;
    if (auto recovered = recover(PoolId{i}); !recovered) return recovered;
  }
  storage_->recovered(lot_);
  storage_->commit();
  ask_for_turn();
  return {};
}

Result<void> Host::Loop::recover(PoolId pool) {
  auto loaded = storage_->load(pool, [&](std::span<const Record> records) {
    lot_.handle(clock_.now(), Recovered{pool, records});
    perform_all();
  });
  if (!loaded) return loaded;
  using Purpose = RecoveryDone::Purpose;
  lot_.handle(clock_.now(), RecoveryDone{pool, storage_->is_reading() ? Purpose::reading : Purpose::working});
  perform_all();
  // Explanations are those of a pool that has somebody who runs its tasks.
  if (storage_->is_reading())
    add(ExecutorReady{.pool = pool, .executor = 1, .realm = 0, .credits = endless_credits});
  return {};
}

Result<void> Host::Loop::recover(StoreId store) {
  auto loaded = storage_->load(store, [&](std::span<const mailbox::Record> records) {
    lot_.handle(clock_.now(), mailbox::Recovered{store, records});
    perform_all();
  });
  if (!loaded) return loaded;
  lot_.handle(clock_.now(), mailbox::RecoveryDone{store, storage_->identity_of(store)});
  perform_all();
  return {};
}

void Host::Loop::reload_failed() {
  bool has_read = false;
  const auto reload = [&](auto stream) {
    if (closed_) return;
    const auto recovered = recover(stream);
    has_read |= recovered.has_value();
    if (!recovered) storage_->failed_again(stream, recovered.error());
  };
  const FailedStreams failed = storage_->take_reloads();
  for (const StoreId store : failed.mailboxes) reload(store);
  for (const PoolId pool : failed.pools) reload(pool);
  if (has_read) host_log()->info("failed storage was read back");
}

}  // namespace parking_lot
