#pragma once
// Networks of queues as files (docs/formats/network.md): what `noroshi simulate` reads and prints.
// Pure: the file has been read and held against its schema by whoever calls.

#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "engines/simulate/network.h"
#include "kernel/result.h"

namespace noroshi::respond::forecast {

// `file` conforms to data/schemas/network.schema.json. Errors: invalid engines.simulate.… with the
// pointer of the place in the file.
Result<simulate::NetworkDescription> network_of(const boost::json::value& file);

// One distribution, {dist: erlang, k: 4, mean: 1.75}. `pointer`: where it stands.
Result<simulate::Distribution> distribution_of(const boost::json::value& value,
                                               const std::string& pointer);

// One line of JSON. `at` are the times of number_at as the person wrote them.
std::string json_of(const simulate::NetworkFigures& figures, const std::vector<std::string>& at,
                    const simulate::RunOptions& options, double wall_seconds);

// A table for people.
std::string table_of(const simulate::NetworkFigures& figures, const std::vector<std::string>& at);

}  // namespace noroshi::respond::forecast
