#pragma once

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "sample.h"

namespace parking_lot::test {

/// What a store must hold: how far its streams are, and which payloads.
struct Held {
  std::map<std::string, std::uint64_t> last;      ///< by stream
  std::map<std::uint64_t, std::string> payloads;  ///< that were not released
};

/// A random host of a store, which knows what was promised to it.
class Workload {
 public:
  Workload(Rig& rig, std::uint64_t seed) : rig_(rig), random_(seed) {}

  /// Does some steps; ends early when the disk is dead.
  void run(int steps);
  /// Opens the store and requires that it holds what was promised, or that and the whole of the commit which
  /// was on its way; goes on from what is there.
  void check();

  const Held& promised() const { return promised_; }
  int failures() const { return failures_; }

 private:
  std::uint64_t random(std::uint64_t below) { return random_() % below; }
  void step();
  void append(const StreamKey& key);
  void put();
  void release();
  void checkpoint(const StreamKey& key);
  void commit();
  bool agrees(const Held& wanted);
  std::uint64_t loaded_last(const StreamKey& key);

  Rig& rig_;
  std::mt19937_64 random_;
  Held promised_;
  Held intended_;  ///< `promised_` and what was gathered since
  /// What commits that failed since the last success would have made: a crash may bring one of them back.
  std::vector<Held> unconfirmed_;
  std::set<std::uint64_t> released_;
  std::uint64_t next_id_ = 1;
  int failures_ = 0;
  std::string difference_;  ///< between what is there and what was looked for
};

}  // namespace parking_lot::test
