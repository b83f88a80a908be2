#pragma once
// Holds a file written by hand against a JSON Schema before anything is done with it. The schemas
// lie in data/schemas, travel inside the binary and are what docs/formats documents, so what is
// checked and what is promised are the same text.
//
// Understood is the part of draft 2020-12 that these use: $ref to #/$defs, type, enum, const, anyOf,
// oneOf (as anyOf), properties, required, additionalProperties, items, minItems, maxItems, minimum,
// maximum, exclusiveMinimum, minLength. A schema with any other word is refused, not half checked.

#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "edge/cli/content.h"
#include "kernel/result.h"

namespace noroshi::edge::cli {

// The content as JSON if it conforms. `schema` names a file of data/schemas: "network". Errors:
// invalid edge.cli.content.{missing, unknown, twice, wrong_type} and
// edge.cli.schema.{one_of, least, most, length} {file, line, field, …}; field is written like
// stations[0].service.mean.
Result<boost::json::value> conforming(const Content& content, std::string_view schema);

// The place of a JSON pointer (/stations/0/service) in a content, as far as it goes, and its name
// as above: so that what is found wrong later is told with file and line too.
std::unexpected<Error> wrong_at(const Content& content, std::string_view pointer,
                                std::string_view reason);

}  // namespace noroshi::edge::cli
