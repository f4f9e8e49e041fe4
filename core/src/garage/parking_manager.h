#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "admission_index.h"
#include "garage/inventory.h"
#include "garage/ledger.h"
#include "parking_lot/garage/effect.h"
#include "parking_lot/garage/garage_config.h"
#include "parking_lot/garage/input.h"
#include "parking_lot/slot_table.h"
#include "slab.h"
#include "task_queue.h"
#include "timer_heap.h"

namespace parking_lot::garage {

inline constexpr std::uint32_t no_slot = 0xffffffff;
/// So many tickets too many may be remembered until the next command, which has time to forget them while it
/// waits for memory.
inline constexpr std::size_t forgotten_later_max = 64;

/// Where a record stands.
struct Stamp {
  std::uint64_t sequence = 0;
  WallTime at;
};

/// A plate of which something is known: a ticket, a reservation, a place in the lane or a permit.
/// One line of memory: at most one has to be fetched for somebody who has been away for long.
struct alignas(64) KnownVehicle {
  std::uint64_t number = 0;
  std::string plate;
  std::uint32_t permit = no_slot;
  std::uint32_t open_ticket = no_slot;
  std::uint32_t reservation = no_slot;
  std::uint32_t place = no_slot;
  std::uint32_t holds = 0;
  bool is_erased = false;  ///< its plate is none: it is found by number alone
};
static_assert(sizeof(KnownVehicle) == 64);

struct Permit {
  std::string name;
  WallTime until{0};
};

/// What a vehicle brought along, with names resolved.
struct Visit {
  std::uint32_t vehicle = no_slot;  ///< slot
  VehicleType type = VehicleType::car;
  VehicleSize size = VehicleSize::medium;
  Features wanted;
  std::uint16_t spots_required = 0;
  std::uint16_t gate = 0;
  std::uint16_t tariff = 0;
  Need need() const { return {size, wanted, spots_required}; }
};

/// Two lines of memory; what leads on to the vehicle and the spots lies in the first.
struct alignas(64) Ticket {
  TicketId id;
  std::uint64_t number = 0;
  std::uint64_t version = 0;
  Visit visit;
  SpotRange spots;
  WallTime entry;
  WallTime exit{0};
  std::uint64_t closed = 0;  ///< number of the record that closed it
  std::uint64_t taken = 0;   ///< number of the record that took its spots
  WallTime leave_by{0};
  Money price = 0;
  Money paid = 0;
  Money refunded = 0;
  std::uint32_t validations = 0;
  std::uint16_t surge_percent = 100;
  TicketState state : 4 = TicketState::open;
  Stay::Card card : 2 = Stay::Card::kept;
  bool is_price_fixed : 1 = false;
};
static_assert(sizeof(Ticket) == 128);

struct Reservation {
  std::uint64_t number = 0;
  std::uint64_t version = 0;
  Visit visit;
  SpotRange spots;
  WallTime until;
  std::uint32_t timer = no_timer;
};

/// A place in the lane.
struct LanePlace {
  std::uint64_t number = 0;
  std::uint64_t version = 0;
  Visit visit;
  WallTime until;
  RequestId request = 0;  ///< to be answered again; 0 after a crash
  std::uint32_t timer = no_timer;
};

template <class T>
struct TimerPlaceIn {
  Slab<T>* slab;
  std::uint32_t& operator()(std::uint32_t slot) const { return (*slab)[slot].timer; }
};

/// Spots, tickets, reservations, the lane and permits of one garage: everything that records make. `apply`
/// alone changes it, live and at replay.
///
/// Invariants: an open ticket holds its spots, and each occupied spot belongs to one open ticket; a vehicle
/// has one open ticket, or one place in the lane, or neither, and at most one reservation.
///
/// `apply` returns whether the fact can have followed the ones before; if it cannot, it changed nothing.
class ParkingManager {
 public:
  explicit ParkingManager(const GarageConfig& config);
  ParkingManager(const ParkingManager&) = delete;
  ParkingManager& operator=(const ParkingManager&) = delete;

