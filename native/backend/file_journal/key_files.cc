#include "key_files.h"

#include <algorithm>
#include <array>

#include "little_endian.h"
#include "parking_lot/crc32c.h"

namespace parking_lot {
namespace {

/// A key, its checksum, zeros: as long as a part of a sector, which a disk writes whole.
constexpr std::uint64_t slot_bytes = 64;
constexpr std::uint64_t checksum_at = sizeof(SealKey);
constexpr std::uint64_t keys_per_file = 1024;  ///< with the header, which takes the place of the first
constexpr std::uint64_t keys_per_page = 64;
constexpr std::uint64_t files_per_key = 2;  ///< that may begin until a name gets another key
constexpr std::size_t keys_at_once_max = 8192;
constexpr std::string_view magic = "PPLKEYS1";

std::string file_of(std::uint64_t number) { return key_file_name(number / keys_per_file); }
std::uint64_t offset_of(std::uint64_t number) { return number % keys_per_file * slot_bytes; }

Bytes key_file_header() {
  Bytes header(magic.begin(), magic.end());
  header.resize(slot_bytes - 4);
  put_u32(header, crc32c(header));
  return header;
}

void append_slot(const SealKey& key, Bytes& out) {
  const std::size_t end = out.size() + slot_bytes;
  out.insert(out.end(), key.begin(), key.end());
  put_u32(out, crc32c(key));
  out.resize(end);
}

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
      std::clamp<std::uint64_t>((*size + slot_bytes - 1) / slot_bytes, 1, keys_per_file);
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
  const std::string key_name(name);
  const Bytes* known = sealed_.find(key_name);
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
    known = &sealed_.add(key_name, std::move(sealed));
  }
  lowest_use_ = std::min(lowest_use_, key_number(*known));
  out.insert(out.end(), known->begin(), known->end());
  return true;
}

const char* KeyFiles::read_key(std::uint64_t number, SealKey& key) {
  const std::uint64_t page = number - number % keys_per_page;
  const auto at = static_cast<std::size_t>((number - page) * slot_bytes);
  if (page != page_ || page_bytes_.size() < at + slot_bytes) {
    const auto read =
        read_bytes(files_, file_of(number), offset_of(page), keys_per_page * slot_bytes, page_bytes_);
    page_ = page;
    if (!read) {
      page_bytes_.clear();
      return read.error().fault == StoreFault::not_found ? "the file with the key of a sealed name is missing"
                                                         : "the key of a sealed name cannot be read";
    }
  }
  if (page_bytes_.size() < at + slot_bytes) return "the key of a sealed name is missing";
  std::copy_n(page_bytes_.begin() + static_cast<std::ptrdiff_t>(at), key.size(), key.begin());
  const bool is_whole = load_u32(page_bytes_, at + checksum_at) == (key == SealKey{} ? 0 : crc32c(key));
  return is_whole ? nullptr : "the key of a sealed name is damaged";
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
    if (at == slot_bytes) {
      auto made = writes.create(file_of(first));
      if (!made) return made;
      bytes = key_file_header();
      at = 0;
    }
    for (; i < unwritten_.size() && file_of(unwritten_[i].number) == file_of(first); ++i)
      append_slot(unwritten_[i].bytes, bytes);
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
  const Bytes zeros(slot_bytes);
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

StoreResult<std::vector<KeyDamage>> verify_keys(Files& files, const KeyNumbers& used) {
  const auto names = files.list();
  if (!names) return store_failure(names.error());
  std::vector<KeyDamage> damages;
  std::uint64_t last = used.end() == 0 ? 0 : (used.end() - 1) / keys_per_file;
  for (const std::string& name : *names) last = std::max(last, key_file_number(name).value_or(0));
  Bytes bytes;
  for (std::uint64_t file = 0; file <= last; ++file) {
    const std::string name = key_file_name(file);
    const std::uint64_t first = file * keys_per_file;
    bytes.clear();
    const bool is_there = std::find(names->begin(), names->end(), name) != names->end();
    if (is_there) {
      const auto read = read_all(files, name, bytes);
      if (!read) return tl::unexpected(read.error());
    }
    const auto damage = [&](std::uint64_t at, std::string message, Bytes remedy, std::string loss) {
      damages.push_back(
          {name, file, at * slot_bytes, std::move(message), std::move(remedy), std::move(loss)});
    };
    const bool has_header = bytes.size() >= slot_bytes;
    const Bytes header = key_file_header();
    if (has_header && !std::equal(header.begin(), header.end(), bytes.begin()))
      damage(0, "the header of a key file is damaged", header, "the header is written anew; nothing is lost");
    for (std::uint64_t at = 1; at < keys_per_file; ++at) {
      if ((at + 1) * slot_bytes > bytes.size()) {
        if (!used.has(first + at)) continue;
        damage(at, "the keys of sealed names are missing from here on", {}, "");
        break;
      }
      const ByteView slot = ByteView(bytes).subspan(at * slot_bytes, slot_bytes);
      SealKey key;
      std::copy_n(slot.begin(), key.size(), key.begin());
      Bytes whole;
      append_slot(key, whole);
      const bool is_zero = std::all_of(slot.begin(), slot.end(), [](std::uint8_t byte) { return byte == 0; });
      if (is_zero || std::equal(whole.begin(), whole.end(), slot.begin())) continue;
      damage(at, "the key of a sealed name is damaged", Bytes(slot_bytes),
             "the name that was sealed with this key is lost: it reads " + std::string(erased_prefix) +
                 std::to_string(first + at) + ", and messages of a mailbox of this name are lost with it");
    }
  }
  return damages;
}

}  // namespace parking_lot
