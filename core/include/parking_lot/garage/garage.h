#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/garage/effect.h"
#include "parking_lot/garage/garage_config.h"
#include "parking_lot/garage/input.h"
#include "parking_lot/garage/standing.h"
#include "parking_lot/time.h"
#include "parking_lot/types.h"

/// A garage: vehicles, spots, tickets and money. It has the form of the scheduler: inputs with the time,
/// effects out, records in a stream of its own.
///
///     garage.handle(clock.now(), inputs);
///     while (auto effect = garage.poll()) perform(*effect);
///     arm(garage.next_deadline());
///
/// A vehicle *enters* at a gate, gets a *ticket* and a *spot* (or several beside each other), *pays* by a
/// *tariff* and *exits*. When nothing fits, it may wait in the *lane*. Spots can be *reserved*.
namespace parking_lot {

struct GarageFigures {
  std::uint64_t spots = 0;
  std::uint64_t spots_free = 0;
  std::uint64_t spots_reserved = 0;
  std::uint64_t spots_occupied = 0;
  std::uint64_t tickets_open = 0;
  std::uint64_t waiting = 0;
  garage::Allocation allocation = garage::Allocation::first_available;
  garage::Money paid = 0;  ///< of the days that are kept
  garage::Money refunded = 0;
  StreamState storage = StreamState::open;
  std::uint64_t ignored_records = 0;  ///< of its journal, that cannot have followed the ones before; else 0
};

class Garage {
 public:
  /// Checks nothing that `parse_config` has not checked already. If its storage is durable it begins in
  /// `loading` and waits for `RecoveryDone`. O(spots · log spots · (entrances + 3)).
  static Garage open(const garage::GarageConfig& config, Now now, Entropy entropy);
  Garage(Garage&&) noexcept;
  Garage& operator=(Garage&&) noexcept;
  ~Garage();

  /// Applies all inputs in order and what is due, then lets in those who wait and fit.
  void handle(Now now, std::span<const garage::Input> inputs);
  void handle(Now now, const garage::Input& input) { handle(now, std::span<const garage::Input>(&input, 1)); }
  /// The next effect, valid until the next `poll` or `handle`; null when there is none.
  const garage::Effect* poll();
  /// When it wants a `Tick` at the latest; at most 30 s away while something is due some day.
  std::optional<SteadyTime> next_deadline() const;

  /// From now on. Decisions do not depend on it.
  enum class Listening : std::uint8_t { answers, changes };
  void listen(Listening listening);

  // Names of the config. They depend on nothing and are no inputs.
  const garage::GarageConfig& config() const;
  bool is_durable() const;
  std::uint32_t spot_count() const;
  /// `P1/A/17`, positions from 1.
  std::string spot_name(garage::SpotId spot) const;
  std::optional<garage::SpotId> find_spot(std::string_view name) const;
  /// `P1/A`.
  std::string_view row_name(std::uint32_t row) const;

  // Gauges: they answer always, and promise nothing.
  GarageFigures figures() const;
  garage::SpotView spot(garage::SpotId spot) const;
  /// By number. Valid until the next `handle`. O(tickets).
  std::vector<garage::TicketView> open_tickets() const;
  /// Who waits, by number. Valid until the next `handle`. O(places · log places).
  std::vector<garage::PlaceView> lane() const;
  /// By number. Valid until the next `handle`. O(reservations).
  std::vector<garage::ReservationView> reservations() const;
  /// By number of the vehicle. Valid until the next `handle`. O(vehicles).
  std::vector<garage::PermitView> permits() const;
  /// What keeps a plate from being erased, as `Erase` names it; empty: nothing. A store's keys are
  /// those of all its garages, so its host asks each of them before it erases in all. O(vehicles).
  std::string_view use_of(std::string_view plate) const;
  /// Days with figures, oldest first, until the time of the last `handle`. O(days).
  std::vector<garage::DayFigures> days() const;
  /// The garage's zone as it was told; UTC if it was not.
  const garage::ZoneOffsets& offsets() const;

  /// As `Scheduler::checkpoint`; `limit` counts tickets, reservations, places and permits.
  CheckpointPlace checkpoint(CheckpointPlace from, std::uint32_t limit,
                             std::vector<garage::Record>& records) const;
  std::size_t memory_bytes() const;

 private:
  class Machine;
  explicit Garage(std::unique_ptr<Machine> machine);
  std::unique_ptr<Machine> machine_;
};

}  // namespace parking_lot
