#pragma once

#include <initializer_list>
#include <span>

#include "config_keys.h"

namespace parking_lot {

/// `type`, `properties` and `additionalProperties` of an object with these keys; `defaults`: an owner fresh
/// from its constructor, whose values become the schema's defaults. The caller opens and closes the schema
/// object.
void write_object_schema(JsonWriter& out, std::span<const Key> keys, const void* defaults);

/// The same for an object whose keys fill several owners. Without `defaults` no default is shown.
struct SchemaSection {
  std::span<const Key> keys;
  const void* defaults = nullptr;
};
void write_object_schema(JsonWriter& out, std::initializer_list<SchemaSection> sections);

/// `type` and `items` of an array of objects with these keys.
void write_elements_schema(JsonWriter& out, std::initializer_list<SchemaSection> sections);

/// `type` and `enum` of a word.
void write_words_schema(JsonWriter& out, std::span<const Word> words);

}  // namespace parking_lot
