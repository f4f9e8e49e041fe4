#include <algorithm>
#include <charconv>
#include <utility>

#include "mailbox_machine.h"
#include "parking_lot/crc32c.h"

/// Fetching, acknowledging and subscribing: the side of the mailbox that clients see.
namespace parking_lot {

namespace {

constexpr std::size_t cursor_mark_length = 6;
constexpr int cursor_time_base = 36;

std::string cursor_mark(std::uint64_t identity, std::string_view name) {
  std::uint8_t bytes[8];
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(identity >> (8 * i));
  std::uint32_t sum = crc32c(bytes);
  sum = crc32c({reinterpret_cast<const std::uint8_t*>(name.data()), name.size()}, sum);
  std::string mark;
  for (std::size_t i = 0; i < cursor_mark_length; ++i, sum >>= 5)
    mark += "abcdefghijkmnpqrstuvwxyz23456789"[sum & 31];
  return mark;
}

/// Of a path the last part: a store may be moved, and is named from different folders.
std::string_view last_part(std::string_view name) {
  while (name.ends_with('/')) name.remove_suffix(1);
  return name.substr(name.rfind('/') + 1);
}

}  // namespace

/// Stores of one lot never share a mark.
void Mailbox::Machine::mark_stores() {
  const auto is_same = [](const MailboxStore& a, const MailboxStore& b) {
    return a.identity == b.identity && last_part(a.name) == last_part(b.name);
  };
  for (MailboxStore& store : stores) {
    const auto same =
        std::count_if(stores.begin(), stores.end(), [&](const auto& each) { return is_same(each, store); });
    store.mark = cursor_mark(store.identity, same > 1 ? std::string_view(store.name) : last_part(store.name));
  }
}

bool Mailbox::Machine::parse_cursor(std::string_view text, std::vector<ReadMark>& marks) const {
  marks.assign(stores.size(), {});
  if (text.empty()) return true;
  const bool is_plain =
      text.find_first_of(".-") == std::string_view::npos;  // as versions before marks spelled it
  bool is_ours = false;
  for (bool is_last = false; !is_last;) {
    const std::size_t end = std::min(text.find('.'), text.size());
    std::string_view part = text.substr(0, end);
    is_last = end == text.size();
    text.remove_prefix(is_last ? end : end + 1);
    ReadMark read{.counter = 0, .newest = never_wall};
    const auto parsed = std::from_chars(part.data(), part.data() + part.size(), read.counter);
    if (parsed.ec != std::errc()) return false;
    part.remove_prefix(static_cast<std::size_t>(parsed.ptr - part.data()));
    if (is_plain && part.empty() && stores.size() == 1) {
      marks[0] = read;
      return true;
    }
    if (part.size() < 1 + cursor_mark_length || part.front() != '-') return false;
    const std::string_view mark = part.substr(1, cursor_mark_length);
    part.remove_prefix(1 + cursor_mark_length);
    // Versions before this one told no time.
    if (!part.empty()) {
      const char* const last = part.data() + part.size();
      const auto time = std::from_chars(part.data() + 1, last, read.newest.ms, cursor_time_base);
      if (part.front() != '-' || time.ec != std::errc() || time.ptr != last) return false;
    }
    const auto store = std::find_if(stores.begin(), stores.end(),
                                    [&](const MailboxStore& each) { return each.mark == mark; });
    if (store == stores.end()) continue;
    marks[static_cast<std::size_t>(store - stores.begin())] = read;
    is_ours = true;
  }
  return is_ours;
}

std::string Mailbox::Machine::spell_cursor(std::span<const ReadMark> marks) const {
  std::string text;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (marks[i].counter == 0) continue;
    text += (text.empty() ? "" : ".") + std::to_string(marks[i].counter) + "-" + stores[i].mark;
    if (marks[i].newest == never_wall) continue;
    char time[16];
    const auto end = std::to_chars(time, time + sizeof(time), marks[i].newest.ms, cursor_time_base);
    text.append("-").append(time, end.ptr);
  }
  return text;
}

bool Mailbox::Machine::refused(RequestId request, std::string_view cursor, std::string_view field,
                               std::vector<ReadMark>& marks) {
  for (const MailboxStore& store : stores) {
    if (store.stream.state() == StreamState::open) continue;
    outbox_->push(mailbox::Refused{request, Refusal::storage_unavailable, {}});
    return true;
  }
  if (parse_cursor(cursor, marks)) return false;
  outbox_->push(mailbox::Refused{request, Refusal::invalid_cursor, field});
  return true;
}

/// Messages lie in the order of their numbers, and what was created after the cursor behind what it covers.
std::size_t Mailbox::Machine::first_unread(const Box& box, const ReadMark& read) {
  const auto unread = std::partition_point(box.messages.begin(), box.messages.end(),
                                           [&](const KeptMessage& kept) { return read.covers(kept); });
  return static_cast<std::size_t>(unread - box.messages.begin());
}

