#include "engines/detect/yaml.h"

#include <yaml.h>

#include <map>

namespace noroshi::engines::detect {

Yaml::Yaml() = default;
Yaml::~Yaml() = default;
Yaml::Yaml(const Yaml&) = default;
Yaml::Yaml(Yaml&&) noexcept = default;
Yaml& Yaml::operator=(const Yaml&) = default;
Yaml& Yaml::operator=(Yaml&&) noexcept = default;

const Yaml* Yaml::find(std::string_view key) const {
    for (const auto& [name, value] : members)
        if (name == key) return &value;
    return nullptr;
}

std::string_view Yaml::text_of(std::string_view key) const {
    const Yaml* value = find(key);
    return value != nullptr && value->is_scalar() ? std::string_view(value->text)
                                                  : std::string_view();
}

namespace {

constexpr std::size_t max_nodes = 1 << 20;
constexpr int max_depth = 100;

bool is_null_word(std::string_view text) {
    return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

std::string_view view(const yaml_char_t* text) {
    return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

class Reader {
public:
    explicit Reader(std::string_view text) {
        yaml_parser_initialize(&parser_);
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                     text.size());
    }
    ~Reader() { yaml_parser_delete(&parser_); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    YamlFile read() {
        YamlFile file;
        for (;;) {
            yaml_event_t event;
            if (!next(event)) break;
            const auto type = event.type;
            yaml_event_delete(&event);
            if (type == YAML_STREAM_END_EVENT) break;
            if (type != YAML_DOCUMENT_START_EVENT) continue;
            anchors_.clear();
            nodes_ = 0;
            Yaml document;
            if (!value(document, 0)) break;
            file.documents.push_back(std::move(document));
        }
        file.error = error_;
        file.error_line = error_line_;
        return file;
    }

private:
    bool next(yaml_event_t& event) {
        if (yaml_parser_parse(&parser_, &event) != 0) return true;
        complain(parser_.problem == nullptr ? "unreadable" : parser_.problem,
                 static_cast<int>(parser_.problem_mark.line) + 1);
        return false;
    }
    bool complain(std::string problem, int line) {
        if (error_.empty()) {
            error_ = std::move(problem);
            error_line_ = line;
        }
        return false;
    }

    bool value(Yaml& out, int depth) {
        yaml_event_t event;
        if (!next(event)) return false;
        const bool good = value_of(event, out, depth);
        yaml_event_delete(&event);
        return good;
    }

    bool value_of(const yaml_event_t& event, Yaml& out, int depth) {
        out.line = static_cast<int>(event.start_mark.line) + 1;
        if (depth > max_depth) return complain("nested too deeply", out.line);
        if (++nodes_ > max_nodes) return complain("too large", out.line);
        switch (event.type) {
        case YAML_SCALAR_EVENT: {
            const auto& scalar = event.data.scalar;
            out.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
            out.quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE;
            const auto tag = view(scalar.tag);
            if (tag == YAML_STR_TAG) out.quoted = true;
            out.type =
                !out.quoted && is_null_word(out.text) ? Yaml::Type::null : Yaml::Type::scalar;
            remember(scalar.anchor, out);
            return true;
        }
        case YAML_ALIAS_EVENT: {
            const auto found = anchors_.find(std::string(view(event.data.alias.anchor)));
            if (found == anchors_.end()) return complain("unknown anchor", out.line);
            out = found->second;
            nodes_ += count(out);
            return nodes_ <= max_nodes || complain("too large", out.line);
        }
        case YAML_SEQUENCE_START_EVENT: {
            out.type = Yaml::Type::list;
            const std::string anchor(view(event.data.sequence_start.anchor));
            for (;;) {
                yaml_event_t inner;
                if (!next(inner)) return false;
                if (inner.type == YAML_SEQUENCE_END_EVENT) {
                    yaml_event_delete(&inner);
                    break;
                }
                const bool good = value_of(inner, out.items.emplace_back(), depth + 1);
                yaml_event_delete(&inner);
                if (!good) return false;
            }
            if (!anchor.empty()) anchors_[anchor] = out;
            return true;
        }
        case YAML_MAPPING_START_EVENT: {
            out.type = Yaml::Type::map;
            const std::string anchor(view(event.data.mapping_start.anchor));
            for (;;) {
                yaml_event_t inner;
                if (!next(inner)) return false;
                if (inner.type == YAML_MAPPING_END_EVENT) {
                    yaml_event_delete(&inner);
                    break;
                }
                Yaml key;
                const bool good = value_of(inner, key, depth + 1);
                yaml_event_delete(&inner);
                if (!good) return false;
                if (key.is_list() || key.is_map())
                    return complain("a key that is no scalar", key.line);
                auto& member = out.members.emplace_back(Yaml::Member{std::move(key.text), Yaml()});
                if (!value(member.value, depth + 1)) return false;
                for (std::size_t i = 0; i + 1 < out.members.size(); ++i)
                    if (out.members[i].name == member.name)
                        return complain("the key '" + member.name + "' stands twice", key.line);
            }
            if (!anchor.empty()) anchors_[anchor] = out;
            return true;
        }
        default: return complain("unexpected", out.line);
        }
    }

    void remember(const yaml_char_t* anchor, const Yaml& node) {
        if (anchor != nullptr) anchors_[std::string(view(anchor))] = node;
    }
    static std::size_t count(const Yaml& node) {
        std::size_t sum = 1;
        for (const Yaml& item : node.items) sum += count(item);
        for (const auto& [name, member] : node.members) sum += count(member);
        return sum;
    }

    yaml_parser_t parser_{};
    std::map<std::string, Yaml, std::less<>> anchors_;
    std::size_t nodes_ = 0;
    std::string error_;
    int error_line_ = 0;
};

}  // namespace

YamlFile read_yaml(std::string_view text) { return Reader(text).read(); }

}  // namespace noroshi::engines::detect
