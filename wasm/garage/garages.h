#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/garage/garage.h"

/// The garages of one lot, as a module of their own: commands in JSON, answers in JSON. Gates are slow, so
/// nothing here is measured in millions a second, as tasks are.
namespace parking_lot::wasm {

class Garages {
 public:
  Garages(std::vector<garage::GarageConfig> configs, Now now, Entropy entropy);

  std::size_t size() const { return garages_.size(); }
  const Garage& at(std::size_t number) const { return garages_[number]; }
  void listen(std::size_t number, Garage::Listening listening) { garages_[number].listen(listening); }

  /// Does what the command says, and what is due. Answers `{"replies": [{"request", "answer"}…], "changes":
  /// […], "next": milliseconds of the steady clock}`, or `{"error": {"where", "message"}}` for a malformed
  /// command.
  std::string act(std::size_t number, std::uint32_t request, std::string_view command, Now now);

 private:
  std::vector<Garage> garages_;
};

/// What a garage is, for those who did not write its config: `{"name", "zone", "currency", "entrances",
/// "tariffs"}`.
std::string facts_json(const Garage& garage);
std::string spots_json(const Garage& garage);
/// The open tickets, as `{"answer": "ticket", …}`.
std::string tickets_json(const Garage& garage);
}  // namespace parking_lot::wasm
