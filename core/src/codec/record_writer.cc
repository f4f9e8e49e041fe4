#include "codec/record_writer.h"

#include <cstring>

namespace parking_lot {

/// The low two bits of the length tell how a text is kept: 0 is plain.
void RecordWriter::text(std::string_view value) {
  if (is_added(!value.empty())) put_bytes(value, 2);
}

void RecordWriter::person(std::string_view value) {
  if (!is_added(!value.empty())) return;
  sealed_.clear();
  const bool is_sealed = keys_ != nullptr && !is_erased_name(value) && keys_->seal(value, sealed_);
  if (!is_sealed) return put_bytes(value, 2);
  make_room(varint_bytes_max + sealed_.size());
  varint(std::uint64_t{sealed_.size()} << 2 | 1);
  std::memcpy(out_.data() + at_, sealed_.data(), sealed_.size());
  at_ += sealed_.size();
}

void RecordWriter::name(std::string_view value) {
  if (is_added(!value.empty())) put_bytes(value, 0);
}

/// A list of named amounts; the only one today has no name, and none follows it.
void RecordWriter::cost(Units value) {
  if (!is_added(value != 0)) return;
  varint(0);
  varint(value);
}

void RecordWriter::digest(std::uint64_t value) {
  if (is_added(value != 0)) put_fixed(value);
}

void RecordWriter::numbers(std::span<const std::uint64_t> values) {
  if (!is_added(!values.empty())) return;
  make_room((values.size() + 1) * varint_bytes_max);
  varint(values.size());
  std::uint64_t before = 0;
  for (const std::uint64_t value : values) {
    varint(zigzag(static_cast<std::int64_t>(value - before)));
    before = value;
  }
}

void RecordWriter::offsets(std::span<const garage::ZoneOffset> values) {
  if (!is_added(!values.empty())) return;
  make_room((2 * values.size() + 1) * varint_bytes_max);
  varint(values.size());
  std::int64_t before = 0;
  for (const garage::ZoneOffset& value : values) {
    varint(zigzag(wrapping_difference(value.utc.ms, before)));
    put(value.offset_secs);
    before = value.utc.ms;
  }
}

void RecordWriter::finish_record(std::size_t start, std::uint32_t type, WallTime at, WallTime frame_time) {
  std::uint8_t presence[2 * varint_bytes_max];
  std::uint8_t* presence_end = put_varint(presence, mask_ | (at == frame_time ? 0 : has_own_time));
  if (at != frame_time)
    presence_end = put_varint(presence_end, zigzag(wrapping_difference(at.ms, frame_time.ms)));
  const auto presence_bytes = static_cast<std::size_t>(presence_end - presence);
  const std::size_t fields_bytes = at_ - start - header_bytes_max;

  std::uint8_t header[header_bytes_max];
  std::uint8_t* const end = put_varint(put_varint(header, type), presence_bytes + fields_bytes);
  std::memcpy(end, presence, presence_bytes);
  fill_gap(start, header_bytes_max, {header, static_cast<std::size_t>(end - header) + presence_bytes});
}

void RecordWriter::finish_nested(std::size_t start) {
  std::uint8_t presence[varint_bytes_max];
  const std::uint8_t* const end = put_varint(presence, mask_);
  fill_gap(start, varint_bytes_max, {presence, static_cast<std::size_t>(end - presence)});
}

void RecordWriter::fill_gap(std::size_t start, std::size_t gap, std::span<const std::uint8_t> header) {
  std::uint8_t* const to = out_.data() + start;
  std::memmove(to + header.size(), to + gap, at_ - start - gap);
  std::memcpy(to, header.data(), header.size());
  at_ -= gap - header.size();
}

void RecordWriter::put(const Entropy& value) {
  put_fixed(value.high);
  put_fixed(value.low);
}

void RecordWriter::put(const PayloadRef& value) {
  varint(value.id);
  varint(value.bytes);
  put_fixed(value.digest);
}

void RecordWriter::put(const RetryPolicy& value) {
  varint(value.max_attempts);
  varint(value.factor_percent);
  varint(value.jitter_percent);
  put(value.initial);
  put(value.max);
}

void RecordWriter::put_fixed(std::uint64_t value) {
  for (int i = 0; i < 8; ++i) out_[at_++] = static_cast<std::uint8_t>(value >> (8 * i));
}

void RecordWriter::put_bytes(std::string_view value, int tag_bits) {
  make_room(varint_bytes_max + value.size());
  varint(std::uint64_t{value.size()} << tag_bits);
  std::memcpy(out_.data() + at_, value.data(), value.size());
  at_ += value.size();
}

}  // namespace parking_lot
