#pragma once

#include <string>
#include <string_view>

#include "parking_lot/audit.h"
#include "parking_lot/lot.h"
#include "scenario/spelling.h"

/// One line of trace for each thing that comes out of a lot: stable, compact, for people. Absent and default
/// values are left out.
namespace parking_lot::scenario {

std::string text_of(const Fact& fact, PoolId pool, Spelling& spelling);
std::string text_of(const mailbox::Fact& fact, Spelling& spelling);

std::string text_of(const Write& write, WallTime now, Spelling& spelling);
std::string text_of(const mailbox::Write& write, std::string_view store, WallTime now, Spelling& spelling);
std::string text_of(const Start& start, Spelling& spelling);
std::string text_of(const Stop& stop, Spelling& spelling);
std::string text_of(const Notify& notify, Spelling& spelling);
std::string text_of(const Release& release, Spelling& spelling);

/// The answer to a command that the script spelled `asked`. Pages take a line for each entry.
std::string text_of(const Reply& reply, PoolId pool, std::string_view asked, Spelling& spelling);
std::string text_of(const mailbox::Page& page, std::string_view asked, Spelling& spelling);

std::string text_of(const AuditEvent& event, Spelling& spelling);
std::string text_of(const PoolStats& stats);
std::string text_of(const PayloadRef& payload);

}  // namespace parking_lot::scenario
