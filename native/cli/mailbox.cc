#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/store_access.h"
#include "parking_lot/json.h"

/// `parking-lot mailbox …`: messages of a store.
namespace parking_lot::cli {
namespace {

using Access = HostOptions::Access;
constexpr std::chrono::milliseconds watch_pause{500};

struct MailboxOptions {
  StoreChoice store;
  MailboxAddress address;
  std::string after;
  std::uint32_t limit = 50;
};

void print_message(const FetchedMessage& fetched, bool is_json) {
  const MailboxMessage& message = fetched.message;
  const bool is_lost = message.payload.id != 0 && fetched.payload == nullptr;
  const std::string payload = fetched.payload == nullptr ? "" : *fetched.payload;
  if (is_json) {
    std::string text = mailbox_message_json(message, payload);
    if (is_lost) text.insert(text.size() - 1, ",\"payload_error\":\"payload_unreadable\"");
    std::printf("%s\n", text.c_str());
    return;
  }
  std::string status(to_string(message.status));
  if (message.reason != Reason::none) status += " (" + std::string(to_string(message.reason)) + ")";
  std::printf("%-24s %s %-32s %-22s %s\n", message.cursor.c_str(), format_rfc3339(message.created_at).c_str(),
              message.task_id.c_str(), status.c_str(),
              is_lost ? "(its payload is lost: payload_unreadable)" : payload.c_str());
}

using Messages = std::vector<FetchedMessage>;

Result<tl::expected<Messages, RefusedCommand>> messages_after(const MailboxOptions& options,
                                                              const std::string& after) {
  auto stores = OpenedStores::open(options.store, Access::reading);
  if (!stores) return Failure(std::move(stores.error()));
  const auto fetch = [&](const std::string& from, std::size_t limit) {
    return stores->answer<Messages>([&](auto done) {
      stores->host().fetch(options.address, from, static_cast<std::uint32_t>(limit), done);
    });
  };
  auto messages = fetch(after, options.limit);
  while (messages && !messages->empty() &&
         messages->size() < options.limit) {  // one answer has a thousand at most
    auto more = fetch(messages->back().message.cursor, options.limit - messages->size());
    if (!more) return more;
    if (more->empty()) break;
    std::move(more->begin(), more->end(), std::back_inserter(*messages));
  }
  return messages;
}

ExitCode fetch(const MailboxOptions& options) {
  const auto messages = messages_after(options, options.after);
  if (!messages) return complain("mailbox", messages.error(), ExitCode::unexpected);
  if (!*messages) return complain("mailbox", messages->error());
  for (const FetchedMessage& message : **messages) print_message(message, options.store.is_json);
  return ExitCode::fine;
}

/// Waits so long, unless whoever reads what is printed goes away.
bool has_lost_reader(std::chrono::milliseconds pause) {
  pollfd output{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  return poll(&output, 1, static_cast<int>(pause.count())) == 1;
}

// A store that is only read tells nothing by itself: so it is opened again and again.
ExitCode watch(const MailboxOptions& options) {
  std::string after = options.after;
  for (;;) {
    const auto messages = messages_after(options, after);
    if (!messages) return complain("mailbox", messages.error(), ExitCode::unexpected);
    if (!*messages) return complain("mailbox", messages->error());
    for (const FetchedMessage& message : **messages) {
      print_message(message, options.store.is_json);
      after = message.message.cursor;
    }
    if (std::fflush(stdout) != 0) return ExitCode::unexpected;
    if ((*messages)->empty() && has_lost_reader(watch_pause)) return ExitCode::unexpected;
  }
}

ExitCode acknowledge(const MailboxOptions& options) {
  auto stores = OpenedStores::open(options.store, Access::owning);
  if (!stores) return complain("mailbox", stores.error(), ExitCode::unexpected);
  const auto count = stores->answer<std::uint64_t>(
      [&](auto done) { stores->host().acknowledge(options.address, options.after, done); });
  if (!count) return complain("mailbox", count.error());
  std::printf(options.store.is_json ? "{\"acknowledged\":%llu}\n" : "acknowledged %llu\n",
              static_cast<unsigned long long>(*count));
  return ExitCode::fine;
}

CLI::App* add(CLI::App& mailbox, const char* name, const char* what,
              const std::shared_ptr<MailboxOptions>& options, Chosen& chosen,
              ExitCode (*act)(const MailboxOptions&)) {
  CLI::App* command = mailbox.add_subcommand(name, what);
  add_store_options(*command, options->store);
  command->add_option("--tenant", options->address.tenant, "Tenant")->required()->type_name("NAME");
  command->add_option("--user", options->address.user, "User")->type_name("NAME");
  command->add_option("--session", options->address.session, "Session")->type_name("NAME");
  command->callback([options, &chosen, act] { chosen = [options, act] { return act(*options); }; });
  return command;
}

}  // namespace

void add_mailbox(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<MailboxOptions>();
  CLI::App* mailbox = app.add_subcommand("mailbox", "Reads and acknowledges outcomes by exact key");
  mailbox->require_subcommand(1);
  const auto add_reading = [&](CLI::App* command, const std::string& limit) {
    command->add_option("--after", options->after, "Cursor of the last message read")->type_name("CURSOR");
    command->add_option("--limit", options->limit, limit)
        ->check(CLI::Range(1, 1'000'000'000))
        ->type_name("COUNT");
  };
  add_reading(add(*mailbox, "fetch", "Prints messages, oldest first", options, chosen, fetch),
              "At most so many (default 50)");
  add_reading(
      add(*mailbox, "watch", "Prints messages as they come, until it is interrupted", options, chosen, watch),
      "At most so many at once (default 50)");
  add(*mailbox, "ack", "Drops the messages up to and including a cursor", options, chosen, acknowledge)
      ->add_option("cursor", options->after, "Cursor of the last message read")
      ->required()
      ->type_name("CURSOR");
}

}  // namespace parking_lot::cli
