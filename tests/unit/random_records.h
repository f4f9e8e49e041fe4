#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "parking_lot/garage/record.h"
#include "parking_lot/mailbox.h"
#include "parking_lot/record.h"

/// Facts with any fields, and their comparison, both independent of the codec. A fact that gains a field does
/// not compile here until `fields_of` counts it, so neither can forget it.
namespace parking_lot::records {

template <class Fact>
inline constexpr std::size_t fields_of = 0;
template <>
inline constexpr std::size_t fields_of<PoolOpened> = 2;
template <>
inline constexpr std::size_t fields_of<PoolStateChanged> = 1;
template <>
inline constexpr std::size_t fields_of<PoolConfigured> = 1;
template <>
inline constexpr std::size_t fields_of<TaskAdmitted> = 19;
template <>
inline constexpr std::size_t fields_of<TaskParked> = 2;
template <>
inline constexpr std::size_t fields_of<TaskStarted> = 5;
template <>
inline constexpr std::size_t fields_of<TaskRequeued> = 4;
template <>
inline constexpr std::size_t fields_of<PriorityChanged> = 2;
template <>
inline constexpr std::size_t fields_of<UsageRecorded> = 2;
template <>
inline constexpr std::size_t fields_of<TaskFinished> = 5;
template <>
inline constexpr std::size_t fields_of<UnitsReleased> = 2;
template <>
inline constexpr std::size_t fields_of<TaskDelivered> = 1;
template <>
inline constexpr std::size_t fields_of<DeliveryOverdue> = 2;
template <>
inline constexpr std::size_t fields_of<TaskRejected> = 3;
template <>
inline constexpr std::size_t fields_of<RejectionsCounted> = 2;
template <>
inline constexpr std::size_t fields_of<PoolRestored> = 6;
template <>
inline constexpr std::size_t fields_of<TaskRestored> = 19;
template <>
inline constexpr std::size_t fields_of<TenantRestored> = 2;
template <>
inline constexpr std::size_t fields_of<UnitsRestored> = 6;
template <>
inline constexpr std::size_t fields_of<mailbox::StoreOpened> = 1;
template <>
inline constexpr std::size_t fields_of<mailbox::MessageStored> = 8;
template <>
inline constexpr std::size_t fields_of<mailbox::MessagesDropped> = 2;
template <>
inline constexpr std::size_t fields_of<mailbox::StoreRestored> = 1;
template <>
inline constexpr std::size_t fields_of<mailbox::WatermarkRestored> = 3;
template <>
inline constexpr std::size_t fields_of<mailbox::MessageRestored> = 3;

template <class Fact>
auto tie_fields(Fact& fact) {
  constexpr std::size_t count = fields_of<std::remove_const_t<Fact>>;
  if constexpr (count == 1) {
    auto& [a] = fact;
    return std::tie(a);
  } else if constexpr (count == 7) {
    auto& [a, b, c, d, e, f, g] = fact;
    return std::tie(a, b, c, d, e, f, g);
  } else if constexpr (count == 9) {
    auto& [a, b, c, d, e, f, g, h, i] = fact;
    return std::tie(a, b, c, d, e, f, g, h, i);
  } else if constexpr (count == 10) {
    auto& [a, b, c, d, e, f, g, h, i, j] = fact;
    return std::tie(a, b, c, d, e, f, g, h, i, j);
  } else if constexpr (count == 14) {
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = fact;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
  } else if constexpr (count == 2) {
    auto& [a, b] = fact;
    return std::tie(a, b);
  } else if constexpr (count == 3) {
    auto& [a, b, c] = fact;
    return std::tie(a, b, c);
  } else if constexpr (count == 4) {
    auto& [a, b, c, d] = fact;
    return std::tie(a, b, c, d);
  } else if constexpr (count == 5) {
    auto& [a, b, c, d, e] = fact;
    return std::tie(a, b, c, d, e);
  } else if constexpr (count == 6) {
    auto& [a, b, c, d, e, f] = fact;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (count == 8) {
    auto& [a, b, c, d, e, f, g, h] = fact;
    return std::tie(a, b, c, d, e, f, g, h);
  } else {
    static_assert(count == 19);
    auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s] = fact;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s);
  }
}

template <class Part>
bool same(const Part& a, const Part& b) {
  if constexpr (fields_of < Part >> 0) {
    const auto compare = [&]<std::size_t... index>(std::index_sequence<index...>) {
      const auto left = tie_fields(a);
      const auto right = tie_fields(b);
      return (same(std::get<index>(left), std::get<index>(right)) && ...);
    };
    return compare(std::make_index_sequence<fields_of<Part>>());
  } else if constexpr (std::is_same_v<Part, Entropy>) {
    return a.high == b.high && a.low == b.low;
  } else if constexpr (std::is_same_v<Part, garage::SpotPlace>) {
    return a.row == b.row && a.position == b.position && a.count == b.count;
  } else if constexpr (std::is_same_v<Part, std::span<const std::uint64_t>> ||
                       std::is_same_v<Part, std::span<const garage::ZoneOffset>>) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  } else {
    return a == b;
  }
}

template <class AnyRecord>
requires requires(AnyRecord record) { record.fact.index(); }
bool same(const AnyRecord& a, const AnyRecord& b) {
  if (a.sequence != b.sequence || a.at != b.at || a.fact.index() != b.fact.index()) return false;
  return std::visit(
      [&](const auto& fact) { return same(fact, std::get<std::decay_t<decltype(fact)>>(b.fact)); }, a.fact);
}

