// A garage without a host: entering and leaving at 90 % occupancy, alone and five spots at a time, what
// memory alone would take for it, and the price of a month under a tariff that has everything. Prints one
// JSON object; every figure is the best of five rounds.

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/garage/garage.h"

namespace {

using namespace parking_lot;

constexpr int rounds = 5;
constexpr std::uint32_t row_length = 50;
constexpr std::uint32_t operations = 100'000;

#ifdef __EMSCRIPTEN__
constexpr clockid_t clock_of_work = CLOCK_MONOTONIC;  // it has no clock of threads
#else
constexpr clockid_t clock_of_work = CLOCK_THREAD_CPUTIME_ID;
#endif

/// Seconds of this thread's own work: what else the machine does then matters less.
double seconds_worked() {
  timespec time{};
  clock_gettime(clock_of_work, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

constexpr Duration minutes(std::int64_t count) { return {count * 60'000}; }

garage::Tariff richest() {
  garage::Tariff tariff;
  tariff.name = "richest";
  tariff.rounding = garage::Rounding::up;
  tariff.rounding_unit = 50;
  tariff.grace_entry = minutes(10);
  tariff.tiers = {{minutes(60), 300}, {minutes(180), 700}};
  tariff.increment = {minutes(30), 150};
  tariff.tiers_each_day = true;
  tariff.daily_cap = {2500, garage::CapPeriod::calendar_day};
  tariff.overnight = {{22 * 60, 6 * 60}, 500, true};
  tariff.weekend = {0b110'0000, 60};
  tariff.ev_overstay = {minutes(240), {minutes(30), 100}};
  tariff.flat = 100;
  tariff.validations = {{"cinema", garage::ValidationKind::minutes, minutes(120).ms},
                        {"shop", garage::ValidationKind::amount, 200},
                        {"hotel", garage::ValidationKind::percent, 25}};
  tariff.permits = {{"staff", 80}};
  tariff.percent_of_kind[2] = 150;
  tariff.surge_occupancy = {{90, 150}};
  return tariff;
}

garage::GarageConfig garage_of(std::uint32_t spots) {
  garage::GarageConfig config;
  config.name = "bench";
  garage::LevelConfig level{.name = "P", .rows = {}};
  for (std::uint32_t row = 0; row < spots / row_length; ++row)
    level.rows.push_back({.name = std::to_string(row), .zone = {}, .spots = {{row_length, {}, {}}}});
  for (auto& row : level.rows) row.spots[0].kind = garage::SpotKind::regular;
  config.levels.push_back(std::move(level));
  const std::string last = "P/" + std::to_string(spots / row_length - 1);
  const std::string middle = "P/" + std::to_string(spots / row_length / 2);
  config.entrances = {
      {"south", {}}, {"north", {{"P", 20'000}, {last, 1}}}, {"east", {{middle, 1}}}, {"west", {{"P", 9}}}};
  config.allocation = garage::Allocation::nearest;
  config.tariffs = {richest()};
  return config;
}

std::uint64_t random(std::uint64_t& state) {
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return state >> 33;
}

/// Answers are read as a host would. Those who park stay for an hour on average, however large the garage is,
/// so that prices are as much work in each.
class Bench {
 public:
  Bench(std::uint32_t spots, std::uint16_t spots_each)
      : garage_(Garage::open(garage_of(spots), now_, Entropy{1, 2})), spots_each_(spots_each) {
    const std::uint32_t vehicles = spots / 10 * 9 / spots_each;
    while (parked_.size() < vehicles) enter(static_cast<std::uint32_t>(parked_.size()));
    for (auto i = static_cast<std::uint32_t>(parked_.size()); i < spots; ++i) away_.push_back(i);
    step_ = minutes(60).ms / vehicles;
  }

  /// Nanoseconds for somebody who leaves and somebody who enters.
  double pair_ns(std::uint32_t count) {
    const double start = seconds_worked();
    for (std::uint32_t i = 0; i < count; ++i) {
      now_.wall.ms += step_;
      now_.steady.ms += step_;
      const std::size_t leaving = next_;
      const std::uint32_t vehicle = parked_[leaving].vehicle;
      garage::Exit exit;
      exit.request = 1;
      exit.ticket.id = parked_[leaving].ticket;
      exit.settlement = garage::Exit::Settlement::paid_here;
      garage_.handle(now_, exit);
      drain();
      parked_[leaving] = parked_.back();
      parked_.pop_back();
      // A command that was just read is near: to look up who leaves next is not the garage's work.
      next_ = random(state_) % parked_.size();
      __builtin_prefetch(&parked_[next_]);
      const std::size_t coming = random(state_) % away_.size();
      enter(away_[coming]);
      away_[coming] = vehicle;
    }
    return (seconds_worked() - start) * 1e9 / count;
  }

  std::size_t memory_bytes() const { return garage_.memory_bytes(); }

 private:
  struct Parked {
    std::uint32_t vehicle = 0;
    garage::TicketId ticket;
  };

  void enter(std::uint32_t vehicle) {
    static constexpr const char* gates[] = {"south", "north", "east", "west"};
    char plate[16] = "B-";
    char* const end = std::to_chars(plate + 2, plate + sizeof plate, 100'000 + vehicle).ptr;
    garage::Enter enter;
    enter.request = 1;
    enter.gate = gates[random(state_) % 4];
    enter.vehicle.plate = std::string_view(plate, static_cast<std::size_t>(end - plate));
    if (spots_each_ > 1) {
      enter.vehicle.size = garage::VehicleSize::large;
      enter.vehicle.type = garage::VehicleType::bus;
      enter.vehicle.spots_required = spots_each_;
    }
    garage_.handle(now_, enter);
    parked_.push_back({vehicle, drain()});
  }
  /// The ticket with which somebody was let in or out.
  garage::TicketId drain() {
    garage::TicketId id;
    while (const garage::Effect* effect = garage_.poll()) {
      const auto* reply = std::get_if<garage::Reply>(effect);
      if (reply == nullptr) continue;
      if (const auto* admitted = std::get_if<garage::Admitted>(&reply->answer)) id = admitted->id;
      if (const auto* left = std::get_if<garage::Left>(&reply->answer)) id = left->id;
    }
    if (!id) std::abort();
    return id;
  }

  Now now_{WallTime{1'774'700'000'000}, SteadyTime{0}};
  Garage garage_;
  std::uint16_t spots_each_;
  std::vector<Parked> parked_;
  std::size_t next_ = 0;  // who leaves next
  std::vector<std::uint32_t> away_;
  std::int64_t step_ = 0;  // milliseconds from one to the next who leaves
  std::uint64_t state_ = 42;
};

/// What memory alone takes for somebody who leaves and somebody who enters: about twenty lines of a garage
/// are read and written that nobody has touched for long. Where one step finds the places of the next
/// (number, ticket, its vehicle and spot; plate, vehicle) they come one after the other: five steps of four
/// lines.
class Memory {
 public:
  explicit Memory(std::size_t bytes) : lines_(bytes / sizeof(Line)) {
    for (Line& line : lines_) line.next = random(state_);
  }

  double pair_ns(std::uint32_t count) {
    constexpr int steps = 5;
    constexpr std::size_t lines_each = 4;
    std::uint64_t at = random(state_);
    const double start = seconds_worked();
    for (std::uint32_t i = 0; i < count * steps; ++i) {
      std::uint64_t next = 0;
      for (std::size_t line = 0; line < lines_each; ++line) {
        Line& touched = lines_[(at + line * 0x9e3779b97f4a7c15ULL) % lines_.size()];
        next += touched.next;
        touched.next += i;
      }
      at = next;
    }
    return (seconds_worked() - start) * 1e9 / count;
  }

 private:
  struct alignas(64) Line {
    std::uint64_t next = 0;
  };
  std::vector<Line> lines_;
  std::uint64_t state_ = 43;
};

template <class Work>
double best_pair_ns(Work& work) {
  double best = 1e18;
  for (int i = 0; i < rounds; ++i) best = std::min(best, work.pair_ns(operations));
  return best;
}

double best_quote_ns() {
  const garage::Tariff tariff = richest();
  const garage::ZoneOffsets offsets = {{WallTime{1761440400000}, 3600}, {WallTime{1774746000000}, 7200}};
  garage::Stay stay;
  stay.entry = WallTime{1'774'700'000'000};
  stay.exit = stay.entry + Duration::seconds(30 * 86400);
  stay.features = garage::Feature::ev_charger;
  stay.surge_percent = 150;
  stay.validations = 0b111;
  stay.permit = 0;
  garage::Quote quote;
  double best = 1e18;
  constexpr int count = 20'000;
  for (int round = 0; round < rounds; ++round) {
    const double start = seconds_worked();
    for (int i = 0; i < count; ++i) {
      stay.exit.ms += 1;
      garage::PricingStrategy(tariff, offsets).quote(stay, quote);
    }
    best = std::min(best, (seconds_worked() - start) * 1e9 / count);
  }
  if (quote.amount <= 0) std::abort();
  return best;
}

}  // namespace

int main() {
  std::printf("{\"sizes\":[");
  const char* separator = "";
  for (const std::uint32_t spots : {1'000U, 10'000U, 100'000U}) {
    Bench single(spots, 1);
    Bench five(spots, 5);
    Memory memory(single.memory_bytes());
    std::printf("%s{\"spots\":%u,\"single_ns\":%.0f,\"memory_ns\":%.0f,\"five_ns\":%.0f,\"bytes\":%zu}",
                separator, spots, best_pair_ns(single), best_pair_ns(memory), best_pair_ns(five),
                single.memory_bytes());
    separator = ",";
  }
  std::printf("],\"quote_ns\":%.0f}\n", best_quote_ns());
  return 0;
}
