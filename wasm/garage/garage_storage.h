#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/garage/garage.h"
#include "parking_lot/result.h"

/// Where the durable garages of a realm live.
namespace parking_lot::wasm {

/// A place on which garages are stored, by their numbers.
struct GaragePlace {
  StorageKind kind = StorageKind::file;
  std::string location;
  std::vector<std::uint32_t> garages;
};

/// In the order in which the config first names them: that is the number of their disk, too.
std::vector<GaragePlace> garage_places(const std::vector<garage::GarageConfig>& configs);

class GarageStorage {
 public:
  using Visit = std::function<void(std::span<const garage::Record>)>;
  /// Of a garage after a commit: how far it is durable, or that nothing of the commit counts.
  struct Outcome {
    std::uint32_t garage = 0;
    std::uint64_t durable = 0;
    std::uint64_t erasures = 0;  ///< that are durable, on the garage's place
    bool has_failed = false;
  };
  using Committed = std::function<void(const Outcome&)>;

  GarageStorage() = default;
  GarageStorage(const GarageStorage&) = delete;
  GarageStorage& operator=(const GarageStorage&) = delete;
  virtual ~GarageStorage() = default;

  /// What brings the garage back.
  virtual Result<void> load(std::uint32_t garage, const Visit& visit) = 0;
  /// All events that are kept, oldest first.
  virtual Result<void> read_history(std::uint32_t garage, const Visit& visit) = 0;
  /// What the garage was at a past time.
  virtual Result<void> read_until(std::uint32_t garage, WallTime time, const Visit& visit) = 0;

  /// Nothing is durable before a commit.
  virtual Result<void> append(std::uint32_t garage, std::span<const garage::Record> records) = 0;
  /// The garages of a garage's place, itself among them: their keys are the same.
  virtual std::span<const std::uint32_t> sharing(std::uint32_t garage) const = 0;
  /// Destroys the keys of a plate with the next commit; its number among the erasures of the place.
  virtual Result<std::uint64_t> erase(std::uint32_t garage, std::string_view plate) = 0;
  /// Commits what has gathered, unless a commit is under way. `done` comes later, or during the call.
  virtual void commit(const Committed& done) = 0;
  /// Writes a checkpoint if one is wanted; it counts with the next commit.
  virtual Result<void> tidy(std::uint32_t garage, const Garage& state, Now now) = 0;
  virtual bool is_committing() const = 0;
  /// Before an orderly end: confirms what is durable, too (`FileStore::is_confirmed`).
  virtual void settle() = 0;
  /// A disk has ended its sync. `fault`: 0, or its number with its words ready.
  virtual void synced(std::uint32_t disk, std::int32_t fault) = 0;
  /// Somebody else has taken a store over.
  virtual bool is_fenced() const = 0;
};

/// Opens the stores on the disks that JavaScript has opened, disk i for place i. Chosen by the link, as in
/// wasm/storage.h: the module that keeps nothing answers with a null pointer.
Result<std::unique_ptr<GarageStorage>> open_garage_storage(const std::vector<garage::GarageConfig>& configs,
                                                           Now now, Entropy entropy);

}  // namespace parking_lot::wasm
