#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/lot.h"

namespace parking_lot::wasm {

/// False in the module that every page downloads, whose lots store nothing: the compiler then leaves out
/// what serves storage.
#ifdef PARKING_LOT_WITHOUT_JOURNALS
inline constexpr bool has_storage = false;
#else
inline constexpr bool has_storage = true;
#endif

/// A place that a config wants things stored at: a folder, a browser database, a folder of the origin.
struct StorePlace {
  StorageKind kind = StorageKind::file;
  std::string location;
  Durability durability = Durability::relaxed;  ///< of its most careful pool
  std::vector<PoolId> queues;                   ///< whose tasks are here
  std::vector<PoolId> mailboxes;                ///< whose outcomes are here
};

/// What is done about stored pools that the config does not name.
enum class Orphans : std::uint8_t { refused, kept };

/// In the order in which the config first names them: that is the number of their disk, too.
std::vector<StorePlace> store_places(const Config& config);

/// Where the durable streams of one lot and the payloads with them live.
///
/// Each durable pool is a stream of its store, each durable mailbox store the stream `mailbox` of its own.
/// Bytes are kept in memory until a record that names them is written; then they go, in the same commit, to
/// the store of that record's stream, and leave memory when it is durable.
///
/// It knows no clock and waits for nothing: `turn` does what is due.
class Storage {
 public:
  Storage() = default;
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  virtual ~Storage() = default;

  // --- the loop ---

  /// What is to be handed to the lot now: reports, or the next piece of a stream. Call until it answers
  /// false, with the effects carried out after each.
  virtual bool feed(Lot& lot, Now now) = 0;
  /// At the end of a turn: commits what has gathered, goes on with checkpoints.
  virtual void turn(const Lot& lot, Now now) = 0;
  /// When `feed` or `turn` wants to be called without other news.
  virtual std::optional<SteadyTime> next_deadline() const = 0;
  /// A disk has ended its sync. `fault`: 0, or its number with its words ready.
  virtual void synced(std::uint32_t disk, std::int32_t fault) = 0;

  // --- writing; nothing is durable before a commit ---

  virtual bool is_durable(PoolId pool) const = 0;
  virtual void append(PoolId pool, std::span<const Record> records) = 0;
  virtual void append(StoreId store, std::span<const mailbox::Record> records) = 0;

  // --- payloads ---

  virtual PayloadRef put(std::string bytes) = 0;
  /// Of bytes that were put and are still in memory; else with a size of 0.
  virtual PayloadRef ref(std::uint64_t id) const = 0;
  /// False: none, released, or unreadable.
  virtual bool read(PayloadRef payload, std::string& out) = 0;
  virtual void release(PayloadRef payload) = 0;
  /// Gives up bytes that no record names.
  virtual void withdraw(std::uint64_t id) = 0;

  // --- audit ---

  /// Events from the stores' records, merged with what the scheduler remembers of volatile pools. The subject
  /// `pool` of each event tells whose it is; `AuditEvent::pool` may be unset. Fails if a store cannot be
  /// read, or if `query.after` is no cursor (`where` is "after" then).
  virtual Result<AuditPage> audit(const AuditQuery& query, const Scheduler& scheduler) = 0;

  /// A durable pool as it was at `time`, in a scheduler that has it alone. Fails if its store cannot be read,
  /// or has no records of that time.
  virtual Result<Scheduler> past(PoolId pool, WallTime time) = 0;

  /// Looks in every store for names that begin so; fails if one cannot be had or read. What it finds is
  /// remembered for the erasure of these names, unless others are looked for before.
  virtual Result<void> search(std::string_view names_begin) = 0;
  /// Destroys the keys of these names with the next commit, and answers how many that are. If a store cannot
  /// be had or read, none is changed.
  virtual Result<std::uint64_t> erase(std::string_view names_begin) = 0;
  /// Whether that is not durable yet.
  virtual bool is_erasing() const = 0;

  // --- health ---

  /// Why the store on this disk fails, one sentence; empty while it does not.
  virtual std::string_view trouble(std::uint32_t disk) const = 0;
  /// Whether pools go on while the store on this disk cannot be had: outcomes wait in their journals then.
  virtual bool may_wait(std::uint32_t disk) const = 0;
  /// What happened to the disk that ends the lot: somebody else has taken it over.
  virtual bool is_fenced() const = 0;
  virtual bool is_loading() const = 0;
  virtual bool is_committing() const = 0;
  /// Before an orderly end: `turn` confirms what is durable, too (`FileStore::is_confirmed`).
  virtual void settle() = 0;
};

/// Opens the stores on the disks that JavaScript has opened, disk i for place i.
///
/// What stands behind it is chosen by the link: `journal_storage.cc`, or `no_storage.cc` in the module that
/// every page downloads, which then holds no journal and answers that it keeps nothing.
Result<std::unique_ptr<Storage>> open_storage(const Config& config, const Lot& lot, Now now, Entropy entropy,
                                              Orphans orphans);

/// Ids of bytes lie above those of places in JavaScript's tables.
inline bool is_stored(PayloadRef payload) { return payload.id >> 40 != 0; }

}  // namespace parking_lot::wasm
