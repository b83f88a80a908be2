#include "edge/cli/config.h"

#define TOML_EXCEPTIONS 0  // errors as values
#include <toml++/toml.h>
#include <charconv>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>

#include "kernel/identity/visibility.h"

namespace noroshi::edge::cli {

namespace {

class Reader {
public:
    explicit Reader(const std::string& file) : file_(file) {}

    using Take = std::function<bool(const toml::node&)>;  // false: wrong type

    Result<> table(const toml::table& table, const std::string& prefix,
                   const std::map<std::string, Take>& names) const {
        for (const auto& [key, node] : table) {
            const std::string name = prefix + std::string(key.str());
            const auto found = names.find(std::string(key.str()));
            if (found == names.end()) return wrong("edge.cli.config_unknown_name", node, name);
            if (!found->second(node)) return wrong("edge.cli.config_wrong_type", node, name);
        }
        return {};
    }

private:
    Result<> wrong(std::string key, const toml::node& node, const std::string& name) const {
        return fail(
            ErrorKind::invalid, std::move(key),
            {{"file", file_}, {"line", std::to_string(node.source().begin.line)}, {"name", name}});
    }
    const std::string& file_;
};

Reader::Take text(std::string& into) {
    return [&into](const toml::node& node) {
        const auto value = node.value_exact<std::string>();
        if (value) into = *value;
        return value.has_value();
    };
}
Reader::Take number(std::int64_t& into, std::int64_t least, std::int64_t most) {
    return [&into, least, most](const toml::node& node) {
        const auto value = node.value_exact<std::int64_t>();
        if (!value || *value < least || *value > most) return false;
        into = *value;
        return true;
    };
}
Reader::Take texts(std::vector<std::string>& into) {
    return [&into](const toml::node& node) {
        const auto* items = node.as_array();
        if (items == nullptr) return false;
        for (const auto& item : *items) {
            const auto value = item.value_exact<std::string>();
            if (!value) return false;
            into.push_back(*value);
        }
        return true;
    };
}
Reader::Take flag(bool& into) {
    return [&into](const toml::node& node) {
        const auto value = node.value_exact<bool>();
        if (value) into = *value;
        return value.has_value();
    };
}

Result<ChatSettings> chat_settings(const Reader& reader, const toml::table& entry) {
    ChatSettings one;
    TRY(reader.table(entry, "chat.service.",
                     {{"name", text(one.name)},
                      {"kind", text(one.kind)},
                      {"url", text(one.url)},
                      {"url_file", text(one.url_file)},
                      {"direct", flag(one.direct)},
                      {"room", flag(one.room)},
                      {"max_tlp", text(one.max_tlp)},
                      {"organisations", texts(one.organisations)},
                      {"channel", text(one.channel)},
                      {"auth_url", text(one.auth_url)},
                      {"client_id", text(one.client_id)},
                      {"client_secret_file", text(one.client_secret_file)},
                      {"service_account", text(one.service_account)},
                      {"private_key_file", text(one.private_key_file)},
                      {"bot", text(one.bot)},
                      {"ca_file", text(one.ca_file)}}));
    const bool is_name =
        !one.name.empty() && one.name.size() <= 32 &&
        one.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
    if (!is_name) return fail(ErrorKind::invalid, "edge.cli.chat_name", {{"name", one.name}});
    if (one.kind != "slack" && one.kind != "teams" && one.kind != "line_works")
        return fail(ErrorKind::invalid, "edge.cli.chat_kind_unknown",
                    {{"name", one.name}, {"text", one.kind}});
    if (!parse_tlp(one.max_tlp))
        return fail(ErrorKind::invalid, "edge.cli.chat_tlp",
                    {{"name", one.name}, {"text", one.max_tlp}});
    if (one.kind == "line_works") {
        if (one.url.empty()) one.url = "https://www.worksapis.com/v1.0";
        if (one.auth_url.empty()) one.auth_url = "https://auth.worksmobile.com/oauth2/v2.0/token";
    }
    return one;
}

Result<> listener(const Reader& reader, const toml::table& entry,
                  reception::ReceptionOptions& into) {
    reception::ListenerSettings one;
    std::string way;
    TRY(reader.table(entry, "watch.receive.",
                     {{"name", text(one.name)},
                      {"way", text(way)},
                      {"address", text(one.address)},
                      {"tls_certificate", text(one.tls_certificate)},
                      {"tls_key", text(one.tls_key)}}));
    if (one.name.empty()) one.name = "receive" + std::to_string(into.listeners.size() + 1);
    const auto known = reception::way_named(way);
    const auto wrong = [&](const char* key, const std::string& detail) {
        return fail(ErrorKind::invalid, key, {{"name", one.name}, {"text", detail}});
    };
    if (!known) return wrong("edge.cli.receive_way", way);
    one.way = *known;
    if (one.address.empty()) return wrong("edge.cli.receive_incomplete", "address");
    if (one.way == reception::Way::syslog_tls && one.tls_certificate.empty())
        return wrong("edge.cli.receive_incomplete", "tls_certificate");
    if (one.way == reception::Way::syslog_tls && one.tls_key.empty())
        return wrong("edge.cli.receive_incomplete", "tls_key");
    for (const auto& other : into.listeners)
        if (other.name == one.name) return wrong("edge.cli.receive_twice", one.name);
    into.listeners.push_back(std::move(one));
    return {};
}

Result<courier::CopyTarget> copy_target(const Reader& reader, const toml::table& entry) {
    courier::CopyTarget target;
    std::string password_file;
    TRY(reader.table(entry, "public.push.",
                     {{"url", text(target.url)},
                      {"user", text(target.user)},
                      {"password_file", text(password_file)},
                      {"key_file", text(target.key_file)},
                      {"known_hosts", text(target.known_hosts)},
                      {"region", text(target.region)}}));
    if (password_file.empty()) return target;
    std::ifstream file(password_file);
    if (!std::getline(file, target.password))
        return fail(ErrorKind::invalid, "edge.cli.password_unreadable",
                    {{"name", target.url}, {"file", password_file}});
    return target;
}

}  // namespace

Result<http::Listen> parse_listen(std::string_view text) {
    auto malformed = [&] {
        return fail(ErrorKind::invalid, "edge.cli.listen_malformed", {{"text", std::string(text)}});
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return malformed();
    http::Listen listen;
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (!host.empty()) listen.address = host;
    const auto port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), listen.port);
    if (error != std::errc{} || end != port.data() + port.size() || port.empty())
        return malformed();
    return listen;
}

