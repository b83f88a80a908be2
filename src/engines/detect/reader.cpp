#include "engines/detect/reader.h"

#include <cstring>

namespace noroshi::engines::detect {

namespace {

// RFC 4648 §5, with or without padding. False: it is no such text.
bool from_base64url(std::string_view text, std::string& bytes) {
    while (text.ends_with('=')) text.remove_suffix(1);
    if (text.size() % 4 == 1) return false;
    std::uint32_t bits = 0;
    int held = 0;
    bytes.reserve(text.size() * 3 / 4);
    for (const char c : text) {
        int digit = -1;
        if (c >= 'A' && c <= 'Z') digit = c - 'A';
        if (c >= 'a' && c <= 'z') digit = c - 'a' + 26;
        if (c >= '0' && c <= '9') digit = c - '0' + 52;
        if (c == '-' || c == '+') digit = 62;
        if (c == '_' || c == '/') digit = 63;
        if (digit < 0) return false;
        bits = (bits << 6 | static_cast<std::uint32_t>(digit)) & 0xFFFFFF;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        bytes.push_back(static_cast<char>(bits >> held));
    }
    return true;
}

}  // namespace

Reader::Reader(const Detector& detector, ReadOptions options)
    : detector_(detector), options_(std::move(options)),
      json_(detector, options_.route, options_.time_field), text_(detector, json_) {}

void Reader::begin(const Source& source, std::shared_ptr<const ZeekHead> zeek) {
    source_ = &source;
    zeek_ = std::move(zeek);
    columns_of_ = nullptr;
}

std::string_view Reader::read(std::string_view line, Event& event) {
    event.clear();
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return nothing;
    if (zeek_ != nullptr || line.starts_with("#separator") || line.starts_with("#fields"))
        return read_zeek(line, event);
    if (line[begin] == '{' && options_.format != Format::syslog) {
        event.is_windows = options_.format == Format::windows;
        return json_.read(line, event, source_->zeek_path);
    }
    switch (options_.format) {
    case Format::zeek: return "zeek_head";
    case Format::eve:
    case Format::windows:
    case Format::json: return "json";
    default: break;
    }
    return text_.read(line, event, options_.format,
                      source_->written != no_time ? source_->written : options_.reference);
}

void Reader::begin_flows() {
    flows_ = std::make_unique<FlowDecoder>(detector_.fields());
    flow_aliases_ = detector_.aliases("netflow");
    const auto& routes = detector_.routes();
    flow_route_.product = routes.find("netflow");
    flow_route_.service = routes.find("netflow");
    flow_route_.category = routes.find("firewall");
    flow_route_.second_category = routes.find("network_connection");
}

bool Reader::read_datagram(std::string_view line, Event& event,
                           const std::function<void(Event&)>& each,
                           const std::function<void(std::string_view, std::uint64_t)>& reason) {
    constexpr std::string_view head = R"({"exporter":")", middle = R"(","datagram":")";
    if (!line.starts_with(head)) return false;
    const auto between = line.find(middle, head.size());
    if (between == std::string_view::npos) return false;
    const auto exporter = line.substr(head.size(), between - head.size());
    auto text = line.substr(between + middle.size());
    text = text.substr(0, text.find('"'));
    std::string bytes;
    if (!from_base64url(text, bytes)) {
        reason("netflow", 1);
        return true;
    }
    if (!flows_) begin_flows();
    const FlowCounts before = flows_->counts();
    const auto from = std::hash<std::string_view>{}(exporter);
    for (std::size_t at = 0; at < bytes.size();)
        at += flows_->datagram(std::string_view(bytes).substr(at), from, event, [&](Event& flow) {
            flow.route = flow_route_;
            for (const auto& alias : flow_aliases_) flow.alias(alias.from, alias.to);
            json_.apply_given(flow);
            each(flow);
        });
    event.clear();
    const FlowCounts& after = flows_->counts();
    for (const auto& [what, count] :
         {std::pair<std::string_view, std::uint64_t>{"netflow_template",
                                                     after.no_template - before.no_template},
          {"netflow", after.malformed - before.malformed},
          {"netflow_version", after.unknown - before.unknown}})
        if (count > 0) reason(what, count);
    return true;
}

void Reader::read_flows(std::string_view bytes, Event& event,
                        const std::function<void(std::uint64_t, Event&)>& each,
                        const std::function<void(std::string_view, std::uint64_t)>& reason) {
    const bool keeps = options_.format == Format::netflow;
    if (!flows_ || !keeps) begin_flows();
    const FlowCounts before = flows_->counts();
    std::uint64_t number = 0;
    const auto take = [&](Event& flow) {
        flow.route = flow_route_;
        for (const auto& alias : flow_aliases_) flow.alias(alias.from, alias.to);
        json_.apply_given(flow);
        each(++number, flow);
    };
    bool whole = true;
    if (is_capture(bytes)) {
        whole = datagrams_of(bytes, [&](std::string_view datagram, std::uint64_t sender) {
            flows_->datagram(datagram, sender, event, take);
        });
    } else {
        for (std::size_t at = 0; at < bytes.size();)
            at += flows_->datagram(bytes.substr(at), 0, event, take);
    }
    flows_->forget_held();
    event.clear();
    const FlowCounts& after = flows_->counts();
    const auto tell = [&](std::string_view what, std::uint64_t count) {
        if (count > 0) reason(what, count);
    };
    tell("netflow_template", after.no_template - before.no_template);
    tell("netflow", after.malformed - before.malformed + (whole ? 0 : 1));
    tell("netflow_version", after.unknown - before.unknown);
}

