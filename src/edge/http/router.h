#pragma once
// From a method and a path to a row of the tables: a tree of segments, compiled once. A literal
// segment is preferred to a placeholder; the same path and method twice is our own bug.
// Immutable after construction, hence safe from any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "edge/http/route.h"

namespace noroshi::edge::http {

struct Match {
    const Route* route = nullptr;  // null: see path_exists
    std::size_t index = 0;         // of the route, in the order given
    Headers captures;              // by the route's own placeholder names
    bool path_exists = false;      // 405 rather than 404
};

class Router {
public:
    // The routes must outlive the router.
    explicit Router(std::vector<const Route*> routes);

    // `segments` as Target gives them.
    Match find(Method method, const std::vector<std::string>& segments) const;
    // "GET, HEAD, POST": what the path answers to; empty if it does not exist.
    std::string allowed(const std::vector<std::string>& segments) const;
    const std::vector<const Route*>& routes() const { return routes_; }

private:
    struct Node {
        std::vector<std::pair<std::string, std::size_t>> literals;  // → nodes_
        std::size_t placeholder = 0;                                // → nodes_; 0: none
        std::vector<std::size_t> rows;                              // → routes_
    };
    // The node for these segments that has rows, or 0.
    std::size_t descend(std::size_t node, const std::vector<std::string>& segments,
                        std::size_t depth) const;

    std::vector<const Route*> routes_;
    std::vector<std::vector<std::pair<std::size_t, std::string>>> placeholders_;  // per route
    std::vector<Node> nodes_;
};

}  // namespace noroshi::edge::http