  bool apply(const GarageOpened& fact, Stamp stamp);
  bool apply(const ZoneChanged& fact, Stamp stamp);
  bool apply(const AllocationChanged& fact, Stamp stamp);
  bool apply(const TicketOpened& fact, Stamp stamp);
  bool apply(const PlaceTaken& fact, Stamp stamp);
  bool apply(const PlaceLeft& fact, Stamp stamp);
  bool apply(const SpotsReserved& fact, Stamp stamp);
  bool apply(const ReservationEnded& fact, Stamp stamp);
  bool apply(const TicketValidated& fact, Stamp stamp);
  bool apply(const TicketPaid& fact, Stamp stamp);
  bool apply(const TicketClosed& fact, Stamp stamp);
  bool apply(const TicketCorrected& fact, Stamp stamp);
  bool apply(const TicketOverridden& fact, Stamp stamp);
  bool apply(const MoneyRefunded& fact, Stamp stamp);
  bool apply(const PermitGranted& fact, Stamp stamp);
  bool apply(const PermitRevoked& fact, Stamp stamp);
  bool apply(const EntriesRefused& fact, Stamp stamp);
  bool apply(const VehicleErased& fact, Stamp stamp);
  bool apply(const OperatorErased&, Stamp) { return true; }  // operators stand in records alone
  // State of a checkpoint: parking_restoring.cc.
  bool apply(const GarageRestored& fact, Stamp stamp);
  bool apply(const DayRestored& fact, Stamp stamp);
  bool apply(const TicketRestored& fact, Stamp stamp);
  bool apply(const PlaceRestored& fact, Stamp stamp);
  bool apply(const ReservationRestored& fact, Stamp stamp);
  bool apply(const PermitRestored& fact, Stamp stamp);

  /// Empties everything for a reload.
  void clear();
  /// Puts in order what a checkpoint brought in another one. After the last record of a recovery.
  void recovered();
  /// Forgets closed tickets that are too old.
  void forget_old(WallTime now);

  // Finding.
  static bool is_here(const KnownVehicle& vehicle);
  std::uint32_t vehicle_of(std::string_view plate) const;
  // What will be looked for soon: its memory may be brought near.
  void expect_ticket(const TicketName& name) const;
  void expect_plate(std::string_view plate) const { vehicle_by_plate_.expect(hash_of(plate)); }
  /// The vehicle that has this plate, if one has; else any, or `no_slot`. `vehicle_of` with it comes soon.
  std::uint32_t expect_vehicle(std::string_view plate) const;
  std::uint32_t vehicle_of(std::string_view plate, std::uint32_t expected) const;
  std::uint32_t ticket_of(const TicketName& name) const;
  std::uint32_t reservation_of(std::uint64_t number) const { return reservation_by_number_.find(number); }
  std::uint32_t place_of(std::uint64_t number) const { return place_by_number_.find(number); }
  /// Position in the config of what has this name; empty: the first; -1: there is none.
  int gate_of(std::string_view name) const;
  int tariff_of(std::string_view name) const;

  /// The first in the lane for which something is free now, or `no_slot`. Nobody passes those who fit.
  std::uint32_t next_to_enter();
  std::uint64_t ahead_in_lane(std::uint32_t place) const;
  /// What a ticket's price depends on if it ends at `exit`.
  Stay stay_of(const Ticket& ticket, WallTime exit) const;
  const Tariff& tariff(const Visit& visit) const { return config_.tariffs[visit.tariff]; }
  Arrival arrival_of(const Visit& visit) const;
  TicketView view_of(const Ticket& ticket) const;

  /// Calls for each open ticket, by number. O(tickets).
  template <class Visit>
  void visit_open(Visit visit) const {
    ticket_by_number_.visit_after(0, [&](std::uint32_t slot) {
      if (tickets[slot].state == TicketState::open) visit(tickets[slot]);
      return true;
    });
  }
  /// Calls for each place in the lane, by number.
  template <class Visit>
  void visit_waiting(Visit visit) const {
    place_by_number_.visit_after(0, [&](std::uint32_t slot) {
      visit(places[slot]);
      return true;
    });
  }

