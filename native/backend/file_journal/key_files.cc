#include "key_files.h"

#include <algorithm>

#include "key_format.h"
#include "little_endian.h"

namespace parking_lot {
namespace {

constexpr std::uint64_t keys_per_page = 64;
constexpr std::uint64_t files_per_key = 2;  ///< that may begin until a name gets another key
constexpr std::size_t keys_at_once_max = 8192;

std::string file_of(std::uint64_t number) { return key_file_name(number / keys_per_file); }
std::uint64_t offset_of(std::uint64_t number) { return number % keys_per_file * key_slot_bytes; }

/// One name for one key: see the class.
constexpr SealNonce only_nonce{};

std::size_t take_number(ByteView sealed, std::uint64_t& number) {
  number = 0;
  for (std::size_t i = 0; i < sealed.size() && i < 9; ++i) {
    number |= std::uint64_t{sealed[i] & 0x7fU} << (7 * i);
    if (sealed[i] < 0x80) return i + 1;
  }
  return 0;
}

void put_number(std::uint64_t number, Bytes& out) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<std::uint8_t>(number | 0x80));
  out.push_back(static_cast<std::uint8_t>(number));
}

}  // namespace

std::uint64_t key_number(ByteView sealed) {
  std::uint64_t number = 0;
  return take_number(sealed, number) == 0 ? 0 : number;
}

StoreResult<void> KeyFiles::begin(std::span<const std::string> names) {
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : names) {
    if (const auto number = key_file_number(name)) numbers.push_back(*number);
  }
  is_sealing_ = true;
  next_ = 1;
  if (numbers.empty()) return {};
  first_file_ = *std::min_element(numbers.begin(), numbers.end());
  const std::uint64_t last = *std::max_element(numbers.begin(), numbers.end());
  const auto size = files_.size(key_file_name(last));
  if (!size) return store_failure(size.error());
  const std::uint64_t used =
      std::clamp<std::uint64_t>((*size + key_slot_bytes - 1) / key_slot_bytes, 1, keys_per_file);
  next_ = last * keys_per_file + used;
  return {};
}

bool KeyFiles::make_keys() {
  std::vector<SealKey> made(at_once_);
  if (!files_.random({reinterpret_cast<char*>(made.data()), made.size() * sizeof(SealKey)})) return false;
  for (const SealKey& key : made) {
    if (next_ % keys_per_file == 0) ++next_;
    unwritten_.push_back({next_++, key});
  }
  spare_.assign(unwritten_.rbegin(), unwritten_.rbegin() + static_cast<std::ptrdiff_t>(made.size()));
  at_once_ = std::min(2 * at_once_, keys_at_once_max);
  return true;
}

bool KeyFiles::seal(std::string_view name, Bytes& out) {
  if (!is_sealing_) return false;
  const Bytes* known = sealed_.find(name);
  // Names that never fall silent would hold old key files for ever: they get a new key now and then.
  const bool is_old =
      known != nullptr && key_number(*known) / keys_per_file + files_per_key < current() / keys_per_file;
  if (known == nullptr || is_old) {
    if (spare_.empty() && !make_keys()) return false;
    const Key key = spare_.back();
    spare_.pop_back();
    Bytes sealed;
    put_number(key.number, sealed);
    const std::size_t start = sealed.size();
    sealed.resize(start + name.size() + seal_tag_bytes);
    parking_lot::seal(key.bytes, only_nonce, as_bytes_view(name), std::span(sealed).subspan(start));
    known = &sealed_.add(name, std::move(sealed));
  }
  lowest_use_ = std::min(lowest_use_, key_number(*known));
  out.insert(out.end(), known->begin(), known->end());
  return true;
}

const char* KeyFiles::read_key(std::uint64_t number, SealKey& key) {
  const std::uint64_t page = number - number % keys_per_page;
  const auto at = static_cast<std::size_t>((number - page) * key_slot_bytes);
  if (page != page_ || page_bytes_.size() < at + key_slot_bytes) {
    const auto read =
        read_bytes(files_, file_of(number), offset_of(page), keys_per_page * key_slot_bytes, page_bytes_);
    page_ = page;
    if (!read) {
      page_bytes_.clear();
      return read.error().fault == StoreFault::not_found ? "the file with the key of a sealed name is missing"
                                                         : "the key of a sealed name cannot be read";
    }
  }
  if (page_bytes_.size() < at + key_slot_bytes) return "the key of a sealed name is missing";
  const auto found = parse_key_slot(ByteView(page_bytes_).subspan(at, key_slot_bytes));
  if (!found) return "the key of a sealed name is damaged";
  key = *found;
  return nullptr;
}

