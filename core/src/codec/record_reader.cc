#include "codec/record_reader.h"

namespace parking_lot {

std::uint64_t ByteReader::long_varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (at_ == end_) {
      damaged("it ends within a number");
      return 0;
    }
    const std::uint8_t next = *at_++;
    value |= std::uint64_t{next & 0x7fU} << shift;
    if (next >= 0x80) continue;
    // Each number has one spelling: no zeros at its end, no bits beyond 64.
    if (next == 0 && shift > 0) damaged("a number is longer than it need be");
    if (next > 1 && shift == 63) damaged("a number is too large");
    return failed() ? 0 : value;
  }
  damaged("a number is too large");
  return 0;
}

void FieldsReader::sealed(std::uint64_t length, std::string_view& value) {
  if (keys_ == nullptr) return in_.newer("a sealed name, for which there is no key");
  const std::span<const std::uint8_t> bytes = in_.bytes(length);
  if (in_.failed()) return;
  auto name = std::make_unique<std::string>();
  if (const char* fault = keys_->open(bytes, *name)) return in_.damaged(fault);
  value = *lists_.names.emplace_back(std::move(name));
  if (value.empty()) superfluous();
}

void FieldsReader::numbers(std::span<const std::uint64_t>& values) {
  values = {};
  if (!next_is_present()) return;
  const std::uint64_t count = in_.varint();
  if (count == 0) return superfluous();
  if (count > in_.left()) return in_.damaged("a list goes beyond its end");
  const auto size = static_cast<std::size_t>(count);
  lists_.numbers.push_back(std::make_unique<std::uint64_t[]>(size));
  std::uint64_t* const list = lists_.numbers.back().get();
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < size; ++i) {
    before += static_cast<std::uint64_t>(unzigzag(in_.varint()));
    list[i] = before;
  }
  values = {list, size};
}

void FieldsReader::offsets(std::span<const garage::ZoneOffset>& values) {
  values = {};
  if (!next_is_present()) return;
  const std::uint64_t count = in_.varint();
  if (count == 0) return superfluous();
  if (count > in_.left()) return in_.damaged("a list goes beyond its end");
  const auto size = static_cast<std::size_t>(count);
  lists_.offsets.push_back(std::make_unique<garage::ZoneOffset[]>(size));
  garage::ZoneOffset* const list = lists_.offsets.back().get();
  std::int64_t before = 0;
  for (std::size_t i = 0; i < size; ++i) {
    before = wrapping_sum(before, unzigzag(in_.varint()));
    list[i].utc.ms = before;
    get(list[i].offset_secs);
  }
  values = {list, size};
}

}  // namespace parking_lot
