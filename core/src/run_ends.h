#pragma once

#include <cstdint>
#include <optional>

#include "amounts.h"
#include "parking_lot/time.h"
#include "sum_tree.h"

namespace parking_lot {

/// When a task that does not fit now can start at the latest, if every run ends as expected.
struct Reservation {
  SteadyTime at = never_steady;  ///< never: what holds its units has no expected end
  Amounts spare;                 ///< what it leaves free at that moment, for runs that go on beyond it
};

/// Expected ends of a pool's runs, soonest first, with what each end frees. Runs without an expected end are
/// not in here. All operations O(log runs).
class RunEnds {
 public:
  void insert(SteadyTime end, std::uint32_t run, const Amounts& frees) {
    ends_.insert({{end.ms, run}, {frees}, run});
  }
  void erase(SteadyTime end, std::uint32_t run) { ends_.erase({end.ms, run}); }
  void update(SteadyTime end, std::uint32_t run, const Amounts& frees) {
    ends_.update({end.ms, run}, {frees});
  }

  /// The run that is expected to end first, and when.
  struct Next {
    SteadyTime at;
    std::uint32_t run = 0;
  };
  std::optional<Next> next() const;

  /// Forgets the first end, and returns what it frees. There must be one.
  Amounts take_first();

  /// The earliest moment from `now` on at which what ends until then leaves at least `needed` free. `free` is
  /// what is free now.
  Reservation reserve(const Amounts& free, const Amounts& needed, SteadyTime now) const;

  std::size_t memory_bytes() const { return ends_.memory_bytes(); }

 private:
  struct Place {
    std::int64_t end_ms = 0;
    std::uint32_t run = 0;
    friend bool operator<(const Place& a, const Place& b) {
      return a.end_ms != b.end_ms ? a.end_ms < b.end_ms : a.run < b.run;
    }
  };
  struct Freed {
    Amounts amounts;
    void add(const Freed& other) { amounts.add(other.amounts); }
  };
  SumTree<Place, Freed> ends_;
};

}  // namespace parking_lot