Result<courier::SmtpRelay> smtp_relay(const MailRelay& relay) {
    auto malformed = [&] {
        return fail(ErrorKind::invalid, "edge.cli.relay_malformed",
                    {{"name", relay.name}, {"text", relay.url}});
    };
    courier::SmtpRelay read;
    std::string_view rest = relay.url;
    if (rest.starts_with("smtps://")) {
        read.security = courier::Security::tls;
        read.port = 465;
    } else if (!rest.starts_with("smtp://")) {
        return malformed();
    } else if (relay.starttls == "required") {
        read.security = courier::Security::starttls;
    } else if (relay.starttls == "optional") {
        read.security = courier::Security::starttls_if_offered;
    } else if (relay.starttls == "never") {
        read.security = courier::Security::none;
    } else {
        return malformed();
    }
    rest.remove_prefix(rest.find("://") + 3);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const auto colon = rest.rfind(':');
    if (colon != std::string_view::npos && !rest.ends_with(']')) {
        const auto port = rest.substr(colon + 1);
        const auto [end, error] =
            std::from_chars(port.data(), port.data() + port.size(), read.port);
        if (error != std::errc{} || end != port.data() + port.size()) return malformed();
        rest = rest.substr(0, colon);
    }
    if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
    if (rest.empty()) return malformed();
    read.host = rest;
    read.login = relay.user;
    read.ca_file = relay.ca_file;
    if (!relay.password_file.empty()) {
        TRY_LET(read.password, secret_of(relay.password_file, relay.name));
    }
    return read;
}

Result<std::string> secret_of(const std::string& path, const std::string& name) {
    std::ifstream file(path);
    std::string secret;
    if (!std::getline(file, secret))
        return fail(ErrorKind::invalid, "edge.cli.password_unreadable",
                    {{"name", name}, {"file", path}});
    return secret;
}

