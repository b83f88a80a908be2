#pragma once
// The call-out's rows of the route table.

#include "edge/http/route.h"

namespace noroshi::respond::callout {

class Callout;
edge::http::Routes& add_routes(edge::http::Routes& routes, Callout& room);

}  // namespace noroshi::respond::callout
