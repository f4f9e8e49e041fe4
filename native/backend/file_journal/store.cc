#include "store.h"

#include <algorithm>
#include <utility>

#include "parking_lot/check.h"
#include "store_state.h"
#include "stream_reader.h"

namespace parking_lot {

namespace {

/// So that a block stays a small thing to read and to find damage in.
constexpr std::size_t block_bytes = std::size_t{1} << 20;
constexpr std::size_t record_bytes_max = std::size_t{64} << 20;

}  // namespace

StoreResult<void> FileStore::State::writable() const {
  if (access_ == Access::owner) return {};
  return store_failure(StoreFault::read_only, "the store was opened for reading only");
}

std::uint64_t FileStore::State::last_appended(std::uint32_t stream) const {
  for (const Batch* batch : {&gathering_, &writing_}) {
    const auto last = std::find_if(batch->blocks.rbegin(), batch->blocks.rend(),
                                   [&](const RecordBlock& block) { return block.stream == stream; });
    if (last != batch->blocks.rend()) return last->first_sequence + last->count - 1;
  }
  return log_->streams()[stream].durable;
}

RecordBlock& FileStore::State::block_for(std::uint32_t stream, std::uint64_t sequence, WallTime at) {
  for (auto block = gathering_.blocks.rbegin(); block != gathering_.blocks.rend(); ++block) {
    if (block->stream != stream) continue;
    if (block->body.size() < block_bytes) return *block;
    break;
  }
  return gathering_.blocks.emplace_back(RecordBlock{
      .stream = stream, .first_sequence = sequence, .count = 0, .time = at, .last_time = at, .body = {}});
}

template <class R>
StoreResult<void> FileStore::State::append(StreamNumber stream, std::span<const R> records) {
  if (auto may = writable(); !may) return may;
  PARKING_LOT_CHECK(stream.index < log_->streams().size());
  const std::uint64_t durable = log_->streams()[stream.index].durable;
  while (!records.empty() && records.front().sequence <= durable) records = records.subspan(1);
  if (records.empty()) return {};
  const std::uint64_t expected = last_appended(stream.index) + 1;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].sequence == expected + i) continue;
    return store_failure(StoreFault::out_of_order,
                         "record " + std::to_string(records[i].sequence) + " of stream " + key(stream).name +
                             " came where record " + std::to_string(expected + i) + " should follow");
  }
  while (!records.empty()) {
    RecordBlock& block = block_for(stream.index, records.front().sequence, records.front().at);
    const std::size_t before = block.body.size();
    std::size_t taken = 0;
    while (taken < records.size() && block.body.size() < block_bytes) {
      const std::size_t start = block.body.size();
      encode_records(records.subspan(taken, 1), block.time, block.body, &keys_);
      if (block.body.size() - start > record_bytes_max) {
        block.body.resize(before);
        if (block.count == 0) gathering_.blocks.pop_back();
        return store_failure(StoreFault::too_large, "record " + std::to_string(expected) +
                                                        " or one soon after is longer than 64 MiB");
      }
      ++taken;
    }
    block.count += static_cast<std::uint32_t>(taken);
    block.last_time = records[taken - 1].at;
    records = records.subspan(taken);
  }
  return {};
}

template <class R>
StoreResult<StreamReader<R>> FileStore::State::load(StreamNumber stream, const Checkpoint* from,
                                                    std::size_t first_segment) {
  PARKING_LOT_CHECK(stream.index < log_->streams().size());
  StreamSources sources{.key = key(stream), .covered = 0, .parts = {}, .log = {}};
  if (from != nullptr) {
    sources.covered = from->first;
    sources.parts = pieces_of(*from);
  }
  const auto& segments = log_->segments();
  for (std::size_t i = first_segment; i < segments.size(); ++i) {
    sources.log.push_back({segments[i].number, segments[i].end});
  }
  using ReaderState = typename StreamReader<R>::State;
  return StreamReader<R>(std::make_unique<ReaderState>(files_, keys_, std::move(sources)));
}

template <class R>
StoreResult<StreamReader<R>> FileStore::State::load(StreamNumber stream) {
  return load<R>(stream, checkpoints_.newest(key(stream)), log_->first_needed());
}

