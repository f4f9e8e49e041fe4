#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backend/file_journal/store.h"
#include "host_files.h"
#include "parking_lot/lot.h"

namespace parking_lot::wasm {

/// A place that a config wants things stored at: a folder, a browser database, a folder of the origin.
struct StorePlace {
  StorageKind kind = StorageKind::file;
  std::string location;
  Durability durability = Durability::relaxed;  ///< of its most careful pool
  std::vector<PoolId> queues;                   ///< whose tasks are here
  std::vector<PoolId> mailboxes;                ///< whose outcomes are here
};

/// In the order in which the config first names them: that is the number of their disk, too.
std::vector<StorePlace> store_places(const Config& config);

/// Where the durable streams of one lot and the payloads with them live.
///
/// Each durable pool is a stream of its store, each durable mailbox store the stream `mailbox` of its own.
/// Bytes are kept in memory until a record that names them is written; then they go, in the same commit, to
/// the store of that record's stream, and leave memory when it is durable.
///
/// It knows no clock and waits for nothing: `turn` does what is due. A failed commit is final for the streams
/// in it; they are reported as failed and loaded again after a pause that doubles from 1 s to 30 s as long as
/// it goes on failing. Streams are loaded a piece each turn, so that a page stays alive meanwhile.
class Storage {
 public:
  /// Opens the stores on the disks that JavaScript has opened, disk i for place i.
  static Result<std::unique_ptr<Storage>> open(const Config& config, const Lot& lot, Now now,
                                               Entropy entropy);

  // --- the loop ---

  /// What is to be handed to the lot now: reports, or the next piece of a stream. Call until it answers
  /// false, with the effects carried out after each.
  bool feed(Lot& lot, Now now);
  /// At the end of a turn: commits what has gathered, goes on with checkpoints.
  void turn(const Lot& lot, Now now);
  /// When `feed` or `turn` wants to be called without other news.
  std::optional<SteadyTime> next_deadline() const;
  /// A disk has ended its sync.
  void synced(std::uint32_t disk, std::int32_t fault);

  // --- writing; nothing is durable before a commit ---

  bool is_durable(PoolId pool) const { return pools_[pool.index].place != nullptr; }
  void append(PoolId pool, std::span<const Record> records);
  void append(StoreId store, std::span<const mailbox::Record> records);

  // --- payloads ---

  PayloadRef put(std::string bytes);
  /// Of bytes that were put and are still in memory; else with a size of 0.
  PayloadRef ref(std::uint64_t id) const;
  /// False: none, released, or unreadable.
  bool read(PayloadRef payload, std::string& out);
  void release(PayloadRef payload);
  /// Gives up bytes that no record names.
  void withdraw(std::uint64_t id) { memory_.erase(id); }

  // --- health ---

  /// Why the store on this disk fails, one sentence; empty while it does not.
  std::string_view trouble(std::uint32_t disk) const;
  /// What happened to the disk that ends the lot: somebody else has taken it over.
  bool is_fenced() const { return is_fenced_; }
  bool is_loading() const;
  bool is_committing() const;

 private:
  struct Place {
    std::unique_ptr<HostFiles> files;
    std::optional<FileStore> store;
    StorageKind kind = StorageKind::file;
    bool has_news = false;  // appended since the last commit began
    bool is_committing = false;
    std::vector<std::uint64_t> named;  // by records since the last commit began
    std::string trouble;
    Duration pause{1000};
    SteadyTime reload_at = never_steady;
    SteadyTime tidy_at = never_steady;
    bool must_clean = false;  // once all its streams are loaded
  };
  enum class StreamStep : std::uint8_t { steady, loading, failed };
  template <class Id, class R>
  struct Stream {
    using Rec = R;
    Id id;
    Place* place = nullptr;  // null: volatile
    StreamNumber number;
    StreamStep step = StreamStep::steady;
    std::optional<StreamReader<R>> reader;
    CheckpointPlace next_step = 0;
  };
  using PoolStream = Stream<PoolId, Record>;
  using MailboxStream = Stream<StoreId, mailbox::Record>;

  Storage() = default;
  Result<void> open_places(const Config& config, Now now, Entropy entropy);
  Result<void> map_streams(const Config& config, const Lot& lot);
  template <class StreamOf>
  void begin_load(StreamOf& stream, SteadyTime now);
  template <class StreamOf>
  bool feed_piece(Lot& lot, StreamOf& stream, Now now);
  void clean(const Lot& lot, Place& place);
  template <class Visit>
  void visit_streams(Visit visit);

  template <class StreamOf>
  void append_to(StreamOf& stream, std::span<const typename StreamOf::Rec> records);
  template <class R>
  StoreResult<void> keep_payloads(Place& place, std::span<const R> records);
  void commit(Place& place);
  void committed(Place& place, const CommitOutcome& outcome, const std::vector<std::uint64_t>& named);
  template <class StreamOf>
  void fail(StreamOf& stream, const StoreError& error);
  template <class StreamOf, class Take>
  void advance_checkpoint(StreamOf& stream, Now now, Take take);

  std::vector<std::unique_ptr<Place>> places_;
  std::vector<PoolStream> pools_;         // by PoolId
  std::vector<MailboxStream> mailboxes_;  // by StoreId
  std::vector<Input> reports_;
  std::vector<mailbox::Input> mailbox_reports_;
  std::unordered_map<std::uint64_t, std::string> memory_;
  std::uint64_t first_payload_ = 1;  // of this opening
  std::uint64_t next_payload_ = 1;
  /// A turn hands over about as many records while it loads: some milliseconds.
  static constexpr std::size_t records_per_turn = 8192;
  std::size_t records_left_ = records_per_turn;
  SteadyTime now_{0};
  bool has_checkpoint_step_ = false;
  bool is_fenced_ = false;
};

/// Mailboxes first: outcomes that were not delivered find them open.
template <class Visit>
void Storage::visit_streams(Visit visit) {
  for (MailboxStream& stream : mailboxes_) {
    if (stream.place != nullptr) visit(stream);
  }
  for (PoolStream& stream : pools_) {
    if (stream.place != nullptr) visit(stream);
  }
}

/// Ids of bytes lie above those of places in JavaScript's tables.
inline bool is_stored(PayloadRef payload) { return payload.id >> 40 != 0; }

}  // namespace parking_lot::wasm
