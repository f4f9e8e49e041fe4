#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "host/loop.h"
#include "host/storage.h"

/// Erasing users.
namespace parking_lot {
namespace {

/// One request, from the dropping of messages to the destruction of keys.
struct Course {
  std::string user;  ///< what the user's mailbox keys begin with
  std::string end;   ///< cursor beyond all messages
  std::size_t boxes = 0;
  Storage::Searches found;
  tl::expected<Erasure, RefusedCommand> answer = Erasure{};
  ErasureCallback on_done;
};

/// A task of the user lives, or was submitted meanwhile.
std::optional<RefusedCommand> refusal_of(Scheduler& scheduler, const std::string& user) {
  const auto living = scheduler.forget_user(decode_mailbox_key(user));
  if (!living) return std::nullopt;
  return RefusedCommand{.code = Refusal::wrong_state,
                        .field = *living,
                        .retry_after = {},
                        .message = "Task " + *living +
                                   " of this user has not ended, or its outcome is on its way: cancel it or "
                                   "wait, and erase then."};
}

IsErased names_of(const std::string& user) {
  return [user](std::string_view name) { return name.starts_with(user); };
}

RefusedCommand refusal_of(const Error& error) {
  return {.code = Refusal::storage_unavailable,
          .field = error.where,
          .retry_after = {},
          .message = error.where + ": " + error.message};
}

void destroy_keys(Scheduler& scheduler, Storage& storage, const std::shared_ptr<Course>& course) {
  if (auto refusal = refusal_of(scheduler, course->user); refusal && course->answer)
    course->answer = tl::unexpected(std::move(*refusal));
  if (!course->answer) return course->on_done(course->answer);
  storage.erase(names_of(course->user), std::move(course->found), [course](const Storage::ErasedKeys& keys) {
    if (keys) course->answer->keys = *keys;
    if (!keys) course->answer = tl::unexpected(refusal_of(keys.error()));
    course->on_done(course->answer);
  });
}

}  // namespace

void Host::erase_user(const MailboxAddress& user, ErasureCallback on_done) {
  const auto refuse = [on_done](Refusal code) {
    on_done(tl::unexpected(RefusedCommand{.code = code, .field = {}}));
  };
  if (user.user.empty()) {
    return on_done(
        tl::unexpected(RefusedCommand{.code = Refusal::invalid_task,
                                      .field = "user",
                                      .retry_after = {},
                                      .message = "The user must be named: it is who is to be erased."}));
  }
  const bool taken = loop_->post([user, on_done, refuse](Loop& loop) {
    if (loop.is_closed()) return refuse(Refusal::unconfirmed);
    if (loop.storage().is_reading()) return refuse(Refusal::storage_unavailable);
    const auto course = std::make_shared<Course>();
    const MailboxKey key{user.tenant, user.user, {}};
    course->user = encode_mailbox_key(key);
    course->on_done = on_done;
    if (auto refusal = refusal_of(loop.scheduler(), course->user)) return on_done(tl::unexpected(*refusal));
    // Before messages are dropped.
    if (const auto may = loop.storage().search(names_of(course->user), course->found); !may)
      return on_done(tl::unexpected(refusal_of(may.error())));
    const std::vector<NameId> keys = loop.mailbox().keys_of(key);
    course->boxes = keys.size();
    if (keys.empty()) return destroy_keys(loop.scheduler(), loop.storage(), course);
    course->end = loop.mailbox().end_cursor();
    for (const NameId each : keys) {
      const auto dropped = [course, &loop](const tl::expected<std::uint64_t, RefusedCommand>& count) {
        if (!count) course->answer = tl::unexpected(count.error());
        if (count && course->answer) course->answer->messages += *count;
        if (--course->boxes == 0) destroy_keys(loop.scheduler(), loop.storage(), course);
      };
      loop.add(mailbox::Acknowledge{
          .request = loop.expect_acknowledgement(dropped), .key = each, .cursor = course->end});
    }
  });
  if (!taken) refuse(Refusal::unconfirmed);
}

}  // namespace parking_lot
