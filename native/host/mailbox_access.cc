#include <utility>

#include "host/loop.h"
#include "parking_lot/native/host.h"

/// Reading mailboxes.
namespace parking_lot {
namespace {

tl::unexpected<RefusedCommand> unconfirmed() {
  return tl::unexpected(RefusedCommand{.code = Refusal::unconfirmed, .field = {}});
}

}  // namespace

void Host::fetch(const MailboxAddress& address, std::string_view after, std::uint32_t limit,
                 FetchCallback on_messages) {
  const bool taken = loop_->post([address, after = std::string(after), limit, on_messages](Loop& loop) {
    if (loop.is_closed()) return on_messages(unconfirmed());
    const NameId key = loop.scheduler().mailbox_key({address.tenant, address.user, address.session});
    loop.release_later(key);
    loop.add(mailbox::Fetch{
        .request = loop.expect_messages(on_messages), .key = key, .after = after, .limit = limit});
  });
  if (!taken) on_messages(unconfirmed());
}

void Host::acknowledge(const MailboxAddress& address, std::string_view cursor, DoneCallback on_done) {
  const auto respond = [on_done](const tl::expected<std::uint64_t, RefusedCommand>& count) {
    if (on_done) on_done(count);
  };
  const bool taken = loop_->post([address, cursor = std::string(cursor), respond](Loop& loop) {
    if (loop.is_closed()) return respond(unconfirmed());
    if (loop.storage().is_reading())
      return respond(tl::unexpected(RefusedCommand{.code = Refusal::storage_unavailable, .field = {}}));
    const NameId key = loop.scheduler().mailbox_key({address.tenant, address.user, address.session});
    loop.release_later(key);
    loop.add(
        mailbox::Acknowledge{.request = loop.expect_acknowledgement(respond), .key = key, .cursor = cursor});
  });
  if (!taken) respond(unconfirmed());
}

SubscriptionId Host::subscribe(const MailboxAddress& address, ArrivalCallback on_arrival) {
  const SubscriptionId subscription = loop_->next_subscription();
  loop_->post([subscription, address, on_arrival = std::move(on_arrival)](Loop& loop) {
    if (!loop.is_closed()) loop.subscribe(subscription, address, on_arrival);
  });
  return subscription;
}

void Host::unsubscribe(SubscriptionId subscription) {
  loop_->post([subscription](Loop& loop) { loop.unsubscribe(subscription); });
}

}  // namespace parking_lot
