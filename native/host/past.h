#pragma once

#include <functional>
#include <string>

#include "backend/file_journal/past.h"
#include "backend/file_journal/posix_files.h"
#include "host/storage_place.h"
#include "parking_lot/result.h"

/// The past of one stream of a store that another process may own.
namespace parking_lot {

/// Files that are only read: nothing comes back on any loop.
inline PosixFiles files_to_read(const std::string& directory) {
  return PosixFiles(directory, [](const std::function<void()>&) {});
}

/// Gives `apply` the records of a stream until `time`, as `replay_until` of a store does.
template <class R, class Apply>
Result<void> replay_until(const std::string& directory, const std::string& name, WallTime time, Apply apply) {
  PosixFiles files = files_to_read(directory);
  auto store = FileStore::open_read_only(files);
  if (!store) return Failure(error_of(directory, store.error()));
  const auto stream = store->stream({PastOf<R>::kind, name});
  if (!stream) return Failure(error_of(directory, stream.error()));
  const auto done = replay_until<R>(*store, *stream, time, apply);
  if (!done) return Failure(error_of(directory, done.error()));
  if (*done) return {};
  return Failure({directory, std::string(no_past_sentence)});
}

}  // namespace parking_lot
