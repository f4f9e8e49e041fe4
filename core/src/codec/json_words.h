#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "parking_lot/codes.h"
#include "parking_lot/config.h"

/// The closed vocabularies as tables: for parsing, for printing, and for messages that list what is allowed.
namespace parking_lot {

/// One spelling of one value. Where a number has several, the first is the one that is printed.
struct Word {
  std::string_view name;
  std::uint8_t number = 0;
};

/// `WordsOf<Priority>::list` and so on, for every enum below.
template <class Enum>
struct WordsOf;

#define PARKING_LOT_WORD(name, number, ...) Word{#name, number},
#define PARKING_LOT_WORDS(Type, LIST)                        \
  template <>                                                \
  struct WordsOf<Type> {                                     \
    static constexpr Word list[] = {LIST(PARKING_LOT_WORD)}; \
  };

PARKING_LOT_WORDS(Priority, PARKING_LOT_PRIORITIES)
PARKING_LOT_WORDS(ResourceKind, PARKING_LOT_RESOURCE_KINDS)
PARKING_LOT_WORDS(Status, PARKING_LOT_STATUSES)
PARKING_LOT_WORDS(Refusal, PARKING_LOT_REFUSALS)
PARKING_LOT_WORDS(Reason, PARKING_LOT_REASONS)
PARKING_LOT_WORDS(PoolState, PARKING_LOT_POOL_STATES)
PARKING_LOT_WORDS(StreamState, PARKING_LOT_STREAM_STATES)
PARKING_LOT_WORDS(Action, PARKING_LOT_ACTIONS)
PARKING_LOT_WORDS(SubjectKind, PARKING_LOT_SUBJECT_KINDS)
PARKING_LOT_WORDS(Policy, PARKING_LOT_POLICIES)
PARKING_LOT_WORDS(Dedup, PARKING_LOT_DEDUPS)
PARKING_LOT_WORDS(OnDisconnect, PARKING_LOT_ON_DISCONNECTS)
PARKING_LOT_WORDS(Wait, PARKING_LOT_WAITS)

#define PARKING_LOT_STORAGE_KINDS(X) \
  X(in_memory, 0)                    \
  X(file, 1)                         \
  X(yaque, 1) X(idbfs, 2) X(opfs, 3) X(postgres, 4) X(postgres_custom, 4) X(pgmq, 5) X(postgres_pgmq, 5)
#define PARKING_LOT_RUNTIMES(X) X(native, 0) X(web_worker, 1) X(cloud_worker, 2)
#define PARKING_LOT_EXECUTOR_KINDS(X) X(process, 0) X(http, 1) X(inline, 2)
#define PARKING_LOT_FAIRNESSES(X) X(none, 0) X(tenant, 1)
#define PARKING_LOT_ESTIMATES(X) X(declared, 0) X(learned, 1)
#define PARKING_LOT_BACKFILL_ORDERS(X) X(leaving, 0) X(shortest, 1)
#define PARKING_LOT_DURABILITIES(X) X(strict, 0) X(relaxed, 1)

PARKING_LOT_WORDS(StorageKind, PARKING_LOT_STORAGE_KINDS)
PARKING_LOT_WORDS(Runtime, PARKING_LOT_RUNTIMES)
PARKING_LOT_WORDS(ExecutorKind, PARKING_LOT_EXECUTOR_KINDS)
PARKING_LOT_WORDS(Fairness, PARKING_LOT_FAIRNESSES)
PARKING_LOT_WORDS(Estimates, PARKING_LOT_ESTIMATES)
PARKING_LOT_WORDS(BackfillOrder, PARKING_LOT_BACKFILL_ORDERS)
PARKING_LOT_WORDS(Durability, PARKING_LOT_DURABILITIES)

#undef PARKING_LOT_WORDS
#undef PARKING_LOT_WORD

/// The first spelling of a number; `?` for a number that is not in the list.
std::string_view name_of(std::span<const Word> words, std::uint8_t number);
std::optional<std::uint8_t> number_of(std::span<const Word> words, std::string_view name);

}  // namespace parking_lot
