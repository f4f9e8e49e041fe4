#include "opening_inspection.h"

#include <algorithm>
#include <iterator>

#include "past.h"
#include "segment_files.h"

namespace parking_lot {

namespace {

/// All that a start would read.
StoreResult<void> load(FileStore& store) {
  const auto drain = [](auto reader) -> StoreResult<void> {
    if (!reader) return tl::unexpected(reader.error());
    return read_all(*reader, [](const auto&) { return true; });
  };
  const std::vector<StreamKey> streams = store.streams();
  for (std::uint32_t i = 0; i < streams.size(); ++i) {
    const StreamKind kind = streams[i].kind;
    auto loaded = kind == StreamKind::pool     ? drain(store.load_pool({i}))
                  : kind == StreamKind::garage ? drain(store.load_garage({i}))
                                               : drain(store.load_mailbox({i}));
    if (!loaded) return loaded;
  }
  return {};
}

StoreResult<FileStore> open_to_look(Files& files) {
  for (int attempt = 1;; ++attempt) {
    auto opened = FileStore::open_read_only(files);
    if (opened) {
      if (auto loaded = load(*opened); !loaded) opened = tl::unexpected(loaded.error());
    }
    // An owner may go on meanwhile, and delete what is being read.
    if (opened || attempt == 3) return opened;
  }
}

template <class Is>
void move_damages(std::vector<Damage>& from, std::vector<Damage>& to, Is is) {
  std::copy_if(from.begin(), from.end(), std::back_inserter(to), is);
  std::erase_if(from, is);
}

}  // namespace

StoreResult<void> compare_with_opening(Files& files, Inspection& result) {
  const auto opened = open_to_look(files);
  if (opened) {
    result.torn_bytes = std::max(result.torn_bytes, opened->stats().cut_bytes);
    const auto is_gap = [&](const Damage& damage) {
      const auto size = files.size(damage.file);
      return segment_number(SegmentKind::records, damage.file) &&
             damage.segment < opened->first_needed_segment() &&
             (!size || (damage.offset == *size && *size > segment_header_bytes));
    };
    move_damages(result.damages, result.needless_damages, is_gap);
    return {};
  }
  const StoreError& error = opened.error();
  if (error.fault != StoreFault::corrupt) return tl::unexpected(error);
  // Of a checkpoint that is needed.
  const auto is_of_checkpoint = [](const Damage& damage) { return damage.kind == SegmentKind::checkpoint; };
  move_damages(result.needless_damages, result.damages, is_of_checkpoint);
  const auto explains = [](const Damage& damage) { return damage.past_loss.empty(); };
  if (std::any_of(result.damages.begin(), result.damages.end(), explains)) return {};
  const SegmentKind kind = segment_number(SegmentKind::payloads, error.file)     ? SegmentKind::payloads
                           : segment_number(SegmentKind::checkpoint, error.file) ? SegmentKind::checkpoint
                                                                                 : SegmentKind::records;
  result.damages.push_back(
      {kind, error.file, segment_number(kind, error.file).value_or(0), error.offset, bare_message(error)});
  return {};
}

}  // namespace parking_lot
