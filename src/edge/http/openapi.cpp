// OpenAPI 3.1 from the route tables. Each row already knows its types, permission and words, so
// nothing is described twice. The client's types are generated from this document; therefore equal
// shapes are one named schema: every request and answer, and whatever stands in more than one place.

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "edge/http/handling.h"
#include "edge/http/server.h"

namespace noroshi::edge::http {

namespace {

namespace bj = boost::json;

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find(at), text.size());
        if (end > 0) parts.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

// "respond.incident.open_incident" → "RespondIncidentOpenIncident"
std::string pascal(std::string_view text) {
    std::string out;
    bool start = true;
    for (const char c : text) {
        const bool letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter) out += start && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        start = !letter;
    }
    return out;
}

bool is_placeholder(std::string_view segment) { return segment.starts_with('{'); }
std::string_view name_in(std::string_view segment) {
    return is_placeholder(segment) ? segment.substr(1, segment.size() - 2) : segment;
}

// The permission's name; where a permission guards several rows, with verb and path behind it.
std::map<const Route*, std::string> operation_ids(const std::vector<const Route*>& routes) {
    std::map<std::string_view, int> uses;
    for (const auto* route : routes) ++uses[route->permission.name];
    std::map<const Route*, std::string> ids;
    for (const auto* route : routes) {
        std::string id = route->permission.name;
        if (uses[route->permission.name] > 1) {
            std::string verb(name_of(route->method));
            std::ranges::transform(verb, verb.begin(),
                                   [](char c) { return static_cast<char>(c - 'A' + 'a'); });
            id += "." + verb;
            const auto prefix = split(route->permission.name, '.');
            for (const auto segment : split(route->path, '/'))
                if (segment != "api" && std::ranges::find(prefix, segment) == prefix.end())
                    id += "_" + std::string(name_in(segment));
        }
        ids[route] = std::move(id);
    }
    return ids;
}

bool is_shape(const bj::value& schema) {
    const auto* object = schema.if_object();
    return object != nullptr && object->contains("properties");
}

// Collects the shapes of all schemas, names those worth a name, and replaces them by references.
class Shapes {
public:
    void see(const bj::value& schema, const std::string& name, bool named) {
        if (is_shape(schema)) {
            auto& seen = seen_[bj::serialize(schema)];
            ++seen.count;
            seen.named = seen.named || named;
            if (seen.name.empty()) seen.name = name;
            if (const auto* title = schema.get_object().if_contains("title"))
                seen.title = std::string(title->as_string());
        }
        if (const auto* object = schema.if_object()) {
            for (const auto& [key, value] : *object) {
                if (key == "properties" && value.is_object()) {
                    for (const auto& [property, inner] : value.get_object())
                        see(inner, property == "items" ? name : name + pascal(property), false);
                } else {
                    see(value, key == "items" ? name + "Item" : name, false);
                }
            }
        } else if (const auto* array = schema.if_array()) {
            for (const auto& item : *array) see(item, name, false);
        }
    }

    // After everything was seen.
    bj::value replaced(const bj::value& schema) {
        if (is_shape(schema)) {
            const auto& seen = seen_.at(bj::serialize(schema));
            const auto size = schema.get_object().at("properties").as_object().size();
            if (seen.named || !seen.title.empty() || (seen.count > 1 && size > 1))
                return bj::object{{"$ref", "#/components/schemas/" + component(schema)}};
        }
        return inside(schema);
    }

    bj::object components() && { return std::move(components_); }

private:
    struct Seen {
        int count = 0;
        bool named = false;
        std::string name;
        std::string title;
        std::string component;
    };

    bj::value inside(const bj::value& schema) {
        if (const auto* object = schema.if_object()) {
            bj::object out;
            for (const auto& [key, value] : *object) out[key] = replaced(value);
            return out;
        }
        if (const auto* array = schema.if_array()) {
            bj::array out;
            for (const auto& item : *array) out.push_back(replaced(item));
            return out;
        }
        return schema;
    }

    const std::string& component(const bj::value& schema) {
        auto& seen = seen_.at(bj::serialize(schema));
        if (!seen.component.empty()) return seen.component;
        const std::string wanted = seen.title.empty() ? seen.name : seen.title;
        seen.component = wanted;
        for (int i = 2; components_.contains(seen.component); ++i)
            seen.component = wanted + std::to_string(i);
        components_[seen.component] = nullptr;  // taken, before what is inside takes it
        auto content = inside(schema);
        components_[seen.component] = std::move(content);
        return seen.component;
    }

    std::map<std::string, Seen> seen_;
    bj::object components_;
};

bj::value parsed(const std::string& schema) {
    bj::error_code error;
    auto value = bj::parse(schema, error);
    ASSERT(!error);
    return value;
}

bj::object reference(std::string_view to) { return {{"$ref", "#/components/" + std::string(to)}}; }

bj::object problem_schema() {
    return parsed(R"({
        "type": "object",
        "description": "RFC 9457",
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "In the reader's language"},
            "instance": {"type": "string", "format": "uri"},
            "key": {"type": "string", "description": "Of the message catalogue"},
            "errors": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "RFC 6901, into the request's body"},
                    "detail": {"type": "string"}
                },
                "required": ["pointer", "detail"]
            }}
        },
        "required": ["type", "title", "status", "detail", "instance", "key"]
    })")
        .as_object();
}

