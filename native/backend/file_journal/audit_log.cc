#include "audit_log.h"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include "audit_query.h"
#include "little_endian.h"
#include "segment_files.h"

namespace parking_lot {

bool is_before(const AuditPosition& a, const AuditPosition& b) {
  if (a.at != b.at) return a.at < b.at;
  if (const int order = a.source.compare(b.source)) return order < 0;
  return a.sequence < b.sequence;
}

std::string to_cursor(const AuditPosition& position) {
  return std::to_string(position.at.ms) + "." + std::to_string(position.sequence) + "." + position.source;
}

std::optional<AuditPosition> parse_cursor(std::string_view text) {
  AuditPosition position;
  const char* end = text.data() + text.size();
  const auto time = std::from_chars(text.data(), end, position.at.ms);
  if (time.ec != std::errc() || time.ptr == end || *time.ptr != '.') return std::nullopt;
  const auto number = std::from_chars(time.ptr + 1, end, position.sequence);
  if (number.ec != std::errc() || number.ptr == end || *number.ptr != '.') return std::nullopt;
  position.source.assign(number.ptr + 1, end);
  return position;
}

class AuditLog::State {
 public:
  explicit State(Files& files) : trail(files) {}

  /// Until it is answered: retention may remove a segment just then, and an index may turn out to be damaged.
  template <class Ask>
  auto ask(Ask ask) -> decltype(ask()) {
    for (int mended = 0;; ++mended) {
      auto answer = ask();
      if (answer || mended == mended_max) return answer;
      auto done = mend(answer.error());
      if (!done) return tl::unexpected(done.error());
    }
  }

  AuditTrail trail;
  AuditPools pools;
  std::optional<LogEnd> end;

 private:
  /// Of what ever goes wrong in one question; more is no accident.
  static constexpr int mended_max = 1000;

  StoreResult<void> mend(const StoreError& error) {
    if (error.fault == StoreFault::not_found) {
      trail.clear();
      return trail.refresh(end);
    }
    const auto segment = audit_index_number(error.file);
    if (!segment) return tl::unexpected(error);
    auto rebuilt = trail.rebuild(*segment);
    // It may need the names in another one that is damaged too: that one comes first.
    if (!rebuilt && audit_index_number(rebuilt.error().file) && rebuilt.error().file != error.file)
      return mend(rebuilt.error());
    return rebuilt;
  }
};

AuditLog::AuditLog(Files& files) : state_(std::make_unique<State>(files)) {}
AuditLog::AuditLog(AuditLog&&) noexcept = default;
AuditLog& AuditLog::operator=(AuditLog&&) noexcept = default;
AuditLog::~AuditLog() = default;

void AuditLog::name_pools(std::map<std::string, std::string> pools, std::string store) {
  state_->pools = {std::move(pools), std::move(store)};
}

StoreResult<void> AuditLog::refresh(std::optional<LogEnd> durable) {
  state_->end = durable;
  return state_->ask([&] { return state_->trail.refresh(durable); });
}

StoreResult<StoredEvents> AuditLog::query(const AuditQuery& query,
                                          const std::optional<AuditPosition>& after) {
  return state_->ask([&] { return AuditQueryRun(state_->trail, state_->pools, query, after).page(); });
}

std::optional<UnwrittenIndex> AuditLog::unwritten() const {
  for (const AuditPart& part : state_->trail.parts()) {
    if (part.is_sealed && !part.is_written)
      return UnwrittenIndex{part.extent.segment, audit_index_name(part.extent.segment), part.image.bytes()};
  }
  return std::nullopt;
}

void AuditLog::forget() { state_->trail.clear(); }

void AuditLog::written(std::uint64_t segment) { state_->trail.written(segment); }

StoreResult<void> write_index(Files& files, const UnwrittenIndex& index) {
  const auto names = files.list();
  if (!names) return store_failure(names.error());
  for (const std::string& name : *names) {
    const auto segment = audit_index_number(name);
    if (!segment) continue;
    const std::string records = segment_name(SegmentKind::records, *segment);
    if (std::find(names->begin(), names->end(), records) == names->end()) (void)files.remove(name);
  }
  auto made = files.create(index.file);
  if (!made && made.error().fault == FileFault::exists) made = files.truncate(index.file, 0);
  if (made) made = files.write_at(index.file, 0, as_text(index.bytes));
  if (!made) {
    (void)files.remove(index.file);
    return store_failure(made.error());
  }
  return {};
}

}  // namespace parking_lot
