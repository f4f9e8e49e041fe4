#include "simulation/setting.h"

#include <cstdlib>
#include <iostream>
#include <string>

#include "scenario/setup.h"

namespace parking_lot::simulation {

Config random_config(Random& random) {
  scenario::Setup setup;
  std::uint64_t pools = random.between(1, 4);
  for (std::uint64_t i = 0; i < pools; ++i) {
    std::string name = "pool" + std::to_string(i);
    auto set = [&](std::string_view key, std::uint64_t value) {
      setup.set_pool(name, key, std::to_string(value));
    };
    set("max_units", random.chance(3) ? 0 : random.between(1, 12));
    set("max_queue_depth", random.chance(30) ? random.below(4) : random.between(10, 100));
    const char* const policies[] = {"first_fit", "strict", "backfill"};
    setup.set_pool(name, "policy", policies[random.below(3)]);
    if (random.chance(50)) set("backfill_candidates", random.below(4));
    if (random.chance(30)) setup.set_pool(name, "backfill_order", "shortest");
    if (random.chance(30)) setup.set_pool(name, "estimates", "learned");
    if (random.chance(30)) set("ageing_secs", random.between(1, 5));
    if (random.chance(40)) setup.set_pool(name, "fairness", "tenant");
    if (random.chance(30)) set("tenants.tenant0.weight", random.between(1, 4));
    if (random.chance(20)) set("tenants.tenant1.max_queued", random.below(10));
    setup.set_pool(name, "queue", random.chance(70) ? "file" : "in_memory");
    setup.set_pool(name, "mailbox.storage", random.chance(70) ? "file" : "in_memory");
    set("mailbox.delivery_attempts_max", random.between(1, 20));
    set("starvation_guard_secs", random.below(5));
    set("max_lost", random.below(4));
    set("heartbeat_secs", 2);
    set("lease_secs", random.between(4, 8));
    set("kill_grace_secs", random.between(1, 4));
    set("quarantine_secs", random.below(5));
    if (random.chance(30)) set("default_timeout_secs", random.between(1, 20));
  }
  setup.set_option("seed", std::to_string(random.below(1000)));
  Result<Config> config = setup.config();
  if (!config) {
    std::cerr << "the simulation's config is refused: " << config.error().where << ": "
              << config.error().message << "\n";
    std::exit(2);
  }
  return *config;
}

}  // namespace parking_lot::simulation
