#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parking_lot/config.h"
#include "parking_lot/effect.h"
#include "parking_lot/mailbox.h"
#include "parking_lot/scheduler.h"

/// The answers too big and too rare for an entry of words, as JSON. Where a result or a payload would stand,
/// stands its place in JavaScript's table of results.
namespace parking_lot::wasm {

/// A `TaskView`, `Explanation` or `TaskPage`.
std::string answer_text(const Answer& answer, const Scheduler& scheduler);
std::string mailbox_page_text(const std::vector<MailboxMessage>& messages);
std::string audit_page_text(const AuditPage& page, const Scheduler& scheduler);

/// `{"issues": […], "unavailable": […], "config": {…}}`, the last one only if there is no error among the
/// issues.
std::string config_text(const ParsedConfig& parsed);

}  // namespace parking_lot::wasm
