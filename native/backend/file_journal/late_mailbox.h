#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "parking_lot/config.h"
#include "parking_lot/time.h"

/// Mailbox stores that pools go on without as long as they cannot be had: outcomes wait in the journals of
/// the pools, and the store is tried again with pauses.
namespace parking_lot {

/// Pauses before a store that failed is read again: at first, and at most; each is twice the one before.
inline constexpr Duration first_retry_pause{1000};
inline constexpr Duration longest_retry_pause{30000};
constexpr Duration next_retry_pause(Duration last) { return {std::min(last.ms * 2, longest_retry_pause.ms)}; }

/// Whether outcomes of this pool can wait until its mailbox store is had. They cannot if a queue is in the
/// same place. A pool that has not run before is more likely configured wrongly, and nothing is lost if it is
/// told so. `recorded`: number of the last durable record of the pool's queue, 0 for none.
bool can_wait_for_mailbox(const Config& config, const PoolConfig& pool, std::uint64_t recorded);

/// Whether the pool had its mailboxes in the same place when its queue was opened last. `before`: the config
/// that was kept beside the queue.
bool had_this_mailbox(const PoolConfig& pool, const Config& before);

/// What is said of a place that had a store and has none, after "<place>: ": it was deleted, or its disk is
/// not mounted. Nobody is to make a new one there.
std::string store_has_vanished(const PoolConfig& pool);

/// Ids of payloads that are in it may have been given anew since the opening.
inline constexpr const char* is_from_a_clock_ahead =
    "was written by a clock ahead of this one; start again to use it.";

}  // namespace parking_lot
