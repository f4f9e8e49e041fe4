#include "audit_pages.h"

#include <algorithm>
#include <utility>

#include "little_endian.h"
#include "parking_lot/crc32c.h"

namespace parking_lot {

StoreResult<ByteView> AuditPages::read(std::uint64_t page) {
  const std::uint64_t offset = page * audit_page_bytes;
  if (is_in_memory()) {
    if (offset + audit_page_bytes > bytes_.size()) return corrupt("", offset, "the index ends too early");
    return ByteView(bytes_).subspan(static_cast<std::size_t>(offset), audit_page_content);
  }
  AuditPageCache::Entry& entry = cache_->place(number_, page);
  if (entry.file != number_ || entry.page != page) {
    entry.file = 0;
    const auto got =
        files_->read_at(file_, offset, {reinterpret_cast<char*>(entry.bytes.data()), entry.bytes.size()});
    if (!got) return store_failure(got.error());
    const ByteView content = ByteView(entry.bytes).first(audit_page_content);
    if (*got != audit_page_bytes || load_u32(entry.bytes, audit_page_content) != crc32c(content))
      return corrupt(file_, offset, "a page of the index is damaged");
    entry.file = number_;
    entry.page = page;
  }
  return ByteView(entry.bytes).first(audit_page_content);
}

StoreResult<ByteView> AuditPages::entry(std::uint64_t first_page, std::size_t width, std::uint64_t at) {
  const std::uint64_t in_page = audit_page_content / width;
  auto page = read(first_page + at / in_page);
  if (!page) return page;
  return page->subspan(static_cast<std::size_t>(at % in_page) * width, width);
}

void AuditPageWriter::end_page() {
  out_.resize((out_.size() + audit_page_bytes - 1) / audit_page_bytes * audit_page_bytes - 4);
  const ByteView content = ByteView(out_).last(audit_page_content);
  const std::uint32_t checksum = crc32c(content);
  put_u32(out_, checksum);
}

std::uint64_t AuditPageWriter::begin_table() {
  if (out_.size() % audit_page_bytes != 0) end_page();
  used_ = 0;
  return out_.size() / audit_page_bytes;
}

void AuditPageWriter::add_entry(ByteView entry) {
  if (used_ + entry.size() > audit_page_content) {
    end_page();
    used_ = 0;
  }
  out_.insert(out_.end(), entry.begin(), entry.end());
  used_ += entry.size();
}

void AuditPageWriter::add_bytes(ByteView bytes) {
  while (!bytes.empty()) {
    if (used_ == audit_page_content) {
      end_page();
      used_ = 0;
    }
    const std::size_t taken = std::min(bytes.size(), audit_page_content - used_);
    out_.insert(out_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    used_ += taken;
    bytes = bytes.subspan(taken);
  }
}

Bytes AuditPageWriter::finish(ByteView first) && {
  if (out_.size() % audit_page_bytes != 0) end_page();
  std::copy(first.begin(), first.end(), out_.begin());
  const std::uint32_t checksum = crc32c(ByteView(out_).first(audit_page_content));
  for (std::size_t i = 0; i < 4; ++i)
    out_[audit_page_content + i] = static_cast<std::uint8_t>(checksum >> (8 * i));
  return std::move(out_);
}

}  // namespace parking_lot
