#include <chrono>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/store_access.h"
#include "cli/task_line.h"
#include "cli/units_text.h"
#include "cli/whole_number.h"
#include "parking_lot/json.h"

/// `parking-lot task …`: tasks of a store, looked at or changed without running them.
namespace parking_lot::cli {
namespace {

using Access = HostOptions::Access;

struct TaskOptions {
  StoreChoice store;
  std::string pool;
  std::string task;  // an id, or a specification
  std::string tenant;
  std::string status;
  std::uint64_t after = 0;
  std::uint32_t limit = 50;
};

Now now() {
  using namespace std::chrono;
  return {.wall = {duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()},
          .steady = {duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count()}};
}

// Opens the stores and looks the pool up; `act` does the rest.
template <class Act>
ExitCode on_pool(const TaskOptions& options, Access access, Act act) {
  auto stores = OpenedStores::open(options.store, access);
  if (!stores) return complain("task", stores.error(), ExitCode::unexpected);
  const auto pool = stores->pool(options.pool);
  if (!pool) return complain("task", pool.error(), ExitCode::usage);
  return act(*stores, *pool);
}

ExitCode status(const TaskOptions& options) {
  return on_pool(options, Access::reading, [&](OpenedStores& stores, const std::string& pool) {
    const auto view =
        stores.answer<TaskView>([&](auto done) { stores.host().inspect(pool, options.task, done); });
    if (!view) return complain("task", view.error());
    print_task(*view, pool, options.store.is_json);
    return ExitCode::fine;
  });
}

ExitCode list(const TaskOptions& options) {
  std::optional<Status> wanted;
  if (!options.status.empty()) {
    wanted = parse_Status(options.status);
    if (!wanted) {
      return complain("task",
                      Error{options.status, "is no status; use queued, running or one of the final ones."},
                      ExitCode::usage);
    }
  }
  return on_pool(options, Access::reading, [&](OpenedStores& stores, const std::string& pool) {
    TaskListing listing{.status = wanted, .after = options.after, .limit = options.limit};
    do {  // one answer has a thousand at most
      const auto page = stores.answer<TaskPage>([&](auto done) { stores.host().list(pool, listing, done); });
      if (!page) return complain("task", page.error());
      for (const TaskView& task : page->tasks) print_task(task, pool, options.store.is_json);
      listing.after = page->next;
      listing.limit -= static_cast<std::uint32_t>(page->tasks.size());
    } while (listing.after != 0 && listing.limit != 0);
    if (listing.after != 0 && !options.store.is_json)
      std::printf("more: --after %llu\n", static_cast<unsigned long long>(listing.after));
    return ExitCode::fine;
  });
}

ExitCode explain(const TaskOptions& options) {
  return on_pool(options, Access::reading, [&](OpenedStores& stores, const std::string& pool) {
    const auto found =
        stores.answer<Explanation>([&](auto done) { stores.host().explain(pool, options.task, done); });
    if (!found) return complain("task", found.error());
    if (options.store.is_json) {
      std::printf("%s\n", explanation_json(*found, pool).c_str());
      return ExitCode::fine;
    }
    print_task(found->task, pool, false);
    std::printf("waits for %s", std::string(to_string(found->waits_for)).c_str());
    if (!found->behind_id.empty()) std::printf(" behind %s", found->behind_id.c_str());
    if (found->position != 0) {
      std::printf(", position %llu, ahead of it %s, free %s",
                  static_cast<unsigned long long>(found->position),
                  units_text(found->units_ahead, found->resources_ahead).c_str(),
                  units_text(found->units_free, found->resources_free).c_str());
    }
    if (found->expected_at.ms != 0)
      std::printf(", expected to start at %s", format_rfc3339(found->expected_at).c_str());
    if (found->expires_at != never_wall)
      std::printf(", expires at %s", format_rfc3339(found->expires_at).c_str());
    std::printf("\n");
    return ExitCode::fine;
  });
}

void print_admission(const Admission& admission, const std::string& pool, bool is_json) {
  const std::string status(to_string(admission.status));
  const bool has_joined = admission.how == Submitted::How::joined;
  if (is_json) {
    std::string json = "{\"task_id\":\"" + admission.task_id + "\",\"pool\":\"" + pool + "\",\"status\":\"" +
                       status + "\",\"joined\":" + (has_joined ? "true" : "false");
    if (admission.position != 0) json += ",\"position\":" + std::to_string(admission.position);
    std::printf("%s}\n", json.c_str());
    return;
  }
  std::printf("%s %s%s", admission.task_id.c_str(), status.c_str(), has_joined ? ", known already" : "");
  if (admission.position != 0)
    std::printf(", position %llu", static_cast<unsigned long long>(admission.position));
  std::printf("\n");
}

ExitCode submit(const TaskOptions& options) {
  std::string text = options.task;
  if (text == "-") text.assign(std::istreambuf_iterator<char>(std::cin), {});
  // What is wrong with it is told below, when the pool is known.
  const auto named = parse_task(text, nullptr, now());
  TaskOptions where = options;
  if (named && !named->pool.empty()) where.pool = named->pool;
  if (!options.pool.empty() && where.pool != options.pool)
    return complain(
        "task", Error{"pool", "'" + where.pool + "' in the task contradicts --pool " + options.pool + "."},
        ExitCode::usage);
  return on_pool(where, Access::owning, [&](OpenedStores& stores, const std::string& pool) {
    const PoolConfig* config = nullptr;
    for (const PoolConfig& each : stores.config().pools) {
      if (each.name == pool) config = &each;
    }
    auto task = parse_task(text, config, now());
    if (!task) return complain("task", task.error(), ExitCode::usage);
    task->pool = pool;
    const auto receipt =
        stores.answer<Admission>([&](auto done) { stores.host().submit(std::move(*task), done, {}); });
    if (!receipt) return complain("task", receipt.error());
    print_admission(*receipt, pool, options.store.is_json);
    return ExitCode::fine;
  });
}

ExitCode retry(const TaskOptions& options) {
  return on_pool(options, Access::owning, [&](OpenedStores& stores, const std::string& pool) {
    const auto receipt =
        stores.answer<Admission>([&](auto done) { stores.host().retry(pool, options.task, done); });
    if (!receipt) return complain("task", receipt.error());
    print_admission(*receipt, pool, options.store.is_json);
    return ExitCode::fine;
  });
}

ExitCode cancel(const TaskOptions& options) {
  if (options.task.empty() == options.tenant.empty())
    return complain("task", Error{"", "cancel one task by its id, or all of a tenant with --tenant."},
                    ExitCode::usage);
  return on_pool(options, Access::owning, [&](OpenedStores& stores, const std::string& pool) {
    const auto count = stores.answer<std::uint64_t>([&](auto done) {
      if (options.tenant.empty()) return stores.host().cancel(pool, options.task, done);
      stores.host().cancel_tenant(pool, options.tenant, done);
    });
    if (!count) return complain("task", count.error());
    std::printf(options.store.is_json ? "{\"cancelled\":%llu}\n" : "cancelled %llu\n",
                static_cast<unsigned long long>(*count));
    return ExitCode::fine;
  });
}

CLI::App* add(CLI::App& task, const char* name, const char* what, const std::shared_ptr<TaskOptions>& options,
              Chosen& chosen, ExitCode (*act)(const TaskOptions&)) {
  CLI::App* command = task.add_subcommand(name, what);
  add_store_options(*command, options->store);
  command->add_option("--pool", options->pool, "Pool; may be left out where there is one")->type_name("NAME");
  command->callback([options, &chosen, act] { chosen = [options, act] { return act(*options); }; });
  return command;
}

}  // namespace

void add_task(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<TaskOptions>();
  CLI::App* task = app.add_subcommand("task", "Looks at tasks of a store, and changes them");
  task->require_subcommand(1);
  const auto with_id = [&](CLI::App* command) {
    command->add_option("id", options->task, "Id of the task")->required()->type_name("ID");
  };
  add(*task, "submit", "Parks a task until somebody runs the pool", options, chosen, submit)
      ->add_option("task", options->task, "The task as JSON, or - to read it from standard input")
      ->required()
      ->type_name("JSON");
  with_id(add(*task, "status", "What is known of a task", options, chosen, status));
  with_id(add(*task, "explain", "Why a task waits", options, chosen, explain));
  with_id(add(*task, "retry", "Submits a failed task again", options, chosen, retry));
  CLI::App* cancelling = add(*task, "cancel", "Ends tasks that have not ended", options, chosen, cancel);
  cancelling->add_option("id", options->task, "Id of the task")->type_name("ID");
  cancelling->add_option("--tenant", options->tenant, "All tasks of this tenant")->type_name("NAME");
  CLI::App* listing = add(*task, "list", "Tasks in the order of their admission", options, chosen, list);
  listing->add_option("--status", options->status, "Only those with this status")->type_name("STATUS");
  listing->add_option("--after", options->after, "Go on after this admission number")->check(whole_number());
  listing->add_option("--limit", options->limit, "At most so many (default 50)")
      ->check(CLI::Range(1, 1'000'000'000))
      ->type_name("COUNT");
}

}  // namespace parking_lot::cli
