#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json_text.h"
#include "parking_lot/config.h"
#include "parking_lot/effect.h"
#include "parking_lot/mailbox.h"
#include "parking_lot/scheduler.h"
#include "storage.h"

/// The answers too big and too rare for an entry of words, as JSON. Where a result or a payload would stand,
/// stands its place in JavaScript's table of results, or `{"stored": …}` with the bytes, which are JSON, or
/// null if they cannot be read. `storage` is null for a lot that stores nothing.
namespace parking_lot::wasm {

/// A `TaskView`, `Explanation` or `TaskPage`.
std::string answer_text(const Answer& answer, const Scheduler& scheduler, Storage* storage);
std::string mailbox_page_text(const std::vector<MailboxMessage>& messages, Storage* storage);
std::string audit_page_text(const AuditPage& page);

/// `{"issues": […], "unavailable": […], "stores": […], "config": {…}}`, all but the first only if there is no
/// error among the issues. `built`: the kinds of storage that the host has. A store is `{"kind", "location",
/// "durability", "queues": […], "mailboxes": […]}`, the last two with the numbers of pools.
std::string config_text(const ParsedConfig& parsed, std::span<const StorageKind> built);

}  // namespace parking_lot::wasm
