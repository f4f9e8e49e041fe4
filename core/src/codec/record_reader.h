#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "codec/record_format.h"
#include "codec/record_varint.h"
#include "codec/record_words.h"
#include "parking_lot/name_keys.h"
#include "parking_lot/record_codec.h"

namespace parking_lot {

/// What is wrong with bytes that were to be read, and whether only this version does not know them.
struct ReadFault {
  enum class Kind : std::uint8_t { none, damaged, newer };
  Kind kind = Kind::none;
  const char* what = "";
  std::size_t offset = 0;
};

/// Reads numbers and texts, and never outside of its bytes. After the first fault it stands at the end, gives
/// zeros, and keeps the fault.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> bytes)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool is_at_end() const { return at_ == end_; }
  bool failed() const { return fault_.kind != ReadFault::Kind::none; }
  const ReadFault& fault() const { return fault_; }
  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  void fail(ReadFault::Kind kind, const char* what) {
    if (!failed()) fault_ = {kind, what, offset()};
    at_ = end_;
  }
  void damaged(const char* what) { fail(ReadFault::Kind::damaged, what); }
  void newer(const char* what) { fail(ReadFault::Kind::newer, what); }

  std::uint64_t varint() {
    if (at_ != end_ && *at_ < 0x80) return *at_++;
    return long_varint();
  }
  std::uint8_t byte() {
    if (at_ != end_) return *at_++;
    damaged("it ends within a field");
    return 0;
  }
  /// Eight bytes, the lowest first.
  std::uint64_t fixed() {
    std::uint64_t value = 0;
    const std::span<const std::uint8_t> taken = bytes(8);
    for (std::size_t i = 0; i < taken.size(); ++i) value |= std::uint64_t{taken[i]} << (8 * i);
    return value;
  }
  std::span<const std::uint8_t> bytes(std::uint64_t length) {
    if (length > left()) {
      damaged("a length goes beyond its end");
      return {};
    }
    const std::span<const std::uint8_t> taken(at_, static_cast<std::size_t>(length));
    at_ += length;
    return taken;
  }
  std::string_view view(std::uint64_t length) {
    const std::span<const std::uint8_t> taken = bytes(length);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

 private:
  std::uint64_t long_varint();

  const std::uint8_t* begin_;
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  ReadFault fault_;
};

/// Reads the fields of facts, as `RecordWriter` wrote them.
class FieldsReader {
 public:
  /// `lists` keeps what facts view. Times are read relative to `basis`. Without keys sealed names are
  /// refused.
  FieldsReader(ByteReader& in, WallTime basis, RecordLists& lists, NameKeys* keys)
      : in_(in), basis_(basis), lists_(lists), keys_(keys) {}

  template <class Fact>
  void read(Fact& fact, std::uint64_t mask, int first_bit) {
    mask_ = mask;
    bit_ = first_bit;
    RecordFormat<Fact>::fields(*this, fact);
    if (bit_ < 64 && (mask_ >> bit_) != 0) in_.newer("fields that this version does not know");
  }

  template <class T>
  void required(T& value) {
    get(value);
  }
  template <class T>
  void optional(T& value, const T& otherwise) {
    if (!next_is_present()) {
      value = otherwise;
      return;
    }
    get(value);
    if (value == otherwise) superfluous();
  }
  void flag(bool& value) { value = next_is_present(); }
  void text(std::string_view& value) {
    value = {};
    if (!next_is_present()) return;
    const std::uint64_t head = in_.varint();
    if ((head & 3) == 1) return sealed(head >> 2, value);
    if ((head & 3) != 0) return in_.newer("a name kept in a way that this version does not know");
    value = in_.view(head >> 2);
    if (value.empty()) superfluous();
  }
  void person(std::string_view& value) {
    const std::size_t sealed_before = lists_.names.size();
    text(value);
    if (keys_ != nullptr && !value.empty() && lists_.names.size() == sealed_before) keys_->saw_plain(value);
  }
  void name(std::string_view& value) {
    value = {};
    if (!next_is_present()) return;
    value = in_.view(in_.varint());
    if (value.empty()) superfluous();
  }
  void cost(Units& value) {
    value = 0;
    if (!next_is_present()) return;
    if (in_.varint() != 0) return in_.newer("a cost of several resources");
    value = in_.varint();
    if (value == 0) superfluous();
  }
  void digest(std::uint64_t& value) {
    value = 0;
    if (!next_is_present()) return;
    value = in_.fixed();
    if (value == 0) superfluous();
  }
  void numbers(std::span<const std::uint64_t>& values);
  void offsets(std::span<const garage::ZoneOffset>& values);
  template <class Fact>
  void nested(Fact& fact) {
    const std::uint64_t outer_mask = mask_;
    const int outer_bit = bit_;
    read(fact, in_.varint(), 0);
    mask_ = outer_mask;
    bit_ = outer_bit;
  }

 private:
  void sealed(std::uint64_t length, std::string_view& value);
  bool next_is_present() { return ((mask_ >> bit_++) & 1) != 0; }
  void superfluous() { in_.damaged("a field has the value for which it is left out"); }

  void get(std::uint64_t& value) { value = in_.varint(); }
  void get(std::uint32_t& value) {
    const std::uint64_t read = in_.varint();
    if (read > 0xffff'ffff) in_.damaged("a number is too large");
    value = static_cast<std::uint32_t>(read);
  }
  void get(std::uint16_t& value) {
    const std::uint64_t read = in_.varint();
    if (read > 0xffff) in_.damaged("a number is too large");
    value = static_cast<std::uint16_t>(read);
  }
  void get(std::int64_t& value) { value = unzigzag(in_.varint()); }
  void get(std::int32_t& value) {
    const std::int64_t read = unzigzag(in_.varint());
    if (read != static_cast<std::int32_t>(read)) in_.damaged("a number is too large");
    value = static_cast<std::int32_t>(read);
  }
  void get(garage::Features& value) {
    value.bits = in_.byte();
    if (value.bits >= garage::feature_sets) in_.newer("a feature that this version does not know");
  }
  void get(garage::TicketId& value) {
    value.high = in_.fixed();
    value.low = in_.fixed();
  }
  void get(Duration& value) { value.ms = unzigzag(in_.varint()); }
  void get(WallTime& value) { value.ms = wrapping_sum(basis_.ms, unzigzag(in_.varint())); }
  void get(Lease& value) {
    get(value.incarnation);
    get(value.number);
  }
  void get(Entropy& value) {
    value.high = in_.fixed();
    value.low = in_.fixed();
  }
  void get(PayloadRef& value) {
    get(value.id);
    get(value.bytes);
    value.digest = in_.fixed();
  }
  void get(RetryPolicy& value) {
    get(value.max_attempts);
    get(value.factor_percent);
    get(value.jitter_percent);
    get(value.initial);
    get(value.max);
  }
  template <class Word>
  requires std::is_enum_v<Word>
  void get(Word& value) {
    const auto read = static_cast<Word>(in_.byte());
    if (knows(read))
      value = read;
    else if (!in_.failed())
      in_.newer("a word that this version does not know");
  }

  ByteReader& in_;
  WallTime basis_;
  RecordLists& lists_;
  NameKeys* keys_;
  std::uint64_t mask_ = 0;
  int bit_ = 0;
};

}  // namespace parking_lot