  /// Calls for each reservation, by number.
  template <class Visit>
  void visit_reserved(Visit visit) const {
    reservation_by_number_.visit_after(0, [&](std::uint32_t slot) {
      visit(reservations[slot]);
      return true;
    });
  }
  /// Calls for each vehicle that has a permit, by number. O(vehicles).
  template <class Visit>
  void visit_permitted(Visit visit) const {
    vehicle_by_number_.visit_after(0, [&](std::uint32_t slot) {
      if (vehicles[slot].permit != no_slot) visit(vehicles[slot]);
      return true;
    });
  }

  /// Calls with the slot of each vehicle that has this plate, by number: after a replay also of those that
  /// will be forgotten for their age. O(vehicles).
  template <class Visit>
  void visit_plate(std::string_view plate, Visit visit) const {
    vehicle_by_number_.visit_after(0, [&](std::uint32_t slot) {
      if (vehicles[slot].plate == plate) visit(slot);
      return true;
    });
  }

  std::string_view use_of(std::string_view plate) const;

  CheckpointPlace checkpoint(CheckpointPlace from, std::uint32_t limit, Stamp stamp,
                             std::vector<Record>& records) const;
  std::size_t memory_bytes() const;

  const GarageConfig& config_;
  Layout layout;
  Inventory inventory;
  Ledger ledger;
  Slab<KnownVehicle> vehicles;
  Slab<Permit> permits;
  Slab<Ticket> tickets;
  Slab<Reservation> reservations;
  Slab<LanePlace> places;
  TimerHeap<TimerPlaceIn<Reservation>> reservation_timers{TimerPlaceIn<Reservation>{&reservations}};
  TimerHeap<TimerPlaceIn<LanePlace>> place_timers{TimerPlaceIn<LanePlace>{&places}};

  std::uint64_t incarnation = 0;
  Entropy entropy;
  std::uint64_t next_ticket = 1;
  std::uint64_t next_place = 1;
  std::uint64_t next_reservation = 1;
  std::uint64_t next_vehicle = 1;
  std::uint64_t open_tickets = 0;
  std::uint64_t waiting = 0;
  Allocation chosen = Allocation::first_available;  ///< by config or command, before switches by occupancy
  std::uint32_t vehicle_hint = no_slot;             ///< likely that of the next record; saves a look-up
  std::string zone;                                 ///< as it was told; empty: it was not
  ZoneOffsets offsets;

 private:
  std::uint32_t hold_vehicle(std::uint64_t number, std::string_view plate);
  void name_vehicle(std::uint32_t slot, std::string_view plate);
  void release_vehicle(std::uint32_t slot);
  void drop_permit(KnownVehicle& vehicle);
  bool resolve(const Arrival& arrival, Visit& visit);
  TaskQueue& lane_of(const Visit& visit);
  void leave_lane(std::uint32_t slot);
  void end_reservation(std::uint32_t slot, Stamp stamp);
  Ticket* open_ticket(std::uint64_t number);
  void close(std::uint32_t slot, Stamp stamp);
  void forget_beyond(std::size_t count);
  void forget_ticket(std::uint32_t slot);
  void expect_forgetting() const;
  void drop_ticket(std::uint32_t slot, Stamp stamp);
  std::uint32_t new_ticket(const TicketOpened& fact, const Visit& visit);
  TicketRestored restored(const Ticket& ticket) const;

  AdmissionIndex vehicle_by_number_;
  AdmissionIndex ticket_by_number_;
  AdmissionIndex reservation_by_number_;
  AdmissionIndex place_by_number_;
  SlotTable vehicle_by_plate_;
  std::array<TaskQueue, 3 * feature_sets> lanes_;
  bool is_restoring_ = false;  // a checkpoint is being read: what is old shows at its end
  struct ClosedTicket {
    std::uint32_t slot = 0;
    WallTime exit;
  };
  std::deque<ClosedTicket> closed_;  // in the order in which they were closed
};

}  // namespace parking_lot::garage
