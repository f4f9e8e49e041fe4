#include "cli/store_access.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "cli/config_file.h"
#include "cli/error_text.h"
#include "host/file_url.h"
#include "host/log.h"
#include "host/store_config.h"

namespace parking_lot::cli {
namespace {

const Error no_store{"", "name a store with --store DIR, or the config of one with --config FILE."};

std::string canonical(const std::string& path) {
  std::error_code error;
  const auto canonical = std::filesystem::weakly_canonical(path, error);
  return error ? path : canonical.string();
}

Result<Config> config_of(const StoreChoice& choice) {
  if (choice.config.empty()) return read_store_config(choice.directory);
  auto parsed = load_config(choice.config);
  if (!parsed) return Failure(std::move(parsed.error()));
  for (const ConfigIssue& issue : parsed->issues) {
    if (issue.severity == ConfigIssue::Severity::error) return Failure({issue.path, issue.message});
  }
  return std::move(parsed->config);
}

// Of one directory what lives there is read, and where its pools deliver, which may be out of reach.
void leave_out_others(Config& config, const std::string& directory) {
  const std::string here = canonical(directory);
  const auto is_elsewhere = [&](const StorageConfig& storage) {
    return storage.kind == StorageKind::file && canonical(storage.path) != here;
  };
  for (PoolConfig& pool : config.pools) {
    if (is_elsewhere(pool.queue)) pool.queue = StorageConfig{};
    if (pool.queue.is_volatile() && is_elsewhere(pool.mailbox.storage))
      pool.mailbox.storage = StorageConfig{};
  }
}

}  // namespace

CLI::Option* add_directory_option(CLI::App& command, const std::string& names, std::string& directory,
                                  const std::string& what) {
  const auto read = [](std::string& given) {
    const auto folder = folder_named(given);
    if (!folder) return folder.error().message;
    given = *folder;
    return std::string();
  };
  return command.add_option(names, directory, what)
      ->transform(CLI::Validator(read, "", "directory"))
      ->type_name("DIR");
}

void add_store_options(CLI::App& command, StoreChoice& choice) {
  add_directory_option(command, "--store", choice.directory, "Directory of the store");
  command.add_option("--config,-c", choice.config, "Config that names the stores")->type_name("FILE");
  command.add_flag("--json", choice.is_json, "Print JSON, one object a line");
}

ExitCode complain(std::string_view command, const Error& error, ExitCode code) {
  std::fprintf(stderr, "%s: %s\n", std::string(command).c_str(), text_of(error).c_str());
  return code;
}

ExitCode complain(std::string_view command, const RefusedCommand& refused) {
  const std::string code(to_string(refused.code));
  const Error error{refused.field.empty() ? code : code + " (" + refused.field + ")",
                    refused.message.empty() ? std::string(sentence(refused.code)) : refused.message};
  const bool is_storage = refused.code == Refusal::storage_unavailable ||
                          refused.code == Refusal::unconfirmed || refused.code == Refusal::busy;
  return complain(command, error, is_storage ? ExitCode::unexpected : ExitCode::work_failed);
}

Result<std::vector<std::string>> directories_of(const StoreChoice& choice) {
  if (!choice.directory.empty()) return std::vector<std::string>{choice.directory};
  if (choice.config.empty()) return Failure(no_store);
  const auto config = config_of(choice);
  if (!config) return Failure(config.error());
  std::vector<std::string> directories;
  std::set<std::string> known;
  for (const PoolConfig& pool : config->pools) {
    for (const StorageConfig* storage : {&pool.queue, &pool.mailbox.storage}) {
      if (storage->kind == StorageKind::file && known.insert(canonical(storage->path)).second)
        directories.push_back(storage->path);
    }
  }
  if (directories.empty())
    return Failure({choice.config, "keeps nothing in files; name a store with --store DIR."});
  return directories;
}

Result<OpenedStores> OpenedStores::open(const StoreChoice& choice, HostOptions::Access access) {
  if (choice.directory.empty() && choice.config.empty()) return Failure(no_store);
  auto config = config_of(choice);
  if (!config) return Failure(std::move(config.error()));
  if (access == HostOptions::Access::reading && !choice.directory.empty())
    leave_out_others(*config, choice.directory);
  host_log()->set_level(spdlog::level::err);
  OpenedStores opened;
  opened.config_ = std::move(*config);
  auto host = Host::open(opened.config_, *opened.io_,
                         {.entropy = {}, .access = access, .orphans = HostOptions::Orphans::kept});
  if (!host) return Failure(std::move(host.error()));
  opened.host_ = std::move(*host);
  return opened;
}

OpenedStores::~OpenedStores() {
  if (!host_) return;
  bool is_settled = false;
  host_->settle([&] { is_settled = true; });
  wait_until([&] { return is_settled; });
}

Result<std::string> OpenedStores::pool(const std::string& name) const {
  std::vector<std::string> durable;
  for (const PoolConfig& pool : config_.pools) {
    if (!pool.queue.is_volatile()) durable.push_back(pool.name);
  }
  if (!name.empty()) {
    if (std::find(durable.begin(), durable.end(), name) != durable.end()) return name;
    return Failure({name, "is no pool of this store; see `parking-lot pool list`."});
  }
  if (durable.size() == 1) return durable.front();
  return Failure({"", durable.empty() ? "the store has no pool, only mailboxes."
                                      : "the store has several pools; name one with --pool."});
}

}  // namespace parking_lot::cli
