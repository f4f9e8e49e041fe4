#include <emscripten/emscripten.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "backend/file_journal/past.h"
#include "garage_storage.h"
#include "garages.h"
#include "host_files.h"

/// Garages in file journals on the disks of JavaScript: a stream each.
namespace parking_lot::wasm {
namespace {

constexpr std::uint32_t checkpoint_step = 512;
/// As natively: so long the past can be asked for.
constexpr Duration audit_retention = Duration::seconds(400LL * 86400);

Error error_of(const StoreError& error) { return {error.file, error.message}; }

Failure failure(const StoreError& error) { return Failure(error_of(error)); }

class JournalStorage final : public GarageStorage {
 public:
  Result<void> open(const std::vector<garage::GarageConfig>& configs, Now now, Entropy entropy);

  Result<void> load(std::uint32_t garage, const Visit& visit) override {
    return read(stream(garage).place->store->load_garage(stream(garage).number), visit);
  }
  Result<void> read_history(std::uint32_t garage, const Visit& visit) override {
    return read(stream(garage).place->store->history_of_garage(stream(garage).number), visit);
  }
  Result<void> read_until(std::uint32_t garage, WallTime time, const Visit& visit) override;
  Result<void> append(std::uint32_t garage, std::span<const garage::Record> records) override;
  std::span<const std::uint32_t> sharing(std::uint32_t garage) const override {
    return streams_[garage].place->garages;
  }
  Result<std::uint64_t> erase(std::uint32_t garage, std::string_view plate) override;
  void commit(const Committed& done) override;
  Result<void> tidy(std::uint32_t garage, const Garage& state, Now now) override;
  bool is_committing() const override {
    return std::any_of(places_.begin(), places_.end(),
                       [](const auto& place) { return place->is_committing || place->has_news; });
  }
  void settle() override {
    for (const auto& place : places_) settle(*place);
  }
  void synced(std::uint32_t disk, std::int32_t fault) override {
    if (disk < places_.size()) places_[disk]->files.synced(fault);
  }
  bool is_fenced() const override { return is_fenced_; }

 private:
  struct Place {
    explicit Place(std::uint32_t disk) : files(disk) {}
    HostFiles files;
    std::optional<FileStore> store;
    std::vector<std::uint32_t> garages;
    std::uint64_t erasures = 0;
    bool has_news = false;
    bool is_committing = false;
  };
  struct Stream {
    Place* place = nullptr;
    StreamNumber number;
  };

  Stream& stream(std::uint32_t garage) { return streams_[garage]; }
  static Result<void> read(StoreResult<StreamReader<garage::Record>> reader, const Visit& visit);
  void commit(Place& place, const Committed& done);
  void settle(Place& place);

