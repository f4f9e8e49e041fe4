#include "draft_files.h"

#include <algorithm>

namespace parking_lot {

namespace {

tl::unexpected<FileError> missing(std::string_view file) {
  return tl::unexpected(FileError{FileFault::not_found, std::string(file), "does not exist."});
}

}  // namespace

const DraftFiles::Draft* DraftFiles::find(std::string_view file) const {
  const auto found = drafts_.find(file);
  return found == drafts_.end() ? nullptr : &found->second;
}

FileResult<DraftFiles::Draft*> DraftFiles::change(std::string_view file) {
  if (const auto found = drafts_.find(file); found != drafts_.end()) {
    if (found->second.is_gone) return missing(file);
    return &found->second;
  }
  const auto size = below_.size(file);
  if (!size) return tl::unexpected(size.error());
  Draft draft;
  draft.size = draft.kept = *size;
  return &drafts_.emplace(file, std::move(draft)).first->second;
}

FileResult<std::vector<std::string>> DraftFiles::list() {
  auto names = below_.list();
  if (!names) return names;
  std::erase_if(*names, [&](const std::string& name) { return drafts_.contains(name); });
  for (const auto& [name, draft] : drafts_) {
    if (!draft.is_gone) names->push_back(name);
  }
  return names;
}

FileResult<void> DraftFiles::create(std::string_view file) {
  if (size(file)) return tl::unexpected(FileError{FileFault::exists, std::string(file), "exists already."});
  drafts_.insert_or_assign(std::string(file), Draft{});
  return {};
}

FileResult<std::uint64_t> DraftFiles::size(std::string_view file) {
  const Draft* const draft = find(file);
  if (draft == nullptr) return below_.size(file);
  if (draft->is_gone) return missing(file);
  return draft->size;
}

FileResult<std::size_t> DraftFiles::read_at(std::string_view file, std::uint64_t offset,
                                            std::span<char> out) {
  const Draft* const draft = find(file);
  if (draft == nullptr) return below_.read_at(file, offset, out);
  if (draft->is_gone) return missing(file);
  if (offset >= draft->size) return 0;
  out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), draft->size - offset)));
  std::fill(out.begin(), out.end(), '\0');
  if (offset < draft->kept) {
    const auto bytes = std::min<std::uint64_t>(out.size(), draft->kept - offset);
    const auto read = below_.read_at(file, offset, out.first(static_cast<std::size_t>(bytes)));
    if (!read) return read;
  }
  for (const auto& [at, bytes] : draft->writes) {
    const std::uint64_t first = std::max(at, offset);
    const std::uint64_t last = std::min(at + bytes.size(), offset + out.size());
    if (first < last) bytes.copy(out.data() + (first - offset), last - first, first - at);
  }
  return out.size();
}

FileResult<void> DraftFiles::write_at(std::string_view file, std::uint64_t offset, std::string_view bytes) {
  auto draft = change(file);
  if (!draft) return tl::unexpected(draft.error());
  (*draft)->writes.emplace_back(offset, bytes);
  (*draft)->size = std::max((*draft)->size, offset + bytes.size());
  return {};
}

FileResult<void> DraftFiles::truncate(std::string_view file, std::uint64_t bytes) {
  auto draft = change(file);
  if (!draft) return tl::unexpected(draft.error());
  (*draft)->size = bytes;
  (*draft)->kept = std::min((*draft)->kept, bytes);
  for (auto& [at, written] : (*draft)->writes)
    written.resize(std::min<std::uint64_t>(written.size(), bytes - std::min(at, bytes)));
  return {};
}

FileResult<void> DraftFiles::remove(std::string_view file) {
  Draft gone;
  gone.is_gone = true;
  drafts_.insert_or_assign(std::string(file), std::move(gone));
  return {};
}

void DraftFiles::sync(std::span<const std::string> files, SyncMode mode, SyncDone done) {
  (void)files;
  (void)mode;
  done({});
}

}  // namespace parking_lot
