#pragma once

#include <boost/asio/post.hpp>

#include "backend/file_journal/late_mailbox.h"
#include "host/jobs_lock.h"
#include "host/storage.h"

namespace parking_lot {

/// One directory, opened or not.
struct Storage::Place {
  /// Why it is not open.
  struct Refusal {
    Error error;
    StoreFault fault;
  };

  Place(std::string path, boost::asio::io_context& io)
      : directory(std::move(path)), reload_timer(io), tidy_timer(io) {}

  void open_files(boost::asio::io_context& io) {
    files = std::make_unique<PosixFiles>(
        directory, [&io](std::function<void()> work) { boost::asio::post(io, std::move(work)); });
  }
  void refuse(Error error, StoreFault fault) {
    refusal.emplace(Refusal{std::move(error), fault});
    close();
  }
  /// Gives the locks back.
  void close() {
    audit.reset();
    store.reset();
    jobs_lock = JobsLock();
    files.reset();
  }
  void log_failure(const char* what, const StoreError& error) const;

  std::string directory;
  std::unique_ptr<PosixFiles> files;  // outlives the store
  JobsLock jobs_lock;
  std::optional<FileStore> store;
  std::optional<Refusal> refusal;  // without a store; neither: nobody has tried yet
  bool had_store = false;          // if it has none any more, nobody is to make a new one
  std::string vanished;            // what is said then

  bool has_news = false;  // something was appended since the last commit began
  bool is_committing = false;
  // A commit's threads are no work that keeps the loop running. Only set once the commit is sure to end on
  // the loop: a loop that does not run yet would take its last work's end for its own.
  using Work = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;
  std::optional<Work> loop_work;
  /// Erasures that the next commit makes durable.
  std::vector<std::function<void(const StoreError*)>> erasures;
  std::uint64_t erased = 0;  ///< erasures that became durable
  std::vector<std::uint64_t>
      named;  // payloads of durable pools, named by records since the last commit began

  std::string trouble;     // why the last commit or reload failed
  bool is_fenced = false;  // another owner may have it: it is neither written nor read back any more
  Duration pause = first_retry_pause;
  bool waits_for_reload = false;
  bool is_reload_due = false;
  boost::asio::steady_timer reload_timer;
  boost::asio::steady_timer tidy_timer;
  bool waits_to_tidy = false;
  WallTime trimmed_at{0};

  std::unique_ptr<AuditReader> audit;
  std::optional<UnwrittenIndex> index;  // waits for a moment between two commits
  bool is_indexing = false;
  std::uint64_t indexed_before = 0;  // every segment before this one has its index, or it is being made
};

}  // namespace parking_lot
