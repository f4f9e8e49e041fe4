#pragma once

#include "parking_lot/garage/ticket.h"
#include "parking_lot/types.h"

namespace parking_lot::garage {

/// The id of a ticket by when it was opened, its number (below 2^40) and the opening's entropy: 34 bits look
/// random, 40 hold the number under a mask that follows from the others. So ids of one garage differ, and an
/// id leads to its ticket without a table.
TicketId ticket_id_of(WallTime entry, std::uint64_t number, Entropy entropy);
/// The number that such an id holds; of any other id some number below 2^40.
std::uint64_t number_in(TicketId id);

}  // namespace parking_lot::garage
