#include "parking_lot/garage/garage.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "garage/garage_machine.h"
#include "garage/trusted.h"

namespace parking_lot {
namespace {

constexpr std::uint64_t unpersisted_records_max = 65536;
constexpr std::uint32_t timers_per_tick = 1000;
constexpr Duration refusals_every = Duration::seconds(1);

}  // namespace

using namespace garage;

Garage::Machine::Machine(const GarageConfig& garage_config, Now now, Entropy entropy)
    : config(garage_config),
      parking(config),
      stream(config.storage.is_volatile() ? Keeping::kept_volatile : Keeping::kept_durable),
      entropy_(entropy),
      now_(now),
      outbox_(1) {
  if (!stream.is_durable()) open_stream();
}

void Garage::Machine::open_stream() {
  const std::uint64_t incarnation = stream.is_durable() ? stream.incarnation() + 1 : entropy_.low;
  stream.set_incarnation(incarnation);
  emit(GarageOpened{incarnation, entropy_});
}

void Garage::Machine::handle(Now now, std::span<const Input> inputs) {
  outbox_.begin();
  if (!inputs.empty()) expect(inputs.front());
  if (stream.is_durable()) {
    stream.clear_batch();
    kept_offsets_.clear();
  }
  now_.wall = sane(now.wall);
  now_.steady = std::max(now_.steady, now.steady);
  if (stream.state() == StreamState::open) {
    run_timers();
    parking.forget_old(now_.wall);
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (i + 1 < inputs.size()) expect(inputs[i + 1]);
    std::visit([this](const auto& each) { take(each); }, inputs[i]);
  }
  if (stream.state() == StreamState::open) {
    let_in_all();
    switch_allocation();
    write_refusals();
  }
  if (!stream.batch().empty()) outbox_.push(Write{stream.batch()});
}

/// What the command looks up first lies in memory that nobody has touched for long: it comes nearer while
/// other work is done.
void Garage::Machine::expect(const Input& input) const {
  if (const auto* enter = std::get_if<Enter>(&input)) {
    parking.expect_plate(enter->vehicle.plate);
    const Need need{enter->vehicle.size, enter->wanted, enter->vehicle.spots_required};
    const int gate = parking.gate_of(enter->gate);
    if (gate >= 0) parking.inventory.expect_order(need, static_cast<std::uint32_t>(gate));
  } else if (const auto* exit = std::get_if<Exit>(&input)) {
    parking.expect_ticket(exit->ticket);
  }
}

// --- what happens by itself ---

void Garage::Machine::run_timers() {
  for (std::uint32_t i = 0; i < timers_per_tick; ++i) {
    auto& reserved = parking.reservation_timers;
    auto& waiting = parking.place_timers;
    if (!reserved.empty() && reserved.top().due_ms <= now_.wall.ms) {
      const Reservation ended = parking.reservations[reserved.top().number];
      const std::uint64_t sequence = emit(ReservationEnded{ended.number, ReservationEnded::How::expired});
      show(sequence, ended.spots, SpotState::free);
    } else if (!waiting.empty() && waiting.top().due_ms <= now_.wall.ms) {
      const LanePlace left = parking.places[waiting.top().number];
      const std::uint64_t sequence = emit(PlaceLeft{left.number, PlaceLeft::How::expired});
      answer_after(sequence, left.request, Refused{.code = garage::Refusal::wait_expired, .field = {}});
      show(sequence, Changed::What::lane);
    } else {
      return;
    }
  }
}

void Garage::Machine::let_in_all() {
  for (std::uint32_t place = parking.next_to_enter(); place != no_slot; place = parking.next_to_enter())
    let_in(place);
}

/// Another strategy from a certain occupancy on, and back somewhat below it.
void Garage::Machine::switch_allocation() {
  if (config.allocation_switches.empty()) return;
  const Inventory& inventory = parking.inventory;
  const std::uint64_t spots = parking.layout.spot_count();
  const std::uint64_t taken = (spots - inventory.free_count()) * 100;
  Allocation wanted = parking.chosen;
  for (const AllocationSwitch& each : config.allocation_switches) {
    std::uint64_t from = each.from_percent;
    if (inventory.allocation() == each.allocation)
      from -= std::min<std::uint64_t>(from, config.switch_back_percent);
    if (taken >= from * spots) wanted = each.allocation;
  }
  if (wanted == inventory.allocation()) return;
  const std::uint64_t sequence = emit(AllocationChanged{wanted, AllocationChanged::Cause::occupancy});
  show(sequence, Changed::What::allocation);
}

void Garage::Machine::write_refusals() {
  if (refusals_.empty() || now_.wall - refusals_written_at_ < refusals_every) return;
  for (const auto& [code, count] : refusals_) emit(EntriesRefused{code, count});
  refusals_.clear();
  refusals_written_at_ = now_.wall;
}

std::optional<SteadyTime> Garage::Machine::next_deadline() const {
  if (stream.state() != StreamState::open) return std::nullopt;
  std::int64_t due = never_wall.ms;
  if (!parking.reservation_timers.empty()) due = parking.reservation_timers.top().due_ms;
  if (!parking.place_timers.empty()) due = std::min(due, parking.place_timers.top().due_ms);
  if (!refusals_.empty()) due = std::min(due, (refusals_written_at_ + refusals_every).ms);
  if (due == never_wall.ms) return std::nullopt;
  return now_.steady + Duration{std::clamp<std::int64_t>(due - now_.wall.ms, 0, 30'000)};
}

// --- answers ---

bool Garage::Machine::is_refused(RequestId request, Wants wants) {
  if (stream.state() != StreamState::open) {
    refuse(request, garage::Refusal::storage_unavailable);
  } else if (stream.unpersisted() > unpersisted_records_max) {
    refuse(request, garage::Refusal::busy);
  } else if (wants == Wants::zone && config.zone != "UTC" && parking.zone.empty()) {
    refuse(request, garage::Refusal::zone_unknown);
  } else {
    return false;
  }
  return true;
}

void Garage::Machine::refuse(RequestId request, garage::Refusal code, std::string_view field, Money due) {
  if (request != 0) outbox_.push(garage::Reply{request, garage::Refused{code, field, due}});
}

void Garage::Machine::refuse_field(RequestId request, std::string_view field, std::string_view must) {
  if (request != 0)
    outbox_.push(garage::Reply{request, garage::Refused{garage::Refusal::invalid_request, field, 0, must}});
}

void Garage::Machine::answer_after(std::uint64_t sequence, RequestId request, const garage::Answer& answer,
                                   std::shared_ptr<const void> body) {
  if (request == 0) return;
  const garage::Reply reply{request, answer};
  if (sequence > stream.durable_through()) {
    outbox_.push_after(0, sequence, reply, std::move(body));
  } else if (body) {
    outbox_.push(reply, std::move(body));
  } else {
    outbox_.push(reply);
  }
}

void Garage::Machine::show(std::uint64_t sequence, SpotRange spots, SpotState state) {
  if (listening == Listening::answers || spots.count == 0) return;
  const Changed changed{Changed::What::spots, spots, state};
  sequence > stream.durable_through() ? outbox_.push_after(0, sequence, changed) : outbox_.push(changed);
}

void Garage::Machine::show(std::uint64_t sequence, Changed::What what) {
  if (listening == Listening::answers) return;
  const Changed changed{what, {}, SpotState::free};
  sequence > stream.durable_through() ? outbox_.push_after(0, sequence, changed) : outbox_.push(changed);
}

GarageFigures Garage::Machine::figures() const {
  GarageFigures figures;
  figures.spots = parking.layout.spot_count();
  figures.spots_free = parking.inventory.free_count();
  figures.spots_reserved = parking.inventory.reserved_count();
  figures.spots_occupied = parking.inventory.occupied_count();
  figures.tickets_open = parking.open_tickets;
  figures.waiting = parking.waiting;
  figures.allocation = parking.inventory.allocation();
  for (const DayFigures& day : parking.ledger.days()) {
    figures.paid += day.paid;
    figures.refunded += day.refunded;
  }
  figures.storage = stream.state();
  figures.ignored_records = ignored_records_;
  return figures;
}

/// Those of the ledger, and on to now, which no record has told it yet.
std::vector<DayFigures> Garage::Machine::days() const {
  Ledger ledger = parking.ledger;
  if (ledger.through().ms != 0) ledger.advance(now_.wall, parking.inventory.occupied_count());
  return ledger.days();
}

// --- the public class ---

Garage::Garage(std::unique_ptr<Machine> machine) : machine_(std::move(machine)) {}
Garage::Garage(Garage&&) noexcept = default;
Garage& Garage::operator=(Garage&&) noexcept = default;
Garage::~Garage() = default;

Garage Garage::open(const GarageConfig& config, Now now, Entropy entropy) {
  return Garage(std::make_unique<Machine>(config, now, entropy));
}

void Garage::handle(Now now, std::span<const garage::Input> inputs) { machine_->handle(now, inputs); }
const garage::Effect* Garage::poll() { return machine_->poll(); }
std::optional<SteadyTime> Garage::next_deadline() const { return machine_->next_deadline(); }
void Garage::listen(Listening listening) { machine_->listening = listening; }
const GarageConfig& Garage::config() const { return machine_->config; }
bool Garage::is_durable() const { return machine_->stream.is_durable(); }
std::uint32_t Garage::spot_count() const { return machine_->parking.layout.spot_count(); }
std::string Garage::spot_name(SpotId spot) const { return machine_->parking.layout.spot_name(spot); }
std::optional<SpotId> Garage::find_spot(std::string_view name) const {
  return machine_->parking.layout.find_spot(name);
}
std::string_view Garage::row_name(std::uint32_t row) const {
  return machine_->parking.layout.rows().at(row).name;
}
GarageFigures Garage::figures() const { return machine_->figures(); }
SpotView Garage::spot(SpotId spot) const { return machine_->parking.inventory.view(spot); }
std::vector<TicketView> Garage::open_tickets() const {
  std::vector<TicketView> views;
  views.reserve(machine_->parking.open_tickets);
  machine_->parking.visit_open(
      [&](const Ticket& ticket) { views.push_back(machine_->parking.view_of(ticket)); });
  return views;
}
std::vector<PlaceView> Garage::lane() const {
  const ParkingManager& parking = machine_->parking;
  std::vector<PlaceView> views;
  parking.visit_waiting([&](const LanePlace& place) {
    views.push_back({place.number, place.version, parking.arrival_of(place.visit), place.until,
                     parking.ahead_in_lane(parking.place_of(place.number))});
  });
  return views;
}
std::vector<ReservationView> Garage::reservations() const {
  const ParkingManager& parking = machine_->parking;
  std::vector<ReservationView> views;
  parking.visit_reserved([&](const Reservation& each) {
    views.push_back({each.number, each.version, parking.arrival_of(each.visit), each.spots, each.until});
  });
  return views;
}
std::vector<PermitView> Garage::permits() const {
  const ParkingManager& parking = machine_->parking;
  std::vector<PermitView> views;
  parking.visit_permitted([&](const KnownVehicle& vehicle) {
    const Permit& permit = parking.permits[vehicle.permit];
    views.push_back({vehicle.plate, permit.name, permit.until});
  });
  return views;
}
std::vector<DayFigures> Garage::days() const { return machine_->days(); }
const ZoneOffsets& Garage::offsets() const { return machine_->parking.offsets; }
CheckpointPlace Garage::checkpoint(CheckpointPlace from, std::uint32_t limit,
                                   std::vector<garage::Record>& records) const {
  return machine_->checkpoint(from, limit, records);
}
std::size_t Garage::memory_bytes() const { return machine_->parking.memory_bytes(); }

}  // namespace parking_lot
