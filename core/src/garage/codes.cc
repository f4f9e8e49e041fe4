#include "parking_lot/garage/codes.h"

#include "garage/words.h"

namespace parking_lot::garage {

#define PARKING_LOT_GARAGE_NAMES(Type)                                        \
  std::string_view to_string(Type value) {                                    \
    return name_of(WordsOf<Type>::list, static_cast<std::uint8_t>(value));    \
  }                                                                           \
  std::optional<Type> parse_##Type(std::string_view name) {                   \
    const auto number = number_of(WordsOf<Type>::list, name);                 \
    return number ? std::optional(static_cast<Type>(*number)) : std::nullopt; \
  }

PARKING_LOT_GARAGE_NAMES(VehicleType)
PARKING_LOT_GARAGE_NAMES(VehicleSize)
PARKING_LOT_GARAGE_NAMES(SpotKind)
PARKING_LOT_GARAGE_NAMES(SpotState)
PARKING_LOT_GARAGE_NAMES(Feature)
PARKING_LOT_GARAGE_NAMES(TicketState)
PARKING_LOT_GARAGE_NAMES(Allocation)
PARKING_LOT_GARAGE_NAMES(Refusal)
PARKING_LOT_GARAGE_NAMES(LineKind)
PARKING_LOT_GARAGE_NAMES(Action)
PARKING_LOT_GARAGE_NAMES(SubjectKind)

#undef PARKING_LOT_GARAGE_NAMES

int http_status(Refusal refusal) {
  switch (refusal) {
#define PARKING_LOT_STATUS_OF(name, number, status, text) \
  case Refusal::name:                                     \
    return status;
    PARKING_LOT_GARAGE_REFUSALS(PARKING_LOT_STATUS_OF)
#undef PARKING_LOT_STATUS_OF
  }
  return 500;
}

std::string_view sentence(Refusal refusal) {
  switch (refusal) {
#define PARKING_LOT_SENTENCE_OF(name, number, status, text) \
  case Refusal::name:                                       \
    return text;
    PARKING_LOT_GARAGE_REFUSALS(PARKING_LOT_SENTENCE_OF)
#undef PARKING_LOT_SENTENCE_OF
  }
  return {};
}

}  // namespace parking_lot::garage
