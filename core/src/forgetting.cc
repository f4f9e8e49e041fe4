#include <algorithm>
#include <utility>

#include "heap_sort.h"
#include "machine.h"
#include "mailbox_machine.h"
#include "parking_lot/erased_name.h"

/// Taking the name of a user out of what is remembered, so that it can be erased from a store.
namespace parking_lot {
namespace {

bool is_of_user(std::string_view mailbox, const MailboxKey& user) {
  const MailboxKey key = decode_mailbox_key(mailbox);
  return key.tenant == user.tenant && key.user == user.user;
}

}  // namespace

std::optional<std::string> Scheduler::Machine::forget_user(const MailboxKey& user) {
  std::vector<std::uint32_t> ended;
  std::optional<std::string> living;
  for (Pool& pool : pools) {
    pool.by_admission.visit_after(0, [&](std::uint32_t slot) {
      const Task& task = tasks_[slot];
      if (!task.mailbox || !is_of_user(names.text(task.mailbox), user)) return true;
      const bool is_over = task.phase == Phase::ended && outcomes_[task.outcome].is_delivered;
      if (!is_over) living = spell_id(task);
      ended.push_back(slot);
      return is_over;
    });
    if (living) return living;
  }
  const NameId erased = names.intern(erased_user);
  for (const std::uint32_t slot : ended) {
    names.hold(erased);
    names.release(std::exchange(tasks_[slot].mailbox, erased));
  }
  audit_.rename([&](NameId mailbox) { return mailbox && is_of_user(names.text(mailbox), user); }, erased);
  if (memo_mailbox_ && is_of_user(names.text(memo_mailbox_), user)) {
    names.hold(erased);
    names.release(std::exchange(memo_mailbox_, erased));
  }
  names.release(erased);
  return std::nullopt;
}

std::vector<NameId> Mailbox::Machine::keys_of(const MailboxKey& user) const {
  std::vector<NameId> keys;
  for (const MailboxStore& store : stores) {
    store.boxes.visit([&](std::uint64_t number, const std::unique_ptr<Box>& box) {
      const NameId key{static_cast<std::uint32_t>(number)};
      if (!box->messages.empty() && is_of_user(names_->text(key), user)) keys.push_back(key);
    });
  }
  const auto comes_before = [&](NameId a, NameId b) { return names_->text(a) < names_->text(b); };
  heap_sort(keys.begin(), keys.end(), comes_before);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

std::optional<std::string> Scheduler::forget_user(const MailboxKey& user) {
  return machine_->forget_user(user);
}

std::vector<NameId> Mailbox::keys_of(const MailboxKey& user) const { return machine_->keys_of(user); }

}  // namespace parking_lot