const char* KeyFiles::open(ByteView sealed, std::string& name) {
  std::uint64_t number = 0;
  const std::size_t start = take_number(sealed, number);
  if (start == 0 || number % keys_per_file == 0 || sealed.size() <= start + seal_tag_bytes)
    return "a sealed name is cut off";
  // Of one key there is one name, so the bytes need not be looked at again.
  if (const std::string* known = opened_.find(number)) {
    name += *known;
    return nullptr;
  }
  SealKey key;
  if (const char* fault = read_key(number, key)) return fault;
  std::string opened;
  if (key == SealKey{}) {
    opened = std::string(erased_prefix) + std::to_string(number);
  } else {
    Bytes text(sealed.size() - start - seal_tag_bytes);
    if (!unseal(key, only_nonce, sealed.subspan(start), text)) return "a sealed name does not fit its key";
    opened.assign(as_text(text));
  }
  name += opened_.add(number, std::move(opened));
  return nullptr;
}

FileResult<void> KeyFiles::write(CommitWrites& writes) {
  writing_ = unwritten_.size();
  for (std::size_t i = 0; i < unwritten_.size();) {
    const std::uint64_t first = unwritten_[i].number;
    Bytes bytes;
    std::uint64_t at = offset_of(first);
    if (at == key_slot_bytes) {
      auto made = writes.create(file_of(first));
      if (!made) return made;
      bytes = key_file_header();
      at = 0;
    }
    for (; i < unwritten_.size() && file_of(unwritten_[i].number) == file_of(first); ++i)
      append_key_slot(unwritten_[i].bytes, bytes);
    auto written = writes.write(file_of(first), at, bytes);
    if (!written) return written;
  }
  return {};
}

void KeyFiles::written() {
  unwritten_.erase(unwritten_.begin(), unwritten_.begin() + static_cast<std::ptrdiff_t>(writing_));
  writing_ = 0;
}

void KeyFiles::failed() {
  const std::uint64_t first = unwritten_.front().number;
  sealed_.take_out_if([&](const std::string&, const Bytes& sealed) { return key_number(sealed) >= first; });
  unwritten_.clear();
  spare_.clear();
  writing_ = 0;
  next_ = (next_ / keys_per_file + 1) * keys_per_file;
}

std::vector<std::uint64_t> KeyFiles::renew(const std::function<bool(std::string_view)>& is_meant) {
  std::vector<std::uint64_t> numbers;
  sealed_.take_out_if([&](const std::string& name, const Bytes& sealed) {
    if (!is_meant(name)) return false;
    numbers.push_back(key_number(sealed));
    return true;
  });
  return numbers;
}

FileResult<void> KeyFiles::destroy(std::span<const std::uint64_t> numbers, CommitWrites& writes) {
  const Bytes zeros(key_slot_bytes);
  for (const std::uint64_t number : numbers) {
    auto written = writes.write(file_of(number), offset_of(number), zeros);
    if (!written) return written;
  }
  if (!numbers.empty()) forget();
  return {};
}

std::uint64_t KeyFiles::files() const {
  return next_ == 0 ? 0 : (next_ - 1) / keys_per_file + 1 - first_file_;
}

std::uint64_t KeyFiles::oldest_needed() const {
  const std::uint64_t file = current() / keys_per_file;
  return file <= files_per_key ? 0 : (file - files_per_key) * keys_per_file;
}

void KeyFiles::remove_below(std::uint64_t number) {
  for (; first_file_ < number / keys_per_file; ++first_file_) {
    // One that stays is tried again after the next opening.
    (void)files_.remove(key_file_name(first_file_));
  }
}

void KeyFiles::forget() {
  opened_.clear();
  page_bytes_.clear();
}

const char* KeyNumbers::open(ByteView sealed, std::string& name) {
  const std::uint64_t number = key_number(sealed);
  if (number >= used_.size()) used_.resize(static_cast<std::size_t>(number) + 1);
  used_[number] = true;
  lowest = std::min(lowest, number);
  name = "seen";
  return nullptr;
}

}  // namespace parking_lot
