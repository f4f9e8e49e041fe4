#include "audit_image.h"

#include <algorithm>
#include <utility>

#include "little_endian.h"

namespace parking_lot {

namespace {

constexpr std::uint64_t index_mark = 0x0a5844490a4a4c50;  // "PLJ", line end, "IDX", line end
constexpr std::uint32_t index_version = 2;
constexpr std::uint64_t text_bytes_max = 1 << 20;

AuditFrame frame_of(ByteView entry) {
  return {.offset = load_u32(entry, 0),
          .first_event = load_u32(entry, 20),
          .count = load_u32(entry, 4),
          .first_sequence = load_u64(entry, 8),
          .stream = load_u32(entry, 16)};
}

AuditTask task_of(ByteView entry) {
  return {.admission = load_u64(entry, 0),
          .stream = load_u32(entry, 8),
          .first_event = load_u32(entry, 12),
          .names = load_u32(entry, 16)};
}

void put_text(Bytes& out, std::string_view text) {
  put_u32(out, static_cast<std::uint32_t>(text.size()));
  const ByteView bytes = as_bytes_view(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void put_varint(Bytes& out, std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

/// The first position in [low, high) from which on `is_before` is false.
template <class IsBefore>
StoreResult<std::uint64_t> partition(std::uint64_t low, std::uint64_t high, IsBefore is_before) {
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const StoreResult<bool> before = is_before(middle);
    if (!before) return tl::unexpected(before.error());
    if (*before)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

}  // namespace

std::uint64_t audit_hash(SubjectKind kind, std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325U + static_cast<std::uint64_t>(kind);
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  // Its bits are spread (the finalizer of SplitMix64).
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9U;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebU;
  return hash ^ (hash >> 31);
}

void append_audit_stream(const AuditStream& stream, Bytes& out) {
  put_text(out, stream.name);
  for (const std::uint64_t number :
       {stream.first_sequence, stream.events, stream.first_admission, stream.last_admission,
        static_cast<std::uint64_t>(stream.first_time.ms), static_cast<std::uint64_t>(stream.last_time.ms)}) {
    put_u64(out, number);
  }
}

void append_audit_events(std::span<const std::uint32_t> events, Bytes& out) {
  put_varint(out, static_cast<std::uint32_t>(events.size()));
  std::uint32_t before = 0;
  for (const std::uint32_t event : events) put_varint(out, event - std::exchange(before, event));
}

std::uint32_t AuditTexts::add_common(const std::string& text) {
  const auto [known, is_new] = common_.try_emplace(text, static_cast<std::uint32_t>(out_.size()));
  if (is_new) put_text(out_, text);
  return known->second;
}

std::uint32_t AuditTexts::add(const AuditNames& names) {
  const std::uint32_t tenant = add_common(names.tenant);
  const std::uint32_t mailbox = add_common(names.mailbox);
  const auto at = static_cast<std::uint32_t>(out_.size());
  put_text(out_, names.task_id);
  put_u32(out_, tenant);
  put_u32(out_, mailbox);
  return at;
}

Bytes audit_header(const AuditExtent& extent, std::uint32_t streams, const AuditTables& tables) {
  Bytes out;
  put_u64(out, index_mark);
  put_u32(out, index_version);
  put_u32(out, streams);
  out.insert(out.end(), extent.store.begin(), extent.store.end());
  put_u64(out, extent.segment);
  put_u64(out, extent.begin);
  put_u64(out, extent.end);
  put_u64(out, tables.streams_end);
  for (const AuditTables::Table& table :
       {tables.texts, tables.frames, tables.lists, tables.tasks, tables.names}) {
    put_u64(out, table.first_page);
    put_u64(out, table.count);
  }
  return out;
}

StoreResult<AuditImage> AuditImage::open(AuditPages pages, const AuditExtent& extent) {
  AuditImage image(std::move(pages));
  auto read = image.read_header(extent);
  if (!read) return tl::unexpected(read.error());
  return image;
}

StoreResult<void> AuditImage::read_header(const AuditExtent& extent) {
  const auto page = pages_.read(0);
  if (!page) return tl::unexpected(page.error());
  const ByteView head = *page;
  AuditExtent found;
  std::copy_n(head.begin() + 16, found.store.size(), found.store.begin());
  found.segment = load_u64(head, 32);
  found.begin = load_u64(head, 40);
  found.end = load_u64(head, 48);
  if (load_u64(head, 0) != index_mark || load_u32(head, 8) != index_version || !(found == extent))
    return corrupt("", 0, "the index is not of this segment");
  const std::uint32_t streams = load_u32(head, 12);
  tables_.streams_end = load_u64(head, 56);
  std::size_t at = 64;
  for (AuditTables::Table* table :
       {&tables_.texts, &tables_.frames, &tables_.lists, &tables_.tasks, &tables_.names}) {
    *table = {load_u64(head, at), load_u64(head, at + 8)};
    at += 16;
  }
  const std::uint64_t names_in_page = audit_page_content / audit_name_width;
  pages_end_ = tables_.names.first_page + (tables_.names.count + names_in_page - 1) / names_in_page;
  std::uint64_t place = 0;
  for (std::uint32_t i = 0; i < streams; ++i) {
    AuditStream stream;
    auto name = text(place);
    if (!name) return tl::unexpected(name.error());
    stream.name = std::move(*name);
    std::array<std::uint64_t, 6> numbers{};
    for (std::uint64_t& one : numbers) {
      const auto read = number(place, 8);
      if (!read) return tl::unexpected(read.error());
      one = *read;
    }
    stream.first_sequence = numbers[0];
    stream.events = numbers[1];
    stream.first_admission = numbers[2];
    stream.last_admission = numbers[3];
    stream.first_time.ms = static_cast<std::int64_t>(numbers[4]);
    stream.last_time.ms = static_cast<std::int64_t>(numbers[5]);
    streams_.push_back(std::move(stream));
  }
  return {};
}

StoreResult<std::uint64_t> AuditImage::number(std::uint64_t& at, int bytes) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 8 * bytes; shift += 8, ++at) {
    const auto byte = pages_.entry(tables_.texts.first_page, 1, at);
    if (!byte) return tl::unexpected(byte.error());
    value |= std::uint64_t{byte->front()} << shift;
  }
  return value;
}

StoreResult<std::string> AuditImage::text(std::uint64_t& at) {
  std::uint64_t length = 0;
  std::string out;
  for (std::uint64_t i = 0; i < 4 + length; ++i, ++at) {
    const auto byte = pages_.entry(tables_.texts.first_page, 1, at);
    if (!byte) return tl::unexpected(byte.error());
    if (i < 4) {
      length |= std::uint64_t{byte->front()} << (8 * i);
      if (i == 3 && length > text_bytes_max) return corrupt("", 0, "a name in the index is too long");
    } else {
      out.push_back(static_cast<char>(byte->front()));
    }
  }
  return out;
}

StoreResult<AuditFrame> AuditImage::frame(std::uint64_t at) {
  const auto entry = pages_.entry(tables_.frames.first_page, audit_frame_width, at);
  if (!entry) return tl::unexpected(entry.error());
  return frame_of(*entry);
}

StoreResult<AuditTask> AuditImage::task(std::uint64_t at) {
  const auto entry = pages_.entry(tables_.tasks.first_page, audit_task_width, at);
  if (!entry) return tl::unexpected(entry.error());
  return task_of(*entry);
}

StoreResult<AuditPlace> AuditImage::place(std::uint32_t event) {
  // The last frame or the next one, or else it is looked for.
  for (std::uint64_t at = last_frame_; at < last_frame_ + 2 && at < tables_.frames.count; ++at) {
    const auto near = frame(at);
    if (!near) return tl::unexpected(near.error());
    if (event < near->first_event || event - near->first_event >= near->count) continue;
    last_frame_ = at;
    return AuditPlace{*near, event - near->first_event};
  }
  const auto behind = partition(0, tables_.frames.count, [&](std::uint64_t middle) -> StoreResult<bool> {
    const auto one = frame(middle);
    if (!one) return tl::unexpected(one.error());
    return one->first_event <= event;
  });
  if (!behind) return tl::unexpected(behind.error());
  if (*behind == 0) return corrupt("", 0, "the index has no such event");
  last_frame_ = *behind - 1;
  const auto found = frame(last_frame_);
  if (!found) return tl::unexpected(found.error());
  return AuditPlace{*found, event - found->first_event};
}

StoreResult<std::optional<std::uint64_t>> AuditImage::find_task(std::uint32_t stream,
                                                                std::uint64_t admission) {
  const auto is_before = [&](std::uint64_t at) -> StoreResult<bool> {
    const auto one = task(at);
    if (!one) return tl::unexpected(one.error());
    return one->stream != stream ? one->stream < stream : one->admission < admission;
  };
  // Whoever asks for many asks in their order: the next one is near.
  constexpr std::uint64_t near = 64;
  std::uint64_t low = 0;
  std::uint64_t high = tables_.tasks.count;
  if (last_task_ < high) {
    const auto is_behind = is_before(last_task_);
    if (!is_behind) return tl::unexpected(is_behind.error());
    *is_behind ? low = last_task_ + 1 : high = last_task_;
  }
  if (low > 0 && low + near < high) {
    const auto is_farther = is_before(low + near);
    if (!is_farther) return tl::unexpected(is_farther.error());
    *is_farther ? low += near + 1 : high = low + near;
  }
  const auto at = partition(low, high, is_before);
  if (!at) return tl::unexpected(at.error());
  last_task_ = *at;
  if (*at == tables_.tasks.count) return std::optional<std::uint64_t>();
  const auto found = task(*at);
  if (!found) return tl::unexpected(found.error());
  if (found->stream != stream || found->admission != admission) return std::optional<std::uint64_t>();
  return std::optional(*at);
}

StoreResult<std::uint64_t> AuditImage::first_name(std::uint64_t hash) {
  const std::uint64_t count = tables_.names.count;
  const auto is_before = [&](std::uint64_t at) -> StoreResult<bool> {
    const auto one = pages_.entry(tables_.names.first_page, audit_name_width, at);
    if (!one) return tl::unexpected(one.error());
    return load_u64(*one, 0) < hash;
  };
  // Of n even hashes the n * hash / 2^64 th, four standard deviations to and fro.
  const std::uint64_t guess = (count >> 32) == 0 ? (hash >> 32) * count >> 32 : count / 2;
  std::uint64_t off = 1;
  while (off * off < 4 * count) ++off;
  std::uint64_t low = guess > off ? guess - off : 0;
  std::uint64_t high = std::min(count, guess + off);
  if (low > 0) {
    const auto is_above = is_before(low - 1);
    if (!is_above) return tl::unexpected(is_above.error());
    if (!*is_above) high = std::exchange(low, 0);
  }
  if (high < count) {
    const auto is_above = is_before(high);
    if (!is_above) return tl::unexpected(is_above.error());
    if (*is_above) low = std::exchange(high, count);
  }
  return partition(low, high, is_before);
}

StoreResult<std::vector<AuditEvents>> AuditImage::events_of(SubjectKind kind, std::string_view name) {
  const std::uint64_t hash = audit_hash(kind, name);
  const auto first = first_name(hash);
  if (!first) return tl::unexpected(first.error());
  std::vector<AuditEvents> found;
  for (std::uint64_t at = *first; at < tables_.names.count; ++at) {
    const auto one = pages_.entry(tables_.names.first_page, audit_name_width, at);
    if (!one) return tl::unexpected(one.error());
    if (load_u64(*one, 0) != hash) break;
    found.push_back({.stream = load_u32(*one, 8), .list = load_u32(*one, 12)});
  }
  return found;
}

StoreResult<std::vector<std::uint32_t>> AuditImage::list(std::uint32_t where) {
  std::uint64_t at = where;
  const auto next = [&]() -> StoreResult<std::uint32_t> {
    std::uint32_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const auto byte = pages_.entry(tables_.lists.first_page, 1, at++);
      if (!byte) return tl::unexpected(byte.error());
      value |= static_cast<std::uint32_t>(byte->front() & 0x7fU) << shift;
      if (byte->front() < 0x80) break;
    }
    return value;
  };
  const auto count = next();
  if (!count) return tl::unexpected(count.error());
  std::vector<std::uint32_t> events;
  std::uint32_t event = 0;
  while (events.size() < *count && at < tables_.lists.count) {
    const auto distance = next();
    if (!distance) return tl::unexpected(distance.error());
    events.push_back(event += *distance);
  }
  if (events.size() != *count) return corrupt("", 0, "a list of the index is cut off");
  return events;
}

StoreResult<AuditNames> AuditImage::names_at(std::uint32_t where) {
  AuditNames names;
  std::uint64_t at = where;
  auto task_id = text(at);
  if (!task_id) return tl::unexpected(task_id.error());
  names.task_id = std::move(*task_id);
  for (std::string* one : {&names.tenant, &names.mailbox}) {
    const auto place = number(at, 4);
    if (!place) return tl::unexpected(place.error());
    std::uint64_t common = *place;
    auto read = text(common);
    if (!read) return tl::unexpected(read.error());
    *one = std::move(*read);
  }
  return names;
}

StoreResult<void> AuditImage::check() {
  for (std::uint64_t page = 0; page < pages_end_; ++page) {
    const auto read = pages_.read(page);
    if (!read) return tl::unexpected(read.error());
  }
  return {};
}

}  // namespace parking_lot
