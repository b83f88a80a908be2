#include "edge/http/router.h"

#include <algorithm>

namespace noroshi::edge::http {

Router::Router(std::vector<const Route*> routes) : routes_(std::move(routes)), nodes_(1) {
    for (std::size_t row = 0; row < routes_.size(); ++row) {
        const Route& route = *routes_[row];
        ASSERT(route.path.starts_with('/'));
        ASSERT((route.query != nullptr) + (route.command != nullptr) + (route.later != nullptr) ==
               1);
        std::vector<std::pair<std::size_t, std::string>> placeholders;
        std::string_view rest = route.path;
        std::size_t node = 0;
        for (std::size_t depth = 0; !rest.empty(); ++depth) {
            rest.remove_prefix(1);
            const auto end = std::min(rest.find('/'), rest.size());
            const auto segment = rest.substr(0, end);
            rest.remove_prefix(end);
            std::size_t next = 0;
            if (segment.starts_with('{') && segment.ends_with('}')) {
                placeholders.emplace_back(depth, segment.substr(1, segment.size() - 2));
                next = nodes_[node].placeholder;
            } else {
                for (const auto& [literal, to] : nodes_[node].literals)
                    if (literal == segment) next = to;
            }
            if (next == 0) {
                next = nodes_.size();
                nodes_.emplace_back();
                if (segment.starts_with('{'))
                    nodes_[node].placeholder = next;
                else
                    nodes_[node].literals.emplace_back(segment, next);
            }
            node = next;
        }
        for (const auto other : nodes_[node].rows) ASSERT(routes_[other]->method != route.method);
        nodes_[node].rows.push_back(row);
        placeholders_.push_back(std::move(placeholders));
    }
}

std::size_t Router::descend(std::size_t node, const std::vector<std::string>& segments,
                            std::size_t depth) const {
    const Node& here = nodes_[node];
    if (depth == segments.size()) return here.rows.empty() ? 0 : node;
    for (const auto& [literal, next] : here.literals) {
        if (literal != segments[depth]) continue;
        if (const auto found = descend(next, segments, depth + 1)) return found;
        break;
    }
    // A placeholder stands for something: "/incidents/" is not an incident without a name.
    if (here.placeholder == 0 || segments[depth].empty()) return 0;
    return descend(here.placeholder, segments, depth + 1);
}

Match Router::find(Method method, const std::vector<std::string>& segments) const {
    Match match;
    const auto node = descend(0, segments, 0);
    if (node == 0) return match;
    match.path_exists = true;
    for (const auto row : nodes_[node].rows) {
        if (routes_[row]->method != method) continue;
        match.route = routes_[row];
        match.index = row;
        for (const auto& [depth, name] : placeholders_[row])
            match.captures.emplace_back(name, segments[depth]);
        return match;
    }
    return match;
}

std::string Router::allowed(const std::vector<std::string>& segments) const {
    std::string allowed;
    const auto node = descend(0, segments, 0);
    if (node == 0) return allowed;
    for (const auto row : nodes_[node].rows) {
        if (!allowed.empty()) allowed += ", ";
        allowed += name_of(routes_[row]->method);
        if (routes_[row]->method == Method::get) allowed += ", HEAD";
    }
    return allowed;
}

}  // namespace noroshi::edge::http
