#include "parking_lot/native/stored_garage.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/file_journal/posix_files.h"
#include "backend/file_journal/store.h"
#include "host/past.h"
#include "host/system.h"

namespace parking_lot {
namespace {

constexpr std::uint32_t checkpoint_step = 512;

StreamKey key_of(const std::string& garage) { return {StreamKind::garage, garage}; }

/// A directory whose calls come back on the thread that waits for them.
struct Directory {
  explicit Directory(const std::string& path)
      : io(1),
        work(io.get_executor()),
        files(path, [this](std::function<void()> call) { boost::asio::post(io, std::move(call)); }) {}

  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
  PosixFiles files;
};

}  // namespace

class StoredGarage::State {
 public:
  State(const garage::GarageConfig& config, Options options, Entropy entropy)
      : options_(std::move(options)),
        directory_(options_.directory),
        entropy_(entropy),
        garage_(Garage::open(config, clock_.now(), entropy)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  Result<void> open(const garage::ZoneOffsets& offsets);
  Result<void> handle(Now now, std::span<const garage::Input> inputs, const Hear& hear);
  const Garage& garage() const { return garage_; }
  std::uint64_t erased_keys() const { return erased_keys_; }

 private:
  bool is_reading() const { return options_.access == Options::Access::reading; }
  Failure failure(const StoreError& error) const { return Failure(error_of(options_.directory, error)); }
  Result<void> recover();
  Result<void> drain(const Hear& hear);
  std::optional<StoreError> pass_on(const garage::Reply& reply, const Hear& hear);
  Result<void> commit(const Hear& hear);
  Result<void> write_checkpoint();
  std::optional<StoreError> committed();

  Options options_;
  SystemClock clock_;
  Directory directory_;  // outlives the store
  Entropy entropy_;
  Garage garage_;
  std::optional<FileStore> store_;
  StreamNumber stream_;
  bool is_absent_ = false;                    // a store that is only read has no such garage: it is empty
  std::map<RequestId, std::string> erasing_;  // names
  std::vector<garage::Reply> erased_;         // to be heard once the keys of their names are destroyed
  std::uint64_t erased_keys_ = 0;
  bool has_news_ = false;
  bool has_failed_ = false;
};

Result<void> StoredGarage::State::open(const garage::ZoneOffsets& offsets) {
  StoreOptions options;
  options.entropy = entropy_;
  options.now = clock_.now().wall;
  options.audit_retention = options_.audit_retention;
  auto store =
      is_reading() ? FileStore::open_read_only(directory_.files) : FileStore::open(directory_.files, options);
  if (!store) return failure(store.error());
  store_.emplace(std::move(*store));
  const auto stream = store_->stream(key_of(garage_.config().name));
  is_absent_ = is_reading() && !stream;
  if (!stream && !is_absent_) return failure(stream.error());
  if (stream) stream_ = *stream;
  if (auto recovered = recover(); !recovered) return recovered;
  const auto ignore = [](const garage::Reply&) {};
  const garage::Input zone = garage::ZoneKnown{0, garage_.config().zone, offsets};
  return handle(clock_.now(), std::span(&zone, 1), ignore);
}

Result<void> StoredGarage::State::recover() {
  if (!is_absent_) {
    auto reader = store_->load_garage(stream_);
    if (!reader) return failure(reader.error());
    for (;;) {
      const auto records = reader->next();
      if (!records) return failure(records.error());
      if (records->empty()) break;
      garage_.handle(clock_.now(), garage::Recovered{*records});
    }
  }
  garage_.handle(clock_.now(), garage::RecoveryDone{});
  return drain([](const garage::Reply&) {});
}

/// Takes over what the garage wants to have written, and passes its answers on.
Result<void> StoredGarage::State::drain(const Hear& hear) {
  std::optional<StoreError> error;
  while (const garage::Effect* effect = garage_.poll()) {
    if (const auto* reply = std::get_if<garage::Reply>(effect)) {
      if (auto failed = pass_on(*reply, hear)) error = failed;
    }
    const auto* write = std::get_if<garage::Write>(effect);
    if (write == nullptr || is_reading() || error) continue;
    if (auto appended = store_->append(stream_, write->records); !appended) error = appended.error();
    has_news_ = true;
  }
  if (error) return failure(*error);
  return {};
}

/// An erasure is not done before the store has forgotten the name, too.
std::optional<StoreError> StoredGarage::State::pass_on(const garage::Reply& reply, const Hear& hear) {
  const auto name = erasing_.extract(reply.request);
  if (name.empty() || !std::holds_alternative<garage::Done>(reply.answer)) {
    hear(reply);
    return std::nullopt;
  }
  // It may have come back with another input of the same call.
  if (const auto use = garage_.use_of(name.mapped()); !use.empty()) {
    hear({reply.request, garage::Refused{.code = garage::Refusal::in_use, .field = use}});
    return std::nullopt;
  }
  erased_.push_back(reply);
  has_news_ = true;
  const auto erased = store_->erase([&](std::string_view sealed) { return sealed == name.mapped(); });
  if (!erased) return erased.error();
  erased_keys_ += *erased;
  return std::nullopt;
}

/// Waits for a commit; what is wrong with it.
std::optional<StoreError> StoredGarage::State::committed() {
  bool is_done = false;
  std::optional<StoreError> error;
  store_->commit([&](const CommitOutcome& outcome) {
    is_done = true;
    if (outcome.failure != nullptr) error = *outcome.failure;
  });
  directory_.io.restart();
  while (!is_done && directory_.io.run_one() != 0) {
  }
  return error;
}

/// An orderly end, so that damage to the last records is told from records that were being written.
StoredGarage::State::~State() {
  if (!store_ || is_reading() || has_failed_) return;
  while (!store_->is_confirmed() && !committed()) {
  }
}

Result<void> StoredGarage::State::commit(const Hear& hear) {
  while (has_news_) {
    has_news_ = false;
    const auto erased = std::exchange(erased_, {});
    if (const auto error = committed()) {
      has_failed_ = true;
      for (const garage::Reply& each : erased)
        hear({each.request, garage::Refused{.code = garage::Refusal::unconfirmed, .field = {}}});
      garage_.handle(clock_.now(), garage::PersistFailed{});
      (void)drain(hear);
      return failure(*error);
    }
    for (const garage::Reply& each : erased) hear(each);
    garage_.handle(clock_.now(), garage::Persisted{store_->durable(stream_)});
    if (auto drained = drain(hear); !drained) return drained;
  }
  return store_->wants_checkpoint(stream_) ? write_checkpoint() : Result<void>();
}

Result<void> StoredGarage::State::write_checkpoint() {
  std::vector<garage::Record> state;
  auto done = store_->begin_checkpoint(stream_);
  for (CheckpointPlace place = 0; done && place != end_of_checkpoint;) {
    state.clear();
    place = garage_.checkpoint(place, checkpoint_step, state);
    done = store_->add_to_checkpoint(stream_, std::span<const garage::Record>(state));
  }
  if (done) done = store_->end_checkpoint(stream_);
  if (!done) return failure(done.error());
  if (const auto error = committed()) return failure(*error);
  store_->trim(clock_.now().wall);
  return {};
}

Result<void> StoredGarage::State::handle(Now now, std::span<const garage::Input> inputs, const Hear& hear) {
  if (has_failed_) return Failure({options_.directory, "has failed before; open it again."});
  for (const garage::Input& input : inputs) {
    if (const auto* erase = std::get_if<garage::Erase>(&input)) erasing_[erase->request] = erase->name;
  }
  garage_.handle(now, inputs);
  if (auto drained = drain(hear); !drained) {
    has_failed_ = true;
    return drained;
  }
  return is_reading() ? Result<void>() : commit(hear);
}

StoredGarage::StoredGarage(std::unique_ptr<State> state) : state_(std::move(state)) {}
StoredGarage::~StoredGarage() = default;
const Garage& StoredGarage::garage() const { return state_->garage(); }
std::uint64_t StoredGarage::erased_keys() const { return state_->erased_keys(); }

Result<void> StoredGarage::handle(Now now, std::span<const garage::Input> inputs, const Hear& hear) {
  return state_->handle(now, inputs, hear);
}

Result<std::unique_ptr<StoredGarage>> StoredGarage::open(const garage::GarageConfig& config,
                                                         const garage::ZoneOffsets& offsets,
                                                         Options options) {
  const auto entropy = system_entropy();
  if (!entropy) return Failure(entropy.error());
  garage::GarageConfig durable = config;
  durable.storage.kind = StorageKind::file;
  durable.storage.path = options.directory;
  auto state = std::make_unique<State>(durable, std::move(options), *entropy);
  if (auto opened = state->open(offsets); !opened) return Failure(opened.error());
  return std::unique_ptr<StoredGarage>(new StoredGarage(std::move(state)));
}

Result<std::vector<std::string>> StoredGarage::names_in(const std::string& directory) {
  PosixFiles files = files_to_read(directory);
  const auto store = FileStore::open_read_only(files);
  if (!store) return Failure(error_of(directory, store.error()));
  std::vector<std::string> names;
  for (const StreamKey& key : store->streams()) {
    if (key.kind == StreamKind::garage) names.push_back(key.name);
  }
  return names;
}

Result<void> StoredGarage::read_history(const std::string& garage, const std::string& directory,
                                        const Visit& visit) {
  PosixFiles files = files_to_read(directory);
  auto store = FileStore::open_read_only(files);
  if (!store) return Failure(error_of(directory, store.error()));
  const auto stream = store->stream(key_of(garage));
  if (!stream) return Failure(error_of(directory, stream.error()));
  auto reader = store->history_of_garage(*stream);
  if (!reader) return Failure(error_of(directory, reader.error()));
  const auto read = read_all(*reader, [&](std::span<const garage::Record> records) {
    visit(records);
    return true;
  });
  if (!read) return Failure(error_of(directory, read.error()));
  return {};
}

Result<Garage> StoredGarage::as_of(const garage::GarageConfig& config, const std::string& directory,
                                   WallTime time) {
  garage::GarageConfig durable = config;
  durable.storage.kind = StorageKind::file;
  durable.storage.path = directory;
  const Now then{time, SteadyTime{0}};
  Garage garage = Garage::open(durable, then, Entropy{});
  const auto replayed = replay_until<garage::Record>(
      directory, config.name, time,
      [&](std::span<const garage::Record> records) { garage.handle(then, garage::Recovered{records}); });
  if (!replayed) return Failure(replayed.error());
  garage.handle(then, garage::RecoveryDone{});
  while (garage.poll() != nullptr) {
  }
  return garage;
}

}  // namespace parking_lot
