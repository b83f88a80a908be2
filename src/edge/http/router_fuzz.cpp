// Paths as a stranger writes them: what is accepted is text, stays below its root, and is found by
// the router with nothing lost or added.

#include <cstdint>
#include <string_view>

#include "edge/http/router.h"
#include "edge/http/target.h"

namespace noroshi::edge::http {

namespace {

struct Table {
    Routes routes;
    Router router;
    Table() : routes(rows()), router(pointers(routes)) {}

    static Routes rows() {
        Routes routes;
        for (const auto* path : {"/", "/a", "/a/{b}", "/a/b/{c}", "/a/{b}/c", "/{x}/{y}/{z}"}) {
            Route route;
            route.path = path;
            route.query = [](const Request&) -> Result<Reply> { return Reply{}; };
            routes.add(std::move(route));
        }
        return routes;
    }
    static std::vector<const Route*> pointers(const Routes& routes) {
        std::vector<const Route*> all;
        for (const auto& route : routes.all()) all.push_back(&route);
        return all;
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Table table;
    const auto target = parse_target({reinterpret_cast<const char*>(data), size});
    if (!target) return 0;
    ASSERT(target->path.starts_with('/') && is_utf8(target->path));
    std::string joined;
    for (const auto& segment : target->segments) {
        ASSERT(segment != "." && segment != ".." && segment.find('\0') == std::string::npos);
        joined += "/" + segment;
    }
    ASSERT(joined == target->path);
    for (const auto& [name, value] : target->query) ASSERT(is_utf8(name) && is_utf8(value));
    const auto match = table.router.find(Method::get, target->segments);
    if (match.route != nullptr)
        for (const auto& [name, value] : match.captures) ASSERT(!value.empty());
    ASSERT(table.router.allowed(target->segments).empty() == (match.route == nullptr));
    return 0;
}

}  // namespace noroshi::edge::http
