#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/config.h"
#include "parking_lot/result.h"
#include "simulate/trace.h"

namespace parking_lot::simulate {

/// How large the pool of a trace without a config is made.
struct Sizing {
  std::uint64_t load_percent = 95;  ///< what the trace asks for, of the capacity, while tasks arrive
  Units units = 0;                  ///< not 0: this capacity, whatever the load
};

/// A config for the trace with one pool, or one for each pool that its tasks name: the machine's size where
/// the trace tells it, else by the load, and at least as large as the largest task. Its queue has room for
/// every task. JSON for people.
std::string config_for(const Trace& trace, const Sizing& sizing);

/// A way to run the trace, to be compared with others.
struct Contender {
  std::string name;  ///< as asked for: `backfill`, `first_fit:starvation_guard_secs=0`
  Config config;
  std::string config_json;  ///< what `config` was read from; for people
};

/// The config once for each of `policies`, which take the place of the policy of every pool. A policy may be
/// followed by other keys of a pool: `first_fit:starvation_guard_secs=0,fairness=tenant`. Without policies:
/// the config as it is. `json` need not be valid.
Result<std::vector<Contender>> contenders(std::string_view json, const std::vector<std::string>& policies,
                                          const ReadEnvironment& environment);

}  // namespace parking_lot::simulate
