#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/store_access.h"

/// `parking-lot audit erase`: takes the name of a user out of a store.
namespace parking_lot::cli {
namespace {

struct EraseOptions {
  StoreChoice store;
  MailboxAddress user;
};

ExitCode erase(const EraseOptions& options) {
  auto stores = OpenedStores::open(options.store, HostOptions::Access::owning);
  if (!stores) return complain("audit", stores.error(), ExitCode::unexpected);
  const auto erased =
      stores->answer<Erasure>([&](auto done) { stores->host().erase_user(options.user, done); });
  if (!erased) return complain("audit", erased.error());
  const auto keys = static_cast<unsigned long long>(erased->keys);
  const auto messages = static_cast<unsigned long long>(erased->messages);
  if (options.store.is_json) {
    std::printf("{\"keys\":%llu,\"messages\":%llu}\n", keys, messages);
  } else if (keys == 0 && messages == 0) {
    std::printf("nothing here names %s/%s\n", options.user.tenant.c_str(), options.user.user.c_str());
  } else {
    std::printf("erased %s/%s: destroyed %llu %s, dropped %llu %s; the chain of the audit holds\n",
                options.user.tenant.c_str(), options.user.user.c_str(), keys, keys == 1 ? "key" : "keys",
                messages, messages == 1 ? "message" : "messages");
  }
  return ExitCode::fine;
}

}  // namespace

void add_audit_erase(CLI::App& audit, Chosen& chosen) {
  const auto options = std::make_shared<EraseOptions>();
  CLI::App* command = audit.add_subcommand(
      "erase", "Erases a user by destroying keys; vehicles are erased with 'garage erase'");
  add_store_options(*command, options->store);
  command->add_option("--tenant", options->user.tenant, "Tenant")->required()->type_name("NAME");
  command->add_option("--user", options->user.user, "User, with all sessions")->required()->type_name("NAME");
  command->callback([options, &chosen] { chosen = [options] { return erase(*options); }; });
}

}  // namespace parking_lot::cli
