#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "parking_lot/garage/garage.h"
#include "parking_lot/result.h"

namespace parking_lot {

/// A garage whose records are kept in a directory, for hosts that do one thing after the other: a command
/// line, a gate, a script.
///
///     auto stored = StoredGarage::open(config, offsets, {.directory = "data"});
///     (*stored)->handle(clock.now(), inputs, [](const garage::Reply& reply) { … });
///
/// `handle` comes back when everything it wrote is durable: what was answered is kept. Each call is one
/// commit, so calls with several inputs are cheaper than several calls.
class StoredGarage {
 public:
  struct Options {
    std::string directory;
    /// reading: looks at a store that another process may own. Nothing is locked or kept.
    enum class Access : std::uint8_t { working, reading } access = Access::working;
    /// How long events stay on disk although a checkpoint replaces them.
    Duration audit_retention = Duration::seconds(400LL * 86400);
  };

  using Hear = std::function<void(const garage::Reply&)>;
  using Visit = std::function<void(std::span<const garage::Record>)>;

  /// Opens the store, reads the garage back, and tells it its zone. The stream has the garage's name.
  static Result<std::unique_ptr<StoredGarage>> open(const garage::GarageConfig& config,
                                                    const garage::ZoneOffsets& offsets, Options options);

  /// The garage as it was at `time`, from its records; it takes no commands that are kept. Fails if the
  /// records of that time are no longer there.
  static Result<Garage> as_of(const garage::GarageConfig& config, const std::string& directory,
                              WallTime time);

  /// The garages that a directory has records of.
  static Result<std::vector<std::string>> names_in(const std::string& directory);

  /// Calls for all events that are on disk, oldest first.
  static Result<void> read_history(const std::string& garage, const std::string& directory,
                                   const Visit& visit);

  StoredGarage(const StoredGarage&) = delete;
  StoredGarage& operator=(const StoredGarage&) = delete;
  ~StoredGarage();

  /// Applies the inputs, makes their records durable, and hears each answer. After an error open it again;
  /// what was not durable is answered with `unconfirmed`. An erasure is done when the plate can be read in no
  /// file of the store, which other garages may share: ask them first (`Garage::use_of`), and erase in each.
  Result<void> handle(Now now, std::span<const garage::Input> inputs, const Hear& hear);
  const Garage& garage() const;
  /// Keys of plates that erasing has destroyed since the opening; 0: the store named none of them.
  std::uint64_t erased_keys() const;

 private:
  class State;
  explicit StoredGarage(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace parking_lot
