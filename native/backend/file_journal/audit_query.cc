#include "audit_query.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "parking_lot/audit_event.h"

namespace parking_lot {

const std::string& AuditPools::name(const std::string& stream) const {
  const auto found = by_stream.find(stream);
  return found == by_stream.end() ? stream : found->second;
}

std::string AuditPools::source(const std::string& stream) const {
  const auto found = by_stream.find(stream);
  if (found != by_stream.end()) return found->second;
  return store.empty() ? stream : stream + "\x1f" + store;
}

/// Parts with events in the wanted time, in the order in which they come out.
void AuditQueryRun::choose_parts() {
  WallTime from = query_.from;
  WallTime last{query_.until.ms - 1};
  if (after_) is_rising() ? from = std::max(from, after_->at) : last = std::min(last, after_->at);
  const auto& parts = trail_.parts();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].last_time >= from && parts[i].first_time <= last) parts_.push_back(i);
  }
  if (!is_rising()) std::reverse(parts_.begin(), parts_.end());
  horizons_.resize(parts_.size());
  for (std::size_t i = parts_.size(); i-- > 0;) {
    const AuditPart& part = parts[parts_[i]];
    WallTime& horizon = horizons_[i];
    horizon = is_rising() ? part.first_time : part.last_time;
    if (i + 1 == parts_.size()) continue;
    horizon = is_rising() ? std::min(horizon, horizons_[i + 1]) : std::max(horizon, horizons_[i + 1]);
  }
}

StoreResult<StoredEvents> AuditQueryRun::page() {
  choose_parts();
  StoredEvents page;
  const std::uint32_t limit = std::clamp<std::uint32_t>(query_.limit, 1, 10000);
  for (std::size_t next = 0;;) {
    auto first = std::min_element(sources_.begin(), sources_.end(), [&](const Source& a, const Source& b) {
      return comes_before(a.position, b.position);
    });
    const bool may_come_first =
        next < parts_.size() &&
        (first == sources_.end() ||
         (is_rising() ? horizons_[next] <= first->position.at : horizons_[next] >= first->position.at));
    if (may_come_first) {
      auto opened = open_part(parts_[next++]);
      if (!opened) return tl::unexpected(opened.error());
      continue;
    }
    if (first == sources_.end()) return page;
    auto event = event_of_head(*first);
    if (!event) return tl::unexpected(event.error());
    if (*event) {
      if (page.events.size() == limit) {
        page.has_more = true;
        return page;
      }
      page.events.push_back(std::move(**event));
    }
    const auto has_more = step(*first);
    if (!has_more) return tl::unexpected(has_more.error());
    if (!*has_more) sources_.erase(first);
  }
}

StoreResult<void> AuditQueryRun::open_part(std::size_t at) {
  AuditImage& image = trail_.parts()[at].image;
  const std::size_t streams = image.streams().size();
  std::vector<AuditRun> runs;
  for (std::uint32_t i = 0; i < streams; ++i) runs.emplace_back(trail_, at, i);
  const bool is_of_pool = query_.any_subject || query_.kind == SubjectKind::pool;
  StoreResult<void> taken;
  if (is_of_pool) {
    for (AuditRun& run : runs) {
      if (!query_.any_subject && pools_.name(run.name()) != query_.id) continue;
      taken = run.take_all();
      if (!taken) return taken;
    }
  } else {
    const auto found = image.events_of(query_.kind, query_.id);
    if (!found) return tl::unexpected(found.error());
    for (const AuditEvents& events : *found) {
      if (events.stream >= streams) continue;
      taken = runs[events.stream].take_list(events.list);
      if (!taken) return taken;
    }
  }
  for (AuditRun& run : runs) {
    if (run.size() == 0) continue;
    taken = open_run(std::move(run));
    if (!taken) return taken;
  }
  return taken;
}

