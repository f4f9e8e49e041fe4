#include "audit_builder.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "little_endian.h"
#include "parking_lot/audit_event.h"
#include "parking_lot/bring_near.h"
#include "parking_lot/generated_id.h"
#include "radix_sort.h"
#include "segment_files.h"

namespace parking_lot {

namespace {

/// Marks the last event of a task: numbers never reach this bit, a segment has less than 2^32 bytes and an
/// event more than one.
constexpr std::uint32_t last_of_task = 1U << 31;

std::array<std::uint64_t, 3> hashes_of(std::string_view task_id, std::string_view tenant,
                                       std::string_view mailbox) {
  const auto hash = [](SubjectKind kind, std::string_view name) {
    return name.empty() ? 0 : audit_hash(kind, name);
  };
  return {hash(SubjectKind::task, task_id), hash(SubjectKind::tenant, tenant),
          hash(SubjectKind::mailbox, mailbox)};
}

std::array<std::uint64_t, 3> hashes_of(const TaskAdmitted& admitted) {
  if (!admitted.task_id.empty()) return hashes_of(admitted.task_id, admitted.tenant, admitted.mailbox);
  return hashes_of(spell({admitted.incarnation, admitted.admission}), admitted.tenant, admitted.mailbox);
}

}  // namespace

AuditNames audit_names(const TaskAdmitted& admitted) {
  AuditNames names;
  names.task_id = admitted.task_id.empty() ? spell({admitted.incarnation, admitted.admission})
                                           : std::string(admitted.task_id);
  names.tenant = admitted.tenant;
  names.mailbox = admitted.mailbox;
  return names;
}

/// What is written.
struct AuditBuilder::Tables {
  struct Name {
    std::uint64_t hash = 0;
    std::uint32_t where = 0;  ///< position of the task's first event, and then of the list
    std::uint32_t stream = 0;
  };

  Bytes texts;
  Bytes lists;
  std::vector<AuditTask> tasks;       ///< in the order of streams and admissions
  std::vector<std::uint32_t> events;  ///< those of a task together, the last of them marked
  std::vector<Name> names;

  /// Names of the task that was added last, whose events begin at `first`.
  void name_task(const std::array<std::uint64_t, 3>& hashes, std::size_t first) {
    for (const std::uint64_t hash : hashes) {
      if (hash != 0) names.push_back({hash, static_cast<std::uint32_t>(first), tasks.back().stream});
    }
  }
};

std::uint32_t AuditBuilder::stream(const std::string& name, std::uint64_t first_sequence, WallTime at) {
  for (std::uint32_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i].name == name) return i;
  }
  AuditStream added;
  added.name = name;
  added.first_sequence = first_sequence;
  added.first_time = added.last_time = at;
  streams_.push_back(std::move(added));
  return static_cast<std::uint32_t>(streams_.size() - 1);
}

void AuditBuilder::expect(std::uint64_t bytes) {
  constexpr std::uint64_t bytes_of_event = 20;  // few have less
  events_.reserve(static_cast<std::size_t>(bytes / bytes_of_event));
  named_.reserve(static_cast<std::size_t>(bytes / bytes_of_event / 4));
}

StoreResult<void> AuditBuilder::add(const Frame& frame, std::uint64_t offset) {
  extent_.end = offset + frame.length;
  const FrameHead& head = frame.head;
  if (head.kind == FrameKind::stream) {
    const auto declaration = decode_declaration(frame);
    if (!declaration)
      return corrupt(segment_name(SegmentKind::records, extent_.segment), offset,
                     declaration.error().message);
    if (declared_.size() <= head.stream) declared_.resize(head.stream + 1);
    if (declaration->kind == StreamKind::pool) declared_[head.stream] = std::string(declaration->name);
    return {};
  }
  if (head.kind != FrameKind::records || head.stream >= declared_.size() || !declared_[head.stream])
    return {};
  records_.clear();
  const auto decoded = decode_frame(frame, records_, keys_);
  if (!decoded) {
    return corrupt(segment_name(SegmentKind::records, extent_.segment), offset,
                   decoded.error().where + " of the records: " + decoded.error().message);
  }
  const std::uint32_t number = stream(*declared_[head.stream], head.first_sequence, head.time);
  streams_[number].events += head.count;
  frames_.push_back({.offset = static_cast<std::uint32_t>(offset),
                     .first_event = next_event_,
                     .count = head.count,
                     .first_sequence = head.first_sequence,
                     .stream = number});
  for (const Record& record : records_.records) {
    add_record(number, record);
    ++next_event_;
  }
  return {};
}

void AuditBuilder::add_record(std::uint32_t stream, const Record& record) {
  AuditStream& known = streams_[stream];
  known.first_time = std::min(known.first_time, record.at);
  known.last_time = std::max(known.last_time, record.at);
  std::uint64_t admission = admission_of(record.fact);
  if (const auto* admitted = std::get_if<TaskAdmitted>(&record.fact)) {
    named_.push_back({admission, stream, hashes_of(*admitted)});
    if (known.first_admission == 0) known.first_admission = admission;
    known.first_admission = std::min(known.first_admission, admission);
    known.last_admission = std::max(known.last_admission, admission);
  } else if (const auto* rejected = std::get_if<TaskRejected>(&record.fact)) {
    admission = audit_refused | record.sequence;
    named_.push_back({admission, stream, hashes_of(rejected->task_id, rejected->tenant, {})});
  }
  if (admission == 0) return;
  events_.push_back({admission, stream, next_event_});
}

