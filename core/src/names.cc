#include "parking_lot/names.h"

namespace parking_lot {
namespace {

constexpr char separator = '\x1f';
constexpr std::size_t name_bytes_max = 128;

std::uint32_t hash_of(std::string_view text) {  // FNV-1a, folded
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

}  // namespace

Names::Names() : table_(64) {
  chunks_.push_back(std::make_unique<Entry[]>(1U << chunk_bits));
  end_ = 1;  // the empty name
}

std::size_t Names::place_of(std::string_view text, std::uint32_t hash) const {
  const std::size_t mask = table_.size() - 1;
  std::size_t place = hash & mask;
  while (table_[place].entry != 0) {
    if (table_[place].hash == hash && entry(table_[place].entry - 1).text == text) break;
    place = (place + 1) & mask;
  }
  return place;
}

NameId Names::intern(std::string_view text) {
  if (text.empty()) return {};
  const std::uint32_t hash = hash_of(text);
  std::size_t place = place_of(text, hash);
  if (table_[place].entry != 0) {
    const NameId name{table_[place].entry - 1};
    hold(name);
    return name;
  }
  if ((live_ + 1) * 2 > table_.size()) {
    grow();
    place = place_of(text, hash);
  }
  std::uint32_t index = 0;
  if (free_.empty()) {
    index = end_++;
    if (index >> chunk_bits == chunks_.size()) chunks_.push_back(std::make_unique<Entry[]>(1U << chunk_bits));
  } else {
    index = free_.back();
    free_.pop_back();
  }
  entry(index) = Entry{std::string(text), 1, hash};
  table_[place] = {index + 1, hash};
  ++live_;
  return {index};
}

void Names::free(NameId name) {
  Entry& freed = entry(name.index);
  const std::size_t mask = table_.size() - 1;
  std::size_t hole = place_of(freed.text, freed.hash);
  for (std::size_t next = (hole + 1) & mask; table_[next].entry != 0; next = (next + 1) & mask) {
    // Backward-shift deletion keeps every probe sequence unbroken (Knuth, TAOCP vol. 3, 6.4, algorithm R).
    const std::size_t home = table_[next].hash & mask;
    if (((next - home) & mask) >= ((next - hole) & mask)) {
      table_[hole] = table_[next];
      hole = next;
    }
  }
  table_[hole] = {};
  freed.text.clear();
  free_.push_back(name.index);
  --live_;
}

NameId Names::find(std::string_view text) const {
  if (text.empty()) return {};
  const std::size_t place = place_of(text, hash_of(text));
  return table_[place].entry == 0 ? NameId{} : NameId{table_[place].entry - 1};
}

void Names::grow() {
  std::vector<Place> old(table_.size() * 2);
  old.swap(table_);
  const std::size_t mask = table_.size() - 1;
  for (const Place& moved : old) {
    if (moved.entry == 0) continue;
    std::size_t place = moved.hash & mask;
    while (table_[place].entry != 0) place = (place + 1) & mask;
    table_[place] = moved;
  }
}

std::string encode_mailbox_key(MailboxKey key) {
  std::string text;
  text.reserve(key.tenant.size() + key.user.size() + key.session.size() + 2);
  text.append(key.tenant).push_back(separator);
  text.append(key.user).push_back(separator);
  text.append(key.session);
  return text;
}

MailboxKey decode_mailbox_key(std::string_view text) {
  const std::size_t first = text.find(separator);
  if (first == std::string_view::npos) return {text, {}, {}};
  const std::size_t second = text.find(separator, first + 1);
  if (second == std::string_view::npos) return {text.substr(0, first), text.substr(first + 1), {}};
  return {text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

bool is_valid_name(std::string_view text) {
  if (text.empty() || text.size() > name_bytes_max) return false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return false;
  }
  return true;
}

}  // namespace parking_lot
