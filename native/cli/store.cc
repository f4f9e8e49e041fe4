#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

#include "backend/file_journal/inspection.h"
#include "backend/file_journal/little_endian.h"
#include "backend/file_journal/payload_format.h"
#include "backend/file_journal/posix_files.h"
#include "backend/file_journal/segment_files.h"
#include "backend/file_journal/store_error.h"
#include "backend/file_journal/stored_config.h"
#include "cli/commands.h"
#include "cli/error_text.h"
#include "cli/store_access.h"
#include "cli/store_rehearsal.h"
#include "host/store_config.h"

/// `parking-lot store …`: the files of a store, without opening it.
namespace parking_lot::cli {
namespace {

using Json = nlohmann::ordered_json;

struct StoreOptions {
  std::string directory;
  std::string config;
  bool is_json = false;
  bool is_dry = false;
};

ExitCode fail(const StoreOptions& options, const StoreError& error) {
  return complain("store", error_of(options.directory, error), ExitCode::unexpected);
}

ExitCode complain_of_no_store(const StoreOptions& options) {
  if (has_lost_records(options.directory))
    return complain("store", Error{options.directory, records_are_gone}, ExitCode::work_failed);
  return complain(
      "store",
      Error{options.directory, "is no store, or none that was opened yet; name a store's directory."},
      ExitCode::unexpected);
}

Json json_of(const Damage& damage) {
  return {{"file", damage.file}, {"offset", damage.offset}, {"message", damage.message}};
}

const char* kind_name(StreamKind kind) {
  return kind == StreamKind::pool ? "pool" : kind == StreamKind::garage ? "garage" : "mailbox";
}

constexpr const char* payloads_unknown = "whether payloads are missing is not known: ";

void print(const Damage& damage, const char* remark = "") {
  std::printf("%s at byte %llu: %s%s\n", damage.file.c_str(), static_cast<unsigned long long>(damage.offset),
              damage.message.c_str(), remark);
}

std::string counted(std::uint64_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string lost_of(const MissingPayloads& missing) {
  return (missing.ids.size() == 1 ? "1 payload or result of "
                                  : std::to_string(missing.ids.size()) + " payloads or results of ") +
         missing.stream;
}

std::string first_of(const MissingPayloads& missing) {
  return (missing.ids.size() == 1 ? "with id " : "the first with id ") + std::to_string(missing.ids.front());
}

/// `unknown`: why nobody can tell whether payloads are missing; empty: it is known, or needs no answer.
void print(const Inspection& inspection, const std::string& unknown, const StoreOptions& options) {
  if (!options.is_json) {
    for (const Damage& damage : inspection.damages) print(damage);
    for (const Damage& damage : inspection.needless_damages) {
      print(damage,
            damage.kind == SegmentKind::checkpoint
                ? "; it is damaged or was never finished, and nothing is lost: the records that it would "
                  "replace are there"
                : "; the audit trail has a gap, queues and mailboxes lose nothing");
    }
    std::printf("%s, %s, %s, %s\n", counted(inspection.commits, "commit").c_str(),
                counted(inspection.streams.size(), "stream").c_str(),
                counted(inspection.payloads, "payload").c_str(),
                counted(inspection.damages.size(), "damage").c_str());
    if (!unknown.empty()) std::printf("%s%s\n", payloads_unknown, unknown.c_str());
    if (inspection.torn_bytes > 0) {
      std::printf("%llu bytes after the last whole commit are no commit: the next opening cuts them off\n",
                  static_cast<unsigned long long>(inspection.torn_bytes));
    }
    return;
  }
  Json json{{"ok", inspection.damages.empty()},
            {"segments", inspection.segments},
            {"commits", inspection.commits},
            {"record_bytes", inspection.record_bytes},
            {"checkpoint_bytes", inspection.checkpoint_bytes},
            {"payloads", inspection.payloads},
            {"payload_bytes", inspection.payload_bytes},
            {"torn_bytes", inspection.torn_bytes},
            {"streams", Json::array()},
            {"damages", Json::array()},
            {"needless_damages", Json::array()}};
  for (const StreamCount& stream : inspection.streams) {
    json["streams"].push_back({{"kind", kind_name(stream.key.kind)},
                               {"name", stream.key.name},
                               {"first", stream.first},
                               {"last", stream.last}});
  }
  for (const Damage& damage : inspection.damages) json["damages"].push_back(json_of(damage));
  for (const Damage& damage : inspection.needless_damages)
    json["needless_damages"].push_back(json_of(damage));
  if (!unknown.empty()) json["payloads_unknown"] = unknown;
  std::printf("%s\n", json.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
}

constexpr const char* given_up_file = "cut-payloads-lost";

// A repair keeps the heads of the payloads that it gives up: their ids are known to be lost.
std::set<std::uint64_t> given_up_in(Files& files) {
  std::set<std::uint64_t> ids;
  const auto names = files.list();
  if (!names) return ids;
  for (const std::string& name : *names) {
    if (name.rfind("cut-payloads-", 0) != 0) continue;
    Bytes bytes;
    if (!read_bytes(files, name, 0, name == given_up_file ? ~std::uint64_t{0} : payload_head_bytes, bytes))
      continue;
    for (std::size_t at = 0; at < bytes.size(); at += payload_head_bytes) {
      if (const auto head = parse_payload_head(ByteView(bytes).subspan(at))) ids.insert(head->id);
    }
  }
  return ids;
}

bool has_pools_or_mailboxes(Files& files) {
  const auto store = FileStore::open_read_only(files);
  if (!store) return false;
  const std::vector<StreamKey> streams = store->streams();
  return std::any_of(streams.begin(), streams.end(),
                     [](const StreamKey& key) { return key.kind != StreamKind::garage; });
}

// The files alone do not say which payloads there should be: tasks and messages do. An error: nobody can
// tell, since without its config nobody knows what the streams are.
Result<std::vector<MissingPayloads>> missing_payloads(const StoreOptions& options,
                                                      const std::string& directory, Files& files) {
  if (!has_pools_or_mailboxes(files)) return std::vector<MissingPayloads>();
  StoreChoice choice;
  choice.directory = directory;
  choice.config = options.config;
  auto stores = OpenedStores::open(choice, HostOptions::Access::reading);
  if (!stores) return Failure({options.directory, stores.error().message});
  const std::set<std::uint64_t> given_up = given_up_in(files);
  std::vector<MissingPayloads> missing = stores->host().missing_payloads();
  for (MissingPayloads& each : missing)
    std::erase_if(each.ids, [&](std::uint64_t id) { return given_up.contains(id); });
  std::erase_if(missing, [](const MissingPayloads& each) { return each.ids.empty(); });
  return missing;
}

void tell_missing(const std::vector<MissingPayloads>& payloads, Inspection& inspection) {
  for (const MissingPayloads& missing : payloads) {
    const char* are = missing.ids.size() == 1 ? " is" : " are";
    inspection.damages.push_back({.kind = SegmentKind::payloads,
                                  .file = "payloads",
                                  .message = lost_of(missing) + are + " in no segment, " + first_of(missing) +
                                             ": was a file deleted?"});
  }
}

constexpr const char* copies_of_configs[] = {"config.json", "garages.json"};

// What the store keeps of configs for those who look at it. Whoever has the config can do without.
std::vector<Damage> damaged_copies(const StoreOptions& options, Files& files) {
  std::vector<Damage> damages;
  for (const std::string name : copies_of_configs) {
    Bytes bytes;
    if (!read_all(files, name, bytes)) continue;
    const std::string_view text = as_text(bytes);
    const bool is_sound =
        Json::accept(text) && (name != copies_of_configs[0] || config_stored_in(options.directory, text));
    if (is_sound) continue;
    damages.push_back({.file = name,
                       .message =
                           "the copy of the config cannot be read; queues and mailboxes lose nothing, and "
                           "the next run with the config writes it anew"});
  }
  return damages;
}

ExitCode verify_store(const StoreOptions& options) {
  boost::asio::io_context io(1);
  PosixFiles files(options.directory,
                   [&](std::function<void()> work) { boost::asio::post(io, std::move(work)); });
  auto inspection = verify(files);
  if (!inspection) return fail(options, inspection.error());
  if (inspection->segments == 0) return complain_of_no_store(options);
  std::string unknown;
  if (inspection->damages.empty()) {
    const auto missing = missing_payloads(options, options.directory, files);
    if (missing)
      tell_missing(*missing, *inspection);
    else
      unknown = text_of(missing.error());
  }
  const auto copies = damaged_copies(options, files);
  inspection->damages.insert(inspection->damages.end(), copies.begin(), copies.end());
  print(*inspection, unknown, options);
  return inspection->damages.empty() ? ExitCode::fine : ExitCode::work_failed;
}

void print(const std::vector<RepairStep>& steps, const StoreOptions& options) {
  for (const RepairStep& step : steps) {
    if (options.is_json) {
      const Json json{{"file", step.file},
                      {"offset", step.offset},
                      {"kept_as", step.kept_as},
                      {"message", step.message},
                      {"done", !options.is_dry}};
      std::printf("%s\n", json.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
    } else {
      std::printf("%s at byte %llu: %s\n", step.file.c_str(), static_cast<unsigned long long>(step.offset),
                  step.message.c_str());
    }
  }
  if (steps.empty() && !options.is_json) std::printf("nothing to repair\n");
}

// What no file holds any more is said once, and then counts as known. `nullopt`: nothing is missing.
std::optional<ExitCode> give_up_payloads(const StoreOptions& options, const std::string& directory,
                                         Files& files) {
  const auto missing = missing_payloads(options, directory, files);
  if (!missing) std::fprintf(stderr, "%s%s\n", payloads_unknown, text_of(missing.error()).c_str());
  if (!missing || missing->empty()) return std::nullopt;
  Bytes heads;
  for (const MissingPayloads& each : *missing) {
    for (const std::uint64_t id : each.ids) append_payload_head({.id = id}, heads);
    const std::string message = lost_of(each) + (each.ids.size() == 1 ? " is lost, " : " are lost, ") +
                                first_of(each) + "; tasks that need them end with payload_unreadable";
    if (options.is_json)
      std::printf(
          "%s\n",
          Json{{"file", given_up_file}, {"message", message}, {"done", !options.is_dry}}.dump().c_str());
    else
      std::printf("%s\n", message.c_str());
  }
  if (options.is_dry) return ExitCode::fine;
  const auto known = files.size(given_up_file);
  auto written = known ? FileResult<void>() : files.create(given_up_file);
  if (written) written = files.write_at(given_up_file, known.value_or(0), as_text(heads));
  if (!written) return fail(options, store_error(written.error()));
  return ExitCode::fine;
}

/// The files of a folder, and the loop on which they come back.
struct Folder {
  explicit Folder(const std::string& directory)
      : files(directory, [this](std::function<void()> call) { boost::asio::post(io, std::move(call)); }) {}

  StoreResult<void> repair(const std::vector<RepairStep>& steps) {
    const auto work = boost::asio::make_work_guard(io);
    std::optional<StoreResult<void>> done;
    parking_lot::repair(files, steps, [&](StoreResult<void> result) {
      done.emplace(std::move(result));
      io.stop();
    });
    while (!done && io.run_one() != 0) {
    }
    return *done;
  }

  boost::asio::io_context io{1};
  PosixFiles files;
};

/// What the steps would cost beside what they say.
ExitCode rehearse(const StoreOptions& options, const std::vector<RepairStep>& steps) {
  const auto rehearsal = StoreRehearsal::of(options.directory, steps);
  if (!rehearsal) return complain("store", rehearsal.error(), ExitCode::unexpected);
  Folder folder(rehearsal->directory());
  if (auto locked = folder.files.lock(); !locked)
    return complain("store", Error{rehearsal->directory(), locked.error().message}, ExitCode::unexpected);
  if (auto done = folder.repair(steps); !done) return fail(options, done.error());
  return give_up_payloads(options, rehearsal->directory(), folder.files).value_or(ExitCode::fine);
}

ExitCode repair_store(const StoreOptions& options) {
  Folder folder(options.directory);
  PosixFiles& files = folder.files;
  const auto names = files.list();
  if (!names) return fail(options, store_error(names.error()));
  // A lock would make one of whatever folder this is.
  const bool has_any = std::any_of(names->begin(), names->end(), [](const std::string& name) {
    return segment_number(SegmentKind::records, name).has_value();
  });
  if (!has_any) return complain_of_no_store(options);
  if (!options.is_dry) {
    if (auto locked = files.lock(); !locked)
      return complain("store", Error{options.directory, locked.error().message}, ExitCode::unexpected);
  }
  auto steps = plan_repair(files);
  if (!steps) return fail(options, steps.error());
  for (const Damage& damage : damaged_copies(options, files)) {
    steps->push_back(
        {RepairStep::Kind::discard,
         damage.file,
         0,
         {},
         "cut-" + damage.file,
         "the copy of the config goes; name the config with --config until a run has written it anew"});
  }
  if (steps->empty()) {
    if (const auto code = give_up_payloads(options, options.directory, files)) return *code;
    print(*steps, options);
    return ExitCode::fine;
  }
  if (options.is_dry) {
    print(*steps, options);
    return rehearse(options, *steps);
  }
  if (auto done = folder.repair(*steps); !done) return fail(options, done.error());
  print(*steps, options);
  return give_up_payloads(options, options.directory, files).value_or(ExitCode::fine);
}

CLI::App* add(CLI::App& store, const char* name, const char* what,
              const std::shared_ptr<StoreOptions>& options, Chosen& chosen,
              ExitCode (*act)(const StoreOptions&)) {
  CLI::App* command = store.add_subcommand(name, what);
  add_directory_option(*command, "--store,store", options->directory, "Directory of the store")->required();
  command
      ->add_option("--config,-c", options->config,
                   "Config of the store, if it has no copy that can be read: its tasks tell missing payloads")
      ->type_name("FILE");
  command->add_flag("--json", options->is_json, "Print JSON");
  command->callback([options, &chosen, act] { chosen = [options, act] { return act(*options); }; });
  return command;
}

}  // namespace

void add_store(CLI::App& app, Chosen& chosen) {
  const auto options = std::make_shared<StoreOptions>();
  CLI::App* store = app.add_subcommand("store", "Looks after the files of a store");
  store->require_subcommand(1);
  add(*store, "verify", "Reads every byte and says what is not as it was written; exit 3 if something is",
      options, chosen, verify_store);
  add(*store, "repair", "Makes a damaged store open again; copies what it takes away", options, chosen,
      repair_store)
      ->add_flag("--dry-run", options->is_dry, "Say what would be done, and what would be lost, only");
}

}  // namespace parking_lot::cli