/// Tasks with their events, and the names of each.
StoreResult<void> AuditBuilder::list_tasks(Tables& tables, const FindNames& find) {
  // Each in the order of streams, then of admissions, then of events.
  radix_sort(events_, [](const Event& event) { return event.admission; });
  radix_sort(events_, [](const Event& event) { return event.stream; });
  radix_sort(named_, [](const Named& task) { return task.admission; });
  radix_sort(named_, [](const Named& task) { return task.stream; });
  const auto is_same_task = [](const Event& a, const Event& b) {
    return a.admission == b.admission && a.stream == b.stream;
  };
  std::size_t tasks = events_.empty() ? 0 : 1;
  for (std::size_t i = 1; i < events_.size(); ++i) tasks += is_same_task(events_[i - 1], events_[i]) ? 0 : 1;
  tables.events.reserve(events_.size());
  tables.tasks.reserve(tasks);
  tables.names.reserve(3 * tasks);
  AuditTexts texts(tables.texts);
  auto named = named_.begin();
  for (auto event = events_.begin(); event != events_.end();) {
    AuditTask& task = tables.tasks.emplace_back();
    task = {.admission = event->admission, .stream = event->stream, .first_event = event->number};
    const std::size_t first = tables.events.size();
    do {
      tables.events.push_back(event->number);
      ++event;
    } while (event != events_.end() && is_same_task(event[-1], *event));
    tables.events.back() |= last_of_task;
    const auto is_earlier = [&](const Named& one) {
      return one.stream != task.stream ? one.stream < task.stream : one.admission < task.admission;
    };
    while (named != named_.end() && is_earlier(*named)) ++named;
    if (named != named_.end() && named->admission == task.admission && named->stream == task.stream) {
      tables.name_task(named->hashes, first);
      continue;
    }
    const auto names = find(streams_[task.stream].name, task.admission);
    if (!names) return tl::unexpected(names.error());
    task.names = texts.add(*names ? **names : AuditNames());
    if (*names) tables.name_task(hashes_of((*names)->task_id, (*names)->tenant, (*names)->mailbox), first);
  }
  return {};
}

/// For each name and stream one list of the events of all its tasks.
void AuditBuilder::list_names(Tables& tables) {
  radix_sort(tables.names, [](const Tables::Name& name) { return name.hash; });
  auto listed = tables.names.begin();  // in place: there are never more lists than names read
  std::vector<std::uint32_t> events;
  constexpr std::ptrdiff_t ahead = 16;  // names are in no order of places, so each would wait for memory
  for (auto name = tables.names.begin(); name != tables.names.end();) {
    const Tables::Name first = *name;
    events.clear();
    for (; name != tables.names.end() && name->hash == first.hash && name->stream == first.stream; ++name) {
      if (tables.names.end() - name > ahead) bring_near(&tables.events[name[ahead].where]);
      for (const std::uint32_t* event = &tables.events[name->where];; ++event) {
        events.push_back(*event & ~last_of_task);
        if ((*event & last_of_task) != 0) break;
      }
    }
    if (!std::is_sorted(events.begin(), events.end())) std::sort(events.begin(), events.end());
    *listed++ = {first.hash, static_cast<std::uint32_t>(tables.lists.size()), first.stream};
    append_audit_events(events, tables.lists);
  }
  tables.names.erase(listed, tables.names.end());
}

StoreResult<Bytes> AuditBuilder::build(const FindNames& find) {
  Tables tables;
  for (const AuditStream& stream : streams_) append_audit_stream(stream, tables.texts);
  AuditTables where;
  where.streams_end = tables.texts.size();
  tables.texts.push_back(0);  // so that no names stand at 0
  auto listed = list_tasks(tables, find);
  if (!listed) return tl::unexpected(listed.error());
  list_names(tables);
  AuditPageWriter out(tables.texts.size() + frames_.size() * audit_frame_width + tables.lists.size() +
                      tables.tasks.size() * audit_task_width + tables.names.size() * audit_name_width);
  where.texts = {out.begin_table(), tables.texts.size()};
  out.add_bytes(tables.texts);
  Bytes entry;
  const auto add = [&](auto fill) {
    entry.clear();
    fill();
    out.add_entry(entry);
  };
  where.frames = {out.begin_table(), frames_.size()};
  for (const AuditFrame& frame : frames_) {
    add([&] {
      put_u32(entry, frame.offset);
      put_u32(entry, frame.count);
      put_u64(entry, frame.first_sequence);
      put_u32(entry, frame.stream);
      put_u32(entry, frame.first_event);
    });
  }
  where.lists = {out.begin_table(), tables.lists.size()};
  out.add_bytes(tables.lists);
  where.tasks = {out.begin_table(), tables.tasks.size()};
  for (const AuditTask& task : tables.tasks) {
    add([&] {
      put_u64(entry, task.admission);
      put_u32(entry, task.stream);
      put_u32(entry, task.first_event);
      put_u32(entry, task.names);
    });
  }
  where.names = {out.begin_table(), tables.names.size()};
  for (const Tables::Name& name : tables.names) {
    add([&] {
      put_u64(entry, name.hash);
      put_u32(entry, name.stream);
      put_u32(entry, name.where);
    });
  }
  return std::move(out).finish(audit_header(extent_, static_cast<std::uint32_t>(streams_.size()), where));
}

}  // namespace parking_lot