// \x09 and \\ as Zeek's ASCII writer escapes them.
std::string_view Reader::zeek_value(std::string_view text, Event& event) const {
    if (text.empty() || std::memchr(text.data(), '\\', text.size()) == nullptr) return text;
    char* const out = event.arena().take(text.size());
    std::size_t size = 0;
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
        const int code = text[at] == '\\' && at + 3 < text.size() && text[at + 1] == 'x' &&
                                 digit(text[at + 2]) >= 0 && digit(text[at + 3]) >= 0
                             ? digit(text[at + 2]) * 16 + digit(text[at + 3])
                             : -1;
        // Bytes that are no text stay escaped, as Zeek's JSON has them.
        if ((code >= 0x20 && code < 0x7F) || code == '\t' || code == '\n' || code == '\r') {
            out[size++] = static_cast<char>(code);
            at += 3;
        } else if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '\\') {
            out[size++] = '\\';
            ++at;
        } else {
            out[size++] = text[at];
        }
    }
    return {out, size};
}

std::string_view Reader::read_zeek(std::string_view line, Event& event) {
    if (line.starts_with('#')) {
        auto head = zeek_ ? std::make_shared<ZeekHead>(*zeek_) : std::make_shared<ZeekHead>();
        if (!head->take(line)) return "zeek_head";
        zeek_ = std::move(head);
        columns_of_ = nullptr;
        return nothing;
    }
    // A log rotated by another program may hold JSON behind a head.
    if (line.starts_with('{')) return json_.read(line, event, source_->zeek_path);
    if (columns_of_ != zeek_.get()) {
        columns_of_ = zeek_.get();
        columns_.clear();
        for (std::size_t i = 0; i < zeek_->fields.size(); ++i) {
            const std::string_view type =
                i < zeek_->types.size() ? std::string_view(zeek_->types[i]) : "string";
            Column& column = columns_.emplace_back();
            column.name = zeek_->fields[i];
            column.field = detector_.fields().find(column.name);
            column.is_list = type.starts_with("set[") || type.starts_with("vector[") ||
                             type.starts_with("table[");
            const std::string_view element =
                column.is_list ? type.substr(type.find('[') + 1) : type;
            column.is_bool = element.starts_with("bool");
            column.is_text = !(element.starts_with("count") || element.starts_with("int") ||
                               element.starts_with("double") || element.starts_with("time") ||
                               element.starts_with("interval") || element.starts_with("port"));
        }
    }
    if (columns_.empty()) return "zeek_head";
    const ZeekHead& head = *zeek_;
    std::size_t at = 0;
    std::size_t number = 0;
    for (;; ++number) {
        const std::size_t end = std::min(line.find(head.separator, at), line.size());
        if (number >= columns_.size()) return "zeek_columns";
        const Column& column = columns_[number];
        const std::string_view text = line.substr(at, end - at);
        const auto add = [&](std::string_view part) {
            if (column.is_bool && (part == "T" || part == "F"))
                event.add(column.field, column.name, part == "T" ? "true" : "false", Kind::boolean);
            else
                event.add(column.field, column.name,
                          column.is_text ? zeek_value(part, event) : part,
                          column.is_text ? Kind::text : Kind::number);
        };
        if (text == head.unset_field) {
            // As in Zeek's JSON: not there.
        } else if (column.is_list) {
            if (text == head.empty_field || text.empty()) {
                event.add(column.field, column.name, {}, Kind::null);
            } else {
                for (std::size_t from = 0;;) {
                    const std::size_t stop =
                        std::min(text.find(head.set_separator, from), text.size());
                    const auto part = text.substr(from, stop - from);
                    if (part == head.unset_field)
                        event.add(column.field, column.name, {}, Kind::null);
                    else if (part == head.empty_field)
                        add({});
                    else
                        add(part);
                    if (stop == text.size()) break;
                    from = stop + head.set_separator.size();
                }
            }
        } else {
            add(text == head.empty_field ? std::string_view() : text);
        }
        if (end == line.size()) break;
        at = end + head.separator.size();
    }
    if (number + 1 != columns_.size()) return "zeek_columns";
    event.raw = line;
    json_.settle(event, head.path.empty() ? std::string_view(source_->zeek_path)
                                          : std::string_view(head.path));
    return {};
}

}  // namespace noroshi::engines::detect
