#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "garage/field_rules.h"
#include "garage/garage_machine.h"
#include "parking_lot/erased_name.h"
#include "parking_lot/names.h"

/// Erasing a name: what the living state knows of it. What records have is the store's to erase.
namespace parking_lot {

using namespace garage;
using GarageRefusal = garage::Refusal;

namespace {

constexpr std::string_view mention_must = "must not have the name in it that is erased.";

/// Whether a text has the name in it, as words of their own.
bool mentions(std::string_view text, std::string_view name) {
  const auto is_inside = [](unsigned char byte) { return std::isalnum(byte) != 0 || byte >= 0x80; };
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    const bool begins = at == 0 || !is_inside(static_cast<unsigned char>(text[at - 1]));
    if (begins && (end == text.size() || !is_inside(static_cast<unsigned char>(text[end])))) return true;
  }
  return false;
}

/// What must end before the vehicle can be erased; empty: nothing.
std::string_view use_of_vehicle(const KnownVehicle& vehicle) {
  if (vehicle.open_ticket != no_slot) return "ticket";
  if (vehicle.place != no_slot) return "place";
  if (vehicle.reservation != no_slot) return "reservation";
  return vehicle.permit != no_slot ? "permit" : "";
}

}  // namespace

std::string garage::erased_plate(std::uint64_t vehicle) {
  return std::string(erased_prefix) + "v" + std::to_string(vehicle);
}

void Garage::Machine::take(const Erase& input) {
  if (input.request == 0 || is_refused(input.request)) return;
  const bool is_operator = input.whose == Named::operator_name;
  if (is_operator && !is_valid_name(input.name)) return refuse_field(input.request, "operator", name_must);
  if (is_operator && is_erased_name(input.name)) return refuse_field(input.request, "operator", erased_must);
  if (!is_operator && !is_vehicle(input.request, {.plate = input.name})) return;
  if (!is_person(input.request, input.by, input.reason)) return;
  // Another operator may have the name in theirs, which goes by a key of its own.
  if (is_operator ? input.by == input.name : mentions(input.by, input.name))
    return refuse_field(input.request, "by", mention_must);
  if (mentions(input.reason, input.name)) return refuse_field(input.request, "reason", mention_must);
  if (const std::string_view use = parking.use_of(input.name); !use.empty())
    return answer_after(stream.sequence(), input.request, garage::Refused{GarageRefusal::in_use, use});
  std::uint64_t vehicle = 0;
  parking.visit_plate(input.name, [&](std::uint32_t slot) { vehicle = parking.vehicles[slot].number; });
  std::uint64_t sequence = 0;
  if (!is_operator || vehicle != 0) sequence = emit(VehicleErased{vehicle, input.by, input.reason});
  if (is_operator) sequence = emit(OperatorErased{input.by, input.reason});
  answer_after(sequence, input.request, garage::Done{sequence});
}

std::string_view Garage::use_of(std::string_view plate) const { return machine_->parking.use_of(plate); }

std::string_view garage::ParkingManager::use_of(std::string_view plate) const {
  std::string_view use;
  visit_plate(plate, [&](std::uint32_t slot) {
    if (use.empty()) use = use_of_vehicle(vehicles[slot]);
  });
  return use;
}

bool garage::ParkingManager::apply(const VehicleErased& fact, Stamp) {
  if (fact.vehicle == 0) return true;
  const std::uint32_t known = vehicle_by_number_.find(fact.vehicle);
  if (known == AdmissionIndex::none || !use_of_vehicle(vehicles[known]).empty()) return false;
  const std::string plate = vehicles[known].plate;
  std::vector<std::uint32_t> slots;
  visit_plate(plate, [&](std::uint32_t slot) { slots.push_back(slot); });
  for (const std::uint32_t slot : slots) name_vehicle(slot, erased_plate(vehicles[slot].number));
  return true;
}

}  // namespace parking_lot
