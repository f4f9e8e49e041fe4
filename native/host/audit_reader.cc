#include "host/audit_reader.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace parking_lot {
namespace {

// Keeps the loop running until the answer is there.
using Work = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

}  // namespace

AuditReader::AuditReader(std::string directory, std::map<std::string, std::string> pools, std::string store,
                         boost::asio::io_context& io)
    : io_(io), files_(std::move(directory), [](std::function<void()>) {}), log_(files_) {
  log_.name_pools(std::move(pools), std::move(store));
}

AuditReader::~AuditReader() { thread_.join(); }

void AuditReader::query(OwnedAuditQuery query, LogEnd end,
                        std::function<void(StoreResult<StoredEvents>)> done) {
  boost::asio::post(thread_, [this, query = std::move(query), end, done = std::move(done), &io = io_,
                              work = Work(io_.get_executor())]() mutable {
    query.query.id = query.id;
    const auto refreshed = log_.refresh(end);
    auto events = refreshed ? log_.query(query.query, query.after)
                            : StoreResult<StoredEvents>(tl::unexpected(refreshed.error()));
    boost::asio::post(
        io, [done = std::move(done), events = std::move(events)]() mutable { done(std::move(events)); });
  });
}

void AuditReader::unwritten(LogEnd end, std::function<void(std::optional<UnwrittenIndex>)> done) {
  boost::asio::post(thread_, [this, end, done = std::move(done), &io = io_]() mutable {
    std::optional<UnwrittenIndex> index;
    if (log_.refresh(end)) index = log_.unwritten();
    boost::asio::post(
        io, [done = std::move(done), index = std::move(index)]() mutable { done(std::move(index)); });
  });
}

void AuditReader::written(std::uint64_t segment) {
  boost::asio::post(thread_, [this, segment] { log_.written(segment); });
}

void AuditReader::forget() {
  boost::asio::post(thread_, [this] { log_.forget(); });
}

}  // namespace parking_lot