/// Fills facts with defaults, small, extreme and any values. Texts and lists live as long as it does.
class RandomFacts {
 public:
  explicit RandomFacts(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t end) { return random_() % end; }

  /// Leaves some fields as they are.
  template <class Part>
  void fill(Part& part) {
    if constexpr (fields_of < Part >> 0) {
      std::apply([&](auto&... fields) { ((below(3) == 0 ? void() : fill(fields)), ...); }, tie_fields(part));
    } else if constexpr (std::is_same_v<Part, bool>) {
      part = below(2) == 0;
    } else if constexpr (std::is_integral_v<Part>) {
      part = static_cast<Part>(number());
    } else {
      set(part);
    }
  }

  /// The fact of this position in the variant.
  template <class Facts, std::size_t index = 0>
  Facts fact(std::size_t position) {
    if constexpr (index < std::variant_size_v<Facts>) {
      if (position != index) return fact<Facts, index + 1>(position);
      Facts made(std::in_place_index<index>);
      fill(std::get<index>(made));
      return made;
    } else {
      return {};
    }
  }

  std::int64_t time() { return static_cast<std::int64_t>(number()); }

 private:
  std::uint64_t number() {
    switch (below(6)) {
      case 0:
        return below(4);
      case 1:
        return 120 + below(16);
      case 2:
        return ~std::uint64_t{0} - below(2);
      case 3:
        return (std::uint64_t{1} << 63) - below(2);
      case 4:
        return std::uint64_t{1} << below(64);
      default:
        return random_() >> below(64);
    }
  }

  void set(WallTime& time) { time.ms = static_cast<std::int64_t>(number()); }
  void set(Duration& duration) { duration.ms = static_cast<std::int64_t>(number()); }
  void set(Lease& lease) { lease = {number(), number()}; }
  void set(Entropy& entropy) { entropy = {number(), number()}; }
  void set(PayloadRef& payload) { payload = {number(), number(), number()}; }
  void set(RetryPolicy& retry) {
    fill(retry.max_attempts);
    fill(retry.factor_percent);
    fill(retry.jitter_percent);
    fill(retry.initial);
    fill(retry.max);
  }
  void set(std::string_view& text) {
    std::string& kept = texts_.emplace_back();
    for (std::uint64_t left = below(4) == 0 ? below(300) : below(12); left > 0; --left)
      kept.push_back(static_cast<char>(random_()));
    text = kept;
  }
  void set(std::span<const std::uint64_t>& list) {
    std::vector<std::uint64_t>& kept = lists_.emplace_back();
    for (std::uint64_t left = below(6); left > 0; --left) kept.push_back(number());
    list = kept;
  }
  void set(Priority& word) { word = static_cast<Priority>(below(4)); }
  void set(ResourceKind& word) { word = static_cast<ResourceKind>(below(4)); }
  void set(Status& word) { word = static_cast<Status>(below(8)); }
  void set(Refusal& word) { word = static_cast<Refusal>(1 + below(13)); }
  void set(Reason& word) { word = static_cast<Reason>(below(15)); }
  void set(PoolState& word) { word = static_cast<PoolState>(below(4)); }
  void set(OnDisconnect& word) { word = static_cast<OnDisconnect>(below(2)); }
  // Of garages: random_garage_records.h has their fields.
  void set(garage::Features& features) { features.bits = static_cast<std::uint8_t>(below(8)); }
  void set(garage::TicketId& id) { id = {number(), number()}; }
  void set(garage::SpotPlace& place) {
    set(place.row);
    fill(place.position);
    fill(place.count);
  }
  void set(std::span<const garage::ZoneOffset>& list) {
    garage::ZoneOffsets& kept = offsets_.emplace_back();
    for (std::uint64_t left = below(6); left > 0; --left)
      kept.push_back({WallTime{time()}, static_cast<std::int32_t>(number())});
    list = kept;
  }
  void set(garage::VehicleType& word) { word = static_cast<garage::VehicleType>(below(5)); }
  void set(garage::VehicleSize& word) { word = static_cast<garage::VehicleSize>(below(3)); }
  void set(garage::TicketState& word) { word = static_cast<garage::TicketState>(below(4)); }
  void set(garage::Allocation& word) { word = static_cast<garage::Allocation>(below(4)); }
  void set(garage::Refusal& word) { word = static_cast<garage::Refusal>(1 + below(23)); }
  void set(garage::AllocationChanged::Cause& word) {
    word = static_cast<garage::AllocationChanged::Cause>(below(2));
  }
  void set(garage::PlaceLeft::How& word) { word = static_cast<garage::PlaceLeft::How>(below(2)); }
  void set(garage::ReservationEnded::How& word) {
    word = static_cast<garage::ReservationEnded::How>(below(2));
  }
  void set(garage::Stay::Card& word) { word = static_cast<garage::Stay::Card>(below(2)); }
  void set(TaskRestored::Stage& word) { word = static_cast<TaskRestored::Stage>(below(5)); }

  std::mt19937_64 random_;
  std::deque<std::string> texts_;
  std::deque<std::vector<std::uint64_t>> lists_;
  std::deque<garage::ZoneOffsets> offsets_;
};

}  // namespace parking_lot::records
