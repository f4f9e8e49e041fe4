#include "key_inspection.h"

#include <algorithm>
#include <utility>

#include "key_format.h"
#include "parking_lot/erased_name.h"

namespace parking_lot {
namespace {

constexpr std::uint64_t key_file_bytes = keys_per_file * key_slot_bytes;

std::string keys_of(std::uint64_t count) {
  return count == 1 ? "the key of a sealed name" : "the keys of " + std::to_string(count) + " sealed names";
}
std::string is_or_are(std::uint64_t count) { return count == 1 ? " is" : " are"; }

/// One key file, and those of its keys that names need.
class KeyFileInspection {
 public:
  KeyFileInspection(std::uint64_t number, const KeyNumbers& used, std::vector<KeyDamage>& damages)
      : number_(number), used_(used), damages_(damages) {}

  void missing() {
    const std::uint64_t lost = count_used(1);
    if (lost == 0) return;  // nobody needs it, or not any more
    Bytes whole = key_file_header();
    whole.resize(key_file_bytes);
    fill(0, lost, std::move(whole));
    damages_.back().is_missing = true;
  }

  void look_at(ByteView bytes) {
    const Bytes header = key_file_header();
    const bool has_header = bytes.size() >= header.size();
    const bool is_sound = has_header && std::equal(header.begin(), header.end(), bytes.begin());
    const std::uint64_t slots = std::min(bytes.size() / key_slot_bytes, keys_per_file);
    if (has_header && !is_sound)
      damage(0, "the header of a key file is damaged", header, "the header is written anew; nothing is lost");
    for (std::uint64_t slot = 1; slot < slots;) slot = look_at_slots(bytes, slot, slots);
    if (bytes.size() > key_file_bytes) surplus(keys_per_file);
    const std::uint64_t lost = count_used(std::max<std::uint64_t>(slots, 1));
    if (lost == 0) return;
    Bytes rest = has_header ? Bytes() : header;
    const std::uint64_t offset = slots * key_slot_bytes;
    rest.resize(key_file_bytes - offset);
    fill(slots, lost, std::move(rest));
  }

 private:
  /// Slots that are damaged one behind the other are one damage. Answers the slot behind.
  std::uint64_t look_at_slots(ByteView bytes, std::uint64_t first, std::uint64_t slots) {
    std::uint64_t slot = first;
    std::uint64_t lost = 0;
    Bytes remedy;
    for (; slot < slots; ++slot) {
      const ByteView found = bytes.subspan(slot * key_slot_bytes, key_slot_bytes);
      const auto key = parse_key_slot(found);
      Bytes whole;
      append_key_slot(key.value_or(SealKey{}), whole);
      if (std::equal(whole.begin(), whole.end(), found.begin())) break;
      remedy.insert(remedy.end(), whole.begin(), whole.end());
      if (!key && used_.has(number_of(slot)) && ++lost == 1) first_lost_ = number_of(slot);
    }
    if (slot == first) return first + 1;
    if (slot == slots && count_used(first) == 0) {
      surplus(first);
      return slot;
    }
    damage(first, keys_of(slot - first) + is_or_are(slot - first) + " damaged", std::move(remedy),
           loss(lost));
    return slot;
  }

  /// From `slot` on there are keys no more, and `rest` takes their place.
  void fill(std::uint64_t slot, std::uint64_t lost, Bytes rest) {
    damage(slot, keys_of(lost) + is_or_are(lost) + " missing from here on", std::move(rest), loss(lost));
  }

  void surplus(std::uint64_t slot) {
    if (!damages_.empty() && damages_.back().is_surplus && damages_.back().number == number_) return;
    damage(slot, "bytes follow that are no keys and that nobody needs", {}, "they go; no name is lost");
    damages_.back().is_surplus = true;
  }

  void damage(std::uint64_t slot, std::string message, Bytes remedy, std::string loss) {
    damages_.push_back({.file = key_file_name(number_),
                        .number = number_,
                        .offset = slot * key_slot_bytes,
                        .message = std::move(message),
                        .remedy = std::move(remedy),
                        .loss = std::move(loss)});
  }

  std::uint64_t number_of(std::uint64_t slot) const { return number_ * keys_per_file + slot; }
  /// From this slot on. Remembers the first.
  std::uint64_t count_used(std::uint64_t slot) {
    std::uint64_t count = 0;
    for (; slot < keys_per_file; ++slot) {
      if (used_.has(number_of(slot)) && ++count == 1) first_lost_ = number_of(slot);
    }
    return count;
  }

  std::string loss(std::uint64_t count) const {
    if (count == 0) return "what is there is written anew; no name is lost";
    const std::string first = std::string(erased_prefix) + std::to_string(first_lost_);
    if (count == 1)
      return "the name that was sealed with this key is lost: it reads " + first +
             ", and messages of a mailbox of this name are lost with it; tasks, outcomes and money stay";
    return "the names that were sealed with " + std::to_string(count) + " keys are lost: they read " + first +
           " and so on, by the number of the key, and messages of mailboxes of these names are lost with "
           "them; tasks, outcomes and money stay";
  }

  std::uint64_t number_;
  const KeyNumbers& used_;
  std::vector<KeyDamage>& damages_;
  std::uint64_t first_lost_ = 0;  ///< number of a key
};

}  // namespace

StoreResult<std::vector<KeyDamage>> verify_keys(Files& files, const KeyNumbers& used) {
  const auto names = files.list();
  if (!names) return store_failure(names.error());
  std::uint64_t last = used.end() == 0 ? 0 : (used.end() - 1) / keys_per_file;
  for (const std::string& name : *names) last = std::max(last, key_file_number(name).value_or(0));
  std::vector<KeyDamage> damages;
  Bytes bytes;
  for (std::uint64_t number = 0; number <= last; ++number) {
    KeyFileInspection inspection(number, used, damages);
    const std::string name = key_file_name(number);
    if (std::find(names->begin(), names->end(), name) == names->end()) {
      inspection.missing();
      continue;
    }
    const auto read = read_all(files, name, bytes);
    if (!read) return tl::unexpected(read.error());
    inspection.look_at(bytes);
  }
  return damages;
}

}  // namespace parking_lot
