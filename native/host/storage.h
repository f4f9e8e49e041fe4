#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backend/file_journal/orphans.h"
#include "backend/file_journal/posix_files.h"
#include "backend/file_journal/store.h"
#include "backend/memory/payloads.h"
#include "host/audit_reader.h"
#include "parking_lot/lot.h"
#include "parking_lot/native/host.h"
#include "parking_lot/result.h"

namespace parking_lot {

/// What `Storage` has to tell, always on the loop thread and outside of the machines' `handle`.
struct StorageReports {
  std::function<void(Input)> of_pool;              ///< `Persisted`, `PersistFailed`
  std::function<void(mailbox::Input)> of_mailbox;  ///< likewise
  std::function<void()> reload_is_due;             ///< `take_reloads` has something
};

/// A stream by its machine.
struct FailedStreams {
  std::vector<PoolId> pools;
  std::vector<StoreId> mailboxes;
};

/// Where the streams and the payloads of one lot live.
///
/// A store is a directory; however often a config names it, it is opened once. Each durable pool is the
/// stream `queue.stream` of its store, each durable mailbox store the stream `mailbox` of its own. Bytes are
/// kept in memory until a record that names them is written; then they go, in the same commit, to the store
/// of that record's stream, and leave memory when it is durable. Those of volatile pools stay in memory.
///
/// A failed commit is final for the streams in it: they are reported as failed, and become due for a reload
/// after a pause that doubles from 1 s to 30 s as long as it goes on failing. Those of a store that was
/// fenced stay failed.
class Storage {
 public:
  /// The config with the directories of its stores spelled in one way only, so that equal ones compare equal.
  static Result<Config> with_places(Config config);

  /// Opens and locks every store. `config` comes from `with_places`. Fails if a store cannot be had or read,
  /// if two pools share a stream, or if a store has a pool that the config does not have (see `Orphans`).
  /// Only the mailbox store of a pool that has run before may be out of order: it is a failed stream then,
  /// opened with a later reload. For reading, stores are not locked, `append` forgets what it gets, and
  /// orphans are nobody's matter.
  static Result<std::unique_ptr<Storage>> open(const Config& config, const Lot& lot,
                                               boost::asio::io_context& io, const HostOptions& options);

  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;
  /// What is not durable is given up.
  ~Storage();

  /// Descriptors of the locks that say whether jobs of an owner may still live; for the guardian to hold.
  std::vector<int> jobs_locks() const;

  /// Before anything else.
  void report_to(StorageReports reports) { reports_ = std::move(reports); }

  // --- reading streams

  bool is_reading() const { return options_.access == HostOptions::Access::reading; }
  bool is_durable(PoolId pool) const { return pools_[pool.index].place != nullptr; }
  bool is_durable(StoreId store) const { return mailboxes_[store.index].place != nullptr; }
  Result<void> load(PoolId pool, const std::function<void(std::span<const Record>)>& feed);
  Result<void> load(StoreId store, const std::function<void(std::span<const mailbox::Record>)>& feed);

  /// Of an opened one, as `mailbox::RecoveryDone` has it.
  std::uint64_t identity_of(StoreId store) const;
  /// Whether outcomes for this store can wait elsewhere until it is opened.
  bool may_wait(StoreId store) const { return mailboxes_[store.index].may_wait; }
  /// Once every stream was loaded, or given to `failed_again`, for the first time.
  void recovered(const Lot& lot);
  /// The failed streams whose pause is over; each is either loaded, or given to `failed_again`.
  FailedStreams take_reloads();
  void failed_again(PoolId pool, const Error& error);
  void failed_again(StoreId store, const Error& error);

  // --- writing; nothing is durable before a commit

  void append(PoolId pool, std::span<const Record> records);
  void append(StoreId store, std::span<const mailbox::Record> records);
  /// At the end of a turn: commits what has gathered, where no commit is on its way.
  void commit();
  /// Commits what has gathered and confirms every store that works, then calls, perhaps at once.
  void settle(std::function<void()> on_settled);
  /// One bounded step of a checkpoint, where one is worth it. True: another step should follow soon.
  bool advance_checkpoints(const Lot& lot);

  // --- payloads

  /// A new id for these bytes.
  PayloadRef put(std::string bytes) { return memory_.put(std::move(bytes)); }
  /// Null: none, released, or unreadable (which is logged).
  std::shared_ptr<const std::string> get(PayloadRef ref) const;
  /// All copies.
  void release(PayloadRef ref);
  void release(const Release& order);

