#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/garage/garage.h"

namespace parking_lot::simulate {

/// How many vehicles come in a day, in percent of the spots.
enum class DayKind : std::uint8_t { quiet, usual, busy };
std::optional<DayKind> parse_DayKind(std::string_view name);

/// What a simulated day came to.
struct DayReport {
  std::uint64_t arrivals = 0;
  std::uint64_t entered = 0;
  std::uint64_t left = 0;
  std::uint64_t turned_away = 0;  ///< at once, or after waiting in vain
  std::uint64_t waited = 0;
  std::int64_t wait_mean_ms = 0;  ///< of those who waited and entered
  std::int64_t wait_max_ms = 0;
  garage::Money revenue = 0;
  garage::Money revenue_open = 0;  ///< due of those who are still there
  std::vector<std::uint64_t> occupied_by_hour;
  std::uint64_t spots = 0;
  std::uint64_t occupied_max = 0;
};

/// One day from local midnight on, in virtual time: the same seed gives the same day.
class GarageDay {
 public:
  /// A vehicle that comes: when, with which wishes, and how long it means to stay.
  struct Arrival {
    WallTime at;
    Duration stay;
    std::string plate;
    garage::Vehicle vehicle;
    garage::Features wanted;
    std::size_t gate = 0;  ///< position among the entrances
  };

  GarageDay(const garage::GarageConfig& config, const garage::ZoneOffsets& offsets, DayKind kind,
            std::uint64_t seed);

  /// What is going to happen, by time.
  const std::vector<Arrival>& arrivals() const { return arrivals_; }
  WallTime begin() const { return begin_; }
  /// Lets it happen. Once.
  DayReport run();

 private:
  struct Departure {
    WallTime at;
    std::uint64_t arrival = 0;
    garage::TicketId ticket;
    friend bool operator<(const Departure& a, const Departure& b) {
      return a.at != b.at ? a.at > b.at : a.arrival > b.arrival;  // a heap whose top is the earliest
    }
  };

  std::uint64_t random();
  std::uint64_t below(std::uint64_t end) { return random() % end; }
  void plan(DayKind kind);
  Arrival arrival_within(std::uint32_t hour);
  void go_to(WallTime at);
  void enter(std::size_t number);
  void leave(const Departure& departure);
  void hear();

  garage::GarageConfig config_;
  std::uint64_t seed_;
  WallTime begin_;
  Now now_;
  Garage garage_;
  std::vector<Arrival> arrivals_;
  std::vector<Departure> departures_;  // a heap
  std::vector<WallTime> waiting_since_;
  DayReport report_;
  std::int64_t waited_ms_ = 0;
  std::int64_t entered_late_ = 0;
};

/// `{"garage": …, "spots": …, "waits": {…}, "revenue": {…}, "occupancy": {…}}`, what `garage simulate`
/// prints.
std::string report_json(const DayReport& report, const garage::GarageConfig& config);
/// `{"begin": …, "arrivals": [{"at", "stay", "plate", "type", "size", …}, …]}`, times in milliseconds; each
/// arrival has the fields of an `enter` and how long the vehicle stays.
std::string arrivals_json(const GarageDay& day, const garage::GarageConfig& config);

}  // namespace parking_lot::simulate