template <class R>
StoreResult<StreamReader<R>> FileStore::State::load_past(StreamNumber stream, WallTime time) {
  const Checkpoint* from = checkpoints_.newest_until(key(stream), time);
  const auto& segments = log_->segments();
  std::size_t first = 0;
  // The youngest record of a segment is not younger than the segment after it.
  while (from != nullptr && first + 1 < segments.size() && segments[first + 1].created_at < from->began_at)
    ++first;
  return load<R>(stream, from, first);
}

StoreResult<void> FileStore::State::put(std::uint64_t id, std::string_view bytes) {
  if (auto may = writable(); !may) return may;
  if (bytes.size() > payload_bytes_max) {
    return store_failure(StoreFault::too_large, "payload " + std::to_string(id) + " is longer than 4 GiB");
  }
  if (!payloads_.holds(id)) payloads_.put(id, bytes);
  return {};
}

void FileStore::State::release(std::uint64_t id) {
  if (!payloads_.holds(id)) return;
  // The record after which nothing needs it may still be on its way.
  const bool is_settled = gathering_.blocks.empty() && !is_syncing_ && !payloads_.has_gathered();
  if (is_settled) {
    payloads_.release(id);
  } else {
    gathering_.releases.push_back(id);
  }
}

void FileStore::State::release_all_but(std::span<const std::uint64_t> named, std::uint64_t before) {
  std::vector<std::uint64_t> unnamed;
  auto next = named.begin();
  payloads_.index().visit([&](std::uint64_t id, PayloadPlace) {
    while (next != named.end() && *next < id) ++next;
    if (id < before && (next == named.end() || *next != id)) unnamed.push_back(id);
  });
  for (const std::uint64_t id : unnamed) release(id);
}

bool FileStore::State::wants_checkpoint(StreamNumber stream) const {
  const LogStream& known = log_->streams()[stream.index];
  if (checkpoints_.is_open(known.key)) return false;
  if (is_rotten(known.key)) return true;
  if (known.durable <= known.covered) return false;
  if (is_past_due(known)) return true;
  std::uint64_t live = 0;
  for (const Checkpoint& one : checkpoints_.complete()) live += one.is_past ? 0 : one.bytes;
  return log_->position() - known.covered_position > std::max(options_.checkpoint_bytes_min, live / 2);
}

/// Whether its newest checkpoint, or all of its records, are from so long ago that the next one is to stay.
/// One of an earlier version tells no time.
bool FileStore::State::is_past_due(const LogStream& stream) const {
  const Checkpoint* newest = checkpoints_.newest(stream.key);
  const bool is_dated = newest != nullptr && newest->ended_at != never_wall;
  return (is_dated ? newest->ended_at : log_begins()) < past_due_;
}

StoreResult<void> FileStore::State::begin_checkpoint(StreamNumber stream) {
  if (auto may = writable(); !may) return may;
  checkpoint_positions_.resize(log_->streams().size());
  checkpoint_positions_[stream.index] = log_->position();
  // What the checkpoint covers can only be deleted if later records lie in another segment.
  const bool is_due = is_past_due(log_->streams()[stream.index]);
  log_->begin_segment_if(is_due ? 0 : std::max(std::uint64_t{64} << 10, options_.checkpoint_bytes_min / 4));
  const bool tells_past = has_past(key(stream));
  checkpoints_.begin(key(stream), {tells_past ? past_spacing() : Duration{0}, log_begins()});
  return {};
}

/// The past is told from checkpoints that stay: so many within the retention that trimming the log by whole
/// stretches between them keeps little more than was asked for.
Duration FileStore::State::past_spacing() const { return {options_.audit_retention.ms / 8}; }

/// Nobody asks what was in a mailbox.
bool FileStore::State::has_past(const StreamKey& stream) const {
  return options_.audit_retention.ms > 0 && stream.kind != StreamKind::mailbox;
}

WallTime FileStore::State::log_begins() const {
  return log_->segments().empty() ? never_wall : log_->segments().front().created_at;
}

void FileStore::State::trim(WallTime now) {
  wants_key_trim_ = true;
  if (options_.audit_retention.ms == 0) return;
  must_look_ = true;
  retain_from(now);
}

