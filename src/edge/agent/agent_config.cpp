#define TOML_EXCEPTIONS 0  // errors as values
#include <toml++/toml.h>

#include "edge/agent/agent.h"
#include "kernel/crypto/hash.h"
#include "kernel/store/files.h"

namespace noroshi::edge::agent {

namespace {

// Takes what it knows out of a table; whatever is left is a misspelling and named as such.
class Taker {
public:
    Taker(const toml::table& table, std::string file, std::string prefix)
        : table_(table), file_(std::move(file)), prefix_(std::move(prefix)) {}

    template <class T>
    Taker& take(std::string_view name, T& into) {
        const auto* node = look(name);
        if (node == nullptr) return *this;
        if (auto value = node->value_exact<T>())
            into = *value;
        else
            complain(*node, name, "type");
        return *this;
    }
    Taker& take(std::string_view name, std::vector<std::string>& into) {
        const auto* node = look(name);
        if (node == nullptr) return *this;
        const auto* array = node->as_array();
        if (array == nullptr) {
            complain(*node, name, "type");
            return *this;
        }
        for (const auto& element : *array)
            if (auto value = element.value_exact<std::string>())
                into.push_back(*value);
            else
                complain(element, name, "type");
        return *this;
    }
    const toml::node* look(std::string_view name) {
        known_.emplace_back(name);
        return table_.get(name);
    }
    void complain(const toml::node& node, std::string_view name, std::string_view reason) {
        if (error_) return;
        error_ = Error{ErrorKind::invalid,
                       "edge.agent.config",
                       {{"file", file_},
                        {"line", std::to_string(node.source().begin.line)},
                        {"name", prefix_ + std::string(name)},
                        {"reason", std::string(reason)}},
                       {}};
    }
    Result<> done() {
        for (const auto& [key, node] : table_)
            if (std::ranges::find(known_, key.str()) == known_.end())
                complain(node, key.str(), "unknown");
        if (error_) return std::unexpected(*error_);
        return {};
    }

private:
    const toml::table& table_;
    std::string file_;
    std::string prefix_;
    std::vector<std::string> known_;
    std::optional<Error> error_;
};

Result<std::string> first_line_of(const std::string& path) {
    TRY_LET(auto text, store::read_file(path));
    text.resize(std::min(text.find('\n'), text.size()));
    while (text.ends_with('\r') || text.ends_with(' ')) text.pop_back();
    return text;
}

}  // namespace

Result<AgentConfig> read_config(const std::string& path) {
    TRY_LET(const auto text, store::read_file(path));
    const auto wrong = [&](std::size_t line, std::string_view name, std::string_view reason) {
        return fail(ErrorKind::invalid, "edge.agent.config",
                    {{"file", path},
                     {"line", std::to_string(line)},
                     {"name", std::string(name)},
                     {"reason", std::string(reason)}});
    };
    const auto parsed = toml::parse(text, path);
    if (!parsed)
        return wrong(parsed.error().source().begin.line, "TOML", parsed.error().description());
    const toml::table& root = parsed.table();

    AgentConfig config;
    std::string token_file, key_file;
    std::int64_t spool_megabytes = 1024;
    Taker top(root, path, "");
    top.take("server", config.server)
        .take("token_file", token_file)
        .take("ca_file", config.ca_file)
        .take("spool", config.spool)
        .take("spool_megabytes", spool_megabytes)
        .take("journal_command", config.journal_command);
    const auto* replace = top.look("pseudonymise");
    const auto* sources = top.look("source");
    TRY(top.done());
    for (const auto& [name, value] :
         {std::pair{"server", config.server}, {"spool", config.spool}, {"token_file", token_file}})
        if (value.empty()) return wrong(1, name, "missing");
    if (spool_megabytes < 1) return wrong(1, "spool_megabytes", "range");
    config.spool_bytes = static_cast<std::uint64_t>(spool_megabytes) << 20;
    TRY_LET(config.token, first_line_of(token_file));

    if (replace != nullptr) {
        const auto* table = replace->as_table();
        if (table == nullptr) return wrong(replace->source().begin.line, "pseudonymise", "type");
        std::vector<std::string> networks;
        Taker taker(*table, path, "pseudonymise.");
        taker.take("key_file", key_file)
            .take("own_networks", networks)
            .take("own_domains", config.rules.suffixes)
            .take("own_prefixes", config.rules.prefixes);
        TRY(taker.done());
        if (key_file.empty())
            return wrong(table->source().begin.line, "pseudonymise.key_file", "missing");
        for (const auto& network : networks) {
            TRY_LET(auto one, parse_network(network));
            config.rules.own.push_back(one);
        }
        for (auto& domain : config.rules.suffixes)
            if (!domain.starts_with('.')) domain.insert(0, 1, '.');
        TRY_LET(const auto hex, first_line_of(key_file));
        const auto bytes = from_hex(hex);
        PseudonymKey key{};
        if (!bytes || bytes->size() != key.size())
            return wrong(table->source().begin.line, "pseudonymise.key_file", "64 hex digits");
        std::copy(bytes->begin(), bytes->end(), key.begin());
        config.key = key;
    }

    const auto* list = sources == nullptr ? nullptr : sources->as_array();
    if (list == nullptr || list->empty()) return wrong(1, "source", "missing");
    for (const auto& node : *list) {
        const auto* table = node.as_table();
        if (table == nullptr) return wrong(node.source().begin.line, "source", "type");
        SourceConfig source;
        Taker taker(*table, path, "source.");
        taker.take("id", source.id)
            .take("files", source.files)
            .take("syslog_udp", source.syslog_udp)
            .take("syslog_tcp", source.syslog_tcp)
            .take("netflow_udp", source.netflow_udp)
            .take("journald", source.journald);
        TRY(taker.done());
        const bool plain = !source.id.empty() && std::ranges::all_of(source.id, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        });
        if (!plain) return wrong(table->source().begin.line, "source.id", "missing");
        if (source.files.empty() && source.syslog_udp.empty() && source.syslog_tcp.empty() &&
            source.netflow_udp.empty() && !source.journald)
            return wrong(table->source().begin.line, "source.files", "missing");
        for (const auto& other : config.sources)
            if (other.id == source.id)
                return wrong(table->source().begin.line, "source.id", "twice");
        config.sources.push_back(std::move(source));
    }
    return config;
}

}  // namespace noroshi::edge::agent