/// The first place whose event is not before the time and, if there is a position, is at it or behind it, or
/// only behind it.
StoreResult<std::uint64_t> AuditQueryRun::partition(Source& source,
                                                    const std::optional<AuditPosition>& position,
                                                    WallTime time, Side side) {
  std::uint64_t low = 0;
  for (std::uint64_t high = source.run.size(); low < high;) {
    const std::uint64_t middle = low + (high - low) / 2;
    const auto record = source.run.read(middle);
    if (!record) return tl::unexpected(record.error());
    const AuditPosition here{record->at, source.name, record->sequence};
    const bool is_earlier =
        here.at < time ||
        (position && (side == Side::behind ? !is_before(*position, here) : is_before(here, *position)));
    if (is_earlier)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

StoreResult<void> AuditQueryRun::open_run(AuditRun run) {
  const AuditPart& part = trail_.parts()[run.part()];
  const AuditStream& stream = part.image.streams()[run.stream()];
  Source source{std::move(run), pools_.source(stream.name), 0, 0, {}, {}};
  source.end = source.run.size();
  const bool is_after = is_rising() && after_ && after_->at >= stream.first_time;
  if (is_after || stream.first_time < query_.from) {
    const auto first = partition(source, is_rising() ? after_ : std::nullopt, query_.from, Side::behind);
    if (!first) return tl::unexpected(first.error());
    source.first = *first;
  }
  if (stream.last_time >= query_.until) {
    const auto end = partition(source, std::nullopt, query_.until, Side::before);
    if (!end) return tl::unexpected(end.error());
    source.end = *end;
  }
  if (!is_rising() && after_ && after_->at <= stream.last_time) {
    const auto end =
        partition(source, after_, WallTime{std::numeric_limits<std::int64_t>::min()}, Side::before);
    if (!end) return tl::unexpected(end.error());
    source.end = std::min(source.end, *end);
  }
  const auto has_any = read_head(source);
  if (!has_any) return tl::unexpected(has_any.error());
  if (*has_any) sources_.push_back(std::move(source));
  return {};
}

StoreResult<bool> AuditQueryRun::read_head(Source& source) {
  if (source.first >= source.end) return false;
  const auto record = source.run.read(is_rising() ? source.first : source.end - 1);
  if (!record) return tl::unexpected(record.error());
  source.head = *record;
  source.position = {record->at, source.name, record->sequence};
  return true;
}

StoreResult<bool> AuditQueryRun::step(Source& source) {
  is_rising() ? ++source.first : --source.end;
  return read_head(source);
}

/// The event with its subjects; none if it is not of the subject after all.
StoreResult<std::optional<StoredEvent>> AuditQueryRun::event_of_head(Source& source) {
  const std::string& stream = source.run.name();
  const Record& record = source.head;
  StoredEvent stored{parking_lot::event_of(record), source.name};
  std::optional<AuditNames> names;
  if (const auto* rejected = std::get_if<TaskRejected>(&record.fact)) {
    names = AuditNames{std::string(rejected->task_id), std::string(rejected->tenant), {}};
  } else if (const auto* admitted = std::get_if<TaskAdmitted>(&record.fact)) {
    names = audit_names(*admitted);
  } else if (const std::uint64_t admission = admission_of(record.fact)) {
    AuditPart& part = trail_.parts()[source.run.part()];
    const auto at = part.image.find_task(source.run.stream(), admission);
    if (!at) return tl::unexpected(at.error());
    if (*at) {
      const auto task = part.image.task(**at);
      if (!task) return tl::unexpected(task.error());
      auto found = trail_.names_of(part, *task);
      if (!found) return tl::unexpected(found.error());
      names = std::move(*found);
    }
  }
  std::vector<AuditSubject>& subjects = stored.event.subjects;
  if (names && !names->task_id.empty()) subjects.push_back({SubjectKind::task, names->task_id});
  if (names && !names->tenant.empty()) subjects.push_back({SubjectKind::tenant, names->tenant});
  subjects.push_back({SubjectKind::pool, pools_.name(stream)});
  if (names && !names->mailbox.empty()) subjects.push_back({SubjectKind::mailbox, names->mailbox});
  if (!is_wanted(stored)) return std::optional<StoredEvent>();
  return std::optional(std::move(stored));
}

bool AuditQueryRun::is_wanted(const StoredEvent& stored) const {
  if (query_.any_subject) return true;
  return std::any_of(
      stored.event.subjects.begin(), stored.event.subjects.end(),
      [&](const AuditSubject& subject) { return subject.kind == query_.kind && subject.id == query_.id; });
}

}  // namespace parking_lot
