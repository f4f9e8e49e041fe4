#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "garage_storage.h"
#include "parking_lot/garage/garage.h"

/// The garages of one lot, as a module of their own: commands in JSON, answers in JSON. Gates are slow, so
/// nothing here is measured in millions a second, as tasks are.
namespace parking_lot::wasm {

class Garages {
 public:
  /// `storage` keeps those whose config says so; null if none does.
  Garages(std::vector<garage::GarageConfig> configs, std::unique_ptr<GarageStorage> storage, Now now,
          Entropy entropy);

  /// Reads the durable ones back. Once, before anything else.
  Result<void> recover();

  std::size_t size() const { return entries_.size(); }
  const Garage& at(std::size_t number) const { return entries_[number].garage; }
  void listen(std::size_t number, Garage::Listening listening) { entries_[number].garage.listen(listening); }

  /// Does what the command says, and what is due. Answers `{"replies": [{"request", "answer"}…], "changes":
  /// […], "next": milliseconds of the steady clock}`, or `{"error": {"where", "message"}}` for a malformed
  /// command. What a durable garage answers comes once it is durable: with the next call for it.
  std::string act(std::size_t number, std::uint32_t request, std::string_view command, Now now);

  /// What the garage was at a past time, `{"figures", "tickets"}`, and its events, `{"events": […]}`; or
  /// `{"failure"}`.
  std::string past(std::size_t number, WallTime time) const;
  std::string events(std::size_t number, WallTime until) const;

  void synced(std::uint32_t disk, std::int32_t fault);
  bool is_committing() const { return storage_ && storage_->is_committing(); }
  void settle() {
    if (storage_) storage_->settle();
  }
  bool is_fenced() const { return storage_ && storage_->is_fenced(); }

 private:
  /// An answer that waits until the key of its name is destroyed.
  struct Erased {
    std::uint64_t erasure = 0;
    RequestId request = 0;
    std::string answer;
  };
  struct Entry {
    Garage garage;
    std::string replies;  // gathered until somebody takes them
    std::string changes;
    std::map<RequestId, std::string> erasing;  // names
    std::vector<Erased> erased;
    bool has_failed = false;
    SteadyTime reload_at = never_steady;
    Duration pause{1000};
  };

  Result<void> recover(std::size_t number);
  void drain(std::size_t number);
  void reply(Entry& entry, RequestId request, std::string_view answer);
  void reply(Entry& entry, RequestId request, const garage::Answer& answer);
  /// Has the other garages of the place forget a name. False: one cannot, and the command was refused.
  bool erase_elsewhere(std::size_t number, const garage::Erase& command);
  bool pass_on(std::size_t number, const garage::Reply& reply);
  void commit();
  void committed(const GarageStorage::Outcome& outcome);
  void fail(std::size_t number);
  std::string traffic(std::size_t number);

  std::unique_ptr<GarageStorage> storage_;
  std::vector<Entry> entries_;
  Now now_;
  std::optional<garage::Refused> declined_;  // by a garage that should have forgotten a name, too
  bool has_erased_ = false;                  // keys are to be destroyed with a further commit
};

/// For the storage of the garages that are open in this module.
void garages_synced(std::uint32_t disk, std::int32_t fault);

/// What a garage is, for those who did not write its config: `{"name", "zone", "currency", "entrances",
/// "tariffs"}`.
std::string facts_json(const Garage& garage);
std::string spots_json(const Garage& garage);
/// The open tickets, as `{"answer": "ticket", …}`.
std::string tickets_json(const Garage& garage);

}  // namespace parking_lot::wasm