  std::vector<std::unique_ptr<Place>> places_;
  std::vector<Stream> streams_;  // by garage; those in memory have no place
  bool is_fenced_ = false;
};

Result<void> JournalStorage::open(const std::vector<garage::GarageConfig>& configs, Now now,
                                  Entropy entropy) {
  streams_.resize(configs.size());
  std::uint32_t disk = 0;
  for (const GaragePlace& planned : garage_places(configs)) {
    auto place = std::make_unique<Place>(disk++);
    StoreOptions options{.entropy = entropy, .now = now.wall};
    if (planned.kind == StorageKind::idbfs) {
      // A file that was appended to is stored as a whole.
      options.segment_bytes = options.payload_segment_bytes = std::uint64_t{64} << 10;
    }
    options.audit_retention = audit_retention;
    auto store = FileStore::open(place->files, options);
    if (!store) return failure(store.error());
    place->store.emplace(std::move(*store));
    place->garages = planned.garages;
    for (const std::uint32_t garage : planned.garages) {
      const auto number = place->store->stream({StreamKind::garage, configs[garage].name});
      if (!number) return failure(number.error());
      streams_[garage] = {place.get(), *number};
    }
    places_.push_back(std::move(place));
  }
  return {};
}

Result<void> JournalStorage::read(StoreResult<StreamReader<garage::Record>> reader, const Visit& visit) {
  if (!reader) return failure(reader.error());
  const auto done = read_all(*reader, [&](std::span<const garage::Record> records) {
    visit(records);
    return true;
  });
  if (!done) return failure(done.error());
  return {};
}

Result<void> JournalStorage::read_until(std::uint32_t garage, WallTime time, const Visit& visit) {
  const auto done = replay_until<garage::Record>(*stream(garage).place->store, stream(garage).number, time,
                                                 [&](auto records) { visit(records); });
  if (!done) return failure(done.error());
  if (*done) return {};
  return Failure({"", std::string(no_past_sentence)});
}

Result<void> JournalStorage::append(std::uint32_t garage, std::span<const garage::Record> records) {
  Stream& to = stream(garage);
  const auto appended = to.place->store->append(to.number, records);
  if (!appended) return failure(appended.error());
  to.place->has_news = true;
  return {};
}

Result<std::uint64_t> JournalStorage::erase(std::uint32_t garage, std::string_view plate) {
  Place& place = *stream(garage).place;
  const auto erased = place.store->erase([plate](std::string_view name) { return name == plate; });
  if (!erased) return failure(erased.error());
  place.has_news = true;
  return ++place.erasures;
}

void JournalStorage::commit(const Committed& done) {
  for (const auto& place : places_) commit(*place, done);
}

void JournalStorage::commit(Place& place, const Committed& done) {
  if (!place.has_news || place.is_committing) return;
  place.has_news = false;
  place.is_committing = true;
  place.store->commit([this, &place, done, erasures = place.erasures](const CommitOutcome& outcome) {
    place.is_committing = false;
    const bool has_failed = outcome.failure != nullptr;
    if (has_failed) place.has_news = false;  // it failed with the commit before it
    if (has_failed && outcome.failure->fault == StoreFault::fenced) is_fenced_ = true;
    for (const std::uint32_t garage : place.garages)
      done({garage, place.store->durable(stream(garage).number), erasures, has_failed});
  });
}

/// Where a commit is under way, a further one would wait for it: so does this.
void JournalStorage::settle(Place& place) {
  if (is_fenced_ || place.has_news || place.store->is_confirmed()) return;
  place.is_committing = true;
  place.store->commit([this, &place](const CommitOutcome& outcome) {
    place.is_committing = false;
    if (outcome.failure == nullptr) settle(place);
  });
}

Result<void> JournalStorage::tidy(std::uint32_t garage, const Garage& state, Now now) {
  Stream& of = stream(garage);
  FileStore& store = *of.place->store;
  if (!store.wants_checkpoint(of.number)) return {};
  std::vector<garage::Record> records;
  auto done = store.begin_checkpoint(of.number);
  for (CheckpointPlace place = 0; done && place != end_of_checkpoint && place != no_checkpoint;) {
    records.clear();
    place = state.checkpoint(place, checkpoint_step, records);
    done = store.add_to_checkpoint(of.number, std::span<const garage::Record>(records));
  }
  if (done) done = store.end_checkpoint(of.number);
  if (!done) return failure(done.error());
  store.trim(now.wall);
  of.place->has_news = true;
  return {};
}

}  // namespace

Result<std::unique_ptr<GarageStorage>> open_garage_storage(const std::vector<garage::GarageConfig>& configs,
                                                           Now now, Entropy entropy) {
  auto storage = std::make_unique<JournalStorage>();
  if (auto opened = storage->open(configs, now, entropy); !opened) return Failure(opened.error());
  return std::unique_ptr<GarageStorage>(std::move(storage));
}

}  // namespace parking_lot::wasm

extern "C" {

/// As in wasm/stored.cc: what the package's disks call.
EMSCRIPTEN_KEEPALIVE void pl_files_synced(std::uint32_t disk, std::int32_t fault) {
  parking_lot::wasm::garages_synced(disk, fault);
}

}  // extern "C"
