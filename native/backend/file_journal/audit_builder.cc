#include "audit_builder.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "little_endian.h"
#include "parking_lot/audit_event.h"
#include "parking_lot/generated_id.h"
#include "segment_files.h"

namespace parking_lot {

namespace {

std::array<std::uint64_t, 3> hashes_of(const AuditNames& names) {
  const auto hash = [](SubjectKind kind, const std::string& name) {
    return name.empty() ? 0 : audit_hash(kind, name);
  };
  return {hash(SubjectKind::task, names.task_id), hash(SubjectKind::tenant, names.tenant),
          hash(SubjectKind::mailbox, names.mailbox)};
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

/// What is written, in the order of streams and tasks.
struct AuditBuilder::Tables {
  Bytes texts;
  std::vector<AuditTask> tasks;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> names;

  void name_task(const std::array<std::uint64_t, 3>& hashes) {
    for (const std::uint64_t hash : hashes) {
      if (hash != 0) names.emplace_back(hash, static_cast<std::uint32_t>(tasks.size() - 1));
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
  const auto decoded = decode_frame(frame, records_);
  if (!decoded) {
    return corrupt(segment_name(SegmentKind::records, extent_.segment), offset,
                   decoded.error().where + " of the records: " + decoded.error().message);
  }
  const std::uint32_t number = stream(*declared_[head.stream], head.first_sequence, head.time);
  streams_[number].events += head.count;
  const auto place = static_cast<std::uint32_t>(frames_.size());
  frames_.push_back({.offset = static_cast<std::uint32_t>(offset),
                     .count = head.count,
                     .first_sequence = head.first_sequence,
                     .stream = number});
  for (std::uint32_t i = 0; i < records_.records.size(); ++i) {
    add_record(number, records_.records[i], {place, i});
  }
  return {};
}

void AuditBuilder::add_record(std::uint32_t stream, const Record& record, AuditPlace place) {
  AuditStream& known = streams_[stream];
  known.first_time = std::min(known.first_time, record.at);
  known.last_time = std::max(known.last_time, record.at);
  std::uint64_t admission = admission_of(record.fact);
  AuditNames names;
  const auto* admitted = std::get_if<TaskAdmitted>(&record.fact);
  const auto* rejected = std::get_if<TaskRejected>(&record.fact);
  if (admitted != nullptr) {
    names = audit_names(*admitted);
    if (known.first_admission == 0) known.first_admission = admission;
    known.first_admission = std::min(known.first_admission, admission);
    known.last_admission = std::max(known.last_admission, admission);
  } else if (rejected != nullptr) {
    names.task_id = rejected->task_id;
    names.tenant = rejected->tenant;
    admission = audit_refused | record.sequence;
  }
  if (admission == 0) return;
  const bool is_first = admitted != nullptr || rejected != nullptr;
  if (is_first) named_.push_back({admission, stream, hashes_of(names)});
  events_.push_back({admission, stream, place, is_first});
}

/// Tasks with their places, and the names of each.
StoreResult<void> AuditBuilder::group(Tables& tables, const FindNames& find) {
  std::sort(events_.begin(), events_.end(), [](const Event& a, const Event& b) {
    return std::tie(a.stream, a.admission, a.place) < std::tie(b.stream, b.admission, b.place);
  });
  std::sort(named_.begin(), named_.end(), [](const Named& a, const Named& b) {
    return std::tie(a.stream, a.admission) < std::tie(b.stream, b.admission);
  });
  auto named = named_.begin();
  for (std::uint32_t i = 0; i < events_.size(); ++i) {
    const Event& event = events_[i];
    if (!tables.tasks.empty() && i > 0 && events_[i - 1].stream == event.stream &&
        events_[i - 1].admission == event.admission)
      continue;
    AuditTask& task = tables.tasks.emplace_back();
    task = {.admission = event.admission, .stream = event.stream, .first_event = i};
    if (event.is_admission) {
      while (named->stream != event.stream || named->admission != event.admission) ++named;
      tables.name_task(named->hashes);
      continue;
    }
    const auto names = find(streams_[event.stream].name, event.admission);
    if (!names) return tl::unexpected(names.error());
    task.names = static_cast<std::uint32_t>(tables.texts.size());
    append_audit_names(*names ? **names : AuditNames(), tables.texts);
    if (*names) tables.name_task(hashes_of(**names));
  }
  std::sort(tables.names.begin(), tables.names.end());
  return {};
}

StoreResult<Bytes> AuditBuilder::build(const FindNames& find) {
  Tables tables;
  for (const AuditStream& stream : streams_) append_audit_stream(stream, tables.texts);
  AuditTables where;
  where.streams_end = tables.texts.size();
  tables.texts.push_back(0);  // so that no names stand at 0
  auto grouped = group(tables, find);
  if (!grouped) return tl::unexpected(grouped.error());
  AuditPageWriter out;
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
    });
  }
  where.places = {out.begin_table(), events_.size()};
  for (const Event& event : events_) {
    add([&] {
      put_u32(entry, event.place.frame);
      put_u32(entry, event.place.index);
    });
  }
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
  for (const auto& [hash, task] : tables.names) {
    add([&, hash = hash, task = task] {
      put_u64(entry, hash);
      put_u32(entry, task);
    });
  }
  return std::move(out).finish(audit_header(extent_, static_cast<std::uint32_t>(streams_.size()), where));
}

}  // namespace parking_lot
