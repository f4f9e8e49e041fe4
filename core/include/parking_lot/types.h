#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parking_lot/codes.h"
#include "parking_lot/time.h"

namespace parking_lot {

/// Resource units: whatever the pool counts (MiB, slots, tokens). At most 2^53 - 1, so that JSON keeps them
/// exact.
using Units = std::uint64_t;
inline constexpr Units units_max = (std::uint64_t{1} << 53) - 1;

/// Resources that one pool can count.
inline constexpr std::size_t resources_max = 8;

/// Position of a pool in the config, fixed at `open`. Also names the pool's stream.
struct PoolId {
  std::uint32_t index = 0;
  friend auto operator<=>(const PoolId&, const PoolId&) = default;
};

/// A live or remembered task: a slot and the generation that tells later tenants of the slot apart.
/// The zero handle (generation 0) is no task.
struct TaskHandle {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  friend auto operator<=>(const TaskHandle&, const TaskHandle&) = default;
  explicit operator bool() const { return generation != 0; }
};

/// An interned string: a tenant, a mailbox key or a client-chosen task id. 0 is the empty name. See names.h.
struct NameId {
  std::uint32_t index = 0;
  friend auto operator<=>(const NameId&, const NameId&) = default;
  explicit operator bool() const { return index != 0; }
};

/// Chosen by the host, returned with the answer. 0: no answer wanted.
using RequestId = std::uint64_t;

/// A connection of a submitter (a tab, a waiting request); 0: none. `ClientGone` ends it.
using ClientId = std::uint32_t;

/// Something that runs tasks. Chosen by the host, unique among the executors connected to one pool.
using ExecutorId = std::uint32_t;

/// The realm (page, worker, process) that alone can run a task; 0: any executor may.
using RealmId = std::uint32_t;

/// Numbers one run of a task. No number returns, also after a crash: a new incarnation starts a new count.
struct Lease {
  std::uint64_t incarnation = 0;
  std::uint64_t number = 0;
  friend auto operator<=>(const Lease&, const Lease&) = default;
};

/// Bytes kept by the host's backend, never by the core. Ids are unique within a lot; 0: none.
struct PayloadRef {
  std::uint64_t id = 0;
  std::uint64_t bytes = 0;
  std::uint64_t digest = 0;  ///< of the bytes; equal digests mean equal bodies for `dedup`
  friend bool operator==(const PayloadRef&, const PayloadRef&) = default;
};

/// Retry of attempts that failed by themselves. Delay of attempt n+1: initial * factor^(n-1), at most `max`,
/// less up to `jitter_percent` by the seeded generator.
struct RetryPolicy {
  std::uint32_t max_attempts = 1;
  std::uint32_t factor_percent = 200;
  std::uint32_t jitter_percent = 0;
  Duration initial{1000};
  Duration max{60000};
  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

/// Where the next step of a checkpoint begins.
using CheckpointPlace = std::uint64_t;
inline constexpr CheckpointPlace end_of_checkpoint = ~std::uint64_t{0};
/// The stream is not open: what was taken of its checkpoint is worth nothing.
inline constexpr CheckpointPlace no_checkpoint = end_of_checkpoint - 1;

/// Where an outcome is delivered. Parts hold no control characters; `tenant` is never empty in a real key.
struct MailboxKey {
  std::string_view tenant;
  std::string_view user;
  std::string_view session;
};

/// 128 random bits from the host, the only randomness that enters. Recorded; fixed in tests.
struct Entropy {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
};

}  // namespace parking_lot