/// Merges the stores by (created_at, store, counter). Only durable messages are seen.
void Mailbox::Machine::take(const mailbox::Fetch& input) {
  std::vector<ReadMark> marks;
  if (refused(input.request, input.after, "after", marks)) return;
  auto page = std::make_shared<std::vector<MailboxMessage>>();
  std::vector<const Box*> boxes(stores.size(), nullptr);
  std::vector<std::size_t> next(stores.size(), 0);
  for (std::size_t i = 0; i < stores.size(); ++i) {
    boxes[i] = find_box(stores[i], input.key);
    if (boxes[i] != nullptr) next[i] = first_unread(*boxes[i], marks[i]);
  }
  const std::uint32_t limit = std::clamp<std::uint32_t>(input.limit, 1, 1000);
  while (page->size() < limit) {
    std::size_t best = stores.size();
    for (std::size_t i = 0; i < stores.size(); ++i) {
      if (boxes[i] == nullptr || next[i] == boxes[i]->messages.size()) continue;
      const KeptMessage& kept = boxes[i]->messages[next[i]];
      if (kept.counter > stores[i].stream.durable_through()) continue;
      if (best == stores.size() || kept.created_at < boxes[best]->messages[next[best]].created_at) best = i;
    }
    if (best == stores.size()) break;
    const KeptMessage& kept = boxes[best]->messages[next[best]++];
    marks[best] = {kept.counter, std::max(marks[best].newest, kept.created_at)};
    if (kept.created_at >= input.since) page->push_back(view_of(stores[best], kept, marks));
  }
  const mailbox::Page effect{input.request, page.get()};
  outbox_->push(effect, std::move(page));
}

MailboxMessage Mailbox::Machine::view_of(const MailboxStore& store, const KeptMessage& kept,
                                         std::span<const ReadMark> marks) const {
  MailboxMessage view;
  view.pool = store.senders[kept.pool].name;
  view.message_id = view.pool + "-" + spell(GeneratedId{kept.pool_incarnation, kept.pool_sequence});
  view.task_id = task_id_of(kept);
  view.status = kept.status;
  view.reason = kept.reason;
  view.payload = kept.payload;
  view.created_at = kept.created_at;
  view.cursor = spell_cursor(marks);
  return view;
}

std::string Mailbox::Machine::task_id_of(const KeptMessage& kept) const {
  return kept.task_id ? std::string(names_->text(kept.task_id))
                      : spell(GeneratedId{kept.task_incarnation, kept.admission});
}

void Mailbox::Machine::take(const mailbox::Acknowledge& input) {
  std::vector<ReadMark> marks;
  if (refused(input.request, input.cursor, "cursor", marks)) return;
  PendingAnswer pending{input.request, 0, {}};
  for (std::uint32_t i = 0; i < stores.size(); ++i) {
    const Box* box = find_box(stores[i], input.key);
    if (box == nullptr) continue;
    if (const std::size_t read = first_unread(*box, marks[i]); read > 0)
      pending.count += drop_through(StoreId{i}, input.key, box->messages[read - 1].counter);
    pending.rests_on.emplace_back(i, box->last_drop);
  }
  pending_.push_back(std::move(pending));
  answer_pending();
}

/// Answers acknowledgements once every store that they changed has made the change durable.
void Mailbox::Machine::answer_pending() {
  std::erase_if(pending_, [this](const PendingAnswer& pending) {
    for (const auto& [store, sequence] : pending.rests_on) {
      if (sequence > stores[store].stream.durable_through()) return false;
    }
    outbox_->push(mailbox::Acknowledged{pending.request, pending.count});
    return true;
  });
}

void Mailbox::Machine::take(const mailbox::Subscribe& input) {
  names_->hold(input.key);
  ++subscriptions_[input.key.index];
  // A message on its way to the journal is not to be fetched yet: the subscriber hears of it once it is.
  for (std::uint32_t i = 0; i < stores.size(); ++i) {
    const Box* box = find_box(stores[i], input.key);
    if (box == nullptr || box->messages.empty()) continue;
    const std::uint64_t last = box->messages.back().counter;
    if (last > stores[i].stream.durable_through()) yield_after(StoreId{i}, last, mailbox::Arrived{input.key});
  }
}

void Mailbox::Machine::take(const mailbox::Unsubscribe& input) {
  std::uint32_t* count = subscriptions_.find(input.key.index);
  if (count == nullptr) return;
  names_->release(input.key);
  if (--*count == 0) subscriptions_.erase(input.key.index);
}

}  // namespace parking_lot
