#include "edge/http/handling.h"
#include "edge/http/server.h"

namespace noroshi::edge::http {

std::string openapi(const Routes&, std::string_view) { return "{}"; }

}  // namespace noroshi::edge::http