Result<Config> parse_config(std::string_view content, const std::string& path) {
    const toml::parse_result parsed = toml::parse(content, path);
    if (!parsed)
        return fail(ErrorKind::invalid, "edge.cli.config_malformed",
                    {{"file", path},
                     {"line", std::to_string(parsed.error().source().begin.line)},
                     {"reason", std::string(parsed.error().description())}});
    Config config;
    const Reader reader(path);
    Result<> inner;  // the first thing wrong in a nested table
    auto keep = [&inner](Result<> result) {
        if (inner) inner = std::move(result);
    };
    auto nested = [&](auto read) {
        return [&keep, read](const toml::node& node) {
            const auto* table = node.as_table();
            if (table == nullptr) return false;
            keep(read(*table));
            return true;
        };
    };
    auto list = [&](auto read) {
        return [&keep, read](const toml::node& node) {
            const auto* items = node.as_array();
            if (items == nullptr) return false;
            for (const auto& item : *items) {
                const auto* table = item.as_table();
                if (table == nullptr) return false;
                keep(read(*table));
            }
            return true;
        };
    };
    std::string public_text;
    std::int64_t quiet_seconds = 10, memory_megabytes = 64, linger = 2000;
    TRY(reader.table(
        parsed.table(), "",
        {{"store", text(config.store)},
         {"zone", text(config.zone)},
         {"public_url", text(config.public_url)},
         {"behind_tls_proxy", flag(config.behind_tls_proxy)},
         {"web_root", text(config.web_root)},
         {"log_file", text(config.log_file)},
         {"http_threads",
          [&](const toml::node& node) {
              const auto value = node.value_exact<std::int64_t>();
              if (!value || *value < 1 || *value > 64) return false;
              config.http_threads = static_cast<unsigned>(*value);
              return true;
          }},
         {"listen", list([&](const toml::table& table) -> Result<> {
              http::Listen listen;
              std::string address;
              TRY(reader.table(table, "listen.",
                               {{"address", text(address)},
                                {"tls_certificate", text(listen.tls_certificate)},
                                {"tls_key", text(listen.tls_key)}}));
              TRY_LET(auto where, parse_listen(address));
              listen.address = where.address;
              listen.port = where.port;
              config.listen.push_back(std::move(listen));
              return {};
          })},
         {"public", nested([&](const toml::table& table) -> Result<> {
              TRY(reader.table(table, "public.",
                               {{"listen", text(public_text)},
                                {"url", text(config.public_page_url)},
                                {"tls_certificate", text(config.public_listen.tls_certificate)},
                                {"tls_key", text(config.public_listen.tls_key)},
                                {"copy_to", text(config.public_copy)},
                                {"push", list([&](const toml::table& entry) -> Result<> {
                                     TRY_LET(auto target, copy_target(reader, entry));
                                     config.public_push.push_back(std::move(target));
                                     return {};
                                 })}}));
              if (public_text.empty()) return {};
              TRY_LET(const auto where, parse_listen(public_text));
              config.public_listen.address = where.address;
              config.public_listen.port = where.port;
              return {};
          })},
         {"watch", nested([&](const toml::table& table) -> Result<> {
              return reader.table(table, "watch.",
                                  {{"rules", text(config.watch_rules)},
                                   {"indicators", text(config.watch_indicators)},
                                   {"allowed", text(config.watch_allowed)},
                                   {"own_rules", flag(config.watch_own_rules)},
                                   {"files", text(config.reception.files)},
                                   {"files_quiet_seconds", number(quiet_seconds, 0, 86'400)},
                                   {"memory_megabytes", number(memory_megabytes, 8, 65'536)},
                                   {"linger_milliseconds", number(linger, 0, 60'000)},
                                   {"receive", list([&](const toml::table& entry) {
                                        return listener(reader, entry, config.reception);
                                    })}});
          })},
         {"mail", nested([&](const toml::table& table) -> Result<> {
              return reader.table(
                  table, "mail.",
                  {{"from", text(config.mail_from)},
                   {"folder", text(config.mail_folder)},
                   {"relay", list([&](const toml::table& entry) -> Result<> {
                        MailRelay relay;
                        TRY(reader.table(entry, "mail.relay.",
                                         {{"name", text(relay.name)},
                                          {"url", text(relay.url)},
                                          {"starttls", text(relay.starttls)},
                                          {"user", text(relay.user)},
                                          {"password_file", text(relay.password_file)},
                                          {"ca_file", text(relay.ca_file)}}));
                        if (relay.name.empty())
                            relay.name = "relay" + std::to_string(config.relays.size() + 1);
                        config.relays.push_back(std::move(relay));
                        return {};
                    })}});
          })},
         {"heartbeat", nested([&](const toml::table& table) -> Result<> {
              auto& heartbeat = config.heartbeat;
              return reader.table(table, "heartbeat.",
                                  {{"every_minutes",
                                    [&heartbeat](const toml::node& node) {
                                        const auto value = node.value_exact<std::int64_t>();
                                        if (!value || *value < 5 || *value > 10'080) return false;
                                        heartbeat.every_minutes = *value;
                                        return true;
                                    }},
                                   {"email", text(heartbeat.email)},
                                   {"sms", text(heartbeat.sms)},
                                   {"voice", text(heartbeat.voice)},
                                   {"push", text(heartbeat.push)},
                                   {"chat",
                                    [&heartbeat](const toml::node& node) {
                                        const auto* all = node.as_array();
                                        if (all == nullptr) return false;
                                        for (const auto& one : *all) {
                                            const auto to = one.value_exact<std::string>();
                                            if (!to || !to->contains(':')) return false;
                                            heartbeat.chat.push_back(*to);
                                        }
                                        return true;
                                    }},
                                   {"ping_url", text(heartbeat.ping_url)},
                                   {"ca_file", text(heartbeat.ca_file)},
                                   {"watch", list([&](const toml::table& entry) -> Result<> {
                                        Watched one;
                                        TRY(reader.table(entry, "heartbeat.watch.",
                                                         {{"name", text(one.name)},
                                                          {"url", text(one.url)},
                                                          {"ca_file", text(one.ca_file)}}));
                                        if (one.name.empty()) one.name = one.url;
                                        heartbeat.watch.push_back(std::move(one));
                                        return {};
                                    })}});
          })},
         {"voice", nested([&](const toml::table& table) -> Result<> {
              return reader.table(
                  table, "voice.",
                  {{"lines", number(config.voice_lines, 1, 200)},
                   {"ring_seconds", number(config.voice_ring_seconds, 5, 180)},
                   {"gateway", list([&](const toml::table& entry) -> Result<> {
                        VoiceGateway one;
                        TRY(reader.table(entry, "voice.gateway.",
                                         {{"name", text(one.name)},
                                          {"host", text(one.host)},
                                          {"port", number(one.port, 1, 65'535)},
                                          {"domain", text(one.domain)},
                                          {"user", text(one.user)},
                                          {"password_file", text(one.password_file)},
                                          {"number_prefix", text(one.number_prefix)},
                                          {"registers", flag(one.registers)}}));
                        if (one.name.empty())
                            one.name = "voice" + std::to_string(config.voice_gateways.size() + 1);
                        config.voice_gateways.push_back(std::move(one));
                        return {};
                    })}});
          })},
         {"chat", nested([&](const toml::table& table) -> Result<> {
              return reader.table(table, "chat.",
                                  {{"service", list([&](const toml::table& entry) -> Result<> {
                                        TRY_LET(auto one, chat_settings(reader, entry));
                                        config.chats.push_back(std::move(one));
                                        return {};
                                    })}});
          })},
         {"push", nested([&](const toml::table& table) -> Result<> {
              return reader.table(table, "push.",
                                  {{"contact", text(config.push.contact)},
                                   {"services", texts(config.push.services)},
                                   {"ca_file", text(config.push.ca_file)}});
          })},
         {"sms", nested([&](const toml::table& table) -> Result<> {
              return reader.table(
                  table, "sms.",
                  {{"inbound_token_file", text(config.inbound_token_file)},
                   {"country", text(config.country)},
                   {"gateway", list([&](const toml::table& entry) -> Result<> {
                        SmsGateway one;
                        TRY(reader.table(entry, "sms.gateway.",
                                         {{"name", text(one.name)},
                                          {"kind", text(one.kind)},
                                          {"host", text(one.host)},
                                          {"port",
                                           [&one](const toml::node& node) {
                                               const auto value = node.value_exact<std::int64_t>();
                                               if (!value || *value < 1 || *value > 65'535)
                                                   return false;
                                               one.port = *value;
                                               return true;
                                           }},
                                          {"user", text(one.user)},
                                          {"password_file", text(one.password_file)},
                                          {"system_type", text(one.system_type)},
                                          {"from", text(one.from)},
                                          {"url", text(one.url)},
                                          {"method", text(one.method)},
                                          {"body", text(one.body)},
                                          {"content_type", text(one.content_type)},
                                          {"receipts", flag(one.receipts)},
                                          {"ca_file", text(one.ca_file)}}));
                        if (one.name.empty())
                            one.name = "sms" + std::to_string(config.sms_gateways.size() + 1);
                        if (one.kind != "smpp" && one.kind != "kannel" && one.kind != "http")
                            return fail(ErrorKind::invalid, "edge.cli.sms_kind_unknown",
                                        {{"name", one.name}, {"text", one.kind}});
                        config.sms_gateways.push_back(std::move(one));
                        return {};
                    })}});
          })}}));
    TRY(inner);
    config.reception.files_quiet = std::chrono::seconds{quiet_seconds};
    config.reception.memory_bytes = static_cast<std::uint64_t>(memory_megabytes) << 20;
    config.reception.source_bytes =
        std::min(config.reception.source_bytes, config.reception.memory_bytes / 2);
    config.reception.linger = std::chrono::milliseconds{linger};
    return config;
}

Result<Config> read_config(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorKind::invalid, "edge.cli.config_unreadable", {{"file", path}});
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    return parse_config(content, path);
}

}  // namespace noroshi::edge::cli
