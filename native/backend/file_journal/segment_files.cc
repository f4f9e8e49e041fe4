#include "segment_files.h"

#include <algorithm>
#include <utility>

#include "little_endian.h"

namespace parking_lot {

namespace {

constexpr std::size_t digits = 10;
constexpr std::string_view index_prefix = "audit-";
constexpr std::string_view keys_prefix = "keys-";

std::string_view prefix(SegmentKind kind) {
  switch (kind) {
    case SegmentKind::records:
      return "records-";
    case SegmentKind::payloads:
      return "payloads-";
    case SegmentKind::checkpoint:
      return "checkpoint-";
  }
  return "";
}

std::string numbered(std::string_view prefix, std::uint64_t number) {
  std::string text = std::to_string(number);
  if (text.size() < digits) text.insert(0, digits - text.size(), '0');
  return std::string(prefix) + text;
}

std::optional<std::uint64_t> number_after(std::string_view prefix, std::string_view file) {
  if (!file.starts_with(prefix)) return std::nullopt;
  file.remove_prefix(prefix.size());
  if (file.size() < digits || file.size() > 18) return std::nullopt;
  std::uint64_t number = 0;
  for (const char digit : file) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return number;
}

}  // namespace

std::string segment_name(SegmentKind kind, std::uint64_t number) { return numbered(prefix(kind), number); }

std::optional<std::uint64_t> segment_number(SegmentKind kind, std::string_view file) {
  return number_after(prefix(kind), file);
}

std::string audit_index_name(std::uint64_t segment) { return numbered(index_prefix, segment); }

std::optional<std::uint64_t> audit_index_number(std::string_view file) {
  return number_after(index_prefix, file);
}

std::string key_file_name(std::uint64_t number) { return numbered(keys_prefix, number); }

std::optional<std::uint64_t> key_file_number(std::string_view file) {
  return number_after(keys_prefix, file);
}

std::vector<std::uint64_t> segment_numbers(SegmentKind kind, std::span<const std::string> names) {
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : names) {
    if (const auto number = segment_number(kind, name)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

StoreResult<void> read_bytes(Files& files, std::string_view file, std::uint64_t offset, std::uint64_t limit,
                             Bytes& out) {
  const auto size = files.size(file);
  if (!size) return store_failure(size.error());
  const std::uint64_t rest = *size > offset ? *size - offset : 0;
  out.resize(static_cast<std::size_t>(std::min(rest, limit)));
  const auto got = files.read_at(file, offset, {reinterpret_cast<char*>(out.data()), out.size()});
  if (!got) return store_failure(got.error());
  out.resize(*got);
  return {};
}

StoreResult<void> read_all(Files& files, std::string_view file, Bytes& out) {
  return read_bytes(files, file, 0, ~std::uint64_t{0}, out);
}

bool is_newer(const Error& error) { return error.where == "byte 8" || error.where == "byte 10"; }

StoreResult<SegmentHeader> segment_header(ByteView bytes, SegmentKind kind, std::uint64_t number) {
  const std::string file = segment_name(kind, number);
  auto header = parse_segment_header(bytes);
  if (!header && is_newer(header.error()))
    return tl::unexpected(StoreError{StoreFault::newer_format, file, 8, header.error().message});
  if (!header) return corrupt(file, 0, header.error().message);
  if (header->kind != kind || header->number != number) {
    return corrupt(file, 0, "the header belongs to another segment");
  }
  return *header;
}

FileResult<void> CommitWrites::create(const std::string& file) {
  auto made = files_.create(file);
  // A leftover of a commit that failed, which could not be deleted then.
  if (!made && made.error().fault == FileFault::exists) made = files_.truncate(file, 0);
  if (!made) return made;
  created_.push_back(file);
  touch(file);
  return {};
}

FileResult<void> CommitWrites::write(const std::string& file, std::uint64_t offset, ByteView bytes) {
  touch(file);
  return files_.write_at(file, offset, as_text(bytes));
}

void CommitWrites::touch(const std::string& file) {
  if (std::find(touched_.begin(), touched_.end(), file) == touched_.end()) touched_.push_back(file);
}

}  // namespace parking_lot
