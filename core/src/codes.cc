#include "parking_lot/codes.h"

#include "codec/json_words.h"
#include "parking_lot/config.h"

namespace parking_lot {

std::string_view name_of(std::span<const Word> words, std::uint8_t number) {
  for (const Word& word : words) {
    if (word.number == number) return word.name;
  }
  return "?";
}

std::optional<std::uint8_t> number_of(std::span<const Word> words, std::string_view name) {
  for (const Word& word : words) {
    if (word.name == name) return word.number;
  }
  return std::nullopt;
}

#define PARKING_LOT_DEFINE_TO_STRING(Type)                                 \
  std::string_view to_string(Type value) {                                 \
    return name_of(WordsOf<Type>::list, static_cast<std::uint8_t>(value)); \
  }

#define PARKING_LOT_DEFINE_NAMES(Type)                                        \
  PARKING_LOT_DEFINE_TO_STRING(Type)                                          \
  std::optional<Type> parse_##Type(std::string_view name) {                   \
    const auto number = number_of(WordsOf<Type>::list, name);                 \
    return number ? std::optional(static_cast<Type>(*number)) : std::nullopt; \
  }

PARKING_LOT_DEFINE_NAMES(Priority)
PARKING_LOT_DEFINE_NAMES(ResourceKind)
PARKING_LOT_DEFINE_NAMES(Status)
PARKING_LOT_DEFINE_NAMES(Refusal)
PARKING_LOT_DEFINE_NAMES(Reason)
PARKING_LOT_DEFINE_NAMES(PoolState)
PARKING_LOT_DEFINE_NAMES(StreamState)
PARKING_LOT_DEFINE_NAMES(Action)
PARKING_LOT_DEFINE_NAMES(SubjectKind)
PARKING_LOT_DEFINE_NAMES(Policy)
PARKING_LOT_DEFINE_NAMES(Dedup)
PARKING_LOT_DEFINE_NAMES(OnDisconnect)
PARKING_LOT_DEFINE_NAMES(Wait)
PARKING_LOT_DEFINE_TO_STRING(StorageKind)
PARKING_LOT_DEFINE_TO_STRING(Runtime)

#define PARKING_LOT_STATUS_CASE(name, number, http, text) \
  case Refusal::name:                                     \
    return http;
#define PARKING_LOT_SENTENCE_CASE(name, number, http, text) \
  case Refusal::name:                                       \
    return text;

int http_status(Refusal refusal) {
  switch (refusal) { PARKING_LOT_REFUSALS(PARKING_LOT_STATUS_CASE) }
  return 500;
}

std::string_view sentence(Refusal refusal) {
  switch (refusal) { PARKING_LOT_REFUSALS(PARKING_LOT_SENTENCE_CASE) }
  return "?";
}

}  // namespace parking_lot
