#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "codec/record_format.h"
#include "codec/record_varint.h"

namespace parking_lot {

/// Finds out which optional fields a fact has, and how many bytes its texts and lists take at most.
class FieldsPresent {
 public:
  explicit FieldsPresent(int first_bit) : bit_(first_bit) {}

  std::uint64_t mask() const { return mask_; }
  std::size_t variable_bytes() const { return variable_bytes_; }

  template <class T>
  void required(const T&) {}
  template <class T>
  void optional(const T& value, const T& otherwise) {
    add(!(value == otherwise));
  }
  void flag(bool value) { add(value); }
  void text(std::string_view value) { name(value); }
  void name(std::string_view value) {
    add(!value.empty());
    variable_bytes_ += value.size();
  }
  void cost(Units value) { add(value != 0); }
  void digest(std::uint64_t value) { add(value != 0); }
  void numbers(std::span<const std::uint64_t> values) {
    add(!values.empty());
    variable_bytes_ += values.size() * varint_bytes_max;
  }
  template <class Fact>
  void nested(const Fact& fact) {
    FieldsPresent inner(0);
    RecordFormat<Fact>::fields(inner, fact);
    variable_bytes_ += inner.variable_bytes();
  }

 private:
  void add(bool is_present) { mask_ |= std::uint64_t{is_present} << bit_++; }

  int bit_;
  std::uint64_t mask_ = 0;
  std::size_t variable_bytes_ = 0;
};

/// Writes fields to memory that has room for them: `fixed_bytes_max` and `FieldsPresent::variable_bytes`.
class FieldsWriter {
 public:
  /// More than all numbers of the largest fact take.
  static constexpr std::size_t fixed_bytes_max = 512;

  /// Times are written relative to `basis`.
  FieldsWriter(std::uint8_t* at, WallTime basis) : at_(at), basis_(basis) {}

  std::uint8_t* at() const { return at_; }
  void varint(std::uint64_t value) { at_ = put_varint(at_, value); }

  template <class T>
  void required(const T& value) {
    put(value);
  }
  template <class T>
  void optional(const T& value, const T& otherwise) {
    if (!(value == otherwise)) put(value);
  }
  void flag(bool) {}
  /// The low two bits of the length tell how a text is kept: 0 is plain.
  void text(std::string_view value) {
    if (!value.empty()) put_text(value, 2);
  }
  void name(std::string_view value) {
    if (!value.empty()) put_text(value, 0);
  }
  /// A list of named amounts; the only one today has no name, and none follows it.
  void cost(Units value) {
    if (value == 0) return;
    varint(0);
    varint(value);
  }
  void digest(std::uint64_t value) {
    if (value != 0) put_fixed(value);
  }
  void numbers(std::span<const std::uint64_t> values) {
    if (values.empty()) return;
    varint(values.size());
    std::uint64_t before = 0;
    for (const std::uint64_t value : values) {
      varint(zigzag(static_cast<std::int64_t>(value - before)));
      before = value;
    }
  }
  template <class Fact>
  void nested(const Fact& fact) {
    FieldsPresent present(0);
    RecordFormat<Fact>::fields(present, fact);
    varint(present.mask());
    RecordFormat<Fact>::fields(*this, fact);
  }

 private:
  void put(std::uint64_t value) { varint(value); }
  void put(std::uint32_t value) { varint(value); }
  void put(Duration value) { varint(zigzag(value.ms)); }
  void put(WallTime value) { varint(zigzag(wrapping_difference(value.ms, basis_.ms))); }
  void put(Lease value) {
    varint(value.incarnation);
    varint(value.number);
  }
  void put(const Entropy& value) {
    put_fixed(value.high);
    put_fixed(value.low);
  }
  void put(const PayloadRef& value) {
    varint(value.id);
    varint(value.bytes);
    put_fixed(value.digest);
  }
  void put(const RetryPolicy& value) {
    varint(value.max_attempts);
    varint(value.factor_percent);
    varint(value.jitter_percent);
    put(value.initial);
    put(value.max);
  }
  template <class Word>
  requires std::is_enum_v<Word>
  void put(Word value) { *at_++ = static_cast<std::uint8_t>(value); }
  void put_fixed(std::uint64_t value) {
    for (int i = 0; i < 8; ++i) *at_++ = static_cast<std::uint8_t>(value >> (8 * i));
  }
  void put_text(std::string_view value, int tag_bits) {
    varint(std::uint64_t{value.size()} << tag_bits);
    std::memcpy(at_, value.data(), value.size());
    at_ += value.size();
  }

  std::uint8_t* at_;
  WallTime basis_;
};

}  // namespace parking_lot
