#include "parking_lot/names.h"

namespace parking_lot {
namespace {

constexpr char separator = '\x1f';
constexpr std::size_t name_bytes_max = 128;

}  // namespace

Names::Names() {
  chunks_.push_back(std::make_unique<Entry[]>(1U << chunk_bits));
  end_ = 1;  // the empty name
}

std::uint32_t Names::index_of(std::string_view text, std::uint32_t hash) const {
  return table_.find(hash, [&](std::uint32_t index) { return entry(index).text == text; });
}

NameId Names::intern(std::string_view text) {
  if (text.empty()) return {};
  const std::uint32_t hash = hash_of(text);
  std::uint32_t index = index_of(text, hash);
  if (index != SlotTable::none) {
    hold(NameId{index});
    return {index};
  }
  if (free_.empty()) {
    index = end_++;
    if (index >> chunk_bits == chunks_.size()) chunks_.push_back(std::make_unique<Entry[]>(1U << chunk_bits));
  } else {
    index = free_.back();
    free_.pop_back();
  }
  entry(index) = Entry{std::string(text), 1, hash};
  table_.insert(hash, index);
  return {index};
}

void Names::free(NameId name) {
  Entry& freed = entry(name.index);
  table_.erase(freed.hash, name.index);
  freed.text.clear();
  free_.push_back(name.index);
}

NameId Names::find(std::string_view text) const {
  if (text.empty()) return {};
  const std::uint32_t index = index_of(text, hash_of(text));
  return index == SlotTable::none ? NameId{} : NameId{index};
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
