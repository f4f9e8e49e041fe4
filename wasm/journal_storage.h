#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backend/file_journal/audit_log.h"
#include "backend/file_journal/late_mailbox.h"
#include "backend/file_journal/orphans.h"
#include "backend/file_journal/store.h"
#include "host_files.h"
#include "storage.h"

namespace parking_lot::wasm {

/// Keeps everything in file journals on the disks of JavaScript.
///
/// A failed commit is final for the streams in it; they are reported as failed and loaded again after a pause
/// that doubles from 1 s to 30 s as long as it goes on failing. Streams are loaded a piece each turn, so that
/// a page stays alive meanwhile.
///
/// A mailbox store that pools can do without for a while may also be opened late: until then its stream has
/// failed.
class JournalStorage final : public Storage {
 public:
  static Result<std::unique_ptr<Storage>> open(const Config& config, const Lot& lot, Now now, Entropy entropy,
                                               Orphans orphans);

  bool feed(Lot& lot, Now now) override;
  void turn(const Lot& lot, Now now) override;
  std::optional<SteadyTime> next_deadline() const override;
  void synced(std::uint32_t disk, std::int32_t fault) override;

  bool is_durable(PoolId pool) const override { return pools_[pool.index].place != nullptr; }
  void append(PoolId pool, std::span<const Record> records) override;
  void append(StoreId store, std::span<const mailbox::Record> records) override;

  PayloadRef put(std::string bytes) override;
  PayloadRef ref(std::uint64_t id) const override;
  bool read(PayloadRef payload, std::string& out) override;
  void release(PayloadRef payload) override;
  void withdraw(std::uint64_t id) override { memory_.erase(id); }

  Result<AuditPage> audit(const AuditQuery& query, const Scheduler& scheduler) override;
  Result<Scheduler> past(PoolId pool, WallTime time) override;
  Result<void> search(std::string_view names_begin) override;
  Result<std::uint64_t> erase(std::string_view names_begin) override;
  bool is_erasing() const override;

  std::string_view trouble(std::uint32_t disk) const override;
  bool may_wait(std::uint32_t disk) const override;
  bool is_fenced() const override { return is_fenced_; }
  bool is_loading() const override;
  bool is_committing() const override;
  void settle() override { settles_ = true; }

 private:
  struct Place {
    Place(StorePlace what, std::uint32_t disk) : plan(std::move(what)), files(disk) {}

    StorePlace plan;
    HostFiles files;                           // outlives the store
    std::optional<FileStore> store;            // none: `trouble` says why
    std::map<std::string, std::string> pools;  // by stream
    std::optional<AuditLog> audit;             // once it was asked
    bool may_wait = false;                     // pools go on without it
    bool had_store = false;                    // if it has none any more, nobody is to make a new one
    bool has_news = false;                     // appended since the last commit began
    bool is_committing = false;
    std::vector<std::uint64_t> named;  // by records since the last commit began
    ErasureSearch found;               // of the names that were looked for last
    bool has_erased = false;           // names, since the last commit began
    bool is_erasing = false;           // the commit that makes this durable has not succeeded
    std::string trouble;
    Duration pause = first_retry_pause;
    SteadyTime reload_at = never_steady;
    bool is_reload_due = false;
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

  JournalStorage(const Config& config, Entropy entropy) : config_(config), entropy_(entropy) {}
  Result<void> open_queues(const Lot& lot, Now now);
  Result<void> open_mailboxes(const Lot& lot, Now now);
  StoreResult<void> open_place(Place& place, Now now);
  StoreResult<void> open_late(MailboxStream& stream, Now now);
  void close_place(Place& place);
  void expect_mailboxes(Place& place);
  template <class StreamOf>
  StoreResult<void> map(StreamOf& stream, Place& place, const StreamKey& key);
  Result<void> refuse_twin(PoolId pool) const;
  Result<void> check_orphans() const;
  void keep_config(Place& place);
  IsMapped mapped_in(const Place& place) const;
  template <class StreamOf>
  void begin_load(StreamOf& stream, Now now);
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
  static void erased(Place& place, const CommitOutcome& outcome);
  void committed(Place& place, const CommitOutcome& outcome, const std::vector<std::uint64_t>& named);
  template <class StreamOf>
  void fail(StreamOf& stream, const StoreError& error);
  template <class StreamOf>
  void hold(StreamOf& stream, const StoreError& error);
  void wait_for_reload(Place& place);
  template <class StreamOf, class Take>
  void advance_checkpoint(StreamOf& stream, Now now, Take take);

  Config config_;
  Entropy entropy_;
  std::vector<std::unique_ptr<Place>> places_;  // by disk
  std::vector<PoolStream> pools_;               // by PoolId
  std::vector<MailboxStream> mailboxes_;        // by StoreId
  std::vector<Input> reports_;
  std::vector<mailbox::Input> mailbox_reports_;
  std::unordered_map<std::uint64_t, std::string> memory_;
  std::string searched_;             // what these names begin with
  std::uint64_t first_payload_ = 1;  // of this opening
  std::uint64_t next_payload_ = 1;
  /// A turn hands over about as many records while it loads: some milliseconds.
  static constexpr std::size_t records_per_turn = 8192;
  std::size_t records_left_ = records_per_turn;
  SteadyTime now_{0};
  bool has_checkpoint_step_ = false;
  bool is_fenced_ = false;
  bool settles_ = false;
};

/// Mailboxes first: outcomes that were not delivered find them open.
template <class Visit>
void JournalStorage::visit_streams(Visit visit) {
  for (MailboxStream& stream : mailboxes_) {
    if (stream.place != nullptr) visit(stream);
  }
  for (PoolStream& stream : pools_) {
    if (stream.place != nullptr) visit(stream);
  }
}

}  // namespace parking_lot::wasm