/// Records that are old enough go, but for those that follow upon the checkpoint from which the oldest times
/// within the retention are told. Looked up once, and not by each commit: no checkpoint of later changes it.
void FileStore::State::retain_from(WallTime now) {
  trim_end_ = {.before = never_wall, .tells_past = options_.audit_retention.ms > 0, .streams = {}};
  if (!trim_end_.tells_past) return;
  trim_end_.before = {now.ms - options_.audit_retention.ms};
  past_due_ = {now.ms - past_spacing().ms};
  checkpoints_.forget_past(trim_end_.before);
  if (log_begins() >= trim_end_.before) return;
  constexpr TrimEnd::Stream all{~std::uint64_t{0} - 1, never_wall};
  const bool is_whole = log_->segments().front().number == 1;
  for (const LogStream& stream : log_->streams()) {
    const Checkpoint* base = checkpoints_.newest_until(stream.key, trim_end_.before);
    // Where the records before the oldest one are incomplete, they tell of no time.
    if (base == nullptr && !is_whole) base = checkpoints_.oldest(stream.key);
    if (!has_past(stream.key))
      trim_end_.streams.push_back(all);
    else if (base == nullptr)
      trim_end_.streams.push_back({0, WallTime{std::numeric_limits<std::int64_t>::min()}});
    else
      trim_end_.streams.push_back({base->first, base->began_at});
  }
}

FileStoreStats FileStore::State::stats() const {
  return {.record_bytes = log_->disk_bytes(),
          .checkpoint_bytes = checkpoints_.disk_bytes(),
          .payload_bytes = payloads_.disk_bytes(),
          .payload_bytes_live = payloads_.live_bytes(),
          .payloads = payloads_.index().size(),
          .commits = commits_,
          .cut_bytes = log_->cut_bytes(),
          .index_memory_bytes = payloads_.index().memory_bytes()};
}

FileStore::FileStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
FileStore::FileStore(FileStore&&) noexcept = default;
FileStore& FileStore::operator=(FileStore&&) noexcept = default;
FileStore::~FileStore() = default;

StoreResult<FileStore> FileStore::open(Files& files, const StoreOptions& options) {
  auto state = std::make_unique<State>(files, options, State::Access::owner);
  auto opened = state->open();
  if (!opened) return tl::unexpected(opened.error());
  return FileStore(std::move(state));
}

StoreResult<FileStore> FileStore::open_read_only(Files& files) {
  // While the owner goes on, files may vanish between listing and reading, and a commit may be half written.
  constexpr int attempts = 5;
  for (int attempt = 1;; ++attempt) {
    auto state = std::make_unique<State>(files, StoreOptions(), State::Access::reader);
    auto opened = state->open();
    if (opened) return FileStore(std::move(state));
    if (attempt == attempts) return tl::unexpected(opened.error());
  }
}

StoreResult<StreamNumber> FileStore::stream(const StreamKey& key) {
  if (const auto known = state_->log().find(key)) return StreamNumber{*known};
  if (!state_->writable()) {
    return store_failure(StoreFault::not_found, "the store has no stream " + key.name);
  }
  PARKING_LOT_CHECK(!key.name.empty() && key.name.size() <= 200);
  return StreamNumber{state_->log().stream(key)};
}

std::vector<StreamKey> FileStore::streams() const {
  std::vector<StreamKey> keys;
  for (const LogStream& stream : state_->log().streams()) keys.push_back(stream.key);
  return keys;
}

std::uint64_t FileStore::identity() const {
  std::uint64_t identity = 0;
  for (const std::uint8_t byte : state_->log().stamp().store)
    identity = (identity << 7 | identity >> 57) ^ byte;
  return identity;
}

std::uint64_t FileStore::durable(StreamNumber stream) const {
  PARKING_LOT_CHECK(stream.index < state_->log().streams().size());
  return state_->log().streams()[stream.index].durable;
}

StoreResult<StreamReader<Record>> FileStore::load_pool(StreamNumber stream) {
  return state_->load<Record>(stream);
}

StoreResult<StreamReader<mailbox::Record>> FileStore::load_mailbox(StreamNumber stream) {
  return state_->load<mailbox::Record>(stream);
}

StoreResult<StreamReader<garage::Record>> FileStore::load_garage(StreamNumber stream) {
  return state_->load<garage::Record>(stream);
}

