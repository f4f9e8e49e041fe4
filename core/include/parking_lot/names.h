#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/bring_near.h"
#include "parking_lot/slot_table.h"
#include "parking_lot/types.h"

namespace parking_lot {

/// Interned strings: tenants, mailbox keys and ids chosen by clients, shared by the machines of one lot.
///
/// A name lives while somebody holds it. `intern` gives the caller one hold; `release` gives it back. Ids of
/// freed names are used again, so nothing may keep a NameId without a hold. Ids never decide anything: they
/// depend on history. All operations are O(1) expected.
class Names {
 public:
  Names();

  NameId intern(std::string_view text);
  void hold(NameId name) {
    if (name) ++entry(name.index).holds;
  }
  void release(NameId name) {
    if (name && --entry(name.index).holds == 0) free(name);
  }

  /// The id of a known text, without taking a hold; the zero id if unknown (or empty).
  NameId find(std::string_view text) const;
  std::string_view text(NameId name) const { return entry(name.index).text; }

  /// `release` of this name comes soon: its memory may be brought near.
  void expect(NameId name) const { bring_near(&entry(name.index)); }

  std::size_t size() const { return table_.size(); }

 private:
  struct Entry {
    std::string text;
    std::uint32_t holds = 0;
    std::uint32_t hash = 0;
  };

  // Chunks keep entries where they are: views of live names stay valid.
  static constexpr std::uint32_t chunk_bits = 8;
  Entry& entry(std::uint32_t index) const {
    return chunks_[index >> chunk_bits][index & ((1U << chunk_bits) - 1)];
  }
  void free(NameId name);
  std::uint32_t index_of(std::string_view text, std::uint32_t hash) const;

  std::vector<std::unique_ptr<Entry[]>> chunks_;
  std::uint32_t end_ = 0;
  std::vector<std::uint32_t> free_;
  SlotTable table_;
};

/// A key as one text: tenant, user and session joined by U+001F, which none of them contains.
std::string encode_mailbox_key(MailboxKey key);
/// The parts of an encoded key; views into `text`.
MailboxKey decode_mailbox_key(std::string_view text);
/// True if `text` may be a task id, tenant, user or session: 1-128 bytes without control characters.
bool is_valid_name(std::string_view text);

}  // namespace parking_lot
