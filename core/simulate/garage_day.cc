#include "simulate/garage_day.h"

#include <algorithm>

namespace parking_lot::simulate {
namespace {

constexpr std::int64_t hour_ms = 3'600'000;
constexpr Duration patience = Duration::seconds(600);
constexpr WallTime some_monday{1'775'433'600'000};  // 6 April 2026
/// Of a hundred arrivals of a day, by local hour.
constexpr std::uint32_t arrivals_by_hour[24] = {1, 0, 0, 0, 0, 1, 3, 6, 9, 9, 8, 7,
                                                7, 6, 6, 6, 7, 8, 6, 4, 3, 2, 1, 0};

std::uint32_t percent_of_spots(DayKind kind) {
  return kind == DayKind::quiet ? 80 : kind == DayKind::usual ? 220 : 750;
}

/// Where the day begins, by the clocks of the zone. The garage is opened then: no record of it may lie
/// before.
WallTime midnight(const garage::ZoneOffsets& offsets) {
  WallTime begin = some_monday;
  for (const garage::ZoneOffset& each : offsets) {
    if (each.utc <= some_monday) begin = some_monday + Duration{-std::int64_t{each.offset_secs} * 1000};
  }
  return begin;
}

/// A day that is made up leaves no trace, wherever the garage itself is kept.
garage::GarageConfig in_memory(garage::GarageConfig config) {
  config.storage = {};
  return config;
}

}  // namespace

std::optional<DayKind> parse_DayKind(std::string_view name) {
  if (name == "quiet") return DayKind::quiet;
  if (name == "usual") return DayKind::usual;
  if (name == "busy") return DayKind::busy;
  return std::nullopt;
}

GarageDay::GarageDay(const garage::GarageConfig& config, const garage::ZoneOffsets& offsets, DayKind kind,
                     std::uint64_t seed)
    : config_(in_memory(config)),
      seed_(seed),
      begin_(midnight(offsets)),
      now_{begin_, SteadyTime{0}},
      garage_(Garage::open(config_, now_, Entropy{seed, 1})) {
  garage_.handle(now_, garage::ZoneKnown{1, config_.zone, offsets});
  hear();
  plan(kind);
}

std::uint64_t GarageDay::random() {  // SplitMix64
  std::uint64_t z = seed_ += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

void GarageDay::plan(DayKind kind) {
  for (std::uint32_t hour = 0; hour < 24; ++hour) {
    const std::uint64_t expected =
        std::uint64_t{garage_.spot_count()} * percent_of_spots(kind) * arrivals_by_hour[hour] / 100;
    std::uint64_t count = expected / 100;
    if (below(100) < expected % 100) ++count;
    for (std::uint64_t i = 0; i < count; ++i) arrivals_.push_back(arrival_within(hour));
  }
  std::stable_sort(arrivals_.begin(), arrivals_.end(),
                   [](const Arrival& a, const Arrival& b) { return a.at < b.at; });
  waiting_since_.resize(arrivals_.size());
  for (std::size_t i = 0; i < arrivals_.size(); ++i) {
    arrivals_[i].plate = "SIM-" + std::to_string(i + 1);
    arrivals_[i].vehicle.plate = arrivals_[i].plate;
  }
}

GarageDay::Arrival GarageDay::arrival_within(std::uint32_t hour) {
  Arrival arrival;
  arrival.at = begin_ + Duration{hour * hour_ms + static_cast<std::int64_t>(below(hour_ms))};
  // Most stay an hour or two, some the whole day.
  const std::uint64_t minutes = below(10) == 0 ? 300 + below(300) : 5 + below(80) + below(80);
  arrival.stay = Duration{static_cast<std::int64_t>(minutes * 60'000)};
  const std::uint64_t size = below(20);
  arrival.vehicle.size = size < 5    ? garage::VehicleSize::small
                         : size < 19 ? garage::VehicleSize::medium
                                     : garage::VehicleSize::large;
  arrival.vehicle.type = size == 0    ? garage::VehicleType::motorcycle
                         : size == 19 ? garage::VehicleType::van
                                      : garage::VehicleType::car;
  if (size == 19) arrival.vehicle.spots_required = 2;
  const std::uint64_t wish = below(30);
  if (wish == 0) arrival.wanted = garage::Feature::accessible;
  if (wish == 1 || wish == 2) arrival.wanted = garage::Feature::ev_charger;
  arrival.gate = below(std::max<std::size_t>(1, config_.entrances.size()));
  return arrival;
}

void GarageDay::go_to(WallTime at) {
  now_.steady = now_.steady + (at - now_.wall);
  now_.wall = at;
}

/// Requests are the numbers of arrivals, from 2 on.
void GarageDay::enter(std::size_t number) {
  const Arrival& arrival = arrivals_[number];
  waiting_since_[number] = arrival.at;
  go_to(arrival.at);
  garage::Enter enter;
  enter.request = number + 2;
  if (!config_.entrances.empty()) enter.gate = config_.entrances[arrival.gate].name;
  enter.vehicle = arrival.vehicle;
  enter.wanted = arrival.wanted;
  enter.wait_until = arrival.at + patience;
  garage_.handle(now_, enter);
  hear();
}

void GarageDay::leave(const Departure& departure) {
  go_to(departure.at);
  garage::Exit exit;
  exit.request = 1;
  exit.ticket.id = departure.ticket;
  exit.settlement = garage::Exit::Settlement::paid_here;
  garage_.handle(now_, exit);
  hear();
}

void GarageDay::hear() {
  while (const garage::Effect* effect = garage_.poll()) {
    const auto* reply = std::get_if<garage::Reply>(effect);
    if (reply == nullptr) continue;
    if (const auto* admitted = std::get_if<garage::Admitted>(&reply->answer)) {
      const std::size_t number = reply->request - 2;
      const Duration waited = now_.wall - waiting_since_[number];
      ++report_.entered;
      if (waited.ms > 0) ++entered_late_;
      waited_ms_ += waited.ms;
      report_.wait_max_ms = std::max(report_.wait_max_ms, waited.ms);
      departures_.push_back({now_.wall + arrivals_[number].stay, number, admitted->id});
      std::push_heap(departures_.begin(), departures_.end());
      report_.occupied_max = std::max(report_.occupied_max, garage_.figures().spots_occupied);
    } else if (std::holds_alternative<garage::Waiting>(reply->answer)) {
      ++report_.waited;
    } else if (const auto* left = std::get_if<garage::Left>(&reply->answer)) {
      ++report_.left;
      report_.revenue += left->paid_here;
    } else if (std::holds_alternative<garage::Refused>(reply->answer) && reply->request >= 2) {
      ++report_.turned_away;
    } else if (const auto* priced = std::get_if<garage::Priced>(&reply->answer)) {
      report_.revenue_open += priced->due;
    }
  }
}

DayReport GarageDay::run() {
  report_.spots = garage_.spot_count();
  report_.arrivals = arrivals_.size();
  std::size_t next = 0;
  for (std::uint32_t hour = 0; hour < 24; ++hour) {
    const WallTime end = begin_ + Duration{(hour + 1) * hour_ms};
    for (;;) {
      const bool comes = next < arrivals_.size() && arrivals_[next].at < end;
      const bool goes = !departures_.empty() && departures_.front().at < end;
      if (goes && (!comes || departures_.front().at <= arrivals_[next].at)) {
        const Departure departure = departures_.front();
        std::pop_heap(departures_.begin(), departures_.end());
        departures_.pop_back();
        leave(departure);
      } else if (comes) {
        enter(next++);
      } else {
        break;
      }
    }
    go_to(end);
    garage_.handle(now_, garage::Tick{});
    hear();
    report_.occupied_by_hour.push_back(garage_.figures().spots_occupied);
  }
  for (const Departure& open : departures_) {
    garage_.handle(now_, garage::AskPrice{1, {open.ticket, {}}, {}});
    hear();
  }
  if (entered_late_ != 0) report_.wait_mean_ms = waited_ms_ / entered_late_;
  return report_;
}

}  // namespace parking_lot::simulate
