#pragma once

#include "parking_lot/garage/ticket.h"
#include "parking_lot/types.h"

namespace parking_lot::garage {

/// The id of a ticket by when it was opened, its number and the opening's entropy: 74 bits of it look random,
/// and the same three give the same id.
TicketId ticket_id_of(WallTime entry, std::uint64_t number, Entropy entropy);

}  // namespace parking_lot::garage