StoreResult<StreamReader<Record>> FileStore::history_of_pool(StreamNumber stream) {
  return state_->load<Record>(stream, nullptr, 0);
}

StoreResult<StreamReader<garage::Record>> FileStore::history_of_garage(StreamNumber stream) {
  return state_->load<garage::Record>(stream, nullptr, 0);
}

StoreResult<StreamReader<Record>> FileStore::past_of_pool(StreamNumber stream, WallTime time) {
  return state_->load_past<Record>(stream, time);
}

StoreResult<StreamReader<garage::Record>> FileStore::past_of_garage(StreamNumber stream, WallTime time) {
  return state_->load_past<garage::Record>(stream, time);
}

StoreResult<void> FileStore::append(StreamNumber stream, std::span<const Record> records) {
  return state_->append(stream, records);
}

StoreResult<void> FileStore::append(StreamNumber stream, std::span<const mailbox::Record> records) {
  return state_->append(stream, records);
}

StoreResult<void> FileStore::append(StreamNumber stream, std::span<const garage::Record> records) {
  return state_->append(stream, records);
}

StoreResult<void> FileStore::put(std::uint64_t id, std::string_view bytes) { return state_->put(id, bytes); }
void FileStore::release(std::uint64_t id) { state_->release(id); }
void FileStore::commit(CommitDone done) { state_->commit(std::move(done)); }
bool FileStore::wants_commit() const { return state_->wants_commit(); }
bool FileStore::is_confirmed() const { return state_->is_confirmed(); }

StoreResult<void> FileStore::read_payload(std::uint64_t id, std::string& out) {
  return state_->payloads().read(id, out);
}
StoreResult<std::uint64_t> FileStore::erase(const IsErased& is_erased) {
  ErasureSearch found;
  auto searched = search(is_erased, found);
  if (!searched) return tl::unexpected(searched.error());
  return erase(is_erased, found);
}
StoreResult<void> FileStore::search(const IsErased& is_erased, ErasureSearch& found) {
  return state_->search(is_erased, found);
}
std::uint64_t FileStore::erase(const IsErased& is_erased, const ErasureSearch& found) {
  return state_->erase(is_erased, found);
}
bool FileStore::holds_payload(std::uint64_t id) const { return state_->payloads().holds(id); }
std::uint64_t FileStore::largest_payload_id() const { return state_->payloads().largest_id(); }
void FileStore::release_all_but(std::span<const std::uint64_t> named, std::uint64_t before) {
  state_->release_all_but(named, before);
}

bool FileStore::wants_checkpoint(StreamNumber stream) const { return state_->wants_checkpoint(stream); }
StoreResult<void> FileStore::begin_checkpoint(StreamNumber stream) {
  return state_->begin_checkpoint(stream);
}

StoreResult<void> FileStore::add_to_checkpoint(StreamNumber stream, std::span<const Record> state) {
  if (auto may = state_->writable(); !may) return may;
  state_->checkpoints().add(state_->key(stream), state, state_->keys());
  return {};
}

StoreResult<void> FileStore::add_to_checkpoint(StreamNumber stream, std::span<const mailbox::Record> state) {
  if (auto may = state_->writable(); !may) return may;
  state_->checkpoints().add(state_->key(stream), state, state_->keys());
  return {};
}

StoreResult<void> FileStore::add_to_checkpoint(StreamNumber stream, std::span<const garage::Record> state) {
  if (auto may = state_->writable(); !may) return may;
  state_->checkpoints().add(state_->key(stream), state, state_->keys());
  return {};
}

StoreResult<void> FileStore::end_checkpoint(StreamNumber stream) {
  if (auto may = state_->writable(); !may) return may;
  state_->checkpoints().end(state_->key(stream));
  return {};
}

bool FileStore::has_open_checkpoint(StreamNumber stream) const {
  return state_->checkpoints().is_open(state_->key(stream));
}

void FileStore::trim(WallTime now) { state_->trim(now); }
std::uint64_t FileStore::first_needed_segment() const {
  const RecordLog& log = state_->log();
  return log.segments().empty() ? 0 : log.segments()[log.first_needed()].number;
}

LogEnd FileStore::log_end() const { return state_->log().durable_end(); }

FileStoreStats FileStore::stats() const { return state_->stats(); }

}  // namespace parking_lot