  /// What was found so far in each directory.
  using Searches = std::map<std::string, ErasureSearch>;
  /// Looks for these names in every store, so that nothing stands in the way of an erasure. Again: only at
  /// what was written since.
  Result<void> search(const IsErased& is_erased, Searches& found);
  /// Destroys the keys of these names in every store, all that are left of them after `found`, or in none;
  /// `done` hears how many when that is durable, or why not.
  using ErasedKeys = tl::expected<std::uint64_t, Error>;
  void erase(const IsErased& is_erased, Searches found, std::function<void(ErasedKeys)> done);

  std::vector<MissingPayloads> missing_payloads(const Lot& lot) const;

  /// Asks the audit trail of every store; returns how many answers will come, later.
  std::size_t ask_audit(const OwnedAuditQuery& query,
                        const std::function<void(StoreResult<StoredEvents>)>& done);

  /// Why a stream's store fails, as a sentence; empty while it does not.
  std::string trouble_of(PoolId pool) const;
  std::string trouble_of(StoreId store) const;
  /// Another owner may have one of the stores: it stays as it failed.
  bool is_fenced() const;
  /// While reading: what the pool's owner said last of a failing, as a sentence.
  std::string told_trouble_of(PoolId pool) const;

 private:
  struct Place;
  template <class Id>
  struct Stream {
    Id id{};
    Place* place = nullptr;  // null: volatile
    StreamNumber number{};
    bool is_absent = false;  // a store that is only read has no such stream: it is empty
    bool has_failed = false;
    bool may_wait = false;          // of a mailbox store: others can do without it for the time being
    CheckpointPlace next_step = 0;  // of the checkpoint that is being written
    std::chrono::steady_clock::time_point next_checkpoint{};  // not before, since the last one failed
  };
  using PoolStream = Stream<PoolId>;
  using MailboxStream = Stream<StoreId>;

  Storage(boost::asio::io_context& io, const Config& config, const HostOptions& options);

  Place& place_at(const std::string& directory);
  void open_place(Place& place);
  void close_place(Place& place);
  using Places = std::vector<std::unique_ptr<Place>>;
  static void move_place(Place& place, Places& from, Places& to);
  void begin(Place& place);
  void release_unnamed(const Lot& lot);
  template <class StreamOf>
  Result<void> map(StreamOf& stream, const std::string& directory, const StreamKey& key);
  Result<void> map_streams(const Lot& lot);
  Result<void> map_queue(PoolId id);
  void expect_mailbox(PoolId id, MailboxStream& mailbox);
  Result<void> map_mailbox(PoolId id, MailboxStream& mailbox);
  MailboxStream& mailbox_of(const Lot& lot, PoolId pool);
  Result<void> open_late(MailboxStream& mailbox);
  Result<void> check_orphans() const;
  IsMapped mapped_in(const Place& place) const;
  bool has_failed_stream(const Place& place) const;

  template <class StreamOf, class R>
  void append_to(StreamOf& stream, std::span<const R> records);
  template <class R>
  StoreResult<void> keep_payloads(Place& place, std::span<const R> records);
  void commit(Place& place);
  void committed(Place& place, const CommitOutcome& outcome, const std::vector<std::uint64_t>& named);
  void tidy_later(Place& place);
  void go_on_settling();
  void forget_names(Place& place);
  void trim_hourly(Place& place);
  void open_audit(Place& place);
  void index_full_segments(Place& place);
  template <class StreamOf>
  void fail(StreamOf& stream, const StoreError& error);
  template <class StreamOf>
  void works_again(StreamOf& stream);
  template <class StreamOf>
  void set_failed(StreamOf& stream, const Error& error);
  template <class StreamOf>
  void refuse(StreamOf& stream, const Error& error);
  void note_health();
  void wait_for_reload(Place& place);
  template <class StreamOf, class Step>
  bool advance_checkpoint(StreamOf& stream, Step step);

  boost::asio::io_context& io_;
  Config config_;
  HostOptions options_;
  StorageReports reports_;
  Payloads memory_;
  std::shared_ptr<const bool> alive_ =
      std::make_shared<const bool>(true);  // for timers that have fired already
  std::uint64_t first_payload_ = 1;        // of this opening
  Places places_;                          // opened
  Places closed_places_;                   // that could not be, or not yet
  std::vector<std::function<void()>> on_settled_;
  std::size_t audits_opened_ = 0;
  std::vector<PoolStream> pools_;         // by PoolId
  std::vector<Place*> mailbox_places_;    // by PoolId; null: its outcomes are kept in memory
  std::vector<MailboxStream> mailboxes_;  // by StoreId
};

}  // namespace parking_lot
