#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "codec/record_format.h"
#include "codec/record_varint.h"
#include "parking_lot/name_keys.h"
#include "parking_lot/record_codec.h"

namespace parking_lot {

/// Writes records over `workspace`, whatever it holds, and makes it larger where it must. Used again it need
/// not be zeroed again: room for all numbers of the largest fact is more than most facts take.
class RecordWriter {
 public:
  /// Without keys names of people are plain.
  RecordWriter(Bytes& workspace, NameKeys* keys) : out_(workspace), keys_(keys) {}

  template <class Fact>
  void write(const Fact& fact, WallTime at, WallTime frame_time) {
    const std::size_t start = at_;
    basis_ = at;
    write_fields(fact, header_bytes_max, first_field_bit);
    finish_record(start, RecordFormat<Fact>::type, at, frame_time);
  }
  /// What was written, until the next record.
  ByteView written() const { return {out_.data(), at_}; }

  // --- what `RecordFormat::fields` calls ---

  template <class T>
  void required(const T& value) {
    put(value);
  }
  template <class T>
  void optional(const T& value, const T& otherwise) {
    if (is_added(!(value == otherwise))) put(value);
  }
  void flag(bool value) { is_added(value); }
  void text(std::string_view value);
  /// The name of a person.
  void person(std::string_view value);
  void name(std::string_view value);
  void cost(Units value);
  void digest(std::uint64_t value);
  void numbers(std::span<const std::uint64_t> values);
  void offsets(std::span<const garage::ZoneOffset> values);
  template <class Fact>
  void nested(const Fact& fact) {
    const std::size_t start = at_;
    const std::uint64_t outer_mask = mask_;
    const int outer_bit = bit_;
    write_fields(fact, varint_bytes_max, 0);
    finish_nested(start);
    mask_ = outer_mask;
    bit_ = outer_bit;
  }

 private:
  /// Type, length, presence, time.
  static constexpr std::size_t header_bytes_max = 4 * varint_bytes_max;
  /// More than all numbers of the largest fact take.
  static constexpr std::size_t fixed_bytes_max = 512;

  /// Leaves a gap for what comes before the fields and is known only after them.
  template <class Fact>
  void write_fields(const Fact& fact, std::size_t gap, int first_bit) {
    make_room(gap);
    at_ += gap;
    mask_ = 0;
    bit_ = first_bit;
    RecordFormat<Fact>::fields(*this, fact);
  }
  void finish_record(std::size_t start, std::uint32_t type, WallTime at, WallTime frame_time);
  void finish_nested(std::size_t start);
  /// Moves the fields, which begin behind the gap, to their place.
  void fill_gap(std::size_t start, std::size_t gap, std::span<const std::uint8_t> header);

  /// For so many bytes, and all numbers after them.
  void make_room(std::size_t bytes) {
    const std::size_t needed = at_ + bytes + fixed_bytes_max;
    if (needed > out_.size()) out_.resize(std::max(needed, 2 * out_.size()));
  }
  bool is_added(bool is_present) {
    mask_ |= std::uint64_t{is_present} << bit_++;
    return is_present;
  }

  void varint(std::uint64_t value) {
    std::uint8_t* const at = out_.data() + at_;
    at_ += static_cast<std::size_t>(put_varint(at, value) - at);
  }
  void put(std::uint64_t value) { varint(value); }
  void put(std::uint32_t value) { varint(value); }
  void put(std::uint16_t value) { varint(value); }
  void put(std::int64_t value) { varint(zigzag(value)); }
  void put(std::int32_t value) { varint(zigzag(value)); }
  void put(garage::Features value) { out_[at_++] = value.bits; }
  void put(garage::TicketId value) {
    put_fixed(value.high);
    put_fixed(value.low);
  }
  void put(Duration value) { varint(zigzag(value.ms)); }
  void put(WallTime value) { varint(zigzag(wrapping_difference(value.ms, basis_.ms))); }
  void put(Lease value) {
    varint(value.incarnation);
    varint(value.number);
  }
  void put(const Entropy& value);
  void put(const PayloadRef& value);
  void put(const RetryPolicy& value);
  template <class Word>
  requires std::is_enum_v<Word>
  void put(Word value) { out_[at_++] = static_cast<std::uint8_t>(value); }
  void put_fixed(std::uint64_t value);
  void put_bytes(std::string_view value, int tag_bits);

  Bytes& out_;
  NameKeys* keys_;
  std::size_t at_ = 0;
  WallTime basis_;  // times are written relative to it
  std::uint64_t mask_ = 0;
  int bit_ = 0;
  Bytes sealed_;
};

}  // namespace parking_lot
