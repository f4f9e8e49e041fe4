#pragma once

#include <string>
#include <string_view>

#include "codec/json_reader.h"
#include "codec/json_value.h"
#include "parking_lot/config.h"

/// What a config must fulfil beyond the type and range of each value.
namespace parking_lot {

/// Limits of tenants must be in the resources that the pool counts.
void check_tenant_resources(JsonReader& reader, const PoolConfig& pool);
/// And no larger than what the pool has.
void check_tenant_limits(JsonReader& reader, const PoolConfig& pool);

/// 1 to 64 letters, digits, `_`, `-` and `.`: names of pools, streams, resources and browser databases.
bool is_pool_name(std::string_view text);
/// Not empty, no control characters.
bool is_plain_text(std::string_view text);
/// A path, or a URL of a file.
bool is_folder(std::string_view text);
/// A name of SQL, with or without its schema, that needs no quotes.
bool is_table_name(std::string_view text);
/// What pgmq takes as a queue's name.
bool is_queue_name(std::string_view text);
/// The queue name of pgmq that is nearest to a pool's name.
std::string queue_name_for(std::string_view pool);
/// `http://` or `https://`, a host, no user name or password, no spaces.
bool is_http_url(std::string_view text);
/// `https://host` or `https://host:port`, or `*`.
bool is_origin(std::string_view text);
/// `host:port`; an IPv6 host in brackets.
bool is_listen_address(std::string_view text);

/// Checks across the keys of one pool. The reader stands at the pool.
void check_pool(JsonReader& reader, const JsonValue& value, const PoolConfig& pool);

/// Checks across pools: one browser database.
void check_pools(JsonReader& reader, const Config& config);

}  // namespace parking_lot