bj::object parameters_and_responses() {
    return parsed(R"({
        "parameters": {
            "IdempotencyKey": {
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "The same key from the same person gets the same answer for seven days",
                "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}
            },
            "IfMatch": {
                "name": "If-Match", "in": "header", "required": false,
                "description": "The ETag that was read; 409 if it has changed since",
                "schema": {"type": "string"}
            },
            "LastEventId": {
                "name": "Last-Event-ID", "in": "header", "required": false,
                "schema": {"type": "string"}
            }
        },
        "responses": {
            "Problem": {
                "description": "What is wrong",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
            }
        },
        "securitySchemes": {
            "session": {"type": "apiKey", "in": "cookie", "name": "noroshi_session"},
            "token": {"type": "http", "scheme": "bearer"}
        }
    })")
        .as_object();
}

bj::object operation(const Route& route, const std::string& id, Shapes& shapes) {
    const auto segments = split(route.path, '/');
    const bool is_command = route.command || route.later;
    bj::object out{{"operationId", id}, {"summary", route.summary}};
    if (segments.size() >= 3 && segments[0] == "api")
        out["tags"] = bj::array{std::string(segments[1]) + "/" + std::string(segments[2])};
    else if (segments.size() >= 2 && segments[0] == "api")
        out["tags"] = bj::array{segments[1]};
    else
        out["tags"] = bj::array{"edge"};

    bj::array parameters;
    bool has_placeholder = false;
    for (const auto segment : segments) {
        if (!is_placeholder(segment)) continue;
        has_placeholder = true;
        parameters.push_back({{"name", name_in(segment)},
                              {"in", "path"},
                              {"required", true},
                              {"schema", {{"type", "string"}}}});
    }
    for (const auto& name : route.parameters)
        parameters.push_back({{"name", name},
                              {"in", "query"},
                              {"required", false},
                              {"schema", {{"type", "string"}}}});
    if (route.command) parameters.push_back(reference("parameters/IdempotencyKey"));
    if (route.method == Method::put || route.method == Method::patch)
        parameters.push_back(reference("parameters/IfMatch"));
    if (route.answer_type == "text/event-stream")
        parameters.push_back(reference("parameters/LastEventId"));
    if (!parameters.empty()) out["parameters"] = std::move(parameters);

    if (!route.request_schema.empty())
        out["requestBody"] = {
            {"required", true},
            {"content",
             {{"application/json", {{"schema", shapes.replaced(parsed(route.request_schema))}}}}}};
    else if (!route.request_type.empty())
        out["requestBody"] = {{"required", true},
                              {"content", {{route.request_type, bj::object{}}}}};

    bj::object content;
    if (!route.answer_schema.empty())
        content["schema"] = shapes.replaced(parsed(route.answer_schema));
    bj::object success{{"description", "Done"}};
    if (route.success_status != 204 && route.success_status != 303)
        success["content"] = {{route.answer_type, std::move(content)}};
    bj::object responses{{std::to_string(route.success_status), std::move(success)}};
    std::vector<int> problems{400};
    if (route.permission.who != Permission::Who::anyone)
        problems.insert(problems.end(), {401, 403});
    if (has_placeholder) problems.push_back(404);
    if (is_command) problems.insert(problems.end(), {409, 413, 415, 429, 503});
    for (const int status : problems)
        responses[std::to_string(status)] = reference("responses/Problem");
    responses["default"] = reference("responses/Problem");
    out["responses"] = std::move(responses);

    if (route.permission.who == Permission::Who::anyone) {
        out["security"] = bj::array{};
    } else {
        bj::array roles;
        for (const Role role : route.permission.roles) roles.emplace_back(json::name_of(role));
        out["x-permission"] = route.permission.name;
        if (!roles.empty()) out["x-roles"] = std::move(roles);
    }
    return out;
}

}  // namespace

std::string openapi(const Routes& routes, std::string_view version) {
    Routes own;
    add_own_routes(own, nullptr);
    std::vector<const Route*> all;
    for (const auto* table : {&routes, static_cast<const Routes*>(&own)})
        for (const auto& route : table->all())
            if (!route.is_a_page()) all.push_back(&route);
    const auto ids = operation_ids(all);

    Shapes shapes;
    for (const auto* route : all) {
        // The last word of the permission is what is done: "open_incident".
        const auto words = split(ids.at(route), '.');
        std::string name;
        for (std::size_t i = words.size() > 2 ? 1 : 0; i < words.size(); ++i)
            name += pascal(words[i]);
        if (!route->request_schema.empty())
            shapes.see(parsed(route->request_schema), name + "Request", true);
        if (!route->answer_schema.empty())
            shapes.see(parsed(route->answer_schema), name + "Answer", true);
    }

    bj::object paths;
    for (const auto* route : all) {
        std::string verb(name_of(route->method));
        std::ranges::transform(verb, verb.begin(),
                               [](char c) { return static_cast<char>(c - 'A' + 'a'); });
        auto& path = paths[route->path];
        if (!path.is_object()) path = bj::object{};
        path.get_object()[verb] = operation(*route, ids.at(route), shapes);
    }

    auto components = parameters_and_responses();
    auto schemas = std::move(shapes).components();
    ASSERT(!schemas.contains("Problem"));
    schemas["Problem"] = problem_schema();
    components["schemas"] = std::move(schemas);

    const bj::object document{
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Noroshi"},
          {"version", version},
          {"description",
           "A port's cyber-incident response. Times are RFC 3339, identifiers "
           "opaque, unknown fields refused, errors RFC 9457."},
          {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
        {"servers", bj::array{bj::object{{"url", "/"}}}},
        {"security",
         bj::array{bj::object{{"session", bj::array{}}}, bj::object{{"token", bj::array{}}}}},
        {"paths", std::move(paths)},
        {"components", std::move(components)},
    };
    return bj::serialize(document);
}

}  // namespace noroshi::edge::http
