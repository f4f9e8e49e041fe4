#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>

#include "name_walk.h"
#include "store_state.h"

/// Names of people are erased: which keys they have is found in the records themselves.
namespace parking_lot {
namespace {

/// Reads names like the keys do, and notes those that are to be erased. Each key is looked at once.
class KeySearch final : public NameKeys {
 public:
  KeySearch(KeyFiles& keys, const IsErased& is_erased) : keys_(keys), is_erased_(is_erased) {}

  bool seal(std::string_view /*name*/, Bytes& /*out*/) override { return false; }
  const char* open(ByteView sealed, std::string& name) override {
    const std::uint64_t number = key_number(sealed);
    if (!seen_.insert(number).second) {
      name = "seen";
      return nullptr;
    }
    const char* const fault = keys_.open(sealed, name);
    if (fault == nullptr && !is_erased_name(name) && is_erased_(name)) found.push_back(number);
    return fault;
  }
  void saw_plain(std::string_view name) override {
    if (!is_erased_name(name) && is_erased_(name)) ++plain;
  }

  std::vector<std::uint64_t> found;
  std::uint64_t plain = 0;  ///< records which name them unsealed

 private:
  KeyFiles& keys_;
  const IsErased& is_erased_;
  std::unordered_set<std::uint64_t> seen_;
};

bool has_names(const std::string& file) {
  return segment_number(SegmentKind::records, file) || segment_number(SegmentKind::checkpoint, file);
}

/// Fewer key files than this are not worth looking for what they are still needed for.
constexpr std::uint64_t key_files_min = 4;
/// Segments that one commit looks through for it.
constexpr int walked_at_once = 4;

}  // namespace

/// What counts in a segment: up to where its frames must be whole; 0: nothing may, or not yet.
std::uint64_t FileStore::State::counted_end(const std::string& file) const {
  for (const auto& segment : log_->segments()) {
    if (segment_name(SegmentKind::records, segment.number) == file) return segment.end;
  }
  const auto number = segment_number(SegmentKind::checkpoint, file);
  for (const Checkpoint& checkpoint : checkpoints_.complete()) {
    for (std::size_t i = 0; i < checkpoint.parts.size(); ++i) {
      if (number == checkpoint.parts[i]) return checkpoint.ends[i];
    }
  }
  return 0;
}

/// Whether nothing is written to it any more.
bool FileStore::State::is_finished(const std::string& file) const {
  const auto number = segment_number(SegmentKind::records, file);
  if (!number) return counted_end(file) != 0;
  return !log_->segments().empty() && *number < log_->segments().back().number && counted_end(file) != 0;
}

StoreResult<void> FileStore::State::walk(const std::string& file, NameKeys& keys) {
  Bytes bytes;
  const auto read = read_all(files_, file, bytes);
  if (!read) return read;
  return walk_names(file, bytes, counted_end(file), keys);
}

StoreResult<void> FileStore::State::search(const IsErased& is_erased, ErasureSearch& found) {
  if (auto may = writable(); !may) return may;
  const auto names = files_.list();
  if (!names) return store_failure(names.error());
  KeySearch search(keys_, is_erased);
  std::vector<std::string> finished;
  for (const std::string& file : *names) {
    if (!has_names(file) || found.files.contains(file)) continue;
    const auto walked = walk(file, search);
    if (!walked) return walked;
    if (is_finished(file)) finished.push_back(file);
  }
  if (search.plain != 0) {
    return store_failure(
        StoreFault::unsealed,
        std::to_string(search.plain) +
            " records name them in plain text, from before names were sealed: they can be erased when the "
            "audit's retention has removed those (audit.retention_secs)");
  }
  found.files.insert(finished.begin(), finished.end());
  found.keys.insert(search.found.begin(), search.found.end());
  return {};
}

std::uint64_t FileStore::State::erase(const IsErased& is_erased, const ErasureSearch& found) {
  std::set<std::uint64_t> doomed = found.keys;
  // What is not written yet has keys that may not be in their file: those are remembered.
  for (const std::uint64_t key : keys_.renew(is_erased)) doomed.insert(key);
  gathering_.doomed.insert(gathering_.doomed.end(), doomed.begin(), doomed.end());
  return doomed.size();
}

/// Key files that no segment needs any more go. A segment is looked through once, when it does not grow any
/// more; a few of them for one commit. What cannot be read holds its keys.
void FileStore::State::drop_unused_keys() {
  if (!wants_key_trim_ || keys_.files() < key_files_min || log_->segments().empty()) return;
  const auto names = files_.list();
  if (!names) return;
  const std::string growing = segment_name(SegmentKind::records, log_->segments().back().number);
  std::map<std::string, KeyUse> uses;
  std::uint64_t lowest = std::min(keys_.lowest_use(), keys_.oldest_needed());
  int walked = 0;
  for (const std::string& file : *names) {
    if (!has_names(file)) continue;
    const auto size = files_.size(file);
    if (!size) return;
    const auto known = key_uses_.find(file);
    const bool is_known = known != key_uses_.end() && known->second.bytes == *size && file != growing;
    if (!is_known && ++walked > walked_at_once) return;
    KeyUse& use = key_uses_[file];
    if (!is_known) {
      KeyNumbers found;
      if (!walk(file, found)) return;
      use = {*size, found.lowest};
    }
    uses[file] = use;
    lowest = std::min(lowest, use.lowest);
  }
  key_uses_ = std::move(uses);
  wants_key_trim_ = false;
  keys_.remove_below(lowest);
}

/// Indexes repeat names, and are made anew from the records. What a repair kept aside of a key file has keys.
StoreResult<void> FileStore::State::doom(CommitWrites& writes) {
  if (writing_.doomed.empty()) return {};
  const auto destroyed = keys_.destroy(writing_.doomed, writes);
  if (!destroyed) return store_failure(destroyed.error());
  const auto names = files_.list();
  if (!names) return store_failure(names.error());
  for (const std::string& file : *names) {
    if (!audit_index_number(file) && !file.starts_with("cut-keys-")) continue;
    const auto removed = files_.remove(file);
    if (!removed) return store_failure(removed.error());
  }
  return {};
}

}  // namespace parking_lot
