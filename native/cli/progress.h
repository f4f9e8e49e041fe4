#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "parking_lot/config.h"
#include "parking_lot/native/answers.h"
#include "parking_lot/scheduler.h"
#include "parking_lot/time.h"

namespace parking_lot::cli {

/// What has become of the jobs of a run.
struct Tally {
  std::uint64_t submitted = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t expired = 0;
  std::uint64_t dropped = 0;
  std::uint64_t rejected = 0;
  std::uint64_t joined = 0;                ///< repeated another job of the same file
  std::uint64_t skipped = 0;               ///< their outcome was there already
  std::uint64_t skipped_unsuccessful = 0;  ///< of those: had not completed
  std::uint64_t killed = 0;                ///< when the run ended
  std::uint64_t not_started = 0;
  std::uint64_t malformed = 0;
  Duration last_end;  ///< when the last one ended, since the begin

  void count(const Outcome& outcome, Duration elapsed);
  std::uint64_t ended() const { return completed + failed + expired + dropped + rejected; }
  /// Of this run alone.
  std::uint64_t unsuccessful() const { return failed + expired + dropped + rejected + malformed; }
  void skip(bool is_completed) {
    ++skipped;
    skipped_unsuccessful += is_completed ? 0 : 1;
  }
};

/// The most of one resource that the pool has used, and what it had then.
struct ResourcePeak {
  std::string resource;  ///< empty: the pool simply counts units
  Units units_max = 0;
  Units units_peak = 0;
};

struct PoolPeak {
  std::string pool;
  std::vector<ResourcePeak> resources;  ///< one, where the pool simply counts units

  explicit PoolPeak(const PoolConfig& config);
  void observe(const PoolStats& stats);
};

struct MalformedLine {
  std::uint64_t line = 0;
  std::string message;
};

struct Summary {
  Tally tally;
  std::vector<PoolPeak> peaks;
  std::vector<MalformedLine> malformed;  ///< the first hundred
  enum class Ending : std::uint8_t { finished, interrupted, killed } ending = Ending::finished;
  Duration elapsed;
};

std::string summary_text(const Summary& summary);
std::string summary_json(const Summary& summary);

/// `running 2, parked 40, done 17, failed 1, ETA 35s`. `jobs`: how many there will be, where that is known.
std::string progress_text(const Tally& tally, std::uint64_t running, std::uint64_t parked, Duration elapsed,
                          std::optional<std::uint64_t> jobs);

}  // namespace parking_lot::cli
