// What a decision costs with 1,000 and with 100,000 parked tasks: the end of a run, what starts then, and an
// arrival for each that did. For every policy, with one tenant and a thousand, with one resource and three.
// Prints one JSON object; every figure is processor time, the best of fifteen rounds, small and large pool in
// turns.

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "work/busy_pool.h"

namespace {

using namespace parking_lot;

constexpr int rounds = 15;
constexpr int decisions = 500;

double ns_per_decision(BusyPool& pool) {
  const std::clock_t began = std::clock();
  pool.decide(decisions);
  return static_cast<double>(std::clock() - began) * 1e9 / CLOCKS_PER_SEC / decisions;
}

}  // namespace

int main() {
  const char* separator = "";
  std::printf("{\"loads\":[");
  for (const Load& load : loads()) {
    BusyPool small(load, 1000);
    BusyPool large(load, 100'000);
    double few = 1e18;
    double many = 1e18;
    for (int round = 0; round < rounds; ++round) {
      few = std::min(few, ns_per_decision(small));
      many = std::min(many, ns_per_decision(large));
    }
    std::printf("%s{\"load\":\"%s\",\"few_ns\":%.0f,\"many_ns\":%.0f}", separator, text_of(load).c_str(), few,
                many);
    separator = ",";
  }
  std::printf("]}\n");
}
