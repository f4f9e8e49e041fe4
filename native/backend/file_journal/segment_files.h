#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "files.h"
#include "parking_lot/frame.h"
#include "store_error.h"

/// The segments of a store as files: `records-0000000001`, `payloads-…`, `checkpoint-…`.
namespace parking_lot {

std::string segment_name(SegmentKind kind, std::uint64_t number);

/// The number in a segment's name; `nullopt` for names of other kinds.
std::optional<std::uint64_t> segment_number(SegmentKind kind, std::string_view file);

/// Numbers of all segments of the kind among the names, rising.
std::vector<std::uint64_t> segment_numbers(SegmentKind kind, std::span<const std::string> names);

/// Of the audit index beside the record segment with this number; and back.
std::string audit_index_name(std::uint64_t segment);
std::optional<std::uint64_t> audit_index_number(std::string_view file);

/// Of the keys of names, from file 0 on; and back.
std::string key_file_name(std::uint64_t number);
std::optional<std::uint64_t> key_file_number(std::string_view file);

/// The file's bytes from `offset`, at most `limit`. `out` is replaced.
StoreResult<void> read_bytes(Files& files, std::string_view file, std::uint64_t offset, std::uint64_t limit,
                             Bytes& out);
/// All of it.
StoreResult<void> read_all(Files& files, std::string_view file, Bytes& out);

/// Whether this error of `parse_segment_header` speaks of a newer format, which is no damage.
bool is_newer(const Error& error);

/// Reads and checks the header at the start of `bytes`; `corrupt` if it is none, or not of this segment;
/// `newer_format`.
StoreResult<SegmentHeader> segment_header(ByteView bytes, SegmentKind kind, std::uint64_t number);

/// What one commit has written: the files that must be synced for it.
class CommitWrites {
 public:
  explicit CommitWrites(Files& files) : files_(files) {}

  Files& files() { return files_; }
  FileResult<void> create(const std::string& file);
  FileResult<void> write(const std::string& file, std::uint64_t offset, ByteView bytes);
  /// Leave the file as it is but sync it too.
  void touch(const std::string& file);

  std::span<const std::string> touched() const { return touched_; }
  std::span<const std::string> created() const { return created_; }

 private:
  Files& files_;
  std::vector<std::string> touched_;
  std::vector<std::string> created_;
};

}  // namespace parking_lot
