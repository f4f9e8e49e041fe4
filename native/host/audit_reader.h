#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "backend/file_journal/audit_log.h"
#include "backend/file_journal/posix_files.h"

namespace parking_lot {

/// A question to the audit trail that owns its texts.
struct OwnedAuditQuery {
  AuditQuery query;
  std::string id;
  std::optional<AuditPosition> after;
};

/// Reads the audit trail of one directory on a thread of its own, beside whoever writes it: neither questions
/// nor the making of an index hold up the loop. Answers come on the loop thread, each exactly once, also
/// after the destruction, which waits for what was asked.
class AuditReader {
 public:
  /// `pools`: their names by stream. `store`: tells this directory from the others of the host.
  AuditReader(std::string directory, std::map<std::string, std::string> pools, std::string store,
              boost::asio::io_context& io);
  AuditReader(const AuditReader&) = delete;
  AuditReader& operator=(const AuditReader&) = delete;
  ~AuditReader();

  void query(OwnedAuditQuery query, LogEnd end, std::function<void(StoreResult<StoredEvents>)> done);
  /// The index of the oldest full segment that has none in a file; the owner writes it and says so.
  void unwritten(LogEnd end, std::function<void(std::optional<UnwrittenIndex>)> done);
  void written(std::uint64_t segment);
  /// Names were erased: what was asked before may still tell them, what is asked from now on does not.
  void forget();

 private:
  boost::asio::io_context& io_;
  PosixFiles files_;  // this and what follows: the thread's alone
  AuditLog log_;
  boost::asio::thread_pool thread_{1};
};

}  // namespace parking_lot
