#include "cli/reload.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/config_file.h"
#include "cli/error_text.h"

namespace parking_lot::cli {
namespace {

const PoolConfig* find_pool(const Config& config, const std::string& name) {
  const auto found = std::find_if(config.pools.begin(), config.pools.end(),
                                  [&](const PoolConfig& pool) { return pool.name == name; });
  return found == config.pools.end() ? nullptr : &*found;
}

/// What a restart is needed for: settings outside pools, and those of pools that cannot change while they are
/// open.
std::vector<std::string> restart_needed(const Config& running, const Config& wanted) {
  std::vector<std::string> paths;
  const nlohmann::json before = nlohmann::json::parse(effective_config_json(running));
  const nlohmann::json after = nlohmann::json::parse(effective_config_json(wanted));
  const auto compare = [&](const std::string& path, const nlohmann::json& old_values,
                           const nlohmann::json& new_values, const auto& is_left_out) {
    nlohmann::json all = old_values;
    all.update(new_values);
    for (const auto& [key, value] : all.items()) {
      const bool is_same = old_values.contains(key) == new_values.contains(key) &&
                           old_values.value(key, nlohmann::json()) == value;
      if (!is_same && !is_left_out(key)) paths.push_back(path + key);
    }
  };
  compare("", before, after, [](const std::string& key) { return key == "pools"; });
  for (const PoolConfig& pool : wanted.pools) {
    if (find_pool(running, pool.name) == nullptr) continue;
    const nlohmann::json live = nlohmann::json::parse(pool_settings_json(pool));
    compare("pools." + pool.name + ".", before["pools"][pool.name], after["pools"][pool.name],
            [&](const std::string& key) { return live.contains(key); });
  }
  return paths;
}

/// Whether there was something to change.
bool change_pool(Host& host, const PoolConfig& wanted, const Say& say) {
  const std::string settings = pool_settings_json(wanted);
  const auto current = host.settings(wanted.name);
  if (current && pool_settings_json(*current) == settings) return false;
  host.reconfigure(wanted.name, settings, [say, name = wanted.name](const auto& done) {
    if (done) return say("pool " + name + " has the settings of the config now.");
    const RefusedCommand& refused = done.error();
    say("pool " + name + " keeps its settings: " +
        (refused.message.empty() ? std::string(sentence(refused.code)) : refused.message));
  });
  return true;
}

}  // namespace

void reload_config(const std::string& path, const Config& running, Host& host, const Say& say) {
  const auto parsed = load_config(path);
  std::vector<std::string> errors;
  if (!parsed) {
    errors.push_back(text_of(parsed.error()));
  } else {
    for (const ConfigIssue& issue : parsed->issues) {
      if (issue.severity == ConfigIssue::Severity::error)
        errors.push_back(path + ": " + text_of({issue.path, issue.message}));
    }
  }
  for (const std::string& error : errors) say(error);
  if (!errors.empty())
    return say(path + ": is not taken over; the run goes on with the settings that it has.");

  bool is_same = true;
  const auto tell = [&](const std::string& sentence) {
    is_same = false;
    say(path + ": " + sentence);
  };
  for (const std::string& key : restart_needed(running, parsed->config))
    tell(key + ": cannot change while the run goes on; restart it for that.");
  for (const PoolConfig& pool : running.pools) {
    if (find_pool(parsed->config, pool.name) == nullptr) {
      tell("pool " + pool.name +
           " is not in it any more; the pool goes on with the settings that it has until the run ends.");
    }
  }
  for (const PoolConfig& pool : parsed->config.pools) {
    if (find_pool(running, pool.name) == nullptr) {
      tell("pool " + pool.name + " is new; restart the run to open it.");
    } else if (change_pool(host, pool, say)) {
      is_same = false;
    }
  }
  if (is_same) say(path + ": says nothing new; every pool keeps its settings.");
}

}  // namespace parking_lot::cli
