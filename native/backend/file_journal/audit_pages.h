#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "files.h"
#include "parking_lot/record_codec.h"
#include "store_error.h"

/// A file of pages, each with its own checksum: a few of them are read without the others, and none
/// unchecked.
namespace parking_lot {

inline constexpr std::size_t audit_page_bytes = 4096;
/// Of a page's bytes those that are content; its CRC-32C follows.
inline constexpr std::size_t audit_page_content = audit_page_bytes - 4;

/// Lately read pages of all indexes of one store: bounded memory, however many there are.
class AuditPageCache {
 public:
  struct Entry {
    std::uint64_t file = 0;  ///< 0: free
    std::uint64_t page = 0;
    std::array<std::uint8_t, audit_page_bytes> bytes{};
  };
  Entry& place(std::uint64_t file, std::uint64_t page) {
    if (entries_.empty()) entries_.resize(count);  // not for those who have no index in a file
    return entries_[(page + file * 0x9e3779b97f4a7c15U) % count];
  }
  std::uint64_t next_file() { return ++files_; }

 private:
  static constexpr std::size_t count = 1024;
  std::vector<Entry> entries_;
  std::uint64_t files_ = 0;
};

/// Pages of a file, or of a memory block that would become one.
class AuditPages {
 public:
  AuditPages(Files& files, AuditPageCache& cache, std::string file)
      : files_(&files), cache_(&cache), file_(std::move(file)), number_(cache.next_file()) {}
  explicit AuditPages(Bytes bytes) : bytes_(std::move(bytes)) {}

  bool is_in_memory() const { return files_ == nullptr; }
  const Bytes& bytes() const { return bytes_; }

  /// The content of a page, valid until the next call. `corrupt` if its checksum does not fit.
  StoreResult<ByteView> read(std::uint64_t page);
  /// Entry `at` of a table of entries of `width` bytes which begins at `first_page`; valid until the next
  /// call.
  StoreResult<ByteView> entry(std::uint64_t first_page, std::size_t width, std::uint64_t at);

 private:
  Files* files_ = nullptr;
  AuditPageCache* cache_ = nullptr;
  std::string file_;
  std::uint64_t number_ = 0;
  Bytes bytes_;
};

/// Makes the bytes of such a file.
class AuditPageWriter {
 public:
  /// About so many bytes will be added.
  explicit AuditPageWriter(std::size_t expected) {
    out_.reserve(expected + expected / 64 + 8 * audit_page_bytes);
  }
  /// Begins a new page; returns its number.
  std::uint64_t begin_table();
  /// An entry never goes over a page's end.
  void add_entry(ByteView entry);
  /// Plain bytes may.
  void add_bytes(ByteView bytes);
  /// Fills the last page. `first` replaces the content of page 0, which the writer leaves free.
  Bytes finish(ByteView first) &&;

 private:
  void end_page();

  Bytes out_ = Bytes(audit_page_bytes);
  std::size_t used_ = audit_page_content;  // of the last page
};

}  // namespace parking_lot
