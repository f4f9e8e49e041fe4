#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "parking_lot/garage/spot.h"
#include "parking_lot/time.h"

/// What a stay costs: tariffs as data, the facts of a stay, and the lines that explain an amount.
/// docs/garage.md tells the rules with examples.
namespace parking_lot::garage {

/// No time of a garage lies beyond (the year 9999 and some more), nor before 1970.
inline constexpr WallTime time_max{260'000'000'000'000};

/// Integer minor units (cents) of the garage's currency.
using Money = std::int64_t;
inline constexpr Money fee_max = 1'000'000;                ///< no fee of a tariff is larger
inline constexpr Money money_max = 1'000'000'000'000'000;  ///< no payment is larger

/// Minutes of local time since midnight, 0 to 1440.
using DayMinute = std::uint16_t;

/// Local time of one zone: from `utc` on, clocks show UTC plus `offset_secs`.
struct ZoneOffset {
  WallTime utc;
  std::int32_t offset_secs = 0;
  friend bool operator==(const ZoneOffset&, const ZoneOffset&) = default;
};

/// What the host knows of a zone, rising by time. The first one holds for all time before it too, the last
/// one for all after it. Empty: UTC.
using ZoneOffsets = std::vector<ZoneOffset>;

/// The fee of a stay of up to so long; each tier's fee contains those before it.
struct Tier {
  Duration upto;
  Money fee = 0;
};

/// Each started `length` beyond the last tier costs `fee`. Length 0: nothing more is charged.
struct Increment {
  Duration length;
  Money fee = 0;
};

/// Hours of local time; `to` before or at `from` means the next morning.
struct DayHours {
  DayMinute from = 0;
  DayMinute to = 0;
};

enum class CapPeriod : std::uint8_t { calendar_day, rolling_24h };
struct DailyCap {
  Money amount = 0;  ///< 0: no cap
  CapPeriod period = CapPeriod::calendar_day;
};

/// A flat fee for each night that the stay touches. Time inside a night is not counted otherwise.
struct Overnight {
  DayHours hours;
  Money fee = 0;
  bool is_set = false;
};

/// On these days of the week (bit 0: Monday) time costs so many percent.
struct Weekend {
  std::uint8_t days = 0;
  std::uint16_t percent = 100;
};

struct EvOverstay {
  Duration after;  ///< at a spot with a charger; 0: no fee
  Increment increment;
};

/// Who enters while the event lasts pays its fee until it ends; then time counts from there.
struct EventRate {
  std::string name;
  WallTime from;
  WallTime to;
  Money fee = 0;
};

enum class ValidationKind : std::uint8_t { minutes, amount, percent };
/// Taken off what a stay costs: the minutes first, then amounts and percents in the order of the config.
struct Validation {
  std::string name;
  ValidationKind kind = ValidationKind::amount;
  std::int64_t value = 0;  ///< milliseconds, minor units or percent
};
inline constexpr std::size_t validations_max = 32;

/// Who has one pays so much less.
struct PermitRate {
  std::string name;
  std::uint16_t percent_off = 100;
};

struct SurgeHours {
  DayHours hours;
  std::uint16_t percent = 100;
};
struct SurgeOccupancy {
  std::uint16_t above_percent = 0;
  std::uint16_t percent = 100;
};

enum class Rounding : std::uint8_t { up, down, nearest };

struct Tariff {
  std::string name;
  Rounding rounding = Rounding::nearest;
  Money rounding_unit = 1;
  Duration grace_entry;
  Duration grace_exit;
  Money flat = 0;  ///< charged at the start of a stay
  std::vector<Tier> tiers;
  Increment increment;
  bool tiers_each_day = false;  ///< tiers begin anew with each day of the cap, else once per stay
  DailyCap daily_cap;
  Overnight overnight;
  Weekend weekend;
  EvOverstay ev_overstay;
  Money lost_ticket = 0;  ///< the least that a lost ticket costs
  std::vector<EventRate> events;
  std::vector<Validation> validations;
  std::vector<PermitRate> permits;
  std::uint16_t percent_of_type[5] = {100, 100, 100, 100, 100};  ///< by VehicleType
  std::uint16_t percent_of_kind[3] = {100, 100, 100};            ///< by SpotKind
  std::vector<SurgeHours> surge_hours;
  std::vector<SurgeOccupancy> surge_occupancy;
};

/// A hundred years.
inline constexpr Duration stay_max = Duration::seconds(36525LL * 86400);

/// What a price depends on.
struct Stay {
  WallTime entry;
  WallTime exit;
  VehicleType type = VehicleType::car;
  SpotKind kind = SpotKind::regular;
  std::uint16_t spots = 1;  ///< time costs as many times as much
  Features features;        ///< of the spot
  std::uint16_t surge_percent = 100;
  std::uint32_t validations = 0;  ///< bits: positions in the tariff's list
  int permit = -1;                ///< position in the tariff's list; -1: none
  enum class Card : std::uint8_t { kept, lost } card = Card::kept;
};

/// Lines add up to the amount of their quote, to the last unit.
struct QuoteLine {
  LineKind kind = LineKind::time;
  Money amount = 0;
  WallTime from;
  WallTime to;
  std::uint32_t percent = 0;  ///< of weekend, surge, vehicle and permit lines
  std::int16_t index = -1;    ///< of the event, validation or permit in the tariff
};

struct Quote {
  Money amount = 0;
  std::vector<QuoteLine> lines;
};

/// Computes prices under one tariff and one zone. Both must outlive it.
///
/// An amount never falls while a stay grows, and is never negative.
class PricingStrategy {
 public:
  PricingStrategy(const Tariff& tariff, const ZoneOffsets& offsets) : tariff_(tariff), offsets_(offsets) {}

  /// `stay.exit` must not lie before `stay.entry`; beyond `stay_max` it costs nothing more. Keeps the memory
  /// of `quote.lines`. O(days).
  void quote(const Stay& stay, Quote& quote) const;

  /// The surge of a stay that begins now: the highest of those that apply, 100 if none does.
  std::uint16_t surge_percent(WallTime entry, std::uint64_t occupied, std::uint64_t spots) const;
  /// The same of an empty garage: what is certain before anybody comes.
  std::uint16_t surge_by_hour(WallTime entry) const { return surge_percent(entry, 0, 1); }

 private:
  void charge_time(const Stay& stay, WallTime end, Quote& quote) const;
  void take_off(const Stay& stay, Quote& quote) const;

  const Tariff& tariff_;
  const ZoneOffsets& offsets_;
};

}  // namespace parking_lot::garage
