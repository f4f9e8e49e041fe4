#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "files.h"
#include "parking_lot/chacha20_poly1305.h"
#include "parking_lot/name_keys.h"
#include "segment_files.h"

namespace parking_lot {

/// What was used last, up to so many entries, and maybe as many again. The same one again costs no look-up.
template <class Key, class Value>
class RecentMap {
 public:
  explicit RecentMap(std::size_t capacity) : capacity_(capacity) {}

  /// Valid until the next call. `key` is a `Key` or what one is made of.
  template <class KeyView>
  const Value* find(const KeyView& key) {
    if (last_ != nullptr && last_->first == key) return &last_->second;
    const Key owned(key);
    if (const auto found = young_.find(owned); found != young_.end()) return &used(*found);
    const auto found = old_.find(owned);
    if (found == old_.end()) return nullptr;
    Value value = std::move(found->second);
    old_.erase(found);
    return &add(owned, std::move(value));
  }
  template <class KeyView>
  const Value& add(const KeyView& key, Value value) {
    last_ = nullptr;
    if (young_.size() >= capacity_) old_ = std::exchange(young_, {});
    return used(*young_.insert_or_assign(Key(key), std::move(value)).first);
  }
  template <class IsMeant>
  void take_out_if(const IsMeant& is_meant) {
    last_ = nullptr;
    const auto is_gone = [&](const auto& entry) { return is_meant(entry.first, entry.second); };
    std::erase_if(young_, is_gone);
    std::erase_if(old_, is_gone);
  }
  void clear() {
    last_ = nullptr;
    young_.clear();
    old_.clear();
  }

 private:
  using Entries = std::unordered_map<Key, Value>;

  const Value& used(const typename Entries::value_type& entry) {
    last_ = &entry;
    return entry.second;
  }

  std::size_t capacity_;
  Entries young_;
  Entries old_;
  const typename Entries::value_type* last_ = nullptr;
};

/// The key files of a store: `keys-0000000000`, each with 1,023 keys behind a header.
/// docs/journal-format.md specifies them. They alone are written over: destroying a key makes it zeros.
///
/// A key seals one name and never another one, so that its nonce may always be the same. One name may have
/// several keys: which it has is remembered for the last names only. Each opening begins with keys that none
/// before it can have used.
class KeyFiles final : public NameKeys {
 public:
  explicit KeyFiles(Files& files) : files_(files), sealed_(remembered), opened_(remembered) {}

  /// For who seals: finds out where the next keys go. Without it, names stay plain.
  StoreResult<void> begin(std::span<const std::string> names);

  bool seal(std::string_view name, Bytes& out) override;
  const char* open(ByteView sealed, std::string& name) override;

  /// Keys have been given out that stand in no file yet: nothing may be written that needs them.
  bool has_unwritten() const { return !unwritten_.empty(); }
  /// Writes them. They count once `writes` is synced and `written` was called.
  FileResult<void> write(CommitWrites& writes);
  void written();
  /// Their sync failed: what became of them is unknown. No name has such a key any more, nor will have.
  void failed();

  /// Makes the keys with these numbers zeros; those that are already stay so.
  FileResult<void> destroy(std::span<const std::uint64_t> numbers, CommitWrites& writes);

  /// Key files that there are.
  std::uint64_t files() const;
  /// The lowest number that a name was sealed with since the last call of `note_uses`.
  std::uint64_t lowest_use() const { return lowest_use_; }
  void note_uses() { lowest_use_ = ~std::uint64_t{0}; }
  /// The lowest number that a name may be sealed with.
  std::uint64_t oldest_needed() const;
  /// Removes the files with none but lower numbers than this.
  void remove_below(std::uint64_t number);

  /// Gives names that are sealed from now on other keys, and tells the numbers which were in use.
  std::vector<std::uint64_t> renew(const std::function<bool(std::string_view)>& is_meant);
  /// Forgets what was read: the files are others now.
  void forget();

 private:
  static constexpr std::size_t remembered = 16384;

  struct Key {
    std::uint64_t number = 0;
    SealKey bytes{};
  };

  /// The next key that will be given out.
  std::uint64_t current() const { return spare_.empty() ? next_ : spare_.back().number; }
  bool make_keys();
  const char* read_key(std::uint64_t number, SealKey& key);

  Files& files_;
  bool is_sealing_ = false;
  std::uint64_t next_ = 0;  ///< number of the next key to be made
  std::uint64_t first_file_ = 0;
  std::uint64_t lowest_use_ = ~std::uint64_t{0};
  std::size_t at_once_ = 8;
  std::vector<Key> spare_;      ///< made and not given out, the last one first
  std::vector<Key> unwritten_;  ///< by number
  std::size_t writing_ = 0;     ///< so many of them are on their way
  RecentMap<std::string, Bytes> sealed_;
  RecentMap<std::uint64_t, std::string> opened_;
  std::uint64_t page_ = 0;  ///< the keys that were read last: number of the first
  Bytes page_bytes_;
};

/// The number of a sealed name's key; 0: the bytes are none.
std::uint64_t key_number(ByteView sealed);

/// Which keys are in use, for who does not want the names.
class KeyNumbers final : public NameKeys {
 public:
  bool seal(std::string_view, Bytes&) override { return false; }
  const char* open(ByteView sealed, std::string& name) override;

  bool has(std::uint64_t number) const { return number < used_.size() && used_[number]; }
  std::uint64_t end() const { return used_.size(); }  ///< above the highest number
  std::uint64_t lowest = ~std::uint64_t{0};

 private:
  std::vector<bool> used_;
};

}  // namespace parking_lot
