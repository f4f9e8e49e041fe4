#include <emscripten/bind.h>

#include <string>

#include "json_text.h"
#include "session.h"
#include "storage.h"

/// Erasing users, step by step: JavaScript acknowledges the messages in between.
namespace parking_lot::wasm {
namespace {

std::string refusal_text(const std::string& task) { return "{\"task\":" + quoted(task) + "}"; }

/// What there is to acknowledge first: `{"cursor", "sessions"}`, `{"task"}` of one that lives, or
/// `{"where", "failure"}` of a store that cannot erase.
std::string find_user(const std::string& tenant, const std::string& user) {
  const MailboxKey key{tenant, user, {}};
  if (const auto living = session()->lot().scheduler().forget_user(key)) return refusal_text(*living);
  if (Storage* storage = session()->storage()) {
    if (const auto may = storage->search(encode_mailbox_key(key)); !may) return failure_text(may.error());
  }
  const Mailbox& mailbox = session()->lot().mailbox();
  std::string sessions;
  for (const NameId each : mailbox.keys_of(key)) {
    const MailboxKey found = decode_mailbox_key(session()->lot().scheduler().names().text(each));
    sessions += (sessions.empty() ? "" : ",") + quoted(found.session);
  }
  return "{\"cursor\":" + quoted(mailbox.end_cursor()) + ",\"sessions\":[" + sessions + "]}";
}

/// `{"keys"}`: so many are destroyed with the next commit. `{"task"}`: one lives. `{"where", "failure"}`.
std::string erase_user(const std::string& tenant, const std::string& user) {
  const MailboxKey key{tenant, user, {}};
  if (const auto living = session()->lot().scheduler().forget_user(key)) return refusal_text(*living);
  if (!session()->storage()) return "{\"keys\":0}";
  const auto keys = session()->storage()->erase(encode_mailbox_key(key));
  return keys ? "{\"keys\":" + std::to_string(*keys) + "}" : failure_text(keys.error());
}

}  // namespace

EMSCRIPTEN_BINDINGS(parking_lot_erasing) {
  emscripten::function("findUser", &find_user);
  emscripten::function("eraseUser", &erase_user);
}

}  // namespace parking_lot::wasm
